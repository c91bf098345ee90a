//! What each of the people does, one function each.

use rogatory_proto::rogatory::{
    disclosure::v1::{
        ApproveDecisionRequest, CheckDisclosureRequest, Decision, GetDecisionRequest, ProducedFile, Production,
        RecordProductionRequest,
    },
    intake::v1::{
        CloseRequestRequest, Document, GetRequestRequest, LegalRequest, SubmitRequestRequest, UpdateRequestRequest,
        UploadDocumentRequest, UploadMetadata, submit_request_request::Subject, upload_document_request::Part,
    },
    verification::v1::CreateAgencyRequest,
};
use rogatory_rulebook::Digest;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{
    people::{Offices, People, Person, TokenRefused},
    report::{Answered, Attempt, Check, Report},
};
use crate::cases::{Approval, Case, HeldFile, Paper};

/// The largest part of an upload, as the schema allows it.
const CHUNK: usize = 1024 * 1024;

/// How often a change is made again that came too late.
const ATTEMPTS: u32 = 10;

/// Why a play broke off.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl From<TokenRefused> for Broken {
    fn from(refused: TokenRefused) -> Self {
        Self(refused.to_string())
    }
}

/// Says what was being done when a call failed.
pub(super) trait Doing<T> {
    fn doing(self, what: &str) -> Result<T, Broken>;
}

impl<T> Doing<T> for Result<tonic::Response<T>, Status> {
    fn doing(self, what: &str) -> Result<T, Broken> {
        self.map(tonic::Response::into_inner).map_err(|status| {
            let details = status.get_error_details();
            let mut text = format!("{what}: {:?} {}: {}", status.code(), reason(&status), status.message());
            for field in details.bad_request().into_iter().flat_map(|bad| &bad.field_violations) {
                text.push_str(&format!("; {}: {}", field.field, field.description));
            }
            for broken in details.precondition_failure().into_iter().flat_map(|failure| &failure.violations) {
                text.push_str(&format!("; {}: {}", broken.subject, broken.description));
            }
            Broken(text)
        })
    }
}

/// The machine-readable reason of a failure.
fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// What a service said, with what it named in particular.
fn told(status: &Status) -> String {
    let details = status.get_error_details();
    let named: Vec<&str> = details
        .precondition_failure()
        .into_iter()
        .flat_map(|failure| &failure.violations)
        .map(|broken| broken.description.as_str())
        .filter(|description| !description.is_empty())
        .collect();
    if named.is_empty() { status.message().to_owned() } else { named.join("; ") }
}

pub(super) fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The verifier adds the agencies that the registry is to hold. One that it holds already stays as it is.
pub(super) async fn register_agencies(people: &People, case: &Case) -> Result<(), Broken> {
    let offices = people.of(&Person::verifier())?;
    for agency in &case.agencies {
        let call = CreateAgencyRequest { agency: Some(agency.clone()), request_id: fresh_id() };
        match offices.agencies().create_agency(call).await {
            Err(status) if status.code() == Code::AlreadyExists => {}
            other => {
                other.doing("adding the agency to the registry")?;
            }
        }
    }
    Ok(())
}

/// The papers are uploaded; their names come back in the same order.
pub(super) async fn upload(desk: &Offices, papers: &[Paper]) -> Result<Vec<String>, Broken> {
    let mut names = Vec::new();
    for paper in papers {
        let document = Document { digest: Digest::of(&paper.content).to_string(), ..paper.document.clone() };
        let metadata = UploadMetadata { document: Some(document), request_id: fresh_id() };
        let mut parts = vec![UploadDocumentRequest { part: Some(Part::Metadata(metadata)) }];
        parts.extend(
            paper.content.chunks(CHUNK).map(|chunk| UploadDocumentRequest { part: Some(Part::Chunk(chunk.to_vec())) }),
        );
        let what = format!("uploading {}", paper.document.file_name);
        let stored = desk.documents().upload_document(tokio_stream::iter(parts)).await.doing(&what)?;
        names.push(stored.name);
    }
    Ok(names)
}

/// The agency, or an analyst who has its letter, files the request.
pub(super) async fn file(desk: &Offices, case: &Case) -> Result<LegalRequest, Broken> {
    let documents = upload(desk, &case.documents).await?;
    let request = LegalRequest { documents, ..case.request.clone() };
    let call = SubmitRequestRequest {
        subject: Some(Subject::Request(request)),
        request_id: fresh_id(),
        ..SubmitRequestRequest::default()
    };
    desk.requests().submit_request(call).await.doing("filing the request")
}

/// The agency sends what was missing, or an analyst adds what the platform knows. The docket works on the request meanwhile,
/// so a change that comes too late is made again on the request as it is then.
pub(super) async fn correct(desk: &Offices, case: &Case, name: &str) -> Result<Vec<String>, Broken> {
    let Some(correction) = &case.correction else { return Ok(Vec::new()) };
    let added = upload(desk, &correction.documents).await?;
    let mut attempt = 1;
    loop {
        let filed = read(desk, name).await?;
        let documents = filed.documents.iter().chain(&added).cloned().collect();
        let request = LegalRequest { name: filed.name, etag: filed.etag, documents, ..correction.request.clone() };
        let call = UpdateRequestRequest {
            request: Some(request),
            update_mask: Some(prost_types::FieldMask { paths: correction.fields.clone() }),
            request_id: fresh_id(),
        };
        match desk.requests().update_request(call).await {
            Err(status) if too_late(&status) && attempt < ATTEMPTS => attempt += 1,
            answer => return answer.doing("correcting the request").map(|_| correction.fields.clone()),
        }
    }
}

