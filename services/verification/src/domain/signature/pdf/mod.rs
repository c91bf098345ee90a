//! A PDF (ISO 32000-2), as far as its signatures and its text need it.
//!
//! The cross-reference table is not used: a hostile one points many times at the same bytes, or in circles. The objects
//! are found by going over the file once, and of two with the same number the later counts, as it does after
//! incremental updates. The PDF libraries at hand were looked at and not taken: they copy an object for every entry
//! that points at it, and bound what each stream inflates to, not what all of them do together.

mod filters;
mod font;
mod objects;
mod signed;
mod text;
mod value;

pub(super) use objects::Pdf;
pub(super) use signed::signatures;
pub(super) use text::text;
