//! The vocabulary of an explained decision, and the life of the rules that decide.
//!
//! Every answer that decides carries [`Finding`]s; each has a stable code, a sentence that a lawyer can read, and
//! [`Citation`]s. The rules are files with a date: a [`Revision`] is drafted, published from an effective time, and
//! never edited after. [`History`] holds what was published and says which revision decides at an instant, so that a
//! decision can be made again from its [`Provenance`].
//!
//! The types are the domain twins of the messages in `rogatory.rulebook.v1`. Nothing here does I/O or reads a clock; one thing
//! is logged: that a stored revision cannot be used.

mod citation;
mod country;
mod digest;
mod fault;
mod finding;
mod history;
mod places;
mod provenance;
mod residence;
mod revision;
mod rules;
mod vocabulary;
mod words;

pub use citation::{Citation, Confirmation};
pub use country::{Country, UnknownCountry};
pub use digest::{Digest, MalformedDigest};
pub use fault::{Fault, Source};
pub use finding::{Effect, Finding};
pub use history::{History, Published, RevisionUnusable, UnusableCause};
pub use provenance::Provenance;
pub use residence::{ResidenceEvidence, ResidenceEvidenceKind};
pub use revision::{Revision, State};
pub use rules::Rules;
/// A value with the place in the file where it stands; use it in the types that a rule file is read into, and report
/// a fault at it with [`Source::fault`].
pub use toml::Spanned;
pub use vocabulary::{AuthorityKind, DataClass, InstrumentKind, MatterType};
pub use words::UnknownWord;
