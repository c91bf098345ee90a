//! What was looked at, and how it came out.

use std::fmt;

use chrono::{DateTime, Utc};
use rogatory_names::{AgencyId, EvidenceId};
use serde::{Deserialize, Serialize};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Is the agency in the registry, and accredited?
    Registry,
    /// May this kind of agency issue this instrument?
    Competence,
    /// Does the sender's mail domain belong to the agency?
    SenderDomain,
    /// Was a signed copy of the instrument received?
    SignedCopy,
    /// Were the officer's credentials checked with their issuer?
    Credentials,
    /// Was the agency called back on a number of the registry?
    CallBack,
}

impl Kind {
    /// Every kind, in the order of the schema.
    pub const ALL: [Self; 6] =
        [Self::Registry, Self::Competence, Self::SenderDomain, Self::SignedCopy, Self::Credentials, Self::CallBack];

    /// Whether people record it; the service itself records the others.
    #[must_use]
    pub const fn is_of_people(self) -> bool {
        matches!(self, Self::Credentials | Self::CallBack)
    }

    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Registry => "REGISTRY",
            Self::Competence => "COMPETENCE",
            Self::SenderDomain => "SENDER_DOMAIN",
            Self::SignedCopy => "SIGNED_COPY",
            Self::Credentials => "CREDENTIALS",
            Self::CallBack => "CALL_BACK",
        }
    }
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Supports the requester.
    Positive,
    /// Speaks against the requester.
    Negative,
    /// Says nothing either way.
    Inconclusive,
}

impl Outcome {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Positive => "POSITIVE",
            Self::Negative => "NEGATIVE",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// Defines what may be observed: its code, the kind of evidence that it is, and how it bears on the requester. What it
/// means for the conclusion stands in the rules.
macro_rules! observations {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $kind:ident, $outcome:ident;)+) => {
        /// What was observed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Observation {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Observation {
            /// Every observation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The kind of evidence that it is.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),+ }
            }

            /// How it bears on the requester.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$name => Outcome::$outcome),+ }
            }
        }
    };
}

observations! {
    /// The registry holds the agency as an accredited one.
    AgencyAccredited = "AGENCY_ACCREDITED", Registry, Positive;
    /// The registry holds the agency, but not as an accredited one.
    AgencyNotAccredited = "AGENCY_NOT_ACCREDITED", Registry, Inconclusive;
    /// The registry does not hold the agency.
    AgencyUnknown = "AGENCY_UNKNOWN", Registry, Negative;
    /// The guide is not for agencies of that country.
    AgencyOutsideGuide = "AGENCY_OUTSIDE_GUIDE", Registry, Negative;
    /// The agency may issue the instrument.
    InstrumentIssued = "INSTRUMENT_ISSUED", Competence, Positive;
    /// The agency may present the instrument of another authority.
    InstrumentPresented = "INSTRUMENT_PRESENTED", Competence, Inconclusive;
    /// The registry does not say of what kind the agency is.
    CompetenceUnproven = "COMPETENCE_UNPROVEN", Competence, Inconclusive;
    /// The agency may neither issue nor present the instrument.
    NotCompetent = "NOT_COMPETENT", Competence, Negative;
    /// The sender's domain belongs to the agency.
    SenderOfAgency = "SENDER_OF_AGENCY", SenderDomain, Positive;
    /// The sender's domain lies in a government's zone.
    SenderOfGovernment = "SENDER_OF_GOVERNMENT", SenderDomain, Inconclusive;
    /// The sender's domain belongs to another agency of the same country.
    SenderOfOtherAgency = "SENDER_OF_OTHER_AGENCY", SenderDomain, Inconclusive;
    /// The sender's domain belongs to an authority of another country.
    SenderOfOtherCountry = "SENDER_OF_OTHER_COUNTRY", SenderDomain, Negative;
    /// The sender's domain resembles a registered one.
    SenderLookalike = "SENDER_LOOKALIKE", SenderDomain, Negative;
    /// Anybody can open a mailbox at the sender's domain.
    SenderFreeMail = "SENDER_FREE_MAIL", SenderDomain, Negative;
    /// The sender's domain belongs to no agency.
    SenderOfNobody = "SENDER_OF_NOBODY", SenderDomain, Negative;
    /// There is no sender's address.
    SenderNotGiven = "SENDER_NOT_GIVEN", SenderDomain, Inconclusive;
    /// A signed copy was received.
    SignedCopyReceived = "SIGNED_COPY_RECEIVED", SignedCopy, Positive;
    /// No signed copy was received.
    SignedCopyMissing = "SIGNED_COPY_MISSING", SignedCopy, Inconclusive;
    /// The issuer confirmed the credentials.
    CredentialsConfirmed = "CREDENTIALS_CONFIRMED", Credentials, Positive;
    /// The credentials do not hold.
    CredentialsRefuted = "CREDENTIALS_REFUTED", Credentials, Negative;
    /// The check of the credentials said nothing.
    CredentialsUnclear = "CREDENTIALS_UNCLEAR", Credentials, Inconclusive;
    /// The agency, called back, confirmed the request.
    CallBackConfirmed = "CALL_BACK_CONFIRMED", CallBack, Positive;
    /// The agency, called back, did not confirm the request.
    CallBackRefuted = "CALL_BACK_REFUTED", CallBack, Negative;
    /// The call-back said nothing.
    CallBackUnclear = "CALL_BACK_UNCLEAR", CallBack, Inconclusive;
}

/// What a person looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The officer's credentials, with their issuer.
    Credentials,
    /// A call-back on a number of the registry.
    CallBack,
}

impl Observation {
    /// What a person's check amounts to.
    #[must_use]
    pub const fn of(check: Check, outcome: Outcome) -> Self {
        match (check, outcome) {
            (Check::Credentials, Outcome::Positive) => Self::CredentialsConfirmed,
            (Check::Credentials, Outcome::Negative) => Self::CredentialsRefuted,
            (Check::Credentials, Outcome::Inconclusive) => Self::CredentialsUnclear,
            (Check::CallBack, Outcome::Positive) => Self::CallBackConfirmed,
            (Check::CallBack, Outcome::Negative) => Self::CallBackRefuted,
            (Check::CallBack, Outcome::Inconclusive) => Self::CallBackUnclear,
        }
    }
}

/// A piece of evidence. Never changed once it is recorded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// What was observed.
    pub observation: Observation,
    /// Weight by the rules, 0 to 100.
    pub weight: u8,
    /// Of a call-back the number called; elsewhere the source in words. Sensitive.
    pub source: String,
    /// What was said, by whom. Sensitive.
    pub note: Option<String>,
    /// The agency that was recognised when it was recorded. What people found out counts for that agency only.
    pub agency: Option<AgencyId>,
    /// Of a call-back, since when the registry holds the number.
    pub number_held_since: Option<DateTime<Utc>>,
    /// Who recorded it.
    pub recorder: String,
    /// When it was recorded.
    pub record_time: DateTime<Utc>,
}

impl fmt::Debug for Evidence {
    /// Without the source and the note: they name people and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("id", &self.id)
            .field("observation", &self.observation)
            .field("weight", &self.weight)
            .field("agency", &self.agency)
            .field("recorder", &self.recorder)
            .field("record_time", &self.record_time)
            .finish_non_exhaustive()
    }
}
