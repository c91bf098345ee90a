//! From facts and policy to a result for each item.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rogatory_rulebook::{Citation, Confirmation, Country, DataClass, Effect, Finding, InstrumentKind, words};
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Element,
    facts::{AuthorityApproval, Facts, Item, Window},
    judge::Bench,
    pack::{Rule, RuleEffect},
    policy::Policy,
    window,
};

words! {
    /// What was decided of an item.
    Outcome, "result of an item" {
        /// May leave as asked.
        Allow = "allow",
        /// May leave for a shorter window.
        AllowNarrowed = "allow_narrowed",
        /// May not leave.
        Withhold = "withhold",
        /// May leave once a competent authority has approved, or once a fact is stated that the operator owes.
        HoldForAuthority = "hold_for_authority",
        /// May leave under another paper, or under one that says more.
        NeedsOtherProcess = "needs_other_process",
    }
}

impl Outcome {
    /// Whether anything of the item may leave.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allow | Self::AllowNarrowed)
    }
}

/// The result for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemResult {
    /// The item as it was asked for; of an item that asks for everything, one of its elements.
    pub item: Item,
    /// What was decided.
    pub outcome: Outcome,
    /// Class of its element; none where the catalogue does not have it.
    pub class: Option<DataClass>,
    /// The window that may leave.
    pub window: Option<Window>,
    /// Where the element is stored, where it may leave.
    pub storage: Vec<Country>,
    /// Number of different people who have to approve that it leaves; 0 where it may not.
    pub approvals_required: u32,
    /// What decided, and what is missing for a better answer.
    pub findings: Vec<Finding>,
}

/// What the policy says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// One result for each item, in the order asked; for an item that asks for everything one for each element.
    pub results: Vec<ItemResult>,
    /// Number of different people who have to approve.
    pub approvals_required: u32,
    /// Why so many, and what concerns the request as a whole.
    pub findings: Vec<Finding>,
    /// How many days a grant would last.
    pub grant_valid_days: u32,
}

/// Evaluates a request under a policy. `revision` is the resource name of the policy's revision, for citations.
#[must_use]
pub fn evaluate(policy: &Policy, revision: &str, facts: &Facts) -> Evaluation {
    let scope = Scope { policy, revision, facts, bench: Bench::new(policy, facts), told: RefCell::default() };
    let mut results = Vec::new();
    for item in &facts.items {
        if item.element == policy.everything {
            results.extend(policy.catalogue.iter().map(|element| scope.one_of_everything(item, element)));
        } else {
            results.push(scope.item(item));
        }
    }
    let (approvals_required, findings) = scope.whole(&results);
    Evaluation { results, approvals_required, findings, grant_valid_days: policy.grant_valid_days }
}

/// How many results the items have: an item that asks for everything has one for each element.
#[must_use]
pub fn count(policy: &Policy, items: &[Item]) -> usize {
    let broad = items.iter().filter(|item| item.element == policy.everything).count();
    items.len() - broad + broad * policy.catalogue.iter().count()
}

/// What decides of an element, beside the window: items that agree in it are judged once.
type Question = (String, Option<Country>, BTreeSet<Country>);

struct Scope<'a> {
    policy: &'a Policy,
    revision: &'a str,
    facts: &'a Facts,
    bench: Bench<'a>,
    told: RefCell<BTreeMap<Question, Rc<Told>>>,
}

/// What the packs say of an element, before its window is looked at.
struct Told {
    /// `Allow` stands for both kinds of permission.
    outcome: Outcome,
    approvals: u32,
    /// The policies that ask for as many people.
    asking: Vec<Finding>,
    findings: Vec<Finding>,
    /// Whether anything is held.
    held: bool,
}

