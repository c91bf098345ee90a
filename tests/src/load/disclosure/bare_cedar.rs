//! The same packs asked by cedar-policy alone: one call of `Authorizer::is_authorized` for each item, with everything put
//! together beforehand. It answers yes or no, and that is the least that the rules can cost.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use rogatory_disclosure::domain::{
    facts::{Facts, Item},
    policy::Policy,
};
use serde_json::{Value as Json, json};

use super::rego::context;

/// As many people as a policy can ask for have approved: what is left is whether anything may leave at all.
const APPROVERS: i64 = 5;

/// The requests of one set of facts, put together.
pub(super) struct Bare<'a> {
    packs: &'a PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

impl<'a> Bare<'a> {
    /// Puts together the entities, and a request for each item.
    pub(super) fn new(policy: &'a Policy, facts: &Facts) -> Self {
        let elements = policy.catalogue.iter().map(|element| {
            let storage = policy.storage.get(&element.key);
            let stored_in: Vec<&str> = storage.into_iter().flatten().map(|country| country.alpha2()).collect();
            json!({
                "uid": {"type": "Element", "id": element.key},
                "attrs": {
                    "class": entity("DataClass", element.class.as_str()),
                    "us_class": entity("UsClass", element.us_class.as_str()),
                    "stored_in": stored_in,
                    "storage_known": storage.is_some(),
                },
                "parents": [],
            })
        });
        let authority = json!({
            "uid": {"type": "Authority", "id": "requester"},
            "attrs": {
                "country": facts.authority_country.alpha2(),
                "kind": entity("AuthorityKind", facts.authority_kind.as_str()),
                "verified": facts.standing.verified,
                "accredited": facts.standing.accredited,
            },
            "parents": [],
        });
        let entities: Vec<Json> = elements.chain([authority]).collect();
        let entities = Entities::from_json_value(Json::Array(entities), None).expect("entities");
        let requests = facts.items.iter().map(|item| request(policy, facts, item)).collect();
        Self { packs: policy.packs().all(), entities, requests }
    }

    /// Asks of every item whether it may leave.
    pub(super) fn ask(&self) -> Vec<bool> {
        let authorizer = Authorizer::new();
        let ask = |request| authorizer.is_authorized(request, self.packs, &self.entities).decision();
        self.requests.iter().map(|request| ask(request) == Decision::Allow).collect()
    }
}

fn request(policy: &Policy, facts: &Facts, item: &Item) -> Request {
    let mut context = context(policy, facts);
    for (attribute, kind) in [("issued_by", "AuthorityKind"), ("matter", "Matter"), ("notification", "Notification")] {
        context[attribute] = entity(kind, context[attribute].as_str().expect("a word"));
    }
    context["instrument"] = entity("Instrument", facts.instrument.as_str());
    context["approvers"] = json!(APPROVERS);
    context["approved_by_state"] = json!([]);
    context["residence"] = json!(item.residence.map_or("", |country| country.alpha2()));
    context["residence_known"] = json!(item.residence.is_some());
    let context = Context::from_json_value(context, None).expect("a context");
    let uid = |kind: &str, id: &str| -> EntityUid { format!("{kind}::{id:?}").parse().expect("a name") };
    let (who, what) = (uid("Authority", "requester"), uid("Element", &item.element));
    Request::new(who, uid("Action", "disclose"), what, context, None).expect("a request")
}

fn entity(kind: &str, id: &str) -> Json {
    json!({"__entity": {"type": kind, "id": id}})
}
