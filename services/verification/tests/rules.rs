//! Revisions of the rules by which a requester is believed.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    rulebook::v1::{Revision, revision},
    verification::v1::{
        CreateRuleRevisionRequest, GetRuleRevisionRequest, ListRuleRevisionsRequest, OpenVerificationRequest,
        PublishRuleRevisionRequest, ValidateRuleRevisionRequest,
        evidence::Result as Outcome,
        verification::{Level, State},
    },
};
use rogatory_verification::SHIPPED_RULES;
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{ask, credentials, emergency, fields, invalid, reason, violations},
};

on_both_engines! {
    the_shipped_rules_are_published, the_revision_in_force_at_the_receipt_decides, a_draft_decides_nothing,
    a_faulty_file_is_told_every_fault, no_file_lets_a_mail_domain_suffice, a_published_revision_is_immutable,
    revisions_are_listed, only_a_publisher_publishes, two_servers_take_it_in,
}

/// The rules with one thing said otherwise.
fn changed(from: &str, to: &str) -> String {
    assert!(SHIPPED_RULES.contains(from), "{from}");
    SHIPPED_RULES.replacen(from, to, 1)
}

async fn draft(suite: &Suite, text: &str) -> Revision {
    let draft = CreateRuleRevisionRequest { text: text.to_owned(), request_id: id() };
    suite.rules(Role::Publisher).create_rule_revision(draft).await.unwrap().into_inner()
}

async fn publish(suite: &Suite, text: &str, effective: Option<DateTime<Utc>>) -> Revision {
    let draft = draft(suite, text).await;
    let ask = PublishRuleRevisionRequest {
        name: draft.name,
        etag: draft.etag,
        effective_time: effective.map(stamp),
        request_id: id(),
    };
    suite.rules(Role::Publisher).publish_rule_revision(ask).await.unwrap().into_inner()
}

async fn the_shipped_rules_are_published(suite: &Suite) {
    let all = suite.rules(Role::Auditor).list_rule_revisions(ListRuleRevisionsRequest::default()).await.unwrap();
    let all = all.into_inner().revisions;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].state(), all[0].author.as_str()), (revision::State::Published, "system:seed"));
    assert_eq!((all[0].document.as_str(), all[0].title.as_str()), ("verification", "Verification rules"));
    assert_eq!(all[0].effective_time, Some(stamp("2020-01-01T00:00:00Z".parse().unwrap())));
    let get = GetRuleRevisionRequest { name: all[0].name.clone() };
    let got = suite.rules(Role::Counsel).get_rule_revision(get).await.unwrap().into_inner();
    assert_eq!(got.text, SHIPPED_RULES);
}

