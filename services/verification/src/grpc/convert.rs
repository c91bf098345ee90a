//! Between wire and domain: the only file that knows both.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey, Failure, FieldFaults,
    convert::{
        authority_kind, confirmation, findings, instrument_kind, provenance, read_authority_kind, read_confirmation,
        read_instrument_kind, timestamp,
    },
};
use rogatory_names::{AgencyId, RequestId, VerificationId};
use rogatory_proto::rogatory::{rulebook::v1 as words, verification::v1 as wire};
use rogatory_rulebook::Digest;
use rogatory_store::{page_size, parse_etag};

use crate::{
    app::{AgencyFilter, Page, Stored, VerificationFilter},
    domain::{
        agency::{Agency, Entry, StatedPhone, is_e164},
        domain_match::unfit,
        evidence::{Check, Evidence, Kind, Outcome},
        rules::{Level, VerificationRules},
        verification::{Facts, Officer, Report, State, Verification},
    },
};

/// The longest name of a person or an agency, and the longest source.
const LONGEST_LINE: usize = 500;
/// The longest note, as the schema has it.
const LONGEST_NOTE: usize = 2000;
/// As many signed copies as one request may have.
const MOST_COPIES: usize = 100;
/// As many mail domains, telephone numbers or instruments as one agency may have.
const MOST_OF_AGENCY: usize = 200;

/// How the compiler hears that a helper that added no fault has answered.
fn all<T>(faults: FieldFaults, read: impl FnOnce() -> Option<T>) -> Result<T, Failure> {
    faults.done()?;
    read().ok_or_else(|| Failure::bug("a field was refused without a fault"))
}

fn etag(faults: &mut FieldFaults, field: &str, etag: &str) -> Option<i64> {
    if etag.is_empty() {
        faults.add(field, "is required: the etag as you read it");
        return None;
    }
    parse_etag(etag).map_err(|wrong| faults.add(field, wrong.to_string())).ok()
}

fn size(faults: &mut FieldFaults, asked: i32) -> Option<u64> {
    page_size(asked).map_err(|wrong| faults.add("page_size", wrong.to_string())).ok()
}

/// Reads an `OpenVerificationRequest`.
pub(super) fn open_verification(
    message: &wire::OpenVerificationRequest,
    now: DateTime<Utc>,
) -> Result<(Facts, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let agency_name = faults.text("agency_name", &message.agency_name, LONGEST_LINE);
    let country = faults.country("country", &message.country);
    let stated_kind = read_authority_kind(&mut faults, "authority_kind", message.authority_kind);
    let instrument = read_instrument_kind(&mut faults, "instrument_kind", message.instrument_kind);
    let officer = officer(&mut faults, message.officer.as_ref());
    let signed_copies = signed_copies(&mut faults, &message.signed_copy_digests);
    let receive_time = faults.past_time("receive_time", message.receive_time.as_ref(), now);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    let emergency = message.emergency;
    all(faults, || {
        let facts = Facts {
            request: request?,
            agency_name: agency_name?,
            country: country?,
            stated_kind: stated_kind?,
            instrument: instrument?,
            officer: officer?,
            emergency,
            signed_copies,
            receive_time: receive_time?,
        };
        Some((facts, key?))
    })
}

fn officer(faults: &mut FieldFaults, message: Option<&wire::Officer>) -> Option<Officer> {
    let Some(message) = message else {
        faults.add("officer", "is required");
        return None;
    };
    let display_name = faults.text("officer.display_name", &message.display_name, LONGEST_LINE);
    let email = faults.optional_email("officer.email", &message.email);
    let postal_address = faults.optional_prose("officer.postal_address", &message.postal_address, LONGEST_NOTE);
    let mut line = |field: &str, value: &str| faults.optional_text(&format!("officer.{field}"), value, LONGEST_LINE);
    Some(Officer {
        title: line("title", &message.title),
        phone: line("phone", &message.phone),
        credential_kind: line("credential_kind", &message.credential_kind),
        credential_number: line("credential_number", &message.credential_number),
        credential_issuer: line("credential_issuer", &message.credential_issuer),
        display_name: display_name?,
        email,
        postal_address,
    })
}

