//! Keeps a fixed number of calls in hand and measures them.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::process::cpu_time;

/// What one run measured.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Calls in hand at once.
    pub concurrency: usize,
    /// Calls answered.
    pub calls: u64,
    /// Calls in a second.
    pub per_second: f64,
    /// Median time of a call.
    pub p50: Duration,
    /// Time within which 99 of 100 calls were answered.
    pub p99: Duration,
    /// CPU time of the server for one call.
    pub server_cpu: Duration,
}

/// Runs `call` with `concurrency` calls in hand for `time`, after a tenth of it to warm up. `call` gets the number of its
/// worker. `pid` is the server's process.
///
/// # Errors
/// The first failure of a call: a load run in which calls fail measures nothing.
pub async fn run<F, E>(concurrency: usize, time: Duration, pid: u32, call: F) -> Result<Measurement, E>
where
    F: AsyncFn(usize) -> Result<(), E>,
{
    let warm = AtomicBool::new(false);
    let stop = AtomicBool::new(false);
    let worker = async |index: usize| -> Result<Histogram<u64>, E> {
        let mut times = histogram();
        while !stop.load(Ordering::Relaxed) {
            let counted = warm.load(Ordering::Relaxed);
            let start = Instant::now();
            call(index).await?;
            if counted {
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                times.saturating_record(micros);
            }
        }
        Ok(times)
    };
    let watch = async {
        tokio::time::sleep(time / 10).await;
        warm.store(true, Ordering::Relaxed);
        let (start, cpu) = (Instant::now(), cpu_time(pid));
        tokio::time::sleep(time).await;
        stop.store(true, Ordering::Relaxed);
        (start.elapsed(), cpu_time(pid).saturating_sub(cpu))
    };
    let workers = futures::future::try_join_all((0..concurrency).map(&worker));
    let (workers, (elapsed, cpu)) = tokio::join!(workers, watch);
    let mut times = histogram();
    for worker in workers? {
        times += worker;
    }
    let calls = times.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people; no count of calls reaches 2^52")]
    let per_second = calls as f64 / elapsed.as_secs_f64();
    Ok(Measurement {
        concurrency,
        calls,
        per_second,
        p50: Duration::from_micros(times.value_at_quantile(0.50)),
        p99: Duration::from_micros(times.value_at_quantile(0.99)),
        server_cpu: cpu.checked_div(u32::try_from(calls).unwrap_or(u32::MAX).max(1)).unwrap_or_default(),
    })
}

/// What was measured of calls that went on beside something else.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Calls answered.
    pub calls: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls answered in a second.
    pub per_second: f64,
    /// Median time of a call that was answered.
    pub p50: Duration,
    /// Time within which 99 of 100 of them were.
    pub p99: Duration,
    /// The longest of them.
    pub longest: Duration,
}

/// Keeps `concurrency` calls in hand until `done` is told. A call that fails is counted and another one made. `call` gets
/// the number of the call.
pub async fn run_until<F, E>(concurrency: usize, done: &AtomicBool, call: F) -> Beside
where
    F: AsyncFn(u64) -> Result<(), E>,
{
    let (begun, next, failures) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let worker = async |_: usize| {
        let mut times = histogram();
        while !done.load(Ordering::Relaxed) {
            let start = Instant::now();
            if call(next.fetch_add(1, Ordering::Relaxed)).await.is_ok() {
                times.saturating_record(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
            } else {
                failures.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        times
    };
    let mut times = histogram();
    for worker in futures::future::join_all((0..concurrency).map(&worker)).await {
        times += worker;
    }
    let calls = times.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people; no count of calls reaches 2^52")]
    let per_second = calls as f64 / begun.elapsed().as_secs_f64();
    Beside {
        calls,
        failures: failures.into_inner(),
        per_second,
        p50: Duration::from_micros(times.value_at_quantile(0.50)),
        p99: Duration::from_micros(times.value_at_quantile(0.99)),
        longest: Duration::from_micros(times.max()),
    }
}

/// Of several runs the one with the median rate.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn median(mut runs: Vec<Measurement>) -> Measurement {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs.swap_remove(runs.len() / 2)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds of microseconds up to a minute")
}
