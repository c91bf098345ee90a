//! How a request ends, and what a person must know when the docket cannot carry it.

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    follow_up,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::LegalRequest,
    state::Outcome,
};

impl LegalRequest {
    /// The agency withdraws it. Its grants are revoked by the docket.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn withdraw(&mut self, moment: Moment<'_>, reason: String) -> Result<Progress, Refusal> {
        let telling = Telling::new("request.withdrawn", "The request was withdrawn.")
            .fact("outcome", Outcome::Withdrawn.as_str());
        self.end(moment, Trigger::Withdrawn, Outcome::Withdrawn, reason, telling)
    }

    /// A person closes it. Whether the outcome fits is for [`crate::domain::outcome::misfits`]. Its grants are revoked by
    /// the docket: nothing leaves for a request that ended.
    ///
    /// # Errors
    /// When it is a draft or closed already, or the outcome does not fit what happened.
    pub fn close(&mut self, moment: Moment<'_>, outcome: Outcome, reason: String) -> Result<Progress, Refusal> {
        let obstacles = crate::domain::outcome::misfits(self, outcome);
        if moment.graph.allows(Trigger::Closed, self.state) && !obstacles.is_empty() {
            return Err(Refusal { trigger: Trigger::Closed, state: self.state, obstacles });
        }
        let telling = Telling::new("request.closed", format!("The request was closed: {}", outcome.sentence()))
            .fact("outcome", outcome.as_str());
        self.end(moment, Trigger::Closed, outcome, reason, telling)
    }

    fn end(
        &mut self,
        moment: Moment<'_>,
        trigger: Trigger,
        outcome: Outcome,
        reason: String,
        telling: Telling,
    ) -> Result<Progress, Refusal> {
        let progress = self.go(moment, trigger, telling)?;
        self.outcome = Some(outcome);
        self.closing_reason = Some(reason);
        let in_force = self.grants().filter(|grant| !grant.revoked);
        let revoke: Vec<Work> = in_force.map(|grant| Work::RevokeGrant { grant: grant.id }).collect();
        // Whoever never filed is owed no letter.
        let letter = if outcome == Outcome::Rejected { LetterKind::Rejected } else { LetterKind::Outcome };
        let letter = self.receive_time.map(|_| Work::WriteLetter { letter });
        Ok(progress.then(revoke).then(letter))
    }

    /// The formal Request that this emergency owed was filed and is in order.
    pub fn obligation_settled(&mut self, moment: Moment<'_>, by: &str) -> Progress {
        if !follow_up::settle(self, moment.now) {
            return Progress::default();
        }
        self.tell(
            moment,
            Telling::new("request.obligation_settled", "The formal Request that was owed has come.").fact("by", by),
        )
    }

    /// A step was parked: a person must look.
    pub fn parked(&mut self, moment: Moment<'_>, step: &str, work: &Work) -> Progress {
        let text = format!("The step {} could not be done and waits for a person.", work.kind());
        self.conditions.set(ConditionKind::Progressing, Status::False, "STEP_PARKED", &text, moment.now);
        self.tell(moment, Telling::new("request.parked", text).fact("step", step).fact("work", work.kind()))
    }

    /// A parked step was taken up again. The docket carries the request once none of its steps is parked.
    pub fn resumed(&mut self, moment: Moment<'_>, step: &str, work: &Work, still_parked: bool) -> Progress {
        if !still_parked {
            let text = "The docket carries the request.";
            self.conditions.set(ConditionKind::Progressing, Status::True, "ON_THE_DOCKET", text, moment.now);
        }
        let text = format!("The step {} was taken up again.", work.kind());
        self.tell(moment, Telling::new("request.resumed", text).fact("step", step).fact("work", work.kind()))
    }

    /// A letter was written.
    pub fn letter_written(&mut self, moment: Moment<'_>, letter: &str, kind: LetterKind) -> Progress {
        self.tell(
            moment,
            Telling::new("request.letter_written", "A letter was written to the agency.")
                .fact("letter", letter)
                .fact("template", kind.as_str()),
        )
    }
}
