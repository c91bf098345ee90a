//! Papers made in the test: scans, texts, and what a throwaway authority signs.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos},
};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rogatory_proto::rogatory::verification::v1::SignedCopy;
use rogatory_rulebook::Digest;
use x509_cert::{
    Certificate,
    attr::Attribute,
    der::{
        Any, Decode, Encode, Tag,
        asn1::{ObjectIdentifier, OctetString, SetOfVec},
    },
    spki::AlgorithmIdentifierOwned,
};

/// An authority and the one clerk whom it certified.
pub(crate) struct Authority {
    pub(crate) root: Vec<u8>,
    /// The certificate of the clerk.
    pub(crate) cert: Vec<u8>,
    key: KeyPair,
}

/// The authority that the service trusts.
pub(crate) static CITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("Root of the sample city"));
/// One for which nobody vouches.
pub(crate) static STRANGER: LazyLock<Authority> = LazyLock::new(|| Authority::new("Root of somebody"));

/// A letter long enough to be known again.
pub(crate) const LETTER: &str = "The District Court of Exampleville orders the platform to produce the registration \
    record, the login records and the orders of the account named below, for the period from 1 January 2025 to 31 \
    December 2025, since there is probable cause that goods sold by it infringe the rights of others.";

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2029, 12, 31);
    params
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut above = params(name);
        above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        above.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let mut clerk = params("SECRET-CLERK");
        clerk.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        clerk.is_ca = IsCa::ExplicitNoCa;
        clerk.use_authority_key_identifier_extension = true;
        let (own, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = above.self_signed(&own).unwrap().der().to_vec();
        let cert = clerk.signed_by(&key, &Issuer::new(above, own)).unwrap().der().to_vec();
        Self { root, cert, key }
    }

    /// A detached CMS signature of the clerk.
    pub(crate) fn detached(&self, content: &[u8]) -> Vec<u8> {
        let oid = ObjectIdentifier::new_unwrap;
        let plain = |text| AlgorithmIdentifierOwned { oid: oid(text), parameters: None };
        let attribute = |name, value| Attribute { oid: oid(name), values: SetOfVec::try_from(vec![value]).unwrap() };
        let (data, sha256) = ("1.2.840.113549.1.7.1", "2.16.840.1.101.3.4.2.1");
        let digest = Any::new(Tag::OctetString, Digest::of(content).as_bytes().as_slice()).unwrap();
        let attributes = [
            attribute("1.2.840.113549.1.9.3", Any::encode_from(&oid(data)).unwrap()),
            attribute("1.2.840.113549.1.9.4", digest),
        ];
        let attributes = SetOfVec::try_from(attributes.to_vec()).unwrap();
        let signature = rcgen::SigningKey::sign(&self.key, &attributes.to_der().unwrap()).unwrap();
        let cert = Certificate::from_der(&self.cert).unwrap();
        let info = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: cert.tbs_certificate.issuer.clone(),
                serial_number: cert.tbs_certificate.serial_number.clone(),
            }),
            digest_alg: plain(sha256),
            signed_attrs: Some(attributes),
            signature_algorithm: plain("1.2.840.10045.4.3.2"),
            signature: OctetString::new(signature).unwrap(),
            unsigned_attrs: None,
        };
        let signed = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![plain(sha256)]).unwrap(),
            encap_content_info: EncapsulatedContentInfo { econtent_type: oid(data), econtent: None },
            certificates: Some(vec![CertificateChoices::Certificate(cert)].try_into().unwrap()),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![info]).unwrap()),
        };
        let content = Any::encode_from(&signed).unwrap();
        ContentInfo { content_type: oid("1.2.840.113549.1.7.2"), content }.to_der().unwrap()
    }

    /// A PDF of one page that the clerk signed.
    pub(crate) fn signed_pdf(&self, text: &str) -> Vec<u8> {
        const ROOM: usize = 4096;
        let range = format!("/ByteRange[0 {0} {0} {0}]", "0".repeat(10));
        let value = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached{range}/Contents <{}>>>",
            "0".repeat(2 * ROOM)
        );
        let mut file = pdf_of(
            text,
            "/AcroForm<</SigFlags 3/Fields[7 0 R]>>",
            &[&value, "<</FT/Sig/T(Signature)/V 6 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>"],
        );
        let open = place(&file, b"/Contents <") + 10;
        let close = open + 2 + 2 * ROOM;
        let rest = file.len() - close;
        let range_at = place(&file, range.as_bytes());
        let written = format!("/ByteRange[0 {open:010} {close:010} {rest:010}]");
        file[range_at..range_at + written.len()].copy_from_slice(written.as_bytes());
        let signature = self.detached(&[&file[..open], &file[close..]].concat());
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(digits.len() <= 2 * ROOM);
        file[open + 1..open + 1 + digits.len()].copy_from_slice(digits.as_bytes());
        file
    }
}

fn place(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).position(|window| window == what).unwrap()
}

/// A PDF of one page with this text; brackets must be balanced.
pub(crate) fn pdf(text: &str) -> Vec<u8> {
    pdf_of(text, "", &[])
}

fn pdf_of(text: &str, catalogue: &str, more: &[&str]) -> Vec<u8> {
    let shown = format!("BT /F1 11 Tf 50 800 Td ({text}) Tj ET");
    pdf_with(&format!("<</Length {}>>stream\n{shown}\nendstream", shown.len()).into_bytes(), catalogue, more)
}

/// A PDF of one page whose content is this stream.
pub(crate) fn pdf_with(stream: &[u8], catalogue: &str, more: &[&str]) -> Vec<u8> {
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>";
    let catalogue = format!("<</Type/Catalog/Pages 2 0 R{catalogue}>>");
    let mut objects: Vec<&[u8]> = vec![
        catalogue.as_bytes(),
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        page.as_bytes(),
        stream,
    ];
    objects.extend(more.iter().map(|object| object.as_bytes()));
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(*object);
        file.extend(b"\nendobj\n");
    }
    let (start, size) = (file.len(), objects.len() + 1);
    let end = format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.extend(end.bytes());
    file
}

/// A picture, as a scanner makes it.
pub(crate) fn scan(seed: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[seed; 400]].concat()
}

/// A copy with its content.
pub(crate) fn copy(content: Vec<u8>) -> SignedCopy {
    SignedCopy { digest: Digest::of(&content).to_string(), content, ..SignedCopy::default() }
}

/// A copy with a signature in a file of its own.
pub(crate) fn copy_signed(content: Vec<u8>, detached_signature: Vec<u8>) -> SignedCopy {
    SignedCopy { detached_signature, ..copy(content) }
}

pub(crate) fn pem(cert: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(cert))
}
