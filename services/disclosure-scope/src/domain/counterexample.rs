//! A case that the solver found, told so that counsel can read it.
//!
//! A solver fills in every fact of the schema, most of them with whatever comes first. The case is made as plain as it can
//! be while it still shows what it shows, put to the packs once more, and what is left is told in sentences.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, Entity, EntityUid, EvalResult, PolicySet, Request,
    RestrictedExpression,
};

use super::{case_words, pack::schema};

/// The facts about the authority.
const AUTHORITY: [&str; 4] = ["country", "kind", "verified", "accredited"];
/// The facts about the element.
const ELEMENT: [&str; 4] = ["class", "us_class", "stored_in", "storage_known"];
/// All other facts.
const CONTEXT: [&str; 18] = [
    "instrument",
    "issued_by",
    "instrument_age_days",
    "matter",
    "emergency",
    "formal_request_assured",
    "approvers",
    "approved_by_state",
    "handled_in",
    "staff_known",
    "residence",
    "residence_known",
    "contact_country",
    "contact_known",
    "max_penalty_months",
    "sentence_months",
    "listed_offence",
    "notification",
];
/// A country that no policy names.
const SOME_COUNTRY: &str = "?";
/// An element that no policy names.
const SOME_ELEMENT: &str = "?";

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Flag(bool),
    Number(i64),
    /// A country.
    Place(String),
    Places(BTreeSet<String>),
    /// One of an enumeration of the schema, by its type and key.
    Word(String, String),
}

/// One set of all facts of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    facts: BTreeMap<&'static str, Fact>,
    element: String,
}

/// What policies say of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the element may leave.
    pub allowed: bool,
    /// The policies that decided; none when nothing permits.
    pub by: Vec<String>,
    /// The policies that failed.
    pub failed: Vec<String>,
}

impl Case {
    /// The case in a request and its entities; none when it is not of the schema.
    #[must_use]
    pub fn read(request: &Request, entities: &Entities) -> Option<Self> {
        let authority = entities.get(request.principal()?)?;
        let element = entities.get(request.resource()?)?;
        let context = request.context()?;
        let mut facts = BTreeMap::new();
        for (names, entity) in [(AUTHORITY, authority), (ELEMENT, element)] {
            for name in names {
                facts.insert(name, Fact::read(&entity.attr(name)?.ok()?)?);
            }
        }
        for name in CONTEXT {
            facts.insert(name, Fact::read(&context.get(name)?)?);
        }
        Some(Self { facts, element: request.resource()?.id().unescaped().to_owned() })
    }

