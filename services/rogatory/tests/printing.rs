//! What a report looks like without colour.

use std::time::Duration;

use rogatory::{
    cases::message,
    play::{Answered, Authorised, Check, Report},
    print::{self, Page},
};
use rogatory_proto::rogatory::disclosure::v1::AuthorityApproval;

/// A report as the services could give it, small enough to be read here.
fn report() -> Report {
    let request = r#"
        name = "requests/req_0"
        state = "closed"
        outcome = "complied-in-part"
        matter_type = "criminal"
        receive_time = 2026-11-24T10:00:00Z
        findings = [{ code = "PARTLY", effect = "notes", sentence = "Part of it was produced.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§1", confirmation = "confirmed" },
        ] }]
        [requester]
        agency_name = "Harbour Court"
        authority_kind = "court"
        country = "KZ"
        [instrument]
        kind = "court-order"
        title = "Order"
        issue_time = 2026-10-12
        [[targets]]
        target_id = "holder"
        residence_country = "KZ"
        residence_evidence = [{ kind = "account-record", country = "KZ", source = "account-service", record_time = 2026-09-01 }]
        [[items]]
        item_id = "orders"
        element = "orders"
        [[deficiencies]]
        code = "SIGNED_COPY_MISSING"
        item = "signed-copy"
        field = "documents"
        sentence = "There is no signed copy of the Request."
        cure = "Upload the signed copy."
        citations = [{ document = "AliExpress Law Enforcement Guide", section = "§4", confirmation = "confirmed" }]
        [plan]
        verdict = "routed"
        [[plan.targets]]
        target_id = "holder"
        residence_countries = ["KZ"]
        findings = [{ code = "RESIDENCE_BY_EVIDENCE", effect = "permits", sentence = "The account record names Kazakhstan.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§2", confirmation = "unconfirmed" },
        ] }]
        [[plan.legs]]
        target_ids = ["holder"]
        residence_countries = ["KZ"]
        status = "routed"
        guide_row = "cis"
        contact = { contact_id = "russia-holding", legal_name = "AliExpress Russia Holding Private Limited" }
        findings = [{ code = "CONTACT_BY_RESIDENCE", effect = "permits", sentence = "The user resides in Kazakhstan.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§2", confirmation = "confirmed" },
        ] }]
        channels = [{ kind = "hague-service", standing = "refused", sentence = "The Convention serves civil and commercial matters only.", citations = [
          { document = "Hague Service Convention 1965", section = "Art. 1", confirmation = "unconfirmed" },
        ] }, { kind = "mlat", standing = "permitted", sentence = "A treaty is in force.", central_authorities = [
          { side = "requesting", country = "KZ" },
          { side = "requested", country = "SG", name = "Attorney-General", citation = { document = "Register", section = "SG", confirmation = "confirmed" } },
        ], conditions = [{ code = "TRANSLATION", effect = "requires", sentence = "It is translated into English." }] }]
        [[timeline]]
        entry_time = 2026-11-24T10:00:00Z
        actor = "person:portal"
        kind = "request.submitted"
        state = "received"
        sentence = "The request was filed."
        [[timeline]]
        entry_time = "2026-11-24T10:00:01.250Z"
        actor = "person:analyst-1"
        kind = "request.closed"
        state = "closed"
        sentence = "The request was closed."
        [[letters]]
        template = "outcome"
        subject = "Your request was closed"
    "#;
    let decision = r#"
        state = "approved"
        approvals_required = 1
        approvals = [{ actor = "person:approver-1" }]
        [[results]]
        item = { item_id = "orders", target_id = "holder", element = "orders" }
        result = "allow-narrowed"
        data_class = "transactional"
        window = { start_time = 2025-10-01, end_time = 2026-10-01 }
        findings = [{ code = "POLICY", effect = "permits", sentence = "A binding request opens records.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§5", confirmation = "confirmed" },
        ] }, { code = "RULE_UNCONFIRMED", effect = "notes", sentence = "The rule POLICY is not confirmed.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§5", confirmation = "confirmed" },
        ] }, { code = "CLASS", effect = "notes", sentence = "This is for verbose readers.", citations = [
          { document = "AliExpress Law Enforcement Guide", section = "§5", confirmation = "confirmed" },
        ] }]
    "#;
    let beside = r#"
        state = "approved"
        approvals_required = 1
        approvals = [{ actor = "person:approver-2" }]
        [[results]]
        item = { item_id = "papers", target_id = "holder", element = "merchant-identity" }
        result = "allow"
        data_class = "subscriber"
        findings = [{ code = "AUTHORITY_APPROVED", effect = "permits", sentence = "A competent authority approved.", citations = [
          { document = "Approval by an authority", section = "2026-1", confirmation = "confirmed" },
        ] }]
    "#;
    let authorised = Authorised {
        approval: AuthorityApproval {
            country: "CN".to_owned(),
            authority: "An authority".to_owned(),
            reference: "2026-1".to_owned(),
            approve_time: Some(prost_types::Timestamp { seconds: 1_795_000_000, nanos: 0 }),
            elements: vec!["merchant-identity".to_owned()],
            ..AuthorityApproval::default()
        },
        decision: message::read("rogatory.disclosure.v1.Decision", &beside.parse().unwrap(), "").unwrap(),
        asked: vec![Answered { file_name: "papers.csv".to_owned(), permitted: true, ..Answered::default() }],
        production: None,
    };
    Report {
        name: "02-court-order".to_owned(),
        title: "A court order".to_owned(),
        letter:
            "HARBOUR COURT\nRef. 12\n\nBy this order, made on the motion of the investigator, the court directs that \
                 the orders which the account received between March and August be handed over."
                .to_owned(),
        request: Some(message::read("rogatory.intake.v1.LegalRequest", &request.parse().unwrap(), "").unwrap()),
        decision: Some(message::read("rogatory.disclosure.v1.Decision", &decision.parse().unwrap(), "").unwrap()),
        authorised: Some(authorised),
        checks: vec![
            Check { subject: "state".to_owned(), expected: "closed".to_owned(), found: "closed".to_owned() },
            Check { subject: "approvals".to_owned(), expected: "2".to_owned(), found: "1".to_owned() },
        ],
        elapsed: Duration::from_millis(1250),
        ..Report::default()
    }
}

fn printed(columns: usize) -> String {
    let mut page = Page::new(columns);
    print::case(&mut page, &report(), false);
    print::summary(&mut page, &[report()], Duration::from_secs(2));
    anstream::adapter::strip_str(&page.into_text()).to_string()
}

#[test]
fn a_report_reads_like_this() {
    insta::assert_snapshot!(printed(110));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for columns in [64, 80, 110, 200] {
        for line in printed(columns).lines() {
            assert!(line.chars().count() <= columns.min(110), "{columns}: {line}");
            assert_eq!(line, line.trim_end(), "{columns}: trailing space");
        }
    }
}