/// The request as `offices` may see it.
pub(super) async fn read(offices: &Offices, name: &str) -> Result<LegalRequest, Broken> {
    let read = GetRequestRequest { name: name.to_owned() };
    offices.requests().get_request(read).await.doing("reading the request")
}

/// Whether somebody else changed the thing first.
fn too_late(status: &Status) -> bool {
    status.code() == Code::Aborted
}

/// The approvers give their word, in the order of the case.
pub(super) async fn approve(
    people: &People,
    approvals: &[Approval],
    name: &str,
    report: &mut Report,
) -> Result<(), Broken> {
    for Approval { approver, reason, refused } in approvals {
        let person = Person::approver(approver);
        let offices = people.of(&person)?;
        let read = GetDecisionRequest { name: name.to_owned() };
        let decision: Decision = offices.decisions().get_decision(read).await.doing("reading the decision")?;
        let call = ApproveDecisionRequest {
            name: name.to_owned(),
            etag: decision.etag,
            reason: reason.clone(),
            request_id: fresh_id(),
            ..ApproveDecisionRequest::default()
        };
        let answer = offices.decisions().approve_decision(call).await;
        settle(answer, refused.as_deref(), &person, "approving the decision", report)?;
    }
    Ok(())
}

/// Takes an answer that may have been meant to be a refusal, and notes it.
pub(super) fn settle<T>(
    answer: Result<tonic::Response<T>, Status>,
    refused: Option<&str>,
    who: &Person,
    what: &str,
    report: &mut Report,
) -> Result<(), Broken> {
    let Some(expected) = refused else { return answer.doing(what).map(drop) };
    let found = match &answer {
        Ok(_) => "allowed".to_owned(),
        Err(status) => {
            let reason = reason(status);
            report.attempts.push(Attempt {
                who: who.subject.clone(),
                what: what.to_owned(),
                reason: reason.clone(),
                message: told(status),
            });
            reason
        }
    };
    report.checks.push(Check { subject: format!("refusal of {what}"), expected: expected.to_owned(), found });
    Ok(())
}

/// The data platform asks for each file that it holds whether it may leave, and records what left.
pub(super) async fn produce(
    people: &People,
    files: &[HeldFile],
    grant: &str,
) -> Result<(Vec<Answered>, Production), Broken> {
    let offices = people.of(&Person::platform())?;
    let (mut asked, mut leaving) = (Vec::new(), Vec::new());
    for file in files {
        let answer = ask(&offices, file, grant).await?;
        if answer.permitted {
            leaving.push(produced(file));
        }
        asked.push(answer);
    }
    let call = RecordProductionRequest {
        grant: grant.to_owned(),
        no_data: leaving.is_empty(),
        files: leaving,
        request_id: fresh_id(),
    };
    let production = offices.grants().record_production(call).await.doing("recording what left")?;
    Ok((asked, production))
}

/// Whether a file may leave: its first record, and its last.
async fn ask(offices: &Offices, file: &HeldFile, grant: &str) -> Result<Answered, Broken> {
    let mut asked = Answered {
        file_name: file.file_name.clone(),
        element: file.element.clone(),
        target_id: file.target_id.clone(),
        permitted: true,
        findings: Vec::new(),
    };
    let mut times = match file.record_times {
        None => vec![None],
        Some((first, last)) => vec![Some(first), Some(last)],
    };
    times.dedup();
    for seconds in times {
        let call = CheckDisclosureRequest {
            grant: grant.to_owned(),
            target_id: file.target_id.clone(),
            element: file.element.clone(),
            record_time: seconds.map(timestamp),
            storage_country: file.storage_country.clone(),
        };
        let what = format!("asking whether {} may leave", file.file_name);
        let answer = offices.grants().check_disclosure(call).await.doing(&what)?;
        asked.permitted &= answer.permitted;
        asked.findings = answer.findings;
        if !asked.permitted {
            break;
        }
    }
    Ok(asked)
}

fn timestamp(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

fn produced(file: &HeldFile) -> ProducedFile {
    let rows = file.content.lines().skip(1).filter(|line| !line.is_empty()).count();
    ProducedFile {
        file_name: file.file_name.clone(),
        size_bytes: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
        digest: Digest::of(&file.content).to_string(),
        record_count: i64::try_from(rows).unwrap_or(i64::MAX),
        target_id: file.target_id.clone(),
        element: file.element.clone(),
        first_record_time: file.record_times.map(|(first, _)| timestamp(first)),
        last_record_time: file.record_times.map(|(_, last)| timestamp(last)),
        storage_country: file.storage_country.clone(),
    }
}

/// The analyst closes the request, where the case says how.
pub(super) async fn close(people: &People, case: &Case, name: &str) -> Result<(), Broken> {
    let Some(close) = case.production.as_ref().and_then(|production| production.close.as_ref()) else { return Ok(()) };
    let offices = people.of(&Person::analyst())?;
    let mut attempt = 1;
    loop {
        let call = CloseRequestRequest {
            name: name.to_owned(),
            etag: read(&offices, name).await?.etag,
            outcome: close.outcome as i32,
            reason: close.reason.clone(),
            request_id: fresh_id(),
        };
        match offices.requests().close_request(call).await {
            Err(status) if too_late(&status) && attempt < ATTEMPTS => attempt += 1,
            answer => return answer.doing("closing the request").map(drop),
        }
    }
}
