//! Wire to domain and back. The only room that knows both.

pub(super) mod grant;
pub(super) mod policy;
pub(super) mod scope;

use rogatory_chassis::{Failure, FieldFaults, convert};
use rogatory_proto::google::r#type::Interval;
use rogatory_store::page_size;

use crate::{app::Paging, domain::facts::Window};

/// The longest key of an item, target or element, in characters.
const LONGEST_KEY: usize = 128;
/// The longest name of a platform, an actor or a file, in characters.
const LONGEST_NAME: usize = 255;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 2000;

fn paging(faults: &mut FieldFaults, size: i32, token: &str) -> Paging {
    let size = page_size(size).map_err(|wrong| faults.add("page_size", wrong.to_string())).unwrap_or_default();
    Paging { size, token: token.to_owned() }
}

/// What was read, when no field was wrong.
fn finish<T>(faults: FieldFaults, read: Option<T>) -> Result<T, Failure> {
    faults.done()?;
    read.ok_or_else(|| Failure::bug("a field was not read and no fault was found"))
}

fn interval(window: Window) -> Interval {
    convert::interval((window.start, window.end))
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
