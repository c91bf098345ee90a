//! The cases of `cases/`: facts, and what is answered, as a lawyer reads them. `cases/README.md` explains how they are written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use chrono::{DateTime, NaiveDate, Utc};
use rogatory_disclosure::domain::{
    evaluate::{Evaluation, ItemResult, Outcome, evaluate},
    facts::{AuthorityApproval, Facts, Item, Notification, Offence, Standing, Window},
    policy::Policy,
};
use rogatory_rulebook::{AuthorityKind, Confirmation, Country, Effect, InstrumentKind, MatterType, Rules as _, Source};
use serde::Deserialize;

use super::REVISION;

/// So many there are at least.
const LEAST: usize = 150;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(default)]
    facts: Told,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    facts: Told,
    /// What is asked for; by default the elements that `expect` names.
    ask: Option<Vec<String>>,
    expect: Vec<Expectation>,
    /// How many people approve.
    approvals: Option<u32>,
    /// Codes of findings on the request as a whole, among others.
    #[serde(default)]
    request: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    element: OneOrMany,
    result: String,
    /// Codes of all findings that decided; notes are left aside.
    because: BTreeSet<String>,
    /// `document section`, among others.
    #[serde(default)]
    cites: Vec<String>,
    /// Whether the answer rests on something that is not confirmed.
    #[serde(default)]
    unconfirmed: bool,
    /// The window that may leave.
    window: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn all(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Approved {
    by: Country,
    elements: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    window: Option<String>,
}

/// Declares the facts that a file or a case tells, each of which may be left out.
macro_rules! told {
    ($($field:ident: $kind:ty,)*) => {
        #[derive(Deserialize, Default, Clone)]
        #[serde(deny_unknown_fields)]
        struct Told {
            $($field: Option<$kind>,)*
        }

        impl Told {
            /// What is told here, and else what is told there.
            fn or(self, other: &Self) -> Self {
                Self { $($field: self.$field.or_else(|| other.$field.clone()),)* }
            }
        }
    };
}

told! {
    authority: String,
    verified: bool,
    accredited: bool,
    paper: InstrumentKind,
    issued_by: AuthorityKind,
    issued: NaiveDateText,
    covers: String,
    matter: MatterType,
    penalty_months: u32,
    sentence_months: u32,
    listed: bool,
    notification: Notification,
    emergency: bool,
    assured: bool,
    contact: Country,
    resides: String,
    window: String,
    received: NaiveDateText,
    storage: OneOrMany,
    staff: OneOrMany,
    kept_days: u32,
    approved: Vec<Approved>,
}

/// A day, `2026-11-01`.
type NaiveDateText = String;

fn day(text: &str) -> DateTime<Utc> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap_or_else(|error| panic!("{text}: {error}"));
    day.and_hms_opt(0, 0, 0).unwrap().and_utc()
}

/// `2026-01-01 to 2026-03-01`: the second day is the first that is not in it.
fn window(text: &str) -> Window {
    let (start, end) = text.split_once(" to ").unwrap_or_else(|| panic!("{text}: write `first to last`"));
    Window { start: day(start), end: day(end) }
}

fn shown(window: Window) -> String {
    format!("{} to {}", window.start.format("%Y-%m-%d"), window.end.format("%Y-%m-%d"))
}

