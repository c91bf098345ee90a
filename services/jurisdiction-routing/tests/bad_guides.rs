//! The guides of `cases/bad_guides.toml`: each is refused with the faults that the file names, and nothing of it is stored.

use std::{collections::BTreeSet, sync::LazyLock};

use rogatory_proto::rogatory::routing::v1::{
    CreateGuideRevisionRequest, ListGuideRevisionsRequest, ValidateGuideRevisionRequest,
};
use rogatory_routing::domain::guide::Guide;
use rogatory_rulebook::{Fault, Rules as _, Source};
use serde::Deserialize;
use tonic::Code;

use crate::harness::{SHIPPED, Suite, fields, id, on_both_engines, reason};

on_both_engines! { a_bad_guide_is_refused_and_nothing_of_it_is_stored }

/// What stands before the place of a fault.
const MARK: &str = ">>>";

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let file: File = Source::new(include_str!("../cases/bad_guides.toml")).read().unwrap();
    file.case
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    replace: Option<String>,
    by: Option<String>,
    append: Option<String>,
    #[serde(default)]
    at: Vec<String>,
    faults: Vec<String>,
}

/// A guide with a fault, and where its faults stand.
struct Broken {
    text: String,
    places: Vec<(u32, u32)>,
}

impl Case {
    fn broken(&self) -> Broken {
        let (before, written, after) = match (&self.replace, &self.by, &self.append) {
            (Some(replace), Some(by), None) => {
                let (before, after) = SHIPPED.split_once(replace.as_str()).unwrap_or_else(|| {
                    panic!("{}: `{replace}` does not stand in the guide that ships", self.name);
                });
                (before, by, after)
            }
            (None, None, Some(append)) => (SHIPPED, append, ""),
            _ => panic!("{}: a case has `replace` and `by`, or `append`", self.name),
        };
        let written = lengthened(written);
        let text = format!("{before}{}{after}", written.replace(MARK, ""));
        let mut places = Vec::new();
        let mut byte = before.len();
        let pieces: Vec<&str> = written.split(MARK).collect();
        for piece in pieces.iter().take(pieces.len() - 1) {
            byte += piece.len();
            places.push(Source::new(&text).position(byte));
        }
        if !self.at.is_empty() {
            let place = |at: &String| {
                let byte = text.find(at).unwrap_or_else(|| panic!("{}: `{at}` does not stand in the guide", self.name));
                Source::new(&text).position(byte)
            };
            places = self.at.iter().map(place).collect();
        }
        assert_eq!(places.len(), self.faults.len(), "{}: each fault has a place", self.name);
        Broken { text, places }
    }

    /// What is not as expected, in words.
    fn misses(&self, broken: &Broken, faults: &[Fault]) -> Vec<String> {
        let told = faults.iter().map(|fault| format!("\n    {fault}")).collect::<String>();
        if faults.len() != self.faults.len() {
            return vec![format!("{}: expected {} faults, got{told}", self.name, self.faults.len())];
        }
        let expected = self.faults.iter().zip(&broken.places);
        let wrong = expected.zip(faults).filter(|((expected, place), fault)| {
            let (path, says) = expected.split_once(": ").expect("`<path>: <part of the description>`");
            fault.path != path || !fault.description.contains(says) || (fault.line, fault.column) != **place
        });
        wrong.map(|((says, (line, column)), _)| format!("{}: {line}:{column}: {says}, got{told}", self.name)).collect()
    }
}

/// The text with each `~300~` written as 300 letters.
fn lengthened(text: &str) -> String {
    let pieces = text.split('~').enumerate();
    let piece = |(place, piece): (usize, &str)| match piece.parse::<usize>() {
        Ok(length) if place % 2 == 1 => "x".repeat(length),
        _ => piece.to_owned(),
    };
    pieces.map(piece).collect()
}

#[test]
fn each_bad_guide_yields_the_faults_that_its_case_names() {
    assert!(CASES.len() >= 100, "a hundred ways to break a guide");
    let names: BTreeSet<&str> = CASES.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), CASES.len(), "each case has a name of its own");
    let misses: Vec<String> = CASES
        .iter()
        .flat_map(|case| {
            let broken = case.broken();
            let faults = Guide::parse(&broken.text).err().unwrap_or_default();
            case.misses(&broken, &faults)
        })
        .collect();
    assert!(misses.is_empty(), "{} cases miss:\n{}", misses.len(), misses.join("\n"));
}

async fn a_bad_guide_is_refused_and_nothing_of_it_is_stored(suite: &Suite) {
    let list = || async {
        let all = ListGuideRevisionsRequest::default();
        suite.guides("auditor").list_guide_revisions(all).await.unwrap().into_inner()
    };
    let before = (list().await, suite.events(&[]).await, suite.audit().await);
    for case in CASES.iter() {
        let text = case.broken().text;
        let validate = ValidateGuideRevisionRequest { text: text.clone() };
        let found = suite.guides("counsel").validate_guide_revision(validate).await.unwrap().into_inner();
        assert_eq!(found.faults.len(), case.faults.len(), "{}", case.name);
        let draft = CreateGuideRevisionRequest { text, request_id: id() };
        let status = suite.guides("publisher").create_guide_revision(draft).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "FIELDS_INVALID"),
            "{}",
            case.name
        );
        assert_eq!(fields(&status), vec!["text"; case.faults.len()], "{}", case.name);
    }
    assert!(before == (list().await, suite.events(&[]).await, suite.audit().await), "nothing is stored");
}
