//! Compares what became of a case with what it expects.

use std::collections::BTreeMap;

use rogatory_proto::{
    google::r#type::Money,
    rogatory::{
        disclosure::v1::{Decision, ItemResult, Production},
        intake::v1::LegalRequest,
        routing::v1::Leg,
        verification::v1::verification,
    },
};

use super::report::{Check, Report};
use crate::cases::{Expect, ExpectLeg, message::word};

/// Every expectation with what was found.
pub(super) fn compare(expect: &Expect, report: &Report) -> Vec<Check> {
    let mut checks = Checks(Vec::new());
    let none = LegalRequest::default();
    let request = report.request.as_ref().unwrap_or(&none);
    checks.add("state", &expect.state, state(request));
    if let Some(outcome) = &expect.outcome {
        checks.add("outcome", outcome, word("rogatory.intake.v1.LegalRequest.Outcome", request.outcome));
    }
    if let Some(before) = &expect.state_before_correction {
        checks.add(
            "state before the correction",
            before,
            report.before_correction.as_ref().map_or_else(none_word, state),
        );
    }
    let deficient = report.before_correction.as_ref().unwrap_or(request);
    let missing: Vec<&str> = deficient.deficiencies.iter().map(|missing| missing.code.as_str()).collect();
    checks.add_list("deficiencies", &expect.deficiencies, &missing);
    route(expect, request, &mut checks);
    verification(expect, report, &mut checks);
    decision(expect, report, &mut checks);
    authority(expect, report, &mut checks);
    burned(expect, report, &mut checks);
    cost(expect, report, &mut checks);
    checks.add_list("files that left", &expect.produced, &files(report.production.as_ref()));
    let owed: Vec<&str> =
        request.obligations.iter().filter(|owed| owed.settle_time.is_none()).map(|owed| owed.code.as_str()).collect();
    checks.add_list("obligations", &expect.obligations, &owed);
    let letters: Vec<&str> = request.letters.iter().map(|letter| letter.template.as_str()).collect();
    checks.add_list("letters", &expect.letters, &letters);
    checks.0
}

struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, subject: &str, expected: &str, found: impl Into<String>) {
        self.0.push(Check { subject: subject.to_owned(), expected: expected.to_owned(), found: found.into() });
    }

    fn add_list(&mut self, subject: &str, expected: &[String], found: &[&str]) {
        let list = |words: Vec<&str>| if words.is_empty() { none_word() } else { words.join(", ") };
        let expected = list(expected.iter().map(String::as_str).collect());
        let found = list(found.to_vec());
        self.0.push(Check { subject: subject.to_owned(), expected, found });
    }
}

fn none_word() -> String {
    "none".to_owned()
}

fn state(request: &LegalRequest) -> String {
    word("rogatory.intake.v1.LegalRequest.State", request.state)
}

fn route(expect: &Expect, request: &LegalRequest, checks: &mut Checks) {
    let verdict = request
        .plan
        .as_ref()
        .map_or_else(none_word, |plan| word("rogatory.routing.v1.RoutePlan.Verdict", plan.verdict));
    if let Some(expected) = &expect.verdict {
        checks.add("verdict of the plan", expected, verdict);
    }
    if expect.leg.is_empty() {
        return;
    }
    let legs = request.plan.as_ref().map(|plan| plan.legs.as_slice()).unwrap_or_default();
    checks.add("number of legs", &expect.leg.len().to_string(), legs.len().to_string());
    for expected in &expect.leg {
        // A user with several residences is on several legs, which their rows tell apart.
        let row = |leg: &&Leg| expected.guide_row.as_ref().is_none_or(|row| *row == leg.guide_row);
        let mut of_targets = legs.iter().filter(|leg| leg.target_ids == expected.targets);
        let leg = of_targets.clone().find(row).or_else(|| of_targets.next());
        leg_of(expected, leg, checks);
        findings_of(expected, leg, request, checks);
    }
}

