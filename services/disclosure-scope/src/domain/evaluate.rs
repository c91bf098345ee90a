//! From facts and policy to a result for each item.

use chrono::{DateTime, Days, Utc};
use rogatory_rulebook::{Citation, Confirmation, Country, DataClass, Effect, Finding};
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Element,
    facts::{Facts, Item, Window},
    policy::Policy,
    rule::{Answer, Rule, RuleEffect, Subject, Unstated},
};

/// What was decided of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// May leave as asked.
    Allow,
    /// May leave for a shorter window.
    AllowNarrowed,
    /// May not leave.
    Withhold,
    /// May leave once a competent authority has approved, or once it is stated whether one has to.
    HoldForAuthority,
    /// May leave under another instrument.
    NeedsOtherProcess,
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
    /// The item as it was asked for.
    pub item: Item,
    /// What was decided.
    pub outcome: Outcome,
    /// Class of its element; none where the catalogue does not have it.
    pub class: Option<DataClass>,
    /// The window that may leave.
    pub window: Option<Window>,
    /// Where the element is stored, where it may leave.
    pub storage: Vec<Country>,
    /// What decided, and what is missing for a better answer.
    pub findings: Vec<Finding>,
}

/// What the policy says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// One result for each item, in the order asked.
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
    let scope = Scope { policy, revision, facts };
    let results: Vec<ItemResult> = facts.items.iter().map(|item| scope.item(item)).collect();
    let (approvals_required, findings) = scope.whole(&results);
    Evaluation { results, approvals_required, findings, grant_valid_days: policy.grant_valid_days }
}

struct Scope<'a> {
    policy: &'a Policy,
    revision: &'a str,
    facts: &'a Facts,
}

