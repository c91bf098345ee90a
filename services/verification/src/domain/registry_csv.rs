//! The registry as CSV: one fact a row, so that a person may keep it in a spreadsheet and see beside each fact where it was
//! read and how far it was checked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rogatory_rulebook::{Confirmation, Fault};
use serde::{Deserialize, Serialize};

use super::{
    agency::{Agency, Stated},
    registry_file::{FileAccreditation, FileAgency, FileDomain, FileListed, of, stated},
};

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    country: String,
    subdivision: String,
    agency: String,
    /// `agency`, `kind`, `instrument`, `accreditation`, `domain`, `phone`, `mailbox` or `certificate`.
    fact: String,
    value: String,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    source: String,
    status: Option<Confirmation>,
    /// For whoever reads the file.
    note: String,
}

/// Reads the file: every agency in it, in the order of first mention. Rows without a country are left out: no request can
/// name an international body as its country's agency.
///
/// # Errors
/// Every fault, each with its line.
pub fn read(text: &str) -> Result<Vec<Stated>, Vec<Fault>> {
    let mut agencies: Vec<(FileAgency, String)> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut faults = Vec::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().cloned().map_err(|error| vec![Fault::of_file("line 1", error.to_string())])?;
    for record in reader.records() {
        let read = record.and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, record.deserialize::<Row>(Some(&heading))?))
        });
        let (line, row) = match read {
            Ok(read) => read,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(Fault::of_file(format!("line {line}"), error.to_string()));
                continue;
            }
        };
        if row.country.is_empty() {
            continue;
        }
        let place = *places.entry((row.country.clone(), row.agency.clone())).or_insert_with(|| {
            agencies.push((begun(&row), format!("line {line}")));
            agencies.len() - 1
        });
        if let Some((agency, _)) = agencies.get_mut(place)
            && let Err(fault) = take(agency, row)
        {
            faults.push(Fault::of_file(format!("line {line}"), fault));
        }
    }
    match stated(agencies.into_iter()) {
        Ok(agencies) if faults.is_empty() => Ok(agencies),
        Ok(_) => Err(faults),
        Err(more) => Err(faults.into_iter().chain(more).collect()),
    }
}

fn begun(row: &Row) -> FileAgency {
    FileAgency {
        name: row.agency.clone(),
        country: row.country.clone(),
        subdivision: Some(row.subdivision.clone()).filter(|subdivision| !subdivision.is_empty()),
        kind: None,
        instruments: Vec::new(),
        source: String::new(),
        status: Confirmation::Confirmed,
        accreditation: None,
        domain: Vec::new(),
        phone: Vec::new(),
        mailbox: Vec::new(),
        certificate: Vec::new(),
    }
}

/// Takes one fact in. An agency counts as checked no further than the weakest of its facts.
fn take(agency: &mut FileAgency, row: Row) -> Result<(), String> {
    let Row { fact, value, from, until, source, status, .. } = row;
    let own = matches!(fact.as_str(), "phone" | "mailbox" | "certificate");
    if !own && !source.is_empty() && !agency.source.contains(&source) {
        let joined = [agency.source.as_str(), source.as_str()].join("; ");
        agency.source = joined.trim_start_matches("; ").to_owned();
    }
    if let Some(status) = status {
        agency.status = agency.status.max(status);
    }
    let listed = |value: String, source: String| FileListed { value, source };
    match fact.as_str() {
        "agency" => {}
        "kind" => agency.kind = Some(value.parse().map_err(|_| format!("`{value}` is no kind of authority"))?),
        "instrument" => {
            agency.instruments.push(value.parse().map_err(|_| format!("`{value}` is no kind of instrument"))?);
        }
        "accreditation" => agency.accreditation = Some(FileAccreditation { source, from, until }),
        "domain" => agency.domain.push(FileDomain { domain: value, from, until }),
        "phone" => agency.phone.push(listed(value, source)),
        "mailbox" => agency.mailbox.push(listed(value, source)),
        "certificate" => agency.certificate.push(listed(value, source)),
        other => {
            return Err(format!(
                "`{other}` is no fact: agency, kind, instrument, accreditation, domain, phone, mailbox, certificate"
            ));
        }
    }
    Ok(())
}

