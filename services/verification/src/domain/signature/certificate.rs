//! A certificate (RFC 5280), as far as a chain and a signature need it.

use chrono::{DateTime, Utc};
use rogatory_rulebook::Digest;
use x509_cert::{
    Certificate,
    certificate::Version,
    der::{Decode, Encode, oid::AssociatedOid},
    ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier},
};

use super::{
    algorithms::{Algorithm, PublicKey, Refused, Scheme, Unsupported},
    found::{Sensitive, Signer, Trust},
    limits::Limits,
    tlv::{self, BIT_STRING, Elements, NotDer, SEQUENCE},
};

/// The most bytes of a certificate. Those of authorities have one or two thousand.
const MOST_BYTES: usize = 32 << 10;
/// The most letters of a name that is told.
const MOST_LETTERS: usize = 1024;

/// The extensions whose conditions are kept, or bind nobody but the holder (RFC 5280 §4.2.1).
const UNDERSTOOD: [&str; 7] = [
    "2.5.29.14", // subjectKeyIdentifier
    "2.5.29.15", // keyUsage
    "2.5.29.17", // subjectAltName
    "2.5.29.19", // basicConstraints
    "2.5.29.32", // certificatePolicies: no policy is asked for
    "2.5.29.35", // authorityKeyIdentifier
    "2.5.29.37", // extKeyUsage
];

/// The extended uses under which documents are signed.
const FOR_DOCUMENTS: [&str; 5] = [
    "2.5.29.37.0",             // anyExtendedKeyUsage
    "1.3.6.1.5.5.7.3.4",       // emailProtection (RFC 5280 §4.2.1.12)
    "1.3.6.1.5.5.7.3.36",      // documentSigning (RFC 9336)
    "1.2.840.113583.1.1.5",    // Adobe, authentic documents
    "1.3.6.1.4.1.311.10.3.12", // Microsoft, document signing
];

/// A certificate with the bytes that its issuer signed.
#[derive(Debug, Clone)]
pub(super) struct Cert {
    pub(super) fingerprint: Digest,
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) der: Vec<u8>,
    signed_part: Vec<u8>,
    scheme: Result<Scheme, Refused>,
    signature: Vec<u8>,
    pub(super) key: Result<PublicKey, Refused>,
    usage: Usage,
    parsed: Certificate,
}

/// What the extensions say.
#[derive(Debug, Clone)]
struct Usage {
    key_usage: Option<KeyUsage>,
    extended: Option<ExtendedKeyUsage>,
    constraints: Option<BasicConstraints>,
    key_identifier: Option<Vec<u8>>,
    /// A critical extension that is not understood, or one that stands twice.
    unknown: Option<String>,
}

impl Cert {
    /// Reads a certificate in DER.
    pub(super) fn read(der: &[u8]) -> Result<Self, NotDer> {
        let limits = Limits { der_elements: 2000, ..Limits::default() };
        if der.len() > MOST_BYTES || tlv::guard(der, &limits).is_err() {
            return Err(NotDer);
        }
        let parsed = Certificate::from_der(der).map_err(|_| NotDer)?;
        let mut outer = Elements(der).within(SEQUENCE)?;
        let signed_part = outer.take(SEQUENCE)?;
        let algorithm = Algorithm::read(&mut outer)?;
        let Some((0, signature)) = outer.take(BIT_STRING)?.body.split_first() else { return Err(NotDer) };
        outer.end()?;
        // The algorithm stands twice, and only one of the two is signed (RFC 5280 §4.1.1.2).
        if parsed.tbs_certificate.signature != parsed.signature_algorithm {
            return Err(NotDer);
        }
        let info = parsed.tbs_certificate.subject_public_key_info.to_der().map_err(|_| NotDer)?;
        Ok(Self {
            fingerprint: Digest::of(der),
            subject: parsed.tbs_certificate.subject.to_der().map_err(|_| NotDer)?,
            issuer: parsed.tbs_certificate.issuer.to_der().map_err(|_| NotDer)?,
            der: der.to_vec(),
            signed_part: signed_part.whole.to_vec(),
            scheme: Scheme::of(&algorithm, None),
            signature: signature.to_vec(),
            key: PublicKey::read(&info),
            usage: Usage::read(&parsed)?,
            parsed,
        })
    }

