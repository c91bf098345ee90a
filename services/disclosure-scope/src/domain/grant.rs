//! What may leave, and whether a record or a file is covered.

use chrono::{DateTime, Days, Utc};
use rogatory_names::{DecisionId, GrantId, RequestId};
use rogatory_rulebook::{Citation, Confirmation, Country, Effect, Finding, MatterType};
use serde::{Deserialize, Serialize};

use super::{
    decision::{Approval, Decision},
    facts::{Facts, Window},
    token::Token,
};

/// Where a grant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In force until it expires.
    Active,
    /// Revoked. Final.
    Revoked,
}

impl State {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Revoked => "REVOKED",
        }
    }
}

/// What may leave, by an approved decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The decision that issued it.
    pub decision: DecisionId,
    /// The request that it serves.
    pub request: RequestId,
    /// Where it is in its life.
    pub state: State,
    /// What may leave.
    pub permissions: Vec<Permission>,
    /// What the data may be used for, in words.
    pub purpose: String,
    /// When it was issued.
    pub create_time: DateTime<Utc>,
    /// When it ends by itself.
    pub expire_time: DateTime<Utc>,
    /// Who revoked it and why.
    pub revocation: Option<Approval>,
    /// The grant as a signed token; empty until it is signed.
    pub token: Token,
}

/// One element of one target in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Key of the item in the request.
    pub item_id: String,
    /// Key of the target in the request.
    pub target_id: String,
    /// Key of the element.
    pub element: String,
    /// Records of this window; none where the element has no time.
    pub window: Option<Window>,
    /// Where the element may be stored.
    pub storage: Vec<Country>,
}

/// A record that wants to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Key of the target in the request.
    pub target_id: String,
    /// Key of the element.
    pub element: String,
    /// Time of the record.
    pub time: Option<DateTime<Utc>>,
    /// Where it is stored.
    pub storage: Country,
}

/// Whether a record may leave, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// True only when the grant plainly covers the record.
    pub permitted: bool,
    /// Why.
    pub finding: Finding,
}

impl Grant {
    /// The grant of an approved decision: what was allowed, for as long as its policy says. It is yet to be signed.
    pub(super) fn issue(id: GrantId, decision: &Decision, now: DateTime<Utc>) -> Self {
        let permissions = decision
            .results
            .iter()
            .filter(|result| result.outcome.is_allowed())
            .map(|result| Permission {
                item_id: result.item.item_id.clone(),
                target_id: result.item.target_id.clone(),
                element: result.item.element.clone(),
                window: result.window,
                storage: result.storage.clone(),
            })
            .collect();
        Self {
            id,
            decision: decision.id,
            request: decision.request,
            state: State::Active,
            permissions,
            purpose: purpose(decision.request, &decision.facts),
            create_time: now,
            // Beyond the calendar it expires at once: nothing leaves by an overflow.
            expire_time: now.checked_add_days(Days::new(decision.grant_valid_days.into())).unwrap_or(now),
            revocation: None,
            token: Token::default(),
        }
    }

    /// Whether anything may still leave under it: not revoked and not expired.
    #[must_use]
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Active && now < self.expire_time
    }

    /// Revokes it. Answers whether it was active.
    pub fn revoke(&mut self, actor: &str, reason: String, now: DateTime<Utc>) -> bool {
        if self.state != State::Active {
            return false;
        }
        self.state = State::Revoked;
        self.revocation = Some(Approval { actor: actor.to_owned(), reason, time: now });
        true
    }

    /// Whether this record may leave now. Of several permissions for the element and target the one that comes nearest
    /// gives the reason.
    #[must_use]
    pub fn check(&self, record: &Record, now: DateTime<Utc>) -> Answer {
        if self.state == State::Revoked {
            return self.no("GRANT_REVOKED", "The grant was revoked; nothing leaves under it.", "state");
        }
        if now >= self.expire_time {
            return self.no("GRANT_EXPIRED", "The grant has expired; nothing leaves under it.", "expire_time");
        }
        let mut nearest: Option<Miss> = None;
        for permission in self.permissions_for(&record.target_id, &record.element) {
            match permission.miss(record) {
                None => return self.yes(permission),
                miss => nearest = nearest.max(miss),
            }
        }
        let section = "permissions";
        match nearest {
            None => self.no("NOT_GRANTED", "The grant has no permission for this element of this target.", section),
            Some(Miss::TimeMissing) => self.no(
                "RECORD_TIME_NEEDED",
                "The permission has a window: without the record's time it cannot be told whether it lies inside.",
                section,
            ),
            Some(Miss::Window) => {
                self.no("OUTSIDE_WINDOW", "The record lies outside the window of the permission.", section)
            }
            Some(Miss::Storage) => self.no(
                "STORAGE_COUNTRY_NOT_COVERED",
                "The record is stored in a country that the decision did not cover.",
                section,
            ),
        }
    }

    /// The permissions for this element of this target.
    pub(super) fn permissions_for(&self, target_id: &str, element: &str) -> impl Iterator<Item = &Permission> {
        self.permissions.iter().filter(move |one| one.target_id == target_id && one.element == element)
    }

    fn yes(&self, permission: &Permission) -> Answer {
        let sentence = "The grant covers the record: its target, its element, its time and where it is stored.";
        let cite = self.cite(&format!("permission of item `{}`", permission.item_id));
        Answer { permitted: true, finding: Finding::new("GRANTED", Effect::Permits, sentence, cite) }
    }

    fn no(&self, code: &'static str, sentence: &str, section: &str) -> Answer {
        Answer { permitted: false, finding: Finding::new(code, Effect::Refuses, sentence, self.cite(section)) }
    }

    fn cite(&self, section: &str) -> Citation {
        Citation {
            document: "Disclosure grant".to_owned(),
            revision: Some(self.id.name()),
            section: section.to_owned(),
            confirmation: Confirmation::Confirmed,
            source: None,
        }
    }
}

fn purpose(request: RequestId, facts: &Facts) -> String {
    let matter = match facts.matter {
        MatterType::Criminal => "criminal",
        MatterType::CivilCommercial => "civil or commercial",
        MatterType::Administrative => "administrative",
    };
    let emergency = if facts.emergency { " in an emergency" } else { "" };
    format!("The {matter} matter of {}{emergency}, about users of {}; no other use.", request.name(), facts.platform)
}

/// What keeps a permission from covering a record; the later, the nearer it comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    Window,
    TimeMissing,
    Storage,
}

impl Permission {
    fn miss(&self, record: &Record) -> Option<Miss> {
        if let Some(window) = self.window {
            match record.time {
                None => return Some(Miss::TimeMissing),
                Some(time) if !window.contains(time) => return Some(Miss::Window),
                Some(_) => {}
            }
        }
        (!self.storage.contains(&record.storage)).then_some(Miss::Storage)
    }
}
