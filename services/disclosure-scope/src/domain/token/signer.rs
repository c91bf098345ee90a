//! The key that signs.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, OctetKeyPairParameters, OctetKeyPairType},
};

use super::{
    KeySet, LONGEST,
    claims::{Claims, GrantClaims, ManifestClaims, Token},
    key_set::PublicKey,
};
use crate::domain::{grant::Grant, production::Production};

/// Signs grants and manifests.
pub struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    id: String,
    keys: KeySet,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A text is not a key that signs. Without a word of what it is: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a private key of Ed25519 or P-256 in PEM (PKCS #8, not encrypted)")]
pub struct UnusableKey;

/// Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The token would be longer than any that is looked at.
    #[error("the token would be longer than {LONGEST} bytes")]
    TooLong,
    /// The library does not sign.
    #[error("the key does not sign: {0}")]
    Library(#[from] jsonwebtoken::errors::Error),
}

impl Signer {
    /// Signs with the private key in `pem`. `retired` are the keys that signed before it and may still be asked for.
    ///
    /// # Errors
    /// When the text is no key of a kind that signs here.
    pub fn new(pem: &[u8], retired: KeySet) -> Result<Self, UnusableKey> {
        let (key, algorithm, parameters) = edwards(pem).or_else(|| nist(pem)).ok_or(UnusableKey)?;
        let public = PublicKey::new(parameters).map_err(|_| UnusableKey)?;
        Ok(Self { key, algorithm, id: public.id().to_owned(), keys: retired.with_first(public) })
    }

    /// The public keys, that of this one first.
    #[must_use]
    pub fn key_set(&self) -> &KeySet {
        &self.keys
    }

    /// A grant's token.
    ///
    /// # Errors
    /// When it would be too long, or the key does not sign.
    pub fn sign_grant(&self, grant: &Grant) -> Result<Token, SigningError> {
        self.sign(&GrantClaims::from(grant))
    }

    /// The signature of a production's manifest.
    ///
    /// # Errors
    /// As [`Signer::sign_grant`].
    pub fn sign_manifest(&self, production: &Production) -> Result<Token, SigningError> {
        self.sign(&ManifestClaims::from(production))
    }

    fn sign<C: Claims>(&self, claims: &C) -> Result<Token, SigningError> {
        let header =
            Header { typ: Some(C::TYPE.to_owned()), kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        let text = jsonwebtoken::encode(&header, claims, &self.key)?;
        if text.len() > LONGEST { Err(SigningError::TooLong) } else { Ok(Token::new(text)) }
    }
}

type Key = (EncodingKey, Algorithm, AlgorithmParameters);

fn edwards(pem: &[u8]) -> Option<Key> {
    let key = EncodingKey::from_ed_pem(pem).ok()?;
    // The library signs with it, and does not tell its public key.
    let public = ed25519_dalek::SigningKey::from_pkcs8_der(key.inner()).ok()?.verifying_key();
    let parameters = OctetKeyPairParameters {
        key_type: OctetKeyPairType::OctetKeyPair,
        curve: EllipticCurve::Ed25519,
        x: URL_SAFE_NO_PAD.encode(public.as_bytes()),
    };
    Some((key, Algorithm::EdDSA, AlgorithmParameters::OctetKeyPair(parameters)))
}

fn nist(pem: &[u8]) -> Option<Key> {
    let key = EncodingKey::from_ec_pem(pem).ok()?;
    let parameters = Jwk::from_encoding_key(&key, Algorithm::ES256).ok()?.algorithm;
    Some((key, Algorithm::ES256, parameters))
}
