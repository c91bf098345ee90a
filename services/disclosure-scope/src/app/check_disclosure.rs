//! CheckDisclosure: may this record leave under this grant now?

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::GrantId;

use super::Disclosure;
use crate::domain::grant::{Answer, Record};

impl Disclosure {
    /// Reads the grant by its key on every call, so that a revocation holds on every replica from the moment at which
    /// it is committed. A view in memory would spare the read and would have to be followed.
    pub(crate) async fn check_disclosure(
        &self,
        context: &CallContext,
        grant: GrantId,
        record: &Record,
    ) -> Result<Answer, Failure> {
        Ok(self.get_grant(grant).await?.value.check(record, context.now))
    }
}
