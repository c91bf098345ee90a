//! Reports as a person likes to read them: aligned, wrapped to the terminal, coloured only where colour is shown.
//!
//! The text carries its styles; whoever writes it out strips them where they are not wanted (`anstream` does).

mod case;
mod page;
mod progress;
mod summary;
mod up;
mod words;

pub use self::{
    case::case,
    page::{Page, Tone},
    progress::Progress,
    summary::{opening, operator, summary},
    up::{UpPage, up},
};
