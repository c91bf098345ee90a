//! The all-in-one binary.

use std::process::ExitCode;

use clap::Parser as _;
use rogatory::command::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rogatory: {error}");
            ExitCode::FAILURE
        }
    }
}
