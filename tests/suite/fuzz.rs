//! Random bytes and randomly mutated messages to every RPC of the schema, by callers who are allowed to call it: whatever
//! comes, the answer is a refusal with a name, and the service is still well afterwards. The seed is fixed.

use std::cell::Cell;

use proptest::{
    collection::vec,
    prelude::any,
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use rogatory_tests::{
    schema::{Method, methods},
    suite::{Area, Engine, Suite},
    wire::Client,
};
use tonic::{Code, Status};

use crate::hostile::still_well;

/// Messages for each RPC: fewer where a stream that stays open has to be waited for.
const CASES: u32 = 16;
const CASES_OF_STREAMS: u32 = 6;

/// Text that some field takes, and text that none should.
const WORDS: &[&str] = &[
    "",
    "aliexpress.com",
    "HK",
    "EU",
    "target-1",
    "account-identity",
    "requests/req_01930000000070008000000000000001",
    "documents/doc_01930000000070008000000000000001",
    "agencies/agy_01930000000070008000000000000001",
    "verifications/ver_01930000000070008000000000000001",
    "decisions/dec_01930000000070008000000000000001",
    "grants/grt_01930000000070008000000000000001",
    "quotes/quo_01930000000070008000000000000001",
    "invoices/inv_01930000000070008000000000000001",
    "guideRevisions/rev_01930000000070008000000000000001",
    "policyRevisions/rev_01930000000070008000000000000001",
    "verificationRuleRevisions/rev_01930000000070008000000000000001",
    "compromises/cmp_01930000000070008000000000000001",
    "productions/prd_01930000000070008000000000000001",
    "scheduleRevisions/rev_01930000000070008000000000000001",
    "person:somebody",
    "somebody@police.port-harbour.example",
    "+12025550100",
    "sha256:abababababababababababababababababababababababababababababababab",
    "AAAAAAAAAAE",
    "' OR 1=1 --",
    "\u{0}",
    "\u{202e}evil\u{1b}[2J",
    "../../etc/passwd",
    "🦀🦀🦀",
    "key = \"value\"\n[[row]]\n",
];

/// A small generator of numbers, so that a case is told by its seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % (most as u64)).unwrap()
    }

    fn number(&mut self) -> i64 {
        let some = [0, 1, -1, 2, 100, i64::from(i32::MAX), i64::from(i32::MIN), i64::MAX, i64::MIN, 1_790_000_000];
        some[self.below(some.len())]
    }
}

/// A message with some of its fields set to anything.
fn anything(dice: &mut Dice, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        // Now and then a field is left out; deep down most are.
        if dice.below(10) < 2 + depth {
            continue;
        }
        let value = if field.is_map() {
            continue;
        } else if field.is_list() {
            // Lists of lists of lists: long ones stand near the top only, or a message would fill the memory.
            let count = match depth {
                0 | 1 if dice.below(40) == 0 => 1_500,
                0..=2 => dice.below(4),
                _ => dice.below(2),
            };
            Value::List((0..count).map(|_| value(dice, &field, depth)).collect())
        } else {
            value(dice, &field, depth)
        };
        message.set_field(&field, value);
    }
    message
}