impl Scope<'_> {
    fn one_of_everything(&self, item: &Item, element: &Element) -> ItemResult {
        let mut result = self.item(&Item { element: element.key.clone(), ..item.clone() });
        result.findings.push(self.finding(
            "ASKED_FOR_EVERYTHING",
            Effect::Notes,
            "The request asks for everything; it is answered for each element, with what the law allows of each.",
            "everything",
        ));
        result
    }

    fn item(&self, item: &Item) -> ItemResult {
        let Some(element) = self.policy.catalogue.get(&item.element) else {
            let finding = self.finding(
                "ELEMENT_NOT_IN_CATALOGUE",
                Effect::Refuses,
                "The catalogue of this platform has no such data element; nothing can be searched for under this name.",
                "[[element]]",
            );
            return result(item, None, Outcome::Withhold, vec![finding]);
        };
        let without = self.told(item, element, BTreeSet::new());
        // An approval counts where something is held; elsewhere it would only narrow what may leave anyway.
        let mut approvals = if without.held { self.approvals(item, element) } else { BTreeMap::new() };
        // One without which nothing would be held lifts nothing, and so it cuts nothing either.
        for country in approvals.keys().copied().collect::<Vec<_>>() {
            let others = approvals.keys().copied().filter(|other| *other != country).collect();
            if !self.told(item, element, others).held {
                approvals.remove(&country);
            }
        }
        let told = match approvals.is_empty() {
            true => without,
            false => self.told(item, element, approvals.keys().copied().collect()),
        };
        let mut findings = told.findings.clone();
        findings.extend(approvals.values().map(|approval| self.approved(approval)));
        if told.outcome != Outcome::Allow {
            return result(item, Some(element), told.outcome, findings);
        }
        let limit = approvals
            .values()
            .filter_map(|approval| approval.window)
            .reduce(|one, other| one.intersection(&other).unwrap_or(Window { start: one.start, end: one.start }));
        self.allowed(item, element, &told, limit, findings)
    }

    /// The approvals of competent authorities that are about an item, one for each country: the one that leaves most of what
    /// could leave of it.
    fn approvals(&self, item: &Item, element: &Element) -> BTreeMap<Country, &AuthorityApproval> {
        let left = |approval: &AuthorityApproval| match (approval.window, item.window) {
            (None, _) | (_, None) => Some(chrono::TimeDelta::MAX),
            (Some(window), Some(asked)) => window.intersection(&asked).map(|both| {
                let leaves = window::reach(self.policy, self.facts, element, both);
                leaves.map_or(chrono::TimeDelta::zero(), |leaves| leaves.end - leaves.start)
            }),
        };
        let mut best: BTreeMap<Country, &AuthorityApproval> = BTreeMap::new();
        for approval in self.facts.authority_approvals.iter().filter(|one| one.covers(&item.target_id, &item.element)) {
            if left(approval).is_none() {
                continue;
            }
            let better = best.get(&approval.country).is_none_or(|known| left(known) < left(approval));
            if better {
                best.insert(approval.country, approval);
            }
        }
        best
    }

    /// What the packs say of the element about the item's user.
    fn told(&self, item: &Item, element: &Element, approved: BTreeSet<Country>) -> Rc<Told> {
        let question = (element.key.clone(), item.residence, approved);
        if let Some(known) = self.told.borrow().get(&question) {
            return Rc::clone(known);
        }
        let told = Rc::new(self.ask(item, element, &question.2));
        self.told.borrow_mut().insert(question, Rc::clone(&told));
        told
    }

    fn ask(&self, item: &Item, element: &Element, approved: &BTreeSet<Country>) -> Told {
        let judgement = self.bench.judge(element, item.residence, approved, self.facts.instrument);
        let told = |outcome, findings| Told {
            outcome,
            approvals: 0,
            asking: Vec::new(),
            findings,
            held: !judgement.holds.is_empty(),
        };
        if judgement.failed {
            return told(Outcome::Withhold, vec![failed()]);
        }
        if !judgement.withholds.is_empty() {
            return told(Outcome::Withhold, said(&judgement.withholds));
        }
        let mut missing = said(&judgement.process);
        if judgement.permits.is_empty() {
            match self.unlock(item, element, approved) {
                Some(unlock) => missing.extend(unlock),
                None => {
                    // What else stands in the way is told too, so that nobody is sent on a way that leads nowhere.
                    let mut findings = vec![self.nothing_permits()];
                    findings.extend(missing);
                    findings.extend(said(&judgement.holds));
                    return told(Outcome::Withhold, findings);
                }
            }
        }
        if !judgement.holds.is_empty() {
            // What else is missing is told too, so that it can be mended while the authority is asked.
            let mut findings = said(&judgement.holds);
            findings.extend(missing);
            return told(Outcome::HoldForAuthority, findings);
        }
        if !missing.is_empty() {
            return told(Outcome::NeedsOtherProcess, missing);
        }
        match self.bench.approvals(element, item.residence, approved) {
            Some((approvals, asking)) => {
                Told { approvals, asking: said(&asking), ..told(Outcome::Allow, said(&judgement.permits)) }
            }
            None => told(Outcome::Withhold, vec![failed()]),
        }
    }

    /// The lowest rung above the paper that would open the element: "a subpoena would not; a court order would". None when no
    /// rung would.
    fn unlock(&self, item: &Item, element: &Element, approved: &BTreeSet<Country>) -> Option<Vec<Finding>> {
        let facts = self.facts;
        let mut found: Vec<Finding> = Vec::new();
        for ladder in &self.policy.ladders {
            if ladder.emergency != facts.emergency || !ladder.countries.has(facts.authority_country) {
                continue;
            }
            let mut vain: Vec<&str> = Vec::new();
            for step in ladder.above(facts.instrument) {
                if let Some(permits) = self.bench.opening(element, item.residence, approved, *step) {
                    found.extend(opened(*step, &vain, element, &permits));
                    break;
                }
                vain.push(paper(*step));
            }
        }
        (!found.is_empty()).then_some(found)
    }

    fn nothing_permits(&self) -> Finding {
        self.finding(
            "NO_POLICY_PERMITS",
            Effect::Refuses,
            "No policy permits this element to this authority, under this paper or a stronger one; what is not permitted \
             is withheld.",
            "[[pack]]",
        )
    }

    /// A permitted item, for the window that may leave.
    fn allowed(
        &self,
        item: &Item,
        element: &Element,
        told: &Told,
        approved: Option<Window>,
        mut findings: Vec<Finding>,
    ) -> ItemResult {
        let (outcome, window) = match (element.has_window, item.window) {
            (true, None) => {
                let sentence =
                    format!("The records of `{}` have a time: the request must state a timeframe.", element.key);
                let cite = self.policy.windows.first().map(|rule| rule.passage.cite.as_slice()).unwrap_or_default();
                let finding = cited("WINDOW_NOT_STATED", Effect::Requires, sentence.clone(), cite)
                    .unwrap_or_else(|| self.finding("WINDOW_NOT_STATED", Effect::Requires, sentence, "[[element]]"));
                return result(item, Some(element), Outcome::Withhold, vec![finding]);
            }
            (true, Some(asked)) => {
                let cut = window::cut(self.policy, self.revision, self.facts, element, asked, approved);
                findings.extend(cut.findings);
                match cut.window {
                    Some(window) if window == asked => (Outcome::Allow, Some(window)),
                    Some(window) => (Outcome::AllowNarrowed, Some(window)),
                    None => return result(item, Some(element), Outcome::Withhold, findings),
                }
            }
            (false, asked) => {
                if asked.is_some() {
                    findings.push(self.finding(
                        "WINDOW_NOT_APPLICABLE",
                        Effect::Notes,
                        format!(
                            "`{}` has no time of its own: it is given as it stands, whatever the window.",
                            element.key
                        ),
                        "[[element]]",
                    ));
                }
                (Outcome::Allow, None)
            }
        };
        let storage = self.policy.storage.get(&element.key).cloned().unwrap_or_default();
        let approvals_required = told.approvals;
        ItemResult { window, storage, approvals_required, ..result(item, Some(element), outcome, findings) }
    }

    fn approved(&self, approval: &AuthorityApproval) -> Finding {
        let sentence = format!(
            "A competent authority of {} approved: {}, reference {}, on {}.",
            approval.country.in_sentence(),
            approval.authority,
            approval.reference,
            approval.approve_time.format("%-d %B %Y"),
        );
        let citation = Citation {
            document: format!("Approval by {}", approval.authority),
            revision: None,
            section: approval.reference.clone(),
            confirmation: Confirmation::Confirmed,
            source: None,
        };
        Finding::new("AUTHORITY_APPROVED", Effect::Permits, sentence, citation)
    }

    /// How many people approve, and what concerns the request as a whole.
    fn whole(&self, results: &[ItemResult]) -> (u32, Vec<Finding>) {
        let required = results.iter().map(|one| one.approvals_required).max().unwrap_or_default().max(1);
        let mut findings: Vec<Finding> = Vec::new();
        for told in self.told.borrow().values().filter(|told| told.approvals == required) {
            for finding in &told.asking {
                if !findings.contains(finding) {
                    findings.push(finding.clone());
                }
            }
        }
        let sentence = format!("Different people who have to approve, none of whom prepared the request: {required}.");
        findings.push(self.finding("APPROVAL_NEEDED", Effect::Requires, sentence, "@effect(\"approvals\")"));
        if self.facts.emergency {
            let emergency = &self.policy.emergency;
            findings.extend(cited("FORMAL_REQUEST_OWED", Effect::Requires, emergency.reason.clone(), &emergency.cite));
        }
        if !self.facts.standing.stated {
            let sentence = "Whether the requester is verified and accredited was not stated; the calculation takes it for granted.";
            findings.push(self.finding("REQUESTER_ASSUMED_VERIFIED", Effect::Notes, sentence, "requester_verified"));
        }
        (required, findings)
    }

    /// A finding that rests on the policy itself.
    fn finding(&self, code: &'static str, effect: Effect, sentence: impl Into<String>, part: &str) -> Finding {
        Finding::new(code, effect, sentence, self.policy.cite(self.revision, part))
    }
}

