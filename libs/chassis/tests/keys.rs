//! Development keys, and the key of a repeated call.

use std::time::Duration;

use chrono::Utc;
use rogatory_chassis::{CallContext, CallKey, FieldFaults, Role, development::DevelopmentKeys, identity::Identity};
use rogatory_proto::rogatory::intake::v1::SubmitEnquiryRequest;

#[tokio::test]
async fn keys_that_were_half_made_are_completed_and_what_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    DevelopmentKeys::open(folder.path(), &["routing"]).unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (authority, key) = (read("ca.pem"), read("routing.key"));
    // As after a crash between two files.
    std::fs::remove_file(folder.path().join("routing.pem")).unwrap();
    std::fs::remove_file(folder.path().join("jwks.json")).unwrap();
    let keys = DevelopmentKeys::open(folder.path(), &["routing", "billing"]).unwrap();
    assert_eq!((read("ca.pem"), read("routing.key")), (authority, key));
    assert!(!read("routing.pem").is_empty() && !read("billing.pem").is_empty());

    let token = keys.token("ann", &[Role::Analyst], Utc::now(), Duration::from_secs(60)).unwrap();
    let identity = Identity::load(&keys.identity()).await.unwrap();
    identity.verify(token.as_bytes()).await.unwrap();
}

#[test]
fn a_call_is_known_by_its_key_and_its_body() {
    let message = |request_id: &str| SubmitEnquiryRequest { enquiry: None, request_id: request_id.to_owned() };
    let read = |request_id: &str, body: &SubmitEnquiryRequest| {
        let mut faults = FieldFaults::new();
        let key = CallKey::read(&mut faults, request_id, body);
        assert_eq!(key.is_none(), !faults.is_empty());
        key
    };
    let id = "018f4f6e-8a3b-7c1d-9e2f-0a1b2c3d4e5f";
    let key = read(id, &message(id)).unwrap();
    assert_eq!(read(id, &message(id)), Some(key.clone()));
    // Another body is another call.
    assert_ne!(read(id, &SubmitEnquiryRequest { enquiry: Some(Default::default()), ..message(id) }), Some(key.clone()));
    for none in ["", "not-a-uuid", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(read(none, &message(none)), None, "{none}");
    }
    let context = CallContext::for_worker("docket", Utc::now(), Duration::from_secs(1)).correlated("corr-1");
    let change = key.change(&context, "person:ann");
    assert_eq!((change.request_id, change.correlation_id, change.actor), (Some(id), "corr-1", "person:ann"));
    assert_eq!((change.method, change.now), ("docket", context.now));
}
