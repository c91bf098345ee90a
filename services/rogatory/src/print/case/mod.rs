//! One case, from the letter to the last line of its timeline.

mod burned;
mod cost;
mod decided;
mod route;
mod verified;
mod writer;

use rogatory_proto::rogatory::intake::v1::{Condition, Deficiency, LegalRequest, condition};

use self::writer::Writer;
use super::{
    page::{Page, Tone, cell, rest, right},
    words::{cited, day, moment, spoken, time},
};
use crate::play::{Attempt, Report};

/// A paragraph of a letter that is worth showing has at least so many characters; heads and addresses have fewer.
const PARAGRAPH: usize = 120;

/// Writes what became of a case. `verbose` adds whole letters, every finding and every piece of evidence.
pub fn case(page: &mut Page, report: &Report, verbose: bool) {
    let (end, tone) = if report.passed() { ("as expected", Tone::Good) } else { ("NOT AS EXPECTED", Tone::Bad) };
    let number = report.name.split('-').next().unwrap_or_default();
    page.heading(&format!("{number}  {}", report.title), end, tone);
    page.blank();
    let writer = &mut Writer::new(page, verbose);
    writer.part("Letter", |writer| letter(writer, &report.letter));
    if let Some(request) = &report.request {
        writer.part("Asks", |writer| asks(writer, request));
        if let Some(before) = &report.before_correction {
            writer.part("At first", |writer| match before.deficiencies.is_empty() {
                true => route::held(writer, before),
                false => missing(writer, before),
            });
            writer.part("Cured", |writer| writer.line(Tone::Good, format!("✓ {}", report.corrected_fields.join(", "))));
        }
        let complete = if request.deficiencies.is_empty() { "Complete" } else { "Missing" };
        writer.part(complete, |writer| missing(writer, request));
        writer.part("Serve", |writer| route::route(writer, request));
        writer.part("Verified", |writer| verified::verified(writer, report));
        writer.part("Decided", |writer| decided::decided(writer, report));
        writer.part("Left", |writer| decided::left(writer, report));
        writer.part("Authority", |writer| decided::authorised(writer, report));
        writer.part("Burned", |writer| burned::burned(writer, report));
        writer.part("Cost", |writer| cost::cost(writer, report));
        writer.part("Outcome", |writer| outcome(writer, request));
        writer.part("Owed", |writer| owed(writer, request));
        writer.part("Written", |writer| letters(writer, request));
        writer.part("Timeline", |writer| timeline(writer, request));
    }
    writer.part("Expected", |writer| checks(writer, report));
}

fn letter(writer: &mut Writer<'_>, text: &str) {
    let paragraphs = text.split("\n\n");
    let shown: Vec<&str> = if writer.verbose {
        paragraphs.collect()
    } else {
        paragraphs.filter(|text| !text.contains('\n') && text.chars().count() >= PARAGRAPH).take(1).collect()
    };
    for paragraph in shown {
        writer.line(Tone::Faint, paragraph);
        if writer.verbose {
            writer.line(Tone::Faint, " ");
        }
    }
}

fn asks(writer: &mut Writer<'_>, request: &LegalRequest) {
    if let Some(requester) = &request.requester {
        let kind = spoken("rogatory.rulebook.v1.AuthorityKind", requester.authority_kind);
        writer.line(Tone::Strong, format!("{} ({kind}, {})", requester.agency_name, requester.country));
    }
    if let Some(instrument) = &request.instrument {
        let mut paper = vec![spoken("rogatory.rulebook.v1.InstrumentKind", instrument.kind)];
        for text in [&instrument.title, &instrument.reference] {
            if !text.is_empty() && !paper.contains(&text.to_lowercase()) {
                paper.push(text.clone());
            }
        }
        if let Some(issued) = &instrument.issue_time {
            paper.push(day(issued));
        }
        let matter = spoken("rogatory.rulebook.v1.MatterType", request.matter_type);
        writer.line(Tone::Plain, format!("{} · {matter} matter", paper.join(", ")));
    }
    if let Some(emergency) = &request.emergency {
        writer.line(Tone::Bad, format!("emergency: {}", emergency.threat));
    }
    for target in &request.targets {
        let residence = if target.residence_country.is_empty() { "unknown" } else { &target.residence_country };
        let items: Vec<&str> = request
            .items
            .iter()
            .filter(|item| item.target_ids.is_empty() || item.target_ids.contains(&target.target_id))
            .map(|item| item.element.as_str())
            .collect();
        writer.line(Tone::Plain, format!("about {}, resident in {residence}: {}", target.target_id, items.join(", ")));
        for piece in &target.residence_evidence {
            let kind = spoken("rogatory.rulebook.v1.ResidenceEvidenceKind", piece.kind);
            let on = piece.record_time.as_ref().map(day).unwrap_or_default();
            let text = format!("the platform knows: {kind} in {} ({}, {on})", piece.country, piece.source);
            writer.line(Tone::Faint, text);
        }
    }
    if let Some(received) = &request.receive_time {
        writer.line(Tone::Faint, format!("received {} as {}", moment(received), request.name));
    }
}

