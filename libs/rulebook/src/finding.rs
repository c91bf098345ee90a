//! One reason of a decision.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Citation, words::words};

words! {
    /// What a finding does to the decision that it belongs to.
    Effect, "effect" {
        /// Supports the decision.
        Permits = "permits",
        /// Excludes something, with the reason.
        Refuses = "refuses",
        /// Stops until something named has happened.
        Holds = "holds",
        /// Names something that is owed or missing.
        Requires = "requires",
        /// Tells something that a reader should know and that decides nothing.
        Notes = "notes",
    }
}

/// One reason of a decision: a stable code, what it does, a sentence that a lawyer can read, and where the rule stands.
///
/// The fields are private so that no finding comes into being without a citation, save a technical one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    code: Cow<'static, str>,
    effect: Effect,
    sentence: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    citations: Vec<Citation>,
}

impl Finding {
    /// A finding that rests on a rule. Add further citations with [`Finding::citing`].
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        effect: Effect,
        sentence: impl Into<String>,
        citation: Citation,
    ) -> Self {
        Self { code: code.into(), effect, sentence: sentence.into(), citations: vec![citation] }
    }

    /// A finding about the state of the system and not about the law: a peer that does not answer, a rule that nobody
    /// has published. It is the only kind without a citation.
    pub fn technical(code: impl Into<Cow<'static, str>>, effect: Effect, sentence: impl Into<String>) -> Self {
        Self { code: code.into(), effect, sentence: sentence.into(), citations: Vec::new() }
    }

    /// The same finding with further citations.
    #[must_use]
    pub fn citing(mut self, citations: impl IntoIterator<Item = Citation>) -> Self {
        self.citations.extend(citations);
        self
    }

    /// Stable code, upper case with underscores: `CONTACT_BY_RESIDENCE`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What it does to the decision.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// A sentence that a lawyer can read.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Where the rule stands written; empty for a technical finding only.
    #[must_use]
    pub fn citations(&self) -> &[Citation] {
        &self.citations
    }

    /// Whether it is about the system and not about the law.
    #[must_use]
    pub fn is_technical(&self) -> bool {
        self.citations.is_empty()
    }
}
