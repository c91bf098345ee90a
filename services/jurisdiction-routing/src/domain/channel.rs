//! A way of service and its standing.

use std::{borrow::Cow, fmt, str::FromStr};

use rogatory_rulebook::{Citation, Country, Finding};
use serde::{Deserialize, Serialize};

/// The ways in which a Request can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// The Hague Service Convention of 1965.
    HagueService,
    /// The Hague Evidence Convention of 1970.
    HagueEvidence,
    /// A mutual legal assistance treaty.
    Mlat,
    /// Another diplomatic channel.
    Diplomatic,
    /// The addressee under Regulation (EU) 2023/1543.
    EuEevidence,
    /// The process of the State in which the contact is incorporated.
    DomesticProcess,
}

/// A word names no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known channel; known are hague_service, hague_evidence, mlat, diplomatic")]
pub struct UnknownChannel;

impl FromStr for ChannelKind {
    type Err = UnknownChannel;

    /// Reads a channel that a guide names. The addressee of EU orders is none: it is a row of the guide. Nor is domestic
    /// process: it needs no channel between States.
    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        match text {
            "hague_service" => Ok(Self::HagueService),
            "hague_evidence" => Ok(Self::HagueEvidence),
            "mlat" => Ok(Self::Mlat),
            "diplomatic" => Ok(Self::Diplomatic),
            _ => Err(UnknownChannel),
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HagueService => "Hague Service Convention",
            Self::HagueEvidence => "Hague Evidence Convention",
            Self::Mlat => "mutual legal assistance",
            Self::Diplomatic => "diplomatic channel",
            Self::EuEevidence => "addressee of European orders",
            Self::DomesticProcess => "domestic process",
        })
    }
}

/// Whether a channel is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Open.
    Permitted,
    /// Closed.
    Refused,
    /// Open if counsel confirms what the data does not say for certain.
    NeedsConfirmation,
}

/// A channel with its standing for one leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Which way.
    pub kind: ChannelKind,
    /// Whether it is open.
    pub standing: Standing,
    /// Code of the reason: `CIVIL_OR_COMMERCIAL_ONLY`.
    pub code: Cow<'static, str>,
    /// The reason as a sentence.
    pub sentence: String,
    /// The authorities that it goes through; none for a channel that is closed or has none.
    pub central_authorities: Vec<CentralAuthority>,
    /// Where the rule stands written.
    pub citations: Vec<Citation>,
    /// What binds whoever uses it; none for a channel that is closed.
    pub conditions: Vec<Finding>,
}

/// An authority that a channel goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralAuthority {
    /// Which of the two States it is of.
    pub side: Side,
    /// The country.
    pub country: Country,
    /// Its name; none where the data names none.
    pub name: Option<String>,
    /// Where it was read.
    pub citation: Option<Citation>,
}

/// Which of two States.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The State whose authority asks: it sends.
    Requesting,
    /// The State that is asked: it receives.
    Requested,
}
