//! `BatchResolveContacts` over one stream against a bare stream echo, and the memory that it takes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use prost::Message as _;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::routing::v1::{
    BatchResolveContactsRequest, BatchResolveContactsResponse, ResidenceRecord, resolved_record::Outcome,
};
use rogatory_rulebook::Country;
use rogatory_testkit::{TestDatabase, TestKeys};
use tonic::{client::Grpc, codegen::http::uri::PathAndQuery};

use super::{
    codec::SharedCodec,
    echo::Rpc,
    effort::Effort,
    process::{cpu_time, resident_bytes},
    routing::PLATFORM,
    serving::{Running, Site, Token, signed, start_echo, token},
    table::mebibytes,
};

/// How many records a message has.
const RECORDS_PER_MESSAGE: [usize; 2] = [1_000, 10_000];
/// Parts of the stream, in hundredths, after which the memory of the server is looked at.
const LOOKS: [usize; 3] = [10, 50, 100];

/// An answer, of which only the outcomes are counted. Client and server share the machine: a client that unpacked each
/// answer would be what is measured.
#[derive(Clone, PartialEq, prost::Message)]
struct Tally {
    #[prost(message, repeated, tag = "2")]
    results: Vec<()>,
}

/// What one stream measured.
#[derive(Debug, Clone)]
struct Stream {
    records_per_second: f64,
    server_cpu_per_record: Duration,
    /// Resident memory of the server in bytes, at rest and then at each of [`LOOKS`].
    memory: Vec<u64>,
}

/// Measures with messages of each size.
pub async fn measure(effort: &Effort) {
    for size in RECORDS_PER_MESSAGE {
        batch(effort, size).await;
    }
}

async fn batch(effort: &Effort, size: usize) {
    let keys = TestKeys::new();
    let database = TestDatabase::sqlite();
    let token = token(&keys, Role::DataPlatform);
    let routing = Site::new(&keys, "routing", database.url(), "").start().await;
    let messages = messages(effort.records, size);
    let first = messages.first().expect("at least one record");
    let answer = answer(&routing, first, &token).await;
    let echo = start_echo(&keys, Rpc::BatchResolveContacts, &answer).await;
    println!(
        "\nBatchResolveContacts, {} records over one stream in messages of {size}, against a bare stream echo; request {} \
         bytes, answer {} bytes a message, {} different answers",
        messages.iter().map(|message| message.records.len()).sum::<usize>(),
        first.encoded_len(),
        answer.encoded_len(),
        answer.answers.len()
    );

    let (mut base, mut full) = (Vec::new(), Vec::new());
    for _ in effort.rounds() {
        base.push(stream(&echo, &messages, &token).await);
        full.push(stream(&routing, &messages, &token).await);
    }
    // The first stream after the start tells most of memory: what it took, later streams find.
    let memory = full.first().map(|stream| stream.memory.clone()).unwrap_or_default();
    print(&median(base), &median(full), &memory);
}

/// Every country in turn, so that each row of the guide and each of its notes is met.
fn messages(records: usize, size: usize) -> Vec<Arc<BatchResolveContactsRequest>> {
    let mut record =
        (1..=records).zip(Country::all().collect::<Vec<_>>().into_iter().cycle()).map(|(number, country)| {
            ResidenceRecord { record_id: format!("user-{number:07}"), residence_country: country.alpha2().to_owned() }
        });
    let message = || {
        let records: Vec<_> = record.by_ref().take(size).collect();
        let message = BatchResolveContactsRequest { platform: PLATFORM.to_owned(), rules_time: None, records };
        (!message.records.is_empty()).then(|| Arc::new(message))
    };
    std::iter::from_fn(message).collect()
}

/// What the service answers to one message.
async fn answer(
    routing: &Running,
    message: &Arc<BatchResolveContactsRequest>,
    token: &Token,
) -> BatchResolveContactsResponse {
    let mut answers = open::<BatchResolveContactsResponse>(routing, vec![Arc::clone(message)], token).await;
    let answer = answers.next().await.expect("an answer to each message").expect("an answer");
    for result in &answer.results {
        assert!(matches!(result.outcome, Some(Outcome::Answer(_))), "every country has an answer: {result:?}");
    }
    answer
}

async fn stream(server: &Running, messages: &[Arc<BatchResolveContactsRequest>], token: &Token) -> Stream {
    let records: usize = messages.iter().map(|message| message.records.len()).sum();
    let mut looks = LOOKS.iter().map(|part| messages.len() * part / 100).peekable();
    let mut memory = vec![resident_bytes(server.id())];
    let mut results = 0;
    let (begun, cpu) = (Instant::now(), cpu_time(server.id()));
    let mut answers = open::<Tally>(server, messages.to_vec(), token).await;
    let mut taken = 0;
    while let Some(answer) = answers.next().await {
        results += answer.expect("an answer").results.len();
        taken += 1;
        while looks.next_if(|look| *look <= taken).is_some() {
            memory.push(resident_bytes(server.id()));
        }
    }
    let (elapsed, cpu) = (begun.elapsed(), cpu_time(server.id()).saturating_sub(cpu));
    // The echo answers a last message that is shorter as it answers the first.
    assert!(taken == messages.len() && results >= records, "every record has an outcome: {results} of {records}");
    #[expect(clippy::cast_precision_loss, reason = "a rate for people; no count of records reaches 2^52")]
    let records_per_second = records as f64 / elapsed.as_secs_f64();
    let server_cpu_per_record = cpu.checked_div(u32::try_from(records).unwrap_or(u32::MAX)).unwrap_or_default();
    Stream { records_per_second, server_cpu_per_record, memory }
}

/// The stream, by a client that copies nothing before it sends.
async fn open<A: prost::Message + Default + 'static>(
    server: &Running,
    messages: Vec<Arc<BatchResolveContactsRequest>>,
    token: &Token,
) -> tonic::Streaming<A> {
    let path = PathAndQuery::from_static("/rogatory.routing.v1.RoutingService/BatchResolveContacts");
    let codec = SharedCodec::<BatchResolveContactsRequest, A>::default();
    let mut client = Grpc::new(server.channel.clone());
    client.ready().await.expect("a connection");
    let messages = signed(futures::stream::iter(messages), token);
    client.streaming(messages, path, codec).await.expect("a stream").into_inner()
}

fn median(mut streams: Vec<Stream>) -> Stream {
    streams.sort_by(|a, b| a.records_per_second.total_cmp(&b.records_per_second));
    streams.swap_remove(streams.len() / 2)
}

fn print(base: &Stream, full: &Stream, memory: &[u64]) {
    let line = |name: &str, stream: &Stream| {
        let cpu = stream.server_cpu_per_record.as_nanos();
        println!("{name:>22}  {:>12.0}  {cpu:>12}", stream.records_per_second);
    };
    println!("{:>22}  {:>12}  {:>12}", "", "records/s", "CPU ns/record");
    line("bare stream echo", base);
    line("BatchResolveContacts", full);
    println!("{:>22}  {:>10.0} %", "ratio", 100.0 * full.records_per_second / base.records_per_second);
    let memory: Vec<String> = memory.iter().map(|bytes| mebibytes(*bytes)).collect();
    println!("{:>22}  at rest, after {LOOKS:?} % of the first stream: {}", "resident", memory.join(", "));
}
