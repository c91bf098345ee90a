//! Makes signed data with the `cms` crate, and PDFs by hand.

use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos},
};
use x509_cert::{
    Certificate,
    attr::Attribute,
    der::{
        Any, Decode, Encode, Tag,
        asn1::{ObjectIdentifier, OctetString, SetOfVec, UtcTime},
    },
    ext::pkix::SubjectKeyIdentifier,
    spki::AlgorithmIdentifierOwned,
};

use super::authority::{Hash, Key, Signer};

pub(super) fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// How signed data is made; every field is one way to break it.
#[derive(Clone)]
pub(super) struct Recipe {
    pub(super) signer: Signer,
    pub(super) hash: Hash,
    pub(super) pss: bool,
    /// The certificates beside that of the signer.
    pub(super) chain: Vec<Vec<u8>>,
    /// Whether the certificate of the signer comes along.
    pub(super) with_certificate: bool,
    pub(super) encloses: bool,
    pub(super) by_key_identifier: bool,
    /// What the digest is taken of, instead of the content.
    pub(super) digest_of: Option<Vec<u8>>,
    pub(super) content_type: &'static str,
    pub(super) named_content_type: Option<&'static str>,
    /// The identifier of the digest, instead of the true one.
    pub(super) digest_oid: Option<&'static str>,
    /// The identifier of the signature, instead of the true one.
    pub(super) signature_oid: Option<&'static str>,
    pub(super) signed_attributes: bool,
    pub(super) message_digest: bool,
    /// An attribute in addition, with its value.
    pub(super) more: Vec<(&'static str, Any)>,
    /// Whether the signature is made over something else.
    pub(super) signs_else: bool,
}

impl Recipe {
    pub(super) fn of(signer: &Signer) -> Self {
        Self {
            signer: signer.clone(),
            hash: if matches!(signer.key, Key::P384(_)) { Hash::Sha384 } else { Hash::Sha256 },
            pss: false,
            chain: Vec::new(),
            with_certificate: true,
            encloses: false,
            by_key_identifier: false,
            digest_of: None,
            content_type: "1.2.840.113549.1.7.1",
            named_content_type: Some("1.2.840.113549.1.7.1"),
            digest_oid: None,
            signature_oid: None,
            signed_attributes: true,
            message_digest: true,
            more: Vec::new(),
            signs_else: false,
        }
    }

    fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let plain = |text: &str| AlgorithmIdentifierOwned { oid: oid(text), parameters: None };
        if let Some(text) = self.signature_oid {
            return plain(text);
        }
        if self.pss {
            // RSASSA-PSS-params { [0] SHA-256, [1] MGF1 with SHA-256, [2] 32 }
            let sha256 = AlgorithmIdentifierOwned { oid: oid(Hash::Sha256.oid()), parameters: None };
            let mask = AlgorithmIdentifierOwned {
                oid: oid("1.2.840.113549.1.1.8"),
                parameters: Some(Any::encode_from(&sha256).unwrap()),
            };
            let tagged = |number: u8, der: Vec<u8>| wrap(0xa0 | number, &der);
            let parameters = [
                tagged(0, sha256.to_der().unwrap()),
                tagged(1, mask.to_der().unwrap()),
                tagged(2, 32_u8.to_der().unwrap()),
            ];
            let parameters = Any::from_der(&wrap(0x30, &parameters.concat())).unwrap();
            return AlgorithmIdentifierOwned { oid: oid("1.2.840.113549.1.1.10"), parameters: Some(parameters) };
        }
        plain(match (&self.signer.key, self.hash) {
            (Key::Rsa(_), _) => "1.2.840.113549.1.1.1",
            (Key::Ed25519(_), _) => "1.3.101.112",
            (_, Hash::Sha1) => "1.2.840.10045.4.1",
            (_, Hash::Sha256) => "1.2.840.10045.4.3.2",
            (_, Hash::Sha384) => "1.2.840.10045.4.3.3",
            (_, Hash::Sha512) => "1.2.840.10045.4.3.4",
        })
    }