fn signed_copies(faults: &mut FieldFaults, digests: &[String]) -> Vec<Digest> {
    let mut copies = Vec::new();
    if faults.optional_list("signed_copy_digests", digests, MOST_COPIES) {
        for (index, digest) in digests.iter().enumerate() {
            match digest.parse() {
                Ok(digest) => copies.push(digest),
                Err(_) => {
                    faults.add(format!("signed_copy_digests[{index}]"), "is not `sha256:` and 64 hexadecimal digits");
                }
            }
        }
    }
    copies
}

/// Reads a `GetVerificationRequest`.
pub(super) fn get_verification(message: &wire::GetVerificationRequest) -> Result<VerificationId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    all(faults, || id)
}

/// Reads a `ListVerificationsRequest` but for its token.
pub(super) fn list_verifications(
    message: &wire::ListVerificationsRequest,
) -> Result<(VerificationFilter, u64), Failure> {
    use wire::verification::State as W;
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &message.request, RequestId::parse_name);
    let state = faults.optional_one_of::<W>("state", message.state).and_then(|state| match state {
        W::Unspecified => None,
        W::Open => Some(State::Open),
        W::Verified => Some(State::Verified),
        W::Denied => Some(State::Denied),
    });
    let size = size(&mut faults, message.page_size);
    all(faults, || Some((VerificationFilter { request, state }, size?)))
}

/// Reads a `RecordEvidenceRequest`.
pub(super) fn record_evidence(
    message: &wire::RecordEvidenceRequest,
) -> Result<(VerificationId, Report, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let report = report(&mut faults, message.evidence.as_ref());
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, report?, key?)))
}

fn report(faults: &mut FieldFaults, message: Option<&wire::Evidence>) -> Option<Report> {
    use wire::evidence::{Kind as K, Result as R};
    let Some(message) = message else {
        faults.add("evidence", "is required");
        return None;
    };
    let check = match faults.one_of::<K>("evidence.kind", message.kind) {
        None | Some(K::Unspecified) => None,
        Some(K::Credentials) => Some(Check::Credentials),
        Some(K::CallBack) => Some(Check::CallBack),
        Some(K::Registry | K::Competence | K::SenderDomain | K::SignedCopy) => {
            faults.add("evidence.kind", "is recorded by the service itself; people record CREDENTIALS and CALL_BACK");
            None
        }
    };
    let outcome = faults.one_of::<R>("evidence.result", message.result).and_then(|result| match result {
        R::Unspecified => None,
        R::Positive => Some(Outcome::Positive),
        R::Negative => Some(Outcome::Negative),
        R::Inconclusive => Some(Outcome::Inconclusive),
    });
    let source = match check {
        Some(Check::CallBack) => {
            let number = faults.text("evidence.source", &message.source, LONGEST_LINE);
            if number.as_deref().is_some_and(|number| !is_e164(number)) {
                faults.add("evidence.source", "is not a telephone number as E.164 writes it: `+12025550143`");
            }
            number
        }
        _ => Some(faults.optional_text("evidence.source", &message.source, LONGEST_LINE).unwrap_or_default()),
    };
    let note = faults.optional_prose("evidence.note", &message.note, LONGEST_NOTE);
    Some(Report { check: check?, outcome: outcome?, source: source?, note })
}

/// Reads a `ConcludeVerificationRequest`.
pub(super) fn conclude_verification(
    message: &wire::ConcludeVerificationRequest,
) -> Result<(VerificationId, i64, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let version = etag(&mut faults, "etag", &message.etag);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, version?, key?)))
}

/// A verification for the wire, as it is at a time.
pub(super) fn verification(
    stored: &Stored<Verification>,
    rules: &VerificationRules,
    now: DateTime<Utc>,
) -> wire::Verification {
    use wire::verification::State as W;
    let value = &stored.value;
    let state = match value.state {
        State::Open => W::Open,
        State::Verified => W::Verified,
        State::Denied => W::Denied,
    };
    wire::Verification {
        name: value.id.name(),
        request: value.facts.request.name(),
        state: state.into(),
        level: level(value.level).into(),
        required_level: level(value.required_level).into(),
        agency: value.agency.map(|agency| agency.name()).unwrap_or_default(),
        evidence: value.evidence.iter().map(evidence).collect(),
        needs: findings(&value.needs(rules)),
        findings: findings(&value.findings_at(rules, now)),
        provenance: Some(provenance(&value.provenance)),
        opener: value.opener.clone(),
        create_time: Some(timestamp(value.create_time)),
        conclude_time: value.conclude_time.map(timestamp),
        expire_time: value.expire_time.map(timestamp),
        etag: stored.etag(),
    }
}

