//! The comparison of two revisions.

use rogatory_chassis::{convert::instrument_kind, failure::Failure, faults::FieldFaults};
use rogatory_names::GuideRevisionId;
use rogatory_proto::rogatory::routing::v1 as wire;
use rogatory_rulebook::Country;

use super::{plan::verdict, resolve::contact};
use crate::{
    app::{ChangedPlan, CompareGuideRevisions, Comparison},
    domain::compare::{Chosen, InstrumentChange, PartChange, PartChangeKind, ResidenceChange, TargetChange},
};

/// As many plans are compared where the caller does not say.
const PLANS: usize = 1_000;
/// As many plans as one call compares.
const MOST_PLANS: usize = 10_000;

/// Reads a `CompareGuideRevisionsRequest`.
pub(in crate::grpc) fn compare_guide_revisions(
    message: wire::CompareGuideRevisionsRequest,
) -> Result<CompareGuideRevisions, Failure> {
    let mut faults = FieldFaults::new();
    faults.name("base_revision", &message.base_revision, GuideRevisionId::parse_name);
    faults.name("revision", &message.revision, GuideRevisionId::parse_name);
    let page_size = match usize::try_from(message.page_size) {
        Ok(0) => PLANS,
        Ok(size) => size.min(MOST_PLANS),
        Err(_) => {
            faults.add("page_size", "is negative");
            0
        }
    };
    faults.done()?;
    let (base, revision, page_token) = (message.base_revision, message.revision, message.page_token);
    Ok(CompareGuideRevisions { base, revision, page_size, page_token })
}

/// How two revisions differ, for the wire.
pub(in crate::grpc) fn comparison(comparison: Comparison) -> wire::CompareGuideRevisionsResponse {
    let elsewhere = comparison.plans.iter().filter(|plan| plan.change.served_elsewhere()).count();
    let guides = comparison.guides.as_ref();
    wire::CompareGuideRevisionsResponse {
        summary: summary(&comparison, elsewhere),
        residences: guides.map(|guides| guides.residences.iter().map(residence).collect()).unwrap_or_default(),
        instruments: guides.map(|guides| guides.instruments.iter().map(instrument).collect()).unwrap_or_default(),
        parts: guides.map(|guides| guides.parts.iter().map(part).collect()).unwrap_or_default(),
        plans: comparison.plans.iter().map(plan).collect(),
        plans_compared: number(comparison.compared),
        plans_served_elsewhere: number(elsewhere),
        next_page_token: comparison.next_page_token,
    }
}

fn summary(comparison: &Comparison, elsewhere: usize) -> String {
    let compared = comparison.compared;
    let requests = if compared == 1 { "request" } else { "requests" };
    let plans = format!("of {compared} open {requests} compared here {elsewhere} would be served elsewhere");
    match &comparison.guides {
        Some(guides) => {
            let moved = guides.residences.iter().filter(|change| change.served_elsewhere).count();
            let change = if moved == 1 { "changes" } else { "change" };
            format!("{moved} of {} residences {change} contact; {plans}", Country::all().count())
        }
        None => plans,
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn chosen(chosen: &Chosen) -> wire::ChosenContact {
    wire::ChosenContact { contact: chosen.contact.as_deref().map(contact), guide_row: chosen.row.clone() }
}

fn residence(change: &ResidenceChange) -> wire::ResidenceChange {
    wire::ResidenceChange {
        residence_country: change.residence.to_string(),
        before: Some(chosen(&change.before)),
        after: Some(chosen(&change.after)),
        served_elsewhere: change.served_elsewhere,
    }
}

fn instrument(change: &InstrumentChange) -> wire::InstrumentChange {
    wire::InstrumentChange {
        instrument_kind: instrument_kind(change.instrument).into(),
        before: change.before.as_ref().map(chosen),
        after: change.after.as_ref().map(chosen),
    }
}

fn part(change: &PartChange) -> wire::PartChange {
    use wire::part_change::Kind;
    let kind = match change.kind {
        PartChangeKind::Added => Kind::Added,
        PartChangeKind::Removed => Kind::Removed,
        PartChangeKind::Changed => Kind::Changed,
    };
    wire::PartChange { part: change.part.clone(), kind: kind.into() }
}

fn plan(plan: &ChangedPlan) -> wire::PlanChange {
    let change = &plan.change;
    wire::PlanChange {
        plan: plan.id.name(),
        request: plan.request.name(),
        verdict_before: verdict(change.verdict_before).into(),
        verdict_after: verdict(change.verdict_after).into(),
        targets: change.targets.iter().map(target).collect(),
        served_elsewhere: change.served_elsewhere(),
    }
}

fn target(change: &TargetChange) -> wire::TargetChange {
    wire::TargetChange {
        target_id: change.target.clone(),
        contacts_before: change.contacts_before.clone(),
        contacts_after: change.contacts_after.clone(),
    }
}