    /// What these policies say of the case; none when it is not of the schema.
    #[must_use]
    pub fn put_to(&self, policies: &PolicySet) -> Option<Answer> {
        let (request, entities) = self.request()?;
        let response = Authorizer::new().is_authorized(&request, policies, &entities);
        let diagnostics = response.diagnostics();
        let mut by: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
        by.sort_unstable();
        let failed = diagnostics.errors().map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id());
        let failed = failed.map(ToString::to_string).collect();
        Some(Answer { allowed: response.decision() == Decision::Allow, by, failed })
    }

    /// The plainest case that still shows the same: what is in order or absent is tried for every fact, one after the other.
    #[must_use]
    pub fn plainest(mut self, shows: impl Fn(&Self) -> bool) -> Self {
        for step in steps() {
            let mut tried = self.clone();
            for (name, plain) in step {
                if let Some(fact) = tried.facts.get_mut(name) {
                    *fact = fact.like(&plain);
                }
            }
            if tried != self && shows(&tried) {
                self = tried;
            }
        }
        for name in ["stored_in", "handled_in", "approved_by_state"] {
            for place in self.places(name) {
                let mut tried = self.clone();
                if let Some(Fact::Places(places)) = tried.facts.get_mut(name) {
                    places.remove(&place);
                }
                if shows(&tried) {
                    self = tried;
                }
            }
        }
        let unnamed = Self { element: SOME_ELEMENT.to_owned(), ..self.clone() };
        if shows(&unnamed) { unnamed } else { self }
    }

    /// The case in sentences.
    #[must_use]
    pub fn words(&self) -> String {
        case_words::tell(self)
    }

    fn request(&self) -> Option<(Request, Entities)> {
        let uid = |kind: &str, id: &str| Some(EntityUid::from_type_name_and_id(kind.parse().ok()?, id.parse().ok()?));
        let (authority, element) = (uid("Authority", "it")?, uid("Element", &self.element)?);
        let context = Context::from_pairs(self.expressions(&CONTEXT)?).ok()?;
        let entity = |uid: &EntityUid, names: &[&'static str]| {
            Entity::new(uid.clone(), self.expressions(names)?.collect::<HashMap<_, _>>(), HashSet::new()).ok()
        };
        let entities = [entity(&authority, &AUTHORITY)?, entity(&element, &ELEMENT)?];
        let entities = Entities::from_entities(entities, Some(schema())).ok()?;
        let request = Request::new(authority, uid("Action", "disclose")?, element, context, Some(schema())).ok()?;
        Some((request, entities))
    }

    fn expressions(
        &self,
        names: &[&'static str],
    ) -> Option<impl Iterator<Item = (String, RestrictedExpression)> + use<>> {
        let pairs: Option<Vec<_>> =
            names.iter().map(|name| Some(((*name).to_owned(), self.facts.get(name)?.expression()?))).collect();
        Some(pairs?.into_iter())
    }

    /// Key of the element; none when no policy names it.
    pub(super) fn element(&self) -> Option<&str> {
        Some(self.element.as_str()).filter(|element| *element != SOME_ELEMENT)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.facts.get(name) == Some(&Fact::Flag(true))
    }

    pub(super) fn number(&self, name: &str) -> i64 {
        if let Some(Fact::Number(number)) = self.facts.get(name) { *number } else { 0 }
    }

    pub(super) fn word(&self, name: &str) -> &str {
        if let Some(Fact::Word(_, word)) = self.facts.get(name) { word } else { "" }
    }

    pub(super) fn place(&self, name: &str) -> &str {
        if let Some(Fact::Place(place)) = self.facts.get(name) { place } else { "" }
    }

    pub(super) fn places(&self, name: &str) -> BTreeSet<String> {
        if let Some(Fact::Places(places)) = self.facts.get(name) { places.clone() } else { BTreeSet::new() }
    }
}

impl Fact {
    fn read(value: &EvalResult) -> Option<Self> {
        Some(match value {
            EvalResult::Bool(flag) => Self::Flag(*flag),
            EvalResult::Long(number) => Self::Number(*number),
            EvalResult::String(place) => Self::Place(place.clone()),
            EvalResult::EntityUid(uid) => Self::Word(uid.type_name().to_string(), uid.id().unescaped().to_owned()),
            EvalResult::Set(set) => Self::Places(
                set.iter()
                    .map(|place| if let EvalResult::String(place) = place { Some(place.clone()) } else { None })
                    .collect::<Option<_>>()?,
            ),
            EvalResult::Record(_) | EvalResult::ExtensionValue(_) => return None,
        })
    }

    fn expression(&self) -> Option<RestrictedExpression> {
        Some(match self {
            Self::Flag(flag) => RestrictedExpression::new_bool(*flag),
            Self::Number(number) => RestrictedExpression::new_long(*number),
            Self::Place(place) => RestrictedExpression::new_string(place.clone()),
            Self::Places(places) => {
                RestrictedExpression::new_set(places.iter().cloned().map(RestrictedExpression::new_string))
            }
            Self::Word(kind, word) => RestrictedExpression::new_entity_uid(EntityUid::from_type_name_and_id(
                kind.parse().ok()?,
                word.parse().ok()?,
            )),
        })
    }

    /// The plain fact, of the same kind as this one.
    fn like(&self, plain: &Plain) -> Self {
        match (self, plain) {
            (Self::Flag(_), Plain::Flag(flag)) => Self::Flag(*flag),
            (Self::Number(_), Plain::Number(number)) => Self::Number(*number),
            (Self::Place(_), Plain::Text(text)) => Self::Place((*text).to_owned()),
            (Self::Word(kind, _), Plain::Text(text)) => Self::Word(kind.clone(), (*text).to_owned()),
            _ => self.clone(),
        }
    }
}

