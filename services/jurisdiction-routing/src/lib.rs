//! Which legal entity is served for whose data, through which channel, and why.
//!
//! The rules are data: guides are revisions in the database, the treaties are files in `treaties/`. See `README.md`.

pub mod app;
mod check_guide;
pub mod domain;
pub mod grpc;
mod settings;
pub mod store;

use std::process::ExitCode;

use chrono::{DateTime, TimeZone as _, Utc};
use clap::{ArgMatches, Command};
use rogatory_chassis::{
    command::SettingsArgs,
    program::{Program, Runtime, StartError},
    service::Service,
};
use rogatory_proto::rogatory::routing::v1::{
    guide_service_server::GuideServiceServer, routing_service_server::RoutingServiceServer,
};
use rogatory_store::{
    Store, migrate, pending,
    revisions::{self, LiveHistory},
};

use crate::{
    app::{App, Guides},
    domain::{
        guide::Guide,
        treaties::{SHIPPED, Treaties},
    },
    grpc::{GuideDesk, RoutingHandler},
    store::migrations,
};

pub use settings::Settings;

/// The guide that ships, whole.
pub const SHIPPED_GUIDE: &str = include_str!("../guides/aliexpress.toml");

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Routing;

impl Program for Routing {
    const NAME: &'static str = "routing";
    const BINARY: &'static str = "rogatory-routing";
    const ABOUT: &'static str = "Tells which legal entity is served, through which channel, and why";
    type Settings = Settings;

    async fn migrate(settings: &Settings, runtime: Runtime) -> Result<String, StartError> {
        let store = Store::connect(&settings.store).await?;
        let applied = migrate(&store, migrations::all).await?;
        let now = runtime.clock.now();
        let seeded = revisions::seed::<Guide>(&store, "guide", SHIPPED_GUIDE, shipped_from(), now).await?;
        store.close().await?;
        let seeded = seeded.map_or_else(|| "no guide".to_owned(), |revision| revision.name);
        Ok(format!("{applied} migrations applied, {seeded} published"))
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let treaties = Treaties::read(&SHIPPED)?;
        let store = Store::connect(&settings.store).await?;
        pending(&store, migrations::all).await?;
        let live = LiveHistory::<Guide>::load(&store, runtime.clock.now()).await?;
        let desk = Guides::new(store.clone(), live.clone(), "guide");
        let app = App::new(store.clone(), live.clone(), treaties, runtime.clock);
        let service = Service::new(Self::NAME, store)
            .mount(RoutingServiceServer::new(RoutingHandler(app.clone())))
            .mount(GuideServiceServer::new(GuideDesk(desk, app)))
            .work("guides", move |stop| {
                let live = live.clone();
                async move {
                    stop.run_until_cancelled(live.follow()).await;
                }
            });
        Ok(service)
    }

    fn commands() -> Vec<Command> {
        vec![check_guide::command()]
    }

    async fn command(name: &str, arguments: &ArgMatches, _settings: SettingsArgs) -> ExitCode {
        match name {
            check_guide::NAME => check_guide::run(arguments),
            _ => ExitCode::FAILURE,
        }
    }
}

/// From when the shipped guide decides: before any request that an operator may still hold.
fn shipped_from() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).single().unwrap_or_default()
}
