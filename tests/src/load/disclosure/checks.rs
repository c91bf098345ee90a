//! `CheckDisclosure`: the call that a data platform makes for each record, against a bare echo of the same messages.

use std::sync::Arc;

use prost::Message as _;
use rogatory_chassis::{Role, convert::timestamp};
use rogatory_proto::rogatory::disclosure::v1::{CheckDisclosureRequest, grant_service_client::GrantServiceClient};
use rogatory_testkit::TestKeys;

use super::{
    granted::{granted, signing_key},
    scopes,
};
use crate::load::{
    driver::{Measurement, median, run},
    echo::Rpc,
    effort::{Effort, Engine},
    serving::{Running, Site, Token, signed, start_echo, token},
    table::{head, row},
};

/// Measures on one database. The answer is given from memory: the database shows only while grants are read.
pub(super) async fn measure(effort: &Effort, engine: Engine) {
    let keys = Arc::new(TestKeys::new());
    let database = engine.database().await;
    let granted = granted(&keys, &database).await;
    let question = CheckDisclosureRequest {
        grant: granted.grant.name.clone(),
        target_id: scopes::TARGET.to_owned(),
        element: "orders".to_owned(),
        record_time: Some(timestamp(granted.now - chrono::Duration::days(40))),
        storage_country: "SG".to_owned(),
    };
    let more = format!("[keys]\nsigning_key_file = {:?}\n", signing_key(&keys));
    let disclosure = Site::new(&keys, "disclosure", database.url(), &more).start().await;
    let token = token(&keys, Role::DataPlatform);
    let client = GrantServiceClient::new(disclosure.channel.clone());
    let answer =
        client.clone().check_disclosure(signed(question.clone(), &token)).await.expect("an answer").into_inner();
    assert!(answer.permitted, "what is measured is a yes: {answer:?}");
    let echo = start_echo(&keys, Rpc::CheckDisclosure, &answer).await;

    println!(
        "\nCheckDisclosure on {} against a bare tonic echo; a grant of {} permissions; request {} bytes, answer {} bytes",
        engine.title(),
        granted.grant.permissions.len(),
        question.encoded_len(),
        answer.encoded_len()
    );
    head("bare echo", "CheckDisclosure");
    for &concurrency in &effort.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in effort.rounds() {
            base.push(round(effort, concurrency, &echo, &question, &token).await);
            full.push(round(effort, concurrency, &disclosure, &question, &token).await);
        }
        row(&median(base), &median(full));
    }
}

async fn round(
    effort: &Effort,
    concurrency: usize,
    server: &Running,
    question: &CheckDisclosureRequest,
    token: &Token,
) -> Measurement {
    let client = GrantServiceClient::new(server.channel.clone());
    let call = async |_| client.clone().check_disclosure(signed(question.clone(), token)).await.map(drop);
    run(concurrency, effort.time(), server.id(), call).await.expect("an answer")
}