fn leg_of(expect: &ExpectLeg, leg: Option<&Leg>, checks: &mut Checks) {
    let who = expect.targets.join(", ");
    let found = |value: Option<String>| value.unwrap_or_else(none_word);
    let status = leg.map(|leg| word("rogatory.routing.v1.Leg.Status", leg.status));
    checks.add(&format!("leg of {who}"), expect.status.as_deref().unwrap_or("routed"), found(status));
    let contact = leg.and_then(|leg| leg.contact.as_ref()).map(|contact| contact.legal_name.clone());
    checks.add(&format!("contact of {who}"), expect.contact.as_deref().unwrap_or("none"), found(contact));
    if let Some(row) = &expect.guide_row {
        checks.add(&format!("guide row of {who}"), row, found(leg.map(|leg| leg.guide_row.clone())));
    }
    for (channel, standing) in &expect.channels {
        let channels = leg.map(|leg| leg.channels.as_slice()).unwrap_or_default();
        let of = channels.iter().find(|of| word("rogatory.routing.v1.Channel.Kind", of.kind) == *channel);
        let standing_found = of.map(|of| word("rogatory.routing.v1.Channel.Standing", of.standing));
        checks.add(&format!("channel {channel} of {who}"), standing, found(standing_found));
    }
}

/// Whether each code that is expected of a leg stands among its findings or those of its targets.
fn findings_of(expect: &ExpectLeg, leg: Option<&Leg>, request: &LegalRequest, checks: &mut Checks) {
    let targets = request.plan.iter().flat_map(|plan| &plan.targets);
    let of_targets =
        targets.filter(|target| expect.targets.contains(&target.target_id)).flat_map(|target| &target.findings);
    let found: Vec<&str> =
        leg.into_iter().flat_map(|leg| &leg.findings).chain(of_targets).map(|finding| finding.code.as_str()).collect();
    for code in &expect.findings {
        let seen = if found.contains(&code.as_str()) { code.clone() } else { found.join(", ") };
        checks.add(&format!("finding on {}", expect.targets.join(", ")), code, seen);
    }
}

fn verification(expect: &Expect, report: &Report, checks: &mut Checks) {
    let Some(expected) = &expect.verification else { return };
    let found = report.verification.as_ref().map_or_else(none_word, |verification| {
        let state = word("rogatory.verification.v1.Verification.State", verification.state);
        match verification.state() {
            verification::State::Verified => {
                format!("{state}, {}", word("rogatory.verification.v1.Verification.Level", verification.level))
            }
            _ => state,
        }
    });
    checks.add("verification", expected, found);
    let findings =
        report.verification.as_ref().map(|verification| verification.findings.as_slice()).unwrap_or_default();
    let found: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    for code in &expect.verification_findings {
        let seen = if found.contains(&code.as_str()) { code.clone() } else { found.join(", ") };
        checks.add("finding of the verification", code, seen);
    }
    if let Some(expected) = expect.secondings {
        let found = report.verification.as_ref().map_or(0, |verification| verification.approvals.len());
        checks.add("people who vouched for the emergency", &expected.to_string(), found.to_string());
    }
}

/// What is found after it turned out that a mail domain was in the hands of others.
fn burned(expect: &Expect, report: &Report, checks: &mut Checks) {
    let Some(expected) = &expect.burned else { return };
    let reopened = report.burned.as_ref().map(|burned| burned.compromise.verifications_reopened.to_string());
    checks.add("verifications reopened", &expected.reopened.to_string(), reopened.unwrap_or_else(none_word));
    let grant = report.grant.as_ref().map(|grant| word("rogatory.disclosure.v1.Grant.State", grant.state));
    checks.add("grant", &expected.grant, grant.unwrap_or_else(none_word));
    let users: Vec<&str> = report
        .burned
        .iter()
        .flat_map(|burned| &burned.productions)
        .flat_map(|left| &left.platform_ids)
        .map(String::as_str)
        .collect();
    checks.add_list("users concerned", &expected.users, &users);
}

