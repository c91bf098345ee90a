//! The parts of a message: counted, and its attachments found.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rogatory_rulebook::Digest;
use rogatory_verification::domain::message::Media;

use super::mail::{Kit, OWN, envelope, sample, with_parts};

const PDF: &[u8] = b"%PDF-1.7\nnot much of a document\n%%EOF\n";

fn part(header: &str, content: &str) -> String {
    format!("{header}\r\n\r\n{content}")
}

/// What is found of the attachments of a message.
async fn found(raw: String) -> (u32, u32, Vec<(Media, Vec<u8>, bool)>) {
    let kit = Kit::new().await;
    let read = kit.checker.check(raw, None).await.unwrap();
    for (attached, facts) in read.attached.iter().zip(&read.facts.attachments) {
        assert_eq!(attached.facts, *facts);
        assert_eq!(facts.size, attached.bytes.len() as u64);
        assert_eq!(facts.digest, Digest::of(&attached.bytes));
    }
    assert_eq!(read.attached.len(), read.facts.attachments.len());
    let attached = read.attached.into_iter().map(|one| (one.facts.media, one.bytes, one.facts.damaged));
    (read.facts.parts, read.facts.depth, attached.collect())
}

#[tokio::test]
async fn attachments_are_found_by_their_content() {
    let pdf = STANDARD.encode(PDF);
    let p7s = STANDARD.encode([0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0]);
    let raw = with_parts(&[
        &part("Content-Type: text/plain", "Please find the order attached."),
        &part("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64", &pdf),
        // A document that calls itself text, and one that calls itself a picture.
        &part("Content-Type: text/plain\r\nContent-Transfer-Encoding: BASE64 ", &pdf),
        &part("Content-Type: image/png; name=\"=?utf-8?B?w6Q=?=.png\"\r\nContent-Transfer-Encoding: base64", &pdf),
        &part("Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64", &p7s),
        &part("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt", "attached text"),
        &part("Content-Type: text/csv; name=list.csv\r\nContent-Transfer-Encoding: quoted-printable", "a=3Bb=\r\nc"),
    ]);
    let (parts, depth, attached) = found(raw).await;
    assert_eq!((parts, depth), (8, 2));
    let told: Vec<(Media, &[u8])> = attached.iter().map(|(media, bytes, _)| (*media, bytes.as_slice())).collect();
    assert_eq!(told[..3], [(Media::Pdf, PDF), (Media::Pdf, PDF), (Media::Pdf, PDF)]);
    assert_eq!(told[3].0, Media::Pkcs7);
    assert_eq!(told[4..], [(Media::Other, &b"attached text"[..]), (Media::Other, b"a;bc")]);
    assert!(attached.iter().all(|(.., damaged)| !damaged));
}

#[tokio::test]
async fn junk_for_an_encoding_is_kept_as_it_came() {
    let (_, _, attached) = found(with_parts(&[
        &part("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64", "~~~ no base64 ~~~"),
        &part("Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable", "=ZZ%PDF-1.4"),
    ]))
    .await;
    assert_eq!(
        attached,
        [(Media::Other, b"~~~ no base64 ~~~".to_vec(), true), (Media::Pdf, b"=ZZ%PDF-1.4".to_vec(), true)]
    );
}

#[tokio::test]
async fn a_message_in_a_message_is_opened_unless_it_is_encoded() {
    let inner = with_parts(&[&part("Content-Type: application/pdf", "%PDF-1.4 inner")]).replace("b1", "b2");
    let (parts, depth, attached) = found(with_parts(&[
        &part("Content-Type: message/rfc822", &inner),
        &part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", &STANDARD.encode(&inner)),
        &part("Content-Type: multipart/digest; boundary=b3", "--b3\r\n\r\nSubject: x\r\n\r\ntext\r\n--b3--"),
    ]))
    .await;
    // Itself, the message with its two, the encoded one, the digest with a part and its message.
    assert_eq!((parts, depth), (8, 4));
    assert_eq!(attached.iter().map(|(media, ..)| *media).collect::<Vec<_>>(), [Media::Pdf, Media::Pdf]);
    assert_eq!(attached[0].1, b"%PDF-1.4 inner");
    // The text of a document that lies in it is found, and the whole is the attachment.
    assert_eq!(attached[1].1, inner.as_bytes());
}

#[tokio::test]
async fn what_a_signature_signs_is_told_byte_for_byte() {
    let signed = part("Content-Type: text/plain", "The order.");
    let body = with_parts(&[
        &signed,
        &part("Content-Type: application/pkcs7-signature; name=smime.p7s", "-----BEGIN PKCS7-----"),
    ])
    .replace("multipart/mixed", "multipart/signed; micalg=sha-256");
    let kit = Kit::new().await;
    let read = kit.checker.check(body.clone(), None).await.unwrap();
    let [signature] = read.attached.as_slice() else { panic!("{:?}", read.facts.attachments) };
    assert_eq!(signature.facts.media, Media::Pkcs7);
    assert_eq!(body.as_bytes()[signature.signs.clone().unwrap()], *signed.as_bytes());
}

#[tokio::test]
async fn boundaries_are_whole_lines() {
    let (parts, _, attached) = found(with_parts(&[
        &part("Content-Type: application/octet-stream", "--b1x\r\n --b1\r\n--b\r\nx--b1"),
        &part("Content-Type: application/octet-stream", ""),
    ]))
    .await;
    assert_eq!(parts, 3);
    assert_eq!(attached, [(Media::Other, b"--b1x\r\n --b1\r\n--b\r\nx--b1".to_vec(), false)]);
    // Without its end, and without any.
    let cut = with_parts(&[&part("Content-Type: application/octet-stream", "cut")]).replace("--b1--\r\n", "");
    assert_eq!(found(cut).await.2, [(Media::Other, b"cut\r\n".to_vec(), false)]);
    let none = with_parts(&[]).replace("--b1--", "");
    assert_eq!(found(none).await.0, 1);
}

#[tokio::test]
async fn nothing_that_a_message_says_is_in_what_is_told_of_it() {
    let kit = Kit::new().await;
    let raw = kit.sign(&sample(), "police.example", "rsa");
    let read = kit.checker.check(raw.clone(), envelope(OWN, "officer@police.example")).await.unwrap();
    assert!(read.facts.signed_at.is_some());
    let told = format!(
        "{read:?} {:?} {:?} {}",
        kit.checker,
        envelope(OWN, "officer@police.example"),
        serde_json::to_string(&read.facts).unwrap()
    );
    for secret in ["officer", "Officer", "Sample", "Request 17", "requests", "records", "192.0.2.10"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    let stored: rogatory_verification::domain::message::MessageFacts =
        serde_json::from_str(&serde_json::to_string(&read.facts).unwrap()).unwrap();
    assert_eq!(stored, read.facts);
    assert_eq!(read.facts.digest, Digest::of(&raw));
    assert_eq!(read.facts.from_organisation.as_deref(), Some("police.example"));
    assert_eq!(read.facts.envelope_domain.as_deref(), Some("police.example"));
}
