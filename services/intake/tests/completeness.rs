//! The seven required items, each missing one a named deficiency; emergencies ask for less, and for the form.

use rogatory_intake::domain::{
    completeness::{Deficiency, deficiencies},
    document::DocumentKind,
    request::{Particulars, Target},
    requirements::Requirements,
};
use rogatory_rulebook::InstrumentKind;

use crate::sample;

fn found(particulars: &Particulars) -> Vec<Deficiency> {
    deficiencies(particulars, sample::rules().requirements("aliexpress.com").unwrap())
}

fn codes(particulars: &Particulars) -> Vec<String> {
    found(particulars).into_iter().map(|deficiency| deficiency.code).collect()
}

/// Takes one thing from a request that lacks nothing.
fn without(take: impl FnOnce(&mut Particulars)) -> Vec<(String, String, String)> {
    let mut particulars = sample::particulars();
    take(&mut particulars);
    let told = found(&particulars);
    told.into_iter().map(|told| (told.code, told.item, told.field)).collect()
}

fn one(code: &str, item: &str, field: &str) -> Vec<(String, String, String)> {
    vec![(code.to_owned(), item.to_owned(), field.to_owned())]
}

#[test]
fn a_whole_request_lacks_nothing() {
    assert_eq!(codes(&sample::particulars()), Vec::<String>::new());
    assert_eq!(codes(&sample::emergency()), Vec::<String>::new());
}

#[test]
fn each_missing_item_is_named_with_the_field_that_cures_it() {
    assert_eq!(without(|p| p.documents.clear()), one("SIGNED_COPY_MISSING", "signed-copy", "documents"));
    let officer = "requester.officer";
    assert_eq!(
        without(|p| p.requester.officer.display_name = None),
        one("CONTACT_NAME_MISSING", "contact-details", &format!("{officer}.display_name"))
    );
    assert_eq!(
        without(|p| p.requester.officer.email = None),
        one("CONTACT_EMAIL_MISSING", "contact-details", &format!("{officer}.email"))
    );
    assert_eq!(
        without(|p| p.requester.officer.phone = None),
        one("CONTACT_PHONE_MISSING", "contact-details", &format!("{officer}.phone"))
    );
    assert_eq!(
        without(|p| p.requester.officer.postal_address = None),
        one("CONTACT_ADDRESS_MISSING", "contact-details", &format!("{officer}.postal_address"))
    );
    assert_eq!(
        without(|p| p.requester.officer.credential_issuer = None),
        one("CREDENTIALS_MISSING", "credentials", &format!("{officer}.credential_number"))
    );
    assert_eq!(
        without(|p| p.targets.push(Target { target_id: "target-2".to_owned(), ..Target::default() })),
        one("TARGET_IDENTIFICATION_MISSING", "target-identification", "targets[1]")
    );
    assert_eq!(without(|p| p.items.clear()), one("DESCRIPTION_MISSING", "description-timeframe", "items"));
    assert_eq!(
        without(|p| p.items[0].window = None),
        one("TIMEFRAME_MISSING", "description-timeframe", "items[0].window")
    );
    assert_eq!(
        without(|p| p.nature_of_investigation = None),
        one("NATURE_OF_INVESTIGATION_MISSING", "nature-of-investigation", "nature_of_investigation")
    );
    assert_eq!(without(|p| p.legal_grounds = None), one("LEGAL_GROUNDS_MISSING", "legal-grounds", "legal_grounds"));
}

#[test]
fn a_letter_without_legal_force_is_no_request() {
    let informal = without(|p| p.instrument.kind = Some(InstrumentKind::Informal));
    assert_eq!(informal, one("INSTRUMENT_NOT_BINDING", "binding-request", "instrument.kind"));
    let unnamed = without(|p| {
        p.instrument.kind = Some(InstrumentKind::OtherProcess);
        p.instrument.title = None;
    });
    assert_eq!(unnamed, one("PROCESS_NOT_NAMED", "binding-request", "instrument.title"));
}

#[test]
fn a_credential_as_a_document_is_one_too() {
    let credential = sample::attachment(DocumentKind::Credential);
    let told = without(|p| {
        p.requester.officer.credential_number = None;
        p.documents.push(credential);
    });
    assert_eq!(told, Vec::new());
}

#[test]
fn everything_that_is_missing_is_told_at_once_in_the_order_of_the_guide() {
    let empty = found(&Particulars::default());
    let items: Vec<&str> = empty.iter().map(|told| told.item.as_str()).collect();
    assert_eq!(
        items,
        [
            "signed-copy",
            "contact-details",
            "contact-details",
            "contact-details",
            "contact-details",
            "credentials",
            "description-timeframe",
            "nature-of-investigation",
            "legal-grounds",
        ]
    );
    for told in &empty {
        assert!(!told.sentence.is_empty() && !told.cure.is_empty() && !told.field.is_empty());
        let citation = &told.citations[0];
        assert_eq!((citation.document.as_str(), citation.section.as_str()), ("AliExpress Law Enforcement Guide", "§4"));
    }
}

#[test]
fn an_emergency_needs_its_form_and_what_may_follow_may_follow() {
    let mut particulars = sample::emergency();
    let form = particulars.emergency.as_mut().unwrap();
    form.threat = None;
    form.urgency = None;
    form.form_completed = false;
    form.follow_up_promised = false;
    particulars.requester.officer.phone = None;
    let told = found(&particulars);
    let codes: Vec<&str> = told.iter().map(|told| told.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "CONTACT_PHONE_MISSING",
            "EMERGENCY_THREAT_MISSING",
            "EMERGENCY_URGENCY_MISSING",
            "EMERGENCY_FORM_INCOMPLETE",
            "FOLLOW_UP_NOT_PROMISED",
        ]
    );
    assert!(told[1..].iter().all(|told| told.citations[0].section == "§6"));
}

#[test]
fn a_file_with_faults_is_refused_with_all_of_them() {
    let text = include_str!("../requirements/aliexpress.toml");
    let broken = text
        .replace("key = \"legal-grounds\"", "key = \"signed-copy\"")
        .replace("code = \"TIMEFRAME_MISSING\"", "code = \"DESCRIPTION_MISSING\"")
        .replace("sentence = \"There is no signed copy of the Request.\"", "sentence = \" \"");
    let faults = Requirements::parse(&broken).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["item[1].check[0]", "item[5].check[1].code", "item[7].key", "item"]);
    assert!(faults[..3].iter().all(|fault| fault.line > 0));
    let unknown = Requirements::parse(&text.replace("test = \"timeframe\"", "test = \"horoscope\"")).unwrap_err();
    assert!(unknown[0].to_string().contains("horoscope"), "{}", unknown[0]);
}
