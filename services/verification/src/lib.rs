//! Is the requester who it says it is?
//!
//! The rules are data: revisions in the database, the first of them `rules/verification.toml`; the registry that a new
//! database starts with is in `agencies/`. See `README.md`.

pub mod app;
pub mod domain;
pub mod grpc;
mod registry_commands;
mod settings;
pub mod store;

use std::process::ExitCode;

use chrono::{DateTime, TimeZone as _, Utc};
use clap::{ArgMatches, Command};
use rogatory_chassis::{Program, Runtime, Service, StartError, command::SettingsArgs};
use rogatory_proto::rogatory::verification::v1::{
    agency_service_server::AgencyServiceServer, rule_service_server::RuleServiceServer,
    verification_service_server::VerificationServiceServer,
};
use rogatory_store::{
    Store, migrate, pending,
    revisions::{self, LiveHistory},
};

use crate::{
    app::{Desk, Examiner, Mailer, Sweeper, Verifying, import_registry, message_check::MessageChecker},
    domain::rules::VerificationRules,
    grpc::{AgencyHandler, RuleDesk, VerificationHandler},
    settings::Mailing,
    store::migrations,
};

pub use settings::{
    ChallengeSettings, ChallengeTransport, SHIPPED_REGISTRY, SHIPPED_RULES, Settings, SignatureSettings,
};

/// Bytes of the largest message that opens a verification: the mail and the papers that came with a request.
const LARGEST_MESSAGE: usize = 32 * 1024 * 1024;

/// The verification service as a program.
#[derive(Debug, Clone, Copy)]
pub struct Verification;

impl Program for Verification {
    const NAME: &'static str = "verification";
    const BINARY: &'static str = "rogatory-verification";
    const ABOUT: &'static str = "Decides from evidence whether a requester is who it says it is";
    type Settings = Settings;

    async fn migrate(settings: &Settings, runtime: Runtime) -> Result<String, StartError> {
        let registry = settings.registry()?;
        let store = Store::connect(&settings.store).await?;
        let applied = migrate(&store, migrations::all).await?;
        let now = runtime.clock.now();
        let seeded = revisions::seed::<VerificationRules>(&store, "rule", SHIPPED_RULES, shipped_from(), now).await?;
        let imported = import_registry(&store, &registry, false, now).await?;
        store.close().await?;
        let seeded = seeded.map_or_else(|| "no rules".to_owned(), |revision| revision.name);
        Ok(format!("{applied} migrations applied, {seeded} published, {} agencies added", imported.added))
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let mailing = settings.challenge.mailing()?;
        let anchors = settings.signatures.anchors().map_err(|faults| faults.join("\n"))?;
        let examiner = Examiner::new(MessageChecker::new(settings.message.clone())?, anchors);
        let store = Store::connect(&settings.store).await?;
        pending(&store, migrations::all).await?;
        let clock = runtime.clock;
        let live = LiveHistory::<VerificationRules>::load(&store, clock.now()).await?;
        let desk = Desk::new(store.clone(), live.clone(), "rule");
        let codes = mailing.as_ref().map(|mailing| mailing.codes.clone());
        let verifying = Verifying::new(store.clone(), live.clone(), examiner, codes);
        verifying.read_domains().await?;
        let sweeper = Sweeper::new(verifying.clone(), clock.clone());
        let verifications = VerificationServiceServer::new(VerificationHandler(verifying.clone()));
        let mut service = Service::new(Self::NAME, store)
            .mount(verifications.max_decoding_message_size(LARGEST_MESSAGE))
            .mount(AgencyServiceServer::new(AgencyHandler(verifying.clone())))
            .mount(RuleServiceServer::new(RuleDesk(desk)))
            .work("rules", move |stop| {
                let live = live.clone();
                async move {
                    stop.run_until_cancelled(live.follow()).await;
                }
            })
            .work("sweep", move |stop| {
                let sweeper = sweeper.clone();
                async move { sweeper.run(stop).await }
            });
        if let Some(Mailing { codes, transport, sender }) = mailing {
            let mailer = Mailer::new(verifying, codes, transport, sender, clock);
            service = service.work("challenges", move |stop| {
                let mailer = mailer.clone();
                async move { mailer.run(stop).await }
            });
        }
        Ok(service)
    }

    fn commands() -> Vec<Command> {
        registry_commands::commands()
    }

    async fn command(name: &str, arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
        registry_commands::run(name, arguments, settings).await
    }
}

/// From when the shipped rules decide: before any request that an operator may still hold.
fn shipped_from() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).single().unwrap_or_default()
}
