//! Two servers over one database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prost::Message as _;
use rogatory_proto::rogatory::routing::v1::{
    BatchResolveContactsRequest, BatchResolveContactsResponse, PlanRouteRequest, ReplayPlanRequest, ResidenceRecord,
    ResolveContactRequest, ResolveContactResponse, resolved_record::Outcome,
    routing_service_client::RoutingServiceClient,
};
use rogatory_testkit::Signed;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use crate::{
    harness::{SHIPPED, Suite, on_both_engines, reason, stamp},
    plan_route::{self, plan},
};

on_both_engines! {
    a_publication_is_followed, never_half_of_a_publication, an_altered_revision_fails_what_it_must_decide,
}

/// A guide that differs from the shipped one in two rows: both of them go to one contact or the other.
fn variant(contact: &str, number: usize) -> String {
    let mut text = SHIPPED.to_owned();
    for row in ["us", "cis"] {
        let at = text.find(&format!("[[row]]\nkey = \"{row}\"")).unwrap();
        let start = at + text[at..].find("contact = \"").unwrap();
        let end = start + text[start..].find('\n').unwrap();
        text.replace_range(start..end, &format!("contact = \"{contact}\""));
    }
    format!("{text}\n# {number}\n")
}

fn ask(residence: &str) -> ResolveContactRequest {
    ResolveContactRequest {
        platform: "aliexpress.com".to_owned(),
        residence_country: residence.to_owned(),
        rules_time: None,
    }
}

fn told(answer: ResolveContactResponse) -> (String, String) {
    (answer.provenance.unwrap().revision, answer.contact.unwrap().contact_id)
}

async fn a_publication_is_followed(suite: &Suite) {
    let mut replica = suite.replica("analyst").await;
    assert_eq!(told(replica.resolve_contact(ask("US")).await.unwrap().into_inner()).1, "e-commerce-one");
    let published = suite.publish(&variant("hangzhou", 1), None).await;
    // It decides here at once, and there as soon as the replica has looked.
    let here = suite.routing("analyst").resolve_contact(ask("US")).await.unwrap().into_inner();
    assert_eq!(told(here), (published.name.clone(), "hangzhou".to_owned()));
    let followed = async {
        while told(replica.resolve_contact(ask("US")).await.unwrap().into_inner()).0 != published.name {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), followed).await.expect("the replica follows");
}

/// Contacts of both rows by one message: with the revision that each rests on.
async fn batch(client: &mut RoutingServiceClient<Signed>) -> Vec<(String, String)> {
    let record =
        |residence: &str| ResidenceRecord { record_id: residence.to_owned(), residence_country: residence.to_owned() };
    let message = BatchResolveContactsRequest {
        platform: "aliexpress.com".to_owned(),
        rules_time: None,
        records: vec![record("US"), record("KZ")],
    };
    let answers = client.batch_resolve_contacts(tokio_stream::iter([message.clone(), message])).await.unwrap();
    let answers: Vec<BatchResolveContactsResponse> = answers.into_inner().collect::<Result<_, _>>().await.unwrap();
    answers.into_iter().flat_map(|answer| answer.answers).map(told).collect()
}

async fn never_half_of_a_publication(suite: &Suite) {
    // One reader at the server that publishes, and one at the other.
    let done = Arc::new(AtomicBool::new(false));
    let readers = [suite.replica("analyst").await, suite.routing("analyst")].map(|mut client| {
        let done = Arc::clone(&done);
        tokio::spawn(async move {
            let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
            while !done.load(Ordering::SeqCst) {
                for residence in ["US", "KZ"] {
                    seen.insert(told(client.resolve_contact(ask(residence)).await.unwrap().into_inner()));
                }
                let pairs = batch(&mut client).await;
                for pair in pairs.chunks(2) {
                    assert_eq!(pair[0].0, pair[1].0, "one message is answered by one revision");
                }
                seen.extend(pairs);
            }
            seen
        })
    });
    let mut published = BTreeMap::new();
    for number in 0..12 {
        let contact = if number % 2 == 0 { "hangzhou" } else { "hong-kong" };
        published.insert(suite.publish(&variant(contact, number), None).await.name, contact.to_owned());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        let seen = reader.await.unwrap();
        // Both rows of a published guide go to one contact: a mixture would show as another.
        let (of_published, shipped): (Vec<_>, Vec<_>) =
            seen.iter().partition(|(revision, _)| published.contains_key(revision));
        assert!(!of_published.is_empty(), "the reader followed at least one publication");
        for (revision, contact) in of_published {
            assert_eq!(contact, &published[revision], "{revision}");
        }
        assert!(shipped.iter().all(|(_, contact)| ["e-commerce-one", "russia-holding"].contains(&contact.as_str())));
    }
}

async fn an_altered_revision_fails_what_it_must_decide(suite: &Suite) {
    let planned = plan(suite, plan_route::ask(&["US"])).await.unwrap();
    let shipped = planned.provenance.unwrap().revision;
    suite.publish(&variant("hangzhou", 1), None).await;
    suite.alter_revision(&shipped).await;
    // This server has read the revision before; one that starts now reads it when it is asked for.
    let mut replica = suite.replica("counsel").await;
    let refused = |status: &Status| {
        assert_eq!((status.code(), reason(status)), (Code::FailedPrecondition, "REVISION_UNUSABLE".to_owned()));
    };
    let then = Some(stamp("2026-01-01T00:00:00Z"));
    refused(&replica.resolve_contact(ResolveContactRequest { rules_time: then, ..ask("US") }).await.unwrap_err());
    let late = PlanRouteRequest { rules_time: then, ..plan_route::ask(&["US"]) };
    refused(&replica.plan_route(late).await.unwrap_err());
    refused(&replica.replay_plan(ReplayPlanRequest { name: planned.name }).await.unwrap_err());
    let record = ResidenceRecord { record_id: "u1".to_owned(), residence_country: "US".to_owned() };
    let message = |rules_time| BatchResolveContactsRequest {
        platform: "aliexpress.com".to_owned(),
        rules_time,
        records: vec![record.clone()],
    };
    let stream = tokio_stream::iter([message(then), message(None)]);
    let answers = replica.batch_resolve_contacts(stream).await.unwrap().into_inner();
    let answers: Vec<BatchResolveContactsResponse> = answers.collect::<Result<_, _>>().await.unwrap();
    let Some(Outcome::Error(error)) = &answers[0].results[0].outcome else { panic!("an error") };
    refused(&Status::with_details(Code::from(error.code), "", error.encode_to_vec().into()));
    // What is in force now decides on.
    assert_eq!(answers[1].results[0].outcome, Some(Outcome::Answer(0)));
    assert_eq!(told(replica.resolve_contact(ask("US")).await.unwrap().into_inner()).1, "hangzhou");
}
