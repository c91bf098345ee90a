//! Random lives of a request against a model of what must never be: happenings in every order, late, doubled, and with
//! verifications that are reopened in between.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_intake::domain::{
    docket::Work,
    document::DocumentKind,
    life::Moment,
    lifecycle::Refusal,
    progress::Progress,
    request::LegalRequest,
    route::Verdict,
    scope::{Decision, DecisionState, ItemResult},
    shipped::Rules,
    state::{Outcome, State},
    verification::{Reopening, Verification, VerificationState},
};
use rogatory_names::{CompromiseId, DecisionId, GrantId, ProductionId, RequestId};

use crate::sample;

/// A small generator, so that a failing life can be lived again by its number.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// The verification service: every answer that it could ever have given, the latest last.
struct Service(Vec<Verification>);

impl Service {
    fn latest(&self) -> &Verification {
        self.0.last().unwrap()
    }

    fn conclude(&mut self, dice: &mut Dice, now: DateTime<Utc>) {
        let open = self.latest().clone();
        if open.state != VerificationState::Open {
            return;
        }
        let denied = dice.roll(8) == 0;
        let state = if denied { VerificationState::Denied } else { VerificationState::Verified };
        let until = if dice.roll(8) == 0 { now } else { now + TimeDelta::days(30) };
        self.0.push(Verification { state, expire_time: (!denied).then_some(until), ..open });
    }

    fn reopen(&mut self, now: DateTime<Utc>) {
        let verified = self.latest().clone();
        if verified.state == VerificationState::Verified {
            let reopening =
                Reopening { time: now, code: "SENDER_COMPROMISED".to_owned(), compromise: Some(CompromiseId::new()) };
            let (state, reopening) = (VerificationState::Open, Some(reopening));
            self.0.push(Verification { state, expire_time: None, reopening, ..verified });
        }
    }

    /// What intake reads: most often what is so now, sometimes what was so when a slow step read it.
    fn answer(&self, dice: &mut Dice) -> Verification {
        let at = if dice.roll(4) == 0 { dice.roll(self.0.len()) } else { self.0.len() - 1 };
        self.0[at].clone()
    }
}

/// The disclosure service: every decision as it is now.
#[derive(Default)]
struct Disclosure(Vec<Decision>);

impl Disclosure {
    fn one_of(&mut self, dice: &mut Dice) -> Option<&mut Decision> {
        let many = self.0.len();
        (many > 0).then(|| &mut self.0[dice.roll(many)])
    }

    /// People approve or reject one that is proposed, sooner or later. Answers one of all.
    fn decide(&mut self, dice: &mut Dice) -> Option<Decision> {
        let words = [DecisionState::Approved, DecisionState::Approved, DecisionState::Rejected];
        let word = dice.one_of(&words);
        let silent = dice.roll(3) == 0;
        let decision = self.one_of(dice)?;
        if decision.state == DecisionState::Proposed && !silent {
            decision.state = word;
            decision.grant = (word == DecisionState::Approved).then(GrantId::new);
        }
        Some(decision.clone())
    }

    /// A competent authority approves something that one holds: another takes its place, or stands beside it.
    fn authority_approves(&mut self, dice: &mut Dice) {
        let results = [dice.one_of(ItemResult::ALL)];
        let Some(before) = self.one_of(dice) else { return };
        let predecessor = Some(before.id);
        let mut successor = Decision { id: DecisionId::new(), predecessor, grant: None, ..before.clone() };
        match before.state {
            DecisionState::Proposed => before.state = DecisionState::Superseded,
            DecisionState::Approved => {}
            DecisionState::Rejected | DecisionState::Superseded => return,
        }
        successor.state = DecisionState::Proposed;
        for (result, word) in successor.results.iter_mut().zip(results) {
            result.result = word;
        }
        self.0.push(successor);
    }

    /// Takes one back for intake. Answers the grant that is revoked by it.
    fn withdraw(&mut self, id: DecisionId) -> Option<GrantId> {
        let decision = self.0.iter_mut().find(|known| known.id == id).unwrap();
        if decision.state == DecisionState::Proposed {
            decision.state = DecisionState::Rejected;
        }
        decision.grant
    }

