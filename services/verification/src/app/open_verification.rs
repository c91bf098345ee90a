//! The verification of one request, opened with the evidence that can be had without a person, in one transaction.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_store::NewEvent;

use super::{Copy, Message, Stored, Verifying, provenance, trace};
use crate::{
    domain::{
        evidence::{CopyFinding, Observation, Received},
        verification::{Facts, Verification},
    },
    store,
};

/// A request whose requester is to be verified, with what came with it.
#[derive(Clone)]
pub struct Opening {
    /// The facts.
    pub facts: Facts,
    /// The message with which it came.
    pub message: Option<Message>,
    /// The signed copies.
    pub copies: Vec<Copy>,
}

impl Verifying {
    /// Opens the verification of a request.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a message that is not read to its end; [`Failure::AlreadyExists`] with the name of the first
    /// when the request has one; [`Failure::NoRevisionInForce`] when no rules decide on a request received then; the
    /// store's.
    pub async fn open_verification(
        &self,
        context: &CallContext,
        opening: Opening,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let Opening { facts, message, copies } = opening;
        let rules = self.rules_at(facts.receive_time).await?;
        let message = self.examiner.message(&facts, message);
        let (message, copies) = tokio::try_join!(message, self.examiner.copies(copies, context.now))?;
        let documents: Vec<_> = copies.iter().map(|copy| copy.seen.clone()).chain(message.seen.clone()).collect();
        let actor = context.caller.actor();
        let opened = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                if let Some(first) = store::verifications::of_request(tx, facts.request).await? {
                    return Err(Failure::AlreadyExists { name: first.value.id.name() });
                }
                let (gathered, agency) = self.gather(tx, &facts, None, rules.rules(), context.now).await?;
                let mut copies = copies.clone();
                for copy in &mut copies {
                    let signers = &copy.untrusted_signers;
                    let of_agency = agency.as_ref().is_some_and(|known| known.signs_with(signers, facts.receive_time));
                    if copy.finding == CopyFinding::SignedUntrusted && of_agency {
                        copy.finding = CopyFinding::SignedTrusted;
                        let told = "a certificate with which the registry says that the agency signs";
                        copy.note = Some([copy.note.take().unwrap_or_default().as_str(), told].join("; "));
                    }
                }
                let noted = message.note.clone().map(|note| (message.finding.observation(), note));
                let received = Received {
                    message: message.finding,
                    copies: copies.iter().map(|copy| copy.finding).collect(),
                    reuse: store::past::reuse(tx, &documents, gathered.agency).await?,
                    notes: noted.into_iter().chain(copies.iter().filter_map(super::examine::CopyExamined::noted)).collect(),
                };
                let decided = provenance(&rules, facts.receive_time, context.now);
                let (opener, now) = (actor.clone(), context.now);
                let opened =
                    Verification::open(facts.clone(), &received, &gathered, rules.rules(), decided, opener, now);
                store::verifications::insert(tx, &opened).await?;
                store::past::insert(tx, &opened, &documents).await?;
                let said = [("state", opened.state.code()), ("required_level", opened.required_level.code())];
                let mut changed = trace("verification.opened", &opened, &said);
                for alert in alerts(&opened) {
                    tracing::warn!(verification = %opened.id, observation = alert.code(), "a requester is not whom it claims to be");
                    let event = NewEvent::new("verification.alerted", opened.id.name());
                    changed = changed
                        .event(event.of_request(opened.facts.request.name()).fact("observation", alert.code()));
                }
                Ok::<_, Failure>(changed.answering(&Stored::first(&opened))?)
            })
            .await?;
        Ok(opened.answer()?)
    }
}

/// What somebody who defends other platforms, or the agency itself, must hear of at once: a domain made to resemble an
/// agency's, a mailbox or a document that is not the requester's own.
fn alerts(opened: &Verification) -> Vec<Observation> {
    const ALARMING: [Observation; 6] = [
        Observation::SenderLookalike,
        Observation::SenderDomainNotInForce,
        Observation::SenderCompromised,
        Observation::AgencyCompromised,
        Observation::DocumentReused,
        Observation::SignatureBroken,
    ];
    let seen = opened.evidence.iter().map(|piece| piece.observation);
    seen.filter(|observation| ALARMING.contains(observation)).collect()
}
