//! A service that is told to end answers every call that it took, says on its admin port that it is leaving before it
//! turns anybody away, and ends well. A caller with two replicas to go to notices nothing.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use rogatory_chassis::{CallContext, PeerChannel};
use rogatory_proto::rogatory::{
    routing::v1::{PlanRouteRequest, RoutedInstrument, TargetResidence, routing_service_client::RoutingServiceClient},
    rulebook::v1::{AuthorityKind, InstrumentKind, MatterType, ResidenceEvidence, ResidenceEvidenceKind},
};
use rogatory_tests::{
    suite::{Area, Engine, Suite, health},
    wire::{Client, reason},
};
use serde_json::{Value, json};
use tonic::{Code, Status};

const SUBMIT: &str = "/rogatory.intake.v1.RequestService/SubmitRequest";

/// What callers have seen so far.
#[derive(Default)]
struct Seen {
    done: AtomicBool,
    answered: AtomicUsize,
    /// Failures of calls that were never sent: there was no connection, or it said good-bye before.
    unsent: AtomicUsize,
    /// Every other failure.
    dropped: Mutex<Vec<String>>,
}

impl Seen {
    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    fn dropped(&self) -> Vec<String> {
        self.dropped.lock().unwrap().clone()
    }

    /// Waits until this many more calls were answered.
    async fn more(&self, count: usize) {
        let goal = self.answered() + count;
        for _ in 0..4000 {
            if self.answered() >= goal {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("calls are not answered any more: {:?}", self.dropped());
    }
}

/// Whether a call failed before any of it was sent: the port was closed, or the connection had said good-bye and the
/// transport kept the call back.
fn unsent(status: &Status) -> bool {
    let mut texts = vec![status.to_string()];
    let mut cause = status.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    let telling = ["tcp connect error", "Connection refused", "operation was canceled"];
    texts.iter().any(|text| telling.iter().any(|word| text.contains(word)))
}

/// A request that lacks nearly everything: it is filed all the same.
fn body() -> Value {
    json!({
        "request": {
            "platform": "aliexpress.com",
            "matter_type": "MATTER_TYPE_CRIMINAL",
            "requester": {"agency_name": "Port Harbour Police Department", "authority_kind": "AUTHORITY_KIND_POLICE", "country": "US"},
            "instrument": {"kind": "INSTRUMENT_KIND_SUBPOENA"},
            "targets": [{"target_id": "target-1", "residence_country": "US"}],
        },
        "request_id": uuid::Uuid::new_v4().to_string(),
    })
}

/// Files one request after the other and never tries one again.
async fn file(client: Client, seen: Arc<Seen>) {
    while !seen.done.load(Ordering::Relaxed) {
        match client.call(SUBMIT, body()).await {
            Ok(_) => {
                seen.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(status) => {
                if unsent(&status) {
                    seen.unsent.fetch_add(1, Ordering::Relaxed);
                } else {
                    seen.dropped.lock().unwrap().push(format!("{status:?}"));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_that_was_taken_is_dropped_at_the_end() {
    // Who serves long enough after the signal can be seen to say that it leaves before it turns anybody away.
    let flags = [(Area::Intake, "server.lame_duck=700ms")];
    let mut suite = Suite::prepare(Engine::Sqlite, "", &flags).await;
    for area in Area::ALL {
        let _ = suite.output(area, &["migrate"]);
        suite.serve(area).await;
    }
    let admin = suite.port(Area::Intake) + 1;
    let seen = Arc::new(Seen::default());
    let callers: Vec<_> = (0..8)
        .map(|number| {
            let client = suite.client_of(&format!("portal-{number}"), &["submitter"]).to(Area::Intake);
            tokio::spawn(file(client, Arc::clone(&seen)))
        })
        .collect();

    for _ in 0..2 {
        seen.more(80).await;
        let auditor = suite.client_of("aud", &["auditor"]).to(Area::Intake);
        let kinds = json!({"kinds": ["nothing.happens"]});
        // Once a first event was sent, so that the stream is known to be open.
        let waiting = tokio::spawn(async move {
            auditor.stream("/rogatory.events.v1.EventService/StreamEvents", kinds, usize::MAX).await
        });
        suite.ask_to_end(Area::Intake);
        let mut leaving = false;
        for _ in 0..200 {
            leaving = health(admin).await == Some(false);
            if leaving {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(leaving, "the admin port says NOT_SERVING while the service still serves");
        seen.more(1).await;
        assert_eq!(suite.ended(Area::Intake).await, Some(0));
        let ended = waiting.await.unwrap().unwrap_err();
        let told = (ended.code(), reason(&ended).as_str()) == (Code::Unavailable, "DEPENDENCY_DOWN");
        assert!(told, "a stream that only waits is told to come back: {ended:?}");
        suite.serve(Area::Intake).await;
    }
    // The callers come back by themselves.
    seen.more(80).await;
    seen.done.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }

    let dropped = seen.dropped();
    assert!(
        dropped.is_empty(),
        "{} calls were taken and dropped: {:#?}",
        dropped.len(),
        dropped.iter().take(3).collect::<Vec<_>>()
    );
    let filed = suite.count(Area::Intake, "SELECT COUNT(*) AS n FROM requests").await;
    let answered = i64::try_from(seen.answered()).unwrap();
    assert_eq!(
        filed,
        answered,
        "what was filed was answered; {} calls were never sent",
        seen.unsent.load(Ordering::Relaxed)
    );
}

/// What intake asks of routing, with a key of its own.
fn plan() -> PlanRouteRequest {
    let now = Some(rogatory_chassis::convert::timestamp(Utc::now()));
    let declared = ResidenceEvidence {
        kind: ResidenceEvidenceKind::Declared.into(),
        country: "KZ".to_owned(),
        source: "request".to_owned(),
        record_time: now,
    };
    PlanRouteRequest {
        request: format!("requests/req_{}", uuid::Uuid::now_v7().simple()),
        platform: "aliexpress.com".to_owned(),
        authority_country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument: Some(RoutedInstrument { kind: InstrumentKind::Subpoena.into(), ..RoutedInstrument::default() }),
        matter_type: MatterType::Criminal.into(),
        targets: vec![TargetResidence { target_id: "target-1".to_owned(), evidence: vec![declared] }],
        receive_time: now,
        request_id: uuid::Uuid::new_v4().to_string(),
        ..PlanRouteRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_two_replicas_is_not_noticed_by_intake() {
    let suite = Suite::start(Engine::Postgres).await;
    let mut replicas = [suite.replica(Area::Routing).await, suite.replica(Area::Routing).await];
    let ports: Vec<u16> = replicas.iter().map(|replica| replica.port).collect();
    // The channel with which intake calls its peers. What DNS would answer is told to it: both replicas, all the time.
    let settings = suite.keys().development().peer("intake", format!("https://localhost:{}", ports[0]));
    let addresses: BTreeSet<_> = ports.iter().map(|port| ([127, 0, 0, 1], *port).into()).collect();
    let lookup = move || {
        let addresses = addresses.clone();
        async move { Ok(addresses) }
    };
    let channel = PeerChannel::resolving("routing", &settings, lookup).unwrap();
    let seen = Arc::new(Seen::default());
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let (channel, seen) = (channel.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                while !seen.done.load(Ordering::Relaxed) {
                    let context = CallContext::for_worker("suite", Utc::now(), Duration::from_secs(10));
                    let call = channel.call(&context, plan(), async |channel, request| {
                        RoutingServiceClient::new(channel).plan_route(request).await
                    });
                    match call.await {
                        Ok(_) => {
                            seen.answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(failure) => seen.dropped.lock().unwrap().push(failure.for_operator()),
                    }
                }
            })
        })
        .collect();

    seen.more(60).await;
    for (index, port) in ports.into_iter().enumerate() {
        assert_eq!(replicas[index].terminate().await, Some(0));
        seen.more(60).await;
        replicas[index] = suite.replica_on(Area::Routing, port).await;
        seen.more(60).await;
    }
    seen.done.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(seen.dropped(), Vec::<String>::new(), "of {} calls", seen.answered());
    let plans = suite.count(Area::Routing, "SELECT COUNT(*) AS n FROM plans").await;
    assert_eq!(plans, i64::try_from(seen.answered()).unwrap(), "a call that was repeated is done once");
}
