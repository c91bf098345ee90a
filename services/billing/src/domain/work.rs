//! Work done for a request, and how much of it may be charged.

use chrono::{DateTime, Utc};
use rogatory_names::{InvoiceId, QuoteId, WorkId};
use serde::{Deserialize, Serialize};

use super::{
    estimate::CostFacts,
    schedule::{Row, Unit},
};

/// The most units, or minutes, of one piece of work: a year has some 525,600 minutes.
pub const LARGEST_QUANTITY: i64 = 1_000_000;

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkEntry {
    /// Its id.
    pub id: WorkId,
    /// The quote on which it is done.
    pub quote: QuoteId,
    /// Resource name of the request.
    pub request: String,
    /// Key of the row of the schedule that allows it.
    pub fee: String,
    /// How many units; minutes where the unit is a quarter of an hour.
    pub quantity: i64,
    /// What was done.
    pub description: String,
    /// What proves it.
    pub evidence: String,
    /// Who recorded it.
    pub recorder: String,
    /// When it was done.
    pub work_time: DateTime<Utc>,
    /// The invoice that bills it; none until then.
    pub invoice: Option<InvoiceId>,
}

/// A piece of work is more than a request can owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request owes this fee at most {most} times, and {recorded} are recorded already")]
pub struct MoreThanOwed {
    /// How often the request can owe the fee.
    pub most: i64,
    /// How often it is recorded already.
    pub recorded: i64,
}

/// Checks that work does not go beyond what the facts allow: a fee for the request once, a fee for an account once for
/// each account. `recorded` is what was recorded for the fee before.
///
/// # Errors
/// When it does.
pub fn check_quantity(row: &Row, facts: &CostFacts, recorded: i64, quantity: i64) -> Result<(), MoreThanOwed> {
    let most = match row.unit {
        Unit::Request => 1,
        Unit::Account => i64::from(facts.account_count),
        Unit::QuarterHour | Unit::Page => return Ok(()),
    };
    match recorded.checked_add(quantity) {
        Some(sum) if sum <= most => Ok(()),
        _ => Err(MoreThanOwed { most, recorded }),
    }
}

/// The quarters of an hour that were begun in so many minutes: 15 minutes are one, 16 are two.
#[must_use]
pub fn quarter_hours_begun(minutes: i64) -> i64 {
    let minutes = minutes.max(0);
    minutes / 15 + i64::from(minutes % 15 != 0)
}

/// The units to bill for all the work on one fee in an invoice.
///
/// Minutes are added before they are rounded, so that short pieces of work are not each rounded up to a quarter of an
/// hour: what is in doubt goes to whoever pays.
#[must_use]
pub fn billed_quantity(unit: Unit, recorded: i64) -> i64 {
    match unit {
        Unit::QuarterHour => quarter_hours_begun(recorded),
        Unit::Request | Unit::Account | Unit::Page => recorded,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quarter_of_an_hour_counts_when_it_is_begun() {
        for (minutes, quarters) in [(0, 0), (1, 1), (14, 1), (15, 1), (16, 2), (30, 2), (31, 3), (60, 4), (61, 5)] {
            assert_eq!(quarter_hours_begun(minutes), quarters, "{minutes} minutes");
        }
    }

    proptest! {
        #[test]
        fn rounding_gives_less_than_a_quarter_of_an_hour_away(minutes in 0..=LARGEST_QUANTITY) {
            let billed = quarter_hours_begun(minutes) * 15;
            prop_assert!(billed >= minutes && billed - minutes < 15);
        }

        #[test]
        fn work_in_pieces_is_never_dearer_than_each_piece_by_itself(pieces in prop::collection::vec(1..600_i64, 1..20)) {
            let together = billed_quantity(Unit::QuarterHour, pieces.iter().sum());
            let apart: i64 = pieces.iter().map(|minutes| quarter_hours_begun(*minutes)).sum();
            prop_assert!(together <= apart);
        }

        #[test]
        fn what_is_counted_in_whole_units_is_billed_as_it_is(quantity in 0..=LARGEST_QUANTITY) {
            for unit in [Unit::Request, Unit::Account, Unit::Page] {
                prop_assert_eq!(billed_quantity(unit, quantity), quantity);
            }
        }
    }
}
