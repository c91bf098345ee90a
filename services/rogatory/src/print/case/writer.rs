//! Writes the parts of a report under their labels, and no sentence twice.

use std::collections::HashSet;

use rogatory_proto::rogatory::rulebook::v1::{Effect, Finding};

use super::super::{
    page::{Cell, Page, Tone, cell, rest},
    words::finding,
};

/// Width of the labels at the left.
const LABEL: usize = 10;

/// Writes the parts of one report.
pub(super) struct Writer<'a> {
    page: &'a mut Page,
    /// Whether everything is written, or what a reader needs.
    pub(super) verbose: bool,
    /// Findings that stand on the page already.
    said: HashSet<String>,
    label: Option<&'static str>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(page: &'a mut Page, verbose: bool) -> Self {
        Self { page, verbose, said: HashSet::new(), label: None }
    }

    /// Begins a part. Its label stands beside its first row; a part without rows leaves no trace.
    pub(super) fn part(&mut self, label: &'static str, write: impl FnOnce(&mut Self)) {
        self.label = Some(label);
        write(self);
        if self.label.take().is_none() {
            self.page.blank();
        }
    }

    /// A row of the part.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut row = vec![cell(LABEL, Tone::Strong, self.label.take().unwrap_or_default())];
        row.extend(cells);
        self.page.row(2, &row);
    }

    /// A row of one text.
    pub(super) fn line(&mut self, tone: Tone, text: impl Into<String>) {
        self.row([rest(tone, text)]);
    }

    /// Those of `findings` that decide and do not stand on the page yet, a line each.
    pub(super) fn findings<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        for found in findings {
            if self.verbose || (found.effect() != Effect::Notes && !self.said.contains(&found.sentence)) {
                self.say(found);
            }
        }
    }

    /// All of `findings` that do not stand on the page yet, a line each, those that only note something too.
    pub(super) fn all<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        for found in findings {
            if self.verbose || !self.said.contains(&found.sentence) {
                self.say(found);
            }
        }
    }

    /// A finding as a line, whatever it does.
    pub(super) fn say(&mut self, found: &Finding) {
        self.said.insert(found.sentence.clone());
        self.line(Tone::Plain, finding(found));
    }

    /// Notes that `findings` are written in another way.
    pub(super) fn said<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        self.said.extend(findings.into_iter().map(|found| found.sentence.clone()));
    }
}
