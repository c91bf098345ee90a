//! Nothing that is sent makes the examination panic, stall, or take an altered document for an intact one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
    time::{Duration, Instant, SystemTime},
};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    super::{Integrity, Limits, examine, text_fingerprint},
    authority::{CLERK, root_only},
    now,
    text::deflated,
    workshop::{LETTER, PdfRecipe, Recipe, open_ended, pdf, pdf_with, place_of, signed_pdf},
};

/// Little enough that a hostile input is over soon.
fn small() -> Limits {
    Limits { inflated_bytes: 1 << 20, pdf_values: 50_000, pdf_objects: 5_000, ..Limits::default() }
}

/// What is mutated: a document of every kind.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let clerk = Recipe::of(&CLERK);
    let mut enclosing = clerk.clone();
    enclosing.encloses = true;
    let enclosing = enclosing.sign(LETTER.as_bytes());
    let twice = PdfRecipe { first: 300, room: 1500, ..PdfRecipe::default() }
        .sign(signed_pdf(&clerk), |covered| clerk.sign(covered));
    let packed = pdf_with(&[LETTER], |content| ("/Filter/FlateDecode".to_owned(), deflated(&content)));
    vec![
        signed_pdf(&clerk),
        twice,
        PdfRecipe { room: 1500, ..PdfRecipe::default() }.sign(packed, |covered| clerk.sign(covered)),
        pdf(&[LETTER, LETTER]),
        open_ended(&enclosing, 5),
        enclosing,
        clerk.sign(LETTER.as_bytes()),
        CLERK.cert.clone(),
    ]
});

/// Examines it in every way. True when a signature is intact.
fn examined(document: &[u8], limits: &Limits) -> bool {
    let anchors = root_only();
    let found = examine(document, None, &anchors, limits, now());
    let _ = text_fingerprint(document, limits);
    let beside = examine(LETTER.as_bytes(), Some(document), &anchors, limits, now());
    let _ = beside.signatures.iter().map(ToString::to_string).count();
    found.signatures.iter().any(|signature| signature.integrity == Integrity::Intact)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_examined(bytes in vec(any::<u8>(), 0..2000), head in 0_usize..4) {
        let signed_data = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80";
        let heads: [&[u8]; 4] = [b"", b"%PDF-1.7\n1 0 obj", signed_data, b"-----BEGIN CMS-----\n"];
        examined(&[heads[head], &bytes].concat(), &small());
    }

    #[test]
    fn mutated_documents_are_examined(seed in any::<Index>(), changes in vec((any::<Index>(), any::<u8>()), 1..20)) {
        let mut document = seed.get(&SEEDS).clone();
        for (place, byte) in changes {
            let place = place.index(document.len());
            document[place] = byte;
        }
        examined(&document, &small());
    }

    #[test]
    fn no_byte_of_a_signed_pdf_can_be_changed(place in any::<Index>(), change in 1_u8..=255) {
        let mut document = SEEDS[0].clone();
        let open = place_of(&document, "/Contents <") + 10;
        let close = open + 2 + 8192;
        // What lies between is the signature itself.
        let place = place.index(document.len() - (close - open));
        let place = if place < open { place } else { place + close - open };
        document[place] ^= change;
        let found = examine(&document, None, &root_only(), &small(), now());
        prop_assert!(found.signatures.iter().all(|signature| signature.integrity != Integrity::Intact), "{found:?}");
    }

    #[test]
    fn no_byte_of_an_enclosed_or_detached_document_can_be_changed(place in any::<Index>(), change in 1_u8..=255) {
        let mut letter = LETTER.as_bytes().to_vec();
        let place = place.index(letter.len());
        letter[place] ^= change;
        let anchors = root_only();
        let beside = examine(&letter, Some(&SEEDS[6]), &anchors, &small(), now());
        prop_assert!(beside.signatures[0].integrity == Integrity::Altered, "{beside:?}");
        let mut enclosing = SEEDS[5].clone();
        let at = place_of(&enclosing, LETTER) + place;
        enclosing[at] ^= change;
        let around = examine(&enclosing, None, &anchors, &small(), now());
        prop_assert!(around.signatures[0].integrity == Integrity::Altered, "{around:?}");
    }

    #[test]
    fn nothing_can_be_put_into_or_taken_out_of_what_is_signed(
        place in any::<Index>(),
        put in vec(any::<u8>(), 0..40),
        take in 0_usize..40,
    ) {
        prop_assume!(!put.is_empty() || take > 0);
        let whole = &SEEDS[0];
        // In front of the signature, where everything is covered.
        let at = place.index(place_of(whole, "/Contents <"));
        let end = (at + take).min(place_of(whole, "/Contents <"));
        prop_assume!(whole[at..end] != put);
        let document = [&whole[..at], &put, &whole[end..]].concat();
        prop_assert!(!examined(&document, &small()));
    }
}

