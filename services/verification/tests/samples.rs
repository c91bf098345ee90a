//! What people state, and how a test says it briefly.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_chassis::Role;
use rogatory_names::RequestId;
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::{
        rulebook::v1::{AuthorityKind, Confirmation, Finding, InstrumentKind},
        verification::v1::{
            Accreditation, Agency, AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest,
            CreateAgencyRequest, Evidence, GetAgencyRequest, GetVerificationRequest, ListAgenciesRequest, MailDomain,
            Officer, OpenVerificationRequest, PublishedMailbox, PublishedPhone, RecordEvidenceRequest,
            SendChallengeRequest, SignedCopy, UpdateAgencyRequest, Verification,
            evidence::{Kind, Result as Outcome},
        },
    },
};
use tonic::{Response, Status, metadata::KeyAndValueRef};
use tonic_types::StatusExt as _;

use crate::harness::{Suite, id, stamp};

/// The number that the sample agency publishes.
pub(crate) const NUMBER: &str = "+12025550143";
/// The name of the sample agency.
pub(crate) const AGENCY: &str = "Sampleton Police Department";
/// The mail domain of the sample agency.
pub(crate) const DOMAIN: &str = "police.sampleton.example";
/// The mailbox of the sample agency, at the city's and not at its own domain.
pub(crate) const MAILBOX: &str = "liaison@secret-cityhall.example";

impl Suite {
    pub(crate) async fn create(&self, agency: Agency) -> Agency {
        self.agencies(Role::Verifier).create_agency(create(agency)).await.unwrap().into_inner()
    }

    /// The sample agency, recorded now; the clock then goes on, so that a request may come after.
    pub(crate) async fn known_agency(&self) -> Agency {
        let created = self.create(agency()).await;
        self.advance(60);
        created
    }

    /// Another agency of the same country, with everything of its own.
    pub(crate) async fn other_agency(&self) -> Agency {
        let other = Agency {
            display_name: "Otherville Sheriff".to_owned(),
            mail_domains: vec![domain("sheriff.otherville.example")],
            phones: vec![phone("+12025550177")],
            mailboxes: vec![],
            ..agency()
        };
        let created = self.create(other).await;
        self.advance(60);
        created
    }

