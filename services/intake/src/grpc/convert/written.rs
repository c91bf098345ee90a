//! What an agency wrote, from the wire. Anything may be missing; what is there must be well-formed.

use chrono::{DateTime, Utc};
use rogatory_chassis::{FieldFaults, convert};
use rogatory_names::{DocumentId, RequestId};
use rogatory_proto::rogatory::{
    intake::v1 as wire,
    rulebook::v1::{ResidenceEvidence as WireEvidence, ResidenceEvidenceKind},
    verification::v1::Officer as WireOfficer,
};
use rogatory_rulebook::ResidenceEvidence;

use crate::{
    app::Written,
    domain::request::{
        DataItem, Emergency, Instrument, MOST_EVIDENCE, MOST_LISTED, Officer, Particulars, Requester, Target,
    },
};

/// The longest platform key, key of an item or an element, in characters.
const LONGEST_KEY: usize = 100;
/// The longest key of a target, as routing takes it.
const LONGEST_TARGET: usize = 64;
/// The longest name of an agency or a contact and reference of a paper, as routing and billing take them.
const LONGEST_NAME: usize = 200;
/// The longest reference of an agency, as billing takes it.
const LONGEST_REFERENCE: usize = 100;
/// The longest line: a name, a title, a number.
const LONGEST_LINE: usize = 300;
/// The longest address.
const LONGEST_ADDRESS: usize = 1_000;
/// The longest text of the sixth and seventh item and of the emergency form.
const LONGEST_TEXT: usize = 10_000;
/// The longest description of an item.
const LONGEST_DESCRIPTION: usize = 2_000;
/// Most names, addresses and so on of one target, of each kind.
const MOST_KNOWN: usize = 100;
/// Most documents of one request.
const MOST_DOCUMENTS: usize = 200;

/// Reads what an agency wrote, with `request.` before the path of each fault.
pub(super) fn written(faults: &mut FieldFaults, m: &wire::LegalRequest, now: DateTime<Utc>) -> Written {
    let mut particulars = Particulars {
        platform: faults.optional_text("request.platform", &m.platform, LONGEST_KEY),
        requester: m.requester.as_ref().map(|requester| self::requester(faults, requester)).unwrap_or_default(),
        instrument: m.instrument.as_ref().map(|paper| instrument(faults, paper, now)).unwrap_or_default(),
        matter_type: stated(m.matter_type, |v| convert::read_matter_type(faults, "request.matter_type", v)),
        nature_of_investigation: faults.optional_prose(
            "request.nature_of_investigation",
            &m.nature_of_investigation,
            LONGEST_TEXT,
        ),
        legal_grounds: faults.optional_prose("request.legal_grounds", &m.legal_grounds, LONGEST_TEXT),
        served_contact: faults.optional_text("request.served_contact", &m.served_contact, LONGEST_NAME),
        emergency: m.emergency.as_ref().map(|form| emergency(faults, form)),
        follows_up: faults.optional_name("request.follows_up", &m.follows_up, RequestId::parse_name),
        ..Particulars::default()
    };
    // The elements of a list that is too long are not looked at.
    if faults.optional_list("request.targets", &m.targets, MOST_LISTED) {
        let targets = m.targets.iter().enumerate();
        particulars.targets =
            targets.map(|(index, known)| target(faults, &format!("request.targets[{index}]"), known, now)).collect();
        if faults.optional_list("request.items", &m.items, MOST_LISTED) {
            let items = m.items.iter().enumerate();
            particulars.items =
                items.map(|(index, asked)| item(faults, &format!("request.items[{index}]"), asked)).collect();
        }
    }
    Written { documents: documents(faults, &m.documents), particulars }
}

/// Adds what does not fit together.
pub(super) fn consistent(faults: &mut FieldFaults, written: &Written) {
    for (path, description) in written.particulars.inconsistencies() {
        faults.add(format!("request.{path}"), description);
    }
}

/// Adds what is missing without which no request is filed. What is there and wrong was told already.
pub(super) fn essential(faults: &mut FieldFaults, written: &Written) {
    for (path, description) in written.particulars.missing_essentials() {
        let field = format!("request.{path}");
        if !faults.iter().any(|(known, _)| known == field) {
            faults.add(field, description);
        }
    }
}

fn stated<T>(value: i32, read: impl FnOnce(i32) -> Option<T>) -> Option<T> {
    if value == 0 { None } else { read(value) }
}

fn requester(faults: &mut FieldFaults, m: &wire::Requester) -> Requester {
    Requester {
        agency_name: faults.optional_text("request.requester.agency_name", &m.agency_name, LONGEST_NAME),
        authority_kind: stated(m.authority_kind, |value| {
            convert::read_authority_kind(faults, "request.requester.authority_kind", value)
        }),
        country: faults.optional_country("request.requester.country", &m.country),
        officer: m.officer.as_ref().map(|officer| self::officer(faults, officer)).unwrap_or_default(),
        agency_reference: faults.optional_text(
            "request.requester.agency_reference",
            &m.agency_reference,
            LONGEST_REFERENCE,
        ),
    }
}