/// What may be put in the place of a fact.
enum Plain {
    Flag(bool),
    Number(i64),
    Text(&'static str),
}

/// Facts to try together, the best last: where several hold the last that is tried stays.
fn steps() -> Vec<Vec<(&'static str, Plain)>> {
    let mut steps = Vec::new();
    let texts = |name: &'static str, texts: &'static [&'static str]| {
        texts.iter().map(move |text| vec![(name, Plain::Text(text))])
    };
    let flag = |name, flag| vec![(name, Plain::Flag(flag))];
    steps.extend([flag("verified", true), flag("accredited", true)]);
    steps.extend([flag("emergency", false), flag("formal_request_assured", false), flag("listed_offence", false)]);
    steps.extend([flag("storage_known", true), flag("staff_known", true)]);
    steps.push(vec![("residence_known", Plain::Flag(false)), ("residence", Plain::Text(""))]);
    steps.push(vec![("contact_known", Plain::Flag(false)), ("contact_country", Plain::Text(""))]);
    steps.extend(texts("country", &[SOME_COUNTRY]));
    steps.extend(texts("kind", &["private", "other_public", "court", "prosecutor", "police"]));
    steps.extend(texts("issued_by", &["private", "police", "prosecutor", "court"]));
    steps.extend(texts("matter", &["administrative", "civil_commercial", "criminal"]));
    steps.extend(texts(
        "instrument",
        &["informal", "other_process", "writ", "subpoena", "court_order", "search_warrant"],
    ));
    steps.extend(texts("notification", &["cleared", "not_notified"]));
    steps.extend(texts("us_class", &["ecs_record", "commercial_record"]));
    steps.extend(texts("class", &["content", "transactional", "identification", "subscriber"]));
    for months in [240, 180, 120, 96, 84, 72, 60, 48, 36, 24, 12, 0] {
        steps.push(vec![("max_penalty_months", Plain::Number(months))]);
        steps.push(vec![("sentence_months", Plain::Number(months))]);
    }
    steps.extend([-1, 365, 30, 10, 1, 0].map(|days| vec![("instrument_age_days", Plain::Number(days))]));
    steps.extend([0, 1, 2].map(|approvers| vec![("approvers", Plain::Number(approvers))]));
    steps
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    /// A case in which everything is in order, changed by these facts.
    fn case(changes: &[(&'static str, Fact)]) -> Case {
        let word = |kind: &str, word: &str| Fact::Word(kind.to_owned(), word.to_owned());
        let none = || Fact::Places(BTreeSet::new());
        let mut facts = BTreeMap::from([
            ("country", Fact::Place("DE".to_owned())),
            ("kind", word("AuthorityKind", "police")),
            ("verified", Fact::Flag(true)),
            ("accredited", Fact::Flag(true)),
            ("class", word("DataClass", "subscriber")),
            ("us_class", word("UsClass", "commercial_record")),
            ("stored_in", none()),
            ("storage_known", Fact::Flag(true)),
            ("instrument", word("Instrument", "search_warrant")),
            ("issued_by", word("AuthorityKind", "court")),
            ("instrument_age_days", Fact::Number(0)),
            ("matter", word("Matter", "criminal")),
            ("emergency", Fact::Flag(false)),
            ("formal_request_assured", Fact::Flag(false)),
            ("approvers", Fact::Number(2)),
            ("approved_by_state", none()),
            ("handled_in", none()),
            ("staff_known", Fact::Flag(true)),
            ("residence", Fact::Place(String::new())),
            ("residence_known", Fact::Flag(false)),
            ("contact_country", Fact::Place(String::new())),
            ("contact_known", Fact::Flag(false)),
            ("max_penalty_months", Fact::Number(0)),
            ("sentence_months", Fact::Number(0)),
            ("listed_offence", Fact::Flag(false)),
            ("notification", word("Notification", "not_notified")),
        ]);
        for (name, fact) in changes {
            assert!(facts.insert(*name, fact.clone()).is_some(), "{name} is no fact");
        }
        Case { facts, element: SOME_ELEMENT.to_owned() }
    }

    fn places(places: &[&str]) -> Fact {
        Fact::Places(places.iter().map(ToString::to_string).collect())
    }

    fn place(place: &str) -> Fact {
        Fact::Place(place.to_owned())
    }

    /// Facts of every kind that are out of the ordinary.
    fn extraordinary() -> Case {
        let facts = [
            ("country", place("x")),
            ("kind", Fact::Word("AuthorityKind".to_owned(), "other_public".to_owned())),
            ("verified", Fact::Flag(false)),
            ("accredited", Fact::Flag(false)),
            ("class", Fact::Word("DataClass".to_owned(), "content".to_owned())),
            ("us_class", Fact::Word("UsClass".to_owned(), "ecs_content".to_owned())),
            ("stored_in", places(&["CN", "HK", "y"])),
            ("storage_known", Fact::Flag(false)),
            ("instrument", Fact::Word("Instrument".to_owned(), "eu_production_order".to_owned())),
            ("issued_by", Fact::Word("AuthorityKind".to_owned(), "intelligence".to_owned())),
            ("instrument_age_days", Fact::Number(91)),
            ("matter", Fact::Word("Matter".to_owned(), "civil_commercial".to_owned())),
            ("emergency", Fact::Flag(true)),
            ("formal_request_assured", Fact::Flag(true)),
            ("approvers", Fact::Number(1)),
            ("approved_by_state", places(&["CN"])),
            ("handled_in", places(&["CN", "SG"])),
            ("staff_known", Fact::Flag(false)),
            ("residence", place("US")),
            ("residence_known", Fact::Flag(true)),
            ("contact_country", place("x")),
            ("contact_known", Fact::Flag(false)),
            ("max_penalty_months", Fact::Number(36)),
            ("sentence_months", Fact::Number(4)),
            ("listed_offence", Fact::Flag(true)),
            ("notification", Fact::Word("Notification".to_owned(), "objected".to_owned())),
        ];
        Case { element: "orders".to_owned(), ..case(&facts) }
    }

    #[test]
    fn what_is_in_order_goes_without_saying() {
        assert_eq!(
            case(&[]).words(),
            "A verified, accredited police authority of Germany, with a search warrant issued by a court, in a criminal \
             matter, no emergency, with 2 approvers, asks for an element of class subscriber."
        );
    }

    #[test]
    fn every_fact_out_of_the_ordinary_is_told() {
        assert_eq!(
            extraordinary().words(),
            "A neither verified nor accredited public body of country A that enforces no law, with a European Production \
             Order issued by an intelligence service, in a civil or commercial matter, in an emergency, with 1 approver, \
             asks for the element `orders`, of class content, a copy of which is stored in China, Hong Kong and country \
             B. The operator has not stated where the element is stored. The competent authority of China has approved. \
             Staff in China and Singapore handles the data. The operator has not stated where its staff handles the \
             data. The user resides in the United States of America. Where the contact that was served is incorporated \
             is not known, and yet stated: country A. Under US law it is content of an electronic communication \
             service. The paper was 91 days old when it was received. The offence carries at most 36 months. A sentence \
             of 4 months is executed. The offence is listed in Regulation (EU) 2023/1543 Art. 5(4). The enforcing \
             authority was notified and has raised a ground. The agency has assured that the formal Request follows. No \
             policy names country A and country B, which differ."
        );
    }

    #[test]
    fn a_case_is_read_as_it_was_put() {
        for case in [case(&[]), extraordinary()] {
            let (request, entities) = case.request().unwrap();
            assert_eq!(Case::read(&request, &entities).unwrap(), case);
        }
    }

    #[test]
    fn the_plainest_case_has_only_what_matters() {
        let policies = "@id(\"a\")\npermit (principal, action, resource) when {\n\
                        principal.verified || (context.approved_by_state.contains(\"CN\") && context.approvers < 2) };\n\
                        @id(\"b\")\nforbid (principal, action, resource) when { principal.verified };";
        let policies: PolicySet = policies.parse().unwrap();
        let allowed = |case: &Case| case.put_to(&policies).unwrap().allowed;
        let plainest = extraordinary().plainest(allowed);
        let expected = case(&[
            ("country", place(SOME_COUNTRY)),
            ("verified", Fact::Flag(false)),
            ("approvers", Fact::Number(1)),
            ("approved_by_state", places(&["CN"])),
        ]);
        assert_eq!(plainest, expected);
        let answer = plainest.put_to(&policies).unwrap();
        assert_eq!((answer.by, answer.failed), (vec!["policy0".to_owned()], Vec::new()));
    }
}
