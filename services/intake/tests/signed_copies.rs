//! Which papers are signed copies, which are their signatures, and how much of them is sent.

use rogatory_intake::domain::{
    document::{Document, DocumentKind},
    signed_copy::{SignedCopy, signed_copies},
};
use rogatory_names::DocumentId;
use rogatory_rulebook::Digest;

use crate::sample;

const MIB: i64 = 1024 * 1024;

fn paper(kind: DocumentKind, file_name: &str, media_type: &str, size_bytes: i64) -> Document {
    Document {
        id: DocumentId::new(),
        kind,
        file_name: file_name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes,
        digest: Digest::of(format!("{file_name} {size_bytes}")),
        request: None,
        uploader: "person:portal".to_owned(),
        create_time: sample::now(),
    }
}

fn copy(file_name: &str, size_bytes: i64) -> Document {
    paper(DocumentKind::SignedRequest, file_name, "application/pdf", size_bytes)
}

fn signature(file_name: &str, size_bytes: i64) -> Document {
    paper(DocumentKind::Other, file_name, "application/pkcs7-signature", size_bytes)
}

fn sum(copies: &[SignedCopy]) -> i64 {
    let content = copies.iter().filter(|copy| copy.with_content).map(|copy| copy.document.size_bytes).sum::<i64>();
    content + copies.iter().filter_map(|copy| copy.signature.as_ref()).map(|found| found.size_bytes).sum::<i64>()
}

#[test]
fn a_signature_belongs_to_the_copy_of_its_name_or_to_the_only_one() {
    let papers = [
        paper(DocumentKind::Credential, "badge.png", "image/png", 10),
        copy("a.pdf", 10),
        copy("b.pdf", 10),
        signature("b.pdf.p7s", 5),
        signature("c.pdf.p7s", 5),
        paper(DocumentKind::Other, "a.pdf.p7s", "text/plain", 5),
    ];
    let found = signed_copies(&papers);
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0].document, &found[0].signature), (&papers[1], &None));
    assert_eq!((&found[1].document, found[1].signature.as_ref()), (&papers[2], Some(&papers[3])));

    let only = signed_copies(&[papers[4].clone(), papers[1].clone()]);
    assert_eq!(only[0].signature.as_ref(), Some(&papers[4]), "there is but one that it can sign");
    assert_eq!(signed_copies(&[papers[3].clone()]), []);
}

#[test]
fn what_does_not_fit_is_sent_as_its_digest() {
    let papers: Vec<Document> = (0..5).map(|index| copy(&format!("{index}.pdf"), 7 * MIB)).collect();
    let found = signed_copies(&papers);
    let with: Vec<bool> = found.iter().map(|copy| copy.with_content).collect();
    assert_eq!(with, [true, true, true, false, false]);
    let large = [copy("large.pdf", 8 * MIB + 1), copy("small.pdf", 10), signature("large.pdf.p7s", 5)];
    let found = signed_copies(&large);
    assert_eq!((found[0].with_content, found[1].with_content), (false, true));
    assert_eq!(found[0].signature, None, "a signature of a file that is not sent says nothing");
    let found = signed_copies(&[copy("a.pdf", 10), signature("a.pdf.p7s", MIB + 1)]);
    assert_eq!(found[0].signature, None);
}

#[test]
fn of_many_copies_the_latest_are_sent_each_once_and_within_the_message() {
    let mut papers: Vec<Document> = (0..30).map(|index| copy(&format!("{index}.pdf"), MIB * (index % 9))).collect();
    papers.extend((0..30).map(|index| signature(&format!("{index}.pdf.p7s"), MIB)));
    let found = signed_copies(&papers);
    assert_eq!(found.len(), 20);
    assert_eq!((&found[0].document, &found[19].document), (&papers[10], &papers[29]));
    assert!(sum(&found) <= 27 * MIB, "{}", sum(&found));
    let mut again = papers[29].clone();
    again.id = DocumentId::new();
    papers.reverse();
    assert_eq!(signed_copies(&papers), found, "in the order of their upload");
    assert_eq!(signed_copies(&[papers[30].clone(), again]).len(), 1, "the same file came twice");
}
