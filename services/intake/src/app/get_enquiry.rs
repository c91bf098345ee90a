//! One enquiry.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::EnquiryId;

use super::{App, visibility};
use crate::{domain::enquiry::Enquiry, store::enquiries};

impl App {
    /// One enquiry.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of it; the store's.
    pub async fn get_enquiry(&self, context: &CallContext, id: EnquiryId) -> Result<Enquiry, Failure> {
        let found = enquiries::get(self.store.read(), id).await?;
        let visible = |enquiry: &Enquiry| visibility::may_see(&context.caller, &enquiry.submitter);
        found.filter(visible).ok_or_else(|| Failure::not_found(id.name()))
    }
}