fn missing(writer: &mut Writer<'_>, request: &LegalRequest) {
    if request.deficiencies.is_empty() {
        // Of a request that nobody looked at in this way, nothing is said.
        let complete = |found: &&Condition| found.r#type() == condition::Type::Complete;
        if request.conditions.iter().find(complete).is_some_and(|found| found.status() == condition::Status::True) {
            writer.line(Tone::Good, "✓ nothing required is missing [Guide §4]");
        }
        return;
    }
    // The same thing missing in several places is told once.
    let mut told: Vec<(&Deficiency, Vec<&str>)> = Vec::new();
    for deficiency in &request.deficiencies {
        match told.iter_mut().find(|(known, _)| known.code == deficiency.code) {
            Some((_, fields)) => fields.push(&deficiency.field),
            None => told.push((deficiency, vec![&deficiency.field])),
        }
    }
    for (deficiency, fields) in told {
        let text = format!(
            "{}\n{} ({})",
            cited(&deficiency.sentence, &deficiency.citations),
            deficiency.cure,
            fields.join(", ")
        );
        writer.row([cell(23, Tone::Bad, format!("✗ {}", deficiency.item)), rest(Tone::Plain, text)]);
    }
}

fn attempt(attempt: &Attempt) -> String {
    format!("! {} tried {} and was refused ({}): {}", attempt.who, attempt.what, attempt.reason, attempt.message)
}

/// What was decided of the request as a whole.
fn outcome(writer: &mut Writer<'_>, request: &LegalRequest) {
    let state = spoken("rogatory.intake.v1.LegalRequest.State", request.state);
    let text = if request.outcome == 0 {
        state
    } else {
        format!("{state}: {}", spoken("rogatory.intake.v1.LegalRequest.Outcome", request.outcome))
    };
    writer.line(Tone::Strong, text);
    writer.findings(&request.findings);
}

fn owed(writer: &mut Writer<'_>, request: &LegalRequest) {
    for owed in &request.obligations {
        let due = owed.due_time.as_ref().map(|due| format!(" Due {}.", moment(due))).unwrap_or_default();
        let text = format!("{}{due}", cited(&owed.sentence, &owed.citations));
        match &owed.settle_time {
            Some(settled) => writer.line(Tone::Good, format!("✓ {text} Met {}.", moment(settled))),
            None => writer.line(Tone::Open, format!("! {text}")),
        }
    }
}

fn letters(writer: &mut Writer<'_>, request: &LegalRequest) {
    for letter in &request.letters {
        writer.row([cell(15, Tone::Plain, letter.template.clone()), rest(Tone::Plain, letter.subject.clone())]);
        if writer.verbose {
            for paragraph in letter.body.lines() {
                writer.line(Tone::Faint, if paragraph.is_empty() { " " } else { paragraph });
            }
        }
    }
}

fn timeline(writer: &mut Writer<'_>, request: &LegalRequest) {
    let start = request.timeline.first().and_then(|entry| entry.entry_time.as_ref()).map(time);
    for entry in &request.timeline {
        let after = entry.entry_time.as_ref().map(time).zip(start).map(|(at, start)| at - start).unwrap_or_default();
        let seconds = format!("+{}.{:03} s", after.num_seconds(), after.subsec_nanos() / 1_000_000);
        let actor = entry.actor.split_once(':').map_or(entry.actor.as_str(), |(_, who)| who);
        writer.row([
            right(9, Tone::Faint, seconds),
            cell(13, Tone::Faint, actor),
            cell(12, Tone::Plain, spoken("rogatory.intake.v1.LegalRequest.State", entry.state)),
            rest(Tone::Plain, entry.sentence.clone()),
        ]);
    }
}

fn checks(writer: &mut Writer<'_>, report: &Report) {
    if let Some(fault) = &report.fault {
        writer.line(Tone::Bad, format!("✗ broke off: {fault}"));
    }
    for check in report.checks.iter().filter(|check| !check.holds()) {
        let text = format!("✗ {}: expected {}, found {}", check.subject, check.expected, check.found);
        writer.line(Tone::Bad, text);
    }
    let held = report.checks.iter().filter(|check| check.holds()).count();
    let (mark, tone) = if report.passed() { ("✓", Tone::Good) } else { ("·", Tone::Plain) };
    let seconds = report.elapsed.as_secs_f32();
    writer.line(tone, format!("{mark} {held} of {} expectations hold, after {seconds:.1} s", report.checks.len()));
}
