//! What was looked at, and how it came out.

use std::fmt;

use chrono::{DateTime, Utc};
use rogatory_names::{AgencyId, EvidenceId};
use serde::{Deserialize, Serialize};

/// Defines the kinds of evidence, with the code of each in the schema.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// What was looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// Every kind, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As the schema writes it, without the prefix.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

kinds! {
    /// Is the agency in the registry, and accredited?
    Registry = "REGISTRY",
    /// May this kind of agency issue this instrument?
    Competence = "COMPETENCE",
    /// Does the sender's mail domain belong to the agency?
    SenderDomain = "SENDER_DOMAIN",
    /// Was a signed copy of the instrument received, and does its signature hold?
    SignedCopy = "SIGNED_COPY",
    /// Were the officer's credentials checked with their issuer?
    Credentials = "CREDENTIALS",
    /// Was the agency called back on a number of the registry?
    CallBack = "CALL_BACK",
    /// Is the message authentic?
    Message = "MESSAGE",
    /// Did the same document or its text come before from somebody else?
    DocumentReuse = "DOCUMENT_REUSE",
    /// Did the agency give back the code that was sent to its own mailbox?
    Challenge = "CHALLENGE",
    /// What is unusual?
    Signal = "SIGNAL",
    /// Was the agency or the domain in the hands of others?
    Compromise = "COMPROMISE",
    /// Does the agency owe the formal Request of an earlier emergency?
    Debt = "DEBT",
}

impl Kind {
    /// Whether people record it; the service itself records the others.
    #[must_use]
    pub const fn is_of_people(self) -> bool {
        matches!(self, Self::Credentials | Self::CallBack)
    }

    /// Whether it takes a person to come by it: each piece counts, and a compromise voids what was there before. Of the
    /// others, which the service finds by itself, the latest look counts.
    #[must_use]
    pub const fn takes_people(self) -> bool {
        self.is_of_people() || matches!(self, Self::Challenge)
    }

