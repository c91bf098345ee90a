//! The same rules in Rego, for the interpreter regorus.
//!
//! The packs are translated rule by rule from Cedar's own JSON form, so that the two say the same whoever edits a pack. What
//! the program makes of the rules is translated too, by hand: which effect is strongest, the rungs above the paper that would
//! open an element, and how many people approve. Not translated: findings with their sentences and citations (Rego answers
//! with the ids of the rules that permit), windows and how they are cut, approvals of authorities, and what asks for everything.

use std::fmt::Write as _;

use regorus::{Engine, Value};
use rogatory_disclosure::domain::{
    facts::{Facts, Item},
    pack::{Packs, RuleEffect},
    policy::Policy,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// The rule that is asked.
const QUESTION: &str = "data.scope.answers";

/// What the program makes of the rules, once for each item `r`: `i` is the paper, `n` how many have approved.
const FRAME: &str = r#"package scope

answers := [answer(r) | some r in input.items]

answer(r) := {"outcome": o, "approvals": people(r, o), "permits": p} if {
  i := input.instrument
  w := withhold(r, i, 0)
  p := permit(r, i, 0)
  h := hold(r, i, 0)
  q := process(r, i, 0)
  o := outcome(r, w, p, h, q)
}

outcome(r, w, p, h, q) := "withhold" if {
  count(w) > 0
} else := "withhold" if {
  count(p) == 0
  not unlocked(r)
} else := "hold_for_authority" if {
  count(h) > 0
} else := "needs_other_process" if {
  count(q) > 0
} else := "needs_other_process" if {
  count(p) == 0
} else := "allow"

unlocked(r) if {
  some i in input.rungs
  count(permit(r, i, 0)) > 0
  count(withhold(r, i, 0)) == 0
  count(process(r, i, 0)) == 0
}

people(r, o) := n if {
  o == "allow"
  enough := [m | some m in [0, 1, 2, 3, 4, 5]; count(approvals(r, input.instrument, m)) == 0]
  n := max([1, min(enough)])
} else := 0

"#;

/// What Rego says of one item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Answer {
    /// The outcome, in the words of the program.
    pub(super) outcome: String,
    /// How many people have to approve; 0 where nothing leaves.
    pub(super) approvals: u32,
    /// The rules that permit.
    pub(super) permits: Vec<String>,
}

/// The rules, read by regorus.
pub(super) struct Rego(Engine);

impl Rego {
    /// Of all packs.
    pub(super) fn new(packs: &Packs) -> Self {
        let mut engine = Engine::new();
        engine.add_policy("scope.rego".to_owned(), translated(packs)).expect("Rego that can be read");
        Self(engine)
    }

    /// Asks it of every item.
    pub(super) fn ask(&mut self, input: Value) -> Value {
        self.0.set_input(input);
        self.0.eval_rule(QUESTION.to_owned()).expect("an answer")
    }
}

/// An answer, read.
pub(super) fn answers(value: &Value) -> Vec<Answer> {
    serde_json::from_str(&value.to_json_str().expect("JSON")).expect("an answer for each item")
}

/// The facts as Rego reads them.
pub(super) fn input(policy: &Policy, facts: &Facts) -> Value {
    let rungs = policy
        .ladders
        .iter()
        .filter(|ladder| ladder.emergency == facts.emergency && ladder.countries.has(facts.authority_country));
    let rungs: Vec<&str> = rungs.flat_map(|ladder| ladder.above(facts.instrument)).map(|step| step.as_str()).collect();
    let items: Vec<Json> = facts.items.iter().map(|item| of_item(policy, item)).collect();
    let json = json!({
        "principal": {
            "country": facts.authority_country.alpha2(),
            "kind": facts.authority_kind.as_str(),
            "verified": facts.standing.verified,
            "accredited": facts.standing.accredited,
        },
        "instrument": facts.instrument.as_str(),
        "rungs": rungs,
        "context": context(policy, facts),
        "items": items,
    });
    Value::from_json_str(&json.to_string()).expect("JSON")
}

/// What is asked beside the element and its user; Cedar is told the same.
pub(super) fn context(policy: &Policy, facts: &Facts) -> Json {
    let codes = |countries: &[rogatory_rulebook::Country]| -> Vec<&str> {
        countries.iter().map(|country| country.alpha2()).collect()
    };
    json!({
        "issued_by": facts.issued_by.unwrap_or(facts.authority_kind).as_str(),
        "instrument_age_days": facts.issue_time.map_or(-1, |issued| (facts.receive_time - issued).num_days()),
        "matter": facts.matter.as_str(),
        "emergency": facts.emergency,
        "formal_request_assured": facts.formal_request_assured,
        "handled_in": codes(policy.staff.as_deref().unwrap_or_default()),
        "staff_known": policy.staff.is_some(),
        "contact_country": facts.contact_country.map_or("", |country| country.alpha2()),
        "contact_known": facts.contact_country.is_some(),
        "max_penalty_months": facts.offence.max_penalty_months,
        "sentence_months": facts.offence.sentence_months,
        "listed_offence": facts.offence.listed,
        "notification": facts.notification.as_str(),
    })
}

