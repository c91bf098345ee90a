#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use chrono::TimeDelta;
use rogatory_names::RequestId;
use rogatory_rulebook::{AuthorityKind, InstrumentKind};

use super::{
    debt::DebtOverdue,
    evidence::{Kind, Observation as O},
    gather::{Gathered, Held, Past, gather, recognised},
    known::{KnownAgency, Window},
    samples::{agency, facts, fbi, held, past, receive_time, rules},
    verification::Facts,
};

fn of(change: impl FnOnce(&mut Facts), held: &Held) -> Gathered {
    let mut facts = facts(false);
    change(&mut facts);
    gather(&facts, held, &past(), &rules(), receive_time())
}

fn seen(gathered: &Gathered, kind: Kind) -> Vec<O> {
    gathered.observations.iter().copied().filter(|seen| seen.kind() == kind).collect()
}

fn mail(address: &str, held: &Held) -> O {
    seen(&of(|facts| facts.officer.email = Some(address.to_owned()), held), Kind::SenderDomain)[0]
}

#[test]
fn a_known_agency_with_its_own_domain() {
    let fbi = fbi();
    let gathered = of(|_| {}, &held(&fbi));
    assert_eq!(gathered.agency, Some(fbi.id));
    assert_eq!(
        gathered.observations,
        [O::AgencyAccredited, O::InstrumentPresented, O::SenderOfAgency, O::NoSignal, O::NoCompromise, O::NoDebt]
    );
    assert_eq!(gathered.channels_before, receive_time());
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
    assert_eq!(recognised(&facts(false), &both).map(|agency| agency.id), Some(two.id));
    let neither = Held { owners: vec![], ..both };
    let gathered = of(|facts| facts.officer.email = None, &neither);
    assert_eq!((gathered.agency, gathered.observations[0]), (None, O::AgencyAmbiguous));
}

#[test]
fn an_agency_of_the_mainland_is_outside_of_the_guide() {
    let mut ministry = agency("Public Security Bureau", "police.example");
    ministry.country = "CN".parse().unwrap();
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
fn accreditation_holds_when_the_request_came_or_not_at_all() {
    let at = receive_time();
    let day = TimeDelta::days(1);
    let registry = |accreditation| {
        let agency = KnownAgency { accreditation, ..fbi() };
        of(|_| {}, &held(&agency)).observations[0]
    };
    assert_eq!(registry(None), O::AgencyNotAccredited);
    assert_eq!(registry(Some(Window { from: Some(at), until: Some(at + day) })), O::AgencyAccredited);
    assert_eq!(registry(Some(Window { from: None, until: Some(at) })), O::AccreditationNotInForce);
    assert_eq!(registry(Some(Window { from: Some(at + day), until: None })), O::AccreditationNotInForce);
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
    let without = of(|facts| facts.officer.email = None, &nobody);
    assert_eq!(seen(&without, Kind::SenderDomain), [O::SenderNotGiven]);
}

#[test]
fn a_domain_that_was_given_up_or_not_yet_taken_is_nobodys() {
    let at = receive_time();
    let sender = |valid| {
        let mut fbi = fbi();
        fbi.domains[0].valid = valid;
        mail("a@fbi.gov", &held(&fbi))
    };
    assert_eq!(sender(Window { from: Some(at), until: None }), O::SenderOfAgency);
    assert_eq!(sender(Window { from: None, until: Some(at) }), O::SenderDomainNotInForce);
    let later = at + TimeDelta::seconds(1);
    assert_eq!(sender(Window { from: Some(later), until: None }), O::SenderDomainNotInForce);
}

#[test]
fn a_domain_or_an_agency_in_the_hands_of_others_when_the_request_came() {
    let at = receive_time();
    let since = at - TimeDelta::days(20);
    let window = |until| Window { from: Some(since), until };
    let look = |domain: Vec<Window>, whole: Vec<Window>| {
        let mut fbi = fbi();
        fbi.domains[0].compromised = domain;
        fbi.compromised = whole;
        let gathered = of(|_| {}, &held(&fbi));
        (seen(&gathered, Kind::Compromise), gathered.channels_before)
    };
    assert_eq!(look(vec![window(None)], vec![]), (vec![O::SenderCompromised], since));
    assert_eq!(look(vec![window(Some(at))], vec![]), (vec![O::NoCompromise], at), "it was over");
    let (seen_both, before) = look(vec![], vec![window(Some(at + TimeDelta::days(1)))]);
    assert_eq!((seen_both, before), (vec![O::SenderCompromised, O::AgencyCompromised], since));
}

#[test]
fn competence_is_judged_by_what_the_registry_says() {
    let competence = |agency: &KnownAgency, stated: AuthorityKind, instrument: InstrumentKind| {
        let change = |facts: &mut Facts| (facts.stated_kind, facts.instrument) = (stated, instrument);
        of(change, &held(agency)).observations[1]
    };
    let mut agency = fbi();
    use {AuthorityKind as A, InstrumentKind as I};
    // Police that call themselves a court are police.
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::InstrumentPresented);
    assert_eq!(competence(&agency, A::Police, I::EmergencyForm), O::InstrumentIssued);
    agency.kind = None;
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::CompetenceUnproven);
    assert_eq!(competence(&agency, A::Private, I::Subpoena), O::NotCompetent);
    agency.kind = Some(A::OtherPublic);
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::NotCompetent);
    agency.instruments = vec![I::SearchWarrant, I::EuProductionOrder];
    assert_eq!(competence(&agency, A::Court, I::SearchWarrant), O::InstrumentIssued);
    assert_eq!(competence(&agency, A::Court, I::Writ), O::NotCompetent);
    // No authority of the United States issues a European order, whatever the registry says of it.
    assert_eq!(competence(&agency, A::Court, I::EuProductionOrder), O::InstrumentOfOtherCountries);
}

