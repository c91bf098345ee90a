//! Proofs about policies, for all facts that the schema allows, by the solver cvc5.
//!
//! The solver is a program of its own that runs as a child of this one. It may be absent, fail, or not come to an end: then
//! the answer is that nobody can tell, never that something is proven.

#[cfg(feature = "prove")]
mod solver;

use std::{sync::Arc, time::Duration};

use cedar_policy::PolicySet;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    ProofSettings,
    domain::invariant::{Invariant, NO_POLICY_FAILS, NO_POLICY_FAILS_SENTENCE, Proof, Verdict},
};

/// Whether two sets of policies decide alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Equivalence {
    /// On all possible facts.
    Equivalent,
    /// Not on these, in words.
    Different(String),
    /// Nobody can tell, for this reason.
    Unknown(String),
}

/// Proves one thing after the other. Cheap to clone; the clones share one turn.
#[derive(Debug, Clone)]
pub struct Prover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    #[cfg(feature = "prove")]
    solver: Option<std::path::PathBuf>,
    timeout: Duration,
    invariants: Vec<Invariant>,
    /// One proof at a time: a solver takes a processor for itself.
    turn: Semaphore,
}

impl Prover {
    /// A prover as the settings say.
    ///
    /// # Errors
    /// What is wrong with the operator's invariants.
    pub fn new(settings: &ProofSettings) -> Result<Self, Vec<String>> {
        Ok(Self(Arc::new(Inner {
            #[cfg(feature = "prove")]
            solver: settings.program(),
            timeout: Duration::from_secs(settings.timeout_seconds),
            invariants: settings.invariants()?,
            turn: Semaphore::new(1),
        })))
    }

    /// Proves every invariant of these policies, and that none of them can fail at run time. Takes no longer than the
    /// settings allow, nor than `most`.
    pub async fn prove(&self, policies: &PolicySet, most: Duration) -> Vec<Proof> {
        let open = |key: &str, sentence: &str| Proof {
            invariant: key.to_owned(),
            sentence: sentence.to_owned(),
            verdict: Verdict::Unknown(String::new()),
        };
        let mut proofs: Vec<Proof> =
            self.0.invariants.iter().map(|invariant| open(&invariant.key, &invariant.sentence)).collect();
        proofs.push(open(NO_POLICY_FAILS, NO_POLICY_FAILS_SENTENCE));
        if let Err(why) = self.in_time(most, self.proved(policies, &mut proofs)).await {
            // What was answered before stands.
            for proof in proofs.iter_mut().filter(|proof| proof.verdict == Verdict::Unknown(String::new())) {
                proof.verdict = Verdict::Unknown(why.clone());
            }
        }
        proofs
    }

    /// Whether two sets of policies decide alike on all possible facts. Takes no longer than [`Prover::prove`].
    pub async fn compare(&self, before: &PolicySet, after: &PolicySet, most: Duration) -> Equivalence {
        self.in_time(most, self.compared(before, after)).await.unwrap_or_else(Equivalence::Unknown)
    }

    /// Does it when it is its turn, for as long as is allowed.
    async fn in_time<T>(&self, most: Duration, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let limit = self.0.timeout.min(most);
        let turn = async {
            let _turn = self.0.turn.acquire().await.map_err(|error| error.to_string())?;
            work.await
        };
        timeout(limit, turn)
            .await
            .unwrap_or_else(|_| Err(format!("the solver gave no answer within {:.1} seconds", limit.as_secs_f32())))
    }

    #[cfg(feature = "prove")]
    async fn proved(&self, policies: &PolicySet, proofs: &mut [Proof]) -> Result<(), String> {
        let mut solver = solver::Session::start(self.0.solver.as_deref(), self.0.timeout)?;
        let compiled = solver.compiled(policies).await?;
        for (invariant, proof) in self.0.invariants.iter().zip(proofs.iter_mut()) {
            proof.verdict = solver.prove(policies, &compiled, invariant).await?;
        }
        if let Some(proof) = proofs.last_mut() {
            proof.verdict = solver.prove_no_failure(policies).await?;
        }
        Ok(())
    }

    #[cfg(feature = "prove")]
    async fn compared(&self, before: &PolicySet, after: &PolicySet) -> Result<Equivalence, String> {
        solver::Session::start(self.0.solver.as_deref(), self.0.timeout)?.compare(before, after).await
    }

    #[cfg(not(feature = "prove"))]
    async fn proved(&self, _: &PolicySet, _: &mut [Proof]) -> Result<(), String> {
        Err(NOT_BUILT_IN.to_owned())
    }

    #[cfg(not(feature = "prove"))]
    async fn compared(&self, _: &PolicySet, _: &PolicySet) -> Result<Equivalence, String> {
        Err(NOT_BUILT_IN.to_owned())
    }
}

#[cfg(not(feature = "prove"))]
const NOT_BUILT_IN: &str = "no solver: this program was built without the feature `prove`";