/// Numbers that look random, and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// Pieces that mean something to one of the parsers.
const PIECES: [&[u8]; 40] = [
    b"1 0 obj",
    b"endobj",
    b"stream\n",
    b"endstream",
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"/",
    b"%",
    b"\\",
    b"/Type/ObjStm/N 3/First 9",
    b"/ByteRange[0 1 2 3]",
    b"/Contents<00>",
    b"/FT/Sig/V 1 0 R",
    b"/Kids[1 0 R 2 0 R]",
    b"/Type/Catalog/Pages 1 0 R",
    b"/Length 0",
    b"/Length 99999999",
    b"/Filter/FlateDecode",
    b"/Filter[/A85/AHx]",
    b"trailer",
    b" 0 R",
    b"-1",
    b"4294967296",
    b"1e9",
    b"#",
    b"\x30\x80",
    b"\x24\x80",
    b"\0\0",
    b"\x30\x84\xff\xff\xff\xff",
    b"\xa0\x82",
    b"\x02\x01\x00",
    b"\x06\x01\x80",
    b"BT /F1 9 Tf",
    b"beginbfrange <00> <ff> <0041> endbfrange",
];

fn mutate(document: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(document.len() + 1);
    let end = at + dice.below(64).min(document.len() - at);
    match dice.below(8) {
        0 | 1 => {
            if let Some(byte) = document.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        2 => {
            if let Some(byte) = document.get_mut(at) {
                *byte = u8::try_from(dice.below(256)).unwrap();
            }
        }
        3 => drop(document.drain(at..end)),
        4 => {
            let piece = document[at..end].to_vec();
            let to = dice.below(document.len() + 1);
            document.splice(to..to, piece);
        }
        5 | 6 => {
            let piece = PIECES[dice.below(PIECES.len())];
            let end = if dice.below(2) == 0 { at } else { (at + piece.len()).min(document.len()) };
            document.splice(at..end, piece.iter().copied());
        }
        _ => {
            let other = &SEEDS[dice.below(SEEDS.len())];
            let from = dice.below(other.len());
            let to = from + dice.below(512).min(other.len() - from);
            document.splice(at..end, other[from..to].iter().copied());
        }
    }
    document.truncate(200_000);
}

/// Mutates documents as long as `ROGATORY_FUZZ_SECONDS` says, two seconds when it says nothing. A failure names the
/// seed, with which `ROGATORY_FUZZ_SEED` does the same again.
#[test]
fn a_fuzzer_finds_nothing() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let budget = Duration::from_secs(number("ROGATORY_FUZZ_SECONDS").unwrap_or(2));
    let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
    let first = number("ROGATORY_FUZZ_SEED").unwrap_or_else(|| u64::try_from(clock()).unwrap() | 1);
    let (begun, mut round) = (Instant::now(), 0_u64);
    while begun.elapsed() < budget {
        let seed = first.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1;
        let mut dice = Dice(seed);
        let mut document = SEEDS[dice.below(SEEDS.len())].clone();
        for _ in 0..=dice.below(8) {
            mutate(&mut document, &mut dice);
        }
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| examined(&document, &small())));
        assert!(outcome.is_ok(), "round {round}: ROGATORY_FUZZ_SEED={first} panics, with {} bytes", document.len());
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "round {round}: ROGATORY_FUZZ_SEED={first} takes {took:?}");
        round += 1;
    }
    println!("{round} documents, ROGATORY_FUZZ_SEED={first}");
}
