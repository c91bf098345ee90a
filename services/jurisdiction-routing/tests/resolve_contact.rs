//! The contact for a residence.

use std::collections::BTreeSet;

use rogatory_proto::rogatory::{
    routing::v1::{ResolveContactRequest, ResolveContactResponse},
    rulebook::v1::{Confirmation, Effect},
};
use rogatory_rulebook::Country;
use tonic::{Code, Status};

use crate::harness::{Suite, fields, on_both_engines, reason, stamp};

const GUIDE: &str = "AliExpress Law Enforcement Guide";

async fn resolve(suite: &Suite, residence: &str) -> Result<ResolveContactResponse, Status> {
    let ask = ResolveContactRequest {
        platform: "aliexpress.com".to_owned(),
        residence_country: residence.to_owned(),
        rules_time: None,
    };
    suite.routing("analyst").resolve_contact(ask).await.map(tonic::Response::into_inner)
}

on_both_engines! {
    each_row_of_the_guide, every_country_has_one_contact, what_is_no_country_is_refused, the_guide_of_the_time_is_asked,
    callers_who_are_not_listed, a_country_may_be_written_in_many_ways, territories_say_who_decided,
}

async fn each_row_of_the_guide(suite: &Suite) {
    let cis = ["RU", "AZ", "AM", "BY", "GE", "KZ", "KG", "MD", "TM", "TJ", "UZ"];
    let table = [
        ("hk-mo", "hong-kong", "Alibaba.com Hong Kong Limited", &["HK", "MO"][..]),
        ("cn", "hangzhou", "Hangzhou Alibaba Advertising Co., Ltd.", &["CN"]),
        ("us", "e-commerce-one", "AliExpress E-Commerce One Pte. Ltd.", &["US"]),
        ("cis", "russia-holding", "AliExpress Russia Holding Private Limited", &cis),
        // Ukraine and the Baltic States are in no other row of the guide.
        (
            "other",
            "singapore-e-commerce",
            "Alibaba.com Singapore E-Commerce Private Limited",
            &["UA", "LT", "DE", "SG", "TW"],
        ),
    ];
    for (row, key, name, residences) in table {
        for residence in residences {
            let answer = resolve(suite, residence).await.unwrap();
            let contact = answer.contact.unwrap();
            assert_eq!((answer.guide_row.as_str(), contact.contact_id.as_str()), (row, key), "{residence}");
            assert_eq!((contact.legal_name.as_str(), contact.incorporation_country.as_str()), (name, ""));
            assert_eq!(contact.incorporation_confirmation, i32::from(Confirmation::Unconfirmed));
            let provenance = answer.provenance.unwrap();
            let because = &answer.findings[0];
            assert_eq!((because.code.as_str(), because.effect), ("CONTACT_BY_RESIDENCE", Effect::Permits.into()));
            assert_eq!((because.citations[0].document.as_str(), because.citations[0].section.as_str()), (GUIDE, "§2"));
            assert_eq!(because.citations[0].revision, provenance.digest);
            assert!(provenance.revision.starts_with("guideRevisions/rev_"));
            assert!(answer.findings.iter().any(|finding| finding.code == "CONTACT_NOT_OPERATOR"));
        }
    }
}

async fn every_country_has_one_contact(suite: &Suite) {
    let mut contacts = BTreeSet::new();
    for country in Country::all() {
        let answer = resolve(suite, country.alpha2()).await.unwrap();
        contacts.insert(answer.contact.unwrap().contact_id);
        assert!(!answer.guide_row.is_empty(), "{country}");
    }
    assert_eq!(contacts.len(), 5);
}

async fn what_is_no_country_is_refused(suite: &Suite) {
    // Regions, reserved and withdrawn codes, names of several countries.
    for residence in ["EU", "SU", "ZZ", "", "U", "🇭🇰", "Korea", "Congo", "999", "Atlantis"] {
        let status = resolve(suite, residence).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status)),
            (Code::InvalidArgument, "FIELDS_INVALID".to_owned()),
            "{residence}"
        );
        assert_eq!(fields(&status), ["residence_country"]);
    }
    let status = suite.routing("analyst").resolve_contact(ResolveContactRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["platform", "residence_country"]);
}

