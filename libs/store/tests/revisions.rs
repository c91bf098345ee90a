//! Rule files as revisions: published once, immutable, dated, seen by every replica.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_rulebook::{Digest, Fault, Revision, RevisionUnusable, Rules, Source, State, UnusableCause};
use rogatory_store::{
    Change, Changed, StoreError,
    revisions::{self, LiveHistory, RevisionError, RulesError},
};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::stage::{Stage, change, now};

on_both_engines! {
    a_revision_is_drafted_published_and_then_immutable
    publishing_needs_the_current_version_and_a_time_to_come
    of_two_that_take_effect_together_the_later_published_decides
    a_faulty_file_is_not_drafted
    a_replica_follows_what_another_publishes
    a_shipped_file_is_seeded_once
    revisions_are_listed_latest_first
    of_publishers_at_the_same_time_one_wins
    a_thousand_revisions_cost_no_more_to_start_with_than_one
    an_altered_row_of_history_is_named_when_it_is_asked_for_and_not_before
    what_this_version_cannot_read_fails_the_start_or_the_decision_by_it
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fees {
    document: String,
    fee: u32,
}

impl Rules for Fees {
    const KIND: &'static str = "feeRevisions";
    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        Source::new(text).read()
    }
    fn document(&self) -> &str {
        &self.document
    }
    fn title(&self) -> &str {
        "Fees"
    }
}

/// Another kind in the same tables.
#[derive(Debug)]
struct Other;

impl Rules for Other {
    const KIND: &'static str = "otherRevisions";
    fn parse(_: &str) -> Result<Self, Vec<Fault>> {
        Ok(Self)
    }
    fn document(&self) -> &str {
        "d"
    }
    fn title(&self) -> &str {
        "Other"
    }
}

fn fees(fee: u32) -> String {
    format!("document = \"d\"\nfee = {fee}\n")
}

async fn drafted(stage: &Stage, text: &str) -> Result<Revision, RevisionError> {
    let change = change(None);
    let time = change.now;
    let answer = stage
        .store
        .mutate(change, async |tx| {
            let revision = revisions::draft::<Fees>(tx, text, "person:ann", time).await?;
            Ok::<_, RevisionError>(Changed::new(revision.name))
        })
        .await?;
    Ok(revisions::get::<Fees>(stage.store.read(), &answer.resource).await?.unwrap())
}

async fn published(
    stage: &Stage,
    name: &str,
    version: Option<i64>,
    effective: Option<DateTime<Utc>>,
) -> Result<Revision, RevisionError> {
    let change: Change<'_> = change(None);
    let time = change.now;
    let publish = async |tx: &_| {
        let revision = revisions::publish::<Fees>(tx, name, version, "person:bob", effective, time).await?;
        Ok::<_, RevisionError>(Changed::new(revision.name))
    };
    stage.store.mutate(change, publish).await?;
    Ok(revisions::get::<Fees>(stage.store.read(), name).await?.unwrap())
}

async fn a_revision_is_drafted_published_and_then_immutable(stage: &Stage) {
    let draft = drafted(stage, &fees(1)).await.unwrap();
    assert!(draft.name.starts_with("feeRevisions/rev_"));
    assert_eq!((draft.state, draft.version, draft.document.as_str()), (State::Draft, 1, "d"));
    let live = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();
    assert!(live.in_force("d", now()).await.unwrap().is_none(), "a draft decides nothing");

    let revision = published(stage, &draft.name, Some(1), None).await.unwrap();
    assert_eq!(
        (revision.state, revision.version, revision.publisher.as_deref()),
        (State::Published, 2, Some("person:bob"))
    );
    assert_eq!(revision.effective_time, revision.publish_time);
    assert!(live.refresh().await.unwrap());
    assert!(!live.refresh().await.unwrap());
    assert_eq!(live.in_force("d", now()).await.unwrap().unwrap().rules().fee, 1);

    let again = published(stage, &draft.name, None, None).await.unwrap_err();
    assert_eq!(again, RevisionError::AlreadyPublished(draft.name.clone()));
    for statement in ["UPDATE revisions SET text = 'x'", "DELETE FROM revisions"] {
        let tamper = async |tx: &rogatory_store::Tx| {
            tx.execute_unprepared(statement).await?;
            Ok::<_, StoreError>(())
        };
        stage.store.transaction("tamper", tamper).await.unwrap_err();
    }
    assert_eq!(revisions::get::<Fees>(stage.store.read(), &draft.name).await.unwrap().unwrap(), revision);
    assert_eq!(revisions::get::<Other>(stage.store.read(), &draft.name).await.unwrap(), None);
}

