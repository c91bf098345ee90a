//! Services and echoes as processes of their own, on plaintext loopback ports.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use prost::Message;
use rogatory_chassis::Role;
use rogatory_testkit::TestKeys;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use super::echo::Rpc;
use crate::suite;

/// What a caller shows: the same for the baseline, which does not look at it.
pub type Token = MetadataValue<Ascii>;

/// What services log. That a sender's domain resembles another is an alert, which some calls are made to raise.
const LOGGED: &str = "warn,rogatory_verification::app::open_verification=error";

/// A process that ends with the harness.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// A connection to it.
    pub channel: Channel,
}

impl Running {
    /// Starts a program and waits until its port takes connections.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(mut command: Command, port: u16) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts");
        let endpoint =
            Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an endpoint").tcp_nodelay(true);
        for _ in 0..30_000 {
            if let Ok(channel) = endpoint.connect().await {
                return Self { child, channel };
            }
            if let Some(status) = child.try_wait().expect("a child of this process") {
                panic!("the program ended before it served: {status}");
            }
            // Short, because the time until a service answers is measured too.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let _ = child.kill();
        panic!("nothing listens on port {port}");
    }

    /// Number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end in good order, and waits until it has.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn end(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().expect("kill runs");
        assert!(asked.success(), "process {} is not there", self.id());
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service on a database that has its tables, with tokens and everything else that the chassis does.
#[derive(Debug)]
pub struct Site {
    binary: PathBuf,
    settings: PathBuf,
    port: u16,
}

impl Site {
    /// Writes the settings of a service and makes its tables. `more` is what the settings say beyond the database.
    ///
    /// # Panics
    /// When the binary is not there or fails.
    #[must_use]
    pub fn new(keys: &TestKeys, name: &str, url: &str, more: &str) -> Self {
        let identity = keys.development().identity();
        let port = suite::free_port();
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\nadmin_listen = \"127.0.0.1:{}\"\nlame_duck = \"0s\"\n\
             [server.telemetry]\nlog_filter = \"{LOGGED}\"\n\
             [server.identity]\nissuer = {:?}\naudience = {:?}\njwks_file = {:?}\n[store]\nurl = {url:?}\n{more}",
            port + 1,
            identity.issuer,
            identity.audience,
            identity.jwks_file.expect("development keys have a key set"),
        );
        let settings = keys.folder().join(format!("{name}-{port}.toml"));
        fs::write(&settings, text).expect("the settings can be written");
        let site = Self { binary: suite::binary(&format!("rogatory-{name}")), settings, port };
        site.run(&["migrate"]);
        site
    }

    /// Runs a command of the binary to its end.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, arguments: &[&str]) {
        let done = self.command(arguments).stdout(Stdio::null()).status().expect("the binary runs");
        assert!(done.success(), "{} {arguments:?}", self.binary.display());
    }

    /// Starts the service.
    pub async fn start(&self) -> Running {
        Running::start(self.command(&["serve"]), self.port).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config").arg(&self.settings);
        command
    }
}

/// Starts the bare echo of one RPC, which gives this answer to every message.
///
/// # Panics
/// When it does not start.
pub async fn start_echo(keys: &TestKeys, rpc: Rpc, answer: &impl Message) -> Running {
    let port = suite::free_port();
    let file = keys.folder().join(format!("answer-{port}.bin"));
    fs::write(&file, answer.encode_to_vec()).expect("the answer can be written");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["echo", &rpc.key(), "--listen", &format!("127.0.0.1:{port}"), "--answer"]).arg(&file);
    Running::start(command, port).await
}

/// A credential with one role.
///
/// # Panics
/// Never.
#[must_use]
pub fn token(keys: &TestKeys, role: Role) -> Token {
    format!("Bearer {}", keys.token("load", &[role])).parse().expect("a header")
}

/// A call with that credential.
pub fn signed<M>(message: M, token: &Token) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", token.clone());
    request
}
