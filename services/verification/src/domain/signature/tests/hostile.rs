//! Documents made to cost more than they are worth: each is refused by name, and soon.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use super::{
    super::{CopyVerdict, Limits, Unreadable, examine, text_fingerprint},
    authority::{Authority, CLERK, Key, authority, root_only},
    now,
    text::deflated,
    workshop::{LETTER, PdfRecipe, Recipe, open_ended, pdf, signed_pdf, updated, wrap, written},
};

/// What comes of the examination, and of the fingerprint.
type Outcome = (Result<(), Unreadable>, Result<(), Unreadable>);

const FINE: Result<(), Unreadable> = Ok(());

/// What a document may cost here, in a build that is not optimised, beside other tests.
const SOON: Duration = Duration::from_secs(20);

fn outcome(document: &[u8], limits: &Limits) -> Outcome {
    let found = examine(document, None, &root_only(), limits, now());
    let read = if let CopyVerdict::Unreadable(reason) = found.verdict { Err(reason) } else { Ok(()) };
    (read, text_fingerprint(document, limits).map(drop))
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    [format!("<</Length {}{entries}>>stream\n", content.len()).as_bytes(), content, b"\nendstream"].concat()
}

fn page(contents: &str, more: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut objects = vec![
        (1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()),
        (2, b"<</Type/Pages/Kids[5 0 R]>>".to_vec()),
        (3, b"<</Subtype/Type1>>".to_vec()),
        (
            5,
            format!("<</Type/Page/Contents {contents}/Resources<</Font<</F1 3 0 R>>/XObject<</Fm1 7 0 R>>>>>>")
                .into_bytes(),
        ),
    ];
    objects.extend_from_slice(more);
    written(&objects)
}

fn bomb(levels: usize) -> Vec<u8> {
    (0..levels).fold(vec![b' '; 4 << 20], |content, _| deflated(&content))
}

