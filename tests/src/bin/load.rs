//! The load harness. Measures, in one run on one machine, a bare tonic echo against `ResolveContact` over the whole chassis,
//! and bare SQL against `SubmitRequest` on SQLite and on PostgreSQL; prints the ratios.
//!
//! `cargo build --release --workspace --bins && cargo run --release -p rogatory-tests --bin load`
#![allow(clippy::expect_used, clippy::panic, reason = "a harness may fail loudly")]

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};
use prost::Message as _;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    intake::v1::{SubmitRequestRequest, request_service_client::RequestServiceClient, submit_request_request::Subject},
    routing::v1::{ResolveContactRequest, routing_service_client::RoutingServiceClient},
};
use rogatory_testkit::{TestDatabase, TestKeys};
use rogatory_tests::{
    load::{
        bare_rows,
        driver::{Measurement, median, run},
        echo,
        process::resident_bytes,
    },
    schema, suite,
};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

/// What a caller shows: the same for the baseline, which does not look at it.
type Token = MetadataValue<Ascii>;

#[derive(Debug, Parser)]
#[command(about = "Measures the suite against baselines in the same run")]
struct Arguments {
    /// Seconds of each measured round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Rounds of each measurement; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Calls in hand at once.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    concurrency: Vec<usize>,
    /// What to measure.
    #[arg(long, value_delimiter = ',', default_value = "resolve,sqlite,postgres,all-in-one")]
    only: Vec<String>,
    #[command(subcommand)]
    role: Option<Server>,
}

#[derive(Debug, Subcommand)]
enum Server {
    /// Serve the bare echo (the harness starts it by itself).
    Echo {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// File with the encoded answer.
        #[arg(long)]
        answer: PathBuf,
    },
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    if let Some(Server::Echo { listen, answer }) = &arguments.role {
        let answer = fs::read(answer).expect("the encoded answer");
        echo::serve(*listen, &answer).await.expect("the echo serves");
        return;
    }
    let wanted = |what: &str| arguments.only.iter().any(|only| only == what);
    if wanted("resolve") {
        resolve_contact(&arguments).await;
    }
    if wanted("sqlite") {
        submit_request(&arguments, "SQLite", TestDatabase::sqlite()).await;
    }
    if wanted("postgres") {
        submit_request(&arguments, "PostgreSQL", TestDatabase::postgres().await).await;
    }
    if wanted("all-in-one") {
        all_in_one();
    }
}

/// A child process that ends with the harness.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits until its port takes connections.
async fn start(mut command: Command, port: u16) -> (Running, Channel) {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts");
    let running = Running(child);
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an endpoint").tcp_nodelay(true);
    for _ in 0..200 {
        if let Ok(channel) = endpoint.connect().await {
            return (running, channel);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing listens on port {port}");
}

/// A service on a plaintext loopback port, with tokens and everything else that the chassis does.
async fn serve(keys: &TestKeys, name: &str, url: &str, port: u16, more: &str) -> (Running, Channel) {
    let identity = keys.development().identity();
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\nadmin_listen = \"127.0.0.1:{}\"\n\
         [server.telemetry]\nlog_filter = \"warn\"\n\
         [server.identity]\nissuer = {:?}\naudience = {:?}\njwks_file = {:?}\n[store]\nurl = {url:?}\n{more}",
        port + 1,
        identity.issuer,
        identity.audience,
        identity.jwks_file.expect("development keys have a key set"),
    );
    let file = keys.folder().join(format!("{name}.toml"));
    fs::write(&file, config).expect("the settings can be written");
    let command = |what: &str| {
        let mut command = Command::new(suite::binary(&format!("rogatory-{name}")));
        command.arg(what).arg("--config").arg(&file);
        command
    };
    assert!(command("migrate").stdout(Stdio::null()).status().expect("the binary runs").success(), "migrate");
    start(command("serve"), port).await
}

fn token(keys: &TestKeys, role: Role) -> Token {
    format!("Bearer {}", keys.token("load", &[role])).parse().expect("a header")
}

fn signed<M>(message: M, token: &Token) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", token.clone());
    request
}

