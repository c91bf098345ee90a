//! A page of enquiries.

use rogatory_chassis::{CallContext, Failure};
use rogatory_store::FilterDigest;

use super::{App, Page, Paging, visibility};
use crate::{
    domain::enquiry::{Enquiry, EnquiryState},
    store::enquiries,
};

/// Which enquiries to list.
#[derive(Debug, Clone)]
pub struct ListEnquiries {
    /// Only those in this state.
    pub state: Option<EnquiryState>,
    /// Which page.
    pub paging: Paging,
}

impl App {
    /// Enquiries, newest first.
    ///
    /// # Errors
    /// [`Failure::TokenMismatch`]; the store's.
    pub async fn list_enquiries(&self, context: &CallContext, call: &ListEnquiries) -> Result<Page<Enquiry>, Failure> {
        let submitter = visibility::only_of(&context.caller);
        let state = call.state.map_or("", EnquiryState::as_str);
        let digest = FilterDigest::of(context.method, &[submitter.as_deref().unwrap_or_default(), state]);
        let before = call.paging.after(digest)?;
        let (connection, limit) = (self.store.read(), call.paging.size + 1);
        let rows = enquiries::list(connection, submitter.as_deref(), call.state, before, limit).await?;
        Ok(call.paging.page(rows, digest, |enquiry| enquiry.id.to_string()))
    }
}
