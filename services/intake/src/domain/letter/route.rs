//! What a letter says of the route: whom to serve, by which way, and why.

use rogatory_rulebook::{Citation, Confirmation, Effect, Finding};

use super::slots::bracketed;
use crate::domain::{
    request::LegalRequest,
    route::{CentralAuthority, Channel, Leg, LegStatus, RoutePlan, Side, Standing, TargetRoute},
};

/// Each contact with the targets for which it is served.
pub(super) fn contacts(plan: &RoutePlan) -> String {
    let line = |leg: &Leg| Some(format!("- {} (for {})", leg.contact.as_ref()?.legal_name, leg.target_ids.join(", ")));
    plan.legs.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// How the channels stand: first those that stand alike for every contact, then those that do not, contact by contact.
pub(super) fn channels(plan: &RoutePlan) -> String {
    let legs: Vec<&Leg> = plan.legs.iter().filter(|leg| !leg.channels.is_empty()).collect();
    let alike = |channel: &&Channel| legs.iter().all(|leg| leg.channels.contains(channel));
    let first = legs.first().map(|leg| leg.channels.as_slice()).unwrap_or_default();
    let mut lines: Vec<String> = first.iter().filter(alike).map(channel).collect();
    for leg in &legs {
        let own: Vec<&Channel> = leg.channels.iter().filter(|channel| !alike(channel)).collect();
        if let Some(contact) = leg.contact.as_ref().filter(|_| !own.is_empty()) {
            lines.push(format!("For {}:", contact.legal_name));
        }
        lines.extend(own.into_iter().map(channel));
    }
    lines.join("\n")
}

/// A channel; for one that may be used, who sends, who receives, and what binds whoever uses it.
fn channel(channel: &Channel) -> String {
    let standing = format!("{}: {}.", channel.kind.title(), channel.standing.title());
    let mut lines = vec![format!("- {standing} {}{}", channel.sentence, checked(&channel.citations))];
    if channel.standing != Standing::Refused {
        for side in Side::ALL {
            let of_side = |authority: &&CentralAuthority| authority.side == *side;
            lines.extend(channel.central_authorities.iter().filter(of_side).map(authority));
        }
        let binds = |finding: &Finding| format!("  - {}{}", finding.sentence(), checked(finding.citations()));
        lines.extend(channel.conditions.iter().map(binds));
    }
    lines.join("\n")
}

fn authority(authority: &CentralAuthority) -> String {
    let country = authority.country.in_sentence();
    let what = match authority.side {
        Side::Requesting => "Sent by",
        Side::Requested => "Received by",
    };
    match &authority.name {
        Some(name) => format!("  - {what}, for {country}: {name}{}", checked(authority.citation.as_slice())),
        None => format!("  - {what}, for {country}: not known here; please ask the authorities of {country}."),
    }
}

/// Why it came out as it did: what decided against the request; where nothing did, all that was found.
pub(super) fn reasons(request: &LegalRequest) -> String {
    let mut found: Vec<(&Finding, String)> =
        request.findings.iter().map(|finding| (finding, format!("- {}", told(finding)))).collect();
    if let Some(plan) = &request.plan {
        found.extend(plan.findings.iter().map(|finding| (finding, format!("- {}", told(finding)))));
        for target in &plan.targets {
            let line = |finding| format!("- {}: {}", target.target_id, told(finding));
            found.extend(target.findings.iter().map(|finding| (finding, line(finding))));
        }
        let of_legs =
            plan.legs.iter().flat_map(|leg| leg.findings.iter().filter(|finding| !refers(plan, leg, finding)));
        found.extend(of_legs.map(|finding| (finding, format!("- {}", told(finding)))));
    }
    let against = |finding: &Finding| matches!(finding.effect(), Effect::Refuses | Effect::Holds | Effect::Requires);
    let decided_against = found.iter().any(|(finding, _)| against(finding));
    let mut lines: Vec<String> = Vec::new();
    for (finding, line) in found {
        // Notes are for those who decide, not for the agency.
        let matters = if decided_against { against(finding) } else { finding.effect() != Effect::Notes };
        if matters && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// Whether a finding of a leg only repeats what a target's own finding says in full.
fn refers(plan: &RoutePlan, leg: &Leg, finding: &Finding) -> bool {
    let of_leg = |target: &&TargetRoute| leg.target_ids.contains(&target.target_id);
    let own = plan.targets.iter().filter(of_leg).flat_map(|target| &target.findings);
    leg.status == LegStatus::UnroutableResidence
        && own.into_iter().any(|own| own.effect() == Effect::Holds && own.code() == finding.code())
}

fn told(finding: &Finding) -> String {
    format!("{}{}", finding.sentence(), bracketed(finding.citations()))
}

/// Where a rule of the treaties stands, and whether anybody has checked it: whoever goes that way relies on it.
fn checked(citations: &[Citation]) -> String {
    let written = |citation: &Citation| {
        let unconfirmed = match citation.confirmation {
            Confirmation::Confirmed => "",
            Confirmation::DateUnconfirmed => ", date not yet confirmed",
            Confirmation::Unconfirmed => ", not yet confirmed",
        };
        format!("{}, {}{unconfirmed}", citation.document, citation.section)
    };
    let written: Vec<String> = citations.iter().map(written).collect();
    if written.is_empty() { String::new() } else { format!(" ({})", written.join("; ")) }
}