impl Told {
    /// The facts of a request for these elements. The defaults stand here and nowhere else.
    fn facts(&self, elements: &[String]) -> Facts {
        let authority = self.authority.as_deref().unwrap_or("US police");
        let (country, kind) = authority.split_once(' ').expect("an authority is a country and a kind");
        let asked = self.window.as_deref().unwrap_or("2026-01-01 to 2026-03-01");
        let resides = self.resides.as_deref().unwrap_or("SG");
        let item = |(index, element): (usize, &String)| Item {
            item_id: format!("item-{index}"),
            target_id: "user-1".to_owned(),
            element: element.clone(),
            window: (asked != "none").then(|| window(asked)),
            residence: (resides != "not known").then(|| resides.parse().unwrap()),
        };
        let approval = |approved: &Approved| AuthorityApproval {
            country: approved.by,
            authority: "the competent authority".to_owned(),
            reference: "No. 1".to_owned(),
            approve_time: day("2026-10-15"),
            elements: approved.elements.clone(),
            target_ids: approved.users.clone(),
            window: approved.window.as_deref().map(window),
            recorded: None,
        };
        Facts {
            platform: "aliexpress.com".to_owned(),
            authority_country: country.parse().unwrap(),
            authority_kind: kind.parse().unwrap(),
            standing: Standing {
                verified: self.verified.unwrap_or(true),
                accredited: self.accredited.unwrap_or(true),
                stated: true,
            },
            instrument: self.paper.unwrap_or(InstrumentKind::Subpoena),
            issued_by: self.issued_by,
            issue_time: self.issued.as_deref().map(day),
            instrument_period: self.covers.as_deref().map(window),
            matter: self.matter.unwrap_or(MatterType::Criminal),
            offence: Offence {
                max_penalty_months: self.penalty_months.unwrap_or_default(),
                sentence_months: self.sentence_months.unwrap_or_default(),
                listed: self.listed.unwrap_or_default(),
            },
            notification: self.notification.unwrap_or(Notification::NotNotified),
            emergency: self.emergency.unwrap_or_default(),
            formal_request_assured: self.assured.unwrap_or_default(),
            contact_country: self.contact,
            authority_approvals: self.approved.iter().flatten().map(approval).collect(),
            items: elements.iter().enumerate().map(item).collect(),
            receive_time: day(self.received.as_deref().unwrap_or("2026-11-01")),
        }
    }

    /// What the operator states beside the shipped policy.
    fn operator(&self) -> String {
        let list = |told: &Option<OneOrMany>| match told.as_ref().map(OneOrMany::all) {
            None => Some("[\"SG\"]".to_owned()),
            Some(places) if places == ["not stated"] => None,
            Some(places) => Some(format!("{places:?}")),
        };
        let table = |name: &str, value: Option<String>| {
            let rows = |value: String| {
                let rows = super::ELEMENTS.iter().map(|element| format!("{element} = {value}\n"));
                format!("\n[{name}]\n{}", rows.collect::<String>())
            };
            value.map(rows).unwrap_or_default()
        };
        let staff = list(&self.staff).map(|places| format!("\n[operation]\nstaff_countries = {places}\n"));
        table("storage", list(&self.storage))
            + &table("retention", self.kept_days.map(|days| days.to_string()))
            + &staff.unwrap_or_default()
    }
}

/// The shipped policy with what operators state; each reading takes a while.
#[derive(Default)]
struct Operators(BTreeMap<String, Policy>);

impl Operators {
    fn policy(&mut self, stated: String) -> &Policy {
        self.0.entry(stated).or_insert_with_key(|stated| {
            Policy::parse(&format!("{}{stated}", super::shipped())).unwrap_or_else(|faults| panic!("{faults:?}"))
        })
    }
}

/// How the answers of a case differ from what it expects.
fn differences(case: &Case, policy: &Policy, answer: &Evaluation) -> Vec<String> {
    let mut differences = Vec::new();
    for expected in &case.expect {
        for element in expected.element.all() {
            match answer.results.iter().find(|result| result.item.element == element) {
                None => differences.push(format!("{element}: no answer")),
                Some(result) => {
                    let found = differing(expected, policy, result).into_iter();
                    differences.extend(found.map(|difference| format!("{element}: {difference}")));
                }
            }
        }
    }
    if let Some(approvals) = case.approvals.filter(|approvals| *approvals != answer.approvals_required) {
        differences.push(format!("{approvals} people approve, answered was {}", answer.approvals_required));
    }
    let whole: Vec<&str> = answer.findings.iter().map(|finding| finding.code()).collect();
    for code in case.request.iter().filter(|code| !whole.contains(&code.as_str())) {
        differences.push(format!("the request as a whole has no {code}, but {whole:?}"));
    }
    differences
}

