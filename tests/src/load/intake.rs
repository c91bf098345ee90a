//! `SubmitRequest` against the same rows by bare SQL.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{
    SubmitRequestRequest, request_service_client::RequestServiceClient, submit_request_request::Subject,
};
use rogatory_testkit::TestKeys;

use super::{
    bare_rows,
    driver::{median, run},
    effort::{Effort, Engine},
    serving::{Site, signed, token},
    table::{head, row},
};
use crate::schema;

/// Measures on each database.
pub async fn measure(effort: &Effort) {
    for engine in &effort.engines {
        submit_request(effort, *engine).await;
    }
}

async fn submit_request(effort: &Effort, engine: Engine) {
    let keys = TestKeys::new();
    let database = engine.database().await;
    let token = token(&keys, Role::Submitter);
    // The docket is left to other replicas: what is measured is the call, as the baseline is.
    let mut more = "[docket]\nworkers = 0\n".to_owned();
    for peer in ["routing", "verification", "disclosure", "billing"] {
        let tls = keys.development().tls("intake");
        more += &format!(
            "[peers.{peer}]\nendpoint = \"https://localhost:1\"\nca_file = {:?}\ncert_file = {:?}\nkey_file = {:?}\n",
            keys.development().ca_file(),
            tls.cert_file,
            tls.key_file
        );
    }
    let intake = Site::new(&keys, "intake", database.url(), &more).start().await;
    let client = RequestServiceClient::new(intake.channel.clone());
    let bare = bare_rows::connect(database.url()).await.expect("the database");

    let before = bare_rows::census(&bare).await.expect("the tables");
    client.clone().submit_request(signed(submission(), &token)).await.expect("a submission");
    let rows = bare_rows::added_since(&bare, &before).await.expect("the rows of a submission");
    rows.write(&bare).await.expect("the same rows by bare SQL");

    println!(
        "\nSubmitRequest on {} ({}) against the same {} rows by bare SQL in one transaction",
        engine.title(),
        bare_rows::durability(&bare).await.expect("a setting"),
        rows.len()
    );
    head("bare SQL", "SubmitRequest");
    for &concurrency in &effort.concurrency {
        let (mut base, mut full) = (Vec::new(), Vec::new());
        for _ in effort.rounds() {
            let write = async |_| rows.write(&bare).await;
            base.push(run(concurrency, effort.time(), std::process::id(), write).await.expect("bare rows"));
            let call = async |_| client.clone().submit_request(signed(submission(), &token)).await.map(drop);
            full.push(run(concurrency, effort.time(), intake.id(), call).await.expect("a submission"));
        }
        row(&median(base), &median(full));
    }
}

fn submission() -> SubmitRequestRequest {
    // The same request as the scenario of the coverage test files, without a paper.
    let json = include_str!("submission.json");
    let descriptor = schema::pool().get_message_by_name("rogatory.intake.v1.LegalRequest").expect("the schema has it");
    let mut reader = serde_json::Deserializer::from_str(json);
    let request = prost_reflect::DynamicMessage::deserialize(descriptor, &mut reader).expect("a request");
    SubmitRequestRequest {
        subject: Some(Subject::Request(request.transcode_to().expect("a request"))),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..SubmitRequestRequest::default()
    }
}
