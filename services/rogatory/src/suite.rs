//! The five services in one process, each on its own port and its own database, with development keys.

use std::{
    error::Error,
    fs::{DirBuilder, OpenOptions},
    io::{ErrorKind, Write as _},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use rogatory_chassis::{
    Program, Runtime, Settings as _, SystemClock,
    development::DevelopmentKeys,
    server::{self, Running},
    settings::ServerSettings,
};
use rogatory_store::StoreSettings;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use uuid::Uuid;

use crate::play::{Channels, Issuer};

/// The services in the order of their ports. Each has a certificate, and a database, under its name.
const SERVICES: [&str; 5] = ["intake", "routing", "verification", "disclosure", "billing"];
/// How long a token lasts that the demo makes.
const TOKEN_TTL: Duration = Duration::from_secs(3600);
/// Readers of each database: five services share one machine, and a connection costs memory.
const READERS: u32 = 4;

/// What may go wrong at the start, as a sentence.
pub type StartError = Box<dyn Error + Send + Sync>;

/// On which ports the services listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// Five from this one on, and each service's admin port 1000 above its own.
    From(u16),
    /// Whichever are free.
    Free,
}

impl Ports {
    /// Main and admin port of the service that is `index`-th in [`SERVICES`]; zero lets the system choose.
    fn of(self, index: u16) -> (u16, u16) {
        match self {
            Self::From(base) => (base.saturating_add(index), base.saturating_add(index).saturating_add(1000)),
            Self::Free => (0, 0),
        }
    }
}

/// The keys of the development issuer in the data directory `data`; those that are missing are made.
///
/// # Errors
/// When they cannot be read or made.
pub fn development_keys(data: &Path) -> Result<DevelopmentKeys, StartError> {
    Ok(DevelopmentKeys::open(&data.join("dev"), &SERVICES)?)
}

/// Whether a suite has kept anything in the data directory `data` before.
#[must_use]
pub fn was_used(data: &Path) -> bool {
    SERVICES.iter().any(|name| database(data, name).exists())
}

/// Where the codes go that are sent to the mailboxes of agencies, in the data directory `data`: files, since nobody is
/// written to from a development suite.
#[must_use]
pub fn challenges(data: &Path) -> PathBuf {
    data.join("verification").join("challenges")
}

/// A secret in the data directory; one that is missing is made.
fn secret(data: &Path, name: &str) -> Result<PathBuf, StartError> {
    let path = data.join(name);
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made.and_then(|mut file| file.write_all(secret.as_bytes())) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(format!("{}: {error}", path.display()).into()),
        Ok(()) | Err(_) => Ok(path),
    }
}

/// The key with which grants are signed, in the data directory; one that is missing is made.
fn signing_key(data: &Path) -> Result<PathBuf, StartError> {
    let folder = data.join("disclosure");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join("signing.pem");
    DevelopmentKeys::signing_key(&path)?;
    Ok(path)
}

fn database(data: &Path, name: &str) -> PathBuf {
    data.join(format!("{name}.sqlite3"))
}

/// The five services, running.
#[derive(Debug)]
pub struct Suite {
    keys: DevelopmentKeys,
    running: [Running; 5],
    stop: CancellationToken,
}

impl Suite {
    /// Migrates the databases in `data` and starts the services; keys and databases that are missing are made.
    ///
    /// # Errors
    /// Why a service does not start.
    pub async fn start(data: &Path, ports: Ports) -> Result<Self, StartError> {
        // Requests name people: what is made here is for its owner only.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
        made.map_err(|error| format!("{}: {error}", data.display()))?;
        let keys = development_keys(data)?;
        let stop = CancellationToken::new();
        let launch = Launch { data, keys: &keys, ports, stop: &stop };
        let challenge = rogatory_verification::ChallengeSettings {
            transport: rogatory_verification::ChallengeTransport::File,
            key_file: Some(secret(data, "challenge.key")?),
            directory: Some(challenges(data)),
            ..rogatory_verification::ChallengeSettings::default()
        };
        let signing = rogatory_disclosure::KeySettings {
            signing_key_file: signing_key(data)?,
            ..rogatory_disclosure::KeySettings::default()
        };
        let (routing, verification, disclosure, billing) = tokio::try_join!(
            launch
                .service::<rogatory_routing::Routing>(1, |server, store| rogatory_routing::Settings { server, store }),
            launch.service::<rogatory_verification::Verification>(2, |server, store| rogatory_verification::Settings {
                server,
                store,
                challenge,
                ..rogatory_verification::Settings::default()
            }),
            launch.service::<rogatory_disclosure::DisclosureScope>(3, |server, store| rogatory_disclosure::Settings {
                server,
                store,
                keys: signing,
                ..rogatory_disclosure::Settings::default()
            }),
            launch
                .service::<rogatory_billing::Billing>(4, |server, store| rogatory_billing::Settings { server, store }),
        )?;
        // Intake comes last: it calls the others at the addresses that they have got.
        let peer = |running: &Running| keys.peer(SERVICES[0], format!("https://{}", running.address));
        let peers = rogatory_intake::PeersSettings {
            routing: peer(&routing),
            verification: peer(&verification),
            disclosure: peer(&disclosure),
            billing: peer(&billing),
        };
        let target_key_file = Some(secret(data, "target.key")?);
        let intake = launch
            .service::<rogatory_intake::Intake>(0, |server, store| rogatory_intake::Settings {
                server,
                store,
                peers,
                target_key_file,
                ..rogatory_intake::Settings::default()
            })
            .await?;
        Ok(Self { keys, running: [intake, routing, verification, disclosure, billing], stop })
    }