async fn the_guide_of_the_time_is_asked(suite: &Suite) {
    let mut client = suite.routing("auditor");
    let ask = |platform: &str, time: &str| ResolveContactRequest {
        platform: platform.to_owned(),
        residence_country: "KZ".to_owned(),
        rules_time: Some(stamp(time)),
    };
    let then = client.resolve_contact(ask("aliexpress.com", "2026-01-01T00:00:00Z")).await.unwrap().into_inner();
    assert_eq!(then.provenance.unwrap().rules_time, Some(stamp("2026-01-01T00:00:00Z")));
    for (platform, time) in [("aliexpress.com", "1999-01-01T00:00:00Z"), ("other.example", "2026-01-01T00:00:00Z")] {
        let status = client.resolve_contact(ask(platform, time)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE".to_owned()));
    }
}

async fn callers_who_are_not_listed(suite: &Suite) {
    let ask = ResolveContactRequest {
        platform: "aliexpress.com".to_owned(),
        residence_country: "HK".to_owned(),
        rules_time: None,
    };
    suite.routing_as_peer("intake").resolve_contact(ask.clone()).await.unwrap();
    let status = suite.routing_as_peer("billing").resolve_contact(ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Unauthenticated, "CREDENTIAL_INVALID".to_owned()));
    let ask = rogatory_proto::rogatory::routing::v1::PlanRouteRequest::default();
    let status = suite.routing("submitter").plan_route(ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "CALLER_NOT_LISTED".to_owned()));
    let text = rogatory_proto::rogatory::routing::v1::CreateGuideRevisionRequest::default();
    let status = suite.guides("counsel").create_guide_revision(text).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

async fn a_country_may_be_written_in_many_ways(suite: &Suite) {
    let ways = [
        ("hong-kong", &["HK", "hk", "HKG", "344", "Hong Kong", "hong kong sar", " HK "][..]),
        ("e-commerce-one", &["US", "USA", "840", "United States", "united states of america"]),
        ("russia-holding", &["RU", "RUS", "643", "Russia", "Russian Federation"]),
        ("hangzhou", &["CN", "CHN", "156", "China"]),
        ("singapore-e-commerce", &["South Korea", "KOR", "410", "XK", "Kosovo", "Taiwan", "8"]),
    ];
    for (contact, spellings) in ways {
        for spelling in spellings {
            assert_eq!(resolve(suite, spelling).await.unwrap().contact.unwrap().contact_id, contact, "{spelling}");
        }
    }
}

async fn territories_say_who_decided(suite: &Suite) {
    for place in ["TW", "XK", "PR", "GL", "NC", "BM", "EH"] {
        let answer = resolve(suite, place).await.unwrap();
        let told = answer.findings.iter().find(|finding| finding.code == "TERRITORY_BY_CONFIGURATION");
        let told = told.unwrap_or_else(|| panic!("{place} says nothing"));
        assert_eq!(told.effect, i32::from(Effect::Notes));
        assert_eq!(told.citations[0].confirmation, i32::from(Confirmation::Unconfirmed), "nobody has confirmed it");
    }
    for place in ["HK", "MO", "CN", "US", "DE"] {
        let answer = resolve(suite, place).await.unwrap();
        assert!(answer.findings.iter().all(|finding| finding.code != "TERRITORY_BY_CONFIGURATION"), "{place}");
    }
    // An operator may hold a place until counsel decides; or treat it as its State.
    let shipped = crate::harness::SHIPPED;
    let at = shipped.find("\"TW\"").unwrap();
    let own = at + shipped[at..].find("treated = \"own\"").unwrap();
    let held = format!("{}treated = \"hold\"{}", &shipped[..own], &shipped[own + "treated = \"own\"".len()..]);
    suite.publish(&held, None).await;
    let answer = resolve(suite, "TW").await.unwrap();
    assert!(answer.contact.is_none(), "a held place has no contact");
    assert!(
        answer
            .findings
            .iter()
            .any(|finding| { finding.code == "TERRITORY_UNDECIDED" && finding.effect == i32::from(Effect::Holds) })
    );
}