    /// Those from which a decision takes up, the oldest first, and the decision.
    fn lineage(&self, told: Decision) -> Vec<Decision> {
        let mut lineage = vec![told];
        while let Some(predecessor) = lineage[0].predecessor {
            lineage.insert(0, self.0.iter().find(|known| known.id == predecessor).unwrap().clone());
        }
        lineage
    }
}

/// What the model knows of one life.
struct Life<'a> {
    rules: &'a Rules,
    request: LegalRequest,
    service: Service,
    disclosure: Disclosure,
    /// Decisions that intake wants taken back, and has not been answered yet.
    withdrawals: Vec<DecisionId>,
    /// When the latest reopening was that intake has heard of.
    reopened: Option<DateTime<Utc>>,
    /// Whether the requester was believed, and a decision that rests on that was approved, since then.
    believed: bool,
    approved: bool,
    /// Grants that intake has heard of, and those that it or somebody else has revoked.
    granted: BTreeSet<GrantId>,
    revoked: BTreeSet<GrantId>,
}

impl<'a> Life<'a> {
    fn new(rules: &'a Rules, dice: &mut Dice) -> Self {
        let mut particulars = if dice.roll(4) == 0 { sample::emergency() } else { sample::particulars() };
        if dice.roll(4) == 0 {
            particulars.requester.officer.phone = None;
        }
        let request = sample::draft(rules, particulars);
        let service = Service(vec![sample::verification(request.id, VerificationState::Open)]);
        Self {
            rules,
            request,
            service,
            disclosure: Disclosure::default(),
            withdrawals: Vec::new(),
            reopened: None,
            believed: false,
            approved: false,
            granted: BTreeSet::new(),
            revoked: BTreeSet::new(),
        }
    }

    fn tell(&mut self, told: Verification, moment: Moment<'_>) -> Result<Progress, Refusal> {
        let heard = self.request.id == told.request
            && self.request.verification.as_ref().is_none_or(|known| known.id == told.id)
            && (self.request.verification.is_some() || self.request.state == State::Verifying);
        let at = told.reopening.as_ref().map(|reopening| reopening.time);
        if heard && at > self.reopened {
            (self.reopened, self.believed, self.approved) = (at, false, false);
        }
        let good = told.state == VerificationState::Verified
            && told.expire_time.is_some_and(|until| until > moment.now)
            && at == self.reopened;
        self.believed |= heard && good;
        self.request.verification_told(moment, told)
    }

    /// Tells a decision as the step does: what comes before it first, as it is now.
    fn settle(&mut self, told: Decision, moment: Moment<'_>) -> Result<Progress, Refusal> {
        let mut progress = Progress::default();
        let (mut approved, mut granted) = (self.approved, Vec::new());
        for decision in self.disclosure.lineage(told) {
            let rests = self.request.verification.as_ref().is_some_and(|known| decision.rests_on(known));
            granted.extend(decision.grant);
            progress = progress.and(self.request.decision_settled(moment, decision)?);
            approved |= rests && self.believed && self.request.state == State::Approved;
        }
        self.approved = approved;
        self.granted.extend(granted);
        Ok(progress)
    }

    /// What intake does next: what it revokes is revoked at once, what it takes back is taken back sooner or later.
    fn note(&mut self, progress: &Progress) {
        for work in &progress.work {
            match work {
                Work::RevokeGrant { grant } => _ = self.revoked.insert(*grant),
                Work::WithdrawDecision { decision } => self.withdrawals.push(*decision),
                _ => {}
            }
        }
    }

    fn withdraw_all(&mut self) {
        for id in std::mem::take(&mut self.withdrawals) {
            self.revoked.extend(self.disclosure.withdraw(id));
        }
    }

