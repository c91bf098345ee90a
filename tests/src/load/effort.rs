//! How much is measured, as the command line says it.

use std::time::Duration;

use clap::{Args, ValueEnum};
use rogatory_testkit::TestDatabase;

/// How much is measured.
#[derive(Debug, Clone, Args)]
pub struct Effort {
    /// Seconds of each measured round.
    #[arg(long, global = true, default_value_t = 4)]
    seconds: u64,
    /// Rounds of each measurement; the median counts.
    #[arg(long, global = true, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Calls in hand at once.
    #[arg(long, global = true, value_delimiter = ',', default_value = "1,8,64")]
    pub concurrency: Vec<usize>,
    /// Databases on which what is stored is measured.
    #[arg(long, global = true, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub engines: Vec<Engine>,
    /// Records of each stream of `batch`.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub records: usize,
    /// Published revisions of the long history of `history`.
    #[arg(long, global = true, default_value_t = 1_000)]
    pub revisions: usize,
    /// Agencies of the full registry of `verification`.
    #[arg(long, global = true, default_value_t = 100_000)]
    pub agencies: usize,
    /// Verifications that the sweep of `verification` goes over; on SQLite a tenth of them.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub verifications: u64,
}

/// A database engine.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Engine {
    /// A SQLite file.
    Sqlite,
    /// The PostgreSQL server that `ROGATORY_TEST_POSTGRES` names.
    Postgres,
}

impl Effort {
    /// Time of each measured round.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// The numbers of the rounds.
    pub fn rounds(&self) -> impl Iterator<Item = u16> + use<> {
        0..self.rounds
    }
}

impl Engine {
    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// A database of its own.
    pub async fn database(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres().await,
        }
    }
}