async fn resolve_contact(arguments: &Arguments) {
    let keys = TestKeys::new();
    let database = TestDatabase::sqlite();
    let token = token(&keys, Role::Analyst);
    let (ports, question) = (free_ports(), question());
    let (routing, real) = serve(&keys, "routing", database.url(), ports.0, "").await;

    let answer = RoutingServiceClient::new(real.clone()).resolve_contact(signed(question.clone(), &token)).await;
    let answer = answer.expect("an answer").into_inner();
    let file = keys.folder().join("answer.bin");
    fs::write(&file, answer.encode_to_vec()).expect("the answer can be written");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["echo", "--listen", &format!("127.0.0.1:{}", ports.1), "--answer"]).arg(&file);
    let (bare, echo) = start(command, ports.1).await;

    println!(
        "ResolveContact over the whole chassis against a bare tonic echo; request {} bytes, answer {} bytes",
        question.encoded_len(),
        answer.encoded_len()
    );
    head("bare echo", "ResolveContact");
    for &concurrency in &arguments.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            base.push(resolve_round(arguments, concurrency, &bare, &echo, &token).await);
            full.push(resolve_round(arguments, concurrency, &routing, &real, &token).await);
        }
        row(&median(base), &median(full));
    }
}

fn question() -> ResolveContactRequest {
    ResolveContactRequest {
        platform: "aliexpress.com".to_owned(),
        residence_country: "KZ".to_owned(),
        rules_time: None,
    }
}

async fn resolve_round(
    arguments: &Arguments,
    concurrency: usize,
    server: &Running,
    channel: &Channel,
    token: &Token,
) -> Measurement {
    let client = RoutingServiceClient::new(channel.clone());
    let call = async |_| client.clone().resolve_contact(signed(question(), token)).await.map(drop);
    run(concurrency, Duration::from_secs(arguments.seconds), server.0.id(), call)
        .await
        .unwrap_or_else(|status: Status| panic!("a call failed: {status:?}"))
}

async fn submit_request(arguments: &Arguments, engine: &str, database: TestDatabase) {
    let keys = TestKeys::new();
    let token = token(&keys, Role::Submitter);
    // The docket is left to other replicas: what is measured is the call, as the baseline is.
    let mut more = "[docket]\nworkers = 0\n".to_owned();
    for peer in ["routing", "verification", "disclosure", "billing"] {
        let tls = keys.development().tls("intake");
        more += &format!(
            "[peers.{peer}]\nendpoint = \"https://localhost:1\"\nca_file = {:?}\ncert_file = {:?}\nkey_file = {:?}\n",
            keys.development().ca_file(),
            tls.cert_file,
            tls.key_file
        );
    }
    let (intake, channel) = serve(&keys, "intake", database.url(), free_ports().0, &more).await;
    let client = RequestServiceClient::new(channel);
    let bare = connect(database.url()).await;

    let before = bare_rows::census(&bare).await.expect("the tables");
    client.clone().submit_request(signed(submission(), &token)).await.expect("a submission");
    let rows = bare_rows::added_since(&bare, &before).await.expect("the rows of a submission");
    rows.write(&bare).await.expect("the same rows by bare SQL");

    println!(
        "\nSubmitRequest on {engine} ({}) against the same {} rows by bare SQL in one transaction",
        durability(&bare).await,
        rows.len()
    );
    head("bare SQL", "SubmitRequest");
    for &concurrency in &arguments.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        let time = Duration::from_secs(arguments.seconds);
        for _ in 0..arguments.rounds {
            let write = async |_| rows.write(&bare).await;
            base.push(run(concurrency, time, std::process::id(), write).await.expect("bare rows are written"));
            let call = async |_| client.clone().submit_request(signed(submission(), &token)).await.map(drop);
            full.push(run(concurrency, time, intake.0.id(), call).await.expect("a submission"));
        }
        row(&median(base), &median(full));
    }
}

