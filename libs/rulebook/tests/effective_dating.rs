//! Effective dating, over any order of publication.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rogatory_rulebook::{Digest, Fault, History, Published, Revision, RevisionUnusable, Rules, State};

#[derive(Debug)]
struct Anything;

impl Rules for Anything {
    const KIND: &'static str = "anythingRevisions";
    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        if text.is_empty() { Err(vec![Fault::of_file("", "the file is empty")]) } else { Ok(Self) }
    }
    fn document(&self) -> &str {
        "a"
    }
    fn title(&self) -> &str {
        "Anything"
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn revision(document: &str, number: usize, publish: i64, effective: i64) -> Revision {
    Revision {
        name: format!("anythingRevisions/{number:04}"),
        digest: Digest::of("text"),
        state: State::Published,
        document: document.to_owned(),
        title: "Anything".to_owned(),
        text: "text".to_owned(),
        create_time: at(0),
        publish_time: Some(at(publish)),
        effective_time: Some(at(effective)),
        author: "person:ann".to_owned(),
        publisher: Some("person:bob".to_owned()),
        version: 2,
    }
}

/// Revisions of two documents, each published at its place in the list and effective then or later.
fn published() -> impl Strategy<Value = Vec<Arc<Published<Anything>>>> {
    proptest::collection::vec((0..3_i64, 0..12_i64, any::<bool>()), 1..25).prop_map(|steps| {
        let mut now = 0;
        let one = |(number, (wait, delay, which)): (usize, (i64, i64, bool))| {
            now += wait;
            let document = if which { "a" } else { "b" };
            Arc::new(Published::new(revision(document, number, now, now + delay)).unwrap())
        };
        steps.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #[test]
    fn exactly_one_decides_from_the_first_effective_time_on(published in published(), second in 0..80_i64) {
        let history: History<Anything> = published.iter().cloned().collect();
        for document in ["a", "b"] {
            let begun: Vec<_> = published.iter()
                .filter(|p| p.revision().document == document && p.effective_time() <= at(second)).collect();
            match history.in_force(document, at(second)) {
                None => prop_assert!(begun.is_empty()),
                Some(decides) => {
                    prop_assert_eq!(&decides.revision().document, document);
                    let key = |p: &Published<Anything>| (p.effective_time(), p.publish_time(), p.revision().name.clone());
                    prop_assert!(begun.iter().all(|other| key(other) <= key(decides)));
                }
            }
        }
    }

    #[test]
    fn publishing_changes_no_answer_before_its_effective_time(published in published(), second in 0..80_i64) {
        let mut so_far = Vec::new();
        for one in published {
            let before: History<Anything> = so_far.iter().cloned().collect();
            so_far.push(one.clone());
            let after: History<Anything> = so_far.iter().cloned().collect();
            let name = |history: &History<Anything>, document: &str| {
                history.in_force(document, at(second)).map(|p| p.revision().name.clone())
            };
            for document in ["a", "b"] {
                if at(second) < one.effective_time() || document != one.revision().document {
                    prop_assert_eq!(name(&before, document), name(&after, document));
                }
            }
        }
    }

    #[test]
    fn the_order_of_loading_does_not_matter(published in published(), second in 0..80_i64) {
        let forwards: History<Anything> = published.iter().cloned().collect();
        let backwards: History<Anything> = published.iter().rev().cloned().collect();
        for document in ["a", "b"] {
            let name = |h: &History<Anything>| h.in_force(document, at(second)).map(|p| p.revision().name.clone());
            prop_assert_eq!(name(&forwards), name(&backwards));
        }
    }
}

#[test]
fn of_two_with_one_effective_time_the_later_published_decides() {
    let history: History<Anything> = [revision("a", 9, 1, 5), revision("a", 1, 2, 5)]
        .into_iter()
        .map(|r| Arc::new(Published::new(r).unwrap()))
        .collect();
    assert_eq!(history.in_force("a", at(5)).unwrap().revision().name, "anythingRevisions/0001");
    assert!(history.in_force("a", at(4)).is_none());
    assert!(history.in_force("c", at(5)).is_none());
    assert!(history.get("anythingRevisions/0009").is_some());
}

#[test]
fn a_draft_an_altered_text_and_an_unreadable_one_are_refused() {
    let draft = Revision { state: State::Draft, publish_time: None, effective_time: None, ..revision("a", 1, 1, 1) };
    assert!(matches!(Published::<Anything>::new(draft), Err(RevisionUnusable::NotPublished { .. })));
    let altered = Revision { text: "another".to_owned(), ..revision("a", 1, 1, 1) };
    assert!(matches!(Published::<Anything>::new(altered), Err(RevisionUnusable::Altered { .. })));
    let empty = Revision { text: String::new(), digest: Digest::of(""), ..revision("a", 1, 1, 1) };
    let refused = Published::<Anything>::new(empty).unwrap_err().to_string();
    assert!(refused.ends_with("the file is empty"), "{refused}");
}
