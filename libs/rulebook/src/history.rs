//! Which revision decides at an instant.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{Digest, Fault, Provenance, Revision, Rules, State};

/// A published revision with its rules, read and checked.
#[derive(Debug)]
pub struct Published<T> {
    revision: Revision,
    publish_time: DateTime<Utc>,
    effective_time: DateTime<Utc>,
    rules: T,
}

/// A stored revision cannot be used as what decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionUnusable {
    /// It is a draft, or its times are missing.
    #[error("{name} is not published")]
    NotPublished {
        /// Resource name of the revision.
        name: String,
    },
    /// Its text is not the one that its digest names.
    #[error("the text of {name} does not have the digest that it was published under")]
    Altered {
        /// Resource name of the revision.
        name: String,
    },
    /// Its text cannot be read by this version of the program.
    #[error("{name} cannot be read by this version of the program: {}", first(faults))]
    Unreadable {
        /// Resource name of the revision.
        name: String,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

impl<T: Rules> Published<T> {
    /// Reads the rules of a published revision.
    ///
    /// # Errors
    /// When it is a draft, when its text was altered, or when the rules cannot be read.
    pub fn new(revision: Revision) -> Result<Self, RevisionUnusable> {
        let name = || revision.name.clone();
        let (State::Published, Some(publish_time), Some(effective_time)) =
            (revision.state, revision.publish_time, revision.effective_time)
        else {
            return Err(RevisionUnusable::NotPublished { name: name() });
        };
        if Digest::of(&revision.text) != revision.digest {
            return Err(RevisionUnusable::Altered { name: name() });
        }
        let rules = T::parse(&revision.text).map_err(|faults| RevisionUnusable::Unreadable { name: name(), faults })?;
        Ok(Self { revision, publish_time, effective_time, rules })
    }
}

impl<T> Published<T> {
    /// The rules.
    pub const fn rules(&self) -> &T {
        &self.rules
    }

    /// The revision that they stand in.
    pub const fn revision(&self) -> &Revision {
        &self.revision
    }

    /// When it was published.
    pub const fn publish_time(&self) -> DateTime<Utc> {
        self.publish_time
    }

    /// From when it decides.
    pub const fn effective_time(&self) -> DateTime<Utc> {
        self.effective_time
    }

    /// The provenance of a decision that these rules made.
    pub fn provenance(
        &self,
        engine_version: &str,
        decide_time: DateTime<Utc>,
        rules_time: DateTime<Utc>,
    ) -> Provenance {
        Provenance {
            revision: self.revision.name.clone(),
            digest: self.revision.digest,
            engine_version: engine_version.to_owned(),
            decide_time,
            rules_time,
        }
    }

    /// The order in which revisions of one document take over from each other: by effective time, and of two with the
    /// same one the later published decides. The name (which sorts by time of drafting) settles what is left, so that
    /// every replica comes to the same answer.
    fn precedence(&self) -> (DateTime<Utc>, DateTime<Utc>, &str) {
        (self.effective_time, self.publish_time, &self.revision.name)
    }
}

/// Every published revision of one kind, by document and in order of precedence.
#[derive(Debug)]
pub struct History<T> {
    documents: BTreeMap<String, Vec<Arc<Published<T>>>>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { documents: BTreeMap::new() }
    }
}

impl<T> Clone for History<T> {
    fn clone(&self) -> Self {
        Self { documents: self.documents.clone() }
    }
}

impl<T> FromIterator<Arc<Published<T>>> for History<T> {
    fn from_iter<I: IntoIterator<Item = Arc<Published<T>>>>(published: I) -> Self {
        let mut documents = BTreeMap::<String, Vec<_>>::new();
        for one in published {
            documents.entry(one.revision.document.clone()).or_default().push(one);
        }
        for revisions in documents.values_mut() {
            revisions.sort_by(|a, b| a.precedence().cmp(&b.precedence()));
        }
        Self { documents }
    }
}

impl<T> History<T> {
    /// The revision of a document that decides at an instant: the one with the latest effective time that is not after
    /// it. None before the first takes effect: the answer is then a named hold, never a guess.
    #[must_use]
    pub fn in_force(&self, document: &str, at: DateTime<Utc>) -> Option<&Arc<Published<T>>> {
        let revisions = self.documents.get(document)?;
        let begun = revisions.partition_point(|one| one.effective_time <= at);
        revisions.get(begun.checked_sub(1)?)
    }

    /// The published revision with this resource name, for replay.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Published<T>>> {
        self.iter().find(|one| one.revision.name == name)
    }

    /// The documents of which anything was published.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// Every published revision, by document and in order of precedence.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Published<T>>> {
        self.documents.values().flatten()
    }
}
