//! The suite as five real processes on ports of their own, with TLS, client certificates and tokens, as it runs in
//! production but for the keys.

use std::{
    fmt::Write as _,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rogatory_chassis::{
    PeerSettings, Role, caller::role_of_claim, development::DevelopmentKeys, settings::TlsSettings,
};
use rogatory_testkit::{TestDatabase, TestKeys};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::wire::Client;

/// The services of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// The life of a request.
    Intake,
    /// Whom to serve.
    Routing,
    /// Who is believed.
    Verification,
    /// What may leave.
    Disclosure,
    /// What it costs.
    Billing,
}

impl Area {
    /// All of them, intake last: it calls the others.
    pub const ALL: [Self; 5] = [Self::Routing, Self::Verification, Self::Disclosure, Self::Billing, Self::Intake];

    /// As in packages, certificates and binaries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Verification => "verification",
            Self::Disclosure => "disclosure",
            Self::Billing => "billing",
        }
    }

    /// The service whose package a path is of: `/rogatory.intake.v1.RequestService/…`; the event feed is every service's.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| path.starts_with(&format!("/rogatory.{}.", area.name())))
    }
}

/// On which database the suite runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, a file for each service.
    Sqlite,
    /// A private database for each service.
    Postgres,
}

/// Five services as processes.
#[derive(Debug)]
pub struct Suite {
    keys: TestKeys,
    processes: Vec<Process>,
    /// Lines that are added to the settings of every service.
    settings: String,
    /// Settings of one service, as flags.
    flags: Vec<(Area, String)>,
}

#[derive(Debug)]
struct Process {
    area: Area,
    database: TestDatabase,
    config: PathBuf,
    log: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Suite {
    /// Migrates and starts all five, and waits until they serve.
    ///
    /// # Panics
    /// When one does not start.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, "").await
    }

    /// As [`Suite::start`], with lines of TOML added to the settings of every service.
    ///
    /// # Panics
    /// When one does not start.
    pub async fn start_with(engine: Engine, settings: &str) -> Self {
        let mut suite = Self::prepare(engine, settings, &[]).await;
        for area in Area::ALL {
            suite.run(area, &["migrate"]);
            suite.serve(area).await;
        }
        suite
    }

    /// All five with their settings and empty databases; none is migrated and none runs. `flags` are settings of one
    /// service: `docket.poll_ms=100`.
    ///
    /// # Panics
    /// When a database or the settings cannot be made.
    pub async fn prepare(engine: Engine, settings: &str, flags: &[(Area, &str)]) -> Self {
        let flags = flags.iter().map(|(area, flag)| (*area, (*flag).to_owned())).collect();
        let mut suite = Self { keys: TestKeys::new(), processes: Vec::new(), settings: settings.to_owned(), flags };
        for area in Area::ALL {
            suite.add(area, engine).await;
        }
        suite
    }

    async fn add(&mut self, area: Area, engine: Engine) {
        let database = match engine {
            Engine::Sqlite => TestDatabase::sqlite(),
            Engine::Postgres => TestDatabase::postgres().await,
        };
        let folder = self.keys.folder().to_owned();
        let port = free_port();
        let mut config = String::new();
        self.write_config(&mut config, area, database.url(), port).expect("a string takes everything");
        let path = folder.join(format!("{}.toml", area.name()));
        fs::write(&path, config).expect("the settings can be written");
        let log = folder.join(format!("{}.log", area.name()));
        self.processes.push(Process { area, database, config: path, log, port, child: None });
    }

