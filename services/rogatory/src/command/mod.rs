//! The commands of `rogatory`.

mod demo;
mod token;
mod up;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// Where everything is kept when nothing else is said.
const DATA: &str = "rogatory-data";

/// Columns of the terminal; as many as a page takes where there is none.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(usize::MAX, |(width, _)| usize::from(width.0))
}

/// Rogatory: five services that receive law-enforcement requests for user information and answer each of them lawfully.
#[derive(Debug, Parser)]
#[command(name = "rogatory", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the five services in this process and keep them up until Ctrl-C.
    Up(up::Up),
    /// File the example cases with the five services and print what becomes of each.
    Demo(demo::Demo),
    /// Print a token of the development issuer.
    Token(token::Token),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// What went wrong, as a sentence for the person at the terminal.
    pub async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            Command::Up(up) => up.run().await,
            Command::Demo(demo) => demo.run().await,
            Command::Token(token) => token.run(),
        }
    }
}
