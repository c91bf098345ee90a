//! Decides what may leave, item by item, and has people approve it.

mod app;
pub mod domain;
mod grpc;
mod store;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Program, Runtime, ServerSettings, Service, StartError};
use rogatory_proto::rogatory::disclosure::v1::{
    grant_service_server::GrantServiceServer, policy_service_server::PolicyServiceServer,
    scope_service_server::ScopeServiceServer,
};
use rogatory_store::{
    Store, StoreSettings, migrate, pending,
    revisions::{LiveHistory, seed},
};
use serde::{Deserialize, Serialize};

use crate::{app::Policies, domain::policy::Policy};

/// The policies that ship. Each becomes the first published revision of its document.
const SHIPPED: [&str; 1] = [include_str!("../policies/aliexpress.toml")];
/// From when the policies that ship decide: before any request that this program can have received.
const SHIPPED_FROM: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// The settings of the disclosure service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What every server has.
    pub server: ServerSettings,
    /// The database: `store.url` or `store.url_file` must be set.
    pub store: StoreSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self { server: ServerSettings::on_port(50_054), store: StoreSettings::default() }
    }
}

impl rogatory_chassis::Settings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        faults.extend(self.store.resolved_url().err().map(|error| format!("store: {error}")));
    }
}

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct DisclosureScope;

impl Program for DisclosureScope {
    const NAME: &'static str = "disclosure";
    const BINARY: &'static str = "rogatory-disclosure";
    const ABOUT: &'static str = "What may be disclosed, item by item, and who has approved it.";
    type Settings = Settings;

    async fn migrate(settings: &Settings, runtime: Runtime) -> Result<String, StartError> {
        let store = Store::connect(&settings.store).await?;
        let applied = migrate(&store, store::migrations).await?;
        let mut done = format!("{applied} migrations were applied");
        for text in SHIPPED {
            if let Some(revision) = seed::<Policy>(&store, "policy", text, SHIPPED_FROM, runtime.clock.now()).await? {
                done.push_str(&format!("; {} was published as {}", revision.document, revision.name));
            }
        }
        store.close().await?;
        Ok(done)
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let store = Store::connect(&settings.store).await?;
        pending(&store, store::migrations).await?;
        let policies = LiveHistory::<Policy>::load(&store, runtime.clock.now()).await?;
        let desk = Policies::new(store.clone(), policies.clone(), "policy");
        let disclosure = app::Disclosure::new(store.clone(), policies.clone());
        Ok(Service::new(Self::NAME, store)
            .mount(ScopeServiceServer::new(grpc::ScopeHandler(disclosure.clone())))
            .mount(GrantServiceServer::new(grpc::GrantHandler(disclosure)))
            .mount(PolicyServiceServer::new(grpc::PolicyDesk(desk)))
            .work("policies", move |stop| {
                let policies = policies.clone();
                async move {
                    stop.run_until_cancelled(policies.follow()).await;
                }
            }))
    }
}
