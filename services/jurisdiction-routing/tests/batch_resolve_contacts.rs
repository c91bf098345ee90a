//! Residences by the thousand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use prost::Message as _;
use rogatory_proto::rogatory::routing::v1::{
    BatchResolveContactsRequest, BatchResolveContactsResponse, ResidenceRecord, ResolveContactRequest,
    resolved_record::Outcome,
};
use rogatory_rulebook::Country;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Status};

use crate::harness::{Suite, fields, on_both_engines, reason, stamp};

on_both_engines! {
    answers_come_in_order_and_are_those_of_resolve_contact, a_bad_record_has_its_own_error_and_the_stream_goes_on,
    a_message_out_of_bounds_ends_the_stream, a_slow_reader_slows_the_stream, who_breaks_off_harms_nobody,
    an_error_is_that_of_resolve_contact, the_largest_answer_fits_into_a_message, a_drain_lets_a_stream_end,
}

fn records(residences: impl IntoIterator<Item = &'static str>) -> Vec<ResidenceRecord> {
    let record = |(index, residence): (usize, &str)| ResidenceRecord {
        record_id: format!("user-{index}"),
        residence_country: residence.to_owned(),
    };
    residences.into_iter().enumerate().map(record).collect()
}

fn message(records: Vec<ResidenceRecord>) -> BatchResolveContactsRequest {
    BatchResolveContactsRequest { platform: "aliexpress.com".to_owned(), rules_time: None, records }
}

async fn batch(
    suite: &Suite,
    messages: Vec<BatchResolveContactsRequest>,
) -> Result<Vec<BatchResolveContactsResponse>, Status> {
    let mut client = suite.routing("data-platform");
    let stream = client.batch_resolve_contacts(tokio_stream::iter(messages)).await?.into_inner();
    stream.collect::<Result<_, _>>().await
}

async fn answers_come_in_order_and_are_those_of_resolve_contact(suite: &Suite) {
    let all: Vec<&str> = Country::all().map(Country::alpha2).chain(["us", "840", "Hong Kong"]).collect();
    let messages = (0..5).map(|_| message(records(all.clone()))).collect();
    let answered = batch(suite, messages).await.unwrap();
    assert_eq!(answered.len(), 5);
    for answer in answered {
        let ids: Vec<String> = answer.results.iter().map(|result| result.record_id.clone()).collect();
        assert_eq!(ids, (0..all.len()).map(|index| format!("user-{index}")).collect::<Vec<_>>());
        assert_eq!(answer.answers.len(), Country::all().count(), "each different answer once");
        for (result, residence) in answer.results.iter().zip(&all).step_by(17) {
            let Some(Outcome::Answer(place)) = result.outcome else { panic!("{result:?}") };
            let ask = ResolveContactRequest {
                platform: "aliexpress.com".to_owned(),
                residence_country: (*residence).to_owned(),
                rules_time: None,
            };
            let single = suite.routing("analyst").resolve_contact(ask).await.unwrap().into_inner();
            assert_eq!(answer.answers[usize::try_from(place).unwrap()], single, "{residence}");
        }
    }
}

async fn a_bad_record_has_its_own_error_and_the_stream_goes_on(suite: &Suite) {
    let mut bad = records(["US", "Atlantis", "HK", "", "CN"]);
    bad[2].record_id = String::new();
    bad[4].record_id = "x".repeat(65);
    let other = BatchResolveContactsRequest { platform: "other.example".to_owned(), ..message(records(["US", "HK"])) };
    let early =
        BatchResolveContactsRequest { rules_time: Some(stamp("1999-01-01T00:00:00Z")), ..message(records(["US"])) };
    let answered = batch(suite, vec![message(bad), other, early, message(records(["US"]))]).await.unwrap();
    let outcomes = |index: usize| -> Vec<Result<u32, (i32, usize)>> {
        let outcome = |outcome: &Option<Outcome>| match outcome {
            Some(Outcome::Answer(place)) => Ok(*place),
            Some(Outcome::Error(error)) => Err((error.code, error.details.len())),
            None => panic!("no outcome"),
        };
        answered[index].results.iter().map(|result| outcome(&result.outcome)).collect()
    };
    let invalid = i32::from(Code::InvalidArgument);
    assert_eq!(outcomes(0)[0], Ok(0));
    for index in 1..5 {
        // ErrorInfo and BadRequest, as a call would have them.
        assert_eq!(outcomes(0)[index], Err((invalid, 2)), "{index}");
    }
    let Some(Outcome::Error(error)) = &answered[0].results[1].outcome else { panic!("an error") };
    let details: String = error.details.iter().map(|detail| String::from_utf8_lossy(&detail.value)).collect();
    assert!(details.contains("records[1].residence_country"), "{details}");
    assert!(!details.contains("Atlantis") && !error.message.contains("Atlantis"));
    let refused = i32::from(Code::FailedPrecondition);
    assert_eq!(outcomes(1).len(), 2);
    assert!(outcomes(1).iter().all(|outcome| matches!(outcome, Err((code, _)) if *code == refused)));
    assert!(matches!(outcomes(2)[0], Err((code, _)) if code == refused));
    assert_eq!(outcomes(3), [Ok(0)], "the stream went on");
}

