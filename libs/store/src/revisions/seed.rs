//! The rule files that the service ships with.

use chrono::{DateTime, Utc};
use rogatory_rulebook::{Revision, Rules, State};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{RevisionError, draft, enact, row};
use crate::{Change, Changed, NewEvent, Store, StoreError, change::micros};

/// Who publishes what the service ships with.
const ACTOR: &str = "system:seed";

/// Publishes a shipped file as the first revision of its document, if the document has none: a database is usable from
/// the start, and what was published since is left alone. It is the one publication whose effective time may lie in the
/// past: with no revision before it there is no decision that it could change. Replicas may do it at the same time.
/// Returns the revision if it was published by this call; its event is `<area>.published`.
///
/// # Errors
/// [`RevisionError::Faulty`] when the file cannot be read; the store's own.
pub async fn seed<T: Rules>(
    store: &Store,
    area: &str,
    text: &str,
    effective_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Revision>, RevisionError> {
    let rules = T::parse(text).map_err(RevisionError::Faulty)?;
    // One key for each document, whatever the text: replicas of two versions must not both seed it.
    let key = format!("{}/{}", T::KIND, rules.document());
    let change = Change {
        method: "worker:seed",
        actor: ACTOR,
        correlation_id: "",
        request_id: Some(&key),
        body_digest: [0; 32],
        now,
    };
    let seeded = store
        .mutate(change, async |tx| {
            let published = row::Entity::find()
                .filter(row::Column::Kind.eq(T::KIND))
                .filter(row::Column::Document.eq(rules.document()))
                .filter(row::Column::State.eq(State::Published.as_str()));
            if published.count(tx).await? > 0 {
                return Ok::<_, RevisionError>(Changed::new("").fact("document", rules.document()));
            }
            let drafted = draft::<T>(tx, text, ACTOR, now).await?;
            let revision = enact::<T>(tx, &drafted.name, None, ACTOR, micros(effective_from), micros(now)).await?;
            let event = NewEvent::new(format!("{area}.published"), &revision.name).fact("document", &revision.document);
            Ok(Changed::new(revision.name).event(event).fact("digest", revision.digest.to_string()))
        })
        .await?;
    if seeded.replayed || seeded.resource.is_empty() {
        return Ok(None);
    }
    let revision = super::get::<T>(store.read(), &seeded.resource).await?;
    let missing = || StoreError::Corrupt(format!("revision {}", seeded.resource));
    Ok(Some(revision.ok_or_else(missing)?))
}
