//! Is the requester who it says it is?
//!
//! The rules are data: `rules/verification.toml`, and the registry that a new database starts with in `agencies/`. See
//! `README.md`.

pub mod app;
pub mod domain;
pub mod grpc;
mod settings;
pub mod store;

use rogatory_chassis::{Program, Runtime, Service, StartError};
use rogatory_proto::rogatory::verification::v1::{
    agency_service_server::AgencyServiceServer, verification_service_server::VerificationServiceServer,
};
use rogatory_store::{Store, migrate, pending};

use crate::{
    app::{Verifying, seed_registry},
    grpc::{AgencyHandler, VerificationHandler},
    store::migrations,
};

pub use settings::{SHIPPED_REGISTRY, SHIPPED_RULES, Settings};

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
        let added = seed_registry(&store, &registry, runtime.clock.now()).await?;
        store.close().await?;
        Ok(format!("{applied} migrations applied, {added} agencies added"))
    }

    async fn build(settings: Settings, _runtime: Runtime) -> Result<Service, StartError> {
        let rules = settings.rules().map_err(|faults| faults.join("\n"))?;
        let store = Store::connect(&settings.store).await?;
        pending(&store, migrations::all).await?;
        let verifying = Verifying::new(store.clone(), rules);
        Ok(Service::new(Self::NAME, store)
            .mount(VerificationServiceServer::new(VerificationHandler(verifying.clone())))
            .mount(AgencyServiceServer::new(AgencyHandler(verifying))))
    }
}