    fn write_config(&self, out: &mut String, area: Area, url: &str, port: u16) -> std::fmt::Result {
        let keys = self.keys.development();
        let TlsSettings { cert_file, key_file, client_ca_file } = keys.tls(area.name());
        let identity = keys.identity();
        if area == Area::Intake {
            writeln!(out, "target_key_file = {:?}", self.secret("target.key"))?;
        }
        writeln!(out, "[server]\nlisten = \"127.0.0.1:{port}\"\nadmin_listen = \"127.0.0.1:{}\"", port + 1)?;
        writeln!(out, "lame_duck = \"100ms\"\n{}", self.settings)?;
        writeln!(out, "[server.tls]\ncert_file = {cert_file:?}\nkey_file = {key_file:?}")?;
        writeln!(out, "client_ca_file = {:?}", client_ca_file.expect("development keys have an authority"))?;
        writeln!(out, "[server.identity]\nissuer = {:?}\naudience = {:?}", identity.issuer, identity.audience)?;
        writeln!(out, "jwks_file = {:?}", identity.jwks_file.expect("development keys have a key set"))?;
        writeln!(out, "[store]\nurl = {url:?}")?;
        if area == Area::Verification {
            writeln!(out, "[challenge]\ntransport = \"file\"\nkey_file = {:?}", self.secret("challenge.key"))?;
            writeln!(out, "directory = {:?}", self.challenges())?;
            // Where nobody answers: a test asks no name server of the network.
            writeln!(out, "[message]\nname_servers = [\"127.0.0.1:9\"]\ndns_deadline_ms = 200")?;
        }
        if area == Area::Disclosure {
            writeln!(out, "[keys]\nsigning_key_file = {:?}", self.signing_key())?;
        }
        if area == Area::Intake {
            for peer in Area::ALL.into_iter().filter(|peer| *peer != Area::Intake) {
                let endpoint = format!("https://localhost:{}", self.process(peer).port);
                let PeerSettings { endpoint, ca_file, cert_file, key_file, .. } = keys.peer("intake", endpoint);
                writeln!(out, "[peers.{}]\nendpoint = {endpoint:?}", peer.name())?;
                for (key, file) in [("ca_file", ca_file), ("cert_file", cert_file), ("key_file", key_file)] {
                    writeln!(out, "{key} = {:?}", file.expect("development keys have all files"))?;
                }
            }
        }
        Ok(())
    }

    /// Runs a command of a service's binary to its end and gives what it printed.
    ///
    /// # Panics
    /// When it fails.
    #[must_use = "or assign it to `_`"]
    pub fn output(&self, area: Area, arguments: &[&str]) -> String {
        let output = self.command(area, arguments).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {said}", area.name());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn run(&self, area: Area, arguments: &[&str]) {
        let _ = self.output(area, arguments);
    }