/// A page of verifications for the wire.
pub(super) fn verifications(
    page: &Page<Verification>,
    rules: &VerificationRules,
    now: DateTime<Utc>,
) -> wire::ListVerificationsResponse {
    wire::ListVerificationsResponse {
        verifications: page.items.iter().map(|stored| verification(stored, rules, now)).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

fn level(level: Level) -> wire::verification::Level {
    use wire::verification::Level as W;
    match level {
        Level::Unverified => W::Unverified,
        Level::Basic => W::Basic,
        Level::Enhanced => W::Enhanced,
    }
}

fn evidence(evidence: &Evidence) -> wire::Evidence {
    use wire::evidence::{Kind as K, Result as R};
    let kind = match evidence.observation.kind() {
        Kind::Registry => K::Registry,
        Kind::Competence => K::Competence,
        Kind::SenderDomain => K::SenderDomain,
        Kind::SignedCopy => K::SignedCopy,
        Kind::Credentials => K::Credentials,
        Kind::CallBack => K::CallBack,
    };
    let result = match evidence.observation.outcome() {
        Outcome::Positive => R::Positive,
        Outcome::Negative => R::Negative,
        Outcome::Inconclusive => R::Inconclusive,
    };
    wire::Evidence {
        name: evidence.id.name(),
        kind: kind.into(),
        result: result.into(),
        weight: evidence.weight.into(),
        source: evidence.source.clone(),
        note: evidence.note.clone().unwrap_or_default(),
        recorder: evidence.recorder.clone(),
        record_time: Some(timestamp(evidence.record_time)),
    }
}

/// Reads a `CreateAgencyRequest`.
pub(super) fn create_agency(
    message: &wire::CreateAgencyRequest,
    rules: &VerificationRules,
) -> Result<(Entry, Vec<StatedPhone>, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let read = message.agency.as_ref().map(|agency| entry(&mut faults, agency, rules));
    if read.is_none() {
        faults.add("agency", "is required");
    }
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || {
        let (entry, phones) = read??;
        Some((entry, phones, key?))
    })
}

/// An agency as it was read: its id and the version behind its etag.
pub(super) type At = (AgencyId, i64);

/// Reads an `UpdateAgencyRequest`.
pub(super) fn update_agency(
    message: &wire::UpdateAgencyRequest,
    rules: &VerificationRules,
) -> Result<(At, Entry, Vec<StatedPhone>, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let read = message.agency.as_ref().map(|agency| {
        let id = faults.name("agency.name", &agency.name, AgencyId::parse_name);
        let version = etag(&mut faults, "agency.etag", &agency.etag);
        let entry = entry(&mut faults, agency, rules);
        Some(((id?, version?), entry?))
    });
    if read.is_none() {
        faults.add("agency", "is required");
    }
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || {
        let (at, (entry, phones)) = read??;
        Some((at, entry, phones, key?))
    })
}

fn entry(
    faults: &mut FieldFaults,
    message: &wire::Agency,
    rules: &VerificationRules,
) -> Option<(Entry, Vec<StatedPhone>)> {
    let display_name = faults.text("agency.display_name", &message.display_name, LONGEST_LINE);
    let country = faults.country("agency.country", &message.country);
    let kind = read_authority_kind(faults, "agency.kind", message.kind);
    let mail_domains = mail_domains(faults, &message.mail_domains, rules);
    let phones = phones(faults, &message.phones);
    let mut instruments = Vec::new();
    if faults.optional_list("agency.instruments", &message.instruments, MOST_OF_AGENCY) {
        for (index, instrument) in message.instruments.iter().enumerate() {
            instruments.extend(read_instrument_kind(faults, &format!("agency.instruments[{index}]"), *instrument));
        }
    }
    let source = faults.optional_text("agency.source", &message.source, LONGEST_NOTE);
    // Who does not say how far an entry was checked has not checked it.
    let confirmation = match message.confirmation {
        0 => Some(rogatory_rulebook::Confirmation::Unconfirmed),
        stated => read_confirmation(faults, "agency.confirmation", stated),
    };
    if message.accredited && source.is_none() {
        faults.add("agency.source", "is required of an accredited agency: where it was read that it is one");
    }
    let entry = Entry {
        display_name: display_name?,
        country: country?,
        kind: Some(kind?),
        mail_domains,
        instruments,
        accredited: message.accredited,
        source: source.unwrap_or_default(),
        confirmation: confirmation?,
    };
    Some((entry, phones))
}

