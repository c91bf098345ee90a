//! What is signed within signed data, and signed data beside and around documents.

use x509_cert::der::{Any, Encode, Tag};

use super::{
    Case,
    authority::{CLERK, Hash, Key, ROOT, root_only},
    check,
    workshop::{LETTER, Recipe, oid, open_ended, signed_pdf, together, wrap},
};

const TRUSTED: &[super::Expected] = &[("INTACT", "TRUSTED", true)];
const ALTERED: &[super::Expected] = &[("ALTERED", "-", true)];
const MALFORMED: &[super::Expected] = &[("MALFORMED", "-", true)];
const UNEXAMINED: &[super::Expected] = &[("UNSUPPORTED_ALGORITHM", "-", true)];
const SHAPELESS: &[super::Expected] = &[("MALFORMED", "-", false)];

fn recipe(change: impl FnOnce(&mut Recipe)) -> Recipe {
    let mut recipe = Recipe::of(&CLERK);
    change(&mut recipe);
    recipe
}

fn signing_certificate(cert: &[u8]) -> Any {
    // SigningCertificateV2 { certs { ESSCertIDv2 { hash } } }, with SHA-256 by default.
    let hash = wrap(0x04, &Hash::Sha256.of(cert));
    let value = wrap(0x30, &wrap(0x30, &hash));
    Any::new(Tag::Sequence, value).unwrap()
}

#[test]
fn what_the_signature_binds_has_to_be_there_once_and_right() {
    let bound = |cert: &[u8]| {
        let value = signing_certificate(cert);
        recipe(|recipe| recipe.more = vec![("1.2.840.113549.1.9.16.2.47", value)])
    };
    let digest_again = Any::new(Tag::OctetString, Hash::Sha256.of(b"another")).unwrap();
    let type_again = Any::encode_from(&oid("1.2.840.113549.1.9.16.1.4")).unwrap();
    let cases = [
        ("as it should be", recipe(|_| ()), "SIGNED_TRUSTED", TRUSTED),
        ("its own certificate named", bound(&CLERK.cert), "SIGNED_TRUSTED", TRUSTED),
        ("another certificate named", bound(&ROOT.cert), "SIGNATURE_BROKEN", MALFORMED),
        ("digest of something else", recipe(|r| r.digest_of = Some(b"else".to_vec())), "SIGNATURE_BROKEN", ALTERED),
        ("signature over something else", recipe(|r| r.signs_else = true), "SIGNATURE_BROKEN", ALTERED),
        ("no digest", recipe(|r| r.message_digest = false), "SIGNATURE_BROKEN", MALFORMED),
        ("no type of content", recipe(|r| r.named_content_type = None), "SIGNATURE_BROKEN", MALFORMED),
        (
            "another type of content",
            recipe(|r| r.named_content_type = Some("1.2.840.113549.1.9.16.1.4")),
            "SIGNATURE_BROKEN",
            MALFORMED,
        ),
        (
            "a type of content that is no document",
            recipe(|r| {
                r.content_type = "1.2.840.113549.1.9.16.1.4";
                r.named_content_type = Some("1.2.840.113549.1.9.16.1.4");
            }),
            "SIGNED_UNTRUSTED",
            UNEXAMINED,
        ),
        ("no signed attributes", recipe(|r| r.signed_attributes = false), "SIGNED_UNTRUSTED", UNEXAMINED),
        (
            "two digests",
            recipe(|r| r.more = vec![("1.2.840.113549.1.9.4", digest_again)]),
            "SIGNATURE_BROKEN",
            MALFORMED,
        ),
        ("two types", recipe(|r| r.more = vec![("1.2.840.113549.1.9.3", type_again)]), "SIGNATURE_BROKEN", MALFORMED),
        ("no certificate", recipe(|r| r.with_certificate = false), "SIGNED_UNTRUSTED", UNEXAMINED),
        (
            "no certificate, altered",
            recipe(|r| (r.with_certificate, r.digest_of) = (false, Some(Vec::new()))),
            "SIGNATURE_BROKEN",
            ALTERED,
        ),
        ("a document of its own", recipe(|r| r.encloses = true), "SIGNATURE_BROKEN", MALFORMED),
        (
            "the digest named otherwise",
            recipe(|r| r.digest_oid = Some(Hash::Sha512.oid())),
            "SIGNATURE_BROKEN",
            ALTERED,
        ),
    ];
    check(
        &root_only(),
        cases
            .into_iter()
            .map(|(name, recipe, verdict, signatures)| Case::new(name, signed_pdf(&recipe), verdict, signatures)),
    );
}