    fn signer_info(&self, content: &[u8]) -> SignerInfo {
        let attribute =
            |name: &str, value: Any| Attribute { oid: oid(name), values: SetOfVec::try_from(vec![value]).unwrap() };
        let mut attributes = Vec::new();
        if let Some(named) = self.named_content_type {
            attributes.push(attribute("1.2.840.113549.1.9.3", Any::encode_from(&oid(named)).unwrap()));
        }
        if self.message_digest {
            let digest = self.hash.of(self.digest_of.as_deref().unwrap_or(content));
            attributes.push(attribute("1.2.840.113549.1.9.4", Any::new(Tag::OctetString, digest).unwrap()));
        }
        let time = UtcTime::from_unix_duration(std::time::Duration::from_secs(1_767_225_600)).unwrap();
        attributes.push(attribute("1.2.840.113549.1.9.5", Any::encode_from(&time).unwrap()));
        attributes.extend(self.more.iter().map(|(name, value)| attribute(name, value.clone())));
        let attributes = SetOfVec::try_from(attributes).unwrap();
        let message = match (self.signed_attributes, self.signs_else) {
            (_, true) => b"something else".to_vec(),
            (true, false) => attributes.to_der().unwrap(),
            (false, false) => content.to_vec(),
        };
        let key = &self.signer.key;
        let signature = if self.pss { key.sign_pss(&message) } else { key.sign(self.hash, &message) };
        let cert = Certificate::from_der(&self.signer.cert).unwrap();
        let sid = if self.by_key_identifier {
            let (_, identifier) = cert.tbs_certificate.get::<SubjectKeyIdentifier>().unwrap().unwrap();
            SignerIdentifier::SubjectKeyIdentifier(identifier)
        } else {
            SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: cert.tbs_certificate.issuer,
                serial_number: cert.tbs_certificate.serial_number,
            })
        };
        SignerInfo {
            version: if self.by_key_identifier { CmsVersion::V3 } else { CmsVersion::V1 },
            sid,
            digest_alg: AlgorithmIdentifierOwned {
                oid: oid(self.digest_oid.unwrap_or(self.hash.oid())),
                parameters: None,
            },
            signed_attrs: self.signed_attributes.then_some(attributes),
            signature_algorithm: self.signature_algorithm(),
            signature: OctetString::new(signature).unwrap(),
            unsigned_attrs: None,
        }
    }

    /// Signed data over this content.
    pub(super) fn sign(&self, content: &[u8]) -> Vec<u8> {
        together(std::slice::from_ref(self), content)
    }
}

/// Signed data with several signers.
pub(super) fn together(recipes: &[Recipe], content: &[u8]) -> Vec<u8> {
    let first = &recipes[0];
    let infos: Vec<SignerInfo> = recipes.iter().map(|recipe| recipe.signer_info(content)).collect();
    let mut certs = Vec::new();
    for recipe in recipes {
        let own = recipe.with_certificate.then_some(&recipe.signer.cert);
        for cert in own.into_iter().chain(&recipe.chain) {
            let choice = CertificateChoices::Certificate(Certificate::from_der(cert).unwrap());
            if !certs.contains(&choice) {
                certs.push(choice);
            }
        }
    }
    let data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![infos[0].digest_alg.clone()]).unwrap(),
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: oid(first.content_type),
            econtent: first.encloses.then(|| Any::new(Tag::OctetString, content).unwrap()),
        },
        certificates: Some(certs.try_into().unwrap()),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(infos).unwrap()),
    };
    let info = ContentInfo { content_type: oid("1.2.840.113549.1.7.2"), content: Any::encode_from(&data).unwrap() };
    info.to_der().unwrap()
}

/// A DER element.
pub(super) fn wrap(tag: u8, body: &[u8]) -> Vec<u8> {
    let header = x509_cert::der::Header::new(Tag::OctetString, body.len()).unwrap().to_der().unwrap();
    [&[tag], &header[1..], body].concat()
}

/// The same structure with its lengths left open wherever BER allows it, as streaming signers write it; what is signed
/// stays.
pub(super) fn open_ended(der: &[u8], depth: usize) -> Vec<u8> {
    let mut rest = der;
    let mut written = Vec::new();
    while !rest.is_empty() {
        let header_length = match rest[1] {
            short @ 0..=0x7f => (2, usize::from(short)),
            long => {
                let digits = usize::from(long & 0x7f);
                (2 + digits, rest[2..2 + digits].iter().fold(0, |value, digit| value << 8 | usize::from(*digit)))
            }
        };
        let (whole, after) = rest.split_at(header_length.0 + header_length.1);
        rest = after;
        if whole[0] & 0x20 != 0 && depth > 0 {
            written.extend([whole[0], 0x80]);
            written.extend(open_ended(&whole[header_length.0..], depth - 1));
            written.extend([0, 0]);
        } else {
            written.extend(whole);
        }
    }
    written
}

/// The text of a letter, long enough to have a fingerprint.
pub(super) const LETTER: &str = "The District Court of Exampleville orders the platform to produce the registration \
    record, the login records and the orders of the account named below, for the period from 1 January 2025 to 31 \
    December 2025, since there is probable cause that goods sold by it infringe the rights of others.";

/// A PDF that shows these lines, one page each.
pub(super) fn pdf(pages: &[&str]) -> Vec<u8> {
    pdf_with(pages, |content| (String::new(), content))
}

