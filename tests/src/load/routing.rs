//! `ResolveContact` and `PlanRoute` against bare echoes, and the stored plan against bare SQL as well.

use std::time::{Duration, SystemTime};

use prost::Message as _;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    routing::v1::{
        PlanRouteRequest, ResolveContactRequest, RoutePlan, RoutedInstrument, TargetResidence,
        routing_service_client::RoutingServiceClient,
    },
    rulebook::v1::{
        AuthorityKind, InstrumentKind, MatterType, ResidenceEvidence,
        ResidenceEvidenceKind::{self, AccountRecord, BillingAddress, Declared, IpDerived, ShippingAddress},
    },
};
use rogatory_testkit::{TestDatabase, TestKeys};

use super::{
    bare_rows,
    driver::{Measurement, median, run},
    echo::Rpc,
    effort::{Effort, Engine},
    serving::{Running, Site, Token, signed, start_echo, token},
    table::{head, row},
};

/// The platform of every question.
pub const PLATFORM: &str = "aliexpress.com";

/// The targets of a plan: each row of the shipped guide, two pieces of evidence each, of every kind.
const TARGETS: [(&str, [ResidenceEvidenceKind; 2]); 10] = [
    ("HK", [Declared, AccountRecord]),
    ("CN", [AccountRecord, ShippingAddress]),
    ("US", [ShippingAddress, BillingAddress]),
    ("KZ", [AccountRecord, IpDerived]),
    ("FR", [BillingAddress, AccountRecord]),
    ("MO", [AccountRecord, Declared]),
    ("RU", [ShippingAddress, AccountRecord]),
    ("DE", [IpDerived, AccountRecord]),
    ("BR", [AccountRecord, BillingAddress]),
    ("JP", [Declared, ShippingAddress]),
];

/// Measures both.
pub async fn measure(effort: &Effort) {
    resolve_contact(effort).await;
    tried_plans(effort).await;
    for engine in &effort.engines {
        stored_plans(effort, *engine).await;
    }
}

async fn resolve_contact(effort: &Effort) {
    let keys = TestKeys::new();
    let database = TestDatabase::sqlite();
    let token = token(&keys, Role::Analyst);
    let routing = Site::new(&keys, "routing", database.url(), "").start().await;
    let question = question();
    let client = RoutingServiceClient::new(routing.channel.clone());
    let answer =
        client.clone().resolve_contact(signed(question.clone(), &token)).await.expect("an answer").into_inner();
    let echo = start_echo(&keys, Rpc::ResolveContact, &answer).await;

    println!(
        "\nResolveContact over the whole chassis against a bare tonic echo; request {} bytes, answer {} bytes",
        question.encoded_len(),
        answer.encoded_len()
    );
    head("bare echo", "ResolveContact");
    for &concurrency in &effort.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in effort.rounds() {
            base.push(resolve_round(effort, concurrency, &echo, &question, &token).await);
            full.push(resolve_round(effort, concurrency, &routing, &question, &token).await);
        }
        row(&median(base), &median(full));
    }
}

/// The contact of which country is asked.
#[must_use]
pub fn question() -> ResolveContactRequest {
    ResolveContactRequest { platform: PLATFORM.to_owned(), residence_country: "KZ".to_owned(), rules_time: None }
}

/// One round of `ResolveContact`.
///
/// # Panics
/// When a call fails.
pub async fn resolve_round(
    effort: &Effort,
    concurrency: usize,
    server: &Running,
    question: &ResolveContactRequest,
    token: &Token,
) -> Measurement {
    let client = RoutingServiceClient::new(server.channel.clone());
    let call = async |_| client.clone().resolve_contact(signed(question.clone(), token)).await.map(drop);
    run(concurrency, effort.time(), server.id(), call).await.expect("an answer")
}

/// What a plan costs to decide: the call stores nothing and asks no database.
async fn tried_plans(effort: &Effort) {
    let keys = TestKeys::new();
    let database = TestDatabase::sqlite();
    let token = token(&keys, Role::Analyst);
    let routing = Site::new(&keys, "routing", database.url(), "").start().await;
    let (plan, echo) = plan_and_echo(&keys, &routing, true, &token).await;
    println!("\nPlanRoute, only tried, against a bare tonic echo; {}", sizes(true, &plan));
    head("bare echo", "PlanRoute");
    for &concurrency in &effort.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in effort.rounds() {
            base.push(plan_round(effort, concurrency, &echo, true, &token).await);
            full.push(plan_round(effort, concurrency, &routing, true, &token).await);
        }
        row(&median(base), &median(full));
    }
}

