//! The rules of a request's life. Pure: no transport, no storage, no clock (`now` is an argument), no I/O.

mod agency_view;
pub mod completeness;
pub mod conditions;
pub mod cost;
pub mod docket;
pub mod document;
pub mod enquiry;
pub mod follow_up;
pub mod letter;
pub mod life;
pub mod lifecycle;
pub mod outcome;
mod particulars;
pub mod progress;
pub mod request;
pub mod requirements;
pub mod route;
pub mod scope;
pub mod shipped;
pub mod signed_copy;
pub mod state;
pub mod supplement;
pub mod target_key;
pub mod verification;

/// Gives types that hold sensitive values a `Debug` that shows none of them.
macro_rules! opaque {
    ($($type:ident),+ $(,)?) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "([redacted])"))
            }
        })+
    };
}
pub(crate) use opaque;