    /// Whether the key of `issuer` signed it.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let (Ok(scheme), Ok(key)) = (&self.scheme, &issuer.key) else { return false };
        matches!(key.signed(*scheme, &self.signed_part, &self.signature), Ok(true))
    }

    /// The names by which a signature calls its certificate.
    pub(super) fn is_named(&self, issuer: &[u8], serial: &[u8]) -> bool {
        self.issuer == issuer && digits(self.parsed.tbs_certificate.serial_number.as_bytes()) == digits(serial)
    }

    /// The identifier by which a signature may call its certificate instead.
    pub(super) fn has_key_identifier(&self, identifier: &[u8]) -> bool {
        self.usage.key_identifier.as_deref() == Some(identifier)
    }

    /// How it is told.
    pub(super) fn signer(&self) -> Signer {
        let named =
            |name: &x509_cert::name::Name| Sensitive::new(name.to_string().chars().take(MOST_LETTERS).collect());
        let serial = self.parsed.tbs_certificate.serial_number.as_bytes();
        Signer {
            subject: named(&self.parsed.tbs_certificate.subject),
            issuer: named(&self.parsed.tbs_certificate.issuer),
            serial: Sensitive::new(serial.iter().map(|byte| format!("{byte:02x}")).collect()),
            fingerprint: self.fingerprint,
        }
    }

    /// Its subject as text: for anchors, which are authorities and not persons.
    pub(super) fn subject_text(&self) -> String {
        self.parsed.tbs_certificate.subject.to_string().chars().take(MOST_LETTERS).collect()
    }

    /// Whether subject and issuer are the same, so that it does not count in the length of a path (RFC 5280 §6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// What speaks against it at this time.
    pub(super) fn untimely(&self, at: DateTime<Utc>) -> Option<Trust> {
        let seconds =
            |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let validity = self.parsed.tbs_certificate.validity;
        if at.timestamp() > seconds(validity.not_after) {
            Some(Trust::Expired)
        } else if at.timestamp() < seconds(validity.not_before) {
            Some(Trust::NotYetValid)
        } else {
            None
        }
    }

    /// What speaks against its using its key to sign documents.
    pub(super) fn unfit_to_sign(&self) -> Option<Trust> {
        let not = |why: &str| Some(Trust::NotForSigning(why.to_owned()));
        let signs = self.usage.key_usage.map(|usage| usage.digital_signature() || usage.non_repudiation());
        match signs {
            Some(false) => return not("its key usage has neither digitalSignature nor nonRepudiation"),
            // An authority signs certificates; a document that it signs itself needs it to have said so.
            None if self.is_authority() => return not("it is of an authority, without a key usage for documents"),
            _ => {}
        }
        let documents = |used: &ExtendedKeyUsage| used.0.iter().any(|use_| FOR_DOCUMENTS.contains(&&*use_.to_string()));
        if self.usage.extended.as_ref().is_some_and(|used| !documents(used)) {
            return not("its extended key usage is for other things than documents");
        }
        None
    }

    /// What speaks against its having issued the certificates below it, `below` of them authorities that count.
    pub(super) fn unfit_to_issue(&self, below: usize) -> Option<Trust> {
        let not = |why: &str| Some(Trust::NotForSigning(why.to_owned()));
        if self.parsed.tbs_certificate.version != Version::V3 || !self.is_authority() {
            return not("a certificate of the chain is not of an authority");
        }
        if self.usage.key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
            return not("a certificate of the chain may not sign certificates");
        }
        let allowed = self.usage.constraints.as_ref().and_then(|constraints| constraints.path_len_constraint);
        if allowed.is_some_and(|allowed| below > usize::from(allowed)) {
            return not("the chain is longer than an authority in it allows");
        }
        None
    }

    /// A critical extension that is not understood (RFC 5280 §4.2: such a certificate must be refused).
    pub(super) fn not_understood(&self) -> Option<Trust> {
        self.usage.unknown.clone().map(Trust::NotUnderstood)
    }

    /// A key, or an algorithm by which it was signed, that proves nothing.
    pub(super) fn weakness(&self, by_issuer: bool) -> Option<Trust> {
        let key = self.key.as_ref().ok().and_then(PublicKey::weakness);
        let scheme = self.scheme.as_ref().ok().and_then(|scheme| scheme.hash()).filter(|_| by_issuer);
        key.or_else(|| scheme.and_then(|hash| hash.weakness())).map(Trust::WeakAlgorithm)
    }

    fn is_authority(&self) -> bool {
        self.usage.constraints.as_ref().is_some_and(|constraints| constraints.ca)
    }
}

impl Usage {
    fn read(parsed: &Certificate) -> Result<Self, NotDer> {
        let mut usage =
            Self { key_usage: None, extended: None, constraints: None, key_identifier: None, unknown: None };
        let extensions = parsed.tbs_certificate.extensions.as_deref().unwrap_or_default();
        let mut seen = Vec::new();
        for extension in extensions {
            let value = extension.extn_value.as_bytes();
            let id = extension.extn_id;
            if seen.contains(&id) {
                return Err(NotDer);
            }
            seen.push(id);
            if id == KeyUsage::OID {
                usage.key_usage = Some(KeyUsage::from_der(value).map_err(|_| NotDer)?);
            } else if id == ExtendedKeyUsage::OID {
                usage.extended = Some(ExtendedKeyUsage::from_der(value).map_err(|_| NotDer)?);
            } else if id == BasicConstraints::OID {
                usage.constraints = Some(BasicConstraints::from_der(value).map_err(|_| NotDer)?);
            } else if id == SubjectKeyIdentifier::OID {
                let identifier = SubjectKeyIdentifier::from_der(value).map_err(|_| NotDer)?;
                usage.key_identifier = Some(identifier.0.as_bytes().to_vec());
            }
            if extension.critical && !UNDERSTOOD.contains(&&*id.to_string()) {
                usage.unknown.get_or_insert(format!("the extension {id}"));
            }
        }
        Ok(usage)
    }
}

/// A number without the zeros before it.
fn digits(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Whether a signature that this certificate's key is said to have made is its.
pub(super) fn signed(cert: &Cert, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<bool, Refused> {
    let key = cert.key.as_ref().map_err(Clone::clone)?;
    key.signed(scheme, message, signature).map_err(|Unsupported(what)| Refused::Unsupported(what))
}
