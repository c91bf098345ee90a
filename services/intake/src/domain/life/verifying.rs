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

    /// The verification as its service tells it now. That it was reopened is taken in first and how it was concluded after
    /// that, so neither the order nor the number of the words of it matters; what is older than what is known is passed over.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn verification_told(&mut self, moment: Moment<'_>, verification: Verification) -> Result<Progress, Refusal> {
        let another = self.verification.as_ref().is_some_and(|known| known.id != verification.id);
        let expected = self.verification.is_some() || self.state == State::Verifying;
        if verification.request != self.id || another || !expected {
            return Ok(Progress::default());
        }
        let known = self.verification.as_ref().and_then(|known| known.reopening.as_ref()).map(|known| known.time);
        let reopened = match &verification.reopening {
            told if told.as_ref().map(|told| told.time) < known => return Ok(Progress::default()),
            Some(told) if Some(told.time) > known => self.reopened(moment, &verification, told)?,
            _ => Progress::default(),
        };
        Ok(reopened.and(self.concluded(moment, verification)?))
    }

    /// The verification was concluded. Only one that is in date is believed, and only a request that waits for it moves; of
    /// one that was produced or has ended, and whose verification was reopened, it is told.
    fn concluded(&mut self, moment: Moment<'_>, verification: Verification) -> Result<Progress, Refusal> {
        let stays = matches!(self.state, State::Produced | State::Closed);
        let reopened = self.verification.as_ref().is_some_and(Verification::is_reopened);
        if self.state != State::Verifying && !(stays && reopened) {
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
                if stays {
                    return Ok(self.tell(moment, telling));
                }
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
                if stays {
                    let telling = Telling::new("request.verification_denied", text).fact("verification", name);
                    return Ok(self.tell(moment, telling));
                }
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
