//! From the draft to the assessment.

use super::{Moment, Telling};
use crate::domain::{
    completeness,
    conditions::{ConditionKind, Status},
    docket::Work,
    follow_up,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::{LegalRequest, Particulars},
    requirements::Requirements,
    state::State,
};

impl LegalRequest {
    /// The draft was stored.
    pub fn created(&mut self, moment: Moment<'_>) -> Progress {
        self.tell(moment, Telling::new("request.created", "A draft was stored."))
    }

    /// The request is filed: its completeness is known at once, its route is for the docket.
    ///
    /// # Errors
    /// When it is not a draft.
    pub fn submit(&mut self, moment: Moment<'_>, requirements: &Requirements) -> Result<Progress, Refusal> {
        self.complete(moment, requirements);
        self.preparers.insert(moment.actor.to_owned());
        let mut telling = Telling::new("request.submitted", "The request was filed.")
            .fact("deficiencies", self.deficiencies.len().to_string())
            .fact("emergency", self.is_emergency().to_string());
        if self.is_emergency() {
            telling.sentence = "The emergency request was filed; the formal Request is owed.".to_owned();
            self.obligations.push(follow_up::owed(requirements));
        }
        self.receive_time = Some(moment.now);
        self.conditions.set(
            ConditionKind::Progressing,
            Status::True,
            "ON_THE_DOCKET",
            "The docket carries the request.",
            moment.now,
        );
        Ok(self.go(moment, Trigger::Submitted, telling)?.then([Work::PlanRoute]))
    }

    /// The docket took it up. Nothing happens when it was taken up before, or when it ended in the meantime.
    ///
    /// # Errors
    /// Never while the graph has a way from RECEIVED.
    pub fn begin_assessment(&mut self, moment: Moment<'_>) -> Result<Progress, Refusal> {
        if self.state != State::Received {
            return Ok(Progress::default());
        }
        let telling = Telling::new("request.assessing", "Completeness and route are being established.");
        self.go(moment, Trigger::AssessmentBegan, telling)
    }

    /// The agency changed what it wrote, or an analyst added what the platform knows. A draft stays a draft; anything else
    /// is assessed again.
    ///
    /// # Errors
    /// In a state that takes no change.
    pub fn amend(
        &mut self,
        moment: Moment<'_>,
        particulars: Particulars,
        requirements: Option<&Requirements>,
    ) -> Result<Progress, Refusal> {
        let pieces = |of: &Particulars| of.targets.iter().map(|target| target.residence_evidence.len()).sum::<usize>();
        let (before, after) = (pieces(&self.particulars), pieces(&particulars));
        let mut telling = Telling::new("request.updated", "The request was changed.");
        if before != after {
            telling = telling.fact("residence_evidence", after.to_string());
        }
        if self.state == State::Draft {
            self.particulars = particulars;
            self.preparers.insert(moment.actor.to_owned());
            return Ok(self.tell(moment, telling));
        }
        let progress = self.go(moment, Trigger::Amended, telling)?;
        self.particulars = particulars;
        self.preparers.insert(moment.actor.to_owned());
        if let Some(requirements) = requirements {
            self.complete(moment, requirements);
        }
        self.plan = None;
        self.findings.clear();
        let text = "The route is being established again.";
        self.conditions.set(ConditionKind::Routed, Status::Unknown, "CHANGED", text, moment.now);
        Ok(progress.then([Work::PlanRoute]))
    }

    /// Establishes what is missing.
    fn complete(&mut self, moment: Moment<'_>, requirements: &Requirements) {
        self.deficiencies = completeness::deficiencies(&self.particulars, requirements);
        let (status, reason, message) = match self.deficiencies.len() {
            0 => (Status::True, "NOTHING_MISSING", "All that is required is there.".to_owned()),
            1 => (Status::False, "INFORMATION_MISSING", "One thing that is required is missing.".to_owned()),
            many => (Status::False, "INFORMATION_MISSING", format!("{many} things that are required are missing.")),
        };
        self.conditions.set(ConditionKind::Complete, status, reason, message, moment.now);
    }
}