    fn happen(&mut self, dice: &mut Dice, moment: Moment<'_>) -> Result<Progress, Refusal> {
        let requirements = self.rules.requirements("aliexpress.com").unwrap();
        if dice.roll(4) == 0 {
            self.withdraw_all();
        }
        match dice.roll(20) {
            0 => self.request.submit(moment, requirements),
            1 => self.request.begin_assessment(moment),
            2 | 3 => {
                let verdict = dice.one_of(&[Verdict::Routed, Verdict::Routed, Verdict::Misdirected, Verdict::Held]);
                self.request.routed(moment, sample::plan(verdict))
            }
            4 => Ok(self.request.verification_opened(moment, self.service.0[0].clone())),
            5 => {
                self.service.conclude(dice, moment.now);
                Ok(Progress::default())
            }
            6..=8 => {
                let mut told = self.service.answer(dice);
                if dice.roll(12) == 0 {
                    told.request = RequestId::new();
                }
                self.tell(told, moment)
            }
            9 => {
                if dice.roll(3) == 0 {
                    self.service.reopen(moment.now);
                }
                Ok(Progress::default())
            }
            10 => {
                // Made when the scope is open, and told to intake at once or later.
                if self.request.state == State::UnderReview {
                    let results = [dice.one_of(ItemResult::ALL)];
                    self.disclosure.0.push(sample::decision(&self.request, DecisionState::Proposed, &results));
                }
                let first = self.disclosure.one_of(dice).filter(|known| known.predecessor.is_none());
                let Some(first) = first else { return Ok(Progress::default()) };
                let proposed = Decision { state: DecisionState::Proposed, grant: None, ..first.clone() };
                self.request.scope_proposed(moment, proposed)
            }
            11..=13 => {
                let Some(mut told) = self.disclosure.decide(dice) else { return Ok(Progress::default()) };
                if dice.roll(4) == 0 {
                    // A slow step has read it before anybody said a word.
                    (told.state, told.grant) = (DecisionState::Proposed, None);
                }
                self.settle(told, moment)
            }
            14 => {
                self.disclosure.authority_approves(dice);
                Ok(Progress::default())
            }
            15 | 16 => {
                let current: Vec<GrantId> = self.request.grants().map(|known| known.id).collect();
                let mut former = self.request.former_grants.iter().map(|known| known.id);
                let grant = if dice.roll(4) == 0 || current.is_empty() {
                    former.next_back()
                } else {
                    Some(dice.one_of(&current))
                };
                let grant = grant.unwrap_or_else(GrantId::new);
                self.request.produced(moment, ProductionId::new(), grant, dice.roll(2) == 0)
            }
            17 => {
                let known = self.request.grants().chain(&self.request.former_grants).map(|known| known.id);
                let known: Vec<GrantId> = known.collect();
                let grant = if known.is_empty() { GrantId::new() } else { dice.one_of(&known) };
                self.revoked.insert(grant);
                self.request.grant_revoked(moment, grant)
            }
            18 => {
                let mut particulars = self.request.particulars.clone();
                particulars.documents = vec![sample::attachment(DocumentKind::SignedRequest)];
                particulars.requester.officer.phone = Some("+1".to_owned());
                self.request.amend(moment, particulars, Some(requirements))
            }
            _ if dice.roll(6) > 0 => Ok(Progress::default()),
            _ => {
                let outcome = dice.one_of(Outcome::ALL);
                self.request.close(moment, outcome, "done".to_owned())
            }
        }
    }

    fn check(&self, before: &LegalRequest, at: &str) {
        let state = self.request.state;
        let proven = self.believed && self.approved;
        assert!(state != State::Approved || proven, "{at}: approved without belief");
        assert!(state != State::Produced || before.state == State::Produced || proven, "{at}: produced");
        if self.reopened.is_some() && !self.believed {
            let frozen = matches!(state, State::Verifying | State::Produced | State::Closed);
            assert!(frozen, "{at}: {state} while the verification is reopened");
        }
        if state == State::Verifying {
            let nothing = self.request.decision.is_none() && self.request.grants().next().is_none();
            assert!(nothing && self.request.supplements.is_empty(), "{at}: what was decided still counts");
        }
        if matches!(state, State::UnderReview | State::Approved) {
            let known = self.request.verification.as_ref().unwrap();
            let supplements = self.request.supplements.iter().map(|supplement| &supplement.decision);
            let mut decisions = self.request.decision.iter().chain(supplements);
            assert!(decisions.all(|decision| decision.rests_on(known)), "{at}: on an old belief");
        }
        let loose: Vec<&GrantId> = self.granted.difference(&self.revoked).collect();
        if !self.believed || state == State::Closed {
            assert!(loose.is_empty(), "{at}: {loose:?} in force in {state}");
        }
        let counts = |grant: &GrantId| self.request.grants().any(|known| known.id == *grant);
        assert!(loose.into_iter().all(counts), "{at}: a grant that does not count is in force");
        let in_force = self.request.grants().any(|known| !known.revoked);
        assert!(state != State::Approved || in_force, "{at}: nothing may leave of what is approved");
        let beside = self.request.supplements.is_empty() || self.request.grant.is_some();
        assert!(beside, "{at}: a supplement of what nobody has approved");
        assert!(before.state != State::Closed || state == State::Closed, "{at}: it came back");
        assert_eq!(self.request.outcome.is_some(), state == State::Closed, "{at}");
    }
}

