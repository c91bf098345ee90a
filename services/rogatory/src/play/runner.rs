//! Follows a request from its filing to its end and lets each of the people act when it is their turn.

use std::time::{Duration, Instant};

use rogatory_proto::rogatory::{
    intake::v1::{Condition, LegalRequest, WatchRequestRequest, condition, legal_request::State},
    verification::v1::GetVerificationRequest,
};
use tonic::Streaming;

use super::{
    act::{self, Broken, Doing},
    authorise, bill, burn, expectations,
    people::{People, Person},
    report::{Burned, Report},
    verify,
};
use crate::cases::Case;

/// How long a case may take. It takes a second; this is for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the last letter may take after the last change of state.
const LETTER_PATIENCE: Duration = Duration::from_secs(10);
const LETTER_PAUSE: Duration = Duration::from_millis(20);

/// Told what happens while a case is played.
pub trait Progress: Send + Sync {
    /// Case `name` has come to `state`, a word like `verifying`; `done` after its last step.
    fn step(&self, name: &str, state: &str);
}

/// Plays `case` and reports what became of it. A play that breaks off is a report too, with the cause in `fault`.
pub async fn play(case: &Case, people: &People, progress: &dyn Progress) -> Report {
    let begin = Instant::now();
    let mut report =
        Report { name: case.name.clone(), title: case.title.clone(), letter: case.letter.clone(), ..Report::default() };
    let mut play = Play { case, people, progress, turns: Turns::default() };
    if let Err(Broken(cause)) = play.run(&mut report).await {
        report.fault = Some(cause);
    }
    report.elapsed = begin.elapsed();
    report.checks.extend(expectations::compare(&case.expect, &report));
    progress.step(&case.name, "done");
    report
}

struct Play<'a> {
    case: &'a Case,
    people: &'a People,
    progress: &'a dyn Progress,
    turns: Turns,
}

/// Whose turn has been.
#[derive(Default)]
struct Turns {
    corrected: bool,
    verified: bool,
    approved: bool,
    produced: bool,
    closed: bool,
    burned: bool,
}

/// What there is to do after a change.
enum Next {
    Wait,
    Settled,
}

