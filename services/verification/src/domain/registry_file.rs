//! The registry as a data file, TOML: what an export writes and an import reads. Nothing in it says when something was
//! recorded: an import records now, so that no file makes a number older than it is here.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rogatory_rulebook::{AuthorityKind, Confirmation, Country, Digest, Fault, InstrumentKind, Source};
use serde::{Deserialize, Serialize};

use super::{
    agency::{Accreditation, Agency, Entry, Listed, MailDomain, Stated, is_e164, is_subdivision_of},
    domain_match::{domain_of, unfit},
    known::Window,
};

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) agency: Vec<FileAgency>,
}

/// An agency as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAgency {
    pub(super) name: String,
    pub(super) country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subdivision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<AuthorityKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) instruments: Vec<InstrumentKind>,
    pub(super) source: String,
    pub(super) status: Confirmation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) accreditation: Option<FileAccreditation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) domain: Vec<FileDomain>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) phone: Vec<FileListed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) mailbox: Vec<FileListed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) certificate: Vec<FileListed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAccreditation {
    pub(super) source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDomain {
    pub(super) domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<DateTime<Utc>>,
}

/// A number, a mailbox or a certificate's fingerprint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileListed {
    pub(super) value: String,
    pub(super) source: String,
}

impl std::fmt::Debug for FileListed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileListed").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Reads a file: every agency in it.
///
/// # Errors
/// Every fault, each with its place.
pub fn read(text: &str) -> Result<Vec<Stated>, Vec<Fault>> {
    let file: File = Source::new(text).read()?;
    let places: Vec<String> = (0..file.agency.len()).map(|index| format!("agency[{index}]")).collect();
    stated(file.agency.into_iter().zip(places))
}

/// Writes the file.
///
/// # Errors
/// When it has no TOML form, which is a fault of the program.
pub fn write<'a>(agencies: impl IntoIterator<Item = &'a Agency>) -> Result<String, toml::ser::Error> {
    toml::to_string(&File { agency: agencies.into_iter().map(of).collect() })
}

/// The file's form of an agency.
pub(super) fn of(agency: &Agency) -> FileAgency {
    fn listed<T: ToString>(all: &[Listed<T>]) -> Vec<FileListed> {
        all.iter().map(|one| FileListed { value: one.value.to_string(), source: one.source.clone() }).collect()
    }
    let Agency { entry, domains, phones, mailboxes, certificates, .. } = agency;
    let domain = |known: &MailDomain| FileDomain {
        domain: known.domain.clone(),
        from: known.valid.from,
        until: known.valid.until,
    };
    FileAgency {
        name: entry.display_name.clone(),
        country: entry.country.to_string(),
        subdivision: entry.subdivision.clone(),
        kind: entry.kind,
        instruments: entry.instruments.clone(),
        source: entry.source.clone(),
        status: entry.confirmation,
        accreditation: entry.accreditation.as_ref().map(|accreditation| FileAccreditation {
            source: accreditation.source.clone(),
            from: accreditation.valid.from,
            until: accreditation.valid.until,
        }),
        domain: domains.iter().map(domain).collect(),
        phone: listed(phones),
        mailbox: listed(mailboxes),
        certificate: listed(certificates),
    }
}

/// What the agencies of a file state, each with its place in the file.
///
/// # Errors
/// Every fault.
pub(super) fn stated(agencies: impl Iterator<Item = (FileAgency, String)>) -> Result<Vec<Stated>, Vec<Fault>> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    let (mut names, mut owners) = (HashSet::new(), Vec::<(String, Window)>::new());
    for (agency, place) in agencies {
        let mut fault = |field: &str, description: &str| {
            faults.push(Fault::of_file(format!("{place}.{field}"), format!("{description}, of {}", agency.name)));
        };
        let country = agency.country.parse::<Country>().ok();
        if country.is_none() {
            fault("country", "is no country in ISO 3166-1 alpha-2");
        }
        if agency.name.trim().is_empty() {
            fault("name", "is empty");
        }
        if !names.insert((agency.country.clone(), agency.name.clone())) {
            fault("name", "stands twice");
        }
        if let (Some(subdivision), Some(country)) = (&agency.subdivision, country)
            && !is_subdivision_of(subdivision, country)
        {
            fault("subdivision", "is no subdivision of the country in ISO 3166-2");
        }
        let mut domains = Vec::new();
        for (index, one) in agency.domain.iter().enumerate() {
            let window = Window { from: one.from, until: one.until };
            if let Some(unfit) = unfit(&one.domain) {
                fault(&format!("domain[{index}]"), unfit);
            } else if window.is_empty() {
                fault(&format!("domain[{index}]"), "ends before it begins");
            } else if domains.iter().any(|(known, _)| *known == one.domain) {
                fault(&format!("domain[{index}]"), "stands twice");
            }
            domains.push((one.domain.clone(), window));
        }
        let mut listed = |field: &str, all: &[FileListed], is_good: &dyn Fn(&str) -> bool, wrong: &str| {
            let mut seen = HashSet::new();
            for (index, one) in all.iter().enumerate() {
                if !is_good(&one.value) {
                    fault(&format!("{field}[{index}]"), wrong);
                } else if !seen.insert(&one.value) {
                    fault(&format!("{field}[{index}]"), "stands twice");
                }
            }
            all.iter().map(|one| (one.value.clone(), one.source.clone())).collect::<Vec<_>>()
        };
        let phones = listed("phone", &agency.phone, &is_e164, "is no telephone number in E.164");
        let mailboxes =
            listed("mailbox", &agency.mailbox, &|address| domain_of(address).is_some(), "is no mail address");
        let is_digest = |text: &str| text.parse::<Digest>().is_ok();
        let certificates =
            listed("certificate", &agency.certificate, &is_digest, "is not `sha256:` and 64 hexadecimal digits");
        owners.extend(domains.iter().cloned());
        let accreditation = agency.accreditation.as_ref().map(|one| Accreditation {
            source: one.source.clone(),
            valid: Window { from: one.from, until: one.until },
        });
        if accreditation.as_ref().is_some_and(|one| one.valid.is_empty()) {
            fault("accreditation", "ends before it begins");
        }
        let certificates =
            certificates.into_iter().filter_map(|(text, source)| Some((text.parse().ok()?, source))).collect();
        let Some(country) = country else { continue };
        let entry = Entry {
            display_name: agency.name,
            country,
            subdivision: agency.subdivision,
            kind: agency.kind,
            instruments: agency.instruments,
            accreditation,
            source: agency.source,
            confirmation: agency.status,
        };
        read.push(Stated { entry, domains, phones, mailboxes, certificates });
    }
    owners.sort_by(|one, other| one.0.cmp(&other.0));
    for pair in owners.windows(2) {
        if let [(one, mine), (other, its)] = pair
            && one == other
            && mine.overlaps(its)
        {
            faults.push(Fault::of_file("", format!("the domain {one} belongs to two agencies at one time")));
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}
