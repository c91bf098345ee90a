//! What follows from the verification.

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::LegalRequest,
    state::{Outcome, State},
    verification::{Verification, VerificationState},
};

impl LegalRequest {
    /// A verification was opened.
    pub fn verification_opened(&mut self, moment: Moment<'_>, verification: Verification) -> Progress {
        if self.state != State::Verifying || self.verification.is_some() || verification.request != self.id {
            return Progress::default();
        }
        let text = "The requester's identity is being established.";
        self.conditions.set(ConditionKind::Verified, Status::Unknown, "OPEN", text, moment.now);
        let telling = Telling::new("request.verification_opened", "A verification of the requester was opened.")
            .fact("verification", verification.id.name());
        self.verification = Some(verification);
        self.tell(moment, telling)
    }

    /// The verification was concluded. Only one that is bound to this request and in date is believed; in any other state
    /// than VERIFYING nothing happens.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn verification_concluded(
        &mut self,
        moment: Moment<'_>,
        verification: Verification,
    ) -> Result<Progress, Refusal> {
        let another = self.verification.as_ref().is_some_and(|known| known.id != verification.id);
        if self.state != State::Verifying || verification.request != self.id || another {
            return Ok(Progress::default());
        }
        let name = verification.id.name();
        let in_date = verification.expire_time.is_some_and(|until| until > moment.now);
        match verification.state {
            VerificationState::Open => Ok(Progress::default()),
            VerificationState::Verified if in_date => {
                let text = format!("The requester was believed, at level {}.", verification.level);
                self.conditions.set(ConditionKind::Verified, Status::True, "VERIFIED", &text, moment.now);
                let telling = Telling::new("request.verified", text)
                    .fact("verification", name)
                    .fact("level", verification.level.as_str());
                self.verification = Some(verification);
                Ok(self.go(moment, Trigger::Verified, telling)?.then([Work::ProposeScope]))
            }
            VerificationState::Verified => {
                let text = "The verification had expired before it could be relied on.";
                self.conditions.set(ConditionKind::Verified, Status::False, "EXPIRED", text, moment.now);
                self.verification = Some(verification);
                Ok(self.tell(moment, Telling::new("request.verification_expired", text).fact("verification", name)))
            }
            VerificationState::Denied => {
                let text = "The requester was not believed.";
                self.conditions.set(ConditionKind::Verified, Status::False, "DENIED", text, moment.now);
                self.explain(verification.findings.iter().cloned());
                self.verification = Some(verification);
                self.outcome = Some(Outcome::Rejected);
                let telling =
                    Telling::new("request.closed", "The request was rejected: the requester was not believed.")
                        .fact("verification", name)
                        .fact("outcome", Outcome::Rejected.as_str());
                let letter = LetterKind::Rejected;
                Ok(self.go(moment, Trigger::Denied, telling)?.then([Work::WriteLetter { letter }]))
            }
        }
    }
}