/// What a life must never do, whatever happens in whatever order: the model knows only which happenings came.
#[test]
fn random_lives_never_disclose_without_belief_and_approval_and_never_leave_the_end() {
    let rules = sample::rules();
    let (mut produced, mut closed, mut reopened, mut again, mut beside, mut succeeded) = (0, 0, 0, 0, 0, 0);
    for number in 0..3_000_u64 {
        let mut dice = Dice(number);
        let mut life = Life::new(&rules, &mut dice);
        let mut now = sample::now();
        for step in 0..120 {
            let at = format!("life {number}, step {step}");
            now = sample::now() + TimeDelta::minutes(step);
            let moment = Moment { now, ..sample::moment(&rules) };
            let before = life.request.clone();
            match life.happen(&mut dice, moment) {
                Ok(progress) => {
                    let last = progress.entries.last().map(|entry| entry.state);
                    assert!(last.is_none_or(|state| state == life.request.state), "{at}: the tale fits the state");
                    let silent = progress.entries.is_empty() && progress.work.is_empty();
                    assert!(!silent || life.request == before, "{at}: nothing changes without a trace");
                    life.note(&progress);
                    let told = |kind: &str| progress.entries.iter().any(|entry| entry.kind == kind);
                    reopened += usize::from(told("request.verification_reopened"));
                    again += usize::from(told("request.verified") && life.reopened.is_some());
                }
                // The caller rolls back; only the state must not have moved.
                Err(_) => {
                    assert_eq!(life.request.state, before.state, "{at}");
                    life.request = before.clone();
                }
            }
            life.check(&before, &at);
        }
        beside += life.request.supplements.iter().filter(|supplement| supplement.grant.is_some()).count();
        succeeded += usize::from(life.request.decision.as_ref().is_some_and(|known| known.predecessor.is_some()));
        produced += usize::from(life.request.production.data || life.request.production.no_data);
        closed += usize::from(life.request.state == State::Closed);

        // The last word that there is brings the request where it belongs, whatever came before.
        let last = life.service.latest().clone();
        let Some(_) = life.request.verification.as_ref().filter(|known| known.id == last.id) else { continue };
        let moment = Moment { now, ..sample::moment(&rules) };
        let progress = life.tell(last.clone(), moment).unwrap();
        life.note(&progress);
        assert!(life.tell(last.clone(), moment).unwrap().work.is_empty(), "life {number}: it is told again");
        let (state, ended) = (life.request.state, matches!(life.request.state, State::Produced | State::Closed));
        match last.state {
            VerificationState::Open => assert!(state == State::Verifying || ended, "life {number}: {state}"),
            VerificationState::Denied => assert!(ended, "life {number}: {state}"),
            VerificationState::Verified if last.expire_time > Some(now) => {
                assert_ne!(state, State::Verifying, "life {number}");
            }
            VerificationState::Verified => {}
        }

        // And so does the last word of each decision: what counts is what is in force.
        if state == State::Verifying || last.state != VerificationState::Verified {
            continue;
        }
        life.withdraw_all();
        for told in life.disclosure.0.clone() {
            let progress = life.settle(told, moment).unwrap();
            life.note(&progress);
        }
        life.withdraw_all();
        let mut counts: BTreeSet<GrantId> = life.request.grants().map(|known| known.id).collect();
        counts.retain(|grant| !life.revoked.contains(grant));
        if life.request.state == State::Closed {
            counts.clear();
        }
        let in_force = life.disclosure.0.iter().filter_map(|known| known.grant);
        let in_force: BTreeSet<GrantId> = in_force.filter(|grant| !life.revoked.contains(grant)).collect();
        assert_eq!(in_force, counts, "life {number}: {}", life.request.state);
    }
    let enough = produced > 100 && closed > 1_000 && reopened > 500 && again > 200 && beside > 50 && succeeded > 100;
    let lived = (produced, closed, reopened, again, beside, succeeded);
    assert!(enough, "the lives are long enough to mean something: {lived:?}");
}
