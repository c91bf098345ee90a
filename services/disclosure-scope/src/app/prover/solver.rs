//! What is asked of the solver, and what its answers mean.

use std::{io::ErrorKind, path::Path, time::Duration};

use cedar_policy::{Policy, PolicySet, RequestEnv};
use cedar_policy_symcc::{
    CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env,
    err::{Error, SolverError},
    solver::LocalSolver,
};
use tokio::process::Command;

use super::Equivalence;
use crate::domain::{
    counterexample::{Answer, Case},
    invariant::{Invariant, Verdict},
    pack::schema,
};

/// The longest text of the solver's that is told on.
const LONGEST_ERROR: usize = 200;

/// A running solver. It is killed when this is dropped.
pub(super) struct Session {
    compiler: CedarSymCompiler<LocalSolver>,
    /// What requests may be about; the schema has one action.
    environments: Vec<RequestEnv>,
}

impl Session {
    /// Starts the solver.
    pub(super) fn start(program: Option<&Path>, limit: Duration) -> Result<Self, String> {
        let program = program.ok_or("no solver: the settings name none")?;
        let mut command = Command::new(program);
        // It ends by itself too, should this program end before it.
        let own_limit = format!("--tlimit={}", limit.as_millis());
        command.args(["--lang", "smt", &own_limit]).kill_on_drop(true);
        let solver = LocalSolver::from_command(&mut command).map_err(|error| match error {
            SolverError::Io(error) if error.kind() == ErrorKind::NotFound => {
                format!("no solver: there is no program {}", program.display())
            }
            SolverError::Io(error) => format!("no solver: {}: {error}", program.display()),
            other => format!("no solver: {other}"),
        })?;
        let compiler = CedarSymCompiler::new(solver).map_err(failed)?;
        Ok(Self { compiler, environments: schema().request_envs().collect() })
    }

    /// Whether the policies allow nothing that the invariant forbids.
    pub(super) async fn prove(
        &mut self,
        policies: &PolicySet,
        compiled: &[CompiledPolicySet],
        invariant: &Invariant,
    ) -> Result<Verdict, String> {
        // An invariant that fails forbids nothing, and would be proven of everything.
        if self.failing(&invariant.forbid).await?.is_some() {
            return Ok(Verdict::Unknown("the invariant itself can fail at run time".to_owned()));
        }
        let bound = self.compiled(&invariant.bound).await?;
        for (allowed, bound) in compiled.iter().zip(&bound) {
            let found = match self.compiler.check_implies_with_counterexample_opt(allowed, bound).await {
                Ok(None) => continue,
                Ok(Some(found)) => found,
                Err(error) => return Ok(Verdict::Unknown(undecided(error)?)),
            };
            let breaks = |case: &Case| {
                put(case, policies).filter(|answer| answer.allowed)?;
                put(case, &invariant.bound).filter(|answer| !answer.allowed)
            };
            return Ok(shown(
                &found,
                |case| breaks(case).is_some(),
                |case| {
                    let by = put(case, policies).map(|answer| answer.by).unwrap_or_default();
                    format!("It would leave, by {}.", names(&by))
                },
            )
            .map_or_else(|| Verdict::Unknown(UNCONFIRMED.to_owned()), Verdict::Broken));
        }
        Ok(Verdict::Proven)
    }

    /// Whether no policy can fail at run time.
    pub(super) async fn prove_no_failure(&mut self, policies: &PolicySet) -> Result<Verdict, String> {
        for policy in policies.policies() {
            if let Some(verdict) = self.failing(policy).await? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Proven)
    }

    /// The verdict on a policy that can fail; none on one that cannot.
    async fn failing(&mut self, policy: &Policy) -> Result<Option<Verdict>, String> {
        let alone = PolicySet::from_policies([policy.clone()]).map_err(failed)?;
        let fails = |case: &Case| put(case, &alone).is_some_and(|answer| !answer.failed.is_empty());
        for environment in &self.environments {
            let compiled = CompiledPolicy::compile(policy, environment, schema()).map_err(failed)?;
            let found = match self.compiler.check_never_errors_with_counterexample_opt(&compiled).await {
                Ok(None) => continue,
                Ok(Some(found)) => found,
                Err(error) => return Ok(Some(Verdict::Unknown(undecided(error)?))),
            };
            let words = shown(&found, fails, |_| format!("The policy `{}` fails.", policy.id()));
            return Ok(Some(words.map_or_else(|| Verdict::Unknown(UNCONFIRMED.to_owned()), Verdict::Broken)));
        }
        Ok(None)
    }

    /// Whether two sets of policies decide alike.
    pub(super) async fn compare(&mut self, before: &PolicySet, after: &PolicySet) -> Result<Equivalence, String> {
        let (one, two) = (self.compiled(before).await?, self.compiled(after).await?);
        for (one, two) in one.iter().zip(&two) {
            let found = match self.compiler.check_equivalent_with_counterexample_opt(one, two).await {
                Ok(None) => continue,
                Ok(Some(found)) => found,
                Err(error) => return Ok(Equivalence::Unknown(undecided(error)?)),
            };
            let answers = |case: &Case| Some((put(case, before)?, put(case, after)?));
            let differs = |case: &Case| answers(case).is_some_and(|(one, two)| one.allowed != two.allowed);
            let words = shown(&found, differs, |case| match answers(case) {
                Some((one, two)) => {
                    format!("The revision before {}, the revision after {}.", does(&one), does(&two))
                }
                None => String::new(),
            });
            return Ok(words.map_or_else(|| Equivalence::Unknown(UNCONFIRMED.to_owned()), Equivalence::Different));
        }
        Ok(Equivalence::Equivalent)
    }

    /// The policies as the solver gets them, for each thing that a request may be about.
    pub(super) async fn compiled(&self, policies: &PolicySet) -> Result<Vec<CompiledPolicySet>, String> {
        let (policies, environments) = (policies.clone(), self.environments.clone());
        // That is work for a processor, not for those who wait for the network.
        let compile = move |about: &RequestEnv| CompiledPolicySet::compile(&policies, about, schema()).map_err(failed);
        let work = move || environments.iter().map(compile).collect();
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}

/// What is said when the policies themselves do not bear out what the solver found.
const UNCONFIRMED: &str = "the solver gave an example that the policies do not bear out";

/// The case in words with what it shows, when it really shows it.
fn shown(found: &Env, shows: impl Fn(&Case) -> bool, what: impl Fn(&Case) -> String) -> Option<String> {
    let case = Case::read(&found.request, &found.entities).filter(&shows)?.plainest(&shows);
    Some(format!("{} {}", case.words(), what(&case)))
}

fn put(case: &Case, policies: &PolicySet) -> Option<Answer> {
    case.put_to(policies)
}

fn does(answer: &Answer) -> String {
    match (answer.allowed, answer.by.is_empty()) {
        (true, _) => format!("lets it leave, by {}", names(&answer.by)),
        (false, false) => format!("withholds it, by {}", names(&answer.by)),
        (false, true) => "withholds it, because no policy permits it".to_owned(),
    }
}

fn names(policies: &[String]) -> String {
    policies.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

/// Why one question has no answer, when others may still have one.
fn undecided(error: Error) -> Result<String, String> {
    match error {
        Error::SolverUnknown => Ok("the solver cannot decide it".to_owned()),
        // What it says now may be the answer to what was asked before.
        other => Err(failed(other)),
    }
}

fn failed(error: impl std::fmt::Display) -> String {
    let said: String = error.to_string().chars().filter(|letter| !letter.is_control()).take(LONGEST_ERROR).collect();
    format!("the solver failed: {said}")
}
