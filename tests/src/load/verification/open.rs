//! `OpenVerification` with all automatic checks, against the same call without message and copy, and against a bare echo.

use std::time::Duration;

use prost::Message as _;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    OpenVerificationRequest, ReceivedMessage, SignedCopy, Verification, evidence,
    verification_service_client::VerificationServiceClient,
};
use rogatory_rulebook::Digest;
use rogatory_testkit::TestKeys;

use super::{
    super::{
        bare_rows,
        driver::{Measurement, median, run},
        echo::Rpc,
        effort::{Effort, Engine},
        papers::{CLIENT_IP, Desk, NameServer, pdf},
        serving::{Running, Site, Token, signed, start_echo, token},
        table::{head, row},
    },
    agency, facts, register,
};

const AGENCY: &str = "Quillhaven Police Department";
const DOMAIN: &str = "quillhaven-police.example";
/// Bytes of a message, about: what the paper in it makes in base64.
const MESSAGE: usize = 1_000_000;
/// Bytes of a paper.
const PAPER: usize = MESSAGE / 4 * 3 - 8_000;
/// Different messages, in turn. Making one takes as long as a call, so that they are made before.
const MESSAGES: u64 = 128;
/// What is aimed at with one call in hand.
const AIM: Duration = Duration::from_millis(50);

/// A message with its paper.
struct Mail {
    raw: Vec<u8>,
    copy: SignedCopy,
}

pub(super) async fn measure(effort: &Effort, engine: Engine) {
    let keys = TestKeys::new();
    let database = engine.database().await;
    let verifier = token(&keys, Role::Verifier);
    let desk = Desk::new(DOMAIN);
    let names = NameServer::start(desk.records()).await;
    let more = format!("[message]\nname_servers = [\"{}\"]\n", names.address);
    let site = Site::new(&keys, "verification", database.url(), &more);
    let service = site.start().await;
    register(&service.channel, &verifier, agency(AGENCY, DOMAIN)).await;
    let mails: Vec<Mail> = (1..=MESSAGES).map(|number| mail(&desk, number)).collect();

    let with = |number: usize| full(&mails[number % mails.len()]);
    let opened = open(&service, with(0), &verifier).await;
    must_be_examined(&opened);
    let echo = start_echo(&keys, Rpc::OpenVerification, &opened).await;
    let durability = bare_rows::durability(&bare_rows::connect(database.url()).await.expect("the database")).await;
    println!(
        "\nOpenVerification on {} ({}) with a message of {} bytes, signed by the domain's key, and a PDF of {} bytes; request \
         {} bytes, answer {} bytes, {} pieces of evidence",
        engine.title(),
        durability.expect("a setting"),
        mails[0].raw.len(),
        mails[0].copy.content.len(),
        with(0).encoded_len(),
        opened.encoded_len(),
        opened.evidence.len()
    );

    let mut measured = Vec::new();
    for &concurrency in &effort.concurrency {
        let (mut echoed, mut bare, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for _ in effort.rounds() {
            echoed.push(round(effort, concurrency, &echo, &with, &verifier).await);
            bare.push(round(effort, concurrency, &service, &|_| facts(AGENCY, DOMAIN), &verifier).await);
            whole.push(round(effort, concurrency, &service, &with, &verifier).await);
        }
        measured.push((median(echoed), median(bare), median(whole)));
    }
    println!("Against a bare tonic echo of the same messages, which stores nothing and looks at nothing");
    head("bare echo", "OpenVerification");
    measured.iter().for_each(|(echoed, _, whole)| row(echoed, whole));
    println!("Against the same call without message and copy");
    head("without them", "OpenVerification");
    measured.iter().for_each(|(_, bare, whole)| row(bare, whole));
    for (_, _, whole) in measured.iter().filter(|(_, _, whole)| whole.concurrency == 1) {
        let met = if whole.p99 < AIM { "met" } else { "missed" };
        println!("p99 with one call in hand {} µs, aim {} µs: {met}", whole.p99.as_micros(), AIM.as_micros());
    }
}

fn mail(desk: &Desk, number: u64) -> Mail {
    let paper = pdf(number, PAPER);
    let raw = desk.message(&format!("Order {number}"), &paper);
    let copy = SignedCopy { digest: Digest::of(&paper).to_string(), content: paper, detached_signature: Vec::new() };
    Mail { raw, copy }
}

/// A call with a message and the copy that came in it.
fn full(mail: &Mail) -> OpenVerificationRequest {
    OpenVerificationRequest {
        message: Some(ReceivedMessage {
            raw: mail.raw.clone(),
            client_ip: CLIENT_IP.to_owned(),
            helo: format!("mx.{DOMAIN}"),
            mail_from: format!("officer@{DOMAIN}"),
        }),
        signed_copies: vec![mail.copy.clone()],
        ..facts(AGENCY, DOMAIN)
    }
}

async fn open(server: &Running, facts: OpenVerificationRequest, token: &Token) -> Verification {
    let mut client = VerificationServiceClient::new(server.channel.clone());
    client.open_verification(signed(facts, token)).await.expect("a verification").into_inner()
}

/// A message that was not examined, or not found to be authentic, would be measured for less than it costs.
fn must_be_examined(opened: &Verification) {
    let positive = |kind| {
        let of_kind = opened.evidence.iter().filter(|piece| piece.kind() == kind);
        of_kind.filter(|piece| piece.result() == evidence::Result::Positive).count()
    };
    assert_eq!(positive(evidence::Kind::Message), 1, "the message is authentic: {:?}", opened.evidence);
    let copy = opened.evidence.iter().find(|piece| piece.kind() == evidence::Kind::SignedCopy);
    let observed = copy.map(|piece| piece.observation.as_str()).unwrap_or_default();
    let looked_into = !["", "SIGNED_COPY_MISSING"].contains(&observed) && !observed.contains("UNREADABLE");
    assert!(looked_into && !observed.contains("NOT_EXAMINED"), "the copy was looked into: {observed}");
}

async fn round(
    effort: &Effort,
    concurrency: usize,
    server: &Running,
    facts: &impl Fn(usize) -> OpenVerificationRequest,
    token: &Token,
) -> Measurement {
    let client = VerificationServiceClient::new(server.channel.clone());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let call = async |_| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        client.clone().open_verification(signed(facts(number), token)).await.map(drop)
    };
    run(concurrency, effort.time(), server.id(), call).await.expect("a verification")
}
