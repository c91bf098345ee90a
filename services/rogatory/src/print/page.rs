//! A page: rows of cells, each wrapped in its own column.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// The widest page; longer lines are hard to read.
const WIDEST: usize = 110;
const NARROWEST: usize = 64;
/// The narrowest column in which a sentence is read with ease.
const READABLE: usize = 28;

/// How a cell is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// Names of things, headings.
    Strong,
    /// What stands behind: citations, times.
    Faint,
    /// Went well, is permitted.
    Good,
    /// Is refused, went wrong.
    Bad,
    /// Waits, is narrowed, needs confirmation.
    Open,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red),
            Self::Open => colour(AnsiColor::Yellow),
        }
    }
}

/// A cell of a row: its text, how wide its column is, and how it is meant.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    width: usize,
    tone: Tone,
    right: bool,
}

/// A cell of a column of `width` characters.
pub(super) fn cell(width: usize, tone: Tone, text: impl Into<String>) -> Cell {
    Cell { text: text.into(), width, tone, right: false }
}

/// A cell of a column of `width` characters, whose lines stand at its right edge: numbers.
pub(super) fn right(width: usize, tone: Tone, text: impl Into<String>) -> Cell {
    Cell { right: true, ..cell(width, tone, text) }
}

/// A cell that takes the rest of the line.
pub(super) fn rest(tone: Tone, text: impl Into<String>) -> Cell {
    cell(0, tone, text)
}

/// A page that is being written.
#[derive(Debug)]
pub struct Page {
    width: usize,
    text: String,
}

impl Page {
    /// An empty page for a terminal of `columns` characters; wide terminals leave the right side free.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { width: columns.clamp(NARROWEST, WIDEST), text: String::new() }
    }

    /// What was written, with its styles.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A rule across the page with a heading in it, and a word at its end.
    pub(super) fn heading(&mut self, heading: &str, end: &str, tone: Tone) {
        let used = visible(heading) + visible(end) + 8;
        let line = "━".repeat(self.width.saturating_sub(used).max(3));
        let (strong, plain) = (Tone::Strong.style(), tone.style());
        let _ = writeln!(self.text, "━━ {strong}{heading}{strong:#} {line} {plain}{end}{plain:#} ━━");
    }

    /// A thin rule across the page.
    pub(super) fn rule(&mut self, indent: usize) {
        let _ = writeln!(self.text, "{}{}", " ".repeat(indent), "─".repeat(self.width.saturating_sub(indent)));
    }

    /// A line that is meant to be copied, as it is.
    pub(super) fn verbatim(&mut self, line: &str) {
        let _ = writeln!(self.text, "  {line}");
    }

    /// How many characters a line has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A row of cells after `indent` spaces, each wrapped in its column, with two spaces between columns. Where the rest
    /// of the line is too narrow to read, the last cell goes below the others.
    pub(super) fn row(&mut self, indent: usize, cells: &[Cell]) {
        let gaps = 2 * cells.len().saturating_sub(1);
        let fixed: usize = cells.iter().map(|cell| cell.width).sum();
        let free = self.width.saturating_sub(indent + fixed + gaps);
        if let [lead @ .., last] = cells
            && last.width == 0
            && !lead.is_empty()
            && free < READABLE
        {
            self.row(indent, lead);
            if !last.text.is_empty() {
                let label = if let [label, _, ..] = lead { label.width + 2 } else { 0 };
                self.row(indent + label + 2, std::slice::from_ref(last));
            }
            return;
        }
        let widths: Vec<usize> = cells.iter().map(|cell| if cell.width == 0 { free } else { cell.width }).collect();
        let columns: Vec<Vec<String>> =
            cells.iter().zip(&widths).map(|(cell, width)| wrap(&cell.text, *width)).collect();
        for line in 0..columns.iter().map(Vec::len).max().unwrap_or_default() {
            let mut text = " ".repeat(indent);
            let mut owed = 0;
            for ((column, cell), width) in columns.iter().zip(cells).zip(&widths) {
                let part = column.get(line).map_or("", String::as_str);
                if !part.is_empty() {
                    let short = if cell.right { width.saturating_sub(visible(part)) } else { 0 };
                    text.push_str(&" ".repeat(owed + short));
                    owed = 0;
                    let style = cell.tone.style();
                    let _ = write!(text, "{style}{part}{style:#}");
                }
                owed += if cell.right && !part.is_empty() { 0 } else { width.saturating_sub(visible(part)) } + 2;
            }
            self.text.push_str(text.trim_end());
            self.text.push('\n');
        }
    }
}

/// Characters that stand on the line. The scripts of the cases are one column per character.
pub(super) fn visible(text: &str) -> usize {
    text.chars().count()
}

/// Breaks `text` at spaces, and inside a word only where the word alone is wider than the column. Line breaks stay.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word.to_owned();
            if !line.is_empty() && visible(&line) + 1 + visible(&word) > width {
                lines.push(std::mem::take(&mut line));
            }
            while line.is_empty() && visible(&word) > width {
                let head: String = word.chars().take(width).collect();
                word = word.chars().skip(width).collect();
                lines.push(head);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_wrap_in_their_columns() {
        let mut page = Page::new(64);
        page.row(2, &[cell(10, Tone::Plain, "a label of three lines"), rest(Tone::Plain, "word ".repeat(14))]);
        let expected = concat!(
            "  a label of  word word word word word word word word word word\n",
            "  three       word word word word\n",
            "  lines\n",
        );
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn a_word_that_fits_no_line_is_broken() {
        assert_eq!(wrap("ab abcdefgh c", 3), ["ab", "abc", "def", "gh", "c"]);
        assert_eq!(wrap("one\n\ntwo", 10), ["one", "", "two"]);
    }
}
