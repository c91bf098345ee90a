//! A stored plan, decided once more.

use rogatory_chassis::Failure;
use rogatory_names::PlanId;

use super::{App, ENGINE_VERSION};
use crate::domain::plan::Plan;

/// What the same facts give now.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The plan as it would be now.
    pub plan: Plan,
    /// Where it differs from the stored one; empty when the two are the same bytes.
    pub differences: Vec<String>,
    /// What was not the same at the time.
    pub causes: Vec<&'static str>,
}

impl App {
    /// Decides a stored plan once more, by the revision that it was decided from.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is no such plan or its revision is gone; [`Failure::RevisionUnusable`]; the store's.
    pub async fn replay_plan(&self, id: PlanId) -> Result<Replayed, Failure> {
        let stored = self.get_plan(id).await?;
        let name = &stored.decision.provenance.revision;
        let guide = self.guides.get(name).await?.ok_or_else(|| Failure::not_found(name))?;
        let decision = stored.decision.again(guide.rules(), &self.treaties, ENGINE_VERSION);
        let differences = stored.decision.differences(&decision);
        let mut causes = Vec::new();
        if !differences.is_empty() {
            let was = &stored.decision;
            causes.extend((was.provenance.engine_version != ENGINE_VERSION).then_some("ENGINE_VERSION"));
            causes.extend((was.treaty_data != decision.treaty_data).then_some("TREATY_DATA"));
        }
        Ok(Replayed { plan: Plan { decision, ..stored }, differences, causes })
    }
}
