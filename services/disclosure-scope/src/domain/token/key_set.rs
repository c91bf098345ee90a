//! Public keys, and the check of what was signed with them.

use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    errors::{Error, ErrorKind},
    jwk::{
        AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, Jwk, KeyAlgorithm,
        OctetKeyPairParameters, PublicKeyUse, ThumbprintHash,
    },
};
use serde::Deserialize;

use super::{
    LONGEST,
    claims::{Claims, GrantClaims, ManifestClaims, Refusal, SignedGrant, SignedManifest, issued_here},
};

/// Public keys, each known by its thumbprint.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

/// What is wrong with a key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", faults.join("; "))]
pub struct UnusableKeySet {
    /// Every fault, with the key's place in the set.
    pub faults: Vec<String>,
}

/// A key that checks signatures.
#[derive(Clone)]
pub(super) struct PublicKey {
    jwk: Jwk,
    id: String,
    algorithm: Algorithm,
    key: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey").field("id", &self.id).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl KeySet {
    /// Reads a JWK Set (RFC 7517) of Ed25519 and P-256 keys, as the service publishes it.
    ///
    /// # Errors
    /// Every key that cannot be used, and why. A set is used as a whole or not at all.
    pub fn read(text: &str) -> Result<Self, UnusableKeySet> {
        #[derive(Deserialize)]
        struct Loose {
            keys: Vec<serde_json::Value>,
        }
        // Without the error's own words, which repeat what is in the file.
        let loose: Loose = serde_json::from_str(text)
            .map_err(|_| UnusableKeySet { faults: vec!["it is not a JWK Set in JSON".to_owned()] })?;
        let mut keys: Vec<PublicKey> = Vec::new();
        let mut faults = Vec::new();
        for (index, value) in loose.keys.into_iter().enumerate() {
            match read(value) {
                Ok(key) if keys.iter().any(|known| known.id == key.id) => {
                    faults.push(format!("keys[{index}] is there twice"));
                }
                Ok(key) => keys.push(key),
                Err(fault) => faults.push(format!("keys[{index}] {fault}")),
            }
        }
        if faults.is_empty() { Ok(Self(keys)) } else { Err(UnusableKeySet { faults }) }
    }

    /// This key first, then the others of the set.
    pub(super) fn with_first(self, first: PublicKey) -> Self {
        let others = self.0.into_iter().filter(|key| key.id != first.id).collect::<Vec<_>>();
        Self(std::iter::once(first).chain(others).collect())
    }

    /// The set as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let keys: Vec<&Jwk> = self.0.iter().map(|key| &key.jwk).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// The ids of the keys, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// The grant of a token that is to be believed and in force at `now`.
    ///
    /// # Errors
    /// Why it is not.
    pub fn grant(&self, token: &str, now: DateTime<Utc>) -> Result<SignedGrant, Refusal> {
        SignedGrant::read(self.verified::<GrantClaims>(token)?, now)
    }

    /// What a production's signature says, when it is to be believed. It does not expire.
    ///
    /// # Errors
    /// Why it is not.
    pub fn manifest(&self, signature: &str) -> Result<SignedManifest, Refusal> {
        SignedManifest::read(&self.verified::<ManifestClaims>(signature)?)
    }

    fn verified<C: Claims>(&self, token: &str) -> Result<C, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        // An unsigned token (`alg: none`) has a header that cannot even be read: the library knows no such algorithm.
        let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
            ErrorKind::Json(json) if json.is_data() => Refusal::Algorithm,
            _ => Refusal::Malformed,
        })?;
        let key = self.0.iter().find(|key| header.kid.as_ref() == Some(&key.id)).ok_or(Refusal::UnknownKey)?;
        if header.alg != key.algorithm {
            return Err(Refusal::Algorithm);
        }
        if header.typ.as_deref() != Some(C::TYPE) {
            return Err(Refusal::Kind);
        }
        if header.crit.is_some() {
            // Nothing that a header could call critical is understood here.
            return Err(Refusal::Malformed);
        }
        let data = jsonwebtoken::decode::<C>(token, &key.key, &key.validation).map_err(|error| refusal(&error))?;
        issued_here(&data.claims)?;
        Ok(data.claims)
    }
}

fn refusal(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => Refusal::Algorithm,
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => Refusal::Claims,
        ErrorKind::Base64(_) | ErrorKind::InvalidToken | ErrorKind::Utf8(_) => Refusal::Malformed,
        _ => Refusal::Signature,
    }
}

fn read(value: serde_json::Value) -> Result<PublicKey, &'static str> {
    if ["d", "k"].iter().any(|private| value.get(private).is_some()) {
        return Err("holds a private key, and whoever reads the set could sign; make a new one");
    }
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "is not a public key in the form of RFC 7517")?;
    let id = jwk.common.key_id.clone();
    let key = PublicKey::new(jwk.algorithm)?;
    match id {
        Some(id) if id != key.id => Err("has a kid that is not its thumbprint (RFC 7638)"),
        _ => Ok(key),
    }
}

impl PublicKey {
    /// A public key that can be used, known by its thumbprint.
    pub(super) fn new(parameters: AlgorithmParameters) -> Result<Self, &'static str> {
        const MALFORMED: &str = "is not a point of its curve";
        let (algorithm, key_algorithm) = match &parameters {
            AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters { curve: EllipticCurve::Ed25519, .. }) => {
                (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
            }
            AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters { curve: EllipticCurve::P256, .. }) => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            _ => return Err("is neither an Ed25519 nor a P-256 key"),
        };
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(key_algorithm),
                ..CommonParameters::default()
            },
            algorithm: parameters,
        };
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| MALFORMED)?;
        // Looked at here and not when a token comes: the library takes what it is given.
        let point = key.as_bytes();
        let good = match algorithm {
            Algorithm::EdDSA => <&[u8; 32]>::try_from(point)
                .ok()
                .and_then(|point| ed25519_dalek::VerifyingKey::from_bytes(point).ok())
                .is_some_and(|key| !key.is_weak()),
            _ => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).is_ok(),
        };
        if !good {
            return Err(MALFORMED);
        }
        let id = jwk.thumbprint(ThumbprintHash::SHA256);
        jwk.common.key_id = Some(id.clone());
        let mut validation = Validation::new(algorithm);
        // Times are held against the caller's clock, and the issuer is looked at, by `SignedGrant`.
        validation.set_required_spec_claims::<&str>(&[]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Ok(Self { jwk, id, algorithm, key, validation })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
