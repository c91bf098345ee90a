//! The life of a request: filed, assessed, verified, scoped, produced, closed; and what was said on the way.
//!
//! Intake is the only service that calls the others. The rules are data: the state graph, the required items, the letters
//! and the enquiry rules are files in this crate. See `README.md`.

pub mod app;
mod docket_command;
pub mod domain;
pub mod grpc;
mod settings;
pub mod store;

use std::{process::ExitCode, time::Duration};

use clap::{ArgMatches, Command};
use rogatory_chassis::{
    PeerChannel, Service,
    command::SettingsArgs,
    program::{Program, Runtime, StartError},
};
use rogatory_proto::rogatory::intake::v1::{
    document_service_server::DocumentServiceServer, enquiry_service_server::EnquiryServiceServer,
    request_service_server::RequestServiceServer,
};
use rogatory_rulebook::Fault;
use rogatory_store::{Store, migrate, pending};

use crate::{
    app::{
        App,
        docket::Docket,
        feeds::Follower,
        peers::{
            Peers, billing::Billing, disclosure::Disclosure, feed::Feed, routing::Routing, verification::Verification,
        },
    },
    domain::shipped::Rules,
    grpc::{DocumentHandler, EnquiryHandler, RequestHandler, Unbroken},
    store::migrations,
};

pub use settings::{DocketSettings, Limits, LinksSettings, PeersSettings, Settings};

/// What intake wants to hear of each peer. Routing tells nothing that intake has not asked for.
const VERIFICATION_EVENTS: &[&str] = &["verification.concluded", "verification.reopened"];
const DISCLOSURE_EVENTS: &[&str] =
    &["decision.proposed", "decision.approved", "decision.rejected", "grant.revoked", "production.recorded"];
const BILLING_EVENTS: &[&str] = &["quote.answered"];

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Intake;

impl Program for Intake {
    const NAME: &'static str = "intake";
    const BINARY: &'static str = "rogatory-intake";
    const ABOUT: &'static str = "Carries a request from its filing to its end, and keeps what was said";
    type Settings = Settings;

    async fn migrate(settings: &Settings, _runtime: Runtime) -> Result<String, StartError> {
        let store = Store::connect(&settings.store).await?;
        let applied = migrate(&store, migrations).await?;
        store.close().await?;
        Ok(format!("{applied} migrations applied"))
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let rules = Rules::shipped().map_err(|faults| told(&faults))?;
        let target_key = settings.target_key()?;
        let store = Store::connect(&settings.store).await?;
        pending(&store, migrations).await?;

        let channel = |name, settings| PeerChannel::new(name, settings);
        let routing = channel("routing", &settings.peers.routing)?;
        let verification = channel("verification", &settings.peers.verification)?;
        let disclosure = channel("disclosure", &settings.peers.disclosure)?;
        let billing = channel("billing", &settings.peers.billing)?;
        let feeds = [
            Feed::new("verification", verification.clone(), VERIFICATION_EVENTS),
            Feed::new("disclosure", disclosure.clone(), DISCLOSURE_EVENTS),
            Feed::new("billing", billing.clone(), BILLING_EVENTS),
        ];
        let peers = Peers {
            routing: Routing(routing),
            verification: Verification { channel: verification, target_key },
            disclosure: Disclosure(disclosure),
            billing: Billing(billing),
        };

        let links = settings.links.clone().into();
        let app = App::new(store.clone(), rules, links, Duration::from_millis(settings.watch_poll_ms));
        let docket = Docket::new(app.clone(), peers, runtime.clock.clone(), settings.docket.pace());
        let documents = DocumentHandler { app: app.clone(), largest: settings.limits.max_document_bytes };
        let watchers = app.clone();
        let mut service = Service::new(Self::NAME, store)
            .mount(RequestServiceServer::new(RequestHandler(app.clone())))
            .mount(Unbroken(DocumentServiceServer::new(documents)))
            .mount(EnquiryServiceServer::new(EnquiryHandler(app.clone())))
            .work("docket", move |stop| {
                let docket = docket.clone();
                async move { docket.run(stop).await }
            })
            // A stream that stays open would hold up the drain.
            .work("watchers", move |stop| {
                let app = watchers.clone();
                async move {
                    stop.cancelled().await;
                    app.stop_watching();
                }
            });
        let pause = Duration::from_millis(settings.docket.feed_pause_ms);
        for feed in feeds {
            let name = feed.peer();
            let follower = Follower::new(app.clone(), feed, runtime.clock.clone(), pause);
            service = service.work(name, move |stop| {
                let follower = follower.clone();
                async move {
                    stop.run_until_cancelled(follower.run()).await;
                }
            });
        }
        Ok(service)
    }

    fn commands() -> Vec<Command> {
        vec![docket_command::command()]
    }

    async fn command(name: &str, arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
        match name {
            docket_command::NAME => docket_command::run(arguments, settings).await,
            _ => ExitCode::FAILURE,
        }
    }
}

/// Faults of the files that the program was built with, for the person who starts it.
fn told(faults: &[Fault]) -> StartError {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into()
}
