//! The fingerprint of the text.

use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

use super::{
    super::{Limits, TextFingerprint, Unreadable, text_fingerprint},
    authority::CLERK,
    workshop::{LETTER, Recipe, pdf, pdf_with, signed_pdf, updated, written},
};

fn of(document: &[u8]) -> Option<TextFingerprint> {
    text_fingerprint(document, &Limits::default()).unwrap()
}

pub(super) fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    [format!("<</Length {}{entries}>>stream\n", content.len()).as_bytes(), content, b"\nendstream"].concat()
}

/// Objects packed in a stream, all but the stream itself.
fn packed(shown: &[u8]) -> Vec<u8> {
    let objects = [
        (1, "<</Type/Catalog/Pages 2 0 R>>"),
        (2, "<</Type/Pages/Kids[5 0 R]>>"),
        (3, "<</Subtype/Type1>>"),
        (5, "<</Type/Page/Contents[6 0 R]/Resources<</Font<</F1 3 0 R>>>>>>"),
    ];
    let (mut index, mut bodies) = (String::new(), String::new());
    for (number, body) in objects {
        index += &format!("{number} {} ", bodies.len());
        bodies += body;
        bodies.push(' ');
    }
    let first = index.len();
    let content = deflated((index + &bodies).as_bytes());
    written(&[
        (9, stream(&format!("/Type/ObjStm/N 4/First {first}/Filter/FlateDecode"), &content)),
        (6, stream("/Filter[/FlateDecode]", &deflated(shown))),
    ])
}

#[test]
fn the_same_text_is_found_however_it_was_saved() {
    let plain = of(LETTER.as_bytes()).unwrap();
    let split = LETTER.replace(' ', ") -12.5 ( ");
    let shown = format!("BT /F1 9 Tf [({split})] TJ ET").into_bytes();
    let digits: String = LETTER.bytes().map(|byte| format!("{byte:02x}\n")).collect();
    let (first, second) = LETTER.split_at(LETTER.find("orders").unwrap());
    let form = {
        let shown = format!("BT /F1 9 Tf ({LETTER}) ' ET").into_bytes();
        written(&[
            (1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()),
            (2, b"<</Type/Pages/Kids[5 0 R]/Resources<</Font<</F1 3 0 R>>/XObject<</Fm1 7 0 R>>>>>>".to_vec()),
            (3, b"<</Subtype/Type1>>".to_vec()),
            (5, b"<</Type/Page/Contents 6 0 R>>".to_vec()),
            (6, stream("", b"q /Fm1 Do Q BI /W 1 ID (\xff\x00) EI Q")),
            (7, stream("/Subtype/Form", &shown)),
        ])
    };
    let mut enveloping = Recipe::of(&CLERK);
    enveloping.encloses = true;
    let cases = [
        ("a text with other numbers", LETTER.replace("2025", "1999").into_bytes()),
        ("a text in capitals", LETTER.to_uppercase().into_bytes()),
        ("a PDF", pdf(&[LETTER])),
        ("a PDF of two pages", pdf(&[first, second])),
        ("compressed", pdf_with(&[LETTER], |content| ("/Filter/FlateDecode".to_owned(), deflated(&content)))),
        (
            "compressed and in letters",
            pdf_with(&[LETTER], |content| {
                let digits = deflated(&content).iter().map(|byte| format!("{byte:02X}")).collect::<String>() + ">";
                ("/Filter[/ASCIIHexDecode/FlateDecode]".to_owned(), digits.into_bytes())
            }),
        ),
        ("objects packed", packed(&shown)),
        ("in pieces", packed(&shown)),
        ("in digits", packed(format!("/F1 9 Tf <{digits}> Tj").as_bytes())),
        ("in a form", form),
        ("signed", signed_pdf(&Recipe::of(&CLERK))),
        ("signed around", enveloping.sign(LETTER.as_bytes())),
        ("a PDF signed around", enveloping.sign(&pdf(&[LETTER]))),
        ("without a table of objects", {
            let mut file = pdf(&[LETTER]);
            file.truncate(memchr::memmem::rfind(&file, b"xref\n0").unwrap());
            file
        }),
    ];
    for (name, document) in cases {
        assert_eq!(of(&document).map(|found| found.exact), Some(plain.exact), "{name}");
        assert_eq!(of(&document), Some(plain), "{name}");
    }
}

