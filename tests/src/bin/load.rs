//! The load harness: measures the suite against baselines, in one run on one machine, and prints the ratios.
//!
//! `cargo build --release --workspace --bins && cargo run --release -p rogatory-tests --bin load`
#![allow(clippy::expect_used, reason = "a harness may fail loudly")]

use std::{fs, net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};
use rogatory_tests::load::{
    all_in_one, batch, disclosure, echo, effort::Effort, history, intake, routing, verification,
};

#[derive(Debug, Parser)]
#[command(about = "Measures the suite against baselines in the same run; everything, unless one part is named")]
struct Arguments {
    #[command(flatten)]
    effort: Effort,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// `ResolveContact` and `PlanRoute` against bare echoes, stored plans against bare SQL as well.
    Routing,
    /// `BatchResolveContacts` against a bare stream echo, and the memory that it takes.
    Batch,
    /// Start, lookups and memory with one published revision and with many.
    History,
    /// `SubmitRequest` against bare SQL.
    Intake,
    /// `OpenVerification` with a message and a copy, lookups in a full registry, and the sweep after a compromise.
    Verification {
        /// Only this of it.
        #[arg(value_enum)]
        what: Option<verification::What>,
    },
    /// `CheckDisclosure` against a bare echo, the evaluation of a scope beside Rego and bare Cedar, grants checked offline.
    Disclosure {
        /// Only this of it.
        #[arg(value_enum)]
        what: Option<disclosure::What>,
    },
    /// Start and memory of `rogatory up`.
    AllInOne,
    /// Serve a bare echo (the harness starts it by itself).
    #[command(hide = true)]
    Echo {
        /// What to answer.
        rpc: echo::Rpc,
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// File with the encoded answer.
        #[arg(long)]
        answer: PathBuf,
    },
}

#[tokio::main]
async fn main() {
    let Arguments { effort, part } = Arguments::parse();
    match part {
        Some(Part::Routing) => routing::measure(&effort).await,
        Some(Part::Batch) => batch::measure(&effort).await,
        Some(Part::History) => history::measure(&effort).await,
        Some(Part::Intake) => intake::measure(&effort).await,
        Some(Part::Verification { what }) => verification::measure(&effort, what).await,
        Some(Part::Disclosure { what }) => disclosure::measure(&effort, what).await,
        Some(Part::AllInOne) => all_in_one::measure(),
        Some(Part::Echo { rpc, listen, answer }) => {
            let answer = fs::read(answer).expect("the encoded answer");
            echo::serve(rpc, listen, &answer).await.expect("the echo serves");
        }
        None => {
            routing::measure(&effort).await;
            batch::measure(&effort).await;
            history::measure(&effort).await;
            intake::measure(&effort).await;
            verification::measure(&effort, None).await;
            disclosure::measure(&effort, None).await;
            all_in_one::measure();
        }
    }
}