/// A PDF whose page contents go through a filter, named by the entries for its dictionary.
pub(super) fn pdf_with(pages: &[&str], filter: impl Fn(Vec<u8>) -> (String, Vec<u8>)) -> Vec<u8> {
    let mut objects: Vec<(usize, Vec<u8>)> = Vec::new();
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 10 + 2 * page)).collect();
    objects.push((1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec()));
    objects.push((2, format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")).into_bytes()));
    objects.push((3, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec()));
    for (page, text) in pages.iter().enumerate() {
        let number = 10 + 2 * page;
        let dict = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {} 0 R>>",
            number + 1
        );
        objects.push((number, dict.into_bytes()));
        let shown = format!("BT /F1 11 Tf 50 800 Td ({text}) Tj ET");
        let (entries, content) = filter(shown.into_bytes());
        let mut stream = format!("<</Length {}{entries}>>stream\n", content.len()).into_bytes();
        stream.extend(content);
        stream.extend(b"\nendstream");
        objects.push((number + 1, stream));
    }
    written(&objects)
}

/// A PDF of these objects; the first is the catalogue.
pub(super) fn written(objects: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in objects {
        places.push((*number, file.len()));
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(body);
        file.extend(b"\nendobj\n");
    }
    ended(file, &places, "/Root 1 0 R")
}

/// Puts the cross-reference table behind what is written.
fn ended(mut file: Vec<u8>, places: &[(usize, usize)], trailer: &str) -> Vec<u8> {
    let start = file.len();
    file.extend(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in places {
        file.extend(format!("{number} 1\n{place:010} 00000 n \n").bytes());
    }
    let size = places.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    file.extend(format!("trailer\n<</Size {size}{trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

/// Adds objects to a PDF behind its end.
pub(super) fn updated(mut file: Vec<u8>, objects: &[(usize, &str)]) -> Vec<u8> {
    let mut places = Vec::new();
    for (number, body) in objects {
        places.push((*number, file.len()));
        file.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    ended(file, &places, "/Root 1 0 R/Prev 0")
}

/// How a PDF is signed.
pub(super) struct PdfRecipe<'a> {
    pub(super) sub_filter: &'a str,
    /// Numbers of the new objects begin here.
    pub(super) first: usize,
    /// Bytes that are kept for the signature.
    pub(super) room: usize,
    /// What becomes of the ByteRange before it is written.
    pub(super) range: fn([usize; 4]) -> [usize; 4],
}

impl Default for PdfRecipe<'_> {
    fn default() -> Self {
        Self { sub_filter: "adbe.pkcs7.detached", first: 100, room: 4096, range: |range| range }
    }
}

impl PdfRecipe<'_> {
    /// Signs by an incremental update; `sign` makes the signature over what it covers.
    pub(super) fn sign(&self, file: Vec<u8>, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let (value, field) = (self.first, self.first + 1);
        let blank = format!("/ByteRange[0 {0} {0} {0}]", "0".repeat(10));
        let value_body = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/{}{blank}/Contents <{}>/M(D:20260101000000Z)>>",
            self.sub_filter,
            "0".repeat(2 * self.room)
        );
        let field_body =
            format!("<</FT/Sig/T(Signature{value})/V {value} 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>");
        let catalogue = format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[{field} 0 R]>>>>");
        let begun = file.len();
        let mut file = updated(file, &[(value, &value_body), (field, &field_body), (1, &catalogue)]);
        let place = |what: &[u8]| begun + memchr::memmem::find(&file[begun..], what).unwrap();
        let (range_at, open) = (place(blank.as_bytes()), place(b"/Contents <") + 10);
        let close = open + 2 + 2 * self.room;
        let range = (self.range)([0, open, close, file.len() - close]);
        let written = format!("/ByteRange[{} {:010} {:010} {:010}]", range[0], range[1], range[2], range[3]);
        file[range_at..range_at + written.len()].copy_from_slice(written.as_bytes());
        let covered = |from: usize, length: usize| file.get(from..from + length).unwrap_or_default();
        let signature = sign(&[covered(range[0], range[1]), covered(range[2], range[3])].concat());
        assert!(signature.len() <= self.room, "room for {} bytes", signature.len());
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        file[open + 1..open + 1 + digits.len()].copy_from_slice(digits.as_bytes());
        file
    }
}

/// A PDF signed in the usual way.
pub(super) fn signed_pdf(recipe: &Recipe) -> Vec<u8> {
    PdfRecipe::default().sign(pdf(&[LETTER]), |covered| recipe.sign(covered))
}

/// Where in a file the first of these bytes stand.
pub(super) fn place_of(file: &[u8], what: &str) -> usize {
    memchr::memmem::find(file, what.as_bytes()).unwrap_or_else(|| panic!("no `{what}`"))
}

/// The file with other bytes in place of the first of these, as many.
pub(super) fn replaced(mut file: Vec<u8>, what: &str, with: &str) -> Vec<u8> {
    assert_eq!(what.len(), with.len(), "a replacement moves nothing");
    let place = place_of(&file, what);
    file[place..place + with.len()].copy_from_slice(with.as_bytes());
    file
}
