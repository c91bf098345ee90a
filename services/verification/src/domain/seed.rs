//! The registry that a new database starts with, read from its file.

use rogatory_rulebook::{AuthorityKind, Confirmation, Country};
use serde::Deserialize;

use super::{agency::Entry, domain_match::unfit};

#[derive(Deserialize)]
struct Row {
    country: String,
    agency: String,
    domain: String,
    authority_kind: String,
    accredited: bool,
    evidence: String,
    status: Confirmation,
    source: String,
    as_of: String,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row} of the registry file: {fault}")]
pub struct SeedFault {
    /// Which row, counted from 1 after the heading.
    pub row: usize,
    /// What is wrong with it.
    pub fault: String,
}

/// Reads the file: one entry for each agency, in the order of first mention. Rows without a country are left out.
///
/// # Errors
/// The first row that cannot be read.
pub fn read(text: &str) -> Result<Vec<Entry>, SeedFault> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, row) in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>().enumerate() {
        let fault = |fault: String| SeedFault { row: index + 1, fault };
        let row = row.map_err(|error| fault(error.to_string()))?;
        if row.country.is_empty() {
            continue;
        }
        let country: Country = row.country.parse().map_err(|_| fault("not a country".to_owned()))?;
        if let Some(unfit) = unfit(&row.domain) {
            return Err(fault(format!("domain {unfit}")));
        }
        let kind = match row.authority_kind.as_str() {
            "" => None,
            word => Some(word.parse::<AuthorityKind>().map_err(|unknown| fault(unknown.to_string()))?),
        };
        let source = format!("{} ({}, as of {})", row.source, row.evidence, row.as_of);
        let known = entries.iter_mut().find(|entry| entry.country == country && entry.display_name == row.agency);
        match known {
            Some(entry) => {
                entry.mail_domains.push(row.domain);
                entry.accredited |= row.accredited;
                entry.confirmation = entry.confirmation.max(row.status);
                entry.kind = entry.kind.or(kind);
                if !entry.source.contains(&source) {
                    entry.source = format!("{}; {source}", entry.source);
                }
            }
            None => entries.push(Entry {
                display_name: row.agency,
                country,
                kind,
                mail_domains: vec![row.domain],
                instruments: Vec::new(),
                accredited: row.accredited,
                source,
                confirmation: row.status,
            }),
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn the_shipped_registry_is_readable_and_claims_no_more_than_its_sources() {
        let entries = read(include_str!("../../agencies/registry.csv")).unwrap();
        let named = |name: &str| entries.iter().find(|entry| entry.display_name == name).unwrap();
        let fbi = named("Federal Bureau of Investigation");
        assert_eq!((fbi.kind, fbi.accredited), (Some(AuthorityKind::Police), true));
        // Its name does not say what it is, so nothing is said of it.
        let dea = named("Drug Enforcement Administration");
        assert_eq!((dea.kind, dea.accredited), (None, false));
        // Four domains, one of which nobody has checked.
        let bka = named("Bundeskriminalamt");
        assert_eq!((bka.mail_domains.len(), bka.accredited), (4, true));
        assert_eq!(bka.confirmation, Confirmation::Unconfirmed);
        for entry in &entries {
            assert!(!(entry.accredited && entry.kind.is_none()), "{}", entry.display_name);
            let unread = entry.source.starts_with("- (general knowledge");
            assert!(!(entry.accredited && unread), "{}", entry.display_name);
        }
        let mut domains: Vec<_> = entries.iter().flat_map(|entry| &entry.mail_domains).collect();
        let all = domains.len();
        domains.sort();
        domains.dedup();
        assert_eq!(domains.len(), all, "a domain belongs to two agencies");
    }

    #[test]
    fn a_bad_row_is_named() {
        let heading = "country,agency,domain,match,authority_kind,accredited,evidence,status,notes,source,as_of\n";
        let fault = |row: &str| read(&format!("{heading}{row}")).unwrap_err().to_string();
        assert!(fault("XX,A,a.example,domain,,false,e,confirmed,,s,d").contains("row 1"));
        assert!(fault("US,A,gov,domain,,false,e,confirmed,,s,d").contains("public suffix"));
        assert!(fault("US,A,a.gov,domain,pirates,false,e,confirmed,,s,d").contains("authority kind"));
        assert!(fault("US,A,a.gov,domain,,false,e,maybe,,s,d").contains("row 1"));
    }
}
