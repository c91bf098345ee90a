//! A report that an agency or a mail domain was in the hands of others, and the sweep after it.

use std::fmt;

use chrono::{DateTime, Utc};
use rogatory_names::{AgencyId, CompromiseId, ProductionId, RequestId, VerificationId};
use serde::{Deserialize, Serialize};

use super::{known::Window, reopening::Compromised};

/// What was in the hands of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An agency as a whole.
    Agency(AgencyId),
    /// A mail domain with everything below it.
    Domain(String),
}

impl fmt::Display for Subject {
    /// As it is kept beside each verification that leans on it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agency(agency) => agency.fmt(f),
            Self::Domain(domain) => f.write_str(domain),
        }
    }
}

/// A report, and how far the sweep after it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compromise {
    /// Its id.
    pub id: CompromiseId,
    /// The agency whose domain it is, or which is meant as a whole.
    pub agency: AgencyId,
    /// What was in the hands of others.
    pub subject: Subject,
    /// From when until when, as reported. See [`windows_of`] for an open end.
    pub window: Window,
    /// How it became known. Sensitive.
    pub reason: String,
    /// Who reported it.
    pub reporter: String,
    /// When it was reported.
    pub create_time: DateTime<Utc>,
    /// The last verification that the sweep looked at.
    pub cursor: Option<VerificationId>,
    /// How many verifications that had been concluded as VERIFIED were reopened.
    pub reopened: u64,
    /// How many productions the sweep found to have been made in reliance on what it looked at.
    pub productions: u64,
    /// When the sweep was done.
    pub finish_time: Option<DateTime<Utc>>,
}

impl fmt::Debug for Compromise {
    /// Without the reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compromise")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("window", &self.window)
            .field("finish_time", &self.finish_time)
            .finish_non_exhaustive()
    }
}

impl Compromise {
    /// As a verification takes it in.
    #[must_use]
    pub fn compromised(&self) -> Compromised {
        let mail_domain = match &self.subject {
            Subject::Agency(_) => None,
            Subject::Domain(domain) => Some(domain.clone()),
        };
        Compromised { id: self.id, agency: self.agency, mail_domain, window: self.window }
    }
}

/// When a subject was in the hands of others, by all reports. One without an end lasts until a later report about the same
/// subject says when it ended.
#[must_use]
pub fn windows_of(reports: &[Compromise], subject: &Subject) -> Vec<Window> {
    let of_subject = || reports.iter().filter(|report| report.subject == *subject);
    let window = |report: &Compromise| match report.window.until {
        Some(_) => report.window,
        None => {
            let later = of_subject().filter(|other| other.create_time > report.create_time);
            let ends = later.filter_map(|other| other.window.until);
            Window {
                until: ends.filter(|end| report.window.from.is_none_or(|from| from < *end)).max(),
                ..report.window
            }
        }
    };
    let mut windows: Vec<_> = of_subject().map(window).collect();
    // What was reported twice was in the hands of others once.
    windows.dedup();
    windows
}

/// A production that was made in reliance on a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reliance {
    /// The verification.
    pub verification: VerificationId,
    /// The request.
    pub request: RequestId,
    /// The production.
    pub production: ProductionId,
    /// The users concerned, by their platform ids. Sensitive.
    pub platform_ids: PlatformIds,
    /// When it was recorded.
    pub record_time: DateTime<Utc>,
}

/// Users by their platform ids, which nothing prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlatformIds(pub Vec<String>);

impl fmt::Debug for PlatformIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn an_open_end_lasts_until_a_later_report_says_when_it_ended() {
        let day = |day: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day);
        let agency = AgencyId::new();
        let subject = Subject::Domain("police.example".to_owned());
        let report = |from: i64, until: Option<i64>, told: i64| Compromise {
            id: CompromiseId::new(),
            agency,
            subject: subject.clone(),
            window: Window { from: Some(day(from)), until: until.map(day) },
            reason: String::new(),
            reporter: "person:vera".to_owned(),
            create_time: day(told),
            cursor: None,
            reopened: 0,
            productions: 0,
            finish_time: None,
        };
        let open = report(10, None, 20);
        assert_eq!(windows_of(std::slice::from_ref(&open), &subject), [open.window]);
        let both = [open.clone(), report(12, Some(30), 31)];
        assert_eq!(windows_of(&both, &subject)[0].until, Some(day(30)));
        // An earlier report, and one of an earlier time, say nothing of the end.
        for other in [report(1, Some(15), 19), report(1, Some(5), 31)] {
            assert_eq!(windows_of(&[open.clone(), other], &subject)[0].until, None);
        }
        assert!(windows_of(&both, &Subject::Agency(agency)).is_empty());
    }
}
