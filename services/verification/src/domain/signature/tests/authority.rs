//! A throwaway authority: roots, authorities below them, and the people who sign.

use std::sync::{LazyLock, OnceLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SignatureAlgorithm,
};
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, pkcs1::EncodeRsaPublicKey, rand_core::OsRng};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};

use super::super::TrustAnchors;

/// The key of a signer. RSA keys are made once, they take long.
#[derive(Clone)]
pub(super) enum Key {
    Rsa(&'static RsaPrivateKey),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// The digest of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    pub(super) const fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }
}

impl Key {
    pub(super) fn rsa2048() -> Self {
        static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
        Self::Rsa(KEY.get_or_init(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap()))
    }

    pub(super) fn rsa1024() -> Self {
        static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
        Self::Rsa(KEY.get_or_init(|| RsaPrivateKey::new(&mut OsRng, 1024).unwrap()))
    }

    pub(super) fn p256() -> Self {
        Self::P256(p256::ecdsa::SigningKey::random(&mut OsRng))
    }

    pub(super) fn p384() -> Self {
        Self::P384(p384::ecdsa::SigningKey::random(&mut OsRng))
    }

    pub(super) fn ed25519() -> Self {
        let seed = p256::ecdsa::SigningKey::random(&mut OsRng).to_bytes();
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed.into()))
    }

    /// PKCS#1 v1.5, ECDSA or Ed25519.
    pub(super) fn sign(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        let digest = hash.of(message);
        match self {
            Self::Rsa(key) => {
                let padding = match hash {
                    Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
                    Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.sign(padding, &digest).unwrap()
            }
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ed25519(key) => ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec(),
        }
    }

    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    pub(super) fn sign_pss(&self, message: &[u8]) -> Vec<u8> {
        let Self::Rsa(key) = self else { panic!("PSS is for RSA") };
        key.sign_with_rng(&mut OsRng, Pss::new::<Sha256>(), &Sha256::digest(message)).unwrap()
    }

    fn public(&self) -> Public {
        match self {
            Self::Rsa(key) => {
                Public(key.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec(), &rcgen::PKCS_RSA_SHA256)
            }
            Self::P256(key) => {
                Public(key.verifying_key().to_encoded_point(false).as_bytes().to_vec(), &rcgen::PKCS_ECDSA_P256_SHA256)
            }
            Self::P384(key) => {
                Public(key.verifying_key().to_encoded_point(false).as_bytes().to_vec(), &rcgen::PKCS_ECDSA_P384_SHA384)
            }
            Self::Ed25519(key) => Public(key.verifying_key().to_bytes().to_vec(), &rcgen::PKCS_ED25519),
        }
    }
}

struct Public(Vec<u8>, &'static SignatureAlgorithm);

impl PublicKeyData for Public {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.1
    }
}

/// The parameters of a certificate of this name, valid from 2020 to 2029, for signing documents.
pub(super) fn person(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2029, 12, 31);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params
}

/// The parameters of an authority of this name.
pub(super) fn authority(name: &str) -> CertificateParams {
    let mut params = person(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// An authority.
pub(super) struct Authority {
    pub(super) cert: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// One that nobody stands above.
    pub(super) fn root(params: &CertificateParams, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let cert = params.self_signed(&key).unwrap().der().to_vec();
        Self { cert, issuer: Issuer::new(params.clone(), key) }
    }

    /// One below this one.
    pub(super) fn below(&self, params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Self { cert, issuer: Issuer::new(params.clone(), key) }
    }

    /// A certificate for this key.
    pub(super) fn certify(&self, params: &CertificateParams, key: &Key) -> Vec<u8> {
        params.signed_by(&key.public(), &self.issuer).unwrap().der().to_vec()
    }

    /// The certificate of a person, with all that is usual.
    pub(super) fn signer(&self, key: Key) -> Signer {
        let cert = self.certify(&person("Clerk Example"), &key);
        Signer { key, cert }
    }
}

/// Somebody who signs.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) key: Key,
    pub(super) cert: Vec<u8>,
}

/// The root that the tests trust.
pub(super) static ROOT: LazyLock<Authority> =
    LazyLock::new(|| Authority::root(&authority("Throwaway Root"), &rcgen::PKCS_ECDSA_P256_SHA256));

/// A clerk whom that root certified.
pub(super) static CLERK: LazyLock<Signer> = LazyLock::new(|| ROOT.signer(Key::p256()));

pub(super) fn pem(cert: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(cert))
}

/// Anchors of these certificates, each with a label.
pub(super) fn trusting(certs: &[&[u8]]) -> TrustAnchors {
    let text: String = certs.iter().map(|cert| format!("# the anchor of the test\n{}", pem(cert))).collect();
    TrustAnchors::read_pem(&text).unwrap()
}

/// The one root that the tests trust.
pub(super) fn root_only() -> TrustAnchors {
    trusting(&[&ROOT.cert])
}
