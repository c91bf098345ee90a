//! `CheckDisclosure` against a bare echo, the evaluation of a scope beside Rego and bare Cedar, and grants checked offline.

mod bare_cedar;
mod checks;
mod granted;
mod offline;
mod rego;
mod scope;
mod scopes;
mod timed;

use clap::ValueEnum;

use super::effort::Effort;

/// A part of this section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// `CheckDisclosure` against a bare echo.
    Checks,
    /// The evaluation of twenty items, beside regorus and cedar-policy.
    Scope,
    /// A grant's token and a record, without a call.
    Offline,
}

/// Measures all of it, or one part.
pub async fn measure(effort: &Effort, what: Option<What>) {
    let wanted = |part| what.is_none_or(|only| only == part);
    if wanted(What::Checks) {
        for engine in &effort.engines {
            checks::measure(effort, *engine).await;
        }
    }
    if wanted(What::Scope) {
        scope::measure(effort);
    }
    if wanted(What::Offline) {
        offline::measure(effort).await;
    }
}
