//! Signed data (CMS, RFC 5652 §5; PKCS#7 before it).

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use sha1::Digest as _;
use x509_cert::{der::Decode, time::Time};

use super::{
    algorithms::{Algorithm, Hash, Refused, Scheme},
    anchors::TrustAnchors,
    ber,
    certificate::{self, Cert},
    chain,
    found::{Coverage, Form, Integrity, SignatureFound, Trust},
    limits::{Budget, Limits, Unreadable},
    tlv::{self, Elements, INTEGER, NotDer, OCTETS, OID, SEQUENCE, SET, Tlv, context},
};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// ESS signing-certificate (RFC 2634 §5.4), its certificate hash always SHA-1, and signing-certificate-v2 (RFC 5035
/// §3).
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// The most signed attributes of one signer. Real ones have three to six.
const MOST_ATTRIBUTES: usize = 64;

const NOT_DER: &str = "it is not well-formed DER or BER, or cut short";

/// SignedData, as the bytes say it.
struct SignedData<'a> {
    content_type: String,
    content: Option<&'a [u8]>,
    certificates: Vec<&'a [u8]>,
    signers: Vec<Tlv<'a>>,
}

impl<'a> SignedData<'a> {
    fn read(der: &'a [u8], limits: &Limits) -> Result<Self, Unreadable> {
        let (outer, padding) = tlv::first(der)?;
        // In a PDF the place for the signature is filled up with zeros; files end with line ends.
        if !padding.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(Unreadable::NotDer);
        }
        tlv::guard(outer.whole, limits)?;
        let mut info = Elements(outer.whole).within(SEQUENCE)?;
        if tlv::oid(info.any()?)? != SIGNED_DATA {
            return Err(Unreadable::NotDer);
        }
        let mut data = info.within(context(0))?.within(SEQUENCE)?;
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut encapsulated = data.within(SEQUENCE)?;
        let content_type = tlv::oid(encapsulated.any()?)?;
        let content = match encapsulated.take_if(context(0))? {
            Some(explicit) => Some(Elements(explicit.body).take(OCTETS)?.body),
            None => None,
        };
        let certificates = data.take_if(context(0))?;
        data.take_if(context(1))?;
        let mut infos = data.within(SET)?;
        data.end()?;
        if outer.whole.len() - content.map_or(0, <[u8]>::len) > limits.cms_bytes {
            return Err(Unreadable::TooLarge);
        }
        let mut found = Self { content_type, content, certificates: Vec::new(), signers: Vec::new() };
        let mut certificates = Elements(certificates.map_or(&[], |set| set.body));
        while !certificates.is_empty() {
            let certificate = certificates.any()?;
            // Attribute certificates and other formats stand under other tags, and say nothing here.
            if certificate.tag == SEQUENCE {
                found.certificates.push(certificate.whole);
            }
            if found.certificates.len() > limits.certificates {
                return Err(Unreadable::TooManyCertificates);
            }
        }
        while !infos.is_empty() {
            found.signers.push(infos.take(SEQUENCE)?);
            if found.signers.len() > limits.signatures {
                return Err(Unreadable::TooManySignatures);
            }
        }
        Ok(found)
    }
}

/// The DER of a file that may be armoured (PEM, RFC 7468), or in BER.
pub(super) fn der_of<'a>(file: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, Unreadable> {
    if !file.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return ber::definite(file, limits);
    }
    let text = str::from_utf8(file).map_err(|_| Unreadable::NotDer)?.trim();
    let (_, body) = text.split_once('\n').ok_or(Unreadable::NotDer)?;
    let (body, _) = body.split_once("-----END ").ok_or(Unreadable::NotDer)?;
    let base64: String = body.split_ascii_whitespace().collect();
    let decoded = STANDARD.decode(base64).map_err(|_| Unreadable::NotDer)?;
    Ok(Cow::Owned(ber::definite(&decoded, limits)?.into_owned()))
}

