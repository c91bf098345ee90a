//! What was decided of each item, and what left.

use rogatory_proto::rogatory::{
    disclosure::v1::{AuthorityApproval, Decision, ItemResult, Production, item_result},
    rulebook::v1::Effect,
};

use super::{
    super::{
        page::{Tone, cell, rest},
        words::{day, finding, spoken},
    },
    attempt,
    writer::Writer,
};
use crate::play::{Answered, Authorised, Report};

/// Code of the note that nobody has confirmed a rule by which an item was decided. It is shown to every reader.
const UNCONFIRMED: &str = "RULE_UNCONFIRMED";

pub(super) fn decided(writer: &mut Writer<'_>, report: &Report) {
    let Some(decision) = &report.decision else { return };
    decision_of(writer, decision);
    for tried in report.attempts.iter().filter(|tried| tried.what.starts_with("approving")) {
        writer.line(Tone::Open, attempt(tried));
    }
    items_of(writer, decision);
}

/// What a competent authority approved, what was decided of it, and what left beside the rest.
pub(super) fn authorised(writer: &mut Writer<'_>, report: &Report) {
    let Some(Authorised { approval, decision, asked, production }) = &report.authorised else { return };
    let AuthorityApproval { authority, country, reference, elements, .. } = approval;
    let when = approval.approve_time.as_ref().map(day).unwrap_or_default();
    let text = format!("✓ {authority} ({country}) approved {} on {when}: {reference}", elements.join(", "));
    writer.line(Tone::Good, text);
    decision_of(writer, decision);
    items_of(writer, decision);
    files_of(writer, asked, production.as_ref());
}

fn decision_of(writer: &mut Writer<'_>, decision: &Decision) {
    let state = spoken("rogatory.disclosure.v1.Decision.State", decision.state);
    let who: Vec<&str> =
        decision.approvals.iter().map(|approval| approval.actor.trim_start_matches("person:")).collect();
    let by = if who.is_empty() { String::new() } else { format!(" by {}", who.join(" and ")) };
    writer.line(Tone::Strong, format!("{state}{by}, {} needed", decision.approvals_required));
}

fn items_of(writer: &mut Writer<'_>, decision: &Decision) {
    for group in groups(decision, writer.verbose) {
        let (tone, mark) = mark(group.result);
        let result = spoken("rogatory.disclosure.v1.ItemResult.Result", group.result as i32);
        writer.row([
            cell(26, Tone::Plain, group.items.join("\n")),
            cell(21, tone, format!("{mark} {result}")),
            rest(Tone::Plain, group.why),
        ]);
    }
    writer.said(decision.results.iter().flat_map(|result| &result.findings));
    writer.findings(&decision.findings);
}

/// Items that came out the same for the same reasons.
struct Group {
    items: Vec<String>,
    result: item_result::Result,
    why: String,
}

fn groups(decision: &Decision, verbose: bool) -> Vec<Group> {
    let target = |result: &ItemResult| result.item.as_ref().map(|item| item.target_id.clone()).unwrap_or_default();
    let several = decision.results.windows(2).any(|two| target(&two[0]) != target(&two[1]));
    let mut groups: Vec<Group> = Vec::new();
    for result in &decision.results {
        let element = result.item.as_ref().map(|item| item.element.clone()).unwrap_or_default();
        let mut name = if several { format!("{}: {element}", target(result)) } else { element };
        if verbose {
            name.push_str(&format!("\n({})", spoken("rogatory.rulebook.v1.DataClass", result.data_class)));
        }
        let why = reasons(result, verbose);
        match groups.iter_mut().find(|group| group.result == result.result() && group.why == why) {
            Some(group) => group.items.push(name),
            None => groups.push(Group { items: vec![name], result: result.result(), why }),
        }
    }
    groups
}

fn reasons(result: &ItemResult, verbose: bool) -> String {
    let mut why: Vec<String> = result
        .findings
        .iter()
        .filter(|found| verbose || found.effect() != Effect::Notes || found.code == UNCONFIRMED)
        // Of what nobody has confirmed the sources stand with the rule.
        .map(|found| if found.code == UNCONFIRMED { format!("! {}", found.sentence) } else { finding(found) })
        .collect();
    if let (item_result::Result::AllowNarrowed, Some(window)) = (result.result(), &result.window) {
        let edge = |time: &Option<prost_types::Timestamp>| time.as_ref().map(day).unwrap_or_default();
        why.insert(0, format!("From {} to {} only.", edge(&window.start_time), edge(&window.end_time)));
    }
    why.join("\n")
}

fn mark(result: item_result::Result) -> (Tone, &'static str) {
    match result {
        item_result::Result::Allow => (Tone::Good, "✓"),
        item_result::Result::AllowNarrowed => (Tone::Open, "✓"),
        item_result::Result::HoldForAuthority => (Tone::Open, "‖"),
        item_result::Result::Withhold | item_result::Result::NeedsOtherProcess | item_result::Result::Unspecified => {
            (Tone::Bad, "✗")
        }
    }
}

/// What the data platform asked and was told, and what left.
pub(super) fn left(writer: &mut Writer<'_>, report: &Report) {
    files_of(writer, &report.asked, report.production.as_ref());
}

fn files_of(writer: &mut Writer<'_>, asked: &[Answered], production: Option<&Production>) {
    for asked in asked {
        let (tone, answer) = if asked.permitted { (Tone::Good, "✓ may leave") } else { (Tone::Bad, "✗ stays") };
        let why: Vec<String> = match asked.permitted && !writer.verbose {
            true => Vec::new(),
            false => asked.findings.iter().map(finding).collect(),
        };
        writer.row([
            cell(26, Tone::Plain, asked.file_name.clone()),
            cell(21, tone, answer),
            rest(Tone::Plain, why.join("\n")),
        ]);
    }
    if let Some(production) = production {
        let records: i64 = production.files.iter().map(|file| file.record_count).sum();
        let text = if production.no_data {
            "nothing was produced".to_owned()
        } else {
            let files = production.files.len();
            format!("{files} files with {records} records left; manifest {}", production.manifest_digest)
        };
        writer.line(Tone::Faint, text);
    }
}
