//! Enquiries are sorted by ordered rules; every outcome says which rule, and cites the guide.

use rogatory_intake::domain::enquiry::{Asked, Enquiry, EnquiryRules, EnquiryState, Links, Subject};
use rogatory_names::EnquiryId;

use crate::sample;

fn sort_with(links: &Links, subject_line: &str, body: &str) -> Enquiry {
    let asked = Asked {
        sender: "someone@agency.example".to_owned(),
        subject_line: subject_line.to_owned(),
        body: body.to_owned(),
    };
    let rules = sample::rules().enquiries;
    rules.sort(asked, links, EnquiryId::new(), "person:portal".to_owned(), sample::now()).unwrap()
}

fn sort(subject_line: &str, body: &str) -> Enquiry {
    sort_with(&Links::default(), subject_line, body)
}

#[test]
fn each_kind_of_enquiry_goes_where_the_guide_sends_it() {
    let cases = [
        ("Subpoena", "Please accept service of the attached.", Subject::ServiceAttempt, EnquiryState::Redirected),
        ("Urgent", "Attached subpoena, reply in 10 days", Subject::ServiceAttempt, EnquiryState::Redirected),
        ("Status", "What is the status of our request?", Subject::SpecificRequest, EnquiryState::Redirected),
        ("Data", "We need the user data of a seller", Subject::SpecificRequest, EnquiryState::Redirected),
        ("Fakes", "A shop sells COUNTERFEIT bags", Subject::Ipr, EnquiryState::Redirected),
        ("Help", "Where is my parcel?", Subject::CustomerService, EnquiryState::Redirected),
        ("Hello", "You are all idiots.", Subject::Impertinent, EnquiryState::Unanswered),
        ("The guide", "Does the guide apply to Macau?", Subject::General, EnquiryState::Open),
    ];
    for (line, body, subject, state) in cases {
        let sorted = sort(line, body);
        assert_eq!((sorted.subject, sorted.state), (subject, state), "{line}: {body}");
        assert!(!sorted.rule.is_empty());
        let finding = &sorted.findings[0];
        assert_eq!(finding.citations()[0].section, "§8");
        assert_eq!(sorted.answer.is_empty(), state == EnquiryState::Unanswered);
    }
}

#[test]
fn the_first_rule_that_fits_decides_and_phrases_are_whole_words() {
    assert_eq!(sort("x", "Stupid question: is a writ attached? You are served").rule, "service-attempt");
    assert_eq!(sort("x", "Our request concerns counterfeit goods").rule, "specific-request");
    assert_eq!(sort("x", "The patently obvious iprange").rule, "general");
    assert_eq!(sort("OUR\nREQUEST", "x").rule, "specific-request");
}

#[test]
fn a_link_that_is_not_configured_is_said_to_be_so() {
    let unset = sort("x", "trademark");
    assert!(unset.answer.contains("no address is configured"), "{}", unset.answer);
    let links = Links { ipr: Some("https://ipp.example/".to_owned()), customer_service: None };
    assert!(sort_with(&links, "x", "trademark").answer.ends_with("https://ipp.example/"));
    assert!(sort("x", "a general question").answer.contains("enforcement.enquiry@aliexpress.com"));
    assert!(!format!("{unset:?}").contains("agency.example"));
}

#[test]
fn rules_with_a_fault_are_refused_with_all_of_them() {
    let text = include_str!("../enquiries/rules.toml");
    let broken = text
        .replace("key = \"ipr\"", "key = \"general\"")
        .replace("sections = [\"§8\", \"§3\"]", "sections = []")
        .replace("phrases = []", "phrases = [\"!\"]");
    let faults = EnquiryRules::parse(&broken).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["rule[0].sections", "rule[5].key", "rule[5].phrases", "rule[5].phrases"]);
}