fn submission() -> SubmitRequestRequest {
    // The same request as the scenario of the coverage test files, without a paper.
    let json = include_str!("../load/submission.json");
    let descriptor = schema::pool().get_message_by_name("rogatory.intake.v1.LegalRequest").expect("the schema has it");
    let mut reader = serde_json::Deserializer::from_str(json);
    let request = prost_reflect::DynamicMessage::deserialize(descriptor, &mut reader).expect("a request");
    SubmitRequestRequest {
        subject: Some(Subject::Request(request.transcode_to().expect("a request"))),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..SubmitRequestRequest::default()
    }
}

/// A pool as the service has it: SQLite with one writer that syncs at each commit, PostgreSQL with as many connections.
async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url.to_owned());
    let sqlite = url.starts_with("sqlite");
    let connections = if sqlite { 1 } else { rogatory_store::StoreSettings::default().max_connections };
    options.max_connections(connections).sqlx_logging(false);
    if sqlite {
        options.map_sqlx_sqlite_opts(|options| {
            options
                .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30))
        });
    }
    Database::connect(options).await.expect("the database")
}

async fn durability(database: &DatabaseConnection) -> String {
    let backend = database.get_database_backend();
    let (sql, name) = match backend {
        DbBackend::Postgres => ("SHOW fsync", "fsync"),
        _ => ("PRAGMA synchronous", "synchronous"),
    };
    let row = database.query_one_raw(Statement::from_string(backend, sql)).await.expect("a setting").expect("a row");
    match backend {
        DbBackend::Postgres => format!("fsync {}", row.try_get::<String>("", name).expect("a word")),
        _ => format!("WAL, synchronous {}", if row.try_get::<i64>("", name) == Ok(2) { "FULL" } else { "not FULL" }),
    }
}

/// Start-up time and resting memory of `rogatory up`.
fn all_in_one() {
    let folder = TestKeys::new();
    let data = folder.folder().join("data");
    let launch = |ports: &str| {
        let mut command = Command::new(suite::binary("rogatory"));
        command.args(["up", "--port-base", ports, "--data"]).arg(&data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        (Running(command.spawn().expect("the program starts")), begun)
    };
    let base = free_ports().0;
    // The first start makes keys and databases; the second finds them.
    for what in ["first", "second"] {
        let (running, begun) = launch(&base.to_string());
        while (0..5).any(|offset| std::net::TcpStream::connect(("127.0.0.1", base + offset)).is_err()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the all-in-one does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        let started = begun.elapsed();
        std::thread::sleep(Duration::from_secs(5));
        println!(
            "\nrogatory up, {what} start: all five ports after {} ms, {} MiB resident after 5 s at rest",
            started.as_millis(),
            resident_bytes(running.0.id()) / (1024 * 1024)
        );
    }
}

fn head(base: &str, full: &str) {
    println!("{:>5}  {base:^41}  {full:^41}  {:^16}", "calls", "ratio");
    println!(
        "{:>5}  {:>9} {:>9} {:>9} {:>11}  {:>9} {:>9} {:>9} {:>11}  {:>8} {:>7}",
        "", "per s", "p50 µs", "p99 µs", "CPU µs/call", "per s", "p50 µs", "p99 µs", "CPU µs/call", "per s", "CPU"
    );
}

#[expect(clippy::cast_precision_loss, reason = "microseconds for people")]
fn row(base: &Measurement, full: &Measurement) {
    let half = |m: &Measurement| {
        format!(
            "{:>9.0} {:>9} {:>9} {:>11}",
            m.per_second,
            m.p50.as_micros(),
            m.p99.as_micros(),
            m.server_cpu.as_micros()
        )
    };
    let cpu = full.server_cpu.as_micros() as f64 / base.server_cpu.as_micros().max(1) as f64;
    let rate = 100.0 * full.per_second / base.per_second;
    println!("{:>5}  {}  {}  {rate:>6.0} % {cpu:>6.2}x", base.concurrency, half(base), half(full));
}

/// Two runs of ports that are free now, below the range of outgoing connections.
fn free_ports() -> (u16, u16) {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut runs = (10_000..30_000_u16).step_by(20).filter(|base| (*base..*base + 10).all(free));
    (runs.next().expect("free ports"), runs.next().expect("free ports"))
}
