#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use rogatory_rulebook::{AuthorityKind, InstrumentKind};

use super::{
    agency::Agency,
    evidence::Observation as O,
    gather::{Gathered, Held, gather},
    samples::{agency, facts, fbi, held, rules},
    verification::Facts,
};

fn of(change: impl FnOnce(&mut Facts), held: &Held) -> Gathered {
    let mut facts = facts(false);
    change(&mut facts);
    gather(&facts, held, &rules())
}

fn mail(address: &str, held: &Held) -> O {
    of(|facts| facts.officer.email = Some(address.to_owned()), held).observations[2]
}

#[test]
fn a_known_agency_with_its_own_domain() {
    let fbi = fbi();
    let gathered = of(|_| {}, &held(&fbi));
    assert_eq!(gathered.agency, Some(fbi.id));
    assert_eq!(
        gathered.observations,
        [O::AgencyAccredited, O::InstrumentPresented, O::SenderOfAgency, O::SignedCopyReceived]
    );
}

#[test]
fn an_agency_is_recognised_by_its_name_and_never_by_a_domain_alone() {
    let fbi = fbi();
    let stranger = |facts: &mut Facts| facts.agency_name = "Bureau of Nothing".to_owned();
    let gathered = of(stranger, &Held { named: vec![], ..held(&fbi) });
    assert_eq!((gathered.agency, gathered.observations[0]), (None, O::AgencyUnknown));
    assert_eq!(gathered.observations[2], O::SenderOfOtherAgency);

    let elsewhere = |facts: &mut Facts| facts.country = "CA".parse().unwrap();
    let gathered = of(elsewhere, &held(&fbi));
    assert_eq!((gathered.agency, gathered.observations[2]), (None, O::SenderOfOtherCountry));
}

#[test]
fn two_agencies_of_one_name_are_told_apart_by_the_sender_or_not_at_all() {
    let (one, two) = (agency("Federal Bureau of Investigation", "one.gov"), fbi());
    let both = Held { named: vec![one.clone(), two.clone()], owners: vec![two.clone()], domains: vec![] };
    assert_eq!(of(|_| {}, &both).agency, Some(two.id));
    let neither = Held { owners: vec![], ..both };
    assert_eq!(of(|facts| facts.officer.email = None, &neither).agency, None);
}

#[test]
fn an_agency_of_the_mainland_is_outside_of_the_guide() {
    let mut ministry = agency("Public Security Bureau", "police.example");
    ministry.entry.country = "CN".parse().unwrap();
    let gathered = of(
        |facts| {
            facts.country = "CN".parse().unwrap();
            facts.agency_name = "Public Security Bureau".to_owned();
        },
        &held(&ministry),
    );
    assert_eq!(gathered.observations[0], O::AgencyOutsideGuide);
}

#[test]
fn senders() {
    let fbi = fbi();
    let nobody = Held { named: vec![fbi.clone()], owners: vec![], domains: vec!["fbi.gov".to_owned()] };
    assert_eq!(mail("a@LA.FBI.gov", &held(&fbi)), O::SenderOfAgency);
    assert_eq!(mail("a@gmail.com", &nobody), O::SenderFreeMail);
    assert_eq!(mail("a@sheriff.county.gov", &nobody), O::SenderOfGovernment);
    assert_eq!(mail("a@met.police.uk", &nobody), O::SenderOfOtherCountry);
    assert_eq!(mail("a@fbi-gov.com", &nobody), O::SenderLookalike);
    assert_eq!(mail("a@fb1.com", &nobody), O::SenderLookalike);
    // A Cyrillic letter: below `.gov` to the eye only.
    assert_eq!(mail("a@fb\u{456}.gov", &nobody), O::SenderLookalike);
    assert_eq!(mail("a@example.com", &nobody), O::SenderOfNobody);
    assert_eq!(of(|facts| facts.officer.email = None, &nobody).observations[2], O::SenderNotGiven);
}

#[test]
fn competence_is_judged_by_what_the_registry_says() {
    let competence = |agency: &Agency, stated: AuthorityKind, instrument: InstrumentKind| {
        let change = |facts: &mut Facts| (facts.stated_kind, facts.instrument) = (stated, instrument);
        of(change, &held(agency)).observations[1]
    };
    let mut agency = fbi();
    use {AuthorityKind as A, InstrumentKind as I};
    // Police that call themselves a court are police.
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::InstrumentPresented);
    assert_eq!(competence(&agency, A::Police, I::EmergencyForm), O::InstrumentIssued);
    agency.entry.kind = None;
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::CompetenceUnproven);
    assert_eq!(competence(&agency, A::Private, I::Subpoena), O::NotCompetent);
    agency.entry.kind = Some(A::OtherPublic);
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::NotCompetent);
    agency.entry.instruments = vec![I::SearchWarrant];
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::InstrumentIssued);
    assert_eq!(competence(&agency, A::Court, I::Writ), O::NotCompetent);
}

#[test]
fn without_a_signed_copy_it_says_so() {
    let gathered = of(|facts| facts.signed_copies.clear(), &held(&fbi()));
    assert_eq!(gathered.observations[3], O::SignedCopyMissing);
}
