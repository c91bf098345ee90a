//! What of a window may leave: what the receipt, the paper, the retention, the law and the approval of an authority allow.

use chrono::{DateTime, Days, Utc};
use rogatory_rulebook::{Confirmation, Effect, Finding};

use super::{
    catalogue::Element,
    evaluate::{cited, unconfirmed},
    facts::{Facts, Window},
    policy::Policy,
};

/// What is left of a window that was asked for, and what was cut.
pub(super) struct Cut {
    /// None when nothing is left.
    pub(super) window: Option<Window>,
    pub(super) findings: Vec<Finding>,
}

/// Cuts a window. `approved` is the window of the approval without which the element would be held.
pub(super) fn cut(
    policy: &Policy,
    revision: &str,
    facts: &Facts,
    element: &Element,
    asked: Window,
    approved: Option<Window>,
) -> Cut {
    let mut cut = Cut { window: Some(asked), findings: Vec::new() };
    let own = |code, sentence: String, part| Finding::new(code, Effect::Refuses, sentence, policy.cite(revision, part));
    cut.end(facts.receive_time, || {
        vec![own(
            "WINDOW_CUT_TO_RECEIPT",
            "A request reaches what there is when it is received, not what comes after.".to_owned(),
            "[[window]]",
        )]
    });
    if let Some(period) = facts.instrument_period {
        cut.to(period, || {
            vec![own(
                "WINDOW_CUT_TO_INSTRUMENT",
                "The paper covers a shorter period than is asked for.".to_owned(),
                "[[window]]",
            )]
        });
    }
    if let Some(days) = policy.retention.get(&element.key) {
        cut.start(before(facts.receive_time, *days), || {
            let sentence = format!("`{}` is kept for {days} days; what is older is not held any more.", element.key);
            vec![own("WINDOW_CUT_TO_RETENTION", sentence, "[retention]")]
        });
    }
    if let Some(window) = approved {
        cut.to(window, || {
            let sentence = "The competent authority approved a shorter period than is asked for.".to_owned();
            vec![own("WINDOW_CUT_TO_APPROVAL", sentence, "authority_approvals")]
        });
    }
    for rule in policy.windows.iter().filter(|rule| rule.countries.has(facts.authority_country)) {
        let Some(window) = cut.window else { break };
        cut.start(before(window.end, rule.longest_days), || {
            let sentence = format!("{} The longest is {} days.", rule.passage.reason, rule.longest_days);
            let finding = cited("WINDOW_CUT_TO_LONGEST", Effect::Refuses, sentence, &rule.passage.cite)
                .map(|finding| finding.citing([policy.cite(revision, "[[window]]")]));
            let note = (rule.status != Confirmation::Confirmed)
                .then(|| unconfirmed("WINDOW_CUT_TO_LONGEST", &rule.passage.cite))
                .flatten();
            finding.into_iter().chain(note).collect()
        });
    }
    if cut.window.is_none() {
        let sentence = "Nothing is left of the window that was asked for.".to_owned();
        cut.findings.push(own("NOTHING_LEFT_OF_WINDOW", sentence, "[[window]]"));
    }
    cut
}

/// What of a window the receipt, the paper and the retention leave, whatever an authority approved.
pub(super) fn reach(policy: &Policy, facts: &Facts, element: &Element, window: Window) -> Option<Window> {
    let kept = policy.retention.get(&element.key).map(|days| before(facts.receive_time, *days));
    let there = Window { start: kept.unwrap_or(DateTime::<Utc>::MIN_UTC), end: facts.receive_time };
    let left = window.intersection(&there)?;
    facts.instrument_period.map_or(Some(left), |period| left.intersection(&period))
}

impl Cut {
    fn to(&mut self, limit: Window, why: impl FnOnce() -> Vec<Finding>) {
        let Some(window) = self.window.filter(|window| !limit.encloses(window)) else { return };
        self.window = window.intersection(&limit);
        self.findings.extend(why());
    }

    fn start(&mut self, earliest: DateTime<Utc>, why: impl FnOnce() -> Vec<Finding>) {
        self.to(Window { start: earliest, end: DateTime::<Utc>::MAX_UTC }, why);
    }

    fn end(&mut self, latest: DateTime<Utc>, why: impl FnOnce() -> Vec<Finding>) {
        self.to(Window { start: DateTime::<Utc>::MIN_UTC, end: latest }, why);
    }
}

/// So many days before; the earliest time there is where the calendar does not reach so far.
fn before(time: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    time.checked_sub_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
