//! Every case file of `tests/cases` against five real processes on PostgreSQL. The demo plays the same files on embedded
//! SQLite in one process; what becomes of them must be the same.

use std::{path::Path, sync::Arc};

use chrono::Utc;
use rogatory::{
    cases,
    play::{self, Channels, People, Postbox, Progress, Report},
};
use rogatory_tests::suite::{Area, Engine, Suite};

/// The schedule of fees that the demo publishes.
const SCHEDULE: &str = include_str!("../../services/billing/schedules/example.toml");

/// Nobody watches.
struct Silent;

impl Progress for Silent {
    fn step(&self, _name: &str, _state: &str) {}
}

/// The people of the cases at the doors of the five processes.
fn people(suite: &Suite) -> People {
    let channels = Channels {
        intake: suite.connection(Area::Intake),
        verification: suite.connection(Area::Verification),
        disclosure: suite.connection(Area::Disclosure),
        billing: suite.connection(Area::Billing),
    };
    let keys = suite.keys().development().clone();
    let issuer = move |subject: &str, roles: &[_]| {
        Ok(keys.token(subject, roles, Utc::now(), std::time::Duration::from_secs(3600))?)
    };
    People::new(channels, Arc::new(issuer), Postbox::new(suite.challenges()))
}

async fn play_all(cases: Vec<cases::Case>, people: &People) -> Vec<Report> {
    let plays: Vec<_> = cases
        .into_iter()
        .map(|case| {
            let people = people.clone();
            tokio::spawn(async move { play::play(&case, &people, &Silent).await })
        })
        .collect();
    let mut reports = Vec::new();
    for play in plays {
        reports.push(play.await.unwrap());
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_comes_out_as_it_says_on_five_processes_and_postgres() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = std::fs::read_dir(&folder).unwrap().flatten();
    let files = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "toml")).count();
    let suite = Suite::start(Engine::Postgres).await;
    let people = people(&suite);
    let statement = std::fs::read_to_string(folder.join("operator/storage.toml")).unwrap();
    play::publish_storage(&people, &statement).await.unwrap();

    // As in the demo: what a schedule of fees changes is played after it was published.
    let (with_costs, reserved): (Vec<_>, Vec<_>) =
        cases::load(&folder).unwrap().into_iter().partition(|case| case.costs.is_some());
    let mut reports = play_all(reserved, &people).await;
    play::publish_schedule(&people, SCHEDULE).await.unwrap();
    reports.extend(play_all(with_costs, &people).await);

    assert_eq!(reports.len(), files, "every file was played");
    for Report { name, checks, fault, .. } in &reports {
        let broken: Vec<_> = checks.iter().filter(|check| !check.holds()).collect();
        assert!(fault.is_none() && broken.is_empty(), "{name}: {fault:?} {broken:#?}");
        assert!(checks.len() > 3, "{name}: what it expects was looked at");
    }
}
