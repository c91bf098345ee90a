//! The sweep after a compromise: how many verifications it looks at in a second, and what becomes meanwhile of those who
//! call.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant, SystemTime},
};

use rogatory_chassis::Role;
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::verification::v1::{
        Compromise, ConcludeVerificationRequest, Evidence, GetCompromiseRequest, GetVerificationRequest,
        ListCompromisedProductionsRequest, RecordEvidenceRequest, ReportCompromiseRequest, Verification,
        agency_service_client::AgencyServiceClient, compromise, evidence, report_compromise_request::Subject,
        verification, verification_service_client::VerificationServiceClient,
    },
};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{
    super::{
        bare_rows::{self, Census},
        clones::Original,
        driver::{Beside, run_until},
        effort::{Effort, Engine},
        process::resident_bytes,
        serving::{Token, signed, token},
        table::mebibytes,
    },
    PHONE, agency, facts, fresh, register,
};
use crate::suite::{self, Area, Suite};

const BURNED: (&str, &str) = ("Burned Mill Police Department", "burned-mill.example");
const OTHER: (&str, &str) = ("Quiet Cove Police Department", "quiet-cove.example");
/// Calls of each kind in hand beside the sweep.
const CALLS_IN_HAND: usize = 1;
/// How often it is asked how far the sweep is, which counts what had left: as seldom as a person would.
const PAUSE: Duration = Duration::from_secs(1);
/// What is aimed at on PostgreSQL, for a million.
const AIM: Duration = Duration::from_secs(120);

/// The service on its database, with whoever calls it.
struct Scene {
    suite: Suite,
    channel: Channel,
    verifier: Token,
    database: DatabaseConnection,
}

/// What the sweep came to.
struct Swept {
    compromise: Compromise,
    elapsed: Duration,
    resident: u64,
}

pub(super) async fn measure(effort: &Effort, engine: Engine) {
    let count = match engine {
        Engine::Postgres => effort.verifications,
        Engine::Sqlite => effort.verifications / 10,
    };
    let scene = Scene::set(engine).await;
    for (name, domain) in [BURNED, OTHER] {
        register(&scene.channel, &scene.verifier, agency(name, domain)).await;
    }
    let before = bare_rows::census(&scene.database).await.expect("the tables");
    let verified = scene.believe(BURNED).await;
    scene.produce(&verified).await;
    let original = scene.original(&before, &verified).await;
    let begun = Instant::now();
    original.multiply(&scene.database, 1..count + 1).await.expect("clones");
    let analyzed = scene.database.execute_unprepared("ANALYZE").await;
    analyzed.expect("the database counts its rows");
    println!(
        "\nSweep on {}: {count} verifications, each of {} rows, one production each; made by the database in {:.0} s",
        engine.title(),
        original.rows(),
        begun.elapsed().as_secs_f64()
    );

    let alone = {
        let done = AtomicBool::new(false);
        let rest = async {
            tokio::time::sleep(effort.time()).await;
            done.store(true, Ordering::Relaxed);
        };
        let (opened, read, ()) = tokio::join!(scene.open(&done), scene.read(&done, &original, &verified, count), rest);
        (opened, read)
    };
    let done = AtomicBool::new(false);
    let sweep = async {
        let swept = scene.sweep().await;
        done.store(true, Ordering::Relaxed);
        swept
    };
    let (opened, read, swept) = tokio::join!(scene.open(&done), scene.read(&done, &original, &verified, count), sweep);
    scene.check(&swept.compromise, count).await;
    print(engine, count, &swept);
    table("OpenVerification", &alone.0, &opened);
    table("GetVerification", &alone.1, &read);
}

