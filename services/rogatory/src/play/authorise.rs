//! A competent authority has approved something that waits for it: counsel records that, people approve what is decided
//! anew, and it leaves beside what has left.

use std::time::SystemTime;

use rogatory_proto::rogatory::{
    disclosure::v1::{AuthorityApproval, Decision, GetDecisionRequest, RecordAuthorityApprovalRequest},
    intake::v1::LegalRequest,
};

use super::{
    act::{self, Broken, Doing, fresh_id},
    people::{People, Person},
    report::{Authorised, Report},
};
use crate::cases::{Authority, HeldFile};

/// The next step of it, where one is to be done now. Answers whether all of it is done, as intake knows it.
pub(super) async fn go_on(
    people: &People,
    authority: &Authority,
    files: &[HeldFile],
    request: &LegalRequest,
    report: &mut Report,
) -> Result<bool, Broken> {
    let Some(authorised) = &report.authorised else {
        let decision = record(people, &authority.approval, &request.decision).await?;
        let approval = decision.facts.iter().flat_map(|facts| &facts.authority_approvals).last().cloned();
        let name = decision.name.clone();
        report.authorised =
            Some(Authorised { approval: approval.unwrap_or_default(), decision, ..Authorised::default() });
        act::approve(people, &authority.approvals, &name, report).await?;
        return Ok(false);
    };
    if authorised.production.is_none() {
        // Intake hears of the second grant first, so that what leaves under it is not news of a grant that it does not know.
        if happened(request, "request.supplement_approved") > 0 {
            let stayed = report.asked.iter().filter(|answer| !answer.permitted);
            let stayed: Vec<String> = stayed.map(|answer| answer.file_name.clone()).collect();
            let held: Vec<HeldFile> = files.iter().filter(|file| stayed.contains(&file.file_name)).cloned().collect();
            let decision = read(people, &authorised.decision.name).await?;
            let (asked, production) = act::produce(people, &held, &decision.grant).await?;
            let approval = authorised.approval.clone();
            report.authorised = Some(Authorised { approval, decision, asked, production: Some(production) });
        }
        return Ok(false);
    }
    Ok(happened(request, "request.produced") > 1)
}

/// The decision as it stands.
pub(super) async fn read(people: &People, name: &str) -> Result<Decision, Broken> {
    let read = GetDecisionRequest { name: name.to_owned() };
    people.of(&Person::auditor())?.decisions().get_decision(read).await.doing("reading the decision")
}

async fn record(people: &People, approval: &AuthorityApproval, decision: &str) -> Result<Decision, Broken> {
    let approve_time = approval.approve_time.or_else(|| Some(SystemTime::now().into()));
    let call = RecordAuthorityApprovalRequest {
        name: decision.to_owned(),
        etag: read(people, decision).await?.etag,
        approval: Some(AuthorityApproval { approve_time, ..approval.clone() }),
        request_id: fresh_id(),
    };
    let counsel = people.of(&Person::counsel())?;
    counsel.decisions().record_authority_approval(call).await.doing("recording the approval of the authority")
}

fn happened(request: &LegalRequest, kind: &str) -> usize {
    request.timeline.iter().filter(|entry| entry.kind == kind).count()
}
