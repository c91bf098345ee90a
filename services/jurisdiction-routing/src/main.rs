//! The binary of the routing service.

use std::process::ExitCode;

fn main() -> ExitCode {
    rogatory_chassis::command::run::<rogatory_routing::Routing>()
}
