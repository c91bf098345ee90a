//! Whether the requester is believed: what the verifier finds, the code that the agency gives back, the two people whom an
//! emergency needs, and the conclusion, which is the rules' and nobody's.

use std::time::SystemTime;

use rogatory_proto::rogatory::verification::v1::{
    AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest, Evidence, GetVerificationRequest,
    RecordEvidenceRequest, SendChallengeRequest, Verification, evidence,
};

use super::{
    act::{Broken, Doing, fresh_id, settle},
    people::{Offices, People, Person},
    report::Report,
};
use crate::cases::{Case, Challenge, Observation, Seconding, message::word};

/// The verifier records what was found, the agency gives its code back, two people approve an emergency, and the verifier
/// has it concluded.
pub(super) async fn verify(people: &People, case: &Case, name: &str, report: &mut Report) -> Result<(), Broken> {
    let verifier = Person::verifier();
    let offices = people.of(&verifier)?;
    for Observation { evidence, refused } in &case.evidence {
        let evidence = timed(evidence);
        let what = format!("recording {}", words(&evidence));
        let call = RecordEvidenceRequest { name: name.to_owned(), evidence: Some(evidence), request_id: fresh_id() };
        let answer = offices.verifications().record_evidence(call).await;
        settle(answer, refused.as_deref(), &verifier, &what, report)?;
    }
    if let Some(challenge) = &case.challenge {
        answer(people, &offices, challenge, name).await?;
    }
    for seconding in &case.secondings {
        second(people, seconding, name, report).await?;
    }
    let open = read(&offices, name).await?;
    let call = ConcludeVerificationRequest { name: name.to_owned(), etag: open.etag, request_id: fresh_id() };
    offices.verifications().conclude_verification(call).await.doing("concluding the verification")?;
    Ok(())
}

/// A call-back is made when it is recorded, unless the case says when.
fn timed(evidence: &Evidence) -> Evidence {
    let now = (evidence.kind() == evidence::Kind::CallBack).then(|| SystemTime::now().into());
    Evidence { call_time: evidence.call_time.or(now), ..evidence.clone() }
}

fn words(evidence: &Evidence) -> String {
    match evidence.kind() {
        evidence::Kind::CallBack => format!("a call-back to {}", evidence.source),
        kind => word("rogatory.verification.v1.Evidence.Kind", kind as i32),
    }
}

async fn read(offices: &Offices, name: &str) -> Result<Verification, Broken> {
    let read = GetVerificationRequest { name: name.to_owned() };
    offices.verifications().get_verification(read).await.doing("reading the verification")
}

/// The verifier has a code sent. The service chooses the mailbox; the agency reads it there and gives it back.
async fn answer(people: &People, offices: &Offices, challenge: &Challenge, name: &str) -> Result<(), Broken> {
    let call = SendChallengeRequest { name: name.to_owned(), request_id: fresh_id() };
    offices.verifications().send_challenge(call).await.doing("sending a code")?;
    let code = people.postbox().code_for(&challenge.mailbox).await;
    let code = code.map_err(|error| Broken(format!("reading the code that was sent: {error}")))?;
    let call = AnswerChallengeRequest { name: name.to_owned(), code, request_id: fresh_id() };
    offices.verifications().answer_challenge(call).await.doing("giving the code back").map(drop)
}

/// One of the two people whom an emergency needs.
async fn second(people: &People, seconding: &Seconding, name: &str, report: &mut Report) -> Result<(), Broken> {
    let person = Person { subject: seconding.approver.clone(), role: seconding.role.of_token() };
    let offices = people.of(&person)?;
    let call = ApproveVerificationRequest {
        name: name.to_owned(),
        etag: read(&offices, name).await?.etag,
        reason: seconding.reason.clone(),
        request_id: fresh_id(),
    };
    let answer = offices.verifications().approve_verification(call).await;
    settle(answer, seconding.refused.as_deref(), &person, "vouching for the emergency", report)
}
