//! The binary of the disclosure service.

use std::process::ExitCode;

fn main() -> ExitCode {
    rogatory_chassis::command::run::<rogatory_disclosure::DisclosureScope>()
}
