//! Effective dating, over any order of publication.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rogatory_rulebook::{Digest, Fault, History, Published, Revision, Rules, State, UnusableCause};

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
fn published() -> impl Strategy<Value = Vec<Revision>> {
    proptest::collection::vec((0..3_i64, 0..12_i64, any::<bool>()), 1..25).prop_map(|steps| {
        let mut now = 0;
        let one = |(number, (wait, delay, which)): (usize, (i64, i64, bool))| {
            now += wait;
            let document = if which { "a" } else { "b" };
            revision(document, number, now, now + delay)
        };
        steps.into_iter().enumerate().map(one).collect()
    })
}

fn history(published: impl IntoIterator<Item = Revision>) -> History<Anything> {
    History::default().with(published).unwrap()
}

/// Name of what decides.
fn decides(history: &History<Anything>, document: &str, second: i64) -> Option<String> {
    history.in_force(document, at(second)).unwrap().map(|p| p.revision().name.clone())
}

proptest! {
    #[test]
    fn exactly_one_decides_from_the_first_effective_time_on(published in published(), second in 0..80_i64) {
        let history = history(published.clone());
        for document in ["a", "b"] {
            let begun: Vec<_> = published.iter()
                .filter(|p| p.document == document && p.effective_time <= Some(at(second))).collect();
            match history.in_force(document, at(second)).unwrap() {
                None => prop_assert!(begun.is_empty()),
                Some(decides) => {
                    let decides = decides.revision();
                    prop_assert_eq!(&decides.document, document);
                    let key = |p: &Revision| (p.effective_time, p.publish_time, p.name.clone());
                    prop_assert!(begun.iter().all(|other| key(other) <= key(decides)));
                    prop_assert_eq!(history.get(&decides.name).unwrap().unwrap().revision(), decides);
                }
            }
        }
    }

    #[test]
    fn publishing_changes_no_answer_before_its_effective_time(published in published(), second in 0..80_i64) {
        let mut before = History::default();
        for one in published {
            let after = before.with([one.clone()]).unwrap();
            for document in ["a", "b"] {
                if Some(at(second)) < one.effective_time || document != one.document {
                    prop_assert_eq!(decides(&before, document, second), decides(&after, document, second));
                }
            }
            before = after;
        }
    }

    #[test]
    fn the_order_of_loading_does_not_matter(published in published(), second in 0..80_i64) {
        let forwards = history(published.clone());
        let backwards = history(published.into_iter().rev());
        for document in ["a", "b"] {
            prop_assert_eq!(decides(&forwards, document, second), decides(&backwards, document, second));
        }
    }
}

#[test]
fn of_two_with_one_effective_time_the_later_published_decides() {
    let history = history([revision("a", 9, 1, 5), revision("a", 1, 2, 5)]);
    assert_eq!(decides(&history, "a", 5).as_deref(), Some("anythingRevisions/0001"));
    assert_eq!(decides(&history, "a", 4), None);
    assert_eq!(decides(&history, "c", 5), None);
    assert!(history.get("anythingRevisions/0009").unwrap().is_some());
    assert!(history.get("anythingRevisions/0002").unwrap().is_none());
}

#[test]
fn a_draft_an_altered_text_and_an_unreadable_one_are_refused() {
    let draft = Revision { state: State::Draft, publish_time: None, effective_time: None, ..revision("a", 1, 1, 1) };
    let refused = Published::<Anything>::new(draft.clone()).unwrap_err();
    assert_eq!((refused.document.as_str(), refused.cause), ("a", UnusableCause::NotPublished));
    assert_eq!(History::<Anything>::default().with([draft]).unwrap_err().cause, UnusableCause::NotPublished);
    let altered = Revision { text: "another".to_owned(), ..revision("a", 1, 1, 1) };
    assert_eq!(Published::<Anything>::new(altered).unwrap_err().cause, UnusableCause::Altered);
    let empty = Revision { text: String::new(), digest: Digest::of(""), ..revision("a", 1, 1, 1) };
    let refused = Published::<Anything>::new(empty).unwrap_err().to_string();
    assert!(refused.starts_with("anythingRevisions/0001 of a cannot be used: "), "{refused}");
    assert!(refused.contains("the file is empty"), "{refused}");
}

#[test]
fn what_cannot_be_used_fails_what_it_must_decide_and_nothing_decides_in_its_place() {
    let altered = Revision { text: "another".to_owned(), ..revision("a", 2, 2, 20) };
    let history = history([revision("a", 1, 1, 10), altered, revision("a", 3, 3, 30)]);
    assert_eq!(decides(&history, "a", 19).as_deref(), Some("anythingRevisions/0001"));
    assert_eq!(decides(&history, "a", 30).as_deref(), Some("anythingRevisions/0003"));
    for refused in [history.in_force("a", at(20)), history.in_force("a", at(29)), history.get("anythingRevisions/0002")]
    {
        let refused = refused.unwrap_err();
        assert_eq!((refused.name.as_str(), refused.cause), ("anythingRevisions/0002", UnusableCause::Altered));
    }
}

/// Counts how often rules of it are read.
#[derive(Debug)]
struct Counted;

static READ: AtomicUsize = AtomicUsize::new(0);

impl Rules for Counted {
    const KIND: &'static str = "countedRevisions";
    fn parse(_: &str) -> Result<Self, Vec<Fault>> {
        READ.fetch_add(1, Ordering::SeqCst);
        Ok(Self)
    }
    fn document(&self) -> &str {
        "a"
    }
    fn title(&self) -> &str {
        "Counted"
    }
}

#[test]
fn rules_are_read_once_and_only_those_that_decide() {
    let read = || READ.load(Ordering::SeqCst);
    let outline = |revision: Revision| Revision { text: String::new(), ..revision };
    let past = (0..1000).map(|number| revision("a", usize::try_from(number).unwrap(), number, number));
    let coming = [revision("a", 1000, 999, 2000), revision("b", 1001, 5, 7)];
    let all: Vec<Revision> = past.chain(coming).collect();
    let history = History::<Counted>::default().with(all.iter().cloned().map(outline)).unwrap();
    // What is in force at the last publication (999), what takes effect later, and the one of the other document.
    assert_eq!(history.wanted(), [999, 1000, 1001].map(|number: usize| &all[number].name));
    assert_eq!(history.in_force("a", at(999)).unwrap_err().cause, UnusableCause::NotRead);
    for name in history.wanted() {
        history.supply(all.iter().find(|one| one.name == name).unwrap().clone());
    }
    assert_eq!((read(), history.wanted().len()), (3, 0));
    for second in [999, 1500, 2000, 9999] {
        assert!(history.in_force("a", at(second)).unwrap().is_some());
    }
    // One of the past waits for its text; a text that is not the published one is refused for good.
    assert_eq!(history.in_force("a", at(500)).unwrap_err().cause, UnusableCause::NotRead);
    history.supply(all[500].clone());
    let first = Arc::clone(history.in_force("a", at(500)).unwrap().unwrap());
    history.supply(Revision { text: "another".to_owned(), ..all[600].clone() });
    history.supply(all[600].clone());
    assert_eq!(history.in_force("a", at(600)).unwrap_err().cause, UnusableCause::Altered);
    assert_eq!(read(), 4);
    let longer = history.with([revision("a", 1002, 3000, 3000)]).unwrap();
    assert!(longer.in_force("a", at(3000)).unwrap().is_some());
    assert!(Arc::ptr_eq(&first, longer.get(&first.revision().name).unwrap().unwrap()));
    assert_eq!(read(), 5);
}
