//! The billing service against its real stack, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod estimates;
mod harness;
mod invoices;
mod quotes;
mod schedules;
mod work;

/// Made-up fees in US dollars, yen and Kuwaiti dinars.
const USD: &str = include_str!("schedules/usd.toml");
const USD_DEARER: &str = include_str!("schedules/usd-dearer.toml");
const JPY: &str = include_str!("schedules/jpy.toml");
const KWD: &str = include_str!("schedules/kwd.toml");
