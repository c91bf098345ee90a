//! What each happening does to a request: the state that follows, what stands beside it, what is told and what is to be
//! done next. Every move goes through the graph; nothing else sets a state.

mod deciding;
mod disclosing;
mod ending;
mod filing;
mod reopening;
mod routing;
mod scoping;
mod verifying;

use chrono::{DateTime, Utc};

use super::{
    docket::Work,
    follow_up,
    lifecycle::{Graph, Refusal, Trigger},
    progress::{Entry, Progress},
    request::LegalRequest,
    state::State,
};

/// Who does something, when, and by which graph.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Who.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// What is told of a happening.
struct Telling {
    kind: &'static str,
    sentence: String,
    facts: Vec<(&'static str, String)>,
}

impl Telling {
    fn new(kind: &'static str, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), facts: Vec::new() }
    }

    fn fact(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((key, value.into()));
        self
    }
}

impl LegalRequest {
    /// Moves by the graph and tells of it.
    fn go(&mut self, moment: Moment<'_>, trigger: Trigger, telling: Telling) -> Result<Progress, Refusal> {
        self.state = moment.graph.next(trigger, self.state, &self.conditions)?;
        let progress = self.tell(moment, telling);
        if self.state != State::Closed {
            return Ok(progress);
        }
        if !self.production.data {
            follow_up::lapse(self);
        }
        // Routing counts the plans of open requests.
        Ok(progress.then(self.latest_plan.map(|plan| Work::ClosePlan { plan })))
    }

    /// Tells of something that leaves the state as it is.
    fn tell(&mut self, moment: Moment<'_>, telling: Telling) -> Progress {
        self.update_time = moment.now;
        let facts = telling.facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let entry = Entry {
            entry_time: moment.now,
            actor: moment.actor.to_owned(),
            kind: telling.kind.to_owned(),
            state: self.state,
            sentence: telling.sentence,
            facts,
        };
        Progress { entries: vec![entry], work: Vec::new() }
    }
}