async fn publishing_needs_the_current_version_and_a_time_to_come(stage: &Stage) {
    let draft = drafted(stage, &fees(1)).await.unwrap();
    let name = draft.name.as_str();
    assert_eq!(published(stage, name, Some(9), None).await.unwrap_err(), RevisionError::EtagMismatch(name.to_owned()));
    let missing = "feeRevisions/rev_0";
    assert_eq!(published(stage, missing, None, None).await.unwrap_err(), RevisionError::NotFound(missing.to_owned()));
    let past = Some(now() - TimeDelta::seconds(1));
    assert_eq!(published(stage, name, None, past).await.unwrap_err(), RevisionError::EffectiveInThePast);
    let later = now() + TimeDelta::days(30);
    published(stage, name, Some(1), Some(later)).await.unwrap();
    let live = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();
    assert!(live.in_force("d", later - TimeDelta::microseconds(1)).await.unwrap().is_none());
    assert_eq!(live.in_force("d", later).await.unwrap().unwrap().revision().name, name);
}

async fn of_two_that_take_effect_together_the_later_published_decides(stage: &Stage) {
    let later = now() + TimeDelta::days(1);
    let (first, second) = (drafted(stage, &fees(1)).await.unwrap(), drafted(stage, &fees(2)).await.unwrap());
    published(stage, &second.name, None, Some(later)).await.unwrap();
    published(stage, &first.name, None, Some(later)).await.unwrap();
    let live = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();
    assert_eq!(live.in_force("d", later).await.unwrap().unwrap().revision().name, first.name);
}

async fn a_faulty_file_is_not_drafted(stage: &Stage) {
    let Err(RevisionError::Faulty(faults)) = drafted(stage, "document = \"d\"\nfee = \"much\"\n").await else {
        panic!("the fee is not a number");
    };
    assert_eq!((faults[0].line, faults[0].path.as_str()), (2, "fee"));
    assert_eq!(stage.counts().await, [0, 0, 0, 0]);
}

async fn a_replica_follows_what_another_publishes(stage: &Stage) {
    let replica = stage.database.connect().await;
    let live = LiveHistory::<Fees>::load(&replica, now()).await.unwrap();
    let following = tokio::spawn(live.clone().follow());
    let draft = drafted(stage, &fees(3)).await.unwrap();
    published(stage, &draft.name, None, None).await.unwrap();
    let seen = async {
        while live.in_force("d", now()).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.expect("the replica learns of it");
    following.abort();
}

async fn a_shipped_file_is_seeded_once(stage: &Stage) {
    let since = DateTime::UNIX_EPOCH;
    let seeds = (0..4).map(|version| {
        let store = stage.store.clone();
        // Replicas of different versions ship different files; one of them is the first.
        tokio::spawn(async move { revisions::seed::<Fees>(&store, "fees", &fees(version), since, now()).await })
    });
    let mut seeded = Vec::new();
    for seed in seeds.collect::<Vec<_>>() {
        seeded.extend(seed.await.unwrap().unwrap());
    }
    assert_eq!(seeded.len(), 1);
    assert_eq!((seeded[0].author.as_str(), seeded[0].effective_time), ("system:seed", Some(since)));
    assert_eq!(revisions::seed::<Fees>(&stage.store, "fees", &fees(9), since, now()).await.unwrap(), None);
    assert_eq!(revisions::list::<Fees>(stage.store.read(), None, None, 10).await.unwrap(), seeded);
    // Another kind with a document of the same name has its own first revision.
    assert!(revisions::seed::<Other>(&stage.store, "other", "", since, now()).await.unwrap().is_some());
    // Where a person published first, the shipped file stays out.
    let draft = drafted(stage, "document = \"e\"\nfee = 1\n").await.unwrap();
    published(stage, &draft.name, None, None).await.unwrap();
    let shipped = "document = \"e\"\nfee = 2\n";
    assert_eq!(revisions::seed::<Fees>(&stage.store, "fees", shipped, since, now()).await.unwrap(), None);
}

async fn revisions_are_listed_latest_first(stage: &Stage) {
    let mut drafts = Vec::new();
    for fee in 0..5 {
        drafts.push(drafted(stage, &fees(fee)).await.unwrap());
    }
    drafts.reverse();
    let from = stage.store.read();
    assert_eq!(revisions::list::<Fees>(from, None, None, 3).await.unwrap(), drafts[..3]);
    assert_eq!(revisions::list::<Fees>(from, Some("d"), Some(&drafts[2].name), 3).await.unwrap(), drafts[3..]);
    assert_eq!(revisions::list::<Fees>(from, Some("e"), None, 3).await.unwrap(), []);
    assert_eq!(revisions::list::<Other>(from, None, None, 3).await.unwrap(), []);
}

async fn of_publishers_at_the_same_time_one_wins(stage: &Stage) {
    let draft = drafted(stage, &fees(1)).await.unwrap();
    let publishers = (0..6).map(|_| {
        let (store, name) = (stage.store.clone(), draft.name.clone());
        tokio::spawn(async move {
            let change = change(None);
            let time = change.now;
            let publish = async |tx: &_| {
                let revision = revisions::publish::<Fees>(tx, &name, Some(1), "person:bob", None, time).await?;
                Ok::<_, RevisionError>(Changed::new(revision.name))
            };
            store.mutate(change, publish).await
        })
    });
    let mut won = 0;
    for publisher in publishers.collect::<Vec<_>>() {
        match publisher.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error, RevisionError::AlreadyPublished(draft.name.clone())),
        }
    }
    assert_eq!(won, 1);
}