/// What a plan costs to decide and to keep: each call commits a transaction. Two baselines, each with the same calls.
async fn stored_plans(effort: &Effort, engine: Engine) {
    let keys = TestKeys::new();
    let database = engine.database().await;
    let token = token(&keys, Role::Analyst);
    let routing = Site::new(&keys, "routing", database.url(), "").start().await;
    let bare = bare_rows::connect(database.url()).await.expect("the database");

    let before = bare_rows::census(&bare).await.expect("the tables");
    let (plan, echo) = plan_and_echo(&keys, &routing, false, &token).await;
    let rows = bare_rows::added_since(&bare, &before).await.expect("the rows of a plan");
    rows.write(&bare).await.expect("the same rows by bare SQL");

    let place = format!("{} ({})", engine.title(), bare_rows::durability(&bare).await.expect("a setting"));
    println!("\nPlanRoute, stored on {place}, against a bare tonic echo that stores nothing; {}", sizes(false, &plan));
    head("bare echo", "PlanRoute");
    let mut by_rows = Vec::new();
    for &concurrency in &effort.concurrency {
        let (mut echoed, mut written, mut full) = (Vec::new(), Vec::new(), Vec::new());
        for _ in effort.rounds() {
            echoed.push(plan_round(effort, concurrency, &echo, false, &token).await);
            let write = async |_| rows.write(&bare).await;
            written.push(run(concurrency, effort.time(), std::process::id(), write).await.expect("bare rows"));
            full.push(plan_round(effort, concurrency, &routing, false, &token).await);
        }
        let full = median(full);
        row(&median(echoed), &full);
        by_rows.push((median(written), full));
    }
    println!("\nThe same against the same {} rows by bare SQL in one transaction", rows.len());
    head("bare SQL", "PlanRoute");
    for (written, full) in &by_rows {
        row(written, full);
    }
}

async fn plan_and_echo(keys: &TestKeys, routing: &Running, tried: bool, token: &Token) -> (RoutePlan, Running) {
    let mut client = RoutingServiceClient::new(routing.channel.clone());
    let plan = client.plan_route(signed(facts(tried), token)).await.expect("a plan").into_inner();
    let echo = start_echo(keys, Rpc::PlanRoute, &plan).await;
    (plan, echo)
}

async fn plan_round(effort: &Effort, concurrency: usize, server: &Running, tried: bool, token: &Token) -> Measurement {
    let client = RoutingServiceClient::new(server.channel.clone());
    let call = async |_| client.clone().plan_route(signed(facts(tried), token)).await.map(drop);
    run(concurrency, effort.time(), server.id(), call).await.expect("a plan")
}

fn sizes(tried: bool, plan: &RoutePlan) -> String {
    format!(
        "{} targets, {} legs, {}; request {} bytes, answer {} bytes",
        TARGETS.len(),
        plan.legs.len(),
        plan.verdict().as_str_name(),
        facts(tried).encoded_len(),
        plan.encoded_len()
    )
}

/// The facts of a request that is new each time.
fn facts(validate_only: bool) -> PlanRouteRequest {
    let now = SystemTime::now();
    let ago = |days: u64| Some((now - Duration::from_secs(days * 24 * 60 * 60)).into());
    let targets = (1..).zip(&TARGETS).map(|(number, (country, kinds))| TargetResidence {
        target_id: format!("target-{number}"),
        evidence: (number..)
            .zip(kinds)
            .map(|(days, kind)| ResidenceEvidence {
                kind: (*kind).into(),
                country: (*country).to_owned(),
                source: source(*kind).to_owned(),
                record_time: ago(days),
            })
            .collect(),
    });
    PlanRouteRequest {
        request: format!("requests/req_{}", uuid::Uuid::now_v7().simple()),
        platform: PLATFORM.to_owned(),
        authority_country: "FR".to_owned(),
        authority_kind: AuthorityKind::Prosecutor.into(),
        instrument: Some(RoutedInstrument {
            kind: InstrumentKind::LetterOfRequest.into(),
            reference: "Parquet 2026/4711".to_owned(),
            issue_time: ago(3),
        }),
        matter_type: MatterType::Criminal.into(),
        served_contact: String::new(),
        targets: targets.collect(),
        receive_time: ago(1),
        rules_time: None,
        validate_only,
        request_id: uuid::Uuid::new_v4().to_string(),
    }
}

fn source(kind: ResidenceEvidenceKind) -> &'static str {
    match kind {
        AccountRecord => "account-service",
        ShippingAddress | BillingAddress => "orders",
        IpDerived => "logins",
        _ => "request",
    }
}
