//! Digests, keys, and whether a signature is by a key.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey, traits::PublicKeyParts};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::tlv::{self, BIT_STRING, Elements, INTEGER, NotDer, SEQUENCE, Tlv, context};

const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const ED25519: &str = "1.3.101.112";

/// The least modulus of an RSA key that still proves something (BSI TR-02102-1, NIST SP 800-131A: 2048 bits and more).
const RSA_LEAST_BITS: usize = 2048;
/// The greatest that is computed with.
const RSA_MOST_BITS: usize = 8192;

/// An algorithm that is not examined, by its name or its object identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsupported(pub(super) String);

/// Why an algorithm could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    NotDer,
    Unsupported(String),
}

impl From<NotDer> for Refused {
    fn from(NotDer: NotDer) -> Self {
        Self::NotDer
    }
}

impl From<Unsupported> for Refused {
    fn from(Unsupported(what): Unsupported) -> Self {
        Self::Unsupported(what)
    }
}

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(oid: &str) -> Result<Self, Unsupported> {
        match oid {
            "1.3.14.3.2.26" => Ok(Self::Sha1),
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            "1.2.840.113549.2.5" => Err(Unsupported("MD5".to_owned())),
            other => Err(Unsupported(format!("the digest {other}"))),
        }
    }

    pub(super) fn digest<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        fn run<'a, D: sha2::Digest>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
            let mut hasher = D::new();
            parts.into_iter().for_each(|part| hasher.update(part));
            hasher.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha384 => run::<Sha384>(parts),
            Self::Sha512 => run::<Sha512>(parts),
        }
    }

    /// Why it proves nothing, if so.
    pub(super) fn weakness(self) -> Option<String> {
        (self == Self::Sha1).then(|| "SHA-1".to_owned())
    }
}

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2): what it names, and its parameters.
#[derive(Debug, Clone)]
pub(super) struct Algorithm<'a> {
    oid: String,
    parameters: Option<Tlv<'a>>,
}

impl<'a> Algorithm<'a> {
    pub(super) fn read(elements: &mut Elements<'a>) -> Result<Self, NotDer> {
        let mut within = elements.within(SEQUENCE)?;
        let oid = tlv::oid(within.any()?)?;
        let parameters = if within.is_empty() { None } else { Some(within.any()?) };
        within.end()?;
        Ok(Self { oid, parameters })
    }

    pub(super) fn hash(&self) -> Result<Hash, Unsupported> {
        Hash::of(&self.oid)
    }
}

/// How a signature is made from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Pkcs1(Hash),
    Pss { hash: Hash, salt: u16 },
    Ecdsa(Hash),
    Ed25519,
}

impl Scheme {
    /// What the identifier of a signature algorithm means. That of a CMS signature may name the kind of key only, and
    /// leave the digest to the field beside it (RFC 3370 §3.2).
    pub(super) fn of(algorithm: &Algorithm<'_>, digest: Option<Hash>) -> Result<Self, Refused> {
        let beside = || digest.ok_or_else(|| Refused::Unsupported(format!("the algorithm {}", algorithm.oid)));
        Ok(match algorithm.oid.as_str() {
            RSA => Self::Pkcs1(beside()?),
            "1.2.840.113549.1.1.5" => Self::Pkcs1(Hash::Sha1),
            "1.2.840.113549.1.1.11" => Self::Pkcs1(Hash::Sha256),
            "1.2.840.113549.1.1.12" => Self::Pkcs1(Hash::Sha384),
            "1.2.840.113549.1.1.13" => Self::Pkcs1(Hash::Sha512),
            "1.2.840.113549.1.1.4" => return Err(Refused::Unsupported("MD5".to_owned())),
            RSA_PSS => pss(algorithm.parameters)?,
            EC => Self::Ecdsa(beside()?),
            "1.2.840.10045.4.1" => Self::Ecdsa(Hash::Sha1),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Hash::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Hash::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Hash::Sha512),
            ED25519 => Self::Ed25519,
            other => return Err(Refused::Unsupported(format!("the algorithm {other}"))),
        })
    }

    /// The digest of the message that is signed; Ed25519 has its own within.
    pub(super) const fn hash(self) -> Option<Hash> {
        match self {
            Self::Pkcs1(hash) | Self::Ecdsa(hash) | Self::Pss { hash, .. } => Some(hash),
            Self::Ed25519 => None,
        }
    }
}