fn of_item(policy: &Policy, item: &Item) -> Json {
    let element = policy.catalogue.get(&item.element).expect("an element of the catalogue");
    let storage = policy.storage.get(&item.element);
    let stored_in: Vec<&str> = storage.into_iter().flatten().map(|country| country.alpha2()).collect();
    json!({
        "key": element.key,
        "class": element.class.as_str(),
        "us_class": element.us_class.as_str(),
        "stored_in": stored_in,
        "storage_known": storage.is_some(),
        "residence": item.residence.map_or("", |country| country.alpha2()),
        "residence_known": item.residence.is_some(),
        "approved_by_state": [],
    })
}

/// The packs in Rego: for each effect a function that gives the ids of the rules that apply.
fn translated(packs: &Packs) -> String {
    let mut text = FRAME.to_owned();
    let mut helpers = Helpers::default();
    for effect in
        [RuleEffect::Permit, RuleEffect::Withhold, RuleEffect::Hold, RuleEffect::Process, RuleEffect::Approvals]
    {
        let sets = packs.rules().into_iter().filter(|rule| rule.effect == effect).map(|rule| {
            let policy = packs.all().policy(&cedar_policy::PolicyId::new(&rule.id)).expect("a policy of the packs");
            let json = policy.to_json().expect("a policy has a JSON form");
            format!("{{x | x := {:?}; {}}}", rule.id, helpers.policy(&json).join("; "))
        });
        let sets: Vec<String> = sets.collect();
        let union = if sets.is_empty() { "set()".to_owned() } else { sets.join(" |\n  ") };
        let _ = writeln!(text, "{}(r, i, n) := {union}\n", effect.as_str());
    }
    text + &helpers.text
}

/// Functions for what Rego cannot say in one line: `or`, and `not` of more than one thing.
#[derive(Default)]
struct Helpers {
    text: String,
    count: usize,
}

impl Helpers {
    /// The conditions of a policy, all of which hold when it applies.
    fn policy(&mut self, json: &Json) -> Vec<String> {
        for part in ["principal", "action", "resource"] {
            assert_eq!(json[part]["op"], "All", "the scope of a policy is open");
        }
        let conditions = json["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut lines: Vec<String> = Vec::new();
        for condition in conditions {
            match condition["kind"].as_str() {
                Some("when") => lines.extend(self.all(&condition["body"])),
                _ => lines.push(self.not(&condition["body"])),
            }
        }
        if lines.is_empty() { vec!["true".to_owned()] } else { lines }
    }

    /// Lines that hold together when the expression does.
    fn all(&mut self, json: &Json) -> Vec<String> {
        let (operator, sides) = operation(json);
        match operator {
            "&&" => [self.all(&sides["left"]), self.all(&sides["right"])].concat(),
            "||" => {
                let bodies = [self.all(&sides["left"]), self.all(&sides["right"])];
                vec![self.function(&bodies)]
            }
            "!" => vec![self.not(&sides["arg"])],
            "==" | "!=" | "<" | "<=" | ">" | ">=" => {
                vec![format!("{} {operator} {}", term(&sides["left"]), term(&sides["right"]))]
            }
            "in" => vec![format!("{} in {}", term(&sides["left"]), term(&sides["right"]))],
            "contains" => vec![format!("{} in {}", term(&sides["right"]), term(&sides["left"]))],
            "." | "Value" => vec![term(json)],
            other => panic!("the translation does not know `{other}`"),
        }
    }

    fn not(&mut self, json: &Json) -> String {
        let lines = self.all(json);
        match lines.as_slice() {
            [one] if !one.starts_with("not ") => format!("not {one}"),
            _ => format!("not {}", self.function(&[lines])),
        }
    }

    /// A function that holds when one of the bodies does, and how it is called.
    fn function(&mut self, bodies: &[Vec<String>]) -> String {
        self.count += 1;
        let call = format!("h{}(r, i, n)", self.count);
        for body in bodies {
            let _ = writeln!(self.text, "{call} if {{\n  {}\n}}\n", body.join("\n  "));
        }
        call
    }
}

/// The one operator of an expression, with what it works on.
fn operation(json: &Json) -> (&str, &Json) {
    let fields = json.as_object().expect("an expression is an object");
    let (operator, sides) = fields.iter().next().expect("an expression has an operator");
    (operator, sides)
}

/// A value: an entity is its id, because every attribute has the one type that the schema gives it.
fn term(json: &Json) -> String {
    let (operator, inside) = operation(json);
    match operator {
        "Var" if inside == "resource" => "r.key".to_owned(),
        "Value" => literal(inside),
        "Set" => {
            let members: Vec<String> = inside.as_array().expect("a list").iter().map(term).collect();
            format!("{{{}}}", members.join(", "))
        }
        "." => {
            let attribute = inside["attr"].as_str().expect("a name");
            match (inside["left"]["Var"].as_str().expect("an attribute of a variable"), attribute) {
                ("principal", _) => format!("input.principal.{attribute}"),
                ("resource", _) | (_, "residence" | "residence_known" | "approved_by_state") => {
                    format!("r.{attribute}")
                }
                (_, "instrument") => "i".to_owned(),
                (_, "approvers") => "n".to_owned(),
                _ => format!("input.context.{attribute}"),
            }
        }
        other => panic!("the translation does not know `{other}` as a value"),
    }
}

fn literal(value: &Json) -> String {
    match value {
        Json::Array(members) => {
            let members: Vec<String> = members.iter().map(literal).collect();
            format!("{{{}}}", members.join(", "))
        }
        Json::Object(fields) => fields["__entity"]["id"].to_string(),
        other => other.to_string(),
    }
}