impl Scope<'_> {
    fn item(&self, item: &Item) -> ItemResult {
        let Some(element) = self.policy.catalogue.get(&item.element) else {
            let finding = self.finding(
                "ELEMENT_NOT_IN_CATALOGUE",
                Effect::Refuses,
                "The catalogue of this platform has no such data element; nothing can be searched for under this name.",
                "[[element]]",
            );
            return withheld(item, None, vec![finding]);
        };
        let storage = self.policy.storage.get(&element.key).map(Vec::as_slice);
        let subject = Subject { facts: self.facts, item, element, storage, staff: self.policy.staff.as_deref() };
        let applying = Applying::of(&self.policy.rules, &subject);

        let forbids = applying.findings(RuleEffect::Forbid);
        if !forbids.is_empty() {
            return withheld(item, Some(element), forbids);
        }
        let mut holds = applying.findings(RuleEffect::Hold);
        holds.extend(self.unstated(&applying, element, storage.is_none()));
        let needs = applying.findings(RuleEffect::Needs);
        if !holds.is_empty() {
            // What else is missing is told too, so that it can be mended while the authority is asked.
            holds.extend(needs);
            return result(item, Some(element), Outcome::HoldForAuthority, holds);
        }
        if !needs.is_empty() {
            return result(item, Some(element), Outcome::NeedsOtherProcess, needs);
        }
        let permits = applying.findings(RuleEffect::Permit);
        if permits.is_empty() {
            return withheld(
                item,
                Some(element),
                vec![self.finding(
                    "NO_RULE_PERMITS",
                    Effect::Refuses,
                    "No rule of the policy permits this element to this authority under this instrument; what is not \
                 permitted is withheld.",
                    "[[rule]]",
                )],
            );
        }
        self.allowed(item, element, storage.unwrap_or_default(), permits)
    }

    /// A permitted item, for the window that may leave.
    fn allowed(&self, item: &Item, element: &Element, storage: &[Country], mut findings: Vec<Finding>) -> ItemResult {
        let (outcome, window) = match (element.has_window, item.window) {
            (true, None) => {
                let passage = &self.policy.windows.passage;
                let finding = cited(
                    "WINDOW_NOT_STATED",
                    Effect::Requires,
                    format!("The records of `{}` have a time: the request must state a timeframe.", element.key),
                    &passage.cite,
                );
                return withheld(item, Some(element), finding.into_iter().collect());
            }
            (true, Some(asked)) => match self.cut(asked, &mut findings) {
                Some(window) if window == asked => (Outcome::Allow, Some(window)),
                Some(window) => (Outcome::AllowNarrowed, Some(window)),
                None => return withheld(item, Some(element), findings),
            },
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
        ItemResult { window, storage: storage.to_vec(), ..result(item, Some(element), outcome, findings) }
    }

    /// What of a window may leave; none when nothing is left. Says what was cut.
    fn cut(&self, asked: Window, findings: &mut Vec<Finding>) -> Option<Window> {
        let windows = &self.policy.windows;
        let mut window = asked;
        if window.end > self.facts.receive_time {
            window.end = self.facts.receive_time;
            findings.push(self.finding(
                "WINDOW_CUT_AT_RECEIPT",
                Effect::Refuses,
                "A request reaches what there is when it is received, not what comes after.",
                "[windows]",
            ));
            if window.start >= window.end {
                return None;
            }
        }
        let earliest = before(window.end, windows.longest_days);
        if window.start < earliest {
            window.start = earliest;
            let sentence = format!("{} The longest is {} days.", windows.passage.reason, windows.longest_days);
            findings.extend(
                cited("WINDOW_CUT_TO_LONGEST", Effect::Refuses, sentence, &windows.passage.cite)
                    .map(|finding| finding.citing([self.policy.cite(self.revision, "[windows]")])),
            );
        }
        Some(window)
    }

    /// Holds for facts that nobody has stated and without which it cannot be told whether a rule stops the item. A grant
    /// must name the countries of storage, so an element without them holds even where no rule asks.
    fn unstated(&self, applying: &Applying<'_>, element: &Element, no_storage: bool) -> Vec<Finding> {
        let key = &element.key;
        let mut holds = Vec::new();
        for fact in [Unstated::Storage, Unstated::Staff, Unstated::Residence] {
            let stopping: Vec<&Rule> =
                applying.unknown.iter().filter(|(_, missing)| *missing == fact).map(|(rule, _)| *rule).collect();
            if stopping.is_empty() && !(fact == Unstated::Storage && no_storage) {
                continue;
            }
            let (code, sentence, part) = match fact {
                Unstated::Storage => (
                    "STORAGE_COUNTRY_NOT_STATED",
                    format!("The operator has not stated in which countries `{key}` is stored; nothing leaves until it has."),
                    "[storage]",
                ),
                Unstated::Staff => (
                    "STAFF_COUNTRY_NOT_STATED",
                    "The operator has not stated in which countries its staff handles the data; nothing leaves until it has."
                        .to_owned(),
                    "[operation]",
                ),
                Unstated::Residence => (
                    "RESIDENCE_COUNTRY_NOT_STATED",
                    "It is not known where the target resides, and a rule depends on it; nothing leaves until it is."
                        .to_owned(),
                    "[[rule]]",
                ),
            };
            let mut citations: Vec<Citation> = Vec::new();
            for citation in stopping.iter().flat_map(|rule| &rule.cite) {
                if !citations.contains(citation) {
                    citations.push(citation.clone());
                }
            }
            holds.push(self.finding(code, Effect::Holds, sentence, part).citing(citations));
        }
        holds
    }

    /// How many people approve, and what concerns the request as a whole.
    fn whole(&self, results: &[ItemResult]) -> (u32, Vec<Finding>) {
        let approvals = &self.policy.approvals;
        let content = results.iter().any(|one| one.outcome.is_allowed() && one.class == Some(DataClass::Content));
        let mut required = approvals.default;
        let mut findings = Vec::new();
        for (applies, number, code) in [
            (content, approvals.content, "CONTENT_NEEDS_TWO_PEOPLE"),
            (self.facts.emergency, approvals.emergency, "EMERGENCY_NEEDS_TWO_PEOPLE"),
        ] {
            if applies {
                required = required.max(number);
                findings.push(self.finding(code, Effect::Requires, approvals.reason.clone(), "[approvals]"));
            }
        }
        if findings.is_empty() {
            let sentence =
                format!("Different people who have to approve, none of whom prepared the request: {required}.");
            findings.push(self.finding("APPROVAL_NEEDED", Effect::Requires, sentence, "[approvals]"));
        }
        if self.facts.emergency {
            let emergency = &self.policy.emergency;
            findings.extend(cited("FORMAL_REQUEST_OWED", Effect::Requires, emergency.reason.clone(), &emergency.cite));
        }
        (required, findings)
    }

    /// A finding that rests on the policy itself.
    fn finding(&self, code: &'static str, effect: Effect, sentence: impl Into<String>, part: &str) -> Finding {
        Finding::new(code, effect, sentence, self.policy.cite(self.revision, part))
    }
}

