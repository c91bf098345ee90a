//! Which revision decides at an instant.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};

use crate::{Digest, Fault, Provenance, Revision, Rules, State};

/// A published revision with its rules, read and checked.
#[derive(Debug)]
pub struct Published<T> {
    revision: Arc<Revision>,
    publish_time: DateTime<Utc>,
    effective_time: DateTime<Utc>,
    rules: T,
}

/// A stored revision cannot be used as what decides. Nothing else decides in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} of {document} cannot be used: {cause}")]
pub struct RevisionUnusable {
    /// Resource name of the revision.
    pub name: String,
    /// The key of the document that it revises.
    pub document: String,
    /// What is wrong with it.
    pub cause: UnusableCause,
}

/// What is wrong with a revision that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnusableCause {
    /// It is a draft, or its times are missing.
    NotPublished,
    /// Its text is not in memory: [`History::supply`] it and ask again.
    NotRead,
    /// Its text is not the one that its digest names.
    Altered,
    /// This version of the program cannot read its text.
    Unreadable(Vec<Fault>),
}

impl fmt::Display for UnusableCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPublished => f.write_str("it is not published"),
            Self::NotRead => f.write_str("its text was not read"),
            Self::Altered => f.write_str("its text does not have the digest that it was published under"),
            Self::Unreadable(faults) => {
                f.write_str("this version of the program cannot read its text")?;
                faults.first().map_or(Ok(()), |first| write!(f, " ({first})"))
            }
        }
    }
}

/// When a revision was published and takes effect.
fn times(revision: &Revision) -> Result<(DateTime<Utc>, DateTime<Utc>), RevisionUnusable> {
    match (revision.state, revision.publish_time, revision.effective_time) {
        (State::Published, Some(publish_time), Some(effective_time)) => Ok((publish_time, effective_time)),
        _ => Err(unusable(revision, UnusableCause::NotPublished)),
    }
}

fn unusable(revision: &Revision, cause: UnusableCause) -> RevisionUnusable {
    RevisionUnusable { name: revision.name.clone(), document: revision.document.clone(), cause }
}

impl<T: Rules> Published<T> {
    /// Reads the rules of a published revision.
    ///
    /// # Errors
    /// When it is a draft, when its text was altered, or when the rules cannot be read.
    pub fn new(revision: impl Into<Arc<Revision>>) -> Result<Self, RevisionUnusable> {
        let revision = revision.into();
        let (publish_time, effective_time) = times(&revision)?;
        if Digest::of(&revision.text) != revision.digest {
            return Err(unusable(&revision, UnusableCause::Altered));
        }
        let rules =
            T::parse(&revision.text).map_err(|faults| unusable(&revision, UnusableCause::Unreadable(faults)))?;
        Ok(Self { revision, publish_time, effective_time, rules })
    }
}

impl<T> Published<T> {
    /// The rules.
    pub const fn rules(&self) -> &T {
        &self.rules
    }

    /// The revision that they stand in.
    pub fn revision(&self) -> &Revision {
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
}

/// A published revision whose rules are read when they are first asked for, and then kept.
#[derive(Debug)]
struct Entry<T> {
    /// With an empty text where that was left in the store.
    revision: Arc<Revision>,
    publish_time: DateTime<Utc>,
    effective_time: DateTime<Utc>,
    read: OnceLock<Result<Arc<Published<T>>, RevisionUnusable>>,
}

impl<T> Entry<T> {
    /// The order in which revisions of one document take over from each other: by effective time, and of two with the
    /// same one the later published decides. The name (which sorts by time of drafting) settles what is left, so that
    /// every replica comes to the same answer.
    fn precedence(&self) -> (DateTime<Utc>, DateTime<Utc>, &str) {
        (self.effective_time, self.publish_time, &self.revision.name)
    }
}

impl<T: Rules> Entry<T> {
    fn read(&self) -> Result<&Arc<Published<T>>, RevisionUnusable> {
        if self.is_outline() {
            return Err(unusable(&self.revision, UnusableCause::NotRead));
        }
        self.read_from(&self.revision)
    }

    /// Whether its text has still to be supplied.
    fn is_outline(&self) -> bool {
        self.revision.text.is_empty() && self.read.get().is_none()
    }