/// How often the rules of each document were read, over all tests: each has a document of its own.
static READ: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

fn times_read(document: &str) -> usize {
    READ.lock().unwrap_or_else(PoisonError::into_inner).get(document).copied().unwrap_or_default()
}

/// Rules that count how often they are read.
#[derive(Debug)]
struct Counted(Fees);

impl Rules for Counted {
    const KIND: &'static str = "countedRevisions";
    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let fees = Fees::parse(text)?;
        *READ.lock().unwrap_or_else(PoisonError::into_inner).entry(fees.document.clone()).or_default() += 1;
        Ok(Self(fees))
    }
    fn document(&self) -> &str {
        &self.0.document
    }
    fn title(&self) -> &str {
        "Counted"
    }
}

/// Puts published revisions straight into the tables, as many publications would: the first text of each number with the
/// digest of the second text. Each takes effect a minute after the one before it, the last a minute ago; answers what
/// the time was.
async fn put<T: Rules>(
    stage: &Stage,
    document: &str,
    numbers: std::ops::Range<i32>,
    text: impl Fn(i32) -> [String; 2],
) -> DateTime<Utc> {
    let (until, present) = (numbers.end, now());
    let insert = async |tx: &rogatory_store::Tx| {
        for number in numbers.clone() {
            let [text, digested] = text(number);
            let time = present - TimeDelta::minutes(i64::from(until - number));
            let values: [Value; 13] = [
                format!("{}/rev_{document}_{number:05}", T::KIND).into(),
                T::KIND.into(),
                document.into(),
                "Counted".into(),
                Digest::of(digested).to_string().into(),
                State::Published.as_str().into(),
                text.into(),
                time.into(),
                "person:ann".into(),
                time.into(),
                "person:bob".into(),
                time.into(),
                2_i64.into(),
            ];
            let columns = "name, kind, document, title, digest, state, text, create_time, author, publish_time, \
                 publisher, effective_time, version";
            let places = (1..=values.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
            let sql = format!("INSERT INTO revisions ({columns}) VALUES ({places})");
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        }
        let head = format!(
            "INSERT INTO revision_heads (kind, version) VALUES ('{}', 1) \
             ON CONFLICT (kind) DO UPDATE SET version = revision_heads.version + 1",
            T::KIND
        );
        tx.execute_unprepared(&head).await?;
        Ok::<_, StoreError>(())
    };
    stage.store.transaction("put", insert).await.unwrap();
    present
}

fn text_of(document: &str, number: i32) -> String {
    // As long as the file of a real guide.
    format!("document = \"{document}\"\nfee = {number}\n# {}\n", "x".repeat(16 * 1024))
}

async fn a_thousand_revisions_cost_no_more_to_start_with_than_one(stage: &Stage) {
    let document = &format!("long-{}", uuid::Uuid::new_v4().simple());
    let present =
        put::<Counted>(stage, document, 0..1000, |number| [text_of(document, number), text_of(document, number)]).await;
    let live = LiveHistory::<Counted>::load(&stage.store, now()).await.unwrap();
    assert_eq!(times_read(document), 1, "the one in force");
    assert_eq!(live.in_force(document, now()).await.unwrap().unwrap().rules().0.fee, 999);
    assert_eq!(times_read(document), 1);
    // One of the past is read when it is asked for, once.
    for _ in 0..3 {
        let then = present - TimeDelta::seconds(500 * 60 - 30);
        assert_eq!(live.in_force(document, then).await.unwrap().unwrap().rules().0.fee, 500);
        let name = format!("countedRevisions/rev_{document}_00500");
        assert_eq!(live.get(&name).await.unwrap().unwrap().rules().0.fee, 500);
    }
    assert_eq!(times_read(document), 2);

    // A second replica and a further publication: both read the new one, and nothing of the past again.
    let replica = LiveHistory::<Counted>::load(&stage.database.connect().await, now()).await.unwrap();
    assert_eq!(times_read(document), 3);
    let taken = live.in_force(document, now()).await.unwrap().unwrap();
    put::<Counted>(stage, document, 1000..1001, |number| [text_of(document, number), text_of(document, number)]).await;
    for live in [&live, &replica] {
        assert!(live.refresh().await.unwrap());
        assert_eq!(live.in_force(document, now()).await.unwrap().unwrap().rules().0.fee, 1000);
        assert!(!live.refresh().await.unwrap());
    }
    assert_eq!(times_read(document), 5);
    // What a decision took before the publication stays as it was for it.
    assert_eq!(taken.rules().0.fee, 999);
}

async fn an_altered_row_of_history_is_named_when_it_is_asked_for_and_not_before(stage: &Stage) {
    let alter_the_third = |number| {
        let digested = text_of("d", number);
        [if number == 2 { text_of("d", 777) } else { digested.clone() }, digested]
    };
    let present = put::<Fees>(stage, "d", 0..5, alter_the_third).await;
    let live = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();
    let fee = async |at| live.in_force("d", at).await.map(|known| known.unwrap().rules().fee);
    assert_eq!(fee(now()).await.unwrap(), 4);
    let ago = |seconds: i64| present - TimeDelta::seconds(seconds);
    assert_eq!(fee(ago(4 * 60 - 30)).await.unwrap(), 1);
    for _ in 0..2 {
        let refused = unusable(fee(ago(3 * 60 - 30)).await.unwrap_err());
        assert_eq!((refused.name.as_str(), &refused.cause), ("feeRevisions/rev_d_00002", &UnusableCause::Altered));
        assert_eq!(refused.document, "d");
        assert_eq!(unusable(live.get("feeRevisions/rev_d_00002").await.unwrap_err()), refused);
    }
    assert_eq!(fee(ago(2 * 60 - 30)).await.unwrap(), 3);
}

fn unusable(error: RulesError) -> RevisionUnusable {
    match error {
        RulesError::Unusable(unusable) => unusable,
        RulesError::Store(error) => panic!("{error}"),
    }
}

async fn what_this_version_cannot_read_fails_the_start_or_the_decision_by_it(stage: &Stage) {
    let draft = drafted(stage, &fees(1)).await.unwrap();
    published(stage, &draft.name, None, None).await.unwrap();
    let live = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();
    // A later version of the program published what this one does not know.
    let later = || "document = \"d\"\nfee = 2\nsurcharge = 1\n".to_owned();
    let time = put::<Fees>(stage, "d", 0..1, |_| [later(), later()]).await;
    // It takes effect a minute before the other: the other decides, and this one is history that nobody asked for.
    assert!(live.refresh().await.unwrap());
    assert_eq!(live.in_force("d", time).await.unwrap().unwrap().rules().fee, 1);
    let unread = live.in_force("d", time - TimeDelta::seconds(30)).await.unwrap_err();
    let unread = unusable(unread);
    assert!(matches!(unread.cause, UnusableCause::Unreadable(_)), "{unread}");
    LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap();

    // As the only one of its document it decides: running, its decisions fail; a start is refused.
    put::<Fees>(stage, "e", 0..1, |_| [later(), later()]).await;
    assert!(live.refresh().await.unwrap());
    let unread = live.in_force("e", now()).await.unwrap_err();
    assert_eq!(unusable(unread).document, "e");
    assert_eq!(live.in_force("d", now()).await.unwrap().unwrap().rules().fee, 1, "the other documents decide on");
    let refused = LiveHistory::<Fees>::load(&stage.store, now()).await.unwrap_err().to_string();
    assert!(refused.contains("feeRevisions/rev_e_00000 of e cannot be used: "), "{refused}");
    assert!(refused.contains("surcharge"), "{refused}");
}