    /// Whether it came by a channel of the registry, which the registry must have held before the request came.
    #[must_use]
    pub const fn is_by_channel(self) -> bool {
        matches!(self, Self::CallBack | Self::Challenge)
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
    /// The registry holds the agency as one that was accredited when the request came.
    AgencyAccredited = "AGENCY_ACCREDITED", Registry, Positive;
    /// The registry holds the agency, but no source says that it is accredited.
    AgencyNotAccredited = "AGENCY_NOT_ACCREDITED", Registry, Inconclusive;
    /// The agency was accredited at another time than when the request came.
    AccreditationNotInForce = "ACCREDITATION_NOT_IN_FORCE", Registry, Negative;
    /// The registry holds several agencies that may be meant.
    AgencyAmbiguous = "AGENCY_AMBIGUOUS", Registry, Inconclusive;
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
    /// No authority of that country issues the instrument.
    InstrumentOfOtherCountries = "INSTRUMENT_OF_OTHER_COUNTRIES", Competence, Negative;
    /// The sender's domain belongs to the agency.
    SenderOfAgency = "SENDER_OF_AGENCY", SenderDomain, Positive;
    /// The sender's domain lies in a government's zone.
    SenderOfGovernment = "SENDER_OF_GOVERNMENT", SenderDomain, Inconclusive;
    /// The sender's domain belongs to another agency of the same country.
    SenderOfOtherAgency = "SENDER_OF_OTHER_AGENCY", SenderDomain, Inconclusive;
    /// The sender's domain belongs to an authority of another country.
    SenderOfOtherCountry = "SENDER_OF_OTHER_COUNTRY", SenderDomain, Negative;
    /// The sender's domain belonged to an agency at another time than when the request came.
    SenderDomainNotInForce = "SENDER_DOMAIN_NOT_IN_FORCE", SenderDomain, Negative;
    /// The sender's domain resembles a registered one.
    SenderLookalike = "SENDER_LOOKALIKE", SenderDomain, Negative;
    /// Anybody can open a mailbox at the sender's domain.
    SenderFreeMail = "SENDER_FREE_MAIL", SenderDomain, Negative;
    /// The sender's domain belongs to no agency.
    SenderOfNobody = "SENDER_OF_NOBODY", SenderDomain, Negative;
    /// There is no sender's address.
    SenderNotGiven = "SENDER_NOT_GIVEN", SenderDomain, Inconclusive;
    /// A copy bears a signature that holds, of a certificate that is trusted.
    SignedTrusted = "SIGNED_TRUSTED", SignedCopy, Positive;
    /// A copy bears a signature that holds, of a certificate for which nobody vouches.
    SignedUntrusted = "SIGNED_UNTRUSTED", SignedCopy, Inconclusive;
    /// A copy bears a signature that does not hold.
    SignatureBroken = "SIGNATURE_BROKEN", SignedCopy, Negative;
    /// A copy bears no signature that a program can examine.
    UnsignedScan = "UNSIGNED_SCAN", SignedCopy, Inconclusive;
    /// A copy cannot be read.
    SignedCopyUnreadable = "SIGNED_COPY_UNREADABLE", SignedCopy, Inconclusive;
    /// Of a copy only the digest was received.
    SignedCopyNotExamined = "SIGNED_COPY_NOT_EXAMINED", SignedCopy, Inconclusive;
    /// No signed copy was received.
    SignedCopyMissing = "SIGNED_COPY_MISSING", SignedCopy, Inconclusive;
    /// The issuer confirmed the credentials.
    CredentialsConfirmed = "CREDENTIALS_CONFIRMED", Credentials, Positive;
    /// The credentials do not hold.
    CredentialsRefuted = "CREDENTIALS_REFUTED", Credentials, Negative;
    /// The credentials were no longer valid when the request came.
    CredentialsExpired = "CREDENTIALS_EXPIRED", Credentials, Negative;
    /// The check of the credentials said nothing.
    CredentialsUnclear = "CREDENTIALS_UNCLEAR", Credentials, Inconclusive;
    /// The agency, called back, confirmed the request.
    CallBackConfirmed = "CALL_BACK_CONFIRMED", CallBack, Positive;
    /// The agency, called back, did not confirm the request.
    CallBackRefuted = "CALL_BACK_REFUTED", CallBack, Negative;
    /// The call-back said nothing.
    CallBackUnclear = "CALL_BACK_UNCLEAR", CallBack, Inconclusive;
    /// The author's domain sent the message.
    MessageAuthentic = "MESSAGE_AUTHENTIC", Message, Positive;
    /// The message speaks against itself.
    MessageContradicted = "MESSAGE_CONTRADICTED", Message, Negative;
    /// The message shows nothing either way.
    MessageUnproven = "MESSAGE_UNPROVEN", Message, Inconclusive;
    /// The message was not given.
    MessageNotGiven = "MESSAGE_NOT_GIVEN", Message, Inconclusive;
    /// No copy came before.
    DocumentNew = "DOCUMENT_NEW", DocumentReuse, Inconclusive;
    /// A copy came before from the same agency.
    DocumentOfSameAgency = "DOCUMENT_OF_SAME_AGENCY", DocumentReuse, Inconclusive;
    /// A copy came before from somebody else.
    DocumentReused = "DOCUMENT_REUSED", DocumentReuse, Negative;
    /// The text of a copy came before from somebody else.
    TextReused = "TEXT_REUSED", DocumentReuse, Negative;
    /// The agency gave back the code that was sent to a mailbox of the registry.
    ChallengeAnswered = "CHALLENGE_ANSWERED", Challenge, Positive;
    /// The code came back, but its mailbox lies in the domain from which the request came.
    ChallengeSameDomain = "CHALLENGE_SAME_DOMAIN", Challenge, Inconclusive;
    /// A wrong code came back.
    ChallengeWrong = "CHALLENGE_WRONG", Challenge, Inconclusive;
    /// Wrong codes came back until no more was allowed.
    ChallengeFailed = "CHALLENGE_FAILED", Challenge, Negative;
    /// Nothing unusual was noticed.
    NoSignal = "NO_SIGNAL", Signal, Inconclusive;
    /// It is the first request of this officer.
    NewOfficer = "NEW_OFFICER", Signal, Inconclusive;
    /// The agency sends many more requests than it used to.
    AgencyRush = "AGENCY_RUSH", Signal, Inconclusive;
    /// Other agencies asked for the same target.
    TargetOfOthers = "TARGET_OF_OTHERS", Signal, Inconclusive;
    /// The request came at an hour when the agency's country does not work.
    OffHours = "OFF_HOURS", Signal, Inconclusive;
    /// The sender's domain was recorded in the registry shortly before the request came, or after.
    DomainJustRecorded = "DOMAIN_JUST_RECORDED", Signal, Inconclusive;
    /// No compromise is known.
    NoCompromise = "NO_COMPROMISE", Compromise, Inconclusive;
    /// The sender's domain was in the hands of others.
    SenderCompromised = "SENDER_COMPROMISED", Compromise, Negative;
    /// The agency was in the hands of others.
    AgencyCompromised = "AGENCY_COMPROMISED", Compromise, Negative;
    /// The agency owes no formal Request that is overdue.
    NoDebt = "NO_DEBT", Debt, Inconclusive;
    /// The agency owes a formal Request that is overdue.
    DebtOverdue = "DEBT_OVERDUE", Debt, Negative;
}

/// What the message with which a request came amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageFinding {
    /// The author's domain sent it.
    Authentic,
    /// It speaks against itself.
    Contradicted,
    /// It shows nothing either way.
    Unproven,
    /// It was not given.
    NotGiven,
}

