//! The desk at which revisions of rule files are drafted, checked, read and published.
//!
//! Guides, policy packs and fee schedules have the same five methods on the wire. The desk answers them for any
//! [`Rules`], so that the handlers of `GuideService`, `PolicyService` and `ScheduleService` only take messages apart.

use chrono::{DateTime, Utc};
use prost::Message as _;
use prost_types::Timestamp;
use rogatory_names::GuideRevisionId;
use rogatory_proto::rogatory::rulebook::v1 as wire;
use rogatory_rulebook::{Digest, Fault, Rules};
use rogatory_store::{
    Change, Changed, FilterDigest, Mutated, NewEvent, PageToken, Store, etag, page_size, parse_etag,
    revisions::{self, LiveHistory, RevisionError},
};

use crate::{caller::CallContext, convert, failure::Failure, faults::FieldFaults};

/// The longest rule file, in bytes.
const LONGEST_TEXT: usize = 1024 * 1024;
/// The longest description of a fault that an error repeats: a rule file may hold anything.
const LONGEST_FAULT: usize = 300;

/// Drafts, checks, reads and publishes revisions of one kind of rules. Cheap to clone.
#[derive(Debug)]
pub struct RevisionDesk<T> {
    store: Store,
    live: LiveHistory<T>,
    area: &'static str,
}

impl<T> Clone for RevisionDesk<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), live: self.live.clone(), area: self.area }
    }
}

/// What a check of a rule file found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Every fault; empty when the file may be drafted.
    pub faults: Vec<wire::Fault>,
    /// Digest that the revision will have.
    pub digest: String,
}

/// A published revision as it is answered.
pub type PublishedRevision = wire::Revision;

/// A draft that is to be published, read from the caller's message.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Resource name of the draft.
    pub name: String,
    /// Its version behind the etag that the caller read.
    pub version: i64,
    effective: Option<DateTime<Utc>>,
    request_id: String,
    /// What the message says beside what every publication has: the same id with another text is another call.
    said: Vec<String>,
    told: Vec<(&'static str, String)>,
    noted: Vec<(&'static str, String)>,
}

impl Publication {
    /// With a further text of the caller's message, by which a repeated call is known.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.said.push(text.into());
        self
    }

    /// With a fact for the event and the audit entry.
    #[must_use]
    pub fn telling(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.told.push((key, value.into()));
        self
    }

    /// With a fact for the audit entry alone.
    #[must_use]
    pub fn noting(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.noted.push((key, value.into()));
        self
    }
}

