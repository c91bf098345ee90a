//! Letters: plain English, cited, with the rights reserved, and without what is sensitive.

use rogatory_intake::domain::{
    letter::{Letter, LetterKind, Letters},
    request::LegalRequest,
    route::Verdict,
    scope::{DecisionState, ItemResult},
    state::Outcome,
};
use rogatory_names::LetterId;
use rogatory_rulebook::Effect;

use crate::sample;

fn write(kind: LetterKind, request: &LegalRequest) -> Letter {
    let title = "AliExpress Law Enforcement Guide";
    sample::rules().letters.write(kind, request, title, LetterId::new(), sample::now())
}

fn request() -> LegalRequest {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::particulars());
    request.submit(sample::moment(&rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
    request.begin_assessment(sample::moment(&rules)).unwrap();
    request
}

#[test]
fn every_letter_reserves_the_rights_and_shows_nothing_sensitive() {
    let rules = sample::rules();
    let mut request = request();
    request.routed(sample::moment(&rules), sample::plan(Verdict::Routed)).unwrap();
    request.decision = Some(sample::decision(&request, DecisionState::Proposed, &[ItemResult::Withhold]));
    request.outcome = Some(Outcome::CompliedInPart);
    request.closing_reason = Some(sample::SECRET.to_owned());
    for kind in LetterKind::ALL {
        let letter = write(*kind, &request);
        for reserved in ["(AliExpress Law Enforcement Guide, Preamble)", "Guide, §1)", "Guide, §7)", "Guide, §2)"] {
            assert!(letter.body.contains(reserved), "{kind} lacks {reserved}: {}", letter.body);
        }
        assert!(letter.body.starts_with("To Fernhill Police\n\nYour reference: FP-1\n\n"), "{}", letter.body);
        assert!(letter.subject.contains(&request.id.name()));
        let whole = format!("{}{}", letter.subject, letter.body).to_lowercase();
        assert!(!whole.contains("zyx"), "{whole}");
        assert!(!whole.contains('{') && !whole.contains('}'), "{whole}");
        assert!(!format!("{letter:?}").contains("Fernhill"));
    }
}

#[test]
fn a_deficiency_letter_names_every_deficiency_with_its_cure_and_section() {
    let rules = sample::rules();
    let mut particulars = sample::particulars();
    particulars.documents.clear();
    particulars.items.push(sample::item("item-2", "orders"));
    particulars.items[1].window = None;
    let mut request = sample::draft(&rules, particulars);
    request.submit(sample::moment(&rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
    let letter = write(LetterKind::Deficiency, &request);
    assert!(letter.body.contains("1. There is no signed copy of the Request. Upload"), "{}", letter.body);
    assert!(letter.body.contains("2. The description of the User Information requested has no timeframe."));
    assert!(letter.body.contains("(item 2; AliExpress Law Enforcement Guide, §4)"), "{}", letter.body);
    assert!(!letter.body.contains("The appropriate contact"), "nothing is said of a route that is not known");
}

#[test]
fn a_misdirected_letter_names_the_right_contact_and_an_out_of_scope_one_the_reason() {
    let rules = sample::rules();
    let mut misdirected = request();
    misdirected.routed(sample::moment(&rules), sample::plan(Verdict::Misdirected)).unwrap();
    let letter = write(LetterKind::Misdirected, &misdirected);
    assert!(letter.body.contains("- AliExpress E-Commerce One Pte. Ltd. (for target-1)"), "{}", letter.body);

    let mut out = request();
    out.routed(sample::moment(&rules), sample::plan(Verdict::OutOfScope)).unwrap();
    let letter = write(LetterKind::OutOfScope, &out);
    assert!(letter.body.contains("- The sentence of MAINLAND_AUTHORITY. (AliExpress Law Enforcement Guide, §2)"));
}

#[test]
fn a_letter_tells_who_sends_who_receives_and_what_binds_on_each_open_channel() {
    let rules = sample::rules();
    let mut request = request();
    let mut plan = sample::plan(Verdict::Routed);
    plan.legs[0].channels = sample::channels();
    let mut same = plan.legs[0].clone();
    same.target_ids = vec!["target-2".to_owned()];
    plan.legs.push(same);
    request.routed(sample::moment(&rules), plan.clone()).unwrap();
    let letter = write(LetterKind::Acknowledgement, &request);
    let channels = "they stand as follows:
- Hague Service Convention: open. Both States are bound. (Hague Service Convention 1965, Art. 1)
  - Sent by, for the United States of America: not known here; please ask the authorities of the United States of America.
  - Received by, for Singapore: Supreme Court of Singapore (Hague Service Convention 1965, authorities, not yet confirmed)
  - A translation into English is required. (Hague Service Convention 1965, Art. 5)
  - Singapore objects to service by post. (Hague Service Convention 1965, Art. 10)
- Mutual legal assistance treaty: closed. It is for criminal matters.

";
    assert!(letter.body.contains(channels), "{}", letter.body);
    assert_eq!(letter.body.matches("Hague Service Convention: open").count(), 1, "{}", letter.body);

    // Contacts whose channels stand otherwise are told of one by one.
    plan.legs[1].channels[1].sentence = "It is for the courts of another State.".to_owned();
    plan.legs[1].contact.as_mut().unwrap().legal_name = "Alibaba.com Hong Kong Limited".to_owned();
    request.plan = Some(plan);
    let letter = write(LetterKind::Acknowledgement, &request);
    let other = "
  - Singapore objects to service by post. (Hague Service Convention 1965, Art. 10)
For AliExpress E-Commerce One Pte. Ltd.:
- Mutual legal assistance treaty: closed. It is for criminal matters.
For Alibaba.com Hong Kong Limited:
- Mutual legal assistance treaty: closed. It is for the courts of another State.

";
    assert!(letter.body.contains(other), "{}", letter.body);
    assert_eq!(letter.body.matches("Hague Service Convention: open").count(), 1, "{}", letter.body);
}

#[test]
fn a_held_letter_names_the_reason_of_each_target() {
    let rules = sample::rules();
    let mut request = request();
    let mut plan = sample::plan(Verdict::Held);
    plan.legs[0].findings = vec![sample::finding("RESIDENCE_UNKNOWN", Effect::Holds)];
    request.routed(sample::moment(&rules), plan).unwrap();
    let letter = write(LetterKind::Held, &request);
    let reason = "Why:\n- target-1: The sentence of RESIDENCE_UNKNOWN. (AliExpress Law Enforcement Guide, §2)\n\n";
    assert!(letter.body.contains(reason), "{}", letter.body);
}

#[test]
fn nothing_that_an_agency_reads_tells_what_the_platform_knows_of_a_residence() {
    let rules = sample::rules();
    for verdict in [Verdict::Routed, Verdict::Misdirected, Verdict::Held] {
        let mut request = request();
        request.particulars.targets[0].residence_evidence = vec![sample::evidence()];
        request.routed(sample::moment(&rules), sample::plan_by_evidence(verdict)).unwrap();
        request.outcome = Some(Outcome::Rejected);
        let agency = serde_json::to_string(&request.for_agency()).unwrap();
        let mut read = vec![agency];
        read.extend(LetterKind::ALL.iter().map(|kind| write(*kind, &request).body));
        for text in &read {
            for telling in ["Kazakhstan", "KZ", "\"cis\"", "account-service", "account record"] {
                assert!(!text.contains(telling), "{verdict}: {telling} in {text}");
            }
        }
        // What it declared, and whom it must serve, it reads all the same; and why it waits.
        assert!(read[0].contains("\"residence_country\":\"US\""), "{}", read[0]);
        if verdict == Verdict::Held {
            let held = write(LetterKind::Held, &request).body;
            assert!(held.contains("that is not decided. (AliExpress Law Enforcement Guide, §2)"), "{held}");
        } else {
            let told = write(LetterKind::Misdirected, &request).body;
            assert!(told.contains("- AliExpress E-Commerce One Pte. Ltd. (for target-1)"), "{told}");
            assert_eq!(
                told.contains("served on another contact than the appropriate one. (Ali"),
                verdict == Verdict::Misdirected
            );
        }
        // Whoever works on it reads everything.
        assert!(serde_json::to_string(&request).unwrap().contains("account-service"));
    }
    // A target of which the platform knows nothing is told of as before.
    let mut request = request();
    request.routed(sample::moment(&rules), sample::plan(Verdict::Routed)).unwrap();
    assert_eq!(request.for_agency(), request);
}

#[test]
fn an_emergency_is_acknowledged_as_one_and_told_what_is_owed() {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::emergency());
    request.submit(sample::moment(&rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
    let letter = write(LetterKind::Acknowledgement, &request);
    assert!(letter.body.contains("Your emergency request, received on 24 November 2026,"), "{}", letter.body);
    assert!(!letter.body.contains("The information that"), "{}", letter.body);
    assert!(letter.body.contains("Still owed:\n- An appropriate Request"), "{}", letter.body);
}

#[test]
fn what_an_agency_writes_is_never_read_as_a_template() {
    let mut request = request();
    request.particulars.requester.agency_name = Some("{reasons} {title}".to_owned());
    let letter = write(LetterKind::Outcome, &request);
    assert!(letter.body.starts_with("To {reasons} {title}\n"), "{}", letter.body);
}

#[test]
fn a_template_with_a_fault_is_refused() {
    let good = "subject = \"s\"\nparagraphs = [\"p\"]";
    let all = |text| LetterKind::ALL.iter().map(|kind| (*kind, text)).collect::<Vec<(LetterKind, &str)>>();
    assert!(Letters::parse(&all(good), "paragraphs = []").is_ok());
    let unknown = Letters::parse(&all("subject = \"s\"\nparagraphs = [\"{names}\"]"), "paragraphs = []").unwrap_err();
    assert!(unknown[0].description.contains("no letter knows `{names}`"));
    let open = Letters::parse(&all("subject = \"{title\"\nparagraphs = []"), "paragraphs = []").unwrap_err();
    assert!(open[0].description.contains("not closed"));
    let missing = Letters::parse(&all(good)[1..], "paragraphs = []").unwrap_err();
    assert_eq!(missing[0].path, "acknowledgement");
}