async fn a_message_out_of_bounds_ends_the_stream(suite: &Suite) {
    for size in [0, 10_001] {
        let status = batch(suite, vec![message(records(vec!["US"; size]))]).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "FIELDS_INVALID".to_owned()));
        assert_eq!(fields(&status), ["records"]);
    }
    assert_eq!(batch(suite, vec![message(records(vec!["US"; 10_000]))]).await.unwrap()[0].results.len(), 10_000);
    assert!(batch(suite, Vec::new()).await.unwrap().is_empty());
}

async fn a_slow_reader_slows_the_stream(suite: &Suite) {
    let all: Vec<&str> = Country::all().map(Country::alpha2).collect();
    let all: Vec<&str> = (0..1_000).map(|index| all[index % all.len()]).collect();
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let messages = tokio_stream::iter(0..200).map(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        message(records(all.clone()))
    });
    let mut client = suite.routing("data-platform");
    let mut answers = client.batch_resolve_contacts(messages).await.unwrap().into_inner();
    // Nobody reads. What has left the sender comes to rest long before the end: the rest waits with the sender.
    let mut before = usize::MAX;
    while before != sent.load(Ordering::SeqCst) {
        before = sent.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(before < 100, "{before} of 200 messages were taken while nobody read");
    let mut read = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer.results.len(), 1_000);
        read += 1;
    }
    assert_eq!((read, sent.load(Ordering::SeqCst)), (200, 200));
}

async fn who_breaks_off_harms_nobody(suite: &Suite) {
    for _ in 0..20 {
        let mut client = suite.routing("data-platform");
        let endless = tokio_stream::iter(std::iter::repeat_with(|| message(records(["US", "HK"]))));
        let mut answers = client.batch_resolve_contacts(endless).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
    }
    assert_eq!(batch(suite, vec![message(records(["US"]))]).await.unwrap().len(), 1);
}

async fn an_error_is_that_of_resolve_contact(suite: &Suite) {
    for (platform, residence) in
        [("aliexpress.com", "Atlantis"), ("aliexpress.com", ""), ("other.example", "US"), ("", "US")]
    {
        let ask = ResolveContactRequest {
            platform: platform.to_owned(),
            residence_country: residence.to_owned(),
            rules_time: None,
        };
        let single = suite.routing("analyst").resolve_contact(ask).await.unwrap_err();
        let message = BatchResolveContactsRequest { platform: platform.to_owned(), ..message(records([residence])) };
        let answered = batch(suite, vec![message]).await.unwrap();
        let Some(Outcome::Error(error)) = answered[0].results[0].outcome.clone() else { panic!("an error") };
        assert_eq!((error.code, error.message.as_str()), (single.code().into(), single.message()));
        let error = Status::with_details(single.code(), single.message(), error.encode_to_vec().into());
        assert_eq!(reason(&error), reason(&single));
        if single.code() == Code::InvalidArgument {
            // The path starts at the message that the caller sent.
            let here = if platform.is_empty() { "platform" } else { "records[0].residence_country" };
            assert_eq!((fields(&error), fields(&single).len()), (vec![here.to_owned()], 1));
        }
    }
    // Letters count, not bytes.
    let mut long = records(["US", "US"]);
    long[0].record_id = "é".repeat(64);
    long[1].record_id = "é".repeat(65);
    let answered = batch(suite, vec![message(long)]).await.unwrap();
    assert!(matches!(answered[0].results[0].outcome, Some(Outcome::Answer(0))));
    let Some(Outcome::Error(error)) = answered[0].results[1].outcome.clone() else { panic!("an error") };
    let error = Status::with_details(Code::InvalidArgument, "", error.encode_to_vec().into());
    assert_eq!(fields(&error), ["records[1].record_id"]);
}

/// The client takes 4 MiB, as clients do where nobody says otherwise.
async fn the_largest_answer_fits_into_a_message(suite: &Suite) {
    let mut bad = records(vec!["Atlantis"; 10_000]);
    for (index, record) in bad.iter_mut().enumerate() {
        record.record_id = format!("{index:0>64}");
    }
    let answered = batch(suite, vec![message(bad.clone())]).await.unwrap();
    assert_eq!(answered[0].results.len(), 10_000);
    let other = BatchResolveContactsRequest { platform: "other.example".to_owned(), ..message(bad) };
    let answered = batch(suite, vec![other]).await.unwrap();
    assert_eq!(answered[0].results.len(), 10_000);
}

async fn a_drain_lets_a_stream_end(suite: &Suite) {
    let mut client = suite.replica("data-platform").await;
    let (sender, messages) = tokio::sync::mpsc::channel(1);
    // The first message is on its way before the call: the server answers with the head and the first answer together.
    sender.send(message(records(["US"]))).await.unwrap();
    let mut answers = client.batch_resolve_contacts(ReceiverStream::new(messages)).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    let going_on = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            sender.send(message(records(["US", "HK"]))).await.unwrap();
            assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 2);
        }
        drop(sender);
        assert!(answers.message().await.unwrap().is_none(), "it ends when its caller ends it");
    };
    tokio::join!(suite.stop_replica(), going_on);
}