/// A page of revisions, newest first and without their texts.
#[derive(Debug, Clone, PartialEq)]
pub struct RevisionPage {
    /// The revisions.
    pub revisions: Vec<wire::Revision>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl<T: Rules> RevisionDesk<T> {
    /// A desk over what is published in `live`. Its events are `<area>.drafted` and `<area>.published`.
    #[must_use]
    pub fn new(store: Store, live: LiveHistory<T>, area: &'static str) -> Self {
        Self { store, live, area }
    }

    /// What is published, held in memory.
    #[must_use]
    pub fn live(&self) -> &LiveHistory<T> {
        &self.live
    }

    /// Stores a draft from a rule file.
    ///
    /// # Errors
    /// [`Failure::Invalid`] with every fault of the file at `text`; the store's.
    pub async fn create(&self, context: &CallContext, text: &str, request_id: &str) -> Result<wire::Revision, Failure> {
        let mut faults = FieldFaults::new();
        if check_text(&mut faults, text)
            && let Err(wrong) = T::parse(text)
        {
            wrong.iter().for_each(|fault| faults.add("text", describe(fault)));
        }
        let request_id = faults.request_id("request_id", request_id).map(|id| id.to_string());
        faults.done()?;

        let actor = context.caller.actor();
        let change = change(context, &actor, request_id.as_deref(), &[text.as_bytes()]);
        let drafted = self
            .store
            .mutate(change, async |tx| {
                let revision = revisions::draft::<T>(tx, text, &actor, context.now).await?;
                Ok::<_, RevisionError>(self.changed("drafted", &revision))
            })
            .await;
        answer(&drafted.map_err(failure)?)
    }

    /// Checks a rule file and stores nothing.
    ///
    /// # Errors
    /// [`Failure::Invalid`] when there is no text or too much of it. Faults in the file are an answer, not an error.
    pub fn validate(&self, text: &str) -> Result<Checked, Failure> {
        let mut faults = FieldFaults::new();
        check_text(&mut faults, text);
        faults.done()?;
        let faults = T::parse(text).err().unwrap_or_default();
        Ok(Checked { faults: faults.iter().map(convert::fault).collect(), digest: Digest::of(text).to_string() })
    }

    /// One revision with its text.
    ///
    /// # Errors
    /// [`Failure::Invalid`] when `name` is not the name of such a revision, [`Failure::NotFound`] when none has it; the
    /// store's.
    pub async fn get(&self, name: &str) -> Result<wire::Revision, Failure> {
        let mut faults = FieldFaults::new();
        faults.name("name", name, parse_name::<T>);
        faults.done()?;
        let revision = revisions::get::<T>(self.store.read(), name).await?;
        let revision = revision.ok_or_else(|| Failure::not_found(name))?;
        Ok(convert::revision(&revision, etag(revision.version)))
    }

    /// A page of revisions: of all documents, or of one.
    ///
    /// # Errors
    /// [`Failure::Invalid`], [`Failure::TokenMismatch`]; the store's.
    pub async fn list(
        &self,
        context: &CallContext,
        document: &str,
        size: i32,
        page_token: &str,
    ) -> Result<RevisionPage, Failure> {
        let mut faults = FieldFaults::new();
        let document = faults.optional_text("document", document, 200);
        let size = page_size(size).map_err(|wrong| faults.add("page_size", wrong.to_string())).unwrap_or_default();
        faults.done()?;

        let filter = FilterDigest::of(context.method, &[document.as_deref().unwrap_or_default()]);
        let token = PageToken::decode(page_token, filter)
            .map_err(|_| Failure::TokenMismatch { field: "page_token".to_owned() })?;
        let after = token.as_ref().map(|token| token.after.as_str());
        // One more than the page, to know whether there is another.
        let mut found = revisions::list::<T>(self.store.read(), document.as_deref(), after, size + 1).await?;
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let more = found.len() > page;
        found.truncate(page);
        let last = found.last().filter(|_| more).map(|last| PageToken::after(&last.name).encode(filter));
        let revisions = found.iter().map(|revision| wire::Revision {
            text: String::new(),
            ..convert::revision(revision, etag(revision.version))
        });
        Ok(RevisionPage { revisions: revisions.collect(), next_page_token: last.unwrap_or_default() })
    }

    /// Publishes a draft from an effective time; absent means now. When this returns, what is in memory has it.
    ///
    /// # Errors
    /// [`Failure::Invalid`], [`Failure::NotFound`], [`Failure::EtagMismatch`], [`Failure::StateForbids`] when it is
    /// published already; the store's.
    pub async fn publish(
        &self,
        context: &CallContext,
        name: &str,
        etag: &str,
        effective_time: Option<&Timestamp>,
        request_id: &str,
    ) -> Result<wire::Revision, Failure> {
        let mut faults = FieldFaults::new();
        let publication = self.read_publication(&mut faults, name, etag, effective_time, request_id);
        faults.done()?;
        let publication = publication.ok_or_else(|| Failure::bug("a field was not read and no fault was found"))?;
        self.publish_read(context, &publication).await
    }

    /// Reads what a message says of a publication; none when a field was wrong, which the faults name.
    pub fn read_publication(
        &self,
        faults: &mut FieldFaults,
        name: &str,
        etag: &str,
        effective_time: Option<&Timestamp>,
        request_id: &str,
    ) -> Option<Publication> {
        let named = faults.name("name", name, parse_name::<T>);
        let version = faults.name("etag", etag, parse_etag);
        let effective = faults.optional_time("effective_time", effective_time);
        let request_id = faults.request_id("request_id", request_id).map(|id| id.to_string());
        let (name, told, noted) = (named.map(|()| name.to_owned())?, Vec::new(), Vec::new());
        Some(Publication { name, version: version?, effective, request_id: request_id?, said: Vec::new(), told, noted })
    }

    /// Publishes a draft as [`RevisionDesk::publish`] does, with what the publication tells and notes. An answer that was
    /// given before has what was told and noted then.
    ///
    /// # Errors
    /// As [`RevisionDesk::publish`], without what is wrong in a field.
    pub async fn publish_read(
        &self,
        context: &CallContext,
        publication: &Publication,
    ) -> Result<wire::Revision, Failure> {
        let Publication { name, version, effective, request_id, said, told, noted } = publication;
        let actor = context.caller.actor();
        let (etag, time) = (etag(*version), effective.map(|time| time.to_rfc3339()).unwrap_or_default());
        let mut body = vec![name.as_bytes(), etag.as_bytes(), time.as_bytes()];
        body.extend(said.iter().map(String::as_bytes));
        let change = change(context, &actor, Some(request_id), &body);
        let published = self
            .store
            .mutate(change, async |tx| {
                let publish = revisions::publish::<T>(tx, name, Some(*version), &actor, *effective, context.now);
                let mut changed = self.changed("published", &publish.await?);
                for (key, value) in told {
                    changed.events = changed.events.into_iter().map(|event| event.fact(*key, value)).collect();
                    changed = changed.fact(*key, value);
                }
                Ok::<_, RevisionError>(noted.iter().fold(changed, |changed, (key, value)| changed.fact(*key, value)))
            })
            .await;
        let answer = answer(&published.map_err(failure)?)?;
        self.live.refresh().await?;
        Ok(answer)
    }

    fn changed(&self, happened: &str, revision: &rogatory_rulebook::Revision) -> Changed {
        let mut event = NewEvent::new(format!("{}.{happened}", self.area), &revision.name)
            .fact("document", &revision.document)
            .fact("digest", revision.digest.to_string());
        if let Some(time) = revision.effective_time {
            event = event.fact("effective_time", time.to_rfc3339());
        }
        let mut changed = Changed::new(&revision.name)
            .fact("document", &revision.document)
            .fact("digest", revision.digest.to_string());
        // The answer as it goes over the wire: a repeated call gets the same bytes.
        changed.response = convert::revision(revision, etag(revision.version)).encode_to_vec();
        changed.event(event)
    }
}

fn answer(done: &Mutated) -> Result<wire::Revision, Failure> {
    wire::Revision::decode(done.response.as_slice()).map_err(Failure::internal)
}

fn change<'a>(context: &'a CallContext, actor: &'a str, request_id: Option<&'a str>, body: &[&[u8]]) -> Change<'a> {
    let mut bytes = Vec::new();
    for part in body {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        bytes.extend(part.len().to_be_bytes());
        bytes.extend(*part);
    }
    Change {
        method: context.method,
        actor,
        correlation_id: context.correlation_id.as_str(),
        request_id,
        body_digest: *Digest::of(bytes).as_bytes(),
        now: context.now,
    }
}

