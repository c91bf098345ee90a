//! CheckDisclosure: may this record leave under this grant now?

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::GrantId;

use super::Disclosure;
use crate::domain::grant::{Answer, Record};

impl Disclosure {
    /// Looks the grant up in the book, so that most calls cost no query.
    pub(crate) async fn check_disclosure(
        &self,
        context: &CallContext,
        grant: GrantId,
        record: &Record,
    ) -> Result<Answer, Failure> {
        Ok(self.book.grant(grant).await?.check(record, context.now))
    }
}
