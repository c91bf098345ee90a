//! A request is filed: completeness is known at once, the rest is the docket's.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::RequestId;

use super::{
    App, Record, Written,
    change::{leave, refused},
    written::{require_earlier_paper, require_essentials},
};
use crate::{domain::request::LegalRequest, store::requests};

/// What is filed.
#[derive(Debug, Clone)]
pub struct SubmitRequest {
    /// A draft, or the whole request.
    pub subject: Subject,
    /// What makes it happen once.
    pub key: CallKey,
    /// Whether everything is only checked.
    pub validate_only: bool,
}

/// A draft, or the whole request.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A draft.
    Draft {
        /// Its id.
        id: RequestId,
        /// The version that the caller read.
        version: i64,
    },
    /// The whole request.
    Whole(Box<Written>),
}

impl App {
    /// Files a request.
    ///
    /// # Errors
    /// [`Failure::Invalid`] when something is missing without which no request is filed; [`Failure::StateForbids`] when
    /// the named one is not a draft; [`Failure::EtagMismatch`]; [`Failure::NoRevisionInForce`] for a platform that is not
    /// ours; the store's.
    pub async fn submit_request(&self, context: &CallContext, call: &SubmitRequest) -> Result<Record, Failure> {
        match &call.subject {
            Subject::Whole(written) if call.validate_only => {
                require_essentials(&written.particulars)?;
                written.require_own_words(&context.caller)?;
                let particulars = written.look_up(&self.store, &context.caller).await?;
                let actor = context.caller.actor();
                let initial = self.rules.graph.initial();
                let draft = LegalRequest::draft(RequestId::new(), particulars, actor.clone(), initial, context.now);
                self.would_be(context, draft)
            }
            Subject::Whole(written) => self.submit_whole(context, written, &call.key).await,
            Subject::Draft { id, version } if call.validate_only => {
                let stored = self.visible_request(context, *id).await?;
                if stored.version != *version {
                    return Err(Failure::EtagMismatch { name: id.name() });
                }
                self.would_be(context, stored.request)
            }
            Subject::Draft { id, version } => {
                self.change_request(context, *id, *version, &call.key, async |_, request, moment| {
                    self.file(request, moment)
                })
                .await
            }
        }
    }

    async fn submit_whole(&self, context: &CallContext, written: &Written, key: &CallKey) -> Result<Record, Failure> {
        require_essentials(&written.particulars)?;
        written.require_own_words(&context.caller)?;
        let actor = context.caller.actor();
        let mutated = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let id = RequestId::new();
                let particulars = written.resolve(tx, &context.caller, id).await?;
                let initial = self.rules.graph.initial();
                let mut request = LegalRequest::draft(id, particulars, actor.clone(), initial, context.now);
                let progress = self.file(&mut request, self.moment(&actor, context.now))?;
                requests::insert(tx, &request).await?;
                let changed = leave(tx, &request, 1, &progress, context.correlation_id.as_str()).await?;
                let record = Record { request, version: 1, timeline: progress.entries, letters: Vec::new() };
                Ok::<_, Failure>(changed.answering(&record)?)
            })
            .await?;
        let record: Record = mutated.answer()?;
        if !mutated.replayed {
            self.told(record.request.id);
        }
        Ok(record)
    }

    fn file(
        &self,
        request: &mut LegalRequest,
        moment: crate::domain::life::Moment<'_>,
    ) -> Result<crate::domain::progress::Progress, Failure> {
        require_essentials(&request.particulars)?;
        require_earlier_paper(&request.particulars, moment.now)?;
        let platform = request.particulars.platform.clone().unwrap_or_default();
        let requirements = self.requirements(&platform)?;
        let name = request.id.name();
        request.submit(moment, requirements).map_err(|refusal| refused(&name, &refusal))
    }

    /// What filing would make of a request, with nothing stored.
    fn would_be(&self, context: &CallContext, mut request: LegalRequest) -> Result<Record, Failure> {
        let actor = context.caller.actor();
        let progress = self.file(&mut request, self.moment(&actor, context.now))?;
        Ok(Record { request, version: 0, timeline: progress.entries, letters: Vec::new() })
    }
}
