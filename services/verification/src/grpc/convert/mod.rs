//! Between wire and domain: the only room that knows both.

pub(super) mod agency;
pub(super) mod compromise;
mod evidence;
pub(super) mod verification;

use rogatory_chassis::{Failure, FieldFaults};
use rogatory_store::{page_size, parse_etag};

/// The longest name of a person or an agency, and the longest source.
const LONGEST_LINE: usize = 500;
/// The longest note or reason, as the schema has it.
const LONGEST_NOTE: usize = 2000;

/// How the compiler hears that a helper that added no fault has answered.
fn all<T>(faults: FieldFaults, read: impl FnOnce() -> Option<T>) -> Result<T, Failure> {
    faults.done()?;
    read().ok_or_else(|| Failure::bug("a field was refused without a fault"))
}

fn etag(faults: &mut FieldFaults, field: &str, etag: &str) -> Option<i64> {
    if etag.is_empty() {
        faults.add(field, "is required: the etag as you read it");
        return None;
    }
    parse_etag(etag).map_err(|wrong| faults.add(field, wrong.to_string())).ok()
}

fn size(faults: &mut FieldFaults, asked: i32) -> Option<u64> {
    page_size(asked).map_err(|wrong| faults.add("page_size", wrong.to_string())).ok()
}