    fn read_from(&self, revision: &Arc<Revision>) -> Result<&Arc<Published<T>>, RevisionUnusable> {
        let read = self.read.get_or_init(|| {
            let published = Published::new(Arc::clone(revision)).map(Arc::new);
            if let Err(unusable) = &published {
                // Here and nowhere else, so that the log has it once and not with every decision that fails by it.
                tracing::error!(%unusable, "a published revision cannot be used");
            }
            published
        });
        read.as_ref().map_err(Clone::clone)
    }
}

/// Every published revision of one kind, by document and in order of precedence.
///
/// What is in it costs an outline until it decides: the rules of a revision are read, and its digest checked, when they are
/// first asked for; its text may be left in the store until then. One that cannot be used fails the decisions that it must
/// make, and no other.
#[derive(Debug)]
pub struct History<T> {
    documents: BTreeMap<String, Vec<Arc<Entry<T>>>>,
    names: HashMap<String, Arc<Entry<T>>>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { documents: BTreeMap::new(), names: HashMap::new() }
    }
}

impl<T> Clone for History<T> {
    fn clone(&self) -> Self {
        Self { documents: self.documents.clone(), names: self.names.clone() }
    }
}

impl<T> History<T> {
    /// This history and more published revisions; the text of each may be left out, and be supplied when it is asked for.
    /// What was read of it stays read; revisions that are in it already stay as they are.
    ///
    /// # Errors
    /// [`UnusableCause::NotPublished`] when one of them is a draft: it has no place in the order.
    pub fn with(&self, more: impl IntoIterator<Item = Revision>) -> Result<Self, RevisionUnusable> {
        let mut history = self.clone();
        for revision in more {
            let (publish_time, effective_time) = times(&revision)?;
            if history.contains(&revision.name) {
                continue;
            }
            let revision = Arc::new(revision);
            let entry = Arc::new(Entry {
                revision: Arc::clone(&revision),
                publish_time,
                effective_time,
                read: OnceLock::new(),
            });
            history.documents.entry(revision.document.clone()).or_default().push(Arc::clone(&entry));
            history.names.insert(revision.name.clone(), entry);
        }
        for revisions in history.documents.values_mut() {
            revisions.sort_by(|a, b| a.precedence().cmp(&b.precedence()));
        }
        Ok(history)
    }

    /// Whether the revision with this resource name is in it.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The documents of which anything was published.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }
}

impl<T: Rules> History<T> {
    /// The revision of a document that decides at an instant: the one with the latest effective time that is not after
    /// it. None before the first takes effect: the answer is then a named hold, never a guess.
    ///
    /// # Errors
    /// When that revision cannot be used, or its text was not supplied. An older one does not decide in its place.
    pub fn in_force(&self, document: &str, at: DateTime<Utc>) -> Result<Option<&Arc<Published<T>>>, RevisionUnusable> {
        let Some(revisions) = self.documents.get(document) else { return Ok(None) };
        deciding(revisions, at).and_then(|place| revisions.get(place)).map(|one| one.read()).transpose()
    }

    /// The published revision with this resource name, for replay.
    ///
    /// # Errors
    /// When it cannot be used, or its text was not supplied.
    pub fn get(&self, name: &str) -> Result<Option<&Arc<Published<T>>>, RevisionUnusable> {
        self.names.get(name).map(|one| one.read()).transpose()
    }

    /// Supplies the text of a revision whose outline is in it, and reads its rules.
    pub fn supply(&self, revision: Revision) {
        if let Some(one) = self.names.get(&revision.name) {
            // What is wrong with it is logged here, and told to whoever asks for it.
            let _ = one.read_from(&Arc::new(revision));
        }
    }

    /// The names of those that decide from the last publication of each document on, and whose text is still to be
    /// supplied: the revision that was in force then, and those that take effect later. With these no decision by present
    /// rules has to wait.
    #[must_use]
    pub fn wanted(&self) -> Vec<&str> {
        let from_last = |revisions: &'_ Vec<Arc<Entry<T>>>| {
            let last = revisions.iter().map(|one| one.publish_time).max();
            last.and_then(|last| deciding(revisions, last)).unwrap_or_default()
        };
        let deciding = self.documents.values().flat_map(|revisions| revisions.iter().skip(from_last(revisions)));
        deciding.filter(|one| one.is_outline()).map(|one| one.revision.name.as_str()).collect()
    }
}

/// The place of the revision that decides at an instant, of those of one document in order of precedence.
fn deciding<T>(revisions: &[Arc<Entry<T>>], at: DateTime<Utc>) -> Option<usize> {
    revisions.partition_point(|one| one.effective_time <= at).checked_sub(1)
}