impl Play<'_> {
    async fn run(&mut self, report: &mut Report) -> Result<(), Broken> {
        self.progress.step(&self.case.name, "filing");
        act::register_agencies(self.people, self.case).await?;
        let desk = if self.case.is_filed_by_analyst() { Person::analyst() } else { Person::portal() };
        let filed = act::file(&self.people.of(&desk)?, self.case).await?;
        let name = filed.name.clone();
        report.request = Some(filed);

        let watch = WatchRequestRequest { name: name.clone() };
        let auditor = self.people.of(&Person::auditor())?;
        let mut changes = auditor.requests().watch_request(watch).await.doing("following the request")?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let change = tokio::time::timeout_at(deadline, next(&mut changes)).await;
            let request = match change {
                Err(_) => break Err(stuck(report)),
                Ok(Err(broken)) => break Err(broken),
                Ok(Ok(None)) => break Ok(()),
                Ok(Ok(Some(request))) => request,
            };
            report.request = Some(request.clone());
            self.progress.step(&self.case.name, &state_word(request.state()));
            if matches!(self.turn(&request, report).await?, Next::Settled) {
                break Ok(());
            }
        }?;
        drop(changes);
        self.gather(&name, report).await
    }

    /// Lets whoever's turn it is act on `request`.
    async fn turn(&mut self, request: &LegalRequest, report: &mut Report) -> Result<Next, Broken> {
        if self.turns.burned {
            return Ok(if is_believed(request) { Next::Wait } else { Next::Settled });
        }
        match request.state() {
            State::Unspecified | State::Draft | State::Received | State::Assessing => Ok(Next::Wait),
            State::Deficient | State::Misdirected => self.correct(request, report).await,
            State::Verifying => {
                if !self.turns.verified && !request.verification.is_empty() {
                    self.turns.verified = true;
                    verify::verify(self.people, self.case, &request.verification, report).await?;
                }
                Ok(Next::Wait)
            }
            State::UnderReview => self.approve(request, report).await,
            // Without a verification it is the route that holds it.
            State::Held if request.verification.is_empty() => self.correct(request, report).await,
            State::Held => Ok(Next::Settled),
            State::Approved => {
                let Some(production) = &self.case.production else { return Ok(Next::Settled) };
                if !self.turns.produced && !request.grant.is_empty() {
                    self.turns.produced = true;
                    let (asked, left) = act::produce(self.people, &production.files, &request.grant).await?;
                    (report.asked, report.production) = (asked, Some(left));
                }
                Ok(Next::Wait)
            }
            State::Produced => {
                if !self.turns.closed && self.all_has_left(request, report).await? {
                    self.turns.closed = true;
                    if let Some(costs) = &self.case.costs {
                        report.invoices = bill::invoice(self.people, costs, &request.quotes).await?;
                    }
                    act::close(self.people, self.case, &request.name).await?;
                    if let Some(burning) = &self.case.burning {
                        self.turns.burned = true;
                        let compromise = burn::report(self.people, burning).await?;
                        report.burned = Some(Burned { compromise, productions: Vec::new() });
                    }
                }
                Ok(Next::Wait)
            }
            State::Closed => Ok(Next::Settled),
        }
    }

    /// Whether nothing is to leave any more: what a competent authority approves leaves after the rest.
    async fn all_has_left(&self, request: &LegalRequest, report: &mut Report) -> Result<bool, Broken> {
        let Some(authority) = &self.case.authority else { return Ok(true) };
        let files = self.case.production.as_ref().map(|production| production.files.as_slice()).unwrap_or_default();
        authorise::go_on(self.people, authority, files, request, report).await
    }

    async fn correct(&mut self, request: &LegalRequest, report: &mut Report) -> Result<Next, Broken> {
        if self.turns.corrected {
            return Ok(Next::Wait);
        }
        if self.case.correction.is_none() {
            return Ok(Next::Settled);
        }
        self.turns.corrected = true;
        // The letter that tells what is missing is read before it is answered.
        let told = self.with_letter(&request.name, 1).await?;
        let desk = if self.case.is_corrected_by_analyst() { Person::analyst() } else { Person::portal() };
        report.corrected_fields = act::correct(&self.people.of(&desk)?, self.case, &request.name).await?;
        report.before_correction = Some(told);
        Ok(Next::Wait)
    }

    async fn approve(&mut self, request: &LegalRequest, report: &mut Report) -> Result<Next, Broken> {
        let legs = request.plan.as_ref().map_or(0, |plan| plan.legs.len());
        if self.turns.approved || request.decision.is_empty() || request.quotes.len() < legs {
            return Ok(Next::Wait);
        }
        self.turns.approved = true;
        if let Some(costs) = &self.case.costs {
            bill::answer(self.people, costs, &request.quotes).await?;
        }
        act::approve(self.people, &self.case.approvals, &request.decision, report).await?;
        Ok(Next::Wait)
    }

    /// The request once it has at least `letters` letters, or as it is when they do not come in time.
    async fn with_letter(&self, name: &str, letters: usize) -> Result<LegalRequest, Broken> {
        let auditor = self.people.of(&Person::auditor())?;
        let begin = Instant::now();
        loop {
            let request = act::read(&auditor, name).await?;
            if request.letters.len() >= letters || begin.elapsed() > LETTER_PATIENCE {
                return Ok(request);
            }
            tokio::time::sleep(LETTER_PAUSE).await;
        }
    }

    /// Reads what the services have at the end.
    async fn gather(&self, name: &str, report: &mut Report) -> Result<(), Broken> {
        let auditor = self.people.of(&Person::auditor())?;
        let request = self.with_letter(name, self.case.expect.letters.len()).await?;
        if !request.verification.is_empty() {
            let read = GetVerificationRequest { name: request.verification.clone() };
            let found = auditor.verifications().get_verification(read).await.doing("reading the verification")?;
            report.verification = Some(found);
        }
        if !request.decision.is_empty() {
            report.decision = Some(authorise::read(self.people, &request.decision).await?);
        }
        if let Some(burned) = &mut report.burned {
            let production = report.production.as_ref().map(|left| left.name.as_str());
            burned.productions = burn::left(self.people, &burned.compromise.name, production).await?;
        }
        if self.turns.burned && !request.grant.is_empty() {
            report.grant = Some(burn::grant(self.people, &request.grant).await?);
        }
        report.quotes = bill::quotes(self.people, &request.quotes).await?;
        report.request = Some(request);
        Ok(())
    }
}

/// Whether the requester is believed, as the request stands.
fn is_believed(request: &LegalRequest) -> bool {
    let holds = |found: &Condition| found.status() == condition::Status::True;
    request.conditions.iter().any(|found| found.r#type() == condition::Type::Verified && holds(found))
}

async fn next(changes: &mut Streaming<LegalRequest>) -> Result<Option<LegalRequest>, Broken> {
    changes.message().await.map_err(|status| Broken(format!("following the request: {status}")))
}

/// Says where a request stands that does not go on.
fn stuck(report: &Report) -> Broken {
    let Some(request) = &report.request else { return Broken("the request was not filed".to_owned()) };
    let mut text = format!("{} does not go on from {}", request.name, state_word(request.state()));
    for condition in &request.conditions {
        text.push_str(&format!("; {}: {}", condition.reason, condition.message));
    }
    Broken(text)
}

fn state_word(state: State) -> String {
    crate::cases::message::word("rogatory.intake.v1.LegalRequest.State", state as i32)
}
