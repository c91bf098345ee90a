//! The binary of the intake service.

use std::process::ExitCode;

fn main() -> ExitCode {
    rogatory_chassis::command::run::<rogatory_intake::Intake>()
}