impl MessageFinding {
    /// What was observed.
    #[must_use]
    pub const fn observation(self) -> Observation {
        match self {
            Self::Authentic => Observation::MessageAuthentic,
            Self::Contradicted => Observation::MessageContradicted,
            Self::Unproven => Observation::MessageUnproven,
            Self::NotGiven => Observation::MessageNotGiven,
        }
    }
}

/// What the examination of one signed copy amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyFinding {
    /// Its signature holds, and its certificate is trusted.
    SignedTrusted,
    /// Its signature holds, and nobody vouches for its certificate.
    SignedUntrusted,
    /// Its signature does not hold.
    SignatureBroken,
    /// It bears no signature that a program can examine.
    UnsignedScan,
    /// It cannot be read.
    Unreadable,
    /// Only its digest was received.
    NotExamined,
}

impl CopyFinding {
    /// What was observed.
    #[must_use]
    pub const fn observation(self) -> Observation {
        match self {
            Self::SignedTrusted => Observation::SignedTrusted,
            Self::SignedUntrusted => Observation::SignedUntrusted,
            Self::SignatureBroken => Observation::SignatureBroken,
            Self::UnsignedScan => Observation::UnsignedScan,
            Self::Unreadable => Observation::SignedCopyUnreadable,
            Self::NotExamined => Observation::SignedCopyNotExamined,
        }
    }
}

/// Where a document of the request came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// The same document, from the same agency.
    SameAgency,
    /// The same document, from somebody else.
    DocumentOfOther,
    /// The same text in another document, from somebody else.
    TextOfOther,
}

impl Reuse {
    /// What was observed.
    #[must_use]
    pub const fn observation(self) -> Observation {
        match self {
            Self::SameAgency => Observation::DocumentOfSameAgency,
            Self::DocumentOfOther => Observation::DocumentReused,
            Self::TextOfOther => Observation::TextReused,
        }
    }
}

/// What was examined of what came with the request: once, when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message.
    pub message: MessageFinding,
    /// The signed copies, one finding for each.
    pub copies: Vec<CopyFinding>,
    /// Where any of its documents came before.
    pub reuse: Vec<Reuse>,
    /// What a person who reads an observation is told of it, without a name, an address or a word of what was received.
    pub notes: Vec<(Observation, String)>,
}

impl Received {
    /// What is told of an observation.
    #[must_use]
    pub fn note(&self, observation: Observation) -> Option<String> {
        let told: Vec<_> =
            self.notes.iter().filter(|(of, _)| *of == observation).map(|(_, note)| note.as_str()).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// What was observed, of every kind that is examined once.
    #[must_use]
    pub fn observations(&self) -> Vec<Observation> {
        let mut observed = vec![self.message.observation()];
        observed.extend(self.copies.iter().map(|copy| copy.observation()));
        if self.copies.is_empty() {
            observed.push(Observation::SignedCopyMissing);
        }
        observed.extend(self.reuse.iter().map(|reuse| reuse.observation()));
        if self.reuse.is_empty() {
            observed.push(Observation::DocumentNew);
        }
        observed.sort();
        observed.dedup();
        observed
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
    /// Of a call-back the number called, of a challenge the mailbox; elsewhere the source in words. Sensitive.
    pub source: String,
    /// What was said, by whom. Sensitive.
    pub note: Option<String>,
    /// Of a call-back, whom the caller reached. Sensitive.
    pub person_reached: Option<String>,
    /// Of a call-back, when the call was made.
    pub call_time: Option<DateTime<Utc>>,
    /// The agency that was recognised when it was recorded. What people found out counts for that agency only.
    pub agency: Option<AgencyId>,
    /// Of a call-back or a challenge, since when the registry holds the number or the mailbox.
    pub held_since: Option<DateTime<Utc>>,
    /// How often the verification had been looked at anew, or reopened, when it was recorded.
    pub round: u32,
    /// Who recorded it.
    pub recorder: String,
    /// When it was recorded.
    pub record_time: DateTime<Utc>,
}

impl fmt::Debug for Evidence {
    /// Without the source, the note and the person reached: they name people and numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("id", &self.id)
            .field("observation", &self.observation)
            .field("weight", &self.weight)
            .field("agency", &self.agency)
            .field("round", &self.round)
            .field("recorder", &self.recorder)
            .field("record_time", &self.record_time)
            .finish_non_exhaustive()
    }
}