fn officer(faults: &mut FieldFaults, m: &WireOfficer) -> Officer {
    let mut line = |field: &str, value: &str| {
        faults.optional_text(&format!("request.requester.officer.{field}"), value, LONGEST_LINE)
    };
    Officer {
        display_name: line("display_name", &m.display_name),
        title: line("title", &m.title),
        phone: line("phone", &m.phone),
        credential_kind: line("credential_kind", &m.credential_kind),
        credential_number: line("credential_number", &m.credential_number),
        credential_issuer: line("credential_issuer", &m.credential_issuer),
        credential_expire_time: faults
            .optional_time("request.requester.officer.credential_expire_time", m.credential_expire_time.as_ref()),
        email: faults.optional_email("request.requester.officer.email", &m.email),
        postal_address: faults.optional_prose(
            "request.requester.officer.postal_address",
            &m.postal_address,
            LONGEST_ADDRESS,
        ),
    }
}

fn instrument(faults: &mut FieldFaults, m: &wire::Instrument, now: DateTime<Utc>) -> Instrument {
    Instrument {
        kind: stated(m.kind, |value| convert::read_instrument_kind(faults, "request.instrument.kind", value)),
        title: faults.optional_text("request.instrument.title", &m.title, LONGEST_LINE),
        reference: faults.optional_text("request.instrument.reference", &m.reference, LONGEST_NAME),
        issue_time: faults.optional_past_time("request.instrument.issue_time", m.issue_time.as_ref(), now),
        issuer: faults.optional_text("request.instrument.issuer", &m.issuer, LONGEST_LINE),
    }
}

fn emergency(faults: &mut FieldFaults, m: &wire::Emergency) -> Emergency {
    Emergency {
        threat: faults.optional_prose("request.emergency.threat", &m.threat, LONGEST_TEXT),
        urgency: faults.optional_prose("request.emergency.urgency", &m.urgency, LONGEST_TEXT),
        form_completed: m.form_completed,
        follow_up_promised: m.follow_up_promised,
    }
}

fn target(faults: &mut FieldFaults, path: &str, m: &wire::Target, now: DateTime<Utc>) -> Target {
    let mut known = |field: &str, values: &[String], lines: bool| {
        let path = format!("{path}.{field}");
        let mut read = Vec::new();
        if faults.optional_list(&path, values, MOST_KNOWN) {
            for (index, value) in values.iter().enumerate() {
                let path = format!("{path}[{index}]");
                // Addresses and parcels are written over several lines; a name is not.
                let value = if lines {
                    faults.prose(&path, value, LONGEST_ADDRESS)
                } else {
                    faults.text(&path, value, LONGEST_LINE)
                };
                read.extend(value);
            }
        }
        read
    };
    Target {
        names: known("names", &m.names, false),
        aliases: known("aliases", &m.aliases, false),
        street_addresses: known("street_addresses", &m.street_addresses, true),
        emails: known("emails", &m.emails, false),
        phones: known("phones", &m.phones, false),
        platform_ids: known("platform_ids", &m.platform_ids, false),
        listings: known("listings", &m.listings, true),
        transactions: known("transactions", &m.transactions, true),
        target_id: faults.text(&format!("{path}.target_id"), &m.target_id, LONGEST_TARGET).unwrap_or_default(),
        residence_country: faults.optional_country(&format!("{path}.residence_country"), &m.residence_country),
        residence_evidence: evidence(faults, &format!("{path}.residence_evidence"), &m.residence_evidence, now),
    }
}

/// What the platform knows of a residence. What the agency declares has a field of its own.
fn evidence(
    faults: &mut FieldFaults,
    path: &str,
    pieces: &[WireEvidence],
    now: DateTime<Utc>,
) -> Vec<ResidenceEvidence> {
    if !faults.optional_list(path, pieces, MOST_EVIDENCE) {
        return Vec::new();
    }
    let mut read = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if piece.kind() == ResidenceEvidenceKind::Declared {
            faults.add(
                format!("{path}.kind"),
                "is for what the platform knows; what the agency declares is `residence_country`",
            );
        }
        read.extend(convert::read_residence_evidence(faults, &path, piece, now));
    }
    read
}

fn item(faults: &mut FieldFaults, path: &str, m: &wire::DataItem) -> DataItem {
    let targets = format!("{path}.target_ids");
    DataItem {
        item_id: faults.text(&format!("{path}.item_id"), &m.item_id, LONGEST_KEY).unwrap_or_default(),
        element: faults.text(&format!("{path}.element"), &m.element, LONGEST_KEY).unwrap_or_default(),
        // Which targets they name is checked against the targets, so their form need not be.
        target_ids: if faults.optional_list(&targets, &m.target_ids, MOST_LISTED) {
            m.target_ids.clone()
        } else {
            Vec::new()
        },
        description: faults.optional_prose(&format!("{path}.description"), &m.description, LONGEST_DESCRIPTION),
        window: faults.optional_interval(&format!("{path}.window"), m.window.as_ref()),
    }
}

fn documents(faults: &mut FieldFaults, names: &[String]) -> Vec<DocumentId> {
    let mut ids = Vec::new();
    if faults.optional_list("request.documents", names, MOST_DOCUMENTS) {
        for (index, name) in names.iter().enumerate() {
            let field = format!("request.documents[{index}]");
            match faults.name(&field, name, DocumentId::parse_name) {
                Some(id) if ids.contains(&id) => faults.add(field, "stands twice"),
                Some(id) => ids.push(id),
                None => {}
            }
        }
    }
    ids
}