#[test]
fn what_a_font_draws_is_read_by_its_own_map() {
    // Codes of two bytes, each one more than the letter; one range, one array and one single code.
    let map = b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfchar <0062> <0061> endbfchar \
        2 beginbfrange <0063> <007c> <0062> <0040> <0042> [<003f> <0040> <0041>] endbfrange \
        1 beginbfrange <0042> <005b> <0041> endbfrange";
    let codes: String = LETTER
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| format!("{:04x}", u32::from(letter) + 1))
        .collect();
    let document = written(&[
        (1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()),
        (2, b"<</Type/Pages/Kids[5 0 R]>>".to_vec()),
        (3, b"<</Subtype/Type0/ToUnicode 7 0 R>>".to_vec()),
        (5, b"<</Type/Page/Contents 6 0 R/Resources<</Font<</F1 3 0 R>>>>>>".to_vec()),
        (6, stream("", format!("/F1 9 Tf <{codes}> Tj").as_bytes())),
        (7, stream("", map)),
    ]);
    assert_eq!(of(&document), of(LETTER.as_bytes()));
    // A font that names its glyphs.
    let document = String::from_utf8_lossy(&document)
        .replace("/Subtype/Type0/ToUnicode 7 0 R", "/Encoding<</Differences[1/a/uni0062/three]>>")
        .replace(&codes, &"010203".repeat(60));
    // The third glyph is a digit, and no letter.
    assert_eq!(of(document.as_bytes()), of("ab".repeat(60).as_bytes()));
}

#[test]
fn a_text_with_other_names_resembles_it_and_another_text_does_not() {
    let long = format!(
        "{LETTER} The records are to be delivered within fourteen days in an electronic form that can be searched, \
         together with a declaration of the custodian that they were made in the course of business. The account \
         holder is not to be told before the court has lifted the order of silence that it made on the same day, \
         since notice would endanger the investigation and lead to the flight of the suspects and the destruction of \
         evidence kept elsewhere. Requests for clarification go to the clerk of the court, Ms Jane Example, by the \
         telephone number that is registered for it."
    );
    let template = long.replace("Exampleville", "Sampleton").replace("Jane Example", "Mary Sample");
    let other = "Sehr geehrte Damen und Herren, in der Strafsache gegen Unbekannt wegen Betrugs wird um Auskunft \
        darüber gebeten, wer Inhaber des nachstehend bezeichneten Kontos ist, und welche Bestellungen in den letzten \
        sechs Monaten darüber abgewickelt wurden. Die Auskunft wird für das Verfahren dringend benötigt.";
    let (long, template, other) =
        (of(long.as_bytes()).unwrap(), of(template.as_bytes()).unwrap(), of(other.as_bytes()).unwrap());
    assert_ne!(long.exact, template.exact);
    assert!(long.resembles(&template), "{}", long.distance(&template));
    assert!(!long.resembles(&other), "{}", long.distance(&other));
    assert!(long.distance(&other) > 16, "{}", long.distance(&other));
}

#[test]
fn how_it_is_computed_never_changes() {
    // Fingerprints are stored: a change here means that no document is found again.
    let found = of(LETTER.as_bytes()).unwrap();
    assert_eq!(found.letters, 226);
    assert_eq!(found.exact.to_string(), "sha256:9b9e80b1a40cd77a894030ebdd2ad7d9f7ddbef2120a3ca98ee5b0e1bf590f42");
    assert_eq!(format!("{:016x}", found.similar), "cae172b987a8e79d");
}

#[test]
fn what_has_no_text_has_no_fingerprint() {
    let encrypted = updated(pdf(&[LETTER]), &[]);
    let encrypted = String::from_utf8_lossy(&encrypted).replace("/Prev 0", "/Encrypt 4 0 R");
    for (name, document) in [
        ("a scan", b"\xff\xd8\xff\xe0".to_vec()),
        ("too short", b"Dear Sir or Madam".to_vec()),
        ("a PDF without pages", pdf(&[])),
        ("an encrypted PDF", encrypted.into_bytes()),
        ("nothing known", b"PK\x03\x04".to_vec()),
        ("a signature alone", Recipe::of(&CLERK).sign(b"letter")),
    ] {
        assert_eq!(of(&document), None, "{name}");
    }
    assert_eq!(
        text_fingerprint(b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", &Limits::default()),
        Err(Unreadable::NotDer)
    );
}