#[test]
fn signals() {
    let signals = |change: &dyn Fn(&mut Facts, &mut Past, &mut KnownAgency)| {
        let (mut facts, mut past, mut agency) = (facts(false), past(), fbi());
        change(&mut facts, &mut past, &mut agency);
        seen(&gather(&facts, &held(&agency), &past, &rules(), receive_time()), Kind::Signal)
    };
    let counts = |recent: u32, earlier: u32| {
        signals(&|_, past: &mut Past, _| (past.signals.recent, past.signals.earlier) = (recent, earlier))
    };
    assert_eq!(signals(&|_, past, _| past.signals.officer_known = false), [O::NewOfficer]);
    assert_eq!(signals(&|_, past, _| past.signals.other_agencies_of_target = 1), [O::TargetOfOthers]);
    // Nine are no rush, whatever the norm; ten are, of an agency that sent none; of one that sent 20 in 180 days, that is
    // 3.3 in 30, eleven are, and ten are not.
    assert_eq!(counts(9, 0), [O::NoSignal]);
    assert_eq!(counts(10, 0), [O::AgencyRush]);
    assert_eq!(counts(10, 20), [O::NoSignal]);
    assert_eq!(counts(11, 20), [O::AgencyRush]);
    let recorded = |days: i64| {
        signals(&|_, _, agency: &mut KnownAgency| {
            agency.domains[0].record_time = receive_time() - TimeDelta::days(days);
        })
    };
    assert_eq!(recorded(30), [O::NoSignal]);
    assert_eq!(recorded(29), [O::DomainJustRecorded]);
    assert_eq!(recorded(-1), [O::DomainJustRecorded]);
    let at = |time: &str| signals(&|facts: &mut Facts, _, _| facts.receive_time = time.parse().unwrap());
    // Four in the afternoon on Saturday; eleven in the evening in New York, seven in the evening in Hawaii; midnight in
    // Hawaii and six in New York; seven in New York.
    assert_eq!(at("2026-03-07T20:00:00Z"), [O::OffHours]);
    assert_eq!(at("2026-03-04T05:00:00Z"), [O::NoSignal]);
    assert_eq!(at("2026-03-04T10:30:00Z"), [O::OffHours]);
    assert_eq!(at("2026-03-04T11:00:00Z"), [O::NoSignal]);
    // Of a country that the rules name no hours for, the hour says nothing.
    let elsewhere = signals(&|facts: &mut Facts, _, _| {
        facts.country = "FR".parse().unwrap();
        facts.receive_time = "2026-03-07T03:00:00Z".parse().unwrap();
    });
    assert_eq!(elsewhere, [O::NoSignal]);
}

#[test]
fn a_debt_is_overdue_from_its_due_time_on() {
    let debt = |seconds: i64| {
        let due_time = receive_time() + TimeDelta::seconds(seconds);
        let past = Past { debts: vec![DebtOverdue { request: RequestId::new(), due_time }], ..past() };
        seen(&gather(&facts(false), &held(&fbi()), &past, &rules(), receive_time()), Kind::Debt)
    };
    assert_eq!(debt(1), [O::NoDebt]);
    assert_eq!(debt(0), [O::DebtOverdue]);
}