async fn the_revision_in_force_at_the_receipt_decides(suite: &Suite) {
    suite.known_agency().await;
    let from = suite.now() + TimeDelta::days(10);
    let shorter = changed("valid_days = 30", "valid_days = 7");
    let second = publish(suite, &shorter, Some(from)).await;
    assert_eq!((second.state(), second.effective_time), (revision::State::Published, Some(stamp(from))));

    let before = suite.open(ask(suite)).await.unwrap();
    suite.days(20);
    // Opened late, but received before: by the rules of its day, when it is concluded too.
    let late = OpenVerificationRequest { receive_time: Some(stamp(from - TimeDelta::seconds(1))), ..ask(suite) };
    let late = suite.open(late).await.unwrap();
    let exact = OpenVerificationRequest { receive_time: Some(stamp(from)), ..ask(suite) };
    let exact = suite.open(exact).await.unwrap();
    let after = suite.open(ask(suite)).await.unwrap();
    for (opened, days, by_second) in [(before, 30, false), (late, 30, false), (exact, 7, true), (after, 7, true)] {
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        let concluded = suite.conclude(&opened.name).await.unwrap();
        assert_eq!(concluded.expire_time, Some(stamp(suite.now() + TimeDelta::days(days))));
        let provenance = concluded.provenance.unwrap();
        assert_eq!(provenance.revision == second.name, by_second);
        assert_eq!(provenance.digest == second.digest, by_second);
    }

    // Stricter rules of today do not spare a request of yesterday, nor judge it.
    let stricter = changed(r#"otherwise = "basic""#, r#"otherwise = "enhanced""#);
    let yesterday = suite.open(ask(suite)).await.unwrap();
    suite.advance(60);
    publish(suite, &stricter, None).await;
    suite.advance(60);
    let today = suite.open(ask(suite)).await.unwrap();
    assert_eq!((yesterday.required_level(), today.required_level()), (Level::Basic, Level::Enhanced));
    for (opened, fine) in [(yesterday, true), (today, false)] {
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        assert_eq!(suite.conclude(&opened.name).await.is_ok(), fine);
    }
    let kinds: Vec<String> =
        suite.events(&["rule.drafted", "rule.published"]).await.into_iter().map(|event| event.kind).collect();
    let expected = ["rule.published", "rule.drafted", "rule.published", "rule.drafted", "rule.published"];
    assert_eq!(kinds, expected);
}

async fn a_draft_decides_nothing(suite: &Suite) {
    suite.known_agency().await;
    let drafted = draft(suite, &changed(r#"otherwise = "basic""#, r#"otherwise = "enhanced""#)).await;
    assert_eq!(drafted.state(), revision::State::Draft);
    assert_eq!(suite.open(ask(suite)).await.unwrap().required_level(), Level::Basic);
    let first = CreateRuleRevisionRequest { text: SHIPPED_RULES.to_owned(), request_id: id() };
    let mut publisher = suite.rules(Role::Publisher);
    let once = publisher.create_rule_revision(first.clone()).await.unwrap().into_inner();
    assert_eq!(publisher.create_rule_revision(first).await.unwrap().into_inner(), once);
}

async fn a_faulty_file_is_told_every_fault(suite: &Suite) {
    let faulty = changed("valid_days = 30", "valid_days = 0").replacen("most_wrong = 3", "most_wrong = 0", 1).replacen(
        r#"code = "SENDER_LOOKALIKE""#,
        r#"code = "SENDER_UGLY""#,
        1,
    );
    let validate = |text: &str| ValidateRuleRevisionRequest { text: text.to_owned() };
    let mut counsel = suite.rules(Role::Counsel);
    let found = counsel.validate_rule_revision(validate(&faulty)).await.unwrap().into_inner();
    for (what, path) in [
        ("valid_days = 0", "level[0].valid_days"),
        ("most_wrong = 0", "challenge.most_wrong"),
        ("SENDER_UGLY", "].code"),
    ] {
        let fault = found.faults.iter().find(|fault| fault.path.contains(path));
        let fault = fault.unwrap_or_else(|| panic!("{path}: {:?}", found.faults));
        let line = faulty.lines().position(|line| line.contains(what)).unwrap() + 1;
        // An entry of a table may be told by the line at which it begins.
        let told = usize::try_from(fault.line).unwrap();
        assert!((line.saturating_sub(2)..=line).contains(&told), "{path}: line {told}, not {line}");
    }
    let good = counsel.validate_rule_revision(validate(SHIPPED_RULES)).await.unwrap().into_inner();
    assert!(good.faults.is_empty() && good.digest.starts_with("sha256:"));

    let ask = CreateRuleRevisionRequest { text: faulty, request_id: id() };
    let status = suite.rules(Role::Publisher).create_rule_revision(ask).await.unwrap_err();
    assert!(invalid(&status).iter().all(|field| field == "text") && fields(&status).len() >= 3, "{status:?}");
    let empty = CreateRuleRevisionRequest::default();
    let status = suite.rules(Role::Publisher).create_rule_revision(empty).await.unwrap_err();
    assert_eq!(invalid(&status), ["text", "request_id"]);
    let long = validate(&"#".repeat(1024 * 1024 + 1));
    assert_eq!(invalid(&counsel.validate_rule_revision(long).await.unwrap_err()), ["text"]);
    let junk = counsel.validate_rule_revision(validate("this is = = no TOML")).await.unwrap().into_inner();
    assert_eq!(junk.faults.len(), 1);
}

async fn no_file_lets_a_mail_domain_suffice(suite: &Suite) {
    let any_of = r#"any_of = ["credentials", "call_back", "challenge"]"#;
    for (from, to) in [
        (any_of, r#"any_of = ["credentials", "sender_domain"]"#),
        (any_of, r#"any_of = ["sender_domain"]"#),
        (any_of, r#"any_of = ["message"]"#),
        (any_of, r#"any_of = ["credentials", "signed_copy"]"#),
        (any_of, "approvals = 1"),
        (r#"needs = ["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#, r#"needs = ["AGENCY_ACCREDITED"]"#),
        (r#"needs = ["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#, "needs = []"),
        (r#"otherwise = "basic""#, r#"otherwise = "unverified""#),
        (
            r#"needs = ["AGENCY_ACCREDITED", "CALL_BACK_COMPLETED"]"#,
            r#"needs = ["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#,
        ),
        (r#"needs = ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]"#, r#"needs = ["CALL_BACK_COMPLETED"]"#),
        (r#"needs = ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]"#, r#"needs = ["TWO_APPROVALS"]"#),
        ("approvals = 2", "approvals = 1"),
        (r#"emergency = "enhanced""#, r#"emergency = "basic""#),
    ] {
        let lax = CreateRuleRevisionRequest { text: changed(from, to), request_id: id() };
        let status = suite.rules(Role::Publisher).create_rule_revision(lax).await.unwrap_err();
        assert!(invalid(&status).iter().all(|field| field == "text"), "{to}");
    }
    assert!(suite.events(&["rule.drafted"]).await.is_empty(), "nothing was stored");
}

async fn a_published_revision_is_immutable(suite: &Suite) {
    let text = changed("valid_days = 30", "valid_days = 7");
    let mut publisher = suite.rules(Role::Publisher);
    let draft = draft(suite, &text).await;
    let ask = |etag: &str, time: Option<DateTime<Utc>>| PublishRuleRevisionRequest {
        name: draft.name.clone(),
        etag: etag.to_owned(),
        effective_time: time.map(stamp),
        request_id: id(),
    };
    let past = suite.now() - TimeDelta::seconds(1);
    let status = publisher.publish_rule_revision(ask(&draft.etag, Some(past))).await.unwrap_err();
    assert_eq!(invalid(&status), ["effective_time"]);
    assert_eq!(invalid(&publisher.publish_rule_revision(ask("x", None)).await.unwrap_err()), ["etag"]);
    let publish = ask(&draft.etag, None);
    let published = publisher.publish_rule_revision(publish.clone()).await.unwrap().into_inner();
    assert_eq!(publisher.publish_rule_revision(publish).await.unwrap().into_inner(), published);
    let status = publisher.publish_rule_revision(ask(&published.etag, None)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
    assert_eq!((&published.text, &published.digest), (&text, &draft.digest));
    let get = GetRuleRevisionRequest { name: draft.name.clone() };
    assert_eq!(publisher.get_rule_revision(get).await.unwrap().into_inner(), published);
}

async fn revisions_are_listed(suite: &Suite) {
    let mut drafted = Vec::new();
    for day in 0..3 {
        drafted.push(draft(suite, &format!("{SHIPPED_RULES}\n# {day}\n")).await.name);
    }
    let mut client = suite.rules(Role::Operator);
    let list = |size, token: &str, document: &str| ListRuleRevisionsRequest {
        document: document.to_owned(),
        page_size: size,
        page_token: token.to_owned(),
    };
    let first = client.list_rule_revisions(list(2, "", "")).await.unwrap().into_inner();
    assert_eq!((first.revisions.len(), &first.revisions[0].name), (2, &drafted[2]));
    assert!(first.revisions.iter().all(|revision| revision.text.is_empty()));
    let second = client.list_rule_revisions(list(10, &first.next_page_token, "")).await.unwrap().into_inner();
    assert_eq!((second.revisions.len(), second.next_page_token.as_str()), (2, ""));
    assert!(client.list_rule_revisions(list(0, "", "other")).await.unwrap().into_inner().revisions.is_empty());
    let status = client.list_rule_revisions(list(2, &first.next_page_token, "verification")).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
    assert_eq!(invalid(&client.list_rule_revisions(list(-1, "", "")).await.unwrap_err()), ["page_size"]);
    let absent = "verificationRuleRevisions/rev_01990000000070008000000000000001".to_owned();
    let status = client.get_rule_revision(GetRuleRevisionRequest { name: absent }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    for name in ["", "verificationRuleRevisions/", "guideRevisions/rev_01990000000070008000000000000001"] {
        let status = client.get_rule_revision(GetRuleRevisionRequest { name: name.to_owned() }).await.unwrap_err();
        assert_eq!(invalid(&status), ["name"], "{name}");
    }
}

async fn only_a_publisher_publishes(suite: &Suite) {
    let draft = draft(suite, SHIPPED_RULES).await;
    for role in [Role::Counsel, Role::Verifier, Role::Approver, Role::Operator, Role::Analyst] {
        let mut client = suite.rules(role);
        let create = CreateRuleRevisionRequest { text: SHIPPED_RULES.to_owned(), request_id: id() };
        assert_eq!(client.create_rule_revision(create).await.unwrap_err().code(), Code::PermissionDenied);
        let publish = PublishRuleRevisionRequest {
            name: draft.name.clone(),
            etag: draft.etag.clone(),
            effective_time: None,
            request_id: id(),
        };
        assert_eq!(client.publish_rule_revision(publish).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

async fn two_servers_take_it_in(suite: &Suite) {
    suite.known_agency().await;
    // The second server published; the first, which had the rules in memory, decides by them too.
    let opened = suite.open(ask(suite)).await.unwrap();
    assert_eq!(opened.required_level(), Level::Basic);
    let first = suite.swap(suite.another().await);
    publish(suite, &changed(r#"otherwise = "basic""#, r#"otherwise = "enhanced""#), None).await;
    let second = suite.swap(first);
    suite.advance(60);
    let mut level = Level::Basic;
    for _ in 0..100 {
        level = suite.open(ask(suite)).await.unwrap().required_level();
        if level == Level::Enhanced {
            break;
        }
        suite.days(4);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(level, Level::Enhanced);
    second.stop().await;
    let urgent = suite.open(emergency(suite)).await.unwrap();
    suite.record(&urgent.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(urgent.state(), State::Open);
    let needs = violations(&suite.conclude(&urgent.name).await.unwrap_err());
    assert_eq!(needs, ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
}
