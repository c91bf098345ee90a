//! What a change is, from the call that asks for it to the trace that it leaves.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

/// Who asks for a change, by which call.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// Full gRPC method, `/rogatory.intake.v1.RequestService/SubmitRequest`, or `worker:<name>` for work that the
    /// service does of itself.
    pub method: &'static str,
    /// Who asks: `person:<subject>`, `peer:<service>` or `system:<worker>`.
    pub actor: &'a str,
    /// Correlation id of the call.
    pub correlation_id: &'a str,
    /// The caller's idempotency key, if it sent one.
    pub request_id: Option<&'a str>,
    /// Digest of the request's body, by which a repeated key with another body is noticed.
    pub body_digest: [u8; 32],
    /// When the call came.
    pub now: DateTime<Utc>,
}

/// What a change did: the answer to the caller, and what the trace says of it.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Resource name of what was changed.
    pub resource: String,
    /// The answer, as it is given again when the call is repeated.
    pub response: Vec<u8>,
    /// What is published to those who follow the feed.
    pub events: Vec<NewEvent>,
    /// What the audit entry says: codes, states, names of resources. Never a sensitive value.
    pub facts: BTreeMap<String, String>,
}

impl Changed {
    /// A change of this resource, with an empty answer, no event and no fact yet.
    pub fn new(resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), response: Vec::new(), events: Vec::new(), facts: BTreeMap::new() }
    }

    /// With this answer, kept as JSON; [`Mutated::answer`] reads it.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn answering(mut self, answer: &impl Serialize) -> Result<Self, StoreError> {
        self.response =
            serde_json::to_vec(answer).map_err(|_| StoreError::Other("the answer has no JSON form".to_owned()))?;
        Ok(self)
    }

    /// With this event.
    #[must_use]
    pub fn event(mut self, event: NewEvent) -> Self {
        self.events.push(event);
        self
    }

    /// With this fact in the audit entry.
    #[must_use]
    pub fn fact(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.insert(key.into(), value.into());
        self
    }
}

/// An event to publish with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened, `<area>.<past participle>`: `request.submitted`.
    pub kind: String,
    /// Resource name of what it happened to.
    pub subject: String,
    /// Resource name of the request that it concerns, if any.
    pub request: Option<String>,
    /// Facts without sensitive values.
    pub facts: BTreeMap<String, String>,
}

impl NewEvent {
    /// An event of this kind about this resource.
    pub fn new(kind: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { kind: kind.into(), subject: subject.into(), request: None, facts: BTreeMap::new() }
    }

    /// Concerning this request, by resource name.
    #[must_use]
    pub fn of_request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }

    /// With this fact.
    #[must_use]
    pub fn fact(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.insert(key.into(), value.into());
        self
    }
}

/// What [`crate::Store::mutate`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutated {
    /// The answer that the closure gave, now or when the call was first made.
    pub response: Vec<u8>,
    /// Resource name of what was changed.
    pub resource: String,
    /// Whether it is the answer to an earlier call with the same key, and nothing was done this time.
    pub replayed: bool,
}

impl Mutated {
    /// The answer, where it was given with [`Changed::answering`].
    ///
    /// # Errors
    /// When it is not JSON of that type, as after an upgrade that changed the type.
    pub fn answer<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_slice(&self.response)
            .map_err(|_| StoreError::Corrupt("the stored answer is of another form".to_owned()))
    }
}

/// PostgreSQL keeps microseconds. A time is cut to them before it is compared and stored, so that the same instant is
/// the same on both engines and in memory.
pub(crate) fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}
