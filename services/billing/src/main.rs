//! The binary of the billing service.

use std::process::ExitCode;

fn main() -> ExitCode {
    rogatory_chassis::command::run::<rogatory_billing::Billing>()
}