    pub(crate) async fn open(&self, ask: OpenVerificationRequest) -> Result<Verification, Status> {
        self.intake().open_verification(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Verification, Status> {
        let ask = GetVerificationRequest { name: name.to_owned() };
        self.verifications(Role::Analyst).get_verification(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn record(&self, name: &str, evidence: Evidence) -> Result<Verification, Status> {
        let ask = RecordEvidenceRequest { name: name.to_owned(), evidence: Some(evidence), request_id: id() };
        self.verifications(Role::Verifier).record_evidence(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn conclude(&self, name: &str) -> Result<Verification, Status> {
        let etag = self.get(name).await?.etag;
        self.conclude_with(name, &etag).await
    }

    pub(crate) async fn conclude_with(&self, name: &str, etag: &str) -> Result<Verification, Status> {
        let ask = ConcludeVerificationRequest { name: name.to_owned(), etag: etag.to_owned(), request_id: id() };
        self.verifications(Role::Verifier).conclude_verification(ask).await.map(Response::into_inner)
    }

    /// Opened, credentials confirmed, concluded.
    pub(crate) async fn believed(&self, ask: OpenVerificationRequest) -> Verification {
        let opened = self.open(ask).await.unwrap();
        self.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        self.conclude(&opened.name).await.unwrap()
    }

    pub(crate) async fn approve(&self, who: &str, role: Role, name: &str) -> Result<Verification, Status> {
        let etag = self.get(name).await?.etag;
        let ask = approval(name, &etag);
        self.verifications_of(who, role).approve_verification(ask).await.map(Response::into_inner)
    }

    /// Called back and approved by two people: all that an emergency needs.
    pub(crate) async fn vouched(&self, name: &str) -> Verification {
        self.record(name, call_back(self, NUMBER, Outcome::Positive)).await.unwrap();
        self.approve("ada", Role::Approver, name).await.unwrap();
        self.approve("carl", Role::Counsel, name).await.unwrap()
    }

    pub(crate) async fn send_challenge(&self, name: &str) -> Result<Verification, Status> {
        let ask = SendChallengeRequest { name: name.to_owned(), request_id: id() };
        self.verifications(Role::Verifier).send_challenge(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn answer(&self, name: &str, code: &str) -> Result<Verification, Status> {
        let ask = AnswerChallengeRequest { name: name.to_owned(), code: code.to_owned(), request_id: id() };
        self.verifications(Role::Verifier).answer_challenge(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn update(&self, agency: Agency) -> Result<Agency, Status> {
        let ask = UpdateAgencyRequest { agency: Some(agency), request_id: id() };
        self.agencies(Role::Verifier).update_agency(ask).await.map(Response::into_inner)
    }

    /// An agency as it is now, or as the registry knew it at a time.
    pub(crate) async fn agency(&self, name: &str, read_time: Option<DateTime<Utc>>) -> Result<Agency, Status> {
        let ask = GetAgencyRequest { name: name.to_owned(), read_time: read_time.map(stamp) };
        self.agencies(Role::Auditor).get_agency(ask).await.map(Response::into_inner)
    }

    pub(crate) async fn find(&self, mail_domain: &str) -> Vec<Agency> {
        let ask = ListAgenciesRequest { mail_domain: mail_domain.to_owned(), ..ListAgenciesRequest::default() };
        self.agencies(Role::Auditor).list_agencies(ask).await.unwrap().into_inner().agencies
    }
}

pub(crate) fn phone(number: &str) -> PublishedPhone {
    PublishedPhone { number: number.to_owned(), source: "the state's directory".to_owned(), record_time: None }
}

pub(crate) fn mailbox(address: &str) -> PublishedMailbox {
    PublishedMailbox { address: address.to_owned(), source: "the state's directory".to_owned(), record_time: None }
}

pub(crate) fn domain(domain: &str) -> MailDomain {
    MailDomain { domain: domain.to_owned(), ..MailDomain::default() }
}

pub(crate) fn domain_until(name: &str, until: DateTime<Utc>) -> MailDomain {
    MailDomain { valid_until: Some(stamp(until)), ..domain(name) }
}

pub(crate) fn accredited() -> Option<Accreditation> {
    Some(Accreditation { source: "the state's directory".to_owned(), valid_from: None, valid_until: None })
}

pub(crate) fn window(from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Interval {
    Interval { start_time: Some(stamp(from)), end_time: until.map(stamp) }
}

pub(crate) fn agency() -> Agency {
    Agency {
        display_name: AGENCY.to_owned(),
        country: "US".to_owned(),
        kind: AuthorityKind::Police.into(),
        mail_domains: vec![domain(DOMAIN)],
        phones: vec![phone(NUMBER)],
        mailboxes: vec![mailbox(MAILBOX)],
        accreditation: accredited(),
        source: "the state's directory".to_owned(),
        confirmation: Confirmation::Confirmed.into(),
        ..Agency::default()
    }
}

pub(crate) fn create(agency: Agency) -> CreateAgencyRequest {
    CreateAgencyRequest { agency: Some(agency), request_id: id() }
}

/// A copy of which only the digest was received, and that never came before.
pub(crate) fn unseen_copy() -> SignedCopy {
    SignedCopy { digest: rogatory_rulebook::Digest::of(id()).to_string(), ..SignedCopy::default() }
}

/// A search warrant that a detective of the sample agency sends, received now.
pub(crate) fn ask(suite: &Suite) -> OpenVerificationRequest {
    OpenVerificationRequest {
        request: RequestId::new().name(),
        agency_name: format!("{AGENCY}, Fraud Squad"),
        country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument_kind: InstrumentKind::SearchWarrant.into(),
        officer: Some(Officer {
            display_name: "Quentin Secretson".to_owned(),
            title: "Detective Sergeant".to_owned(),
            email: format!("q.secretson@{DOMAIN}"),
            phone: "+12025559876".to_owned(),
            postal_address: "1 Secret Street\nSampleton".to_owned(),
            credential_kind: "badge".to_owned(),
            credential_number: "SECRET-4711".to_owned(),
            credential_issuer: AGENCY.to_owned(),
            credential_expire_time: None,
        }),
        signed_copies: vec![unseen_copy()],
        receive_time: Some(stamp(suite.now())),
        request_id: id(),
        submitter: "person:iris".to_owned(),
        ..OpenVerificationRequest::default()
    }
}

/// As [`ask`], an emergency.
pub(crate) fn emergency(suite: &Suite) -> OpenVerificationRequest {
    OpenVerificationRequest { emergency: true, instrument_kind: InstrumentKind::EmergencyForm.into(), ..ask(suite) }
}

/// As [`ask`], from the other agency.
pub(crate) fn ask_of_other(suite: &Suite) -> OpenVerificationRequest {
    let mut ask = OpenVerificationRequest { agency_name: "Otherville Sheriff".to_owned(), ..ask(suite) };
    ask.officer.as_mut().unwrap().email = "o.therwise@sheriff.otherville.example".to_owned();
    ask
}

/// As [`ask`], from this address.
pub(crate) fn ask_from(suite: &Suite, address: &str) -> OpenVerificationRequest {
    let mut ask = ask(suite);
    ask.officer.as_mut().unwrap().email = address.to_owned();
    ask
}

pub(crate) fn credentials(result: Outcome) -> Evidence {
    Evidence {
        kind: Kind::Credentials.into(),
        result: result.into(),
        source: "desk of SECRET-ISSUER".to_owned(),
        note: "SECRET-NOTE".to_owned(),
        ..Evidence::default()
    }
}

/// A call-back that is made now.
pub(crate) fn call_back(suite: &Suite, number: &str, result: Outcome) -> Evidence {
    Evidence {
        kind: Kind::CallBack.into(),
        result: result.into(),
        source: number.to_owned(),
        person_reached: "Desk Officer SECRET-REACHED".to_owned(),
        call_time: Some(stamp(suite.now())),
        ..Evidence::default()
    }
}

pub(crate) fn approval(name: &str, etag: &str) -> ApproveVerificationRequest {
    ApproveVerificationRequest {
        name: name.to_owned(),
        etag: etag.to_owned(),
        reason: "SECRET-REASON: the child is in danger".to_owned(),
        request_id: id(),
    }
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// What was observed, of all that was recorded.
pub(crate) fn observed(verification: &Verification) -> BTreeSet<&str> {
    verification.evidence.iter().map(|piece| piece.observation.as_str()).collect()
}

/// What was observed of one kind, in the order in which it was recorded.
pub(crate) fn observed_of(verification: &Verification, kind: Kind) -> Vec<&str> {
    let of_kind = verification.evidence.iter().filter(|piece| piece.kind() == kind);
    of_kind.map(|piece| piece.observation.as_str()).collect()
}

/// The `Reason` of a failure.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap_or_else(|| panic!("no reason: {status:?}")).reason
}

/// One entry of the metadata of a failure's `ErrorInfo`.
pub(crate) fn fact(status: &Status, key: &str) -> String {
    let metadata = status.get_details_error_info().unwrap().metadata;
    metadata.get(key).cloned().unwrap_or_else(|| panic!("no {key} in {metadata:?} of {status:?}"))
}

/// The fields that a failure names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().unwrap_or_else(|| panic!("{status:?}")).field_violations;
    violations.into_iter().map(|violation| violation.field).collect()
}

/// The fields that an `INVALID_ARGUMENT` names.
pub(crate) fn invalid(status: &Status) -> Vec<String> {
    let found = (status.code(), reason(status));
    assert_eq!(found, (tonic::Code::InvalidArgument, "FIELDS_INVALID".to_owned()), "{status:?}");
    fields(status)
}

/// The violations that a `FAILED_PRECONDITION` names, by their codes.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), tonic::Code::FailedPrecondition, "{status:?}");
    let violations = status.get_details_precondition_failure().unwrap_or_else(|| panic!("{status:?}")).violations;
    violations.into_iter().map(|violation| violation.r#type).collect()
}

/// All that a failure says, in one text.
pub(crate) fn everything(status: &Status) -> String {
    let details = String::from_utf8_lossy(status.details()).into_owned();
    let headers = status.metadata().iter().map(|entry| match entry {
        KeyAndValueRef::Ascii(key, value) => format!("{key}={value:?}"),
        KeyAndValueRef::Binary(key, value) => format!("{key}={value:?}"),
    });
    format!("{status:?} {} {details} {}", status.message(), headers.collect::<Vec<_>>().join(" "))
}
