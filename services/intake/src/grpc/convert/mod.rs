//! Wire to domain and back. The only files that know both; every bad field of a message is collected before it is
//! refused.

pub(super) mod document;
pub(super) mod enquiry;
mod plan;
pub(super) mod record;
pub(super) mod request;
mod written;

use rogatory_chassis::{Failure, FieldFaults};
use rogatory_store::{page_size, parse_etag};

use crate::app::Paging;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// Which page is asked for.
fn paging(faults: &mut FieldFaults, size: i32, token: &str) -> Option<Paging> {
    match page_size(size) {
        Ok(size) => Some(Paging { size, token: token.to_owned() }),
        Err(wrong) => {
            faults.add("page_size", wrong.to_string());
            None
        }
    }
}

/// The version behind an etag.
fn version(faults: &mut FieldFaults, field: &str, etag: &str) -> Option<i64> {
    faults.name(field, etag, parse_etag)
}

/// Goes on when every field was good. A value without a fault, or a fault without a value, would be a bug of a reader.
fn finish<T>(faults: FieldFaults, value: Option<T>) -> Result<T, Failure> {
    faults.done()?;
    value.ok_or_else(|| Failure::bug("a message was read to nothing and without a fault"))
}
