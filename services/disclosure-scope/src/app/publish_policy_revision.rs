//! PublishPolicyRevision: proven first, then published.

use rogatory_chassis::{
    CallContext, Failure, Violation,
    revision_desk::{Publication, PublishedRevision},
};
use rogatory_rulebook::State;

use super::policy_revisions::{PolicyRevisions, policy, time_for_proof};
use crate::domain::invariant::{Proof, Verdict};

/// As many broken or open invariants are told of in one refusal, and as much of each: a refusal must fit into a header.
const MOST_TOLD: usize = 8;
const LONGEST_TOLD: usize = 700;

/// Which draft to publish.
#[derive(Debug, Clone)]
pub(crate) struct PublishPolicyRevision {
    /// The draft, and from when it decides.
    pub(crate) publication: Publication,
    /// Why it is published without a proof.
    pub(crate) override_reason: Option<String>,
}

impl PolicyRevisions {
    /// Proves the invariants of a draft and publishes it. The proof is made before the transaction; the text of a draft never
    /// changes, and the transaction publishes the version that was proven or none.
    pub(crate) async fn publish(
        &self,
        context: &CallContext,
        ask: PublishPolicyRevision,
    ) -> Result<PublishedRevision, Failure> {
        let PublishPolicyRevision { mut publication, override_reason } = ask;
        let revision = self.revision(&publication.name).await?;
        if revision.state == State::Draft {
            if revision.version != publication.version {
                return Err(Failure::EtagMismatch { name: revision.name });
            }
            let policy = policy(&revision)?;
            let proofs = self.prover.prove(policy.packs().all(), time_for_proof(context)).await;
            publication = proven(&revision.name, publication, &proofs, override_reason)?;
        }
        // What is published already is not proven again: the desk answers a repeated call, and refuses another.
        self.desk.publish_read(context, &publication).await
    }
}

/// The publication with what the proofs say, for those who read the event and the audit entry.
fn proven(
    name: &str,
    publication: Publication,
    proofs: &[Proof],
    override_reason: Option<String>,
) -> Result<Publication, Failure> {
    let violations = |code: &str, told: Vec<(&Proof, &String)>| {
        let violations = told.into_iter().take(MOST_TOLD).map(|(proof, why)| Violation {
            code: code.to_owned(),
            subject: proof.invariant.clone(),
            description: format!("{} {why}", proof.sentence).chars().take(LONGEST_TOLD).collect(),
        });
        Err(Failure::StateForbids {
            name: name.to_owned(),
            state: "DRAFT".to_owned(),
            violations: violations.collect(),
        })
    };
    let broken = proofs.iter().filter_map(|proof| match &proof.verdict {
        Verdict::Broken(words) => Some((proof, words)),
        Verdict::Proven | Verdict::Unknown(_) => None,
    });
    let broken: Vec<_> = broken.collect();
    if !broken.is_empty() {
        return violations("INVARIANT_BROKEN", broken);
    }
    let open = proofs.iter().filter_map(|proof| match &proof.verdict {
        Verdict::Unknown(why) => Some((proof, why)),
        Verdict::Proven | Verdict::Broken(_) => None,
    });
    let open: Vec<_> = open.collect();
    match (open.as_slice(), override_reason) {
        ([], _) => Ok(publication.telling("proof", "proven")),
        (_, None) => violations("PROOF_MISSING", open),
        (_, Some(reason)) => {
            let keys = open.iter().map(|(proof, _)| proof.invariant.as_str()).collect::<Vec<_>>().join(", ");
            Ok(publication.telling("proof", "overridden").noting("not_proven", keys).noting("override_reason", reason))
        }
    }
}
