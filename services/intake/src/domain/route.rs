//! What the routing service said of a request: intake keeps the whole plan, so that the agency can be told.

use chrono::{DateTime, Utc};
use rogatory_names::PlanId;
use rogatory_rulebook::{Citation, Confirmation, Country, Finding, Provenance};
use serde::{Deserialize, Serialize};

use super::words;

words! {
    /// What a plan says of the request as a whole.
    Verdict {
        /// Each leg has a contact.
        Routed = "ROUTED",
        /// The guide does not apply to this authority.
        OutOfScope = "OUT_OF_SCOPE",
        /// At least one leg was served on another contact than its own.
        Misdirected = "MISDIRECTED",
        /// At least one leg cannot be decided.
        Held = "HELD",
    }
}

words! {
    /// How a leg came out.
    LegStatus {
        /// The contact is known.
        Routed = "ROUTED",
        /// Another contact was served.
        Misdirected = "MISDIRECTED",
        /// The residence is unknown or is no country of the guide.
        UnroutableResidence = "UNROUTABLE_RESIDENCE",
        /// No entity holds the role that the rule names.
        UnroutableMissingContact = "UNROUTABLE_MISSING_CONTACT",
    }
}

words! {
    /// The ways in which a Request can be served.
    ChannelKind {
        /// The Hague Service Convention of 1965.
        HagueService = "HAGUE_SERVICE",
        /// The Hague Evidence Convention of 1970.
        HagueEvidence = "HAGUE_EVIDENCE",
        /// A mutual legal assistance treaty.
        Mlat = "MLAT",
        /// Another diplomatic channel.
        Diplomatic = "DIPLOMATIC",
        /// The addressee under Regulation (EU) 2023/1543.
        EuEevidence = "EU_EEVIDENCE",
    }
}

impl ChannelKind {
    /// Its name in a letter.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::HagueService => "Hague Service Convention",
            Self::HagueEvidence => "Hague Evidence Convention",
            Self::Mlat => "Mutual legal assistance treaty",
            Self::Diplomatic => "Other diplomatic channel",
            Self::EuEevidence => "Addressee under Regulation (EU) 2023/1543",
        }
    }
}

words! {
    /// Whether a channel is open.
    Standing {
        /// Open.
        Permitted = "PERMITTED",
        /// Closed, with the reason.
        Refused = "REFUSED",
        /// Open if counsel confirms what the data does not say for certain.
        NeedsConfirmation = "NEEDS_CONFIRMATION",
    }
}

impl Standing {
    /// The word for a letter.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Permitted => "open",
            Self::Refused => "closed",
            Self::NeedsConfirmation => "to be confirmed",
        }
    }
}

/// A stored plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// Its id.
    pub id: PlanId,
    /// What it says as a whole.
    pub verdict: Verdict,
    /// One leg for each contact that must be served.
    pub legs: Vec<Leg>,
    /// Findings on the request as a whole.
    pub findings: Vec<Finding>,
    /// The guide that decided.
    pub provenance: Provenance,
    /// When the plan was stored.
    pub create_time: DateTime<Utc>,
}

/// The targets that share a contact, and the ways to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Keys of the targets.
    pub target_ids: Vec<String>,
    /// Countries of residence.
    pub residence_countries: Vec<Country>,
    /// How it came out.
    pub status: LegStatus,
    /// The contact to serve; none when the leg is unroutable.
    pub contact: Option<Contact>,
    /// Key of the guide's row that chose the contact.
    pub guide_row: String,
    /// Each channel with its standing.
    pub channels: Vec<Channel>,
    /// Why.
    pub findings: Vec<Finding>,
}

/// A legal entity that may be served for a platform. It is not thereby the operator of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Key in the guide.
    pub contact_id: String,
    /// Full company name.
    pub legal_name: String,
    /// Country of incorporation; none until an operator confirms it.
    pub incorporation_country: Option<Country>,
    /// How far that has been checked.
    pub incorporation_confirmation: Option<Confirmation>,
}

/// A way in which a Request can be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Which way.
    pub kind: ChannelKind,
    /// Whether it is open.
    pub standing: Standing,
    /// Stable code of the reason.
    pub reason_code: String,
    /// The reason as a sentence.
    pub sentence: String,
    /// The central authority to address; empty where the data names none.
    pub central_authority: String,
    /// Where the rule stands written.
    pub citations: Vec<Citation>,
}

impl RoutePlan {
    /// The contacts to serve, each once, with the number of targets on it.
    #[must_use]
    pub fn contacts(&self) -> Vec<(&Contact, usize)> {
        let mut found: Vec<(&Contact, usize)> = Vec::new();
        for leg in &self.legs {
            let Some(contact) = &leg.contact else { continue };
            match found.iter_mut().find(|(known, _)| known.contact_id == contact.contact_id) {
                Some((_, targets)) => *targets += leg.target_ids.len(),
                None => found.push((contact, leg.target_ids.len())),
            }
        }
        found
    }

    /// Every finding of the plan and its legs.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.legs.iter().flat_map(|leg| &leg.findings))
    }
}
