//! Faults in a rule file are reported with the place where they stand.

use proptest::prelude::*;
use rogatory_rulebook::{Country, Fault, Source, Spanned};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "only its presence matters here")]
    title: String,
    #[serde(default)]
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    residence: Vec<Spanned<Country>>,
}

fn fault(text: &str) -> Fault {
    let mut faults = Source::new(text).read::<File>().unwrap_err();
    assert_eq!(faults.len(), 1);
    faults.remove(0)
}

#[test]
fn a_fault_has_line_column_and_path() {
    let wrong = fault("title = \"ü\"\n\n[[row]]\nresidence = [\"HK\"]\n\n[[row]]\nresidence = [\"HK\", \"XX\"]\n");
    assert_eq!((wrong.line, wrong.column, wrong.path.as_str()), (7, 20, "row[1].residence[1]"), "{wrong}");
    assert!(wrong.description.contains("ISO 3166-1"), "{wrong}");

    let unknown = fault("title = \"t\"\ntilte = \"t\"\n");
    assert_eq!((unknown.line, unknown.column), (2, 1), "{unknown}");

    let missing = fault("");
    assert!(missing.description.contains("title"), "{missing}");

    let broken = fault("title = \"t\"\n  row = [\n");
    assert!(broken.line >= 2, "{broken}");
}

#[test]
fn an_element_knows_its_line() {
    let text = "title = \"t\"\n[[row]]\nresidence = [\n  \"HK\",\n  \"MO\",\n]\n";
    let file: File = Source::new(text).read().unwrap();
    let macao = &file.row[0].residence[1];
    let fault = Source::new(text).fault(macao.span(), "row[0].residence[1]", "twice");
    assert_eq!(fault.to_string(), "5:3: row[0].residence[1]: twice");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = Source::new(&text).read::<File>();
    }

    #[test]
    fn every_byte_has_a_position(text in "(?s).{0,40}", byte in 0..200_usize) {
        let (line, column) = Source::new(&text).position(byte);
        prop_assert!(line >= 1 && column >= 1);
    }
}