fn failure(error: RevisionError) -> Failure {
    match error {
        RevisionError::Faulty(wrong) => {
            let mut faults = FieldFaults::new();
            wrong.iter().for_each(|fault| faults.add("text", describe(fault)));
            faults.into()
        }
        RevisionError::NotFound(name) => Failure::NotFound { name },
        RevisionError::EtagMismatch(name) => Failure::EtagMismatch { name },
        RevisionError::AlreadyPublished(name) => Failure::state(name, "PUBLISHED"),
        RevisionError::EffectiveInThePast => {
            Failure::field("effective_time", "lies in the past; leave it out to publish from now")
        }
        RevisionError::Store(error) => error.into(),
    }
}

/// Whether there is a text that is worth reading.
fn check_text(faults: &mut FieldFaults, text: &str) -> bool {
    if text.trim().is_empty() {
        faults.add("text", "is required: the rule file, TOML");
        return false;
    }
    if text.len() > LONGEST_TEXT {
        faults.add("text", "is longer than 1 MiB");
        return false;
    }
    true
}

fn describe(fault: &Fault) -> String {
    fault.to_string().chars().filter(|letter| !letter.is_control()).take(LONGEST_FAULT).collect()
}

/// Checks that `name` is of the form `<collection of T>/rev_<id>`.
fn parse_name<T: Rules>(name: &str) -> Result<(), String> {
    let id = name.strip_prefix(T::KIND).and_then(|rest| rest.strip_prefix('/'));
    // Ids of revisions have one form, whatever the collection.
    match id.map(str::parse::<GuideRevisionId>) {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!("is not of the form `{}/rev_<32 hexadecimal digits>`", T::KIND)),
    }
}