    /// A command of a service's binary with the settings of this suite, to be run.
    #[must_use]
    pub fn command(&self, area: Area, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary(&format!("rogatory-{}", area.name())));
        command.args(arguments).arg("--config").arg(&self.process(area).config);
        for (_, flag) in self.flags.iter().filter(|(of, _)| *of == area) {
            command.args(["--set", flag]);
        }
        command
    }

    /// Starts a service and waits until its health says that it serves.
    ///
    /// # Panics
    /// When it ends instead, or does not serve within half a minute.
    pub async fn serve(&mut self, area: Area) {
        let log = self.open_log(area);
        let mut command = self.command(area, &["serve"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the binary starts");
        let port = self.port(area);
        let child = self.process_mut(area).child.insert(child);
        let served = serves(child, port + 1).await;
        assert!(served, "{} does not serve: {}", area.name(), self.log(area));
    }

    /// Starts one more process of a service, on ports of its own, over the same database and with the same keys.
    ///
    /// # Panics
    /// When it does not serve within half a minute.
    pub async fn replica(&self, area: Area) -> Replica {
        let port = free_port();
        self.replica_on(area, port).await
    }

    /// As [`Suite::replica`], on a port that another replica had.
    ///
    /// # Panics
    /// When it does not serve within half a minute.
    pub async fn replica_on(&self, area: Area, port: u16) -> Replica {
        let mut command = self.command(area, &["serve"]);
        for (key, port) in [("listen", port), ("admin_listen", port + 1)] {
            command.args(["--set", &format!("server.{key}=127.0.0.1:{port}")]);
        }
        let log = self.open_log(area);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the binary starts");
        let mut replica = Replica { port, child };
        assert!(serves(&mut replica.child, port + 1).await, "a replica of {} does not serve", area.name());
        replica
    }

    fn open_log(&self, area: Area) -> File {
        File::options().create(true).append(true).open(&self.process(area).log).expect("a log file")
    }

    /// Kills a service where it stands, as a power cut does.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill(&mut self, area: Area) {
        let mut child = self.process_mut(area).child.take().expect("the service runs");
        child.kill().expect("it can be killed");
        let _ = child.wait();
    }

    /// Asks a service to end and gives the exit code once it has drained.
    ///
    /// # Panics
    /// When it is not running.
    pub async fn terminate(&mut self, area: Area) -> Option<i32> {
        self.ask_to_end(area);
        self.ended(area).await
    }

    /// Sends a service SIGTERM.
    ///
    /// # Panics
    /// When it is not running.
    pub fn ask_to_end(&self, area: Area) {
        ask_to_end(self.pid(area));
    }

    /// Waits until a service that was asked to has ended, and gives its exit code.
    ///
    /// # Panics
    /// When it is not running.
    pub async fn ended(&mut self, area: Area) -> Option<i32> {
        let child = self.process_mut(area).child.take().expect("the service runs");
        code_of(child).await
    }

    /// The process id of a service.
    ///
    /// # Panics
    /// When it is not running.
    #[must_use]
    pub fn pid(&self, area: Area) -> u32 {
        self.process(area).child.as_ref().expect("the service runs").id()
    }

    /// The port of a service.
    #[must_use]
    pub fn port(&self, area: Area) -> u16 {
        self.process(area).port
    }

    /// The keys of the suite.
    #[must_use]
    pub fn keys(&self) -> &TestKeys {
        &self.keys
    }

    /// The folder with the mail that verification would have sent.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn challenges(&self) -> PathBuf {
        let folder = self.keys.folder().join("challenges");
        fs::create_dir_all(&folder).expect("a folder for mail");
        folder
    }

    /// A file with a secret.
    fn secret(&self, name: &str) -> PathBuf {
        let file = self.keys.folder().join(name);
        fs::write(&file, uuid::Uuid::new_v4().simple().to_string()).expect("the secret can be written");
        file
    }

    /// A file with the key that signs grants.
    fn signing_key(&self) -> PathBuf {
        let file = self.keys.folder().join("signing.pem");
        DevelopmentKeys::signing_key(&file).expect("a key can be made");
        file
    }

    /// The file with the settings of a service.
    #[must_use]
    pub fn config_file(&self, area: Area) -> &std::path::Path {
        &self.process(area).config
    }

    /// What a service has logged so far.
    #[must_use]
    pub fn log(&self, area: Area) -> String {
        fs::read_to_string(&self.process(area).log).unwrap_or_default()
    }

    /// A person with roles as a token names them; say to which service with [`Person::to`].
    ///
    /// # Panics
    /// When a role is none.
    #[must_use]
    pub fn client_of(&self, subject: &str, roles: &[&str]) -> Person<'_> {
        let roles: Vec<Role> = roles.iter().map(|role| role_of_claim(role).expect("a role")).collect();
        Person { suite: self, token: Some(self.keys.token(subject, &roles)) }
    }

    /// Whoever shows this token; nobody without one.
    #[must_use]
    pub fn bearer(&self, token: Option<String>) -> Person<'_> {
        Person { suite: self, token }
    }

    /// The connection of a person to `area`.
    #[must_use]
    pub fn connection(&self, area: Area) -> Channel {
        self.channel(area, None)
    }

    /// A service of the suite with its certificate, to `area`.
    #[must_use]
    pub fn peer(&self, name: &str, area: Area) -> Client {
        Client::new(self.channel(area, Some(name)), None)
    }

    fn channel(&self, area: Area, peer: Option<&str>) -> Channel {
        let read = |file: PathBuf| fs::read(file).expect("a development key");
        let keys = self.keys.development();
        let mut tls =
            ClientTlsConfig::new().domain_name("localhost").ca_certificate(Certificate::from_pem(read(keys.ca_file())));
        if let Some(name) = peer {
            let own = keys.tls(name);
            tls = tls.identity(Identity::from_pem(read(own.cert_file), read(own.key_file)));
        }
        Endpoint::from_shared(format!("https://localhost:{}", self.port(area)))
            .and_then(|endpoint| endpoint.tls_config(tls))
            .expect("an endpoint")
            .connect_lazy()
    }

    /// The database of a service, to look at from outside.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn database(&self, area: Area) -> DatabaseConnection {
        Database::connect(self.process(area).database.url()).await.expect("the database of a service")
    }

    /// The number that a query names `n`.
    ///
    /// # Panics
    /// When the query fails.
    pub async fn count(&self, area: Area, sql: &str) -> i64 {
        let database = self.database(area).await;
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await.expect("a query").expect("a row");
        let count = row.try_get("", "n").expect("a number named n");
        database.close().await.expect("the database closes");
        count
    }

    fn process(&self, area: Area) -> &Process {
        self.processes.iter().find(|process| process.area == area).expect("every service has a process")
    }

    fn process_mut(&mut self, area: Area) -> &mut Process {
        self.processes.iter_mut().find(|process| process.area == area).expect("every service has a process")
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        for process in &mut self.processes {
            if let Some(child) = &mut process.child {
                let _ = child.kill();
                let _ = child.wait();
            }
            if std::thread::panicking() {
                let log = fs::read_to_string(&process.log).unwrap_or_default();
                let telling =
                    |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ") || line.contains("rogatory");
                let tail: Vec<&str> = log.lines().rev().filter(telling).take(15).collect();
                let lines = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
                eprintln!("---- {} ----\n{lines}", process.area.name());
            }
        }
    }
}

