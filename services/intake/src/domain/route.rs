//! What the routing service said of a request: intake keeps the whole plan, so that the agency can be told.

use chrono::{DateTime, Utc};
use rogatory_names::PlanId;
use rogatory_rulebook::{Citation, Confirmation, Country, Digest, Finding, Provenance, words};
use serde::{Deserialize, Serialize};

words! {
    /// What a plan says of the request as a whole.
    Verdict, "verdict of a plan" {
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
    LegStatus, "status of a leg" {
        /// The contact is known.
        Routed = "ROUTED",
        /// Another contact was served.
        Misdirected = "MISDIRECTED",
        /// The residence is unknown, its evidence conflicts or is too weak, or the guide leaves it to counsel.
        UnroutableResidence = "UNROUTABLE_RESIDENCE",
        /// No entity holds the role that the rule names.
        UnroutableMissingContact = "UNROUTABLE_MISSING_CONTACT",
    }
}

words! {
    /// The ways in which a Request can be served.
    ChannelKind, "channel" {
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
        /// The process of the State in which the contact is incorporated.
        DomesticProcess = "DOMESTIC_PROCESS",
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
            Self::DomesticProcess => "Process of the State in which the contact is incorporated",
        }
    }
}

words! {
    /// Whether a channel is open.
    Standing, "standing of a channel" {
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

words! {
    /// Which of the two States of a channel.
    Side, "side of a channel" {
        /// The State whose authority asks: it sends.
        Requesting = "REQUESTING",
        /// The State in which the contact is incorporated: it receives.
        Requested = "REQUESTED",
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
    /// Where each target was found to reside; none when the guide does not apply at all.
    pub targets: Vec<TargetRoute>,
    /// Findings on the request as a whole.
    pub findings: Vec<Finding>,
    /// The guide that decided.
    pub provenance: Provenance,
    /// The treaty data that decided beside the guide.
    pub treaty_data_digest: Digest,
    /// When the plan was stored.
    pub create_time: DateTime<Utc>,
}

/// Where a target was found to reside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRoute {
    /// Key of the target.
    pub target_id: String,
    /// Countries of residence; none when it could not be decided.
    pub residence_countries: Vec<Country>,
    /// By which evidence, or why not.
    pub findings: Vec<Finding>,
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
    /// The authorities that it goes through; none for one that is closed or has none.
    pub central_authorities: Vec<CentralAuthority>,
    /// Where the rule stands written.
    pub citations: Vec<Citation>,
    /// What binds whoever uses it; none for one that is closed.
    pub conditions: Vec<Finding>,
}

/// An authority that a channel goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralAuthority {
    /// Which of the two States it is of.
    pub side: Side,
    /// The State.
    pub country: Country,
    /// Its name; none where the data names none.
    pub name: Option<String>,
    /// Where it was read.
    pub citation: Option<Citation>,
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
}