impl Scene {
    /// Starts the service alone, with certificates: what a production rests on is told by intake and by nobody else.
    async fn set(engine: Engine) -> Self {
        let engine = match engine {
            Engine::Sqlite => suite::Engine::Sqlite,
            Engine::Postgres => suite::Engine::Postgres,
        };
        let mut suite = Suite::prepare(engine, "[server.telemetry]\nlog_filter = \"warn\"", &[]).await;
        let _ = suite.output(Area::Verification, &["migrate"]);
        suite.serve(Area::Verification).await;
        let channel = suite.connection(Area::Verification);
        let verifier = token(suite.keys(), Role::Verifier);
        let database = suite.database(Area::Verification).await;
        Self { suite, channel, verifier, database }
    }

    fn verifications(&self) -> VerificationServiceClient<Channel> {
        VerificationServiceClient::new(self.channel.clone())
    }

    fn agencies(&self) -> AgencyServiceClient<Channel> {
        AgencyServiceClient::new(self.channel.clone())
    }

    /// A requester who is believed at the level that a call-back gives.
    async fn believe(&self, (name, domain): (&str, &str)) -> Verification {
        let opened = self.verifications().open_verification(signed(facts(name, domain), &self.verifier)).await;
        let opened = opened.expect("a verification").into_inner();
        let evidence = Evidence {
            kind: evidence::Kind::CallBack.into(),
            result: evidence::Result::Positive.into(),
            source: PHONE.to_owned(),
            person_reached: "the watch commander".to_owned(),
            call_time: Some(SystemTime::now().into()),
            ..Evidence::default()
        };
        let call = RecordEvidenceRequest { name: opened.name, evidence: Some(evidence), request_id: fresh() };
        let known = self.verifications().record_evidence(signed(call, &self.verifier)).await;
        let known = known.expect("evidence").into_inner();
        let call = ConcludeVerificationRequest { name: known.name, etag: known.etag, request_id: fresh() };
        let concluded = self.verifications().conclude_verification(signed(call, &self.verifier)).await;
        let concluded = concluded.expect("a conclusion").into_inner();
        assert_eq!(concluded.state(), verification::State::Verified, "{:?}", concluded.needs);
        concluded
    }

    /// Files left in reliance on it.
    async fn produce(&self, verified: &Verification) {
        let body = json!({
            "verification": verified.name,
            "request": verified.request,
            "production": format!("productions/prd_{}", Uuid::now_v7().simple()),
            "platform_ids": ["us1000000001"],
            "request_id": fresh(),
        });
        let intake = self.suite.peer("intake", Area::Verification);
        let method = "/rogatory.verification.v1.VerificationService/RecordReliance";
        intake.call(method, body).await.expect("a production is recorded");
    }

    async fn original(&self, before: &Census, verified: &Verification) -> Original {
        let revision = verified.provenance.as_ref().map(|provenance| provenance.revision.as_str()).unwrap_or_default();
        let others: Vec<Uuid> = [verified.agency.as_str(), revision].into_iter().filter_map(id_of).collect();
        let original = Original::added_since(&self.database, before, "verifications", &others).await;
        original.expect("the rows of a verification")
    }

    /// Verifications of another agency are opened.
    async fn open(&self, done: &AtomicBool) -> Beside {
        let client = self.verifications();
        run_until(CALLS_IN_HAND, done, async |_| {
            let facts = facts(OTHER.0, OTHER.1);
            client.clone().open_verification(signed(facts, &self.verifier)).await.map(drop)
        })
        .await
    }

    /// Verifications are read, swept ones and others.
    async fn read(&self, done: &AtomicBool, original: &Original, verified: &Verification, count: u64) -> Beside {
        let client = self.verifications();
        let id = id_of(&verified.name).expect("the id of a verification");
        run_until(CALLS_IN_HAND, done, async |number| {
            // Far from one another.
            let clone = original.id(id, 1 + number.wrapping_mul(7_919) % count);
            let name = format!("verifications/ver_{}", clone.simple());
            client.clone().get_verification(signed(GetVerificationRequest { name }, &self.verifier)).await.map(drop)
        })
        .await
    }

