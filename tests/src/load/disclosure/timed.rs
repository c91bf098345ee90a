//! Something that is done again and again in this process, in nanoseconds.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// How long something took, each time.
#[derive(Debug)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    /// Of nothing yet.
    pub(super) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds of nanoseconds up to a minute"))
    }

    /// Does something for `time`, after a tenth of it to warm up. It gets the number of the turn.
    pub(super) fn of(&mut self, time: Duration, mut what: impl FnMut(usize)) {
        let begin = Instant::now();
        let mut turn = 0;
        while begin.elapsed() < time / 10 {
            what(turn);
            turn += 1;
        }
        let begin = Instant::now();
        while begin.elapsed() < time {
            let start = Instant::now();
            what(turn);
            self.0.saturating_record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
            turn += 1;
        }
    }

    /// How often it was done.
    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// A quantile, in microseconds.
    #[expect(clippy::cast_precision_loss, reason = "microseconds for people")]
    pub(super) fn micros(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1000.0
    }
}