#[allow(clippy::cast_possible_truncation, reason = "a number that is cut is as good as any other")]
fn value(dice: &mut Dice, field: &FieldDescriptor, depth: usize) -> Value {
    match field.kind() {
        Kind::Bool => Value::Bool(dice.below(2) == 0),
        Kind::String if field.name() == "request_id" && dice.below(8) > 0 => {
            Value::String(uuid::Uuid::from_u64_pair(dice.roll(), dice.roll()).to_string())
        }
        Kind::String => match dice.below(30) {
            0 => Value::String("x".repeat(20_000)),
            _ => Value::String(WORDS[dice.below(WORDS.len())].to_owned()),
        },
        Kind::Bytes => Value::Bytes((0..dice.below(300)).map(|_| dice.roll() as u8).collect::<Vec<u8>>().into()),
        Kind::Enum(kind) => match dice.below(6) {
            0 => Value::EnumNumber(dice.number() as i32),
            _ => {
                Value::EnumNumber(kind.values().nth(dice.below(kind.values().len())).map_or(0, |value| value.number()))
            }
        },
        Kind::Message(message) => Value::Message(anything(dice, &message, depth + 1)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(dice.number() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(dice.number()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(dice.roll() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(dice.roll()),
        Kind::Float => Value::F32(dice.number() as f32),
        Kind::Double => Value::F64(f64::from(dice.number() as i32)),
    }
}

/// Bytes of a message of which a few were changed, cut off or put in.
fn spoiled(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..dice.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.below(bytes.len());
        let byte = u8::try_from(dice.roll() & 0xff).unwrap();
        match dice.below(4) {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at),
            2 => bytes.insert(at, byte),
            _ => bytes[at] ^= 1 << dice.below(8),
        }
    }
    bytes
}

/// Whether an answer is one that the schema allows for.
fn fault(answer: &Result<Vec<Vec<u8>>, Status>) -> Option<String> {
    let Err(status) = answer else { return None };
    if matches!(
        status.code(),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unauthenticated | Code::PermissionDenied
    ) {
        return Some(format!("{status:?}"));
    }
    let details = tonic_types::pb::Status::decode(status.details()).ok()?.details;
    let infos: Vec<_> = details.iter().filter(|detail| detail.type_url.ends_with("/google.rpc.ErrorInfo")).collect();
    let domains: Vec<_> = infos
        .iter()
        .filter_map(|info| tonic_types::pb::ErrorInfo::decode(info.value.as_slice()).ok())
        .map(|info| info.domain)
        .collect();
    (domains != ["rogatory"]).then(|| format!("not one ErrorInfo of ours but {domains:?}: {status:?}"))
}

/// The caller for whom an RPC is made.
fn allowed(suite: &Suite, method: &Method, area: Area) -> Client {
    match method.roles.first() {
        Some(role) => suite.client_of("somebody", &[role]).to(area),
        None => suite.peer(&method.peers[0], area),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_breaks_an_rpc() {
    let suite = Suite::start(Engine::Sqlite).await;
    let runtime = tokio::runtime::Handle::current();
    let sent = Cell::new(0_u32);
    for method in methods() {
        let input = method.descriptor.input();
        let areas = Area::of_path(&method.path).map_or(Area::ALL.to_vec(), |area| vec![area]);
        for area in areas {
            let client = allowed(&suite, &method, area);
            let cases = if method.descriptor.is_server_streaming() { CASES_OF_STREAMS } else { CASES };
            let config = Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
            let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
            let strategy = (any::<u64>(), vec(any::<u8>(), 0..120)).prop_map(|(seed, noise)| {
                let dice = &mut Dice(seed);
                let parts = if method.descriptor.is_client_streaming() { 1 + dice.below(3) } else { 1 };
                let mut messages: Vec<Vec<u8>> =
                    (0..parts).map(|_| anything(dice, &input, 0).encode_to_vec()).collect();
                match dice.below(4) {
                    0 => vec![noise],
                    1 | 2 => messages,
                    _ => {
                        let first = spoiled(dice, messages.remove(0));
                        messages.insert(0, first);
                        messages
                    }
                }
            });
            let tried = tokio::task::block_in_place(|| {
                runner.run(&strategy, |messages| {
                    sent.set(sent.get() + 1);
                    let answer = runtime.block_on(client.send(&method.path, messages));
                    fault(&answer).map_or(Ok(()), |fault| Err(TestCaseError::fail(fault)))
                })
            });
            match tried {
                Ok(()) => {}
                Err(TestError::Fail(why, messages)) => {
                    panic!("{} of {}: {why}: {messages:?}", method.path, area.name())
                }
                Err(TestError::Abort(why)) => panic!("{}: {why}", method.path),
            }
        }
    }
    assert!(sent.get() >= 600, "only {} messages were sent", sent.get());
    still_well(&suite).await;
}
