//! Whether a long history of published guides slows the start or a lookup.

use std::time::{Duration, Instant, SystemTime};

use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    routing::v1::{
        CreateGuideRevisionRequest, GetGuideRevisionRequest, ListGuideRevisionsRequest, PublishGuideRevisionRequest,
        ResolveContactRequest, guide_service_client::GuideServiceClient, routing_service_client::RoutingServiceClient,
    },
    rulebook::v1::Revision,
};
use rogatory_testkit::{TestDatabase, TestKeys};
use tonic::transport::Channel;

use super::{
    driver::median,
    effort::Effort,
    process::resident_bytes,
    routing::{PLATFORM, question, resolve_round},
    serving::{Running, Site, Token, signed, token},
    table::{head, mebibytes, row},
};

/// In the years of the first revision, which is the only one that was in force then.
const YEARS_AGO: Duration = Duration::from_secs(4 * 365 * 24 * 60 * 60);

/// What one start measured.
#[derive(Debug, Clone, Copy)]
struct Start {
    listening: Duration,
    answered: Duration,
    memory: u64,
}

/// Measures both histories on SQLite.
///
/// # Panics
/// When a call fails.
pub async fn measure(effort: &Effort) {
    let keys = TestKeys::new();
    let analyst = token(&keys, Role::Analyst);
    let databases = [TestDatabase::sqlite(), TestDatabase::sqlite()];
    let [short, long] = databases.each_ref().map(|database| Site::new(&keys, "routing", database.url(), ""));
    publish_many(&long, effort.revisions, &token(&keys, Role::Publisher)).await;

    let (mut short_starts, mut long_starts) = (Vec::new(), Vec::new());
    for _ in effort.rounds() {
        short_starts.push(start(&short, &analyst).await);
        long_starts.push(start(&long, &analyst).await);
    }
    print(effort.revisions, middle(short_starts), middle(long_starts));

    let (short, long) = (short.start().await, long.start().await);
    lookups(effort, "of now", &question(), [&short, &long], &analyst).await;
    let then = ResolveContactRequest { rules_time: Some((SystemTime::now() - YEARS_AGO).into()), ..question() };
    lookups(effort, "of the time of the first revision", &then, [&short, &long], &analyst).await;
    for (name, server) in [("short", &short), ("long", &long)] {
        println!("{name} history: {} resident after the lookups", mebibytes(resident_bytes(server.id())));
    }
}

/// Drafts and publishes variations of the shipped guide until so many revisions are published.
async fn publish_many(site: &Site, revisions: usize, publisher: &Token) {
    let routing = site.start().await;
    let mut guides = GuideServiceClient::new(routing.channel.clone());
    let shipped = shipped(&mut guides, publisher).await;
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    for number in 2..=revisions {
        let asked = Instant::now();
        let text = format!("{}\n# Variation {number}.\n", shipped.text);
        let draft = CreateGuideRevisionRequest { text, request_id: fresh() };
        let draft = guides.create_guide_revision(signed(draft, publisher)).await.expect("a draft").into_inner();
        let publish = PublishGuideRevisionRequest {
            name: draft.name,
            etag: draft.etag,
            effective_time: None,
            request_id: fresh(),
        };
        guides.publish_guide_revision(signed(publish, publisher)).await.expect("a publication");
        slowest = slowest.max(asked.elapsed());
    }
    println!(
        "\n{revisions} published revisions of a guide of {} bytes; drafting and publishing took {} ms, the slowest {} ms",
        shipped.text.len(),
        begun.elapsed().as_millis(),
        slowest.as_millis()
    );
    routing.end();
}

async fn shipped(guides: &mut GuideServiceClient<Channel>, publisher: &Token) -> Revision {
    let list = ListGuideRevisionsRequest { document: PLATFORM.to_owned(), ..ListGuideRevisionsRequest::default() };
    let listed = guides.list_guide_revisions(signed(list, publisher)).await.expect("a list").into_inner();
    let name = listed.revisions.into_iter().next().expect("the shipped guide is published").name;
    let named = signed(GetGuideRevisionRequest { name }, publisher);
    guides.get_guide_revision(named).await.expect("the shipped guide").into_inner()
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// One start: from the start of the process until the port answers, and until the first question is answered.
async fn start(site: &Site, token: &Token) -> Start {
    let begun = Instant::now();
    let routing: Running = site.start().await;
    let listening = begun.elapsed();
    let mut client = RoutingServiceClient::new(routing.channel.clone());
    client.resolve_contact(signed(question(), token)).await.expect("the first answer");
    let answered = begun.elapsed();
    let memory = resident_bytes(routing.id());
    routing.end();
    Start { listening, answered, memory }
}

/// The start with the median time until the first answer.
fn middle(mut starts: Vec<Start>) -> Start {
    starts.sort_by_key(|start| start.answered);
    starts.swap_remove(starts.len() / 2)
}

fn print(revisions: usize, short: Start, long: Start) {
    println!("{:>10}  {:>12}  {:>16}  {:>14}", "revisions", "listens ms", "first answer ms", "resident");
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    for (count, start) in [(1, short), (revisions, long)] {
        let (listening, answered) = (millis(start.listening), millis(start.answered));
        println!("{count:>10}  {listening:>12.1}  {answered:>16.1}  {:>14}", mebibytes(start.memory));
    }
    let ratio = |of: fn(&Start) -> Duration| of(&long).as_secs_f64() / of(&short).as_secs_f64();
    println!("{:>10}  {:>11.2}x  {:>15.2}x", "ratio", ratio(|start| start.listening), ratio(|start| start.answered));
}

async fn lookups(effort: &Effort, what: &str, question: &ResolveContactRequest, servers: [&Running; 2], token: &Token) {
    println!("\nResolveContact {what}: a history of 1 against one of {} published revisions", effort.revisions);
    head("1 revision", &format!("{} revisions", effort.revisions));
    for &concurrency in &effort.concurrency {
        let [mut short, mut long] = [Vec::new(), Vec::new()];
        for _ in effort.rounds() {
            short.push(resolve_round(effort, concurrency, servers[0], question, token).await);
            long.push(resolve_round(effort, concurrency, servers[1], question, token).await);
        }
        row(&median(short), &median(long));
    }
}