    /// The services with their addresses.
    #[must_use]
    pub fn addresses(&self) -> [(&'static str, SocketAddr); 5] {
        std::array::from_fn(|index| (SERVICES[index], self.running[index].address))
    }

    /// The authority that a client trusts, PEM.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.keys.ca_file()
    }

    /// Connections to the services that people use. They are made when they are first used.
    ///
    /// # Errors
    /// When the certificate of the authority cannot be read.
    pub fn channels(&self) -> Result<Channels, StartError> {
        let authority = Certificate::from_pem(std::fs::read(self.ca_file())?);
        let channel = |running: &Running| -> Result<Channel, StartError> {
            let tls = ClientTlsConfig::new().ca_certificate(authority.clone());
            Ok(Endpoint::from_shared(format!("https://{}", running.address))?.tls_config(tls)?.connect_lazy())
        };
        let [intake, _, verification, disclosure, billing] = &self.running;
        Ok(Channels {
            intake: channel(intake)?,
            verification: channel(verification)?,
            disclosure: channel(disclosure)?,
            billing: channel(billing)?,
        })
    }

    /// Makes tokens of the development issuer.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        let keys = self.keys.clone();
        Arc::new(move |subject, roles| Ok(keys.token(subject, roles, Utc::now(), TOKEN_TTL)?))
    }

    /// Cancelled when the services are to stop; cancelling it stops them.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until every service has drained, after [`Suite::stopping`] was cancelled.
    pub async fn finished(self) {
        for running in self.running {
            running.finished().await;
        }
    }

    /// Drains every service and waits for the end.
    pub async fn stop(self) {
        self.stop.cancel();
        self.finished().await;
    }
}

/// What all five starts have in common.
struct Launch<'a> {
    data: &'a Path,
    keys: &'a DevelopmentKeys,
    ports: Ports,
    stop: &'a CancellationToken,
}

impl Launch<'_> {
    async fn service<P: Program>(
        &self,
        index: u16,
        settings: impl FnOnce(ServerSettings, StoreSettings) -> P::Settings,
    ) -> Result<Running, StartError> {
        let settings = settings(self.server(P::NAME, index), self.store(P::NAME));
        let runtime = Runtime { clock: SystemClock::shared() };
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", P::NAME);
        P::migrate(&settings, runtime.clone()).await.map_err(|error| named(&error))?;
        let server = settings.server().clone();
        let service = P::build(settings, runtime.clone()).await.map_err(|error| named(&error))?;
        let running = server::start(service, &server, runtime.clock, self.stop.clone()).await;
        Ok(running.map_err(|error| named(&error))?)
    }

    fn server(&self, name: &str, index: u16) -> ServerSettings {
        let (port, admin) = self.ports.of(index);
        ServerSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, admin)),
            tls: Some(self.keys.tls(name)),
            identity: Some(self.keys.identity()),
            // There is no balancer in front that would have to turn away first.
            lame_duck: Duration::ZERO,
            ..ServerSettings::default()
        }
    }

    fn store(&self, name: &str) -> StoreSettings {
        let path = database(self.data, name);
        StoreSettings { max_connections: READERS, ..StoreSettings::for_url(format!("sqlite://{}", path.display())) }
    }
}
