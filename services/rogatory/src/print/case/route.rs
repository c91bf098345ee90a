//! Whom to serve, and through which channels.

use rogatory_proto::rogatory::{
    intake::v1::LegalRequest,
    routing::v1::{CentralAuthority, Channel, Leg, RoutePlan, TargetRoute, central_authority, channel, leg},
};

use super::{
    super::{
        page::{Tone, cell, rest},
        words::{cited, finding, spoken},
    },
    writer::Writer,
};

pub(super) fn route(writer: &mut Writer<'_>, request: &LegalRequest) {
    let Some(plan) = &request.plan else { return };
    let mut shown: &[Channel] = &[];
    for leg in &plan.legs {
        one(writer, plan, leg);
        let own: Vec<&Channel> = leg.channels.iter().filter(|channel| !shown.contains(channel)).collect();
        let (few, many) = (own.is_empty(), own.len() == leg.channels.len());
        channels(writer, own);
        if !many {
            let which = if few { "The channels" } else { "The other channels" };
            writer.line(Tone::Plain, format!("{which} stand as for the contact above."));
        }
        shown = &leg.channels;
    }
    writer.findings(&plan.findings);
}

/// Why the targets of a request that was held had no contact.
pub(super) fn held(writer: &mut Writer<'_>, request: &LegalRequest) {
    for target in
        request.plan.iter().flat_map(|plan| &plan.targets).filter(|target| target.residence_countries.is_empty())
    {
        writer.line(Tone::Open, format!("‖ {} is held", target.target_id));
        writer.findings(&target.findings);
    }
}

fn one(writer: &mut Writer<'_>, plan: &RoutePlan, leg: &Leg) {
    let residences = leg.residence_countries.join(", ");
    let residences = if residences.is_empty() { "residence not decided" } else { &residences };
    let who = format!("{} ({residences})", leg.target_ids.join(", "));
    let contact = leg.contact.as_ref().map_or("nobody", |contact| contact.legal_name.as_str());
    let row = if leg.guide_row.is_empty() { String::new() } else { format!(", row {} of the guide", leg.guide_row) };
    writer.line(Tone::Strong, format!("{who} → {contact}{row}"));
    let status = spoken("rogatory.routing.v1.Leg.Status", leg.status);
    match leg.status() {
        leg::Status::Routed => {}
        leg::Status::Misdirected => writer.line(Tone::Bad, format!("✗ {status}")),
        leg::Status::Unspecified | leg::Status::UnroutableResidence | leg::Status::UnroutableMissingContact => {
            writer.line(Tone::Open, format!("‖ {status}"));
        }
    }
    let of_leg = |target: &&TargetRoute| leg.target_ids.contains(&target.target_id);
    writer.findings(plan.targets.iter().filter(of_leg).flat_map(|target| &target.findings));
    writer.findings(&leg.findings);
}

fn channels(writer: &mut Writer<'_>, channels: Vec<&Channel>) {
    for channel in channels {
        let (tone, mark) = match channel.standing() {
            channel::Standing::Permitted => (Tone::Good, "✓"),
            channel::Standing::Refused | channel::Standing::Unspecified => (Tone::Bad, "✗"),
            channel::Standing::NeedsConfirmation => (Tone::Open, "?"),
        };
        let standing = spoken("rogatory.routing.v1.Channel.Standing", channel.standing);
        let mut text = cited(&channel.sentence, &channel.citations);
        for authority in &channel.central_authorities {
            text.push_str(&format!("\n{}", self::authority(authority)));
        }
        for condition in &channel.conditions {
            text.push_str(&format!("\n{}", finding(condition)));
        }
        writer.row([
            cell(16, Tone::Plain, spoken("rogatory.routing.v1.Channel.Kind", channel.kind)),
            cell(20, tone, format!("{mark} {standing}")),
            rest(Tone::Plain, text),
        ]);
    }
}

/// Who sends, or who receives.
fn authority(authority: &CentralAuthority) -> String {
    let what = match authority.side() {
        central_authority::Side::Requesting => "Sent by",
        central_authority::Side::Requested => "Received by",
        central_authority::Side::Unspecified => "By way of",
    };
    if authority.name.is_empty() {
        return format!("{what}: an authority of {} that the data does not name.", authority.country);
    }
    let cites = authority.citation.as_slice();
    cited(&format!("{what}: {} ({}).", authority.name, authority.country), cites)
}