#[test]
fn the_certificate_of_another_key_does_not_fit() {
    // The signature is by a key of the forger, the certificate of the clerk comes along.
    let mut forged = CLERK.clone();
    forged.key = Key::p256();
    check(
        &root_only(),
        [Case::new("a key of one's own", signed_pdf(&Recipe::of(&forged)), "SIGNATURE_BROKEN", ALTERED)],
    );
}

#[test]
fn detached_signatures_are_of_one_file() {
    let letter = LETTER.as_bytes().to_vec();
    let (scan, other) = (b"\xff\xd8\xff\xe0 a scan".to_vec(), b"another letter".to_vec());
    let detached = |content: &[u8]| Recipe::of(&CLERK).sign(content);
    let enclosing = |content: &[u8]| recipe(|recipe| recipe.encloses = true).sign(content);
    let stranger = Recipe::of(
        &super::authority::Authority::root(&super::authority::authority("Elsewhere"), &rcgen::PKCS_ECDSA_P256_SHA256)
            .signer(Key::p256()),
    );
    let good = detached(&letter);
    let mut bit = good.clone();
    let last = bit.len() - 3;
    bit[last] ^= 1;
    let pem = |der: &[u8]| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!("-----BEGIN PKCS7-----\r\n{}\r\n-----END PKCS7-----\r\n", STANDARD.encode(der)).into_bytes()
    };
    let two = |second: Recipe| together(&[Recipe::of(&CLERK), second], &letter);
    let bit_of_second = {
        let mut wrong = stranger.clone();
        wrong.signs_else = true;
        two(wrong)
    };
    let long = [good.clone(), b"more".to_vec()].concat();
    let case = |name, document: &[u8], beside: Vec<u8>, verdict, signatures: &[super::Expected]| {
        Case::new(name, document.to_vec(), verdict, signatures).beside(beside)
    };
    check(
        &root_only(),
        [
            case("a text", &letter, good.clone(), "SIGNED_TRUSTED", TRUSTED),
            case("a scan", &scan, detached(&scan), "SIGNED_TRUSTED", TRUSTED),
            case("armoured", &letter, pem(&good), "SIGNED_TRUSTED", TRUSTED),
            case(
                "with a line end behind",
                &letter,
                [good.clone(), b"\r\n".to_vec()].concat(),
                "SIGNED_TRUSTED",
                TRUSTED,
            ),
            case("lengths left open", &letter, open_ended(&good, 4), "SIGNED_TRUSTED", TRUSTED),
            case("the document within as well", &letter, enclosing(&letter), "SIGNED_TRUSTED", TRUSTED),
            case("for another file", &letter, detached(&other), "SIGNATURE_BROKEN", ALTERED),
            case("another document within", &letter, enclosing(&other), "SIGNATURE_BROKEN", SHAPELESS),
            case("a bit of the signature", &letter, bit, "SIGNATURE_BROKEN", ALTERED),
            case("cut short", &letter, good[..good.len() - 9].to_vec(), "SIGNATURE_BROKEN", SHAPELESS),
            case("cut very short", &letter, good[..1].to_vec(), "SIGNATURE_BROKEN", SHAPELESS),
            case("empty", &letter, Vec::new(), "SIGNATURE_BROKEN", SHAPELESS),
            case("something behind", &letter, long, "SIGNATURE_BROKEN", SHAPELESS),
            case(
                "not signed data",
                &letter,
                b"-----BEGIN PGP SIGNATURE-----\n".to_vec(),
                "SIGNATURE_BROKEN",
                SHAPELESS,
            ),
            case(
                "open lengths without end",
                &letter,
                open_ended(&good, 4)[..90].to_vec(),
                "SIGNATURE_BROKEN",
                SHAPELESS,
            ),
            case(
                "an open length of what has no parts",
                &letter,
                b"\x04\x80\0\0".to_vec(),
                "SIGNATURE_BROKEN",
                SHAPELESS,
            ),
            case(
                "a stranger signs as well",
                &letter,
                two(stranger.clone()),
                "SIGNED_TRUSTED",
                &[("INTACT", "TRUSTED", true), ("INTACT", "UNTRUSTED_ISSUER", true)],
            ),
            case(
                "one of two is broken",
                &letter,
                bit_of_second,
                "SIGNATURE_BROKEN",
                &[("INTACT", "TRUSTED", true), ("ALTERED", "-", true)],
            ),
        ]
        .map(sorted),
    );
}

