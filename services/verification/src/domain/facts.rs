//! The request that is verified, as it came.

use std::fmt;

use chrono::{DateTime, Utc};
use rogatory_names::RequestId;
use rogatory_rulebook::{AuthorityKind, Country, Digest, InstrumentKind};
use serde::{Deserialize, Serialize};

/// The facts of the request that is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The one request to which the verification binds.
    pub request: RequestId,
    /// Name of the agency as the request gives it.
    pub agency_name: String,
    /// Country of the agency.
    pub country: Country,
    /// Kind of the agency, as the request gives it.
    pub stated_kind: AuthorityKind,
    /// The paper on which the request rests.
    pub instrument: InstrumentKind,
    /// Who signed or sent it.
    pub officer: Officer,
    /// Whether it says that it is an emergency.
    pub emergency: bool,
    /// Digests of the signed copies received.
    pub signed_copies: Vec<Digest>,
    /// When the request was received.
    pub receive_time: DateTime<Utc>,
    /// Who filed it: `person:<subject>`. That person never approves it.
    pub submitter: Option<String>,
    /// Keys by which a target is known again; keyed digests.
    pub target_keys: Vec<String>,
    /// The emergency that this formal Request follows.
    pub follows_up: Option<RequestId>,
}

impl Facts {
    /// Whether it is an emergency: it says so, or it rests on the form of one.
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.emergency || self.instrument == InstrumentKind::EmergencyForm
    }

    /// The emergency whose debt it settles once it is believed: it rests on a paper with legal force and names it.
    #[must_use]
    pub fn settles(&self) -> Option<RequestId> {
        let formal = !self.is_emergency() && self.instrument != InstrumentKind::Informal;
        self.follows_up.filter(|_| formal)
    }
}

/// The officer who signed or sent the request, as the request gives it. Sensitive but for title and credential's kind
/// and issuer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Full name.
    pub display_name: String,
    /// Rank or office.
    pub title: Option<String>,
    /// E-mail address from which the request came.
    pub email: Option<String>,
    /// Telephone number. Never the one that is called back.
    pub phone: Option<String>,
    /// Postal address.
    pub postal_address: Option<String>,
    /// By what the officer proves to be one.
    pub credential: Credential,
}

impl fmt::Debug for Officer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Officer").field("title", &self.title).finish_non_exhaustive()
    }
}

/// A credential as the request gives it; each part may be missing.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Credential {
    /// Of what kind it is: `badge`, `service card`, `certificate`.
    pub kind: Option<String>,
    /// Its number. Sensitive.
    pub number: Option<String>,
    /// The agency that issued it.
    pub issuer: Option<String>,
    /// Until when it is valid.
    pub expire_time: Option<DateTime<Utc>>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("kind", &self.kind).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
