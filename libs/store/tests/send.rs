//! The futures can be sent between threads: a gRPC handler must return such a one. This is a test of what compiles.

use std::pin::Pin;

use rogatory_rulebook::{Revision, Rules};
use rogatory_store::{
    Change, Changed, Mutated, Store, StoreError,
    feed::Follower,
    revisions::{self, RevisionError},
};

use crate::stage::{Stage, add, change};

type Sent<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// As a handler is made by the macro of the gRPC library: boxed, `Send`, with a closure that borrows.
fn handler<'a>(store: &'a Store, change: Change<'a>, names: &'a [String]) -> Sent<'a, Result<Mutated, StoreError>> {
    Box::pin(async move {
        let local = String::from("local");
        store
            .mutate(change, async |tx| {
                let mut changed = Changed::new(&local);
                for name in names {
                    changed = add(tx, name).await?;
                }
                Ok(changed)
            })
            .await
    })
}

/// The same for rules of any kind, and through functions that are generic over the closure.
fn publisher<'a, T: Rules>(store: &'a Store, change: Change<'a>) -> Sent<'a, Result<Option<Revision>, RevisionError>> {
    Box::pin(async move {
        let now = change.now;
        let drafted = draft(store, change, async |tx| revisions::draft::<T>(tx, "", "person:ann", now).await).await?;
        revisions::seed::<T>(store, "area", &drafted.resource, now, now).await
    })
}

async fn draft<F>(store: &Store, change: Change<'_>, work: F) -> Result<Mutated, RevisionError>
where
    F: AsyncFnOnce(&rogatory_store::Tx) -> Result<Revision, RevisionError> + Clone,
{
    store.mutate(change, async |tx| Ok(Changed::new(work(tx).await?.name))).await
}

fn follower(mut follower: Follower) -> Sent<'static, usize> {
    Box::pin(async move { follower.next(1).await.map(|events| events.len()).unwrap_or_default() })
}

#[tokio::test]
async fn a_handler_may_borrow_and_still_be_sent() {
    let stage = Stage::sqlite().await;
    let names = ["a".to_owned(), "b".to_owned()];
    handler(&stage.store, change(None), &names).await.unwrap();
    assert_eq!(stage.value("b").await, Some(1));
    let started = Follower::new(&stage.store, String::new(), Vec::new()).await.unwrap();
    assert_eq!(tokio::spawn(follower(started)).await.unwrap(), 1);
}

#[derive(Debug)]
struct Nothing;

impl Rules for Nothing {
    const KIND: &'static str = "nothingRevisions";
    fn parse(_: &str) -> Result<Self, Vec<rogatory_rulebook::Fault>> {
        Ok(Self)
    }
    fn document(&self) -> &str {
        "nothing"
    }
    fn title(&self) -> &str {
        "Nothing"
    }
}

#[tokio::test]
async fn so_may_one_that_is_generic() {
    let stage = Stage::sqlite().await;
    assert!(publisher::<Nothing>(&stage.store, change(None)).await.unwrap().is_some());
}
