//! `rogatory up`: the five services, until somebody stops them.

use std::{
    error::Error,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Args;
use rogatory_chassis::{command::cancel_on_signal, settings::TelemetrySettings, telemetry::Telemetry};

use crate::{
    print::{self, Page, UpPage},
    suite::{Ports, Suite},
};

/// Start the five services and keep them up.
#[derive(Debug, Args)]
pub(super) struct Up {
    /// Where the databases and keys go.
    #[arg(long, value_name = "DIR", default_value = super::DATA)]
    data: PathBuf,
    /// The first of five ports that follow each other; each admin port is 1000 above.
    #[arg(long, value_name = "PORT", default_value_t = 50_051, value_parser = clap::value_parser!(u16).range(1..=64_000))]
    port_base: u16,
    /// Take whichever ports are free.
    #[arg(long, conflicts_with = "port_base")]
    free_ports: bool,
    /// What is logged: `info`, `info,rogatory_store=debug`.
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "ROGATORY_LOG")]
    log: String,
}

impl Up {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let begin = Instant::now();
        let settings = TelemetrySettings { log_filter: self.log.clone(), ..TelemetrySettings::default() };
        let telemetry = Telemetry::install(&settings, "rogatory")?;
        let ports = if self.free_ports { Ports::Free } else { Ports::From(self.port_base) };
        let suite = Suite::start(&self.data, ports).await.map_err(|error| error.to_string())?;
        tokio::spawn(cancel_on_signal(suite.stopping()));

        let mut page = Page::new(super::columns());
        let ca_file = suite.ca_file();
        let addresses = suite.addresses();
        // A data directory that is not the default one must be named to `rogatory token` too.
        let data = (self.data != Path::new(super::DATA)).then_some(self.data.as_path());
        let program = std::env::args().next().unwrap_or_else(|| "rogatory".to_owned());
        let elapsed = begin.elapsed();
        print::up(&mut page, &UpPage { services: &addresses, ca_file: &ca_file, data, program: &program, elapsed });
        let mut out = anstream::stdout().lock();
        out.write_all(page.into_text().as_bytes())?;
        out.flush()?;
        drop(out);

        let stopping = suite.stopping();
        stopping.cancelled().await;
        suite.finished().await;
        telemetry.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}
