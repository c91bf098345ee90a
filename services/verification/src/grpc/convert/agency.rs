//! Agencies.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey, Failure, FieldFaults,
    convert::{
        authority_kind, confirmation, instrument_kind, read_authority_kind, read_confirmation, read_instrument_kind,
        timestamp,
    },
};
use rogatory_names::AgencyId;
use rogatory_proto::rogatory::{rulebook::v1 as words, verification::v1 as wire};
use rogatory_rulebook::{Confirmation, Digest};

use super::{LONGEST_LINE, LONGEST_NOTE, all, compromise::open_interval, etag, size};
use crate::{
    app::{AgencyFilter, AgencyView},
    domain::{
        agency::{Accreditation, Agency, Entry, Listed, MailDomain, Stated, is_e164, is_subdivision_of},
        compromise::{Subject, windows_of},
        domain_match::unfit,
        known::Window,
        rules::VerificationRules,
    },
};

/// As many mail domains, numbers, mailboxes, certificates or instruments as one agency may have.
const MOST: usize = 200;

/// Reads a `CreateAgencyRequest`.
pub(in crate::grpc) fn create_agency(
    message: &wire::CreateAgencyRequest,
    rules: &VerificationRules,
) -> Result<(Stated, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let read = message.agency.as_ref().map(|agency| stated(&mut faults, agency, rules));
    if read.is_none() {
        faults.add("agency", "is required");
    }
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((read??, key?)))
}

/// An agency as it was read: its id and the version behind its etag.
type At = (AgencyId, i64);

/// Reads an `UpdateAgencyRequest`.
pub(in crate::grpc) fn update_agency(
    message: &wire::UpdateAgencyRequest,
    rules: &VerificationRules,
) -> Result<(At, Stated, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let read = message.agency.as_ref().map(|agency| {
        let id = faults.name("agency.name", &agency.name, AgencyId::parse_name);
        let version = etag(&mut faults, "agency.etag", &agency.etag);
        let stated = stated(&mut faults, agency, rules);
        Some(((id?, version?), stated?))
    });
    if read.is_none() {
        faults.add("agency", "is required");
    }
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || {
        let (at, stated) = read??;
        Some((at, stated, key?))
    })
}

fn stated(faults: &mut FieldFaults, message: &wire::Agency, rules: &VerificationRules) -> Option<Stated> {
    let display_name = faults.text("agency.display_name", &message.display_name, LONGEST_LINE);
    let country = faults.country("agency.country", &message.country);
    let subdivision = faults.optional_text("agency.subdivision", &message.subdivision, 6);
    if let (Some(subdivision), Some(country)) = (&subdivision, country)
        && !is_subdivision_of(subdivision, country)
    {
        faults.add("agency.subdivision", "is no subdivision of the country in ISO 3166-2: `US-CA`");
    }
    let kind = read_authority_kind(faults, "agency.kind", message.kind);
    let domains = mail_domains(faults, &message.mail_domains, rules);
    let number = "is not a telephone number as E.164 writes it: `+12025550143`";
    let phones = message.phones.iter().map(|one| (one.number.as_str(), one.source.as_str()));
    let phones =
        listed(faults, "phones", "number", phones, |_, _, text| is_e164(text).then(|| text.to_owned()), number);
    let mailboxes = message.mailboxes.iter().map(|one| (one.address.as_str(), one.source.as_str()));
    let address = |faults: &mut FieldFaults, field: &str, text: &str| faults.email(field, text);
    let mailboxes = listed(faults, "mailboxes", "address", mailboxes, address, "");
    let certificates = message.certificates.iter().map(|one| (one.fingerprint.as_str(), one.source.as_str()));
    let digest = |_: &mut FieldFaults, _: &str, text: &str| text.parse::<Digest>().ok();
    let wrong = "is not `sha256:` and 64 hexadecimal digits";
    let certificates = listed(faults, "certificates", "fingerprint", certificates, digest, wrong);
    let mut instruments = Vec::new();
    if faults.optional_list("agency.instruments", &message.instruments, MOST) {
        for (index, instrument) in message.instruments.iter().enumerate() {
            instruments.extend(read_instrument_kind(faults, &format!("agency.instruments[{index}]"), *instrument));
        }
    }
    let accreditation = message.accreditation.as_ref().map(|one| {
        let source = faults.text("agency.accreditation.source", &one.source, LONGEST_NOTE);
        let valid = window(faults, "agency.accreditation", one.valid_from.as_ref(), one.valid_until.as_ref());
        Some(Accreditation { source: source?, valid })
    });
    let source = faults.optional_text("agency.source", &message.source, LONGEST_NOTE);
    // Who does not say how far an entry was checked has not checked it.
    let confirmation = match message.confirmation {
        0 => Some(Confirmation::Unconfirmed),
        stated => read_confirmation(faults, "agency.confirmation", stated),
    };
    let accreditation = match accreditation {
        None => None,
        Some(read) => Some(read?),
    };
    let entry = Entry {
        display_name: display_name?,
        country: country?,
        subdivision,
        kind: Some(kind?),
        instruments,
        accreditation,
        source: source.unwrap_or_default(),
        confirmation: confirmation?,
    };
    Some(Stated { entry, domains, phones, mailboxes, certificates })
}

fn window(
    faults: &mut FieldFaults,
    field: &str,
    from: Option<&prost_types::Timestamp>,
    until: Option<&prost_types::Timestamp>,
) -> Window {
    let from = faults.optional_time(&format!("{field}.valid_from"), from);
    let until = faults.optional_time(&format!("{field}.valid_until"), until);
    let window = Window { from, until };
    if window.is_empty() {
        faults.add(format!("{field}.valid_until"), "is not after `valid_from`");
    }
    window
}

