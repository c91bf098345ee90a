//! Of which requests a policy can speak at all, so that the others need not be put to it.
//!
//! Read from the conditions: a policy that demands `principal.country == "US"` applies to no request of another country, and
//! one that demands an instrument to none under another paper. What is not such a demand narrows nothing, so a policy is left
//! out only where it could not apply.

use rogatory_rulebook::{Country, InstrumentKind};
use serde_json::Value;

/// What a policy demands of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reach {
    country: Option<String>,
    instruments: Option<Vec<String>>,
}

impl Reach {
    /// The demands of a policy in its JSON form.
    pub(super) fn of(policy: &Value) -> Self {
        let mut reach = Self::default();
        let conditions = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
        for condition in conditions.filter(|one| one.get("kind").and_then(Value::as_str) == Some("when")) {
            condition.get("body").into_iter().for_each(|body| reach.demand(body));
        }
        reach
    }

    /// Whether the policy can apply to a request.
    pub(super) fn has(&self, country: Country, instrument: InstrumentKind) -> bool {
        self.country.as_ref().is_none_or(|only| only == country.alpha2())
            && self.instruments.as_ref().is_none_or(|only| only.iter().any(|one| one == instrument.as_str()))
    }

    /// All parts of a conjunction are demanded; of two demands of one kind the first is kept, which is less than both say.
    fn demand(&mut self, body: &Value) {
        let sides = |operator: &str| {
            let operands = body.get(operator)?;
            Some((operands.get("left")?, operands.get("right")?))
        };
        if let Some((left, right)) = sides("&&") {
            self.demand(left);
            self.demand(right);
        } else if let Some((left, right)) = sides("==").or_else(|| sides("in")) {
            match attribute(left) {
                Some(("principal", "country")) if self.country.is_none() => {
                    self.country = right.get("Value").and_then(Value::as_str).map(str::to_owned);
                }
                Some(("context", "instrument")) if self.instruments.is_none() => self.instruments = instruments(right),
                _ => {}
            }
        }
    }
}

/// The attribute of a variable: `principal.country`.
fn attribute(expression: &Value) -> Option<(&str, &str)> {
    let access = expression.get(".")?;
    Some((access.get("left")?.get("Var")?.as_str()?, access.get("attr")?.as_str()?))
}

/// One paper, or a set of them.
fn instruments(expression: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| Some(value.get("Value")?.get("__entity")?.get("id")?.as_str()?.to_owned());
    match expression.get("Set").and_then(Value::as_array) {
        Some(papers) => papers.iter().map(one).collect(),
        None => one(expression).map(|paper| vec![paper]),
    }
}
