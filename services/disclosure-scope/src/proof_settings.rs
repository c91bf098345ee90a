//! How policies are proven.

use std::{env, fs, path::PathBuf};

use rogatory_rulebook::Fault;
use serde::{Deserialize, Serialize};

use crate::domain::invariant::{self, Invariant};

/// The program that is asked where the settings do not say otherwise, and the variable that says where it is.
const SOLVER: &str = "cvc5";
const SOLVER_VARIABLE: &str = "CVC5";
/// The longest that a proof may take, in seconds.
const LONGEST: u64 = 3600;

/// How policies are proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProofSettings {
    /// The solver cvc5: a program in PATH, or a path; empty when there is none. Left at `cvc5`, the environment's CVC5 says
    /// where it is.
    pub solver: String,
    /// Seconds that one proof of all invariants, or one comparison, may take; 1 to 3,600.
    pub timeout_seconds: u64,
    /// A file with invariants of the operator's own, in Cedar, beside those of the program; empty when there is none.
    pub invariants_file: PathBuf,
}

impl Default for ProofSettings {
    fn default() -> Self {
        Self { solver: SOLVER.to_owned(), timeout_seconds: 20, invariants_file: PathBuf::new() }
    }
}

impl ProofSettings {
    /// Adds what is wrong with them.
    pub fn check(&self, faults: &mut Vec<String>) {
        if !(1..=LONGEST).contains(&self.timeout_seconds) {
            faults.push(format!("proof.timeout_seconds: is not from 1 to {LONGEST}"));
        }
        faults.extend(self.invariants().err().unwrap_or_default());
    }

    /// The invariants of the program, then the operator's.
    ///
    /// # Errors
    /// What is wrong with the operator's file.
    pub fn invariants(&self) -> Result<Vec<Invariant>, Vec<String>> {
        let mut all = invariant::shipped().to_vec();
        if !self.invariants_file.as_os_str().is_empty() {
            let path = self.invariants_file.display();
            let text = fs::read_to_string(&self.invariants_file)
                .map_err(|error| vec![format!("proof.invariants_file: {path}: {error}")])?;
            let own = invariant::parse(&text)
                .map_err(|faults| faults.iter().map(|fault| format!("{path}:{}", placed(fault))).collect::<Vec<_>>())?;
            if let Some(twice) = own.iter().find(|own| all.iter().any(|shipped| shipped.key == own.key)) {
                return Err(vec![format!("{path}: the program has an invariant `{}` of its own", twice.key)]);
            }
            all.extend(own);
        }
        Ok(all)
    }

    /// The solver to run; none when there is none.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        let named = env::var_os(SOLVER_VARIABLE).filter(|path| self.solver == SOLVER && !path.is_empty());
        let program = named.map_or_else(|| PathBuf::from(&self.solver), PathBuf::from);
        (!program.as_os_str().is_empty()).then_some(program)
    }
}

/// A fault as it follows the name of a file: the form that editors follow to the place.
fn placed(fault: &Fault) -> String {
    if fault.line == 0 { format!(" {fault}") } else { fault.to_string() }
}