#[test]
fn a_hostile_document_is_refused_by_name() {
    use Unreadable::{InflatesTooFar, TooDeep, TooLarge, TooManyObjects, TooTangled};
    let small = Limits { inflated_bytes: 2 << 20, ..Limits::default() };
    let few = Limits { pdf_objects: 500, pdf_values: 5_000, ..Limits::default() };
    let once = "/Filter/FlateDecode";
    let twice = "/Filter[/FlateDecode/FlateDecode]";
    let many = "/Filter[/FlateDecode/FlateDecode/FlateDecode/FlateDecode/FlateDecode]";
    let packed = |content: &[u8]| {
        written(&[
            (1, b"<</Type/Catalog>>".to_vec()),
            (9, stream("/Type/ObjStm/N 9/First 100/Filter/FlateDecode", content)),
        ])
    };
    let kids: Vec<(usize, Vec<u8>)> =
        (10..200).map(|number| (number, format!("<</Type/Pages/Kids[{} 0 R]>>", number + 1).into_bytes())).collect();
    let tall = written(&[&[(1, b"<</Type/Catalog/Pages 10 0 R>>".to_vec())], &kids[..]].concat());
    let circle = written(&[
        (1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()),
        (2, b"<</Type/Pages/Kids[2 0 R 3 0 R 1 0 R]/Parent 3 0 R>>".to_vec()),
        (3, b"<</Type/Pages/Kids[2 0 R 3 0 R]>>".to_vec()),
    ]);
    let form_in_itself =
        page("6 0 R", &[(6, stream("", b"/Fm1 Do")), (7, stream("/Subtype/Form", b"/Fm1 Do /Fm1 Do"))]);
    let same_stream = page(&format!("[{}]", "6 0 R ".repeat(400)), &[(6, stream("", &[b' '; 10_000]))]);
    let reference_circle = written(&[(1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()), (2, b"2 0 R".to_vec())]);
    let deep = |open: &str| [b"%PDF-1.7\n1 0 obj ".to_vec(), open.repeat(100_000).into_bytes()].concat();
    let unclosed = |unit: &str| [b"%PDF-1.7\n".to_vec(), unit.repeat(60_000).into_bytes()].concat();
    let values = [b"%PDF-1.7\n1 0 obj [".to_vec(), b"0 ".repeat(10_000), b"] endobj".to_vec()].concat();
    let mut count = b"%PDF-1.7\n".to_vec();
    (1..=600).for_each(|number| count.extend(format!("{number} 0 obj null endobj\n").bytes()));
    let everything = "1 beginbfrange <00000000> <ffffffff> <0041> endbfrange ".repeat(50);
    let wide_font = page(
        "6 0 R",
        &[(6, stream("", b"/F1 9 Tf (a) Tj")), (3, stream("", b"")), (8, stream("", everything.as_bytes()))],
    );
    let wide_font =
        String::from_utf8_lossy(&wide_font).replace("<</Subtype/Type1>>", "<</ToUnicode 8 0 R>>").into_bytes();
    let mut xref_circle = pdf(&[LETTER]);
    let start = super::workshop::place_of(&xref_circle, "xref\n0");
    xref_circle = String::from_utf8_lossy(&xref_circle)
        .replace("/Root 1 0 R", &format!("/Root 1 0 R/Prev {start}/XRefStm {start}"))
        .into_bytes();
    let usual = Limits::default();
    let cases: Vec<(&str, Vec<u8>, Limits, Outcome)> = vec![
        (
            "a stream that inflates far",
            page("6 0 R", &[(6, stream(once, &bomb(1)))]),
            small,
            (FINE, Err(InflatesTooFar)),
        ),
        ("one within the other", page("6 0 R", &[(6, stream(twice, &bomb(2)))]), small, (FINE, Err(InflatesTooFar))),
        ("more filters than are taken off", page("6 0 R", &[(6, stream(many, &bomb(5)))]), small, (FINE, FINE)),
        ("objects that inflate far", packed(&bomb(1)), small, (Err(InflatesTooFar), Err(InflatesTooFar))),
        ("a stream named many times", same_stream, small, (FINE, Err(InflatesTooFar))),
        ("many objects", count, few, (Err(TooManyObjects), Err(TooManyObjects))),
        ("many values", values, few, (Err(TooManyObjects), Err(TooManyObjects))),
        ("a tall tree of pages", tall, usual, (FINE, Err(TooDeep))),
        ("a tree in a circle", circle, usual, (FINE, FINE)),
        ("references in a circle", reference_circle, usual, (FINE, FINE)),
        ("a form within itself", form_in_itself, Limits { page_depth: 8, ..Limits::default() }, (FINE, Err(TooDeep))),
        ("tables of objects in a circle", xref_circle, usual, (FINE, FINE)),
        ("a font that tells of every code", wide_font, usual, (FINE, FINE)),
        ("arrays in arrays", deep("["), usual, (Err(TooDeep), Err(TooDeep))),
        ("dictionaries in dictionaries", deep("<</A"), usual, (Err(TooDeep), Err(TooDeep))),
        ("parentheses without end", unclosed("1 0 obj ("), usual, (Err(TooTangled), Err(TooTangled))),
        ("strings without end", unclosed("1 0 obj (x)) 1 0 obj <"), usual, (FINE, FINE)),
        ("comments without end", unclosed("1 0 obj %"), usual, (Err(TooTangled), Err(TooTangled))),
        ("streams without end", unclosed("1 0 obj <<>>stream\n"), usual, (FINE, FINE)),
        ("trailers without end", unclosed("trailer <</A ("), usual, (Err(TooTangled), Err(TooTangled))),
        (
            "larger than the limit",
            pdf(&[LETTER]),
            Limits { document_bytes: 100, ..small },
            (Err(TooLarge), Err(TooLarge)),
        ),
    ];
    let mut wrong = String::new();
    for (name, document, limits, expected) in cases {
        let begun = Instant::now();
        let found = outcome(&document, &limits);
        if found != expected || begun.elapsed() > SOON {
            writeln!(wrong, "{name}: expected {expected:?}, found {found:?} after {:?}", begun.elapsed()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn fifty_megabytes_are_examined_or_refused() {
    let begun = Instant::now();
    let picture = vec![b'\xa5'; 49 << 20];
    let document = page("6 0 R", &[(7, stream("/Subtype/Image", &picture))]);
    let signed = PdfRecipe::default().sign(document, |covered| Recipe::of(&CLERK).sign(covered));
    let found = examine(&signed, None, &root_only(), &Limits::default(), now());
    assert_eq!(found.verdict, CopyVerdict::SignedTrusted, "{found:?}");
    let larger = [signed, vec![b'\n'; 2 << 20]].concat();
    let found = examine(&larger, None, &root_only(), &Limits::default(), now());
    assert_eq!(found.verdict, CopyVerdict::Unreadable(Unreadable::TooLarge));
    // Fifty megabytes of nothing but beginnings.
    let begin = Instant::now();
    let tangled = b"1 0 obj ( ".repeat(4 << 20);
    let tangled = [&b"%PDF-1.7\n"[..], &tangled].concat();
    let found = examine(&tangled, None, &root_only(), &Limits::default(), now());
    assert_eq!(found.verdict, CopyVerdict::Unreadable(Unreadable::TooTangled));
    assert!(begin.elapsed() < 3 * SOON && begun.elapsed() < 10 * SOON, "{:?} {:?}", begin.elapsed(), begun.elapsed());
}

#[test]
fn hostile_signed_data_is_refused_by_name() {
    let signed_data = |inner: Vec<u8>| {
        let oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
        wrap(0x30, &[oid.to_vec(), wrap(0xa0, &inner)].concat())
    };
    let deep = signed_data((0..200).fold(Vec::new(), |inner, _| wrap(0x30, &inner)));
    let deep_open = {
        let oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
        [&[0x30, 0x80][..], &oid, &[0xa0, 0x80].repeat(100_000)].concat()
    };
    let wide = signed_data(wrap(0x30, &[0x05, 0x00].repeat(30_000)));
    let huge = [&signed_data(Vec::new())[..11 + 2], &[0xa0, 0x84, 0xff, 0xff, 0xff, 0xff]].concat();
    let many_signers = {
        let mut recipe = Recipe::of(&CLERK);
        recipe.encloses = true;
        let signers: Vec<Recipe> =
            (0..20).map(|_| Recipe { signer: super::authority::ROOT.signer(Key::p256()), ..recipe.clone() }).collect();
        super::workshop::together(&signers, b"letter")
    };
    let mut with_certificates = Recipe::of(&CLERK);
    with_certificates.encloses = true;
    with_certificates.chain = (0..40)
        .map(|number| Authority::root(&authority(&format!("Root {number}")), &rcgen::PKCS_ED25519).cert)
        .collect();
    // Everybody has the same name, so that at each step everybody may be the one who issued.
    let mut same_name = Recipe::of(&CLERK);
    same_name.encloses = true;
    let mut line = vec![Authority::root(&authority("Throwaway Root"), &rcgen::PKCS_ECDSA_P256_SHA256)];
    for level in 0..12 {
        line.push(line[level].below(&authority("Throwaway Root")));
    }
    same_name.signer = line[12].signer(Key::p256());
    same_name.chain = line.iter().map(|authority| authority.cert.clone()).collect();
    for (name, document, reason) in [
        ("deep", deep, Unreadable::TooDeep),
        ("deep, lengths left open", deep_open, Unreadable::TooDeep),
        ("wide", wide, Unreadable::TooManyObjects),
        ("longer than there is", huge, Unreadable::NotDer),
        ("many signers", many_signers, Unreadable::TooManySignatures),
        ("many certificates", with_certificates.sign(b"letter"), Unreadable::TooManyCertificates),
        ("many ways", same_name.sign(b"letter"), Unreadable::TooManyCertificates),
    ] {
        let begun = Instant::now();
        let found = examine(&document, None, &root_only(), &Limits::default(), now());
        assert_eq!(found.verdict, CopyVerdict::Unreadable(reason), "{name}: {found:?}");
        assert!(begun.elapsed() < SOON, "{name}: {:?}", begun.elapsed());
    }
    // Beside a document as well.
    let large = Limits { cms_bytes: 500, ..Limits::default() };
    let signature = Recipe::of(&CLERK).sign(LETTER.as_bytes());
    for signature in [open_ended(&signature, 4), signature] {
        let found = examine(LETTER.as_bytes(), Some(&signature), &root_only(), &large, now());
        assert_eq!(found.verdict, CopyVerdict::Unreadable(Unreadable::TooLarge));
    }
}

#[test]
fn more_signatures_than_are_examined_are_refused() {
    let dictionaries: Vec<(usize, &str)> =
        (100..120).map(|number| (number, "<</Type/Sig/ByteRange[0 0 0 0]>>")).collect();
    let document = updated(signed_pdf(&Recipe::of(&CLERK)), &dictionaries);
    assert_eq!(outcome(&document, &Limits::default()).0, Err(Unreadable::TooManySignatures));
}

#[test]
fn an_encrypted_pdf_says_so_unless_it_is_signed() {
    let unsigned = String::from_utf8_lossy(&pdf(&[LETTER])).replace("/Root", "/Encrypt 9 0 R/Root").into_bytes();
    assert_eq!(outcome(&unsigned, &Limits::default()).0, Err(Unreadable::Encrypted));
    let signed = PdfRecipe::default().sign(unsigned, |covered| Recipe::of(&CLERK).sign(covered));
    assert_eq!(outcome(&signed, &Limits::default()), (FINE, FINE));
}
