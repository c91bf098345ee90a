//! PDFs, whole and tampered with.

use super::{
    Case,
    authority::{Authority, CLERK, Key, ROOT, authority, root_only},
    check,
    workshop::{LETTER, PdfRecipe, Recipe, open_ended, pdf, place_of, replaced, signed_pdf, updated, written},
};

const TRUSTED: &[super::Expected] = &[("INTACT", "TRUSTED", true)];
const ALTERED: &[super::Expected] = &[("ALTERED", "-", true)];
const MALFORMED: &[super::Expected] = &[("MALFORMED", "-", false)];
const EARLIER: &[super::Expected] = &[("INTACT", "TRUSTED", false)];

fn clerk() -> Recipe {
    Recipe::of(&CLERK)
}

/// Signed with a ByteRange that was changed before it was signed: the signature holds for what it covers.
fn ranged(range: fn([usize; 4]) -> [usize; 4]) -> Vec<u8> {
    PdfRecipe { range, ..PdfRecipe::default() }.sign(pdf(&[LETTER]), |covered| clerk().sign(covered))
}

fn with(sub_filter: &str) -> Vec<u8> {
    PdfRecipe { sub_filter, ..PdfRecipe::default() }.sign(pdf(&[LETTER]), |covered| clerk().sign(covered))
}

