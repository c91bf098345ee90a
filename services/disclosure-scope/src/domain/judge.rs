//! One element about one user, put before the packs.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    rc::Rc,
    str::FromStr as _,
    sync::LazyLock,
};

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use rogatory_rulebook::{Country, InstrumentKind};

use super::{
    catalogue::Element,
    facts::Facts,
    pack::{Rule, RuleEffect, Slice},
    policy::Policy,
};

/// The most people that a policy can ask for.
const MOST_APPROVALS: u32 = 5;
const DAY: i64 = 86_400;

/// What the packs say of one element about one user.
#[derive(Debug, Default)]
pub(super) struct Judgement<'a> {
    pub(super) permits: Vec<&'a Rule>,
    pub(super) withholds: Vec<&'a Rule>,
    pub(super) holds: Vec<&'a Rule>,
    pub(super) process: Vec<&'a Rule>,
    /// A policy could not be evaluated. The proofs show that none can fail; if one does all the same, nothing leaves.
    pub(super) failed: bool,
}

impl Judgement<'_> {
    /// Whether the paper is enough, whatever an authority has still to say.
    fn opens(&self) -> bool {
        !self.permits.is_empty() && self.withholds.is_empty() && self.process.is_empty()
    }
}

/// What is asked of the packs beside the element: elements that agree in it share one context.
type Circumstances = (Option<Country>, BTreeSet<Country>, InstrumentKind, u32);

/// The facts of a request as the packs see them.
pub(super) struct Bench<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    /// None when they could not be put together: then everything fails, and nothing leaves.
    entities: Option<Entities>,
    contexts: RefCell<BTreeMap<Circumstances, Context>>,
    slices: RefCell<BTreeMap<InstrumentKind, Rc<Slice>>>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        let entities = authority(facts).and_then(|authority| {
            Entities::from_entities(policy.entities.iter().cloned().chain([authority]), None).ok()
        });
        Self { policy, facts, entities, contexts: RefCell::default(), slices: RefCell::default() }
    }

    /// Asks the packs as if the request rested on `instrument`.
    pub(super) fn judge(
        &self,
        element: &Element,
        residence: Option<Country>,
        approved: &BTreeSet<Country>,
        instrument: InstrumentKind,
    ) -> Judgement<'a> {
        let circumstances = (residence, approved.clone(), instrument, 0);
        self.asked(element, &circumstances).unwrap_or(Judgement { failed: true, ..Judgement::default() })
    }

    /// What would permit the element if the request rested on `instrument`; none when it would not be enough.
    pub(super) fn opening(
        &self,
        element: &Element,
        residence: Option<Country>,
        approved: &BTreeSet<Country>,
        instrument: InstrumentKind,
    ) -> Option<Vec<&'a Rule>> {
        let circumstances = (residence, approved.clone(), instrument, 0);
        let (request, slice) = (self.request(element, &circumstances)?, self.slice(instrument));
        let permits = self.applying(&request, &slice.permits)?;
        // Most papers are not enough because nothing permits: then what forbids need not be asked.
        if permits.is_empty() {
            return None;
        }
        let judgement = self.forbidden(&request, &slice, permits)?;
        judgement.opens().then_some(judgement.permits)
    }

    fn asked(&self, element: &Element, circumstances: &Circumstances) -> Option<Judgement<'a>> {
        let (request, slice) = (self.request(element, circumstances)?, self.slice(circumstances.2));
        let permits = self.applying(&request, &slice.permits)?;
        self.forbidden(&request, &slice, permits)
    }

    /// What forbids beside what permits.
    fn forbidden(&self, request: &Request, slice: &Slice, permits: Vec<&'a Rule>) -> Option<Judgement<'a>> {
        let mut judgement = Judgement { permits, ..Judgement::default() };
        for rule in self.applying(request, &slice.forbids)? {
            match rule.effect {
                RuleEffect::Withhold => judgement.withholds.push(rule),
                RuleEffect::Hold => judgement.holds.push(rule),
                RuleEffect::Process => judgement.process.push(rule),
                // These two are in other sets.
                RuleEffect::Permit | RuleEffect::Approvals => return None,
            }
        }
        Some(judgement)
    }

    /// How many people have to approve that it leaves: the smallest number with which no policy asks for more; and the
    /// policies that ask for as many. None when a policy fails, or asks for more than there can be.
    pub(super) fn approvals(
        &self,
        element: &Element,
        residence: Option<Country>,
        approved: &BTreeSet<Country>,
    ) -> Option<(u32, Vec<&'a Rule>)> {
        let slice = self.slice(self.facts.instrument);
        let mut asking = Vec::new();
        for approvers in 0..=MOST_APPROVALS {
            let circumstances = (residence, approved.clone(), self.facts.instrument, approvers);
            let request = self.request(element, &circumstances)?;
            let more = self.applying(&request, &slice.approvals)?;
            if more.is_empty() {
                return Some((approvers.max(1), asking));
            }
            asking = more;
        }
        None
    }

    fn slice(&self, instrument: InstrumentKind) -> Rc<Slice> {
        let country = self.facts.authority_country;
        let mut slices = self.slices.borrow_mut();
        Rc::clone(slices.entry(instrument).or_insert_with(|| Rc::new(self.policy.packs.slice(country, instrument))))
    }

    fn request(&self, element: &Element, circumstances: &Circumstances) -> Option<Request> {
        let known = self.contexts.borrow().get(circumstances).cloned();
        let context = match known {
            Some(context) => context,
            None => {
                let (residence, approved, instrument, approvers) = circumstances;
                let context = self.context(*residence, approved, *instrument, *approvers)?;
                self.contexts.borrow_mut().insert(circumstances.clone(), context.clone());
                context
            }
        };
        let resource = uid(&TYPES.element, &element.key);
        Request::new(TYPES.requester.clone(), TYPES.disclose.clone(), resource, context, None).ok()
    }

    /// The rules of a set that apply; none when one cannot be evaluated.
    fn applying(&self, request: &Request, set: &PolicySet) -> Option<Vec<&'a Rule>> {
        let response = Authorizer::new().is_authorized(request, set, self.entities.as_ref()?);
        let said = response.diagnostics();
        let sound = said.errors().next().is_none();
        sound.then(|| self.policy.packs.named(said.reason()))
    }

    fn context(
        &self,
        residence: Option<Country>,
        approved: &BTreeSet<Country>,
        instrument: InstrumentKind,
        approvers: u32,
    ) -> Option<Context> {
        let facts = self.facts;
        let issued_by = facts.issued_by.unwrap_or(facts.authority_kind);
        let age = facts.issue_time.map_or(-1, |issued| (facts.receive_time - issued).num_seconds().max(0) / DAY);
        let staff = self.policy.staff.as_deref();
        let word = |country: Option<Country>| string(country.map_or("", Country::alpha2));
        let pairs = [
            ("instrument", entity(&TYPES.instrument, instrument.as_str())),
            ("issued_by", entity(&TYPES.authority_kind, issued_by.as_str())),
            ("instrument_age_days", RestrictedExpression::new_long(age)),
            ("matter", entity(&TYPES.matter, facts.matter.as_str())),
            ("emergency", RestrictedExpression::new_bool(facts.emergency)),
            ("formal_request_assured", RestrictedExpression::new_bool(facts.formal_request_assured)),
            ("approvers", RestrictedExpression::new_long(approvers.into())),
            ("approved_by_state", countries(approved)),
            ("handled_in", countries(staff.unwrap_or_default())),
            ("staff_known", RestrictedExpression::new_bool(staff.is_some())),
            ("residence", word(residence)),
            ("residence_known", RestrictedExpression::new_bool(residence.is_some())),
            ("contact_country", word(facts.contact_country)),
            ("contact_known", RestrictedExpression::new_bool(facts.contact_country.is_some())),
            ("max_penalty_months", RestrictedExpression::new_long(facts.offence.max_penalty_months.into())),
            ("sentence_months", RestrictedExpression::new_long(facts.offence.sentence_months.into())),
            ("listed_offence", RestrictedExpression::new_bool(facts.offence.listed)),
            ("notification", entity(&TYPES.notification, facts.notification.as_str())),
        ];
        Context::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value))).ok()
    }
}

