//! An agency changes what it wrote, most often to cure what was found; an analyst adds what the platform knows.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::RequestId;

use super::{
    App, Record, Written,
    change::refused,
    visibility,
    written::{require_consistency, require_earlier_paper, require_essentials},
};
use crate::domain::{request::Particulars, state::State};

/// A field that may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The platform.
    Platform,
    /// Who asks.
    Requester,
    /// The paper on which it rests.
    Instrument,
    /// The kind of proceedings.
    MatterType,
    /// About whom.
    Targets,
    /// What is asked for.
    Items,
    /// The nature of the investigation.
    NatureOfInvestigation,
    /// The legal grounds.
    LegalGrounds,
    /// The contact on which it was served.
    ServedContact,
    /// The emergency.
    Emergency,
    /// The documents.
    Documents,
    /// The emergency that it follows.
    FollowsUp,
}

/// What to change.
#[derive(Debug, Clone)]
pub struct UpdateRequest {
    /// Which request.
    pub id: RequestId,
    /// The version that the caller read.
    pub version: i64,
    /// The new values.
    pub written: Written,
    /// Which of them to take.
    pub fields: Vec<Field>,
    /// What makes it happen once.
    pub key: CallKey,
}

impl App {
    /// Changes a request. One that was found wanting is assessed again.
    ///
    /// # Errors
    /// [`Failure::StateForbids`] in a state that takes no change; [`Failure::EtagMismatch`]; [`Failure::Invalid`] when
    /// what is left would be no request; the store's.
    pub async fn update_request(&self, context: &CallContext, call: &UpdateRequest) -> Result<Record, Failure> {
        let name = call.id.name();
        self.change_request(context, call.id, call.version, &call.key, async |tx, request, moment| {
            call.written.require_own_words(&context.caller)?;
            let merged = merge(&request.particulars, call, visibility::speaks_for_platform(&context.caller));
            require_consistency(&merged.particulars)?;
            let particulars = merged.resolve(tx, &context.caller, call.id).await?;
            let draft = request.state == State::Draft;
            if !draft {
                // The essentials of what was filed stay; a request that became an emergency, or ceased to be one, would
                // have other requirements and other approvers than the one that was filed.
                require_essentials(&particulars)?;
                if let Some(receive_time) = request.receive_time {
                    require_earlier_paper(&particulars, receive_time)?;
                }
                if particulars.emergency.is_some() != request.is_emergency() {
                    return Err(Failure::field(
                        "request.emergency",
                        "cannot be added to or taken from a request that was filed; file another one",
                    ));
                }
            }
            let platform = particulars.platform.clone().unwrap_or_default();
            let requirements = if draft { None } else { Some(self.requirements(&platform)?) };
            request.amend(moment, particulars, requirements).map_err(|refusal| refused(&name, &refusal))
        })
        .await
    }
}

/// What is stored, with the named fields replaced. A document that is named already stays named by its id. Whoever does not
/// speak for the platform neither sees nor takes away what it knows of a residence.
fn merge(stored: &Particulars, call: &UpdateRequest, speaks_for_platform: bool) -> Written {
    let mut written = Written {
        documents: stored.documents.iter().map(|document| document.id).collect(),
        particulars: stored.clone(),
    };
    written.particulars.documents.clear();
    let (into, from) = (&mut written.particulars, &call.written.particulars);
    for field in &call.fields {
        match field {
            Field::Platform => into.platform.clone_from(&from.platform),
            Field::Requester => into.requester = from.requester.clone(),
            Field::Instrument => into.instrument = from.instrument.clone(),
            Field::MatterType => into.matter_type = from.matter_type,
            Field::Targets => {
                into.targets.clone_from(&from.targets);
                if !speaks_for_platform {
                    into.keep_residence_evidence(stored);
                }
            }
            Field::Items => into.items.clone_from(&from.items),
            Field::NatureOfInvestigation => into.nature_of_investigation.clone_from(&from.nature_of_investigation),
            Field::LegalGrounds => into.legal_grounds.clone_from(&from.legal_grounds),
            Field::ServedContact => into.served_contact.clone_from(&from.served_contact),
            Field::Emergency => into.emergency.clone_from(&from.emergency),
            Field::Documents => written.documents.clone_from(&call.written.documents),
            Field::FollowsUp => into.follows_up = from.follows_up,
        }
    }
    written
}
