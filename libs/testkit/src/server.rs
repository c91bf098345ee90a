//! A service in this process on ports of its own, over its real stack: TLS, tokens, client certificates and all.

use std::{net::SocketAddr, sync::Arc};

use rogatory_chassis::{
    Clock, Role, ServerSettings, Service,
    server::{self, Running},
};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::TestKeys;

/// A channel that shows who its caller is; for any generated client: `Client::new(server.person("ann", &[…]))`.
pub type Signed = InterceptedService<Channel, Credential>;

/// What a caller shows with each call.
#[derive(Debug, Clone)]
pub struct Credential(Option<String>);

impl Interceptor for Credential {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value =
                MetadataValue::try_from(format!("Bearer {token}")).map_err(|_| Status::internal("a bad token"))?;
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// A service that runs in this process.
#[derive(Debug)]
pub struct TestServer {
    running: Option<Running>,
    address: SocketAddr,
    admin_address: SocketAddr,
    name: &'static str,
    keys: Arc<TestKeys>,
}

impl TestServer {
    /// Starts `service`, whose certificate is the one of `name`, on ports that the system chooses.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(name: &'static str, service: Service, keys: &Arc<TestKeys>, clock: Arc<dyn Clock>) -> Self {
        Self::start_with(name, service, keys, clock, |_| {}).await
    }

    /// As [`TestServer::start`], with a word on the settings.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(
        name: &'static str,
        service: Service,
        keys: &Arc<TestKeys>,
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Self {
        let mut settings = ServerSettings {
            tls: Some(keys.development().tls(name)),
            identity: Some(keys.development().identity()),
            lame_duck: std::time::Duration::ZERO,
            ..ServerSettings::on_port(0)
        };
        settings.admin_listen.set_port(0);
        change(&mut settings);
        let running =
            server::start(service, &settings, clock, CancellationToken::new()).await.expect("the service starts");
        let (address, admin_address) = (running.address, running.admin_address);
        Self { running: Some(running), address, admin_address, name, keys: Arc::clone(keys) }
    }

    /// Its main address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its admin address, in plaintext.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Its URL, as a peer's settings name it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// A person with a token.
    #[must_use]
    pub fn person(&self, subject: &str, roles: &[Role]) -> Signed {
        self.bearer(self.keys.token(subject, roles))
    }

    /// Whoever shows this token.
    #[must_use]
    pub fn bearer(&self, token: String) -> Signed {
        InterceptedService::new(self.channel(None), Credential(Some(token)))
    }

    /// A service of the suite with its client certificate.
    #[must_use]
    pub fn peer(&self, name: &str) -> Signed {
        InterceptedService::new(self.channel(Some(name)), Credential(None))
    }

    /// Nobody: no token and no certificate.
    #[must_use]
    pub fn nobody(&self) -> Signed {
        InterceptedService::new(self.channel(None), Credential(None))
    }

    /// A channel that trusts the test's authority and shows the certificate of `name`, if one is given.
    ///
    /// # Panics
    /// When the keys cannot be read.
    #[must_use]
    pub fn channel(&self, name: Option<&str>) -> Channel {
        let read = |file: std::path::PathBuf| std::fs::read(file).expect("a development key");
        let mut tls = ClientTlsConfig::new()
            .domain_name("localhost")
            .ca_certificate(Certificate::from_pem(read(self.keys.development().ca_file())));
        if let Some(name) = name {
            let own = self.keys.development().tls(name);
            tls = tls.identity(Identity::from_pem(read(own.cert_file), read(own.key_file)));
        }
        Endpoint::from_shared(format!("https://localhost:{}", self.address.port()))
            .and_then(|endpoint| endpoint.tls_config(tls))
            .expect("an endpoint")
            .connect_lazy()
    }

    /// A channel to the admin port, in plaintext.
    ///
    /// # Panics
    /// When the address makes no URL.
    #[must_use]
    pub fn admin_channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.admin_address)).expect("an endpoint").connect_lazy()
    }

    /// The name of its certificate.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Drains it and waits for the end.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}