fn differing(expected: &Expectation, policy: &Policy, result: &ItemResult) -> Vec<String> {
    let mut differences = Vec::new();
    let outcome = result.outcome.as_str().to_ascii_uppercase();
    if outcome != expected.result {
        differences.push(format!("expected {}, answered {outcome}", expected.result));
    }
    let deciding = result.findings.iter().filter(|finding| finding.effect() != Effect::Notes);
    let codes: BTreeSet<String> = deciding.map(|finding| finding.code().to_owned()).collect();
    if codes != expected.because {
        differences.push(format!("expected because of {:?}, answered {codes:?}", expected.because));
    }
    let cited: BTreeSet<String> = result
        .findings
        .iter()
        .flat_map(|finding| finding.citations())
        .map(|citation| format!("{} {}", citation.document, citation.section))
        .collect();
    for cite in expected.cites.iter().filter(|cite| !cited.contains(cite.as_str())) {
        differences.push(format!("does not cite `{cite}`, but {cited:?}"));
    }
    let leaves = result.window.map(shown);
    if expected.window.is_some() && leaves != expected.window {
        differences.push(format!("expected the window {:?}, answered {leaves:?}", expected.window));
    }
    differences.extend(confirmations(expected, policy, result));
    if result.findings.iter().any(|finding| finding.citations().is_empty()) {
        differences.push("a finding cites nothing".to_owned());
    }
    if result.outcome.is_allowed() == (result.approvals_required == 0) {
        differences.push(format!("{outcome} with {} approvals", result.approvals_required));
    }
    differences
}

/// That exactly the answers that rest on something unconfirmed say so, by the status of the policies themselves.
fn confirmations(expected: &Expectation, policy: &Policy, result: &ItemResult) -> Vec<String> {
    let mut differences = Vec::new();
    let notes: Vec<&str> = result
        .findings
        .iter()
        .filter(|finding| finding.code() == "RULE_UNCONFIRMED")
        .map(|finding| finding.sentence())
        .collect();
    if notes.is_empty() == expected.unconfirmed {
        differences.push(format!("expected unconfirmed = {}, answered {notes:?}", expected.unconfirmed));
    }
    for rule in policy.packs().rules() {
        let said = notes.iter().any(|note| note.contains(&format!("rule {} ", rule.code())));
        let decided = result.findings.iter().any(|finding| finding.code() == rule.code());
        let confirmed = rule.status == Confirmation::Confirmed;
        if said && confirmed || decided && !confirmed && !said {
            differences.push(format!("{}: confirmed is {confirmed}, said is {said}", rule.id));
        }
    }
    differences
}

#[test]
fn every_case_is_answered_as_a_lawyer_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut operators = Operators::default();
    let (mut wrong, mut count, mut deciding) = (Vec::new(), 0, BTreeSet::new());
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let file: File = Source::new(&text).read().unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display()));
        let mut names = BTreeSet::new();
        for case in file.case {
            assert!(names.insert(case.name.clone()), "{}: two cases `{}`", file.title, case.name);
            let told = case.facts.clone().or(&file.facts);
            let expected = || case.expect.iter().flat_map(|expected| expected.element.all()).collect();
            let elements: Vec<String> = case.ask.clone().unwrap_or_else(expected);
            let policy = operators.policy(told.operator());
            let answer = evaluate(policy, REVISION, &told.facts(&elements));
            let findings = answer.results.iter().flat_map(|result| &result.findings).chain(&answer.findings);
            deciding.extend(findings.map(|finding| finding.code().to_owned()));
            for difference in differences(&case, policy, &answer) {
                wrong.push(format!("{}: {}\n    {difference}", file.title, case.name));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= LEAST, "{count} cases");
    let unused: Vec<&str> = operators
        .policy(Told::default().operator())
        .packs()
        .rules()
        .into_iter()
        .filter(|rule| !deciding.contains(&rule.code()))
        .map(|rule| rule.id.as_str())
        .collect();
    assert!(unused.is_empty(), "policies that decide no case: {unused:?}");
}

#[test]
fn a_case_that_differs_is_told() {
    let text = r#"
title = "Made up"
[[case]]
name = "A subpoena opens the orders"
approvals = 3
request = ["NOTHING_OF_THE_SORT"]
expect = [{ element = "orders", result = "ALLOW", because = ["US_SUBPOENA_BASICS"], cites = ["Magna Carta 39"] }]
"#;
    let file: File = Source::new(text).read().unwrap();
    let case = &file.case[0];
    let mut operators = Operators::default();
    let policy = operators.policy(case.facts.operator());
    let answer = evaluate(policy, REVISION, &case.facts.facts(&["orders".to_owned()]));
    let told = differences(case, policy, &answer).join("\n");
    for what in [
        "answered NEEDS_OTHER_PROCESS",
        "UNLOCKED_BY_COURT_ORDER",
        "does not cite",
        "unconfirmed",
        "3 people",
        "NOTHING",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert!(Source::new(&text.replace("approvals", "aprovals")).read::<File>().is_err());
    assert_eq!(answer.results[0].outcome, Outcome::NeedsOtherProcess);
}
