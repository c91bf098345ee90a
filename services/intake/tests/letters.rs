//! Letters: plain English, cited, with the rights reserved, and without what is sensitive.

use rogatory_intake::domain::{
    letter::{Letter, LetterKind, Letters},
    request::LegalRequest,
    route::Verdict,
    scope::{DecisionState, ItemResult},
    state::Outcome,
};
use rogatory_names::LetterId;

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
    request.decision = Some(sample::decision(request.id, DecisionState::Proposed, &[ItemResult::Withhold]));
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
