//! Messages made and signed here, whole and broken, against the library and a real name server.

mod cases;
pub(crate) mod dns;
mod fuzz;
mod hostile;
pub(crate) mod mail;
mod parts;