/// What signed data encloses.
pub(super) fn content_of<'a>(der: &'a [u8], limits: &Limits) -> Result<Option<&'a [u8]>, Unreadable> {
    SignedData::read(der, limits).map(|data| data.content)
}

/// What all signatures of one document are examined with.
pub(super) struct Examiner<'a> {
    pub(super) anchors: &'a TrustAnchors,
    pub(super) at: DateTime<Utc>,
    pub(super) budget: Budget,
}

impl Examiner<'_> {
    /// The signatures around a document; none when it encloses nothing.
    pub(super) fn enveloping(&mut self, document: &[u8]) -> Result<Option<Vec<SignatureFound>>, Unreadable> {
        let der = der_of(document, &self.budget.limits)?;
        let data = SignedData::read(&der, &self.budget.limits)?;
        let Some(content) = data.content else { return Ok(None) };
        self.signers(&data, &[content], Form::Enveloping, Coverage::Whole).map(Some)
    }

    /// The signatures in a file beside the document.
    pub(super) fn detached(&mut self, file: &[u8], document: &[u8]) -> Result<Vec<SignatureFound>, Unreadable> {
        if file.len() > self.budget.limits.document_bytes {
            return Err(Unreadable::TooLarge);
        }
        let malformed = |why: &str| vec![broken(Form::Detached, Coverage::Unknown, why)];
        let der = match der_of(file, &self.budget.limits) {
            Ok(der) => der,
            Err(Unreadable::NotDer) => return Ok(malformed(NOT_DER)),
            Err(reason) => return Err(reason),
        };
        match SignedData::read(&der, &self.budget.limits) {
            Ok(data) if data.content.is_some_and(|content| content != document) => {
                Ok(malformed("it encloses another document"))
            }
            Ok(data) => self.signers(&data, &[document], Form::Detached, Coverage::Whole),
            Err(Unreadable::NotDer) => Ok(malformed(NOT_DER)),
            Err(reason) => Err(reason),
        }
    }

    /// The signatures in one place of a PDF, over these parts of it.
    pub(super) fn in_pdf(
        &mut self,
        contents: &[u8],
        parts: &[&[u8]],
        coverage: Coverage,
    ) -> Result<Vec<SignatureFound>, Unreadable> {
        let malformed = |why: &str| vec![broken(Form::Pdf, coverage, why)];
        let der = match ber::definite(contents, &self.budget.limits) {
            Ok(der) => der,
            Err(Unreadable::NotDer) => return Ok(malformed(NOT_DER)),
            Err(reason) => return Err(reason),
        };
        match SignedData::read(&der, &self.budget.limits) {
            // Then there would be two documents, and a reader might show either.
            Ok(data) if data.content.is_some() => Ok(malformed("it encloses a document of its own")),
            Ok(data) => self.signers(&data, parts, Form::Pdf, coverage),
            Err(Unreadable::NotDer) => Ok(malformed(NOT_DER)),
            Err(reason) => Err(reason),
        }
    }

    fn signers(
        &mut self,
        data: &SignedData<'_>,
        parts: &[&[u8]],
        form: Form,
        coverage: Coverage,
    ) -> Result<Vec<SignatureFound>, Unreadable> {
        if data.signers.is_empty() {
            return Ok(vec![broken(form, coverage, "nobody signed it")]);
        }
        // A certificate that cannot be read cannot be of use to the one who sent it.
        let pool: Vec<Cert> = data.certificates.iter().filter_map(|der| Cert::read(der).ok()).collect();
        let examine = |info: &Tlv<'_>| {
            let mut found = SignatureFound::of(form, coverage, Integrity::Intact);
            let fault = match SignerInfo::read(*info) {
                Ok(signer) => {
                    found.claimed_time = signer.claimed_time();
                    let cert = signer.certificate(&pool, self.anchors);
                    found.signer = cert.map(Cert::signer);
                    match signer.holds(cert, &data.content_type, parts) {
                        Ok((cert, weak)) => {
                            let trust = chain::trust(cert, &pool, self.anchors, self.at, &mut self.budget)?;
                            found.trust = Some(match (trust, weak) {
                                (Trust::Trusted { .. }, Some(weak)) => Trust::WeakAlgorithm(weak),
                                (trust, _) => trust,
                            });
                            return Ok(found);
                        }
                        Err(fault) => fault,
                    }
                }
                Err(NotDer) => Fault::Malformed(NOT_DER),
            };
            found.integrity = fault.integrity();
            Ok(found)
        };
        data.signers.iter().map(examine).collect()
    }
}

