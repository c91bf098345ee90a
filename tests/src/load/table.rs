//! Measurements as lines for people.

use super::driver::Measurement;

/// Prints the heads of the columns.
pub fn head(base: &str, full: &str) {
    println!("{:>5}  {base:^41}  {full:^41}  {:^16}", "calls", "ratio");
    println!(
        "{:>5}  {:>9} {:>9} {:>9} {:>11}  {:>9} {:>9} {:>9} {:>11}  {:>8} {:>7}",
        "", "per s", "p50 µs", "p99 µs", "CPU µs/call", "per s", "p50 µs", "p99 µs", "CPU µs/call", "per s", "CPU"
    );
}

/// Prints a baseline, what is measured against it, and how the second relates to the first.
#[expect(clippy::cast_precision_loss, reason = "microseconds for people")]
pub fn row(base: &Measurement, full: &Measurement) {
    let half = |m: &Measurement| {
        format!(
            "{:>9.0} {:>9} {:>9} {:>11}",
            m.per_second,
            m.p50.as_micros(),
            m.p99.as_micros(),
            m.server_cpu.as_micros()
        )
    };
    let cpu = full.server_cpu.as_micros() as f64 / base.server_cpu.as_micros().max(1) as f64;
    let rate = 100.0 * full.per_second / base.per_second;
    println!("{:>5}  {}  {}  {rate:>6.0} % {cpu:>6.2}x", base.concurrency, half(base), half(full));
}

/// Bytes as MiB, with one decimal.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "memory for people")]
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}