/// Signers are a set: their order is that of their bytes, and no matter.
fn sorted(mut case: Case) -> Case {
    if case.signatures.len() == 2 {
        let found = super::examine(
            &case.document,
            case.detached.as_deref(),
            &root_only(),
            &super::Limits::default(),
            super::now(),
        );
        let first = found.signatures[0].trust.as_ref().map_or("-", super::super::Trust::code);
        if first != case.signatures[0].1 {
            case.signatures.reverse();
        }
    }
    case
}

#[test]
fn signatures_around_a_document_are_of_what_they_enclose() {
    let around = |change: fn(&mut Recipe)| {
        recipe(|recipe| {
            recipe.encloses = true;
            change(recipe);
        })
        .sign(LETTER.as_bytes())
    };
    let good = around(|_| ());
    let altered = super::workshop::replaced(good.clone(), "31 December 2025", "31 December 2026");
    // The content in pieces, as streaming signers write it.
    let pieces = {
        let content = wrap(0x04, LETTER.as_bytes());
        let place = super::workshop::place_of(&good, LETTER) - (content.len() - LETTER.len());
        let (first, second) = LETTER.as_bytes().split_at(40);
        let open = [&[0x24, 0x80][..], &wrap(0x04, first), &wrap(0x04, second), &[0, 0]].concat();
        // Everything around the content is open, so that no length has to be mended.
        let head = open_ended(&good, 5);
        let at = super::workshop::place_of(&head, LETTER) - (content.len() - LETTER.len());
        assert!(place > 0 && head[at] == 0x04);
        [&head[..at], &open, &head[at + content.len()..]].concat()
    };
    check(
        &root_only(),
        [
            Case::new("a .p7m", good.clone(), "SIGNED_TRUSTED", TRUSTED),
            Case::new("lengths left open", open_ended(&good, 5), "SIGNED_TRUSTED", TRUSTED),
            Case::new("content in pieces", pieces, "SIGNED_TRUSTED", TRUSTED),
            Case::new("a digit of the content", altered, "SIGNATURE_BROKEN", ALTERED),
            Case::new("nobody signed", nobody(), "SIGNATURE_BROKEN", MALFORMED),
            Case::new("a signature without its document", recipe(|_| ()).sign(b"letter"), "UNREADABLE", &[]),
            Case::new("cut short", good[..good.len() - 20].to_vec(), "UNREADABLE", &[]),
        ],
    );
}

/// Signed data that nobody signed.
fn nobody() -> Vec<u8> {
    let data = oid("1.2.840.113549.1.7.1").to_der().unwrap();
    let content = wrap(0xa0, &wrap(0x04, LETTER.as_bytes()));
    let inner = [wrap(0x02, &[1]), wrap(0x31, &[]), wrap(0x30, &[data, content].concat()), wrap(0x31, &[])].concat();
    let signed = oid("1.2.840.113549.1.7.2").to_der().unwrap();
    wrap(0x30, &[signed, wrap(0xa0, &wrap(0x30, &inner))].concat())
}