fn mail_domains(
    faults: &mut FieldFaults,
    domains: &[wire::MailDomain],
    rules: &VerificationRules,
) -> Vec<(String, Window)> {
    let mut read = Vec::new();
    if !faults.optional_list("agency.mail_domains", domains, MOST) {
        return read;
    }
    let mut seen = HashSet::new();
    for (index, message) in domains.iter().enumerate() {
        let (domain, field) = (&message.domain, format!("agency.mail_domains[{index}]"));
        let place = format!("{field}.domain");
        if let Some(unfit) = unfit(domain) {
            faults.add(place, unfit);
        } else if rules.is_free_mail(domain) {
            faults.add(place, "is a domain where anybody can open a mailbox");
        } else if rules.zone_of(domain).is_some_and(|zone| zone.suffix == *domain) {
            faults.add(place, "is a zone of many agencies");
        } else if !seen.insert(domain) {
            faults.add(place, "stands twice");
        }
        let valid = window(faults, &field, message.valid_from.as_ref(), message.valid_until.as_ref());
        read.push((domain.clone(), valid));
    }
    read
}

/// Reads things that are published, each with its source. `read` answers none for what is wrong with the words `wrong`; where
/// those are empty it has named the fault itself.
fn listed<'a, T: PartialEq>(
    faults: &mut FieldFaults,
    list: &str,
    name: &str,
    messages: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
    read: impl Fn(&mut FieldFaults, &str, &str) -> Option<T>,
    wrong: &str,
) -> Vec<(T, String)> {
    let mut known: Vec<(T, String)> = Vec::new();
    let messages: Vec<_> = messages.collect();
    if !faults.optional_list(&format!("agency.{list}"), &messages, MOST) {
        return known;
    }
    for (index, (text, source)) in messages.into_iter().enumerate() {
        let field = format!("agency.{list}[{index}].{name}");
        let value = read(faults, &field, text);
        let source = faults.text(&format!("agency.{list}[{index}].source"), source, LONGEST_LINE);
        match value {
            None if wrong.is_empty() => {}
            None => faults.add(field, wrong),
            Some(value) if known.iter().any(|(other, _)| *other == value) => faults.add(field, "stands twice"),
            Some(value) => known.push((value, source.unwrap_or_default())),
        }
    }
    known
}

/// Reads a `GetAgencyRequest`.
pub(in crate::grpc) fn get_agency(
    message: &wire::GetAgencyRequest,
    now: DateTime<Utc>,
) -> Result<(AgencyId, Option<DateTime<Utc>>), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, AgencyId::parse_name);
    let read_time = faults.optional_past_time("read_time", message.read_time.as_ref(), now);
    all(faults, || Some((id?, read_time)))
}

/// Reads a `ListAgenciesRequest` but for its token.
pub(in crate::grpc) fn list_agencies(message: &wire::ListAgenciesRequest) -> Result<(AgencyFilter, u64), Failure> {
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
pub(in crate::grpc) fn agency(view: &AgencyView) -> wire::Agency {
    let Agency { id, entry, domains, phones, mailboxes, certificates, create_time, update_time } = &view.agency.value;
    let mail_domain = |known: &MailDomain| {
        // Whoever had the whole agency in hand had its domains.
        let subjects = [Subject::Domain(known.domain.clone()), Subject::Agency(*id)];
        let compromised = subjects.iter().flat_map(|subject| windows_of(&view.reports, subject));
        wire::MailDomain {
            domain: known.domain.clone(),
            valid_from: known.valid.from.map(timestamp),
            valid_until: known.valid.until.map(timestamp),
            record_time: Some(timestamp(known.record_time)),
            compromised: compromised.map(open_interval).collect(),
        }
    };
    let accreditation = |one: &Accreditation| wire::Accreditation {
        source: one.source.clone(),
        valid_from: one.valid.from.map(timestamp),
        valid_until: one.valid.until.map(timestamp),
    };
    let phone = |one: &Listed<String>| wire::PublishedPhone {
        number: one.value.clone(),
        source: one.source.clone(),
        record_time: Some(timestamp(one.record_time)),
    };
    let mailbox = |one: &Listed<String>| wire::PublishedMailbox {
        address: one.value.clone(),
        source: one.source.clone(),
        record_time: Some(timestamp(one.record_time)),
    };
    let certificate = |one: &Listed<Digest>| wire::KnownCertificate {
        fingerprint: one.value.to_string(),
        source: one.source.clone(),
        record_time: Some(timestamp(one.record_time)),
    };
    let debt = |(request, due_time): &(String, DateTime<Utc>)| wire::Debt {
        request: request.clone(),
        due_time: Some(timestamp(*due_time)),
    };
    wire::Agency {
        name: id.name(),
        display_name: entry.display_name.clone(),
        country: entry.country.to_string(),
        subdivision: entry.subdivision.clone().unwrap_or_default(),
        kind: entry.kind.map_or(words::AuthorityKind::Unspecified, authority_kind).into(),
        mail_domains: domains.iter().map(mail_domain).collect(),
        phones: phones.iter().map(phone).collect(),
        mailboxes: mailboxes.iter().map(mailbox).collect(),
        certificates: certificates.iter().map(certificate).collect(),
        instruments: entry.instruments.iter().map(|instrument| instrument_kind(*instrument).into()).collect(),
        accreditation: entry.accreditation.as_ref().map(accreditation),
        source: entry.source.clone(),
        confirmation: confirmation(entry.confirmation).into(),
        create_time: Some(timestamp(*create_time)),
        update_time: Some(timestamp(*update_time)),
        etag: view.agency.etag(),
        overdue_debts: view.overdue.iter().map(debt).collect(),
    }
}