fn files(production: Option<&Production>) -> Vec<&str> {
    production.into_iter().flat_map(|left| &left.files).map(|file| file.file_name.as_str()).collect()
}

/// What was decided and left beside the rest, once a competent authority had approved.
fn authority(expect: &Expect, report: &Report, checks: &mut Checks) {
    let Some(expected) = &expect.authority else { return };
    let authorised = report.authorised.as_ref();
    items("after the authority's approval, ", &expected.items, authorised.map(|found| &found.decision), checks);
    let approvals = authorised.map_or(0, |found| found.decision.approvals.len());
    checks.add("approvals after the authority's", &expected.approvals.to_string(), approvals.to_string());
    let left = files(authorised.and_then(|found| found.production.as_ref()));
    checks.add_list("files that left after the authority's approval", &expected.produced, &left);
}

fn items(when: &str, expected: &BTreeMap<String, String>, decision: Option<&Decision>, checks: &mut Checks) {
    let results = decision.map(|decision| decision.results.as_slice()).unwrap_or_default();
    for (key, expected) in expected {
        let found = results.iter().find(|result| is_item(result, key));
        let found = found.map(|result| word("rogatory.disclosure.v1.ItemResult.Result", result.result));
        checks.add(&format!("{when}item {key}"), expected, found.unwrap_or_else(none_word));
    }
    if !expected.is_empty() {
        checks.add(&format!("{when}number of items decided"), &expected.len().to_string(), results.len().to_string());
    }
}

fn decision(expect: &Expect, report: &Report, checks: &mut Checks) {
    items("", &expect.items, report.decision.as_ref(), checks);
    if let Some(expected) = expect.approvals {
        let found = report.decision.as_ref().map_or(0, |decision| decision.approvals.len());
        checks.add("approvals", &expected.to_string(), found.to_string());
    }
}

fn is_item(result: &ItemResult, key: &str) -> bool {
    let Some(item) = &result.item else { return false };
    match key.split_once('/') {
        Some((item_id, target_id)) => item.item_id == item_id && item.target_id == target_id,
        None => item.item_id == key,
    }
}

fn cost(expect: &Expect, report: &Report, checks: &mut Checks) {
    for (contact, expected) in &expect.quotes {
        let of = |quote: &&rogatory_proto::rogatory::billing::v1::Quote| {
            quote.contact.as_ref().is_some_and(|found| found.contact_id == *contact)
        };
        let found = report.quotes.iter().find(of);
        let found = found.map(|quote| word("rogatory.billing.v1.Quote.State", quote.state));
        checks.add(&format!("quote of {contact}"), expected, found.unwrap_or_else(none_word));
    }
    for (contact, expected) in &expect.invoices {
        let of = |invoice: &&rogatory_proto::rogatory::billing::v1::Invoice| {
            invoice.contact.as_ref().is_some_and(|found| found.contact_id == *contact)
        };
        let total = report.invoices.iter().find(of).and_then(|invoice| invoice.total.as_ref()).map(money);
        checks.add(&format!("invoice of {contact}"), expected, total.unwrap_or_else(none_word));
    }
}

/// An amount with its currency, to the hundredth: `USD 150.00`. Smaller parts are shown when there are any.
pub(crate) fn money(amount: &Money) -> String {
    let sign = if amount.units < 0 || amount.nanos < 0 { "-" } else { "" };
    let (units, nanos) = (amount.units.unsigned_abs(), amount.nanos.unsigned_abs());
    let fraction = format!("{nanos:09}");
    let shown = fraction.trim_end_matches('0');
    format!("{} {sign}{units}.{shown:0<2}", amount.currency_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_printed_to_the_hundredth_and_never_rounded() {
        let of = |units, nanos| money(&Money { currency_code: "USD".to_owned(), units, nanos });
        assert_eq!(of(150, 0), "USD 150.00");
        assert_eq!(of(0, 250_000_000), "USD 0.25");
        assert_eq!(of(-3, -500_000_000), "USD -3.50");
        assert_eq!(of(1, 5_000_000), "USD 1.005");
    }
}