/// Writes the file.
///
/// # Errors
/// When it has no CSV form, which is a fault of the program.
pub fn write<'a>(agencies: impl IntoIterator<Item = &'a Agency>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for agency in agencies.into_iter().map(of) {
        let row = |fact: &str, value: String| Row {
            country: agency.country.clone(),
            subdivision: agency.subdivision.clone().unwrap_or_default(),
            agency: agency.name.clone(),
            fact: fact.to_owned(),
            value,
            ..Row::default()
        };
        writer.serialize(Row {
            source: agency.source.clone(),
            status: Some(agency.status),
            ..row("agency", String::new())
        })?;
        if let Some(kind) = agency.kind {
            writer.serialize(row("kind", kind.as_str().to_owned()))?;
        }
        for instrument in &agency.instruments {
            writer.serialize(row("instrument", instrument.as_str().to_owned()))?;
        }
        if let Some(FileAccreditation { source, from, until }) = agency.accreditation.clone() {
            writer.serialize(Row { source, from, until, ..row("accreditation", String::new()) })?;
        }
        for FileDomain { domain, from, until } in agency.domain.clone() {
            writer.serialize(Row { from, until, ..row("domain", domain) })?;
        }
        for (fact, all) in
            [("phone", &agency.phone), ("mailbox", &agency.mailbox), ("certificate", &agency.certificate)]
        {
            for one in all {
                writer.serialize(Row { source: one.source.clone(), ..row(fact, one.value.clone()) })?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    String::from_utf8(bytes).map_err(|error| csv::Error::from(std::io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use rogatory_names::AgencyId;
    use rogatory_rulebook::AuthorityKind;

    use super::*;
    use crate::domain::{known::Window, registry_file};

    const HEADING: &str = "country,subdivision,agency,fact,value,from,until,source,status,note\n";

    #[test]
    fn the_shipped_registry_is_readable_and_claims_no_more_than_its_sources() {
        let agencies = read(include_str!("../../agencies/registry.csv")).unwrap();
        let named = |name: &str| agencies.iter().find(|one| one.entry.display_name == name).unwrap();
        let fbi = named("Federal Bureau of Investigation");
        assert_eq!((fbi.entry.kind, fbi.entry.accreditation.is_some()), (Some(AuthorityKind::Police), true));
        // Its name does not say what it is, so nothing is said of it.
        let dea = named("Drug Enforcement Administration");
        assert_eq!((dea.entry.kind, dea.entry.accreditation.is_some()), (None, false));
        // Four domains, one of which nobody has checked.
        let bka = named("Bundeskriminalamt");
        assert_eq!((bka.domains.len(), bka.entry.accreditation.is_some()), (4, true));
        assert_eq!(bka.entry.confirmation, Confirmation::Unconfirmed);
        for Stated { entry, .. } in &agencies {
            assert!(!(entry.accreditation.is_some() && entry.kind.is_none()), "{}", entry.display_name);
            let unread = entry.source.starts_with("- (general knowledge");
            assert!(!(entry.accreditation.is_some() && unread), "{}", entry.display_name);
        }
    }

    #[test]
    fn every_fault_is_named_with_its_line() {
        let fault = |row: &str| read(&format!("{HEADING}{row}\n")).unwrap_err().remove(0).to_string();
        assert!(fault("XX,,A,agency,,,,s,confirmed,").contains("line 2"));
        assert!(fault("US,,A,domain,gov,,,s,confirmed,").contains("public suffix"));
        assert!(fault("US,,A,kind,pirates,,,s,confirmed,").contains("kind of authority"));
        assert!(fault("US,,A,agency,,,,s,maybe,").contains("line 2"));
        assert!(fault("US,CA-ON,A,agency,,,,s,confirmed,").contains("ISO 3166-2"));
        assert!(fault("US,,A,phone,12,,,s,,").contains("E.164"));
        assert!(fault("US,,A,ship,12,,,s,,").contains("is no fact"));
        let two = read(&format!("{HEADING}US,,A,kind,pirates,,,,,\nUS,,B,domain,com,,,,,\n")).unwrap_err();
        assert_eq!(two.len(), 2, "{two:?}");
        let shared = "US,,A,domain,a.gov,,2020-01-01T00:00:00Z,s,,\nUS,,B,domain,a.gov,2020-01-01T00:00:00Z,,s,,\n";
        assert_eq!(read(&format!("{HEADING}{shared}")).unwrap().len(), 2, "one after the other");
        let shared = "US,,A,domain,a.gov,,,s,,\nUS,,B,domain,a.gov,2020-01-01T00:00:00Z,,s,,\n";
        assert!(read(&format!("{HEADING}{shared}")).is_err());
    }

    #[test]
    fn what_is_exported_is_imported_as_the_same_in_both_forms() {
        let text = format!(
            "{HEADING}US,US-CA,A,agency,,,,a list,unconfirmed,\nUS,US-CA,A,kind,police,,,,,\n\
             US,US-CA,A,instrument,subpoena,,,,,\nUS,US-CA,A,accreditation,,2020-01-01T00:00:00Z,,a law,,\n\
             US,US-CA,A,domain,a.gov,2020-01-01T00:00:00Z,2030-01-01T00:00:00Z,,,\n\
             US,US-CA,A,phone,+12025550143,,,its site,,\nUS,US-CA,A,mailbox,desk@a.gov,,,its site,,\n\
             US,US-CA,A,certificate,{},,,its site,,\n",
            rogatory_rulebook::Digest::of("a certificate"),
        );
        let stated = read(&text).unwrap();
        let window: Window = stated[0].domains[0].1;
        assert!(window.from.is_some() && window.until.is_some());
        let agencies: Vec<_> = stated.iter().map(|one| Agency::new(AgencyId::new(), one.clone(), Utc::now())).collect();
        assert_eq!(read(&write(&agencies).unwrap()).unwrap(), stated);
        assert_eq!(registry_file::read(&registry_file::write(&agencies).unwrap()).unwrap(), stated);
        let shipped = read(include_str!("../../agencies/registry.csv")).unwrap();
        let agencies: Vec<_> =
            shipped.iter().map(|one| Agency::new(AgencyId::new(), one.clone(), Utc::now())).collect();
        assert_eq!(read(&write(&agencies).unwrap()).unwrap(), shipped);
        assert_eq!(registry_file::read(&registry_file::write(&agencies).unwrap()).unwrap(), shipped);
    }
}
