//! One line on the terminal that says what goes on, and nothing where there is no terminal.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _, stderr},
    sync::{Mutex, PoisonError},
};

use crate::play;

/// The line. It stands on standard error, so that standard output is the report alone.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    width: usize,
    cases: Mutex<BTreeMap<String, String>>,
}

impl Progress {
    /// A line for a terminal of `columns` characters; silent when standard error is none.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { shown: stderr().is_terminal(), width: columns.saturating_sub(1), cases: Mutex::default() }
    }

    /// Says something that belongs to no case.
    pub fn say(&self, text: &str) {
        self.draw(text);
    }

    /// Takes the line away, before something is printed.
    pub fn clear(&self) {
        self.draw("");
    }

    fn draw(&self, text: &str) {
        if self.shown {
            let line: String = text.chars().take(self.width).collect();
            // Nothing is lost when the terminal does not take it.
            let _ = write!(stderr(), "\r\x1b[2K{line}");
            let _ = stderr().flush();
        }
    }
}

impl play::Progress for Progress {
    fn step(&self, name: &str, state: &str) {
        if !self.shown {
            return;
        }
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        cases.insert(name.to_owned(), state.to_owned());
        let done = cases.values().filter(|state| *state == "done").count();
        let under_way: Vec<String> = cases
            .iter()
            .filter(|(_, state)| *state != "done")
            .map(|(name, state)| format!("{} {}", name.split('-').next().unwrap_or_default(), state.replace('-', " ")))
            .collect();
        self.draw(&format!("  {done} of {} cases done · {}", cases.len(), under_way.join(" · ")));
    }
}
