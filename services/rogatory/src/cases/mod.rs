//! Requests as agencies write them, kept as files that a lawyer can read.
//!
//! A case is one TOML file: the letter as it would arrive, the request as it is filed, what the people who deal with it
//! find and say, and what is expected of the suite. `tests/cases/README.md` explains the format.

mod file;
mod load;
pub mod message;

use rogatory_proto::rogatory::{
    disclosure::v1::AuthorityApproval,
    intake::v1::{Document, LegalRequest, legal_request::Outcome},
    verification::v1::{Agency, Evidence},
};

pub use self::{
    file::{
        Answer, Approval, Challenge, Costs, Expect, ExpectAuthority, ExpectBurned, ExpectLeg, Seconding, SecondingRole,
        Work,
    },
    load::{LoadError, load},
};

/// A case, read and checked.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name of the file without its ending: `01-subpoena-us-user`.
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// The agency's own prose, as it would arrive.
    pub letter: String,
    /// Agencies that the registry holds before the request comes.
    pub agencies: Vec<Agency>,
    /// The request as it is filed, without its documents.
    pub request: LegalRequest,
    /// The papers that come with it.
    pub documents: Vec<Paper>,
    /// What the agency sends after it was told what is missing.
    pub correction: Option<Correction>,
    /// What the verifier finds, in this order.
    pub evidence: Vec<Observation>,
    /// The code that the agency gives back, where one is sent.
    pub challenge: Option<Challenge>,
    /// The people who vouch for an emergency, in this order.
    pub secondings: Vec<Seconding>,
    /// Who approves, in this order.
    pub approvals: Vec<Approval>,
    /// What the platform holds, and how the request is closed.
    pub production: Option<Production>,
    /// What a competent authority approves of what is held, once the rest has left.
    pub authority: Option<Authority>,
    /// What is done about the cost. A case with this runs once a fee schedule is published, the others before.
    pub costs: Option<Costs>,
    /// What turns out after the data has left.
    pub burning: Option<Burning>,
    /// What is expected of the suite.
    pub expect: Expect,
}

/// Whether the platform says of a residence what only it can know.
fn tells_of_residence(request: &LegalRequest) -> bool {
    request.targets.iter().any(|target| !target.residence_evidence.is_empty())
}

impl Case {
    /// Whether an analyst files it for the agency, with what the platform knows of a residence.
    #[must_use]
    pub fn is_filed_by_analyst(&self) -> bool {
        tells_of_residence(&self.request)
    }

    /// Whether an analyst changes it: it was an analyst who filed it, or adds what the platform knows.
    #[must_use]
    pub fn is_corrected_by_analyst(&self) -> bool {
        let adds = |correction: &Correction| tells_of_residence(&correction.request);
        self.is_filed_by_analyst() || self.correction.as_ref().is_some_and(adds)
    }
}

/// A paper with its content.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Kind, file name and media type.
    pub document: Document,
    /// The content.
    pub content: Vec<u8>,
}

/// What the agency sends after it was told what is missing.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The new values.
    pub request: LegalRequest,
    /// Which fields of `request` replace those that were filed.
    pub fields: Vec<String>,
    /// More papers.
    pub documents: Vec<Paper>,
}

/// What the verifier records.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The evidence.
    pub evidence: Evidence,
    /// The reason with which it is expected to be refused.
    pub refused: Option<String>,
}

/// What the platform holds of what was asked, and how the request is closed.
#[derive(Debug, Clone)]
pub struct Production {
    /// Files that the platform could hand over. It asks for each whether it may.
    pub files: Vec<HeldFile>,
    /// How the request is closed after them; left open when absent.
    pub close: Option<Close>,
}

/// How a request is closed.
#[derive(Debug, Clone)]
pub struct Close {
    /// With which outcome.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}

/// What a competent authority approves of what is held, and who approves that it leaves.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The approval. Counsel records it; it is given when it is recorded, unless it says when.
    pub approval: AuthorityApproval,
    /// Who approves what is decided anew, in this order.
    pub approvals: Vec<Approval>,
}

/// What turns out after the data has left: the mail domain was in the hands of others.
#[derive(Debug, Clone)]
pub struct Burning {
    /// The domain.
    pub mail_domain: String,
    /// From when.
    pub from: prost_types::Timestamp,
    /// Until when; it lasts when absent.
    pub until: Option<prost_types::Timestamp>,
    /// How it became known.
    pub reason: String,
}

/// A file that the platform holds.
#[derive(Debug, Clone)]
pub struct HeldFile {
    /// Name of the file.
    pub file_name: String,
    /// Key of the data element.
    pub element: String,
    /// Key of the target.
    pub target_id: String,
    /// Country where it is stored, ISO 3166-1 alpha-2.
    pub storage_country: String,
    /// Times of the first record and of the last, in seconds of the epoch; absent where the records have none.
    pub record_times: Option<(i64, i64)>,
    /// The content: CSV with a head.
    pub content: String,
}
