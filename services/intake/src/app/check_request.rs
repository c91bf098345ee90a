//! Every deficiency, before anything is filed. Leaves no trace.

use rogatory_chassis::{CallContext, Failure};

use super::{App, Written, written::require_essentials};
use crate::domain::completeness::{self, Deficiency};

impl App {
    /// What would be said of a request if it were filed.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for what would be refused, [`Failure::NoRevisionInForce`] for a platform that is not ours.
    pub async fn check_request(&self, context: &CallContext, written: &Written) -> Result<Vec<Deficiency>, Failure> {
        require_essentials(&written.particulars)?;
        written.require_own_words(&context.caller)?;
        let particulars = written.look_up(&self.store, &context.caller).await?;
        let platform = particulars.platform.as_deref().unwrap_or_default();
        Ok(completeness::deficiencies(&particulars, self.requirements(platform)?))
    }
}
