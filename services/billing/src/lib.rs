//! What a request costs, and who owes it.
//!
//! The rules are data: fee schedules are revisions in the database. See `README.md`.

pub mod app;
pub mod domain;
pub mod grpc;
mod settings;
pub mod store;

use chrono::{DateTime, TimeZone as _, Utc};
use rogatory_chassis::{Program, Runtime, Service, StartError};
use rogatory_proto::rogatory::billing::v1::{
    billing_service_server::BillingServiceServer, schedule_service_server::ScheduleServiceServer,
};
use rogatory_store::{
    Store, migrate, pending,
    revisions::{self, LiveHistory},
};

use crate::{
    app::{Charging, Schedules},
    domain::schedule::Schedule,
    grpc::{BillingHandler, ScheduleDesk},
    store::migrations,
};

pub use settings::Settings;

/// The schedule that ships and is published by `migrate`: the guide's own word, which names no amount.
pub const SHIPPED_SCHEDULE: &str = include_str!("../schedules/aliexpress.toml");

/// An example of a schedule with amounts. Nothing publishes it but a person.
pub const EXAMPLE_SCHEDULE: &str = include_str!("../schedules/example.toml");

/// The billing service as a program.
#[derive(Debug, Clone, Copy)]
pub struct Billing;

impl Program for Billing {
    const NAME: &'static str = "billing";
    const BINARY: &'static str = "rogatory-billing";
    const ABOUT: &'static str = "Tells what a request costs, and bills it";
    type Settings = Settings;

    async fn migrate(settings: &Settings, runtime: Runtime) -> Result<String, StartError> {
        let store = Store::connect(&settings.store).await?;
        let applied = migrate(&store, migrations::all).await?;
        let now = runtime.clock.now();
        let seeded = revisions::seed::<Schedule>(&store, "schedule", SHIPPED_SCHEDULE, shipped_from(), now).await?;
        store.close().await?;
        let seeded = seeded.map_or_else(|| "no schedule".to_owned(), |revision| revision.name);
        Ok(format!("{applied} migrations applied, {seeded} published"))
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let store = Store::connect(&settings.store).await?;
        pending(&store, migrations::all).await?;
        let live = LiveHistory::<Schedule>::load(&store, runtime.clock.now()).await?;
        let desk = Schedules::new(store.clone(), live.clone(), "schedule");
        let charging = Charging::new(store.clone(), live.clone());
        let service = Service::new(Self::NAME, store)
            .mount(BillingServiceServer::new(BillingHandler(charging)))
            .mount(ScheduleServiceServer::new(ScheduleDesk(desk)))
            .work("schedules", move |stop| {
                let live = live.clone();
                async move {
                    stop.run_until_cancelled(live.follow()).await;
                }
            });
        Ok(service)
    }
}

/// From when the shipped schedule decides: before any request that an operator may still hold.
fn shipped_from() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).single().unwrap_or_default()
}