fn broken(form: Form, coverage: Coverage, why: &str) -> SignatureFound {
    SignatureFound::of(form, coverage, Integrity::Malformed(why.to_owned()))
}

/// Why a signature is not intact.
enum Fault {
    Altered,
    Malformed(&'static str),
    Unsupported(String),
}

impl Fault {
    fn integrity(self) -> Integrity {
        match self {
            Self::Altered => Integrity::Altered,
            Self::Malformed(why) => Integrity::Malformed(why.to_owned()),
            Self::Unsupported(what) => Integrity::UnsupportedAlgorithm(what),
        }
    }
}

impl From<NotDer> for Fault {
    fn from(NotDer: NotDer) -> Self {
        Self::Malformed(NOT_DER)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotDer => Self::Malformed(NOT_DER),
            Refused::Unsupported(what) => Self::Unsupported(what),
        }
    }
}

/// How a signature calls its certificate.
enum Sid<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

/// One signer (RFC 5652 §5.3).
struct SignerInfo<'a> {
    sid: Sid<'a>,
    digest: Algorithm<'a>,
    /// The attributes as they stand in it, with the tag that the signature is not over.
    signed_attributes: Option<Tlv<'a>>,
    attributes: Vec<(String, Tlv<'a>)>,
    algorithm: Algorithm<'a>,
    signature: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    fn read(info: Tlv<'a>) -> Result<Self, NotDer> {
        let mut info = Elements(info.whole).within(SEQUENCE)?;
        info.take(INTEGER)?;
        let sid = info.any()?;
        let sid = match sid.tag {
            SEQUENCE => {
                let mut named = Elements(sid.body);
                let (issuer, serial) = (named.take(SEQUENCE)?.whole, named.take(INTEGER)?.body);
                named.end()?;
                Sid::Issued { issuer, serial }
            }
            0x80 => Sid::Key(sid.body),
            _ => return Err(NotDer),
        };
        let digest = Algorithm::read(&mut info)?;
        let signed_attributes = info.take_if(context(0))?;
        let algorithm = Algorithm::read(&mut info)?;
        let signature = info.take(OCTETS)?.body;
        // What is not signed decides nothing.
        info.take_if(context(1))?;
        info.end()?;
        let mut attributes = Vec::new();
        let mut rest = Elements(signed_attributes.map_or(&[], |set| set.body));
        while !rest.is_empty() {
            let mut attribute = rest.within(SEQUENCE)?;
            let (name, values) = (tlv::oid(attribute.take(OID)?)?, attribute.take(SET)?);
            attribute.end()?;
            attributes.push((name, values));
            if attributes.len() > MOST_ATTRIBUTES {
                return Err(NotDer);
            }
        }
        Ok(Self { sid, digest, signed_attributes, attributes, algorithm, signature })
    }

    /// The certificate that it calls its own.
    fn certificate<'c>(&self, pool: &'c [Cert], anchors: &'c TrustAnchors) -> Option<&'c Cert> {
        pool.iter().chain(anchors.all().iter().map(|anchor| &anchor.cert)).find(|cert| match self.sid {
            Sid::Issued { issuer, serial } => cert.is_named(issuer, serial),
            Sid::Key(identifier) => cert.has_key_identifier(identifier),
        })
    }

    /// The one value of an attribute that may stand only once, and has to have one value.
    fn attribute(&self, name: &str) -> Result<Option<Tlv<'a>>, Fault> {
        let mut named = self.attributes.iter().filter(|(attribute, _)| attribute == name);
        let Some((_, values)) = named.next() else { return Ok(None) };
        let mut values = Elements(values.body);
        let value = values.any()?;
        if named.next().is_some() || !values.is_empty() {
            return Err(Fault::Malformed("a signed attribute stands twice"));
        }
        Ok(Some(value))
    }

    fn claimed_time(&self) -> Option<DateTime<Utc>> {
        let value = self.attribute(SIGNING_TIME).ok().flatten()?;
        let seconds = Time::from_der(value.whole).ok()?.to_unix_duration().as_secs();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
    }

    /// Whether the key of the certificate signed these parts as content of this type; and why its algorithm proves
    /// nothing, if so.
    fn holds<'c>(
        &self,
        cert: Option<&'c Cert>,
        content_type: &str,
        parts: &[&[u8]],
    ) -> Result<(&'c Cert, Option<String>), Fault> {
        // Without signed attributes the same signature could be one over the attributes of another (RFC 5652 §5.3 lets
        // it be so for plain data; the profiles for documents, RFC 5126 and ETSI EN 319 122, do not).
        let Some(attributes) = self.signed_attributes else {
            return Err(Fault::Unsupported(
                "it has no signed attributes, so that it binds no kind of content".to_owned(),
            ));
        };
        if content_type != DATA {
            return Err(Fault::Unsupported(format!("content of the type {content_type}")));
        }
        let named = self.attribute(CONTENT_TYPE)?.ok_or(Fault::Malformed("it names no type of content"))?;
        if tlv::oid(named)? != content_type {
            return Err(Fault::Malformed("it names another type of content"));
        }
        let bound = self.attribute(MESSAGE_DIGEST)?.ok_or(Fault::Malformed("it has no digest of the content"))?;
        let hash = self.digest.hash().map_err(Refused::from)?;
        if bound.tag != OCTETS || bound.body != hash.digest(parts.iter().copied()) {
            return Err(Fault::Altered);
        }
        let Some(cert) = cert else {
            return Err(Fault::Unsupported("the certificate of its signer is not there".to_owned()));
        };
        self.binds(cert)?;
        let scheme = Scheme::of(&self.algorithm, Some(hash))?;
        if scheme.hash().is_some_and(|other| other != hash) {
            return Err(Fault::Malformed("it names two different digests"));
        }
        // The signature is over the attributes under the tag of a set of their own (RFC 5652 §5.4).
        let mut message = attributes.whole.to_vec();
        if let Some(tag) = message.first_mut() {
            *tag = SET;
        }
        if !certificate::signed(cert, scheme, &message, self.signature)? {
            return Err(Fault::Altered);
        }
        Ok((cert, hash.weakness()))
    }

    /// Refuses a certificate other than that which the signer named within what is signed, if it named one.
    fn binds(&self, cert: &Cert) -> Result<(), Fault> {
        for (name, second) in [(SIGNING_CERTIFICATE_V2, true), (SIGNING_CERTIFICATE, false)] {
            let Some(value) = self.attribute(name)? else { continue };
            let mut first = Elements(value.whole).within(SEQUENCE)?.within(SEQUENCE)?.within(SEQUENCE)?;
            let digest = if second {
                let hash = if first.0.first() == Some(&SEQUENCE) {
                    Algorithm::read(&mut first)?.hash().map_err(Refused::from)?
                } else {
                    Hash::Sha256
                };
                hash.digest([&*cert.der])
            } else {
                sha1::Sha1::digest(&cert.der).to_vec()
            };
            if first.take(OCTETS)?.body != digest {
                return Err(Fault::Malformed("it was made with another certificate"));
            }
        }
        Ok(())
    }
}
