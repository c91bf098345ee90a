use rogatory_disclosure::domain::token::KeySet;
use rogatory_names::ProductionId;
use rogatory_proto::rogatory::disclosure::v1::{
    GetKeySetRequest, GetProductionRequest, Grant, ProducedFile, Production, RecordProductionRequest,
};
use rogatory_rulebook::Digest;
use tonic::{Code, Status};

use super::{
    grants::granted,
    world::{ANALYST, AUDITOR, PLATFORM, World, fields, key, month},
};

super::on_both_engines!(
    a_production_is_recorded_once,
    its_manifest_is_signed,
    one_uncovered_file_and_nothing_is_recorded,
    no_data_is_a_production_too,
    every_bad_field_of_a_file_is_named,
);

/// A file of three records of February, stored in SG.
pub(super) fn file(name: &str, element: &str) -> ProducedFile {
    ProducedFile {
        file_name: name.to_owned(),
        size_bytes: 42,
        digest: Digest::of(name).to_string(),
        record_count: 3,
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        first_record_time: Some(month(2, 0)),
        last_record_time: Some(month(2, 60)),
        storage_country: "SGP".to_owned(),
    }
}

pub(super) fn production(grant: &Grant, files: &[ProducedFile]) -> RecordProductionRequest {
    RecordProductionRequest { grant: grant.name.clone(), files: files.to_vec(), no_data: false, request_id: key() }
}

async fn record(world: &World, call: RecordProductionRequest) -> Result<Production, Status> {
    world.grants_as(&PLATFORM).record_production(call).await.map(tonic::Response::into_inner)
}

async fn a_production_is_recorded_once(world: &World) {
    let grant = granted(world).await;
    let files = [file("b.csv", "login-records"), file("a.csv", "account-identity")];
    let call = production(&grant, &files);
    let recorded = record(world, call.clone()).await.unwrap();
    assert_eq!(record(world, call).await.unwrap(), recorded);
    let mut lines: Vec<String> =
        files.iter().map(|one| format!("{} 42 {} target-1 {}\n", one.digest, one.element, one.file_name)).collect();
    lines.sort();
    assert_eq!(recorded.manifest_digest, Digest::of(lines.concat()).to_string());
    assert_eq!((recorded.request.as_str(), recorded.recorder.as_str()), (grant.request.as_str(), "person:warehouse"));
    assert_eq!(recorded.files[0], ProducedFile { storage_country: "SG".to_owned(), ..files[0].clone() });
    let events = world.events("production.").await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind.as_str(), &events[0].request), ("production.recorded", &grant.request));
    assert!(events[0].facts.values().all(|fact| !fact.contains("csv")), "{:?}", events[0].facts);

    let get = |name: String| GetProductionRequest { name };
    let read = world.grants_as(&ANALYST).get_production(get(recorded.name.clone())).await.unwrap().into_inner();
    assert_eq!(read, recorded);
    let unknown = world.grants_as(&ANALYST).get_production(get(ProductionId::new().name())).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let wrong = world.grants_as(&ANALYST).get_production(get(grant.name)).await.unwrap_err();
    assert_eq!((wrong.code(), fields(&wrong)), (Code::InvalidArgument, vec!["name".to_owned()]));
}

async fn its_manifest_is_signed(world: &World) {
    let grant = granted(world).await;
    let files = [file("b.csv", "login-records"), file("a.csv", "account-identity")];
    let recorded = record(world, production(&grant, &files)).await.unwrap();
    let set = world.grants_as(&AUDITOR).get_key_set(GetKeySetRequest {}).await.unwrap().into_inner();
    let signed = KeySet::read(&set.jwks).unwrap().manifest(&recorded.signature).unwrap();
    assert_eq!(
        [signed.production.name(), signed.grant.name(), signed.request.name(), signed.manifest_digest.to_string()],
        [recorded.name, recorded.grant, recorded.request, recorded.manifest_digest]
    );
    assert_eq!(signed.files, 2);
    assert_eq!(Some(signed.create_time.timestamp()), recorded.create_time.map(|time| time.seconds));
}

async fn one_uncovered_file_and_nothing_is_recorded(world: &World) {
    let grant = granted(world).await;
    let good = file("a.csv", "login-records");
    let cases = [
        (ProducedFile { element: "messages".to_owned(), ..file("jane-doe.csv", "") }, vec!["files[1]"]),
        (ProducedFile { target_id: "target-2".to_owned(), ..good.clone() }, vec!["files[1]"]),
        (ProducedFile { first_record_time: Some(month(1, -1)), ..good.clone() }, vec!["files[1].first_record_time"]),
        (ProducedFile { last_record_time: Some(month(3, 0)), ..good.clone() }, vec!["files[1].last_record_time"]),
        (
            ProducedFile { first_record_time: None, last_record_time: None, ..good.clone() },
            vec!["files[1].first_record_time", "files[1].last_record_time"],
        ),
        (ProducedFile { storage_country: "CN".to_owned(), ..good.clone() }, vec!["files[1].storage_country"]),
    ];
    for (bad, expected) in cases {
        let status = record(world, production(&grant, &[good.clone(), bad])).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(fields(&status), expected);
        assert!(!format!("{status:?}").contains("jane-doe"));
    }
    assert!(world.events("production.").await.is_empty());
    // All of the window, and what has none.
    let whole = ProducedFile {
        first_record_time: Some(month(1, 0)),
        last_record_time: Some(month(3, -1)),
        ..file("b.csv", "login-records")
    };
    let timeless =
        ProducedFile { first_record_time: None, last_record_time: None, ..file("c.csv", "account-identity") };
    let empty = ProducedFile {
        record_count: 0,
        first_record_time: None,
        last_record_time: None,
        ..file("d.csv", "login-records")
    };
    record(world, production(&grant, &[good, whole, timeless, empty])).await.unwrap();
}

async fn no_data_is_a_production_too(world: &World) {
    let grant = granted(world).await;
    let nothing = RecordProductionRequest { no_data: true, ..production(&grant, &[]) };
    let recorded = record(world, nothing).await.unwrap();
    assert!(recorded.no_data && recorded.files.is_empty());
    assert_eq!(world.events("production.").await[0].facts["no_data"], "true");
}

async fn every_bad_field_of_a_file_is_named(world: &World) {
    let grant = granted(world).await;
    let both = RecordProductionRequest { no_data: true, ..production(&grant, &[file("a.csv", "login-records")]) };
    assert_eq!(fields(&record(world, both).await.unwrap_err()), ["no_data"]);
    let wrong = ProducedFile {
        size_bytes: -1,
        digest: "md5:0".to_owned(),
        record_count: -1,
        first_record_time: Some(month(2, 61)),
        storage_country: "EU".to_owned(),
        ..file("../secret", "")
    };
    let call = RecordProductionRequest { request_id: String::new(), ..production(&grant, &[wrong]) };
    let status = record(world, call).await.unwrap_err();
    let names =
        ["file_name", "size_bytes", "record_count", "digest", "element", "first_record_time", "storage_country"];
    let expected = names.map(|field| format!("files[0].{field}"));
    assert_eq!(fields(&status), [&expected[..], &["request_id".to_owned()]].concat());
    assert!(!format!("{status:?}").contains("secret"));
    let many = production(&grant, &vec![file("a.csv", "login-records"); 10_001]);
    let status = record(world, many).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["files".to_owned()]));
}