/// The parameters of RSASSA-PSS (RFC 4055 §3.1). The mask has to be made with the digest of the message, as everybody
/// does.
fn pss(parameters: Option<Tlv<'_>>) -> Result<Scheme, Refused> {
    let mut within = match parameters {
        Some(Tlv { tag: SEQUENCE, body, .. }) => Elements(body),
        _ => return Err(Refused::NotDer),
    };
    let (mut hash, mut mask, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    if let Some(given) = within.take_if(context(0))? {
        hash = Algorithm::read(&mut Elements(given.body))?.hash()?;
    }
    if let Some(given) = within.take_if(context(1))? {
        let generator = Algorithm::read(&mut Elements(given.body))?;
        if generator.oid != MGF1 {
            return Err(Refused::Unsupported(format!("the mask {}", generator.oid)));
        }
        let parameters = generator.parameters.ok_or(Refused::NotDer)?;
        mask = Algorithm::read(&mut Elements(parameters.whole))?.hash()?;
    }
    if let Some(given) = within.take_if(context(2))? {
        salt = tlv::small(tlv::first(given.body)?.0)?;
    }
    if mask != hash || salt > 512 {
        return Err(Refused::Unsupported("RSASSA-PSS with unusual parameters".to_owned()));
    }
    Ok(Scheme::Pss { hash, salt })
}

/// A public key.
#[derive(Debug, Clone)]
pub(super) enum PublicKey {
    Rsa(Box<RsaPublicKey>),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub(super) fn read(info: &[u8]) -> Result<Self, Refused> {
        let mut within = Elements(info).within(SEQUENCE)?;
        let algorithm = Algorithm::read(&mut within)?;
        let Some((0, key)) = within.take(BIT_STRING)?.body.split_first() else { return Err(Refused::NotDer) };
        let curve = || algorithm.parameters.map_or(Err(NotDer), tlv::oid);
        match algorithm.oid.as_str() {
            RSA | RSA_PSS => rsa(key),
            EC => match curve()?.as_str() {
                P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map(Self::P256).map_err(|_| Refused::NotDer),
                P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map(Self::P384).map_err(|_| Refused::NotDer),
                other => Err(Refused::Unsupported(format!("the curve {other}"))),
            },
            ED25519 => key
                .try_into()
                .ok()
                .and_then(|key| ed25519_dalek::VerifyingKey::from_bytes(key).ok())
                .map(|key| Self::Ed25519(Box::new(key)))
                .ok_or(Refused::NotDer),
            other => Err(Refused::Unsupported(format!("the key {other}"))),
        }
    }

    /// Why it proves nothing, if so.
    pub(super) fn weakness(&self) -> Option<String> {
        match self {
            Self::Rsa(key) if key.n().bits() < RSA_LEAST_BITS => Some(format!("RSA of {} bits", key.n().bits())),
            Self::Rsa(_) | Self::P256(_) | Self::P384(_) | Self::Ed25519(_) => None,
        }
    }

    /// Whether `signature` is that of `message` by this key.
    pub(super) fn signed(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<bool, Unsupported> {
        let digest = scheme.hash().map(|hash| hash.digest([message])).unwrap_or_default();
        Ok(match (self, scheme) {
            (Self::Rsa(key), Scheme::Pkcs1(hash)) => {
                let padding = match hash {
                    Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
                    Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.verify(padding, &digest, signature).is_ok()
            }
            (Self::Rsa(key), Scheme::Pss { hash, salt }) => {
                let salt = usize::from(salt);
                let padding = match hash {
                    Hash::Sha1 => Pss::new_with_salt::<Sha1>(salt),
                    Hash::Sha256 => Pss::new_with_salt::<Sha256>(salt),
                    Hash::Sha384 => Pss::new_with_salt::<Sha384>(salt),
                    Hash::Sha512 => Pss::new_with_salt::<Sha512>(salt),
                };
                key.verify(padding, &digest, signature).is_ok()
            }
            (Self::P256(key), Scheme::Ecdsa(_)) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
            (Self::P384(key), Scheme::Ecdsa(_)) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
            (Self::Ed25519(key), Scheme::Ed25519) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            _ => return Err(Unsupported("an algorithm for another kind of key".to_owned())),
        })
    }
}

fn rsa(key: &[u8]) -> Result<PublicKey, Refused> {
    let mut numbers = Elements(key).within(SEQUENCE)?;
    let modulus = BigUint::from_bytes_be(numbers.take(INTEGER)?.body);
    let exponent = BigUint::from_bytes_be(numbers.take(INTEGER)?.body);
    numbers.end()?;
    // Keys come in whole bytes; the arithmetic of the padding is not to meet any other.
    if modulus.bits() < 512 || modulus.bits() > RSA_MOST_BITS || !modulus.bits().is_multiple_of(8) {
        return Err(Refused::Unsupported(format!("RSA of {} bits", modulus.bits())));
    }
    RsaPublicKey::new_with_max_size(modulus, exponent, RSA_MOST_BITS)
        .map(|key| PublicKey::Rsa(Box::new(key)))
        .map_err(|_| Refused::NotDer)
}