/// The rules that apply to an item, and those of which it cannot be told.
struct Applying<'a> {
    yes: Vec<&'a Rule>,
    unknown: Vec<(&'a Rule, Unstated)>,
}

impl<'a> Applying<'a> {
    fn of(rules: &'a [Rule], subject: &Subject<'_>) -> Self {
        let mut applying = Self { yes: Vec::new(), unknown: Vec::new() };
        for rule in rules {
            match rule.applies(subject) {
                Answer::Yes => applying.yes.push(rule),
                // A permit of which it cannot be told whether it applies permits nothing; it stops nothing either.
                Answer::Unknown(fact) if rule.effect != RuleEffect::Permit => applying.unknown.push((rule, fact)),
                Answer::Unknown(_) | Answer::No => {}
            }
        }
        applying
    }

    fn findings(&self, effect: RuleEffect) -> Vec<Finding> {
        self.yes.iter().filter(|rule| rule.effect == effect).flat_map(|rule| rule_findings(rule)).collect()
    }
}

/// What a rule that applies has to say; and beside it, for those who decide and not for the agency, that nobody has
/// checked the rule yet.
fn rule_findings(rule: &Rule) -> impl Iterator<Item = Finding> {
    let mut sentence = rule.reason.clone();
    if !rule.unlocked_by.is_empty() {
        let names: Vec<String> = rule.unlocked_by.iter().map(|kind| kind.as_str().replace('_', " ")).collect();
        sentence.push_str(&format!(" It takes: {}.", names.join(", or ")));
    }
    let effect = match rule.effect {
        RuleEffect::Permit => Effect::Permits,
        RuleEffect::Needs => Effect::Requires,
        RuleEffect::Hold => Effect::Holds,
        RuleEffect::Forbid => Effect::Refuses,
    };
    let unconfirmed = (rule.status != Confirmation::Confirmed).then(|| {
        let sentence =
            format!("The rule {} is not confirmed: counsel must check it before relying on it.", rule.code());
        cited("RULE_UNCONFIRMED", Effect::Notes, sentence, &rule.cite)
    });
    [cited(rule.code(), effect, sentence, &rule.cite), unconfirmed.flatten()].into_iter().flatten()
}

/// A finding with these citations. A policy without them cannot be read, so there always is one.
fn cited(
    code: impl Into<std::borrow::Cow<'static, str>>,
    effect: Effect,
    sentence: String,
    cite: &[Citation],
) -> Option<Finding> {
    let (first, more) = cite.split_first()?;
    Some(Finding::new(code, effect, sentence, first.clone()).citing(more.iter().cloned()))
}

fn withheld(item: &Item, element: Option<&Element>, findings: Vec<Finding>) -> ItemResult {
    result(item, element, Outcome::Withhold, findings)
}

fn result(item: &Item, element: Option<&Element>, outcome: Outcome, findings: Vec<Finding>) -> ItemResult {
    let class = element.map(|element| element.class);
    ItemResult { item: item.clone(), outcome, class, window: None, storage: Vec::new(), findings }
}

/// So many days before; the earliest time there is where the calendar does not reach so far.
fn before(time: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    time.checked_sub_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