/// One more process of a service.
#[derive(Debug)]
pub struct Replica {
    /// Its port.
    pub port: u16,
    child: Child,
}

impl Replica {
    /// Asks it to end and gives the exit code once it has drained.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub async fn terminate(&mut self) -> Option<i32> {
        ask_to_end(self.child.id());
        for _ in 0..1200 {
            if let Some(status) = self.child.try_wait().expect("a process of this test") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it does not end");
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the health of the process on this admin port says that it serves: none when it does not answer.
pub async fn health(admin_port: u16) -> Option<bool> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{admin_port}")).expect("an endpoint");
    let channel = endpoint.connect().await.ok()?;
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(channel).check(request).await.ok()?;
    Some(answer.get_ref().status() == ServingStatus::Serving)
}

/// Waits until a process serves: not when it ends instead, or takes longer than half a minute.
async fn serves(child: &mut Child, admin_port: u16) -> bool {
    for _ in 0..1500 {
        if child.try_wait().expect("a process of this test").is_some() {
            return false;
        }
        if health(admin_port).await == Some(true) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn ask_to_end(pid: u32) {
    let asked = Command::new("kill").args(["-TERM", &pid.to_string()]).status().expect("kill runs");
    assert!(asked.success(), "process {pid} is not there");
}

async fn code_of(mut child: Child) -> Option<i32> {
    tokio::task::spawn_blocking(move || child.wait()).await.expect("a thread").expect("it ends").code()
}

/// A caller of any service.
#[derive(Debug, Clone)]
pub struct Person<'a> {
    suite: &'a Suite,
    token: Option<String>,
}

impl Person<'_> {
    /// The caller at the door of one service.
    #[must_use]
    pub fn to(&self, area: Area) -> Client {
        Client::new(self.suite.channel(area, None), self.token.clone())
    }
}

/// A binary of the workspace.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("ROGATORY_BIN_DIR").map(PathBuf::from).or_else(|| {
        // A test runs from `<target>/debug/deps`, next to the folder where its binaries are.
        let own = std::env::current_exe().ok()?;
        own.ancestors().find(|folder| folder.join(name).is_file()).map(PathBuf::from)
    });
    let path = folder.map(|folder| folder.join(name)).filter(|path| path.is_file());
    path.unwrap_or_else(|| panic!("{name} was not built: run tests/run, or `cargo build --workspace --bins` first"))
}

/// A port that is free together with the one after it. Below the range from which the system takes ports for outgoing
/// connections, so that nobody takes it by chance before the service does.
///
/// # Panics
/// Never.
#[must_use]
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    // Tests of one process count on from each other; processes start at different places.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 500).unwrap_or_default() * 20;
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(2, Ordering::Relaxed)) % 12_000;
        if [port, port + 1].iter().all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()) {
            return port;
        }
    }
}