#[test]
fn documents_without_a_signature_say_so() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    let blank_field = written(&[
        (1, b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>".to_vec()),
        (2, b"<</Type/Pages/Kids[]/Count 0>>".to_vec()),
        (3, b"<</FT/Sig/T(sign here)>>".to_vec()),
    ]);
    check(
        &root_only(),
        [
            Case::new("a PDF", pdf(&[LETTER]), "UNSIGNED_SCAN", &[]),
            Case::new("a field to sign in", blank_field, "UNSIGNED_SCAN", &[]),
            Case::new("a scan", png, "UNSIGNED_SCAN", &[]),
            Case::new("a scan, JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "UNSIGNED_SCAN", &[]),
            Case::new("a scan, TIFF", b"II*\0\x08\0\0\0".to_vec(), "UNSIGNED_SCAN", &[]),
            Case::new("a text", LETTER.as_bytes().to_vec(), "UNSIGNED_SCAN", &[]),
            Case::new("a text that begins like a picture", b"BM is our sign.".to_vec(), "UNSIGNED_SCAN", &[]),
            Case::new("an archive", b"PK\x03\x04\x14\0".to_vec(), "UNREADABLE", &[]),
            Case::new("nothing", Vec::new(), "UNREADABLE", &[]),
            Case::new("only a header", b"%PDF-1.7\n".to_vec(), "UNSIGNED_SCAN", &[]),
        ],
    );
}

#[test]
fn a_signed_pdf_that_was_tampered_with_is_found_out() {
    let signed = signed_pdf(&clerk());
    let other = PdfRecipe::default().sign(pdf(&["Another letter, of the same length or not."]), |c| clerk().sign(c));
    let contents = |file: &[u8]| {
        let at = place_of(file, "/Contents <") + 11;
        (at, file[at..at + 8192].to_vec())
    };
    // The signature of one document in another.
    let mut swapped = signed.clone();
    let (at, of_other) = contents(&other);
    let (here, _) = contents(&swapped);
    assert!(at > 0);
    swapped[here..here + 8192].copy_from_slice(&of_other);
    let mut bit = signed.clone();
    let last = here + 8191 - bit[here..here + 8192].iter().rev().take_while(|byte| **byte == b'0').count();
    bit[last - 4] = if bit[last - 4] == b'1' { b'2' } else { b'1' };
    let mut filled = signed.clone();
    filled[here + 8190] = b'7';
    let mut upper = signed.clone();
    upper[here..here + 8192].make_ascii_uppercase();
    let mut spaced = signed.clone();
    spaced[here + 8190] = b' ';
    let mut hole = signed.clone();
    hole[here + 8190] = b'x';
    let open = PdfRecipe { room: 8192, ..PdfRecipe::default() }
        .sign(pdf(&[LETTER]), |covered| open_ended(&clerk().sign(covered), 4));
    check(
        &root_only(),
        [
            Case::new("as it should be", signed.clone(), "SIGNED_TRUSTED", TRUSTED),
            Case::new("by CAdES", with("ETSI.CAdES.detached"), "SIGNED_TRUSTED", TRUSTED),
            Case::new("lengths left open", open, "SIGNED_TRUSTED", TRUSTED),
            Case::new("in capitals", upper, "SIGNED_TRUSTED", TRUSTED),
            Case::new("a line end behind", [signed.clone(), b"\r\n".to_vec()].concat(), "SIGNED_TRUSTED", TRUSTED),
            Case::new(
                "another date",
                replaced(signed.clone(), "1 January 2025", "1 January 2024"),
                "SIGNATURE_BROKEN",
                ALTERED,
            ),
            Case::new(
                "another catalogue",
                replaced(signed.clone(), "SigFlags 3", "SigFlags 1"),
                "SIGNATURE_BROKEN",
                ALTERED,
            ),
            Case::new(
                "another time beside",
                replaced(signed.clone(), "D:20260101", "D:20250101"),
                "SIGNATURE_BROKEN",
                ALTERED,
            ),
            Case::new("a bit of the signature", bit, "SIGNATURE_BROKEN", ALTERED),
            Case::new("something in the padding", filled, "SIGNATURE_BROKEN", &[("MALFORMED", "-", true)]),
            Case::new("a space in the padding", spaced, "SIGNED_TRUSTED", TRUSTED),
            Case::new("something else in the gap", hole, "SIGNATURE_BROKEN", MALFORMED),
            Case::new("the signature of another document", swapped, "SIGNATURE_BROKEN", ALTERED),
            Case::new("cut short", signed[..signed.len() - 30].to_vec(), "SIGNATURE_BROKEN", MALFORMED),
            Case::new("something before", [b"x".to_vec(), signed.clone()].concat(), "SIGNATURE_BROKEN", MALFORMED),
            Case::new(
                "range shortened after",
                replaced(signed, "/ByteRange[0 0", "/ByteRange[1 0"),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
        ],
    );
}

#[test]
fn a_byte_range_leaves_out_nothing_but_the_signature() {
    check(
        &root_only(),
        [
            Case::new(
                "not from the first byte",
                ranged(|[_, a, b, c]| [5, a - 5, b, c]),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
            Case::new(
                "a gap before the signature",
                ranged(|[z, a, b, c]| [z, a - 30, b, c]),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
            Case::new(
                "a gap behind the signature",
                ranged(|[z, a, b, c]| [z, a, b + 30, c - 30]),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
            Case::new(
                "half of the signature",
                ranged(|[z, a, b, c]| [z, a, b - 2000, c + 2000]),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
            Case::new(
                "the bracket covered",
                ranged(|[z, a, b, c]| [z, a + 1, b - 1, c + 1]),
                "SIGNATURE_BROKEN",
                MALFORMED,
            ),
            Case::new("out of the file", ranged(|[z, a, b, _]| [z, a, b, 9_000_000]), "SIGNATURE_BROKEN", MALFORMED),
            Case::new("backwards", ranged(|[z, a, b, c]| [z, b, a, c]), "SIGNATURE_BROKEN", MALFORMED),
            Case::new("only the head", ranged(|[z, a, b, _]| [z, a, b, 0]), "SIGNED_UNTRUSTED", EARLIER),
            Case::new("not to the end", ranged(|[z, a, b, c]| [z, a, b, c - 40]), "SIGNED_UNTRUSTED", EARLIER),
        ],
    );
}

#[test]
fn what_is_added_after_signing_is_told() {
    let signed = signed_pdf(&clerk());
    let page = "<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 3 0 R>>>>/Contents 200 0 R>>";
    let shown = "<</Length 44>>stream\nBT /F1 11 Tf 50 800 Td (Other words) Tj ET     \nendstream";
    let once = updated(signed, &[(10, page), (200, shown)]);
    let twice = updated(once.clone(), &[(3, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>")]);
    for (file, count) in [(&once, 1), (&twice, 2)] {
        let found = super::examine(file, None, &root_only(), &super::Limits::default(), super::now());
        let super::super::Coverage::Earlier { updates, .. } = found.signatures[0].coverage else { panic!("{found:?}") };
        assert_eq!(updates, count);
    }
    // The later signature covers all that stands; the earlier one its own state.
    let second = |recipe: Recipe| {
        PdfRecipe { first: 300, ..PdfRecipe::default() }.sign(once.clone(), |covered| recipe.sign(covered))
    };
    let stranger = Authority::root(&authority("Elsewhere"), &rcgen::PKCS_ECDSA_P256_SHA256);
    let by_stranger = second(Recipe::of(&stranger.signer(Key::p256())));
    let mut wrong = clerk();
    wrong.signs_else = true;
    // The field is emptied by a later update: what was signed stays in the file, and is found.
    let hidden = updated(signed_pdf(&clerk()), &[(100, "<</Nothing true>>"), (101, "<</FT/Sig/T(Signature100)>>")]);
    check(
        &root_only(),
        [
            Case::new("another page", once.clone(), "SIGNED_UNTRUSTED", EARLIER),
            Case::new("and another font", twice, "SIGNED_UNTRUSTED", EARLIER),
            Case::new("a signature taken out of its field", hidden, "SIGNED_UNTRUSTED", EARLIER),
            Case::new(
                "signed again",
                second(Recipe::of(&ROOT.signer(Key::rsa2048()))),
                "SIGNED_TRUSTED",
                &[("INTACT", "TRUSTED", false), ("INTACT", "TRUSTED", true)],
            ),
            Case::new(
                "signed again by a stranger",
                by_stranger.clone(),
                "SIGNED_UNTRUSTED",
                &[("INTACT", "TRUSTED", false), ("INTACT", "UNTRUSTED_ISSUER", true)],
            ),
            Case::new(
                "the second is broken",
                second(wrong),
                "SIGNATURE_BROKEN",
                &[("INTACT", "TRUSTED", false), ("ALTERED", "-", true)],
            ),
            Case::new(
                "both are broken",
                replaced(by_stranger, "1 January 2025", "1 January 2024"),
                "SIGNATURE_BROKEN",
                &[("ALTERED", "-", false), ("ALTERED", "-", true)],
            ),
        ],
    );
}

#[test]
fn signatures_that_bind_nothing_are_no_signatures() {
    let field = |value: &str, more: &[(usize, &str)]| {
        let catalogue = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[101 0 R]>>>>";
        let field = format!("<</FT/Sig/T(a)/V {value}>>");
        updated(pdf(&[LETTER]), &[&[(1, catalogue), (101, &*field)], more].concat())
    };
    let broken = |name, document| Case::new(name, document, "SIGNATURE_BROKEN", MALFORMED);
    let other = |name, document| Case::new(name, document, "SIGNED_UNTRUSTED", &[("UNSUPPORTED_ALGORITHM", "-", true)]);
    check(
        &root_only(),
        [
            broken("no value", field("100 0 R", &[])),
            broken("a value that is none", field("100 0 R", &[(100, "(signed)")])),
            broken(
                "no ByteRange",
                field("100 0 R", &[(100, "<</Type/Sig/SubFilter/adbe.pkcs7.detached/Contents<00>>>")]),
            ),
            broken("no Contents", field("100 0 R", &[(100, "<</Type/Sig/ByteRange[0 10 20 30]>>")])),
            broken("Contents null", field("100 0 R", &[(100, "<</Type/Sig/Contents null/ByteRange[0 10 20 30]>>")])),
            broken("of three numbers", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0 10 20]>>")])),
            broken("of no numbers", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0/*** /*** /***]>>")])),
            broken("of negative numbers", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0 -1 20 30]>>")])),
            broken("of fractions", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0 10.5 20 30]>>")])),
            broken("of huge numbers", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0 1 99999999999999 1]>>")])),
            broken("by reference", field("100 0 R", &[(100, "<</Contents<00>/ByteRange 5 0 R>>")])),
            broken("of nothing", field("100 0 R", &[(100, "<</Contents<00>/ByteRange[0 0 0 0]>>")])),
            broken("in the field itself", field("<</Type/Sig/Contents<00>/ByteRange[0 0 0 0]>>", &[])),
            broken("the name written otherwise", field("100 0 R", &[(100, "<</Contents<00>/Byte#52ange[0 0 0 0]>>")])),
            other("PKCS#1", with("adbe.x509.rsa_sha1")),
            other("SHA-1 within", with("adbe.pkcs7.sha1")),
            other("a time stamp", with("ETSI.RFC3161")),
            other("unknown", with("Somebody.Else")),
        ],
    );
}
