//! What follows from the route plan.

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::LegalRequest,
    route::{RoutePlan, Verdict},
    state::{Outcome, State},
};

impl LegalRequest {
    /// The route was planned. Turned away, sent back to the agency, held, or passed on to verification: what is missing
    /// comes before where it was served, because the agency learns of both from the one letter.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn routed(&mut self, moment: Moment<'_>, plan: RoutePlan) -> Result<Progress, Refusal> {
        if self.state == State::Closed {
            // It ended while routing planned.
            return Ok(Progress::default().then([Work::ClosePlan { plan: plan.id }]));
        }
        if self.state != State::Assessing {
            return Ok(Progress::default());
        }
        let verdict = plan.verdict;
        let (status, reason, message) = match verdict {
            Verdict::Routed => (Status::True, "ROUTED", "Each target has a contact that may be served."),
            Verdict::Misdirected => {
                (Status::False, "MISDIRECTED", "Another contact than the appropriate one was served.")
            }
            Verdict::Held => {
                (Status::False, "ROUTE_UNDECIDED", "The route cannot be decided until something is known.")
            }
            Verdict::OutOfScope => (Status::False, "OUT_OF_SCOPE", "The guide does not apply to the requester."),
        };
        self.conditions.set(ConditionKind::Routed, status, reason, message, moment.now);
        self.explain(plan.findings.iter().cloned());
        let telling = |kind, sentence: &str| {
            Telling::new(kind, sentence).fact("plan", plan.id.name()).fact("verdict", verdict.as_str())
        };
        let (trigger, telling, letter, next) = if verdict == Verdict::OutOfScope {
            self.outcome = Some(Outcome::OutOfScope);
            let telling =
                telling("request.closed", "The request was turned away: the guide does not apply to the requester.")
                    .fact("outcome", Outcome::OutOfScope.as_str());
            (Trigger::FoundOutOfScope, telling, LetterKind::OutOfScope, None)
        } else if !self.deficiencies.is_empty() {
            let telling = telling("request.deficient", "Required information is missing; the agency is told what.");
            (Trigger::FoundDeficient, telling, LetterKind::Deficiency, None)
        } else if verdict == Verdict::Misdirected {
            let telling =
                telling("request.misdirected", "It was served on another contact; the agency is told which is right.");
            (Trigger::FoundMisdirected, telling, LetterKind::Misdirected, None)
        } else if verdict == Verdict::Held {
            let telling = telling("request.held", "The route cannot be decided; the request waits.");
            (Trigger::RouteHeld, telling, LetterKind::Held, None)
        } else {
            let telling = telling("request.routed", "The request is complete and its contact is known.");
            (Trigger::Assessed, telling, LetterKind::Acknowledgement, Some(Work::OpenVerification))
        };
        self.latest_plan = Some(plan.id);
        self.plan = Some(plan);
        Ok(self.go(moment, trigger, telling)?.then(next).then([Work::WriteLetter { letter }]))
    }
}
