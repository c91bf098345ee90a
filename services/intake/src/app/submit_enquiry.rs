//! An enquiry about the guide is sorted and answered by rule.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::EnquiryId;
use rogatory_store::{Changed, NewEvent};

use super::App;
use crate::{
    domain::enquiry::{Asked, Enquiry},
    store::enquiries,
};

/// An enquiry that came in.
#[derive(Debug, Clone)]
pub struct SubmitEnquiry {
    /// What was asked, by whom.
    pub asked: Asked,
    /// What makes it happen once.
    pub key: CallKey,
}

impl App {
    /// Stores an enquiry with what the rules make of it.
    ///
    /// # Errors
    /// [`Failure::RequestIdReused`]; the store's.
    pub async fn submit_enquiry(&self, context: &CallContext, call: &SubmitEnquiry) -> Result<Enquiry, Failure> {
        let actor = context.caller.actor();
        let mutated = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let rules = &self.rules.enquiries;
                let sorted = rules.sort(call.asked.clone(), &self.links, EnquiryId::new(), actor.clone(), context.now);
                let enquiry = sorted.ok_or_else(|| Failure::bug("no enquiry rule takes what is left"))?;
                enquiries::insert(tx, &enquiry).await?;
                let name = enquiry.id.name();
                let event = NewEvent::new("enquiry.submitted", &name)
                    .fact("subject", enquiry.subject.as_str())
                    .fact("state", enquiry.state.as_str())
                    .fact("rule", &enquiry.rule);
                let changed = Changed::new(name).event(event);
                let changed = changed.fact("rule", &enquiry.rule).fact("state", enquiry.state.as_str());
                Ok::<_, Failure>(changed.answering(&enquiry)?)
            })
            .await?;
        Ok(mutated.answer()?)
    }
}
