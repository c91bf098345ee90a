//! Agencies and mail domains, looked up in a registry of a thousand agencies and in one of a hundred thousand.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    ListAgenciesRequest, agency_service_client::AgencyServiceClient, evidence,
    verification_service_client::VerificationServiceClient,
};
use rogatory_testkit::{TestDatabase, TestKeys};
use sea_orm::ConnectionTrait as _;
use tonic::Status;

use super::{
    super::{
        bare_rows,
        driver::{Measurement, median, run},
        effort::{Effort, Engine},
        papers::Dice,
        serving::{Running, Site, Token, signed, token},
        table::{head, row},
    },
    PHONE, facts,
};

/// Agencies of the small registry.
const FEW: usize = 1_000;

/// A registry, with the agencies in it.
struct Registry {
    _database: TestDatabase,
    service: Running,
    /// Name and mail domain of each.
    agencies: Vec<(String, String)>,
}

pub(super) async fn measure(effort: &Effort, engine: Engine) {
    let keys = TestKeys::new();
    let verifier = token(&keys, Role::Verifier);
    println!("\nLookups on {}", engine.title());
    let few = registry(&keys, engine, FEW).await;
    let many = registry(&keys, engine, effort.agencies).await;

    compare(effort, "ListAgencies by mail domain", [&few, &many], async |registry, concurrency| {
        by_domain(effort, concurrency, registry, &verifier).await
    })
    .await;
    compare(effort, "OpenVerification, sender's domain of the agency", [&few, &many], async |registry, concurrency| {
        opened(effort, concurrency, registry, Sender::Known, &verifier).await
    })
    .await;
    let what =
        "OpenVerification, sender's domain of nobody, which is compared with those that it may be made to resemble";
    compare(effort, what, [&few, &many], async |registry, concurrency| {
        opened(effort, concurrency, registry, Sender::Unknown, &verifier).await
    })
    .await;
    compare(effort, "OpenVerification, sender's domain a letter off", [&few, &many], async |registry, concurrency| {
        opened(effort, concurrency, registry, Sender::LetterOff, &verifier).await
    })
    .await;
}

async fn compare(
    effort: &Effort,
    what: &str,
    [few, many]: [&Registry; 2],
    round: impl AsyncFn(&Registry, usize) -> Measurement,
) {
    println!("{what}");
    head(&format!("{} agencies", few.agencies.len()), &format!("{} agencies", many.agencies.len()));
    for &concurrency in &effort.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in effort.rounds() {
            base.push(round(few, concurrency).await);
            full.push(round(many, concurrency).await);
        }
        row(&median(base), &median(full));
    }
}

/// A service whose registry has so many agencies beside those that ship, with names and domains that differ as names do.
async fn registry(keys: &TestKeys, engine: Engine, count: usize) -> Registry {
    let database = engine.database().await;
    let dice = &mut Dice(count as u64);
    let mut places = BTreeSet::new();
    while places.len() < count {
        let syllables = 3 + dice.below(3);
        places.insert(dice.word(syllables));
    }
    let named =
        places.into_iter().map(|place| (format!("{place} Police Department"), format!("{place}-police.example")));
    let agencies: Vec<(String, String)> = named.collect();
    let site = Site::new(keys, "verification", database.url(), "");
    let file = keys.folder().join(format!("registry-{count}.csv"));
    fs::write(&file, table_of(&agencies)).expect("the registry can be written");
    let begun = Instant::now();
    site.run(&["import-registry", &file.display().to_string()]);
    println!("{count} agencies were imported in {:.1} s", begun.elapsed().as_secs_f64());
    let bare = bare_rows::connect(database.url()).await.expect("the database");
    bare.execute_unprepared("ANALYZE").await.expect("the database counts its rows");
    Registry { _database: database, service: site.start().await, agencies }
}

/// A registry as `import-registry` takes it: a fact in each row.
fn table_of(agencies: &[(String, String)]) -> String {
    let mut table = "country,subdivision,agency,fact,value,from,until,source,status,note\n".to_owned();
    for (name, domain) in agencies {
        for (fact, value) in [("kind", "police"), ("accreditation", ""), ("domain", domain), ("phone", PHONE)] {
            let _ = writeln!(table, "US,,{name},{fact},{value},,,made for the load harness,unconfirmed,");
        }
    }
    table
}

async fn by_domain(effort: &Effort, concurrency: usize, registry: &Registry, verifier: &Token) -> Measurement {
    let client = AgencyServiceClient::new(registry.service.channel.clone());
    let next = AtomicU64::new(0);
    let call = async |_| {
        let (name, domain) = any_of(registry, &next);
        let asked = ListAgenciesRequest { mail_domain: domain.clone(), ..ListAgenciesRequest::default() };
        let found = client.clone().list_agencies(signed(asked, verifier)).await?.into_inner().agencies;
        let right = found.len() == 1 && found[0].display_name == *name;
        if right { Ok(()) } else { Err(Status::unknown("another agency than the one with this domain")) }
    };
    run(concurrency, effort.time(), registry.service.id(), call).await.expect("an agency")
}

/// From where an officer writes.
#[derive(Debug, Clone, Copy)]
enum Sender {
    Known,
    Unknown,
    LetterOff,
}

impl Sender {
    fn domain(self, known: &str, number: u64) -> String {
        match self {
            Self::Known => known.to_owned(),
            Self::Unknown => format!("{}.example", Dice(number).word(9)),
            Self::LetterOff => known.replace("-police", "-po1ice"),
        }
    }

    fn observed(self) -> &'static str {
        match self {
            Self::Known => "SENDER_OF_AGENCY",
            Self::Unknown => "SENDER_OF_NOBODY",
            Self::LetterOff => "SENDER_LOOKALIKE",
        }
    }
}

async fn opened(
    effort: &Effort,
    concurrency: usize,
    registry: &Registry,
    sender: Sender,
    verifier: &Token,
) -> Measurement {
    let client = VerificationServiceClient::new(registry.service.channel.clone());
    let next = AtomicU64::new(0);
    let call = async |_| {
        let (name, domain) = any_of(registry, &next);
        let asked = facts(name, &sender.domain(domain, next.load(Ordering::Relaxed)));
        let found = client.clone().open_verification(signed(asked, verifier)).await?.into_inner();
        let observed = |piece: &rogatory_proto::rogatory::verification::v1::Evidence| {
            piece.kind() == evidence::Kind::SenderDomain && piece.observation == sender.observed()
        };
        let right = found.evidence.iter().any(observed);
        if right { Ok(()) } else { Err(Status::unknown(format!("not {}", sender.observed()))) }
    };
    run(concurrency, effort.time(), registry.service.id(), call).await.expect("a verification")
}

/// Another agency each time.
fn any_of<'a>(registry: &'a Registry, next: &AtomicU64) -> &'a (String, String) {
    let number = next.fetch_add(1, Ordering::Relaxed);
    &registry.agencies[Dice(number).below(registry.agencies.len())]
}