    /// Reports the compromise and waits until every verification was looked at.
    async fn sweep(&self) -> Swept {
        let from = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
        let call = ReportCompromiseRequest {
            subject: Some(Subject::MailDomain(BURNED.1.to_owned())),
            window: Some(Interval { start_time: Some(from.into()), end_time: None }),
            reason: "The mailbox was offered for sale.".to_owned(),
            request_id: fresh(),
        };
        let mut compromise = self.agencies().report_compromise(signed(call, &self.verifier)).await;
        let name = compromise.as_ref().expect("a report").get_ref().name.clone();
        let mut resident = 0;
        loop {
            let found = compromise.expect("how far the sweep is").into_inner();
            resident = resident.max(resident_bytes(self.suite.pid(Area::Verification)));
            if found.state() == compromise::State::Done {
                return Swept { elapsed: took(&found), compromise: found, resident };
            }
            tokio::time::sleep(PAUSE).await;
            let read = GetCompromiseRequest { name: name.clone() };
            compromise = self.agencies().get_compromise(signed(read, &self.verifier)).await;
        }
    }

    /// Every verification was reopened, and every production is listed.
    async fn check(&self, swept: &Compromise, count: u64) {
        let all = i64::try_from(count + 1).expect("a count");
        assert_eq!((swept.verifications_reopened, swept.productions), (all, all), "nothing is missed, nothing doubled");
        let told = "SELECT COUNT(DISTINCT subject) AS n FROM events WHERE kind = 'verification.reopened'";
        assert_eq!(self.suite.count(Area::Verification, told).await, all, "each is told to intake");
        let read =
            ListCompromisedProductionsRequest { name: swept.name.clone(), page_size: 1_000, ..Default::default() };
        let page = self.agencies().list_compromised_productions(signed(read, &self.verifier)).await;
        let page = page.expect("a page").into_inner();
        assert_eq!(page.productions.len() as u64, (count + 1).min(1_000), "a page of productions");
    }
}

/// How long a sweep took that is done, by the clock of the service.
fn took(swept: &Compromise) -> Duration {
    let time = |time: Option<prost_types::Timestamp>| SystemTime::try_from(time.expect("a time")).expect("a time");
    time(swept.finish_time).duration_since(time(swept.create_time)).unwrap_or_default()
}

/// The id in a resource name.
fn id_of(name: &str) -> Option<Uuid> {
    name.rsplit_once('_').and_then(|(_, id)| Uuid::try_parse(id).ok())
}

fn print(engine: Engine, count: u64, swept: &Swept) {
    let seconds = swept.elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = (count + 1) as f64 / seconds;
    println!(
        "done after {seconds:.1} s, {rate:.0} verifications per second, {} of the service resident at most",
        mebibytes(swept.resident)
    );
    if matches!(engine, Engine::Postgres) && count >= 1_000_000 {
        let met = if swept.elapsed < AIM { "met" } else { "missed" };
        println!("aim {} s: {met}", AIM.as_secs());
    }
    println!(
        "{:>18}  {:>9} {:>9} {:>9}  {:>9} {:>9} {:>9} {:>10} {:>9}  {:>8}",
        "calls beside it", "alone/s", "p50 µs", "p99 µs", "beside/s", "p50 µs", "p99 µs", "longest", "failures", "p99"
    );
}

#[expect(clippy::cast_precision_loss, reason = "microseconds for people")]
fn table(what: &str, alone: &Beside, beside: &Beside) {
    let ratio = beside.p99.as_micros() as f64 / alone.p99.as_micros().max(1) as f64;
    println!(
        "{what:>18}  {:>9.0} {:>9} {:>9}  {:>9.0} {:>9} {:>9} {:>10} {:>9}  {ratio:>7.2}x",
        alone.per_second,
        alone.p50.as_micros(),
        alone.p99.as_micros(),
        beside.per_second,
        beside.p50.as_micros(),
        beside.p99.as_micros(),
        beside.longest.as_micros(),
        alone.failures + beside.failures,
    );
}
