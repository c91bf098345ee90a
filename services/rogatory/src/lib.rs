//! The all-in-one of the suite: five services in one process on embedded SQLite, and the cases that show what they do.

pub mod cases;
pub mod command;
pub mod play;
pub mod print;
pub mod suite;
