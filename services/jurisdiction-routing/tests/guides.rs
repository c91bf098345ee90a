//! Revisions of guides, from the draft to the answer that changes.

use rogatory_proto::rogatory::{
    routing::v1::{
        CreateGuideRevisionRequest, GetGuideRevisionRequest, ListGuideRevisionsRequest, PublishGuideRevisionRequest,
        ResolveContactRequest, ValidateGuideRevisionRequest,
    },
    rulebook::v1::revision::State,
};
use tonic::Code;

use crate::harness::{SHIPPED, Suite, fields, id, on_both_engines, reason, stamp};

on_both_engines! {
    a_guide_decides_from_its_effective_time, a_published_guide_is_immutable, a_faulty_guide_is_told_every_fault, pages,
    a_repeated_draft_is_one_revision, the_shipped_guide_is_published,
}

/// The guide with Kazakhstan moved to the row of the United States.
fn moved() -> String {
    SHIPPED.replace(r#"["US"]"#, r#"["US", "KZ"]"#).replace(r#""BY", "GE", "KZ","#, r#""BY", "GE","#)
}

async fn contact_of_kz(suite: &Suite, time: Option<&str>) -> String {
    let ask = ResolveContactRequest {
        platform: "aliexpress.com".to_owned(),
        residence_country: "KZ".to_owned(),
        rules_time: time.map(stamp),
    };
    suite.routing("counsel").resolve_contact(ask).await.unwrap().into_inner().contact.unwrap().contact_id
}

async fn a_guide_decides_from_its_effective_time(suite: &Suite) {
    assert_eq!(contact_of_kz(suite, None).await, "russia-holding");
    let published = suite.publish(&moved(), Some("2026-12-01T00:00:00Z")).await;
    assert_eq!((published.state(), published.effective_time), (State::Published, Some(stamp("2026-12-01T00:00:00Z"))));
    assert_eq!(published.publish_time, Some(suite.now()));
    assert_eq!(contact_of_kz(suite, None).await, "russia-holding");
    for (time, contact) in [
        ("2026-11-30T23:59:59.999999Z", "russia-holding"),
        ("2026-12-01T00:00:00Z", "e-commerce-one"),
        ("2026-12-01T00:00:00.000001Z", "e-commerce-one"),
    ] {
        assert_eq!(contact_of_kz(suite, Some(time)).await, contact, "{time}");
    }
    suite.set_now("2026-12-01T00:00:01Z");
    assert_eq!(contact_of_kz(suite, None).await, "e-commerce-one");
    assert_eq!(contact_of_kz(suite, Some("2026-11-24T12:00:00Z")).await, "russia-holding");
    let kinds: Vec<String> =
        suite.events(&["guide.drafted", "guide.published"]).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        ["guide.published", "guide.drafted", "guide.published"],
        "the guide that ships was published first"
    );
}

async fn a_published_guide_is_immutable(suite: &Suite) {
    let mut client = suite.guides("publisher");
    let draft = suite.draft(&moved()).await;
    assert_eq!((draft.state(), draft.document.as_str()), (State::Draft, "aliexpress.com"));
    let ask = |etag: &str, time: Option<&str>| PublishGuideRevisionRequest {
        name: draft.name.clone(),
        etag: etag.to_owned(),
        effective_time: time.map(stamp),
        request_id: id(),
    };
    let status = client.publish_guide_revision(ask("nonsense", None)).await.unwrap_err();
    assert_eq!(fields(&status), ["etag"]);
    let status = client.publish_guide_revision(ask(&draft.etag, Some("2026-01-01T00:00:00Z"))).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["effective_time".to_owned()]));
    assert_eq!(contact_of_kz(suite, None).await, "russia-holding", "a draft decides nothing");

    let publish = ask(&draft.etag, None);
    let published = client.publish_guide_revision(publish.clone()).await.unwrap().into_inner();
    assert_eq!(client.publish_guide_revision(publish).await.unwrap().into_inner(), published, "a repeated call");
    let status = client.publish_guide_revision(ask(&published.etag, None)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
    let get = GetGuideRevisionRequest { name: draft.name.clone() };
    assert_eq!(client.get_guide_revision(get).await.unwrap().into_inner(), published);
    assert_eq!((published.text, published.digest), (moved(), draft.digest));

    let other = suite.draft(SHIPPED).await;
    let stale =
        PublishGuideRevisionRequest { etag: published.etag, name: other.name, effective_time: None, request_id: id() };
    let status = client.publish_guide_revision(stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
}

async fn a_faulty_guide_is_told_every_fault(suite: &Suite) {
    let faulty = SHIPPED.replace("\"TJ\"", "\"US\"").replace("\"police\"", "\"militia\"");
    let validate = |text: &str| ValidateGuideRevisionRequest { text: text.to_owned() };
    let found = suite.guides("counsel").validate_guide_revision(validate(&faulty)).await.unwrap().into_inner();
    let paths: Vec<&str> = found.faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["audience.accepted_kinds[2]", "row[3].residences[9]"]);
    let line = faulty.lines().position(|line| line.contains("\"UZ\"")).unwrap() + 1;
    assert_eq!(usize::try_from(found.faults[1].line).unwrap(), line);
    let good = suite.guides("counsel").validate_guide_revision(validate(SHIPPED)).await.unwrap().into_inner();
    assert!(good.faults.is_empty() && good.digest.starts_with("sha256:"));

    let draft = CreateGuideRevisionRequest { text: faulty, request_id: id() };
    let status = suite.guides("publisher").create_guide_revision(draft).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["text".to_owned(), "text".to_owned()]));
    let empty = CreateGuideRevisionRequest::default();
    let status = suite.guides("publisher").create_guide_revision(empty).await.unwrap_err();
    assert_eq!(fields(&status), ["text", "request_id"]);
    let long = validate(&"#".repeat(1024 * 1024 + 1));
    assert_eq!(fields(&suite.guides("counsel").validate_guide_revision(long).await.unwrap_err()), ["text"]);
}

