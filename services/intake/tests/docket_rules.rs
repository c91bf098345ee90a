//! How often a step is tried, and when a person must look.

use std::time::Duration;

use rogatory_intake::domain::docket::{Patience, Verdict};
use rogatory_names::StepId;

use crate::sample;

const PATIENCE: Patience = Patience { first: Duration::from_secs(1), longest: Duration::from_secs(60), attempts: 5 };

#[test]
fn the_wait_doubles_up_to_the_longest_and_is_spread() {
    let step = StepId::new();
    let waits: Vec<f64> = (1..=9).map(|attempt| PATIENCE.wait(step, attempt).as_secs_f64()).collect();
    for (attempt, wait) in waits.iter().enumerate() {
        let most = f64::from(1_u32 << attempt).min(60.0);
        assert!((0.75 * most - 0.001..=most).contains(wait), "after {} tries {wait} s", attempt + 1);
    }
    assert_eq!(PATIENCE.wait(step, u32::MAX), PATIENCE.wait(step, 9));
    let spread: std::collections::BTreeSet<Duration> = (0..50).map(|_| PATIENCE.wait(StepId::new(), 3)).collect();
    assert!(spread.len() > 10);
}

#[test]
fn it_is_parked_after_the_last_try_and_at_once_when_trying_again_is_useless() {
    let step = StepId::new();
    for attempt in 1..5 {
        let Verdict::Again(due) = PATIENCE.after(step, attempt, false, sample::now()) else { panic!("{attempt}") };
        assert!(due > sample::now());
    }
    assert_eq!(PATIENCE.after(step, 5, false, sample::now()), Verdict::Park);
    assert_eq!(PATIENCE.after(step, 1, true, sample::now()), Verdict::Park);
}