fn mail_domains(faults: &mut FieldFaults, domains: &[String], rules: &VerificationRules) -> Vec<String> {
    if !faults.optional_list("agency.mail_domains", domains, MOST_OF_AGENCY) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for (index, domain) in domains.iter().enumerate() {
        let field = format!("agency.mail_domains[{index}]");
        if let Some(unfit) = unfit(domain) {
            faults.add(field, unfit);
        } else if rules.is_free_mail(domain) {
            faults.add(field, "is a domain where anybody can open a mailbox");
        } else if rules.zone_of(domain).is_some_and(|zone| zone.suffix == *domain) {
            faults.add(field, "is a zone of many agencies");
        } else if !seen.insert(domain) {
            faults.add(field, "stands twice");
        }
    }
    domains.to_vec()
}

fn phones(faults: &mut FieldFaults, messages: &[wire::PublishedPhone]) -> Vec<StatedPhone> {
    let mut phones: Vec<StatedPhone> = Vec::new();
    if !faults.optional_list("agency.phones", messages, MOST_OF_AGENCY) {
        return phones;
    }
    for (index, message) in messages.iter().enumerate() {
        let field = format!("agency.phones[{index}].number");
        if !is_e164(&message.number) {
            faults.add(field, "is not a telephone number as E.164 writes it: `+12025550143`");
        } else if phones.iter().any(|known| known.number == message.number) {
            faults.add(field, "stands twice");
        }
        let source = faults.text(&format!("agency.phones[{index}].source"), &message.source, LONGEST_LINE);
        phones.extend(source.map(|source| StatedPhone { number: message.number.clone(), source }));
    }
    phones
}

/// Reads a `GetAgencyRequest`.
pub(super) fn get_agency(message: &wire::GetAgencyRequest) -> Result<AgencyId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, AgencyId::parse_name);
    all(faults, || id)
}

/// Reads a `ListAgenciesRequest` but for its token.
pub(super) fn list_agencies(message: &wire::ListAgenciesRequest) -> Result<(AgencyFilter, u64), Failure> {
    let mut faults = FieldFaults::new();
    let country = faults.optional_country("country", &message.country);
    let mail_domain = Some(&message.mail_domain).filter(|domain| !domain.is_empty()).cloned();
    if let Some(unfit) = mail_domain.as_deref().and_then(unfit) {
        faults.add("mail_domain", unfit);
    }
    let size = size(&mut faults, message.page_size);
    all(faults, || Some((AgencyFilter { country, mail_domain }, size?)))
}

/// An agency for the wire.
pub(super) fn agency(stored: &Stored<Agency>) -> wire::Agency {
    let Agency { id, entry, phones, create_time, update_time } = &stored.value;
    wire::Agency {
        name: id.name(),
        display_name: entry.display_name.clone(),
        country: entry.country.to_string(),
        kind: entry.kind.map_or(words::AuthorityKind::Unspecified, authority_kind).into(),
        mail_domains: entry.mail_domains.clone(),
        phones: phones
            .iter()
            .map(|phone| wire::PublishedPhone {
                number: phone.number.clone(),
                source: phone.source.clone(),
                record_time: Some(timestamp(phone.record_time)),
            })
            .collect(),
        instruments: entry.instruments.iter().map(|instrument| instrument_kind(*instrument).into()).collect(),
        accredited: entry.accredited,
        source: entry.source.clone(),
        confirmation: confirmation(entry.confirmation).into(),
        create_time: Some(timestamp(*create_time)),
        update_time: Some(timestamp(*update_time)),
        etag: stored.etag(),
    }
}
