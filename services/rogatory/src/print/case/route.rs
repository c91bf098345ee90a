//! Whom to serve, and through which channels.

use rogatory_proto::rogatory::{
    intake::v1::LegalRequest,
    routing::v1::{Channel, Leg, channel, leg},
};

use super::{
    super::{
        page::{Tone, cell, rest},
        words::{cited, spoken},
    },
    writer::Writer,
};

pub(super) fn route(writer: &mut Writer<'_>, request: &LegalRequest) {
    let Some(plan) = &request.plan else { return };
    let mut shown: Option<&[Channel]> = None;
    for leg in &plan.legs {
        one(writer, leg);
        if shown == Some(&leg.channels) {
            writer.line(Tone::Plain, "The channels stand as for the contact above.");
        } else {
            channels(writer, &leg.channels);
        }
        shown = Some(&leg.channels);
    }
    writer.findings(&plan.findings);
}

fn one(writer: &mut Writer<'_>, leg: &Leg) {
    let who = format!("{} ({})", leg.target_ids.join(", "), leg.residence_countries.join(", "));
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
    writer.findings(&leg.findings);
}

fn channels(writer: &mut Writer<'_>, channels: &[Channel]) {
    for channel in channels {
        let (tone, mark) = match channel.standing() {
            channel::Standing::Permitted => (Tone::Good, "✓"),
            channel::Standing::Refused | channel::Standing::Unspecified => (Tone::Bad, "✗"),
            channel::Standing::NeedsConfirmation => (Tone::Open, "?"),
        };
        let standing = spoken("rogatory.routing.v1.Channel.Standing", channel.standing);
        let mut text = cited(&channel.sentence, &channel.citations);
        if !channel.central_authority.is_empty() {
            text.push_str(&format!(" Address: {}.", channel.central_authority));
        }
        writer.row([
            cell(14, Tone::Plain, spoken("rogatory.routing.v1.Channel.Kind", channel.kind)),
            cell(20, tone, format!("{mark} {standing}")),
            rest(Tone::Plain, text),
        ]);
    }
}
