//! The binary of the verification service.

use std::process::ExitCode;

fn main() -> ExitCode {
    rogatory_chassis::command::run::<rogatory_verification::Verification>()
}