fn failed() -> Finding {
    let sentence = "A policy could not be evaluated; nothing leaves until it is mended.";
    Finding::technical("POLICY_FAILED", Effect::Refuses, sentence)
}

/// What a stronger paper would open, by which policies.
fn opened(step: InstrumentKind, vain: &[&str], element: &Element, permits: &[&Rule]) -> Vec<Finding> {
    let [first, more @ ..] = permits else { return Vec::new() };
    let mut sentence = match vain {
        [] => String::new(),
        vain => format!("{} would not open `{}`. ", capital(&vain.join(" or ")), element.key),
    };
    sentence.push_str(&format!("{} would open `{}`: {}", capital(paper(step)), element.key, first.reason));
    let code = format!("UNLOCKED_BY_{}", step.as_str().to_ascii_uppercase());
    let unlock = cited(code, Effect::Requires, sentence, &first.cite)
        .map(|finding| finding.citing(more.iter().flat_map(|rule| rule.cite.iter().cloned())));
    let notes = permits.iter().filter_map(|rule| note(rule));
    unlock.into_iter().chain(notes).collect()
}

/// A paper in a sentence.
#[must_use]
pub const fn paper(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::Subpoena => "a subpoena",
        InstrumentKind::SearchWarrant => "a search warrant",
        InstrumentKind::CourtOrder => "a court order",
        InstrumentKind::Writ => "a writ",
        InstrumentKind::OtherProcess => "other similar legal process",
        InstrumentKind::EuProductionOrder => "a European Production Order",
        InstrumentKind::EuPreservationOrder => "a European Preservation Order",
        InstrumentKind::LetterOfRequest => "a letter of request of a central authority",
        InstrumentKind::EmergencyForm => "the completed emergency form",
        InstrumentKind::Informal => "a letter without legal force",
        InstrumentKind::UkOverseasProductionOrder => "an overseas production order of a UK court",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What the rules that apply have to say.
fn said(rules: &[&Rule]) -> Vec<Finding> {
    rules
        .iter()
        .flat_map(|rule| {
            let effect = match rule.effect {
                RuleEffect::Permit => Effect::Permits,
                RuleEffect::Withhold => Effect::Refuses,
                RuleEffect::Hold => Effect::Holds,
                RuleEffect::Process | RuleEffect::Approvals => Effect::Requires,
            };
            [cited(rule.code(), effect, rule.reason.clone(), &rule.cite), note(rule)].into_iter().flatten()
        })
        .collect()
}

/// For those who decide and not for the agency: that nobody has checked the rule yet.
fn note(rule: &Rule) -> Option<Finding> {
    if rule.status == Confirmation::Confirmed { None } else { unconfirmed(&rule.code(), &rule.cite) }
}

/// That what is behind a code has not been checked.
pub(super) fn unconfirmed(code: &str, cite: &[Citation]) -> Option<Finding> {
    let sentence = format!("The rule {code} is not confirmed: counsel must check it before relying on it.");
    cited("RULE_UNCONFIRMED", Effect::Notes, sentence, cite)
}

/// A finding with these citations. A policy without them cannot be read, so there always is one.
pub(super) fn cited(
    code: impl Into<std::borrow::Cow<'static, str>>,
    effect: Effect,
    sentence: String,
    cite: &[Citation],
) -> Option<Finding> {
    let (first, more) = cite.split_first()?;
    Some(Finding::new(code, effect, sentence, first.clone()).citing(more.iter().cloned()))
}

fn result(item: &Item, element: Option<&Element>, outcome: Outcome, findings: Vec<Finding>) -> ItemResult {
    ItemResult {
        item: item.clone(),
        outcome,
        class: element.map(|element| element.class),
        window: None,
        storage: Vec::new(),
        approvals_required: 0,
        findings,
    }
}