/// The elements of a catalogue as the packs see them; none when one cannot be put together.
pub(super) fn element(element: &Element, storage: Option<&[Country]>) -> Option<Entity> {
    let attributes = HashMap::from([
        ("class".to_owned(), entity(&TYPES.data_class, element.class.as_str())),
        ("us_class".to_owned(), entity(&TYPES.us_class, element.us_class.as_str())),
        ("stored_in".to_owned(), countries(storage.unwrap_or_default())),
        ("storage_known".to_owned(), RestrictedExpression::new_bool(storage.is_some())),
    ]);
    Entity::new(uid(&TYPES.element, &element.key), attributes, HashSet::new()).ok()
}

fn authority(facts: &Facts) -> Option<Entity> {
    let attributes = HashMap::from([
        ("country".to_owned(), string(facts.authority_country.alpha2())),
        ("kind".to_owned(), entity(&TYPES.authority_kind, facts.authority_kind.as_str())),
        ("verified".to_owned(), RestrictedExpression::new_bool(facts.standing.verified)),
        ("accredited".to_owned(), RestrictedExpression::new_bool(facts.standing.accredited)),
    ]);
    Entity::new(TYPES.requester.clone(), attributes, HashSet::new()).ok()
}

/// The names of the schema, parsed once.
struct Types {
    element: EntityTypeName,
    authority_kind: EntityTypeName,
    instrument: EntityTypeName,
    matter: EntityTypeName,
    data_class: EntityTypeName,
    us_class: EntityTypeName,
    notification: EntityTypeName,
    requester: EntityUid,
    disclose: EntityUid,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| Types {
    element: name("Element"),
    authority_kind: name("AuthorityKind"),
    instrument: name("Instrument"),
    matter: name("Matter"),
    data_class: name("DataClass"),
    us_class: name("UsClass"),
    notification: name("Notification"),
    requester: uid(&name("Authority"), "requester"),
    disclose: uid(&name("Action"), "disclose"),
});

#[expect(clippy::expect_used, reason = "the names are literals, and every test asks for them")]
fn name(text: &str) -> EntityTypeName {
    EntityTypeName::from_str(text).expect("a name of the schema")
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn entity(kind: &EntityTypeName, id: &str) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(kind, id))
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn countries<'a>(countries: impl IntoIterator<Item = &'a Country>) -> RestrictedExpression {
    RestrictedExpression::new_set(countries.into_iter().map(|country| string(country.alpha2())))
}