async fn pages(suite: &Suite) {
    let mut drafted = Vec::new();
    for day in 0..3 {
        drafted.push(suite.draft(&format!("{SHIPPED}\n# {day}\n")).await.name);
    }
    let mut client = suite.guides("counsel");
    let list = |size, token: &str, document: &str| ListGuideRevisionsRequest {
        document: document.to_owned(),
        page_size: size,
        page_token: token.to_owned(),
    };
    let first = client.list_guide_revisions(list(2, "", "")).await.unwrap().into_inner();
    assert_eq!(first.revisions.len(), 2);
    assert_eq!(first.revisions[0].name, drafted[2]);
    assert!(first.revisions.iter().all(|revision| revision.text.is_empty()));
    let second = client.list_guide_revisions(list(10, &first.next_page_token, "")).await.unwrap().into_inner();
    assert_eq!((second.revisions.len(), second.next_page_token.as_str()), (2, ""));
    let none = client.list_guide_revisions(list(0, "", "other.example")).await.unwrap().into_inner();
    assert!(none.revisions.is_empty());
    let status = client.list_guide_revisions(list(2, &first.next_page_token, "aliexpress.com")).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
    let status = client.list_guide_revisions(list(-1, "", "")).await.unwrap_err();
    assert_eq!(fields(&status), ["page_size"]);

    let absent = GetGuideRevisionRequest { name: "guideRevisions/rev_01990000000070008000000000000001".to_owned() };
    assert_eq!(client.get_guide_revision(absent).await.unwrap_err().code(), Code::NotFound);
    for name in ["", "guideRevisions/", "policyRevisions/rev_01990000000070008000000000000001", "guideRevisions/rev_1"]
    {
        let status = client.get_guide_revision(GetGuideRevisionRequest { name: name.to_owned() }).await.unwrap_err();
        assert_eq!(fields(&status), ["name"], "{name}");
    }
}

async fn a_repeated_draft_is_one_revision(suite: &Suite) {
    let mut client = suite.guides("publisher");
    let draft = CreateGuideRevisionRequest { text: SHIPPED.to_owned(), request_id: id() };
    let first = client.create_guide_revision(draft.clone()).await.unwrap().into_inner();
    assert_eq!(client.create_guide_revision(draft.clone()).await.unwrap().into_inner(), first);
    let other = CreateGuideRevisionRequest { text: moved(), ..draft };
    let status = client.create_guide_revision(other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
}

async fn the_shipped_guide_is_published(suite: &Suite) {
    let all =
        suite.guides("auditor").list_guide_revisions(ListGuideRevisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.revisions.len(), 1);
    let shipped = &all.revisions[0];
    assert_eq!((shipped.state(), shipped.author.as_str()), (State::Published, "system:seed"));
    assert_eq!(
        (shipped.document.as_str(), shipped.title.as_str()),
        ("aliexpress.com", "AliExpress Law Enforcement Guide")
    );
    assert_eq!(shipped.effective_time, Some(stamp("2020-01-01T00:00:00Z")));
}
