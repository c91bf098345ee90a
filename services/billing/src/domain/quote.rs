//! A quote: an estimate that was made to one agency for one request, and its answer.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::QuoteId;
use rogatory_rulebook::Country;
use serde::{Deserialize, Serialize};

use super::estimate::{CostFacts, Estimate, Outcome};

/// Who bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingContact {
    /// Key of the contact in the guide.
    pub contact_id: String,
    /// Full company name.
    pub legal_name: String,
}

/// Who is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilledParty {
    /// Name of the agency.
    pub agency_name: String,
    /// Its country.
    pub country: Country,
    /// The agency's own reference.
    pub reference: Option<String>,
}

/// Where a quote is in its life: made in one of the first three, and only an open one moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteState {
    /// The right is reserved; there is nothing to answer.
    Reserved,
    /// Waived by rule; there is nothing to answer.
    Waived,
    /// Waits for the agency's answer.
    Open,
    /// Accepted.
    Accepted,
    /// Declined.
    Declined,
}

impl QuoteState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Reserved, Self::Waived, Self::Open, Self::Accepted, Self::Declined];

    /// As the schema writes it without the prefix: `OPEN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "RESERVED",
            Self::Waived => "WAIVED",
            Self::Open => "OPEN",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
        }
    }
}

/// A quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// Resource name of the request.
    pub request: String,
    /// Who bills.
    pub contact: BillingContact,
    /// Who would be billed.
    pub billed_party: BilledParty,
    /// Where it is in its life.
    pub state: QuoteState,
    /// The estimate on which it rests.
    pub estimate: Estimate,
    /// The facts as they were given.
    pub facts: CostFacts,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// Until when it can be answered; only of an open one.
    pub expire_time: Option<DateTime<Utc>>,
    /// Counts its changes from 1; what an etag is made of.
    pub version: i64,
}

/// What a quote is about, before there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuote {
    /// Resource name of the request.
    pub request: String,
    /// Who bills.
    pub contact: BillingContact,
    /// Who would be billed.
    pub billed_party: BilledParty,
    /// The facts.
    pub facts: CostFacts,
}

/// Why a quote cannot be answered or billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteRefusal {
    /// There is nothing to answer, or it was answered.
    #[error("only an open quote can be answered")]
    NotOpen,
    /// It was open too long.
    #[error("the quote expired at {0}; its answer comes too late")]
    Expired(DateTime<Utc>),
    /// Nothing is owed.
    #[error("only an accepted quote can be billed")]
    NotAccepted,
}

impl Quote {
    /// Makes a quote of an estimate. `validity_days` is that of the schedule.
    #[must_use]
    pub fn make(
        id: QuoteId,
        new: NewQuote,
        estimate: Estimate,
        validity_days: Option<u16>,
        now: DateTime<Utc>,
    ) -> Self {
        let state = match estimate.outcome {
            Outcome::Reserved => QuoteState::Reserved,
            Outcome::Waived => QuoteState::Waived,
            Outcome::Priced => QuoteState::Open,
        };
        let validity = TimeDelta::days(i64::from(validity_days.unwrap_or_default()));
        let expire_time = (state == QuoteState::Open).then(|| now + validity);
        let NewQuote { request, contact, billed_party, facts } = new;
        Self { id, request, contact, billed_party, state, estimate, facts, create_time: now, expire_time, version: 1 }
    }

    /// The quote with the agency's answer.
    ///
    /// # Errors
    /// When it is not open, or `now` is at or after its expiry.
    pub fn answer(mut self, accepted: bool, now: DateTime<Utc>) -> Result<Self, QuoteRefusal> {
        if self.state != QuoteState::Open {
            return Err(QuoteRefusal::NotOpen);
        }
        match self.expire_time {
            Some(expired) if now >= expired => return Err(QuoteRefusal::Expired(expired)),
            _ => {}
        }
        self.state = if accepted { QuoteState::Accepted } else { QuoteState::Declined };
        self.expire_time = None;
        self.version += 1;
        Ok(self)
    }

    /// Whether work on it may be billed.
    ///
    /// # Errors
    /// When it is not accepted.
    pub fn check_billable(&self) -> Result<(), QuoteRefusal> {
        if self.state == QuoteState::Accepted { Ok(()) } else { Err(QuoteRefusal::NotAccepted) }
    }
}
