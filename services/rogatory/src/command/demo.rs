//! `rogatory demo`: the cases, played and printed.

use std::{error::Error, io::Write as _, path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use clap::Args;
use rogatory_billing::EXAMPLE_SCHEDULE;

use crate::{
    cases::{self, Case},
    play::{self, People, Postbox, Report},
    print::{self, Page, Progress},
    suite::{Ports, Suite, challenges, was_used},
};

/// File the example cases and print what becomes of each.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the case files are.
    #[arg(long, value_name = "DIR", default_value = "tests/cases")]
    cases: PathBuf,
    /// Where the databases and keys are kept; they are removed at the end when this is left out.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Play only the cases whose names fit: `06-*`, `*hong-kong`.
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Print whole letters, every finding and every note.
    #[arg(long, short)]
    verbose: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let begin = Instant::now();
        let cases = self.chosen()?;
        let statement_path = self.cases.join("operator/storage.toml");
        let statement = std::fs::read_to_string(&statement_path).map_err(|error| {
            format!("{}: {error}: the operator's statement belongs there", statement_path.display())
        })?;
        let columns = super::columns();
        let progress = Arc::new(Progress::new(columns));

        progress.say("  starting the five services");
        let temporary = tempfile::Builder::new().prefix("rogatory-demo-").tempdir()?;
        let data = self.data.clone().unwrap_or_else(|| temporary.path().to_owned());
        if was_used(&data) {
            let said = "holds the databases of a suite; the cases are played with a new one: name another directory";
            return Err(format!("{}: {said}", data.display()).into());
        }
        let suite = Suite::start(&data, Ports::Free).await.map_err(|error| error.to_string())?;
        let postbox = Postbox::new(challenges(&data));
        let people = People::new(suite.channels().map_err(|error| error.to_string())?, suite.issuer(), postbox);
        self.open(&suite, &cases, columns, &progress)?;

        let proof = play::publish_storage(&people, &statement).await?;
        let mut page = Page::new(columns);
        print::operator(&mut page, proof);
        show(page, &progress)?;
        let (with_costs, reserved): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.costs.is_some());
        let mut reports = self.play(reserved, &people, columns, &progress).await?;
        if !with_costs.is_empty() {
            progress.say("  publishing the example schedule of fees");
            play::publish_schedule(&people, EXAMPLE_SCHEDULE).await?;
            reports.extend(self.play(with_costs, &people, columns, &progress).await?);
        }

        let mut page = Page::new(columns);
        print::summary(&mut page, &reports, begin.elapsed());
        show(page, &progress)?;
        suite.stop().await;
        let passed = reports.iter().all(Report::passed);
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn chosen(&self) -> Result<Vec<Case>, Box<dyn Error>> {
        let mut cases = cases::load(&self.cases)?;
        if let Some(only) = &self.only {
            let names: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
            cases.retain(|case| fits(only, &case.name));
            if cases.is_empty() {
                return Err(format!("no case fits `{only}`; there are {}", names.join(", ")).into());
            }
        }
        Ok(cases)
    }

    fn open(&self, suite: &Suite, cases: &[Case], columns: usize, progress: &Progress) -> Result<(), Box<dyn Error>> {
        let mut page = Page::new(columns);
        print::opening(&mut page, cases.len(), &suite.addresses());
        show(page, progress)
    }

    /// Plays the cases side by side and prints each as soon as those before it are printed.
    async fn play(
        &self,
        cases: Vec<Case>,
        people: &People,
        columns: usize,
        progress: &Arc<Progress>,
    ) -> Result<Vec<Report>, Box<dyn Error>> {
        let mut plays = Vec::new();
        for case in cases {
            let (people, progress) = (people.clone(), Arc::clone(progress));
            plays.push(tokio::spawn(async move { play::play(&case, &people, progress.as_ref()).await }));
        }
        let mut reports = Vec::new();
        for play in plays {
            let report = play.await?;
            let mut page = Page::new(columns);
            print::case(&mut page, &report, self.verbose);
            show(page, progress)?;
            reports.push(report);
        }
        Ok(reports)
    }
}

/// Writes a page to standard output, with its colours where they are wanted.
fn show(page: Page, progress: &Progress) -> Result<(), Box<dyn Error>> {
    progress.clear();
    let mut out = anstream::stdout().lock();
    out.write_all(page.into_text().as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Whether `name` fits `glob`, in which `*` stands for anything.
fn fits(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        None => glob == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| fits(tail, rest)))),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_anything() {
        for glob in ["06-emergency", "06-*", "*emergency", "*-*", "*"] {
            assert!(fits(glob, "06-emergency"), "{glob}");
        }
        for glob in ["06", "06-emergency-*", "*urgency", ""] {
            assert!(!fits(glob, "06-emergency"), "{glob}");
        }
    }
}
