//! By what a repeated call is known.

use prost::Message;
use rogatory_rulebook::Digest;
use rogatory_store::Change;

use crate::{caller::CallContext, faults::FieldFaults};

/// The caller's `request_id` with the digest of the body that it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallKey {
    request_id: String,
    body_digest: [u8; 32],
}

impl CallKey {
    /// The key of `message`; a fault when its `request_id` is none.
    pub fn read(faults: &mut FieldFaults, request_id: &str, message: &impl Message) -> Option<Self> {
        let request_id = faults.request_id("request_id", request_id)?.to_string();
        Some(Self { request_id, body_digest: *Digest::of(message.encode_to_vec()).as_bytes() })
    }

    /// The change that this call asks for.
    #[must_use]
    pub fn change<'a>(&'a self, context: &'a CallContext, actor: &'a str) -> Change<'a> {
        Change {
            method: context.method,
            actor,
            correlation_id: context.correlation_id.as_str(),
            request_id: Some(&self.request_id),
            body_digest: self.body_digest,
            now: context.now,
        }
    }
}
