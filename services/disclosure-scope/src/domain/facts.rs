//! The facts on which the scope of a request depends.

use chrono::{DateTime, Utc};
use rogatory_rulebook::{AuthorityKind, Country, InstrumentKind, MatterType, words};
use serde::{Deserialize, Serialize};

/// The facts of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The platform, which is the document whose policy decides: `aliexpress.com`.
    pub platform: String,
    /// Country of the requesting authority.
    pub authority_country: Country,
    /// Kind of the requesting authority.
    pub authority_kind: AuthorityKind,
    /// Whether the requester is believed.
    pub standing: Standing,
    /// The paper on which the request rests.
    pub instrument: InstrumentKind,
    /// Kind of the authority that issued or validated the paper, where it is another.
    pub issued_by: Option<AuthorityKind>,
    /// When the paper was issued.
    pub issue_time: Option<DateTime<Utc>>,
    /// The period that the paper covers.
    pub instrument_period: Option<Window>,
    /// The kind of proceedings.
    pub matter: MatterType,
    /// What is investigated.
    pub offence: Offence,
    /// Where the notification of the enforcing authority stands.
    pub notification: Notification,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Whether the agency has assured that the formal Request follows an emergency promptly.
    pub formal_request_assured: bool,
    /// Country in which the contact that was served is incorporated.
    pub contact_country: Option<Country>,
    /// What competent authorities have approved.
    pub authority_approvals: Vec<AuthorityApproval>,
    /// What is asked for.
    pub items: Vec<Item>,
    /// When the request was received.
    pub receive_time: DateTime<Utc>,
}

/// Whether the requester is believed. By default it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Its identity was verified, for this request.
    pub verified: bool,
    /// It is an accredited law-enforcement agency.
    pub accredited: bool,
    /// Whether the two were stated; else a calculation took them for granted, and says so.
    pub stated: bool,
}

/// What is investigated, as far as a threshold depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offence {
    /// Maximum penalty in the issuing State, in months; 0 when not stated.
    pub max_penalty_months: u32,
    /// Length of the sentence that is executed, in months; 0 when none is.
    pub sentence_months: u32,
    /// It is listed in Regulation (EU) 2023/1543 Art. 5(4).
    pub listed: bool,
}

words! {
    /// Where the notification of the enforcing authority stands, Regulation (EU) 2023/1543 Art. 8.
    Notification, "state of a notification" {
        /// Not notified, or not known.
        NotNotified = "not_notified",
        /// Notified; its time to raise a ground for refusal runs.
        Notified = "notified",
        /// It has raised no ground.
        Cleared = "cleared",
        /// It has raised a ground for refusal.
        Objected = "objected",
    }
}

/// That a competent authority has approved that data leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityApproval {
    /// Country of the authority.
    pub country: Country,
    /// Its name.
    pub authority: String,
    /// Its reference.
    pub reference: String,
    /// When it approved.
    pub approve_time: DateTime<Utc>,
    /// The elements that it approved.
    pub elements: Vec<String>,
    /// The targets that it approved; empty is all of the request.
    pub target_ids: Vec<String>,
    /// The window that it approved; none is all.
    pub window: Option<Window>,
    /// Who recorded it and when; none in a calculation.
    pub recorded: Option<(String, DateTime<Utc>)>,
}

impl AuthorityApproval {
    /// Whether it is about an element of a target.
    #[must_use]
    pub fn covers(&self, target_id: &str, element: &str) -> bool {
        self.elements.iter().any(|approved| approved == element)
            && (self.target_ids.is_empty() || self.target_ids.iter().any(|approved| approved == target_id))
    }
}

/// One element of one target in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The caller's key of the item, unique in the request.
    pub item_id: String,
    /// The caller's key of the target.
    pub target_id: String,
    /// Key of the element in the catalogue.
    pub element: String,
    /// The window asked for.
    pub window: Option<Window>,
    /// Where the target resides, when the caller knows.
    pub residence: Option<Country>,
}

/// A span of time, from `start` on and before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub start: DateTime<Utc>,
    /// The first instant after.
    pub end: DateTime<Utc>,
}

impl Window {
    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub fn encloses(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// What lies in both; none when nothing does.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let both = Self { start: self.start.max(other.start), end: self.end.min(other.end) };
        (both.start < both.end).then_some(both)
    }
}
