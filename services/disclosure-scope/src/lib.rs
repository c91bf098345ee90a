//! Decides what may leave, item by item, and has people approve it.

mod app;
mod check_grant;
mod commands;
pub mod domain;
mod grpc;
mod proof_settings;
mod settings;
mod store;

use std::{process::ExitCode, sync::LazyLock};

use chrono::{DateTime, Utc};
use clap::{ArgMatches, Command};
use rogatory_chassis::{Program, Runtime, ServerSettings, Service, StartError, command::SettingsArgs};
use rogatory_proto::rogatory::disclosure::v1::{
    grant_service_server::GrantServiceServer, policy_service_server::PolicyServiceServer,
    scope_service_server::ScopeServiceServer,
};
use rogatory_store::{
    Store, StoreSettings, migrate, pending,
    revisions::{LiveHistory, seed},
};
use serde::{Deserialize, Serialize};

pub use crate::{
    app::{Equivalence, Prover},
    proof_settings::ProofSettings,
    settings::KeySettings,
};
use crate::{
    app::{GrantBook, Policies, PolicyRevisions},
    domain::{bundle::assemble, policy::Policy},
};

/// The catalogue that ships.
const CATALOGUE: &str = include_str!("../policies/aliexpress/catalogue.toml");
/// The packs that ship, in the order in which they are read.
const PACKS: [(&str, &str); 9] = [
    ("house", include_str!("../policies/aliexpress/house.cedar")),
    ("guide", include_str!("../policies/aliexpress/guide.cedar")),
    ("prc", include_str!("../policies/aliexpress/prc.cedar")),
    ("us", include_str!("../policies/aliexpress/us.cedar")),
    ("eu", include_str!("../policies/aliexpress/eu.cedar")),
    ("uk", include_str!("../policies/aliexpress/uk.cedar")),
    ("hk", include_str!("../policies/aliexpress/hk.cedar")),
    ("sg", include_str!("../policies/aliexpress/sg.cedar")),
    ("ru", include_str!("../policies/aliexpress/ru.cedar")),
];
/// From when the policy that ships decides: before any request that this program can have received.
const SHIPPED_FROM: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// The policy that ships, as one text. It becomes the first published revision of its document.
#[must_use]
pub fn shipped_policy() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| assemble(CATALOGUE, PACKS));
    &TEXT
}

/// The settings of the disclosure service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What every server has.
    pub server: ServerSettings,
    /// The database: `store.url` or `store.url_file` must be set.
    pub store: StoreSettings,
    /// The keys with which grants and manifests are signed: `keys.signing_key_file` must be set.
    pub keys: KeySettings,
    /// How policies are proven.
    pub proof: ProofSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings::on_port(50_054),
            store: StoreSettings::default(),
            keys: KeySettings::default(),
            proof: ProofSettings::default(),
        }
    }
}

impl rogatory_chassis::Settings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        faults.extend(self.store.resolved_url().err().map(|error| format!("store: {error}")));
        self.keys.check(faults);
        self.proof.check(faults);
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
        let now = runtime.clock.now();
        if let Some(revision) = seed::<Policy>(&store, "policy", shipped_policy(), SHIPPED_FROM, now).await? {
            done.push_str(&format!("; {} was published as {}", revision.document, revision.name));
        }
        store.close().await?;
        Ok(done)
    }

    async fn build(settings: Settings, runtime: Runtime) -> Result<Service, StartError> {
        let signer = settings.keys.signer().map_err(|faults| faults.join("\n"))?;
        let store = Store::connect(&settings.store).await?;
        pending(&store, store::migrations).await?;
        let policies = LiveHistory::<Policy>::load(&store, runtime.clock.now()).await?;
        let desk = Policies::new(store.clone(), policies.clone(), "policy");
        let prover = Prover::new(&settings.proof).map_err(|faults| faults.join("\n"))?;
        let revisions = PolicyRevisions::new(store.clone(), desk, prover);
        let book = GrantBook::load(&store, runtime.clock).await?;
        let disclosure = app::Disclosure::new(store.clone(), policies.clone(), signer, book.clone());
        Ok(Service::new(Self::NAME, store)
            .mount(ScopeServiceServer::new(grpc::ScopeHandler(disclosure.clone())))
            .mount(GrantServiceServer::new(grpc::GrantHandler(disclosure)))
            .mount(PolicyServiceServer::new(grpc::PolicyDesk(revisions)))
            .work("policies", move |stop| {
                let policies = policies.clone();
                async move {
                    stop.run_until_cancelled(policies.follow()).await;
                }
            })
            .work("grants", move |stop| {
                let book = book.clone();
                async move {
                    stop.run_until_cancelled(book.follow()).await;
                }
            }))
    }

    fn commands() -> Vec<Command> {
        commands::commands()
    }

    async fn command(name: &str, arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
        commands::run(name, arguments, settings).await
    }
}
