//! The contact for a residence. Reads memory and leaves no trace.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rogatory_chassis::failure::Failure;
use rogatory_rulebook::{Country, Published};

use super::App;
use crate::domain::guide::{Answer, Guide};

/// A contact with the guide that chose it.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The guide that decided.
    pub guide: Arc<Published<Guide>>,
    /// What it says of the residence.
    pub answer: Arc<Answer>,
    /// The time whose rules were applied.
    pub rules_time: DateTime<Utc>,
}

impl App {
    /// The contact for users of `platform` who reside in `residence`, by the guide in force at `rules_time`.
    ///
    /// # Errors
    /// Those of [`App::guide`].
    pub async fn resolve_contact(
        &self,
        platform: &str,
        residence: Country,
        rules_time: DateTime<Utc>,
    ) -> Result<Resolved, Failure> {
        Resolved::by(self.guide(platform, rules_time).await?, residence, rules_time)
    }
}

impl Resolved {
    /// What a guide says of a residence.
    ///
    /// # Errors
    /// A bug, should a guide have no answer for a country.
    pub fn by(guide: Arc<Published<Guide>>, residence: Country, rules_time: DateTime<Utc>) -> Result<Self, Failure> {
        let answer = guide.rules().resolve(residence).map(Arc::clone);
        let answer = answer.ok_or_else(|| Failure::bug("a guide has no answer for a country"))?;
        Ok(Self { guide, answer, rules_time })
    }
}
