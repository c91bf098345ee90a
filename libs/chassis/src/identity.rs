//! Who a bearer token speaks for.
//!
//! Tokens are JWTs of the operator's issuer, checked against its key set. A token that was verified is remembered until
//! it expires or the key set changes: a signature check on every call would cost as much as the call.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind, jwk::Jwk};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::{
    caller::{Caller, Roles, role_of_claim},
    settings::IdentitySettings,
};

/// The algorithms that a token may be signed with. No symmetric one: whoever can verify could then sign.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// How far the issuer's clock may be off, in seconds.
const LEEWAY: u64 = 5;

/// How often a key file is looked at, and a key URL asked.
const FILE_INTERVAL: Duration = Duration::from_secs(5);
const URL_INTERVAL: Duration = Duration::from_secs(300);

/// A token with an unknown key makes the set be read again, but not more often than this: anybody can make up key ids.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(10);

/// A token longer than this is not looked at.
const LONGEST_TOKEN: usize = 8 * 1024;

/// The largest key set that is read, in bytes.
const LARGEST_KEY_SET: usize = 1024 * 1024;

/// Why a token was not accepted: a fixed word, never anything from the token.
pub type Refusal = &'static str;

/// The operator's issuer, as this server knows it.
#[derive(Debug)]
pub struct Identity {
    issuer: String,
    audience: String,
    source: Source,
    keys: RwLock<Arc<Vec<Key>>>,
    remembered: Remembered,
    /// When the set was last read because of an unknown key; also lets one call at a time do so.
    last_forced: Mutex<Option<Instant>>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Url { url: String, client: reqwest::Client },
}

struct Key {
    /// As the set has it; two sets are the same when these are.
    jwk: Jwk,
    algorithm: Algorithm,
    key: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.jwk.common.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    roles: Vec<String>,
}

/// A key set that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the key set {place} cannot be read: {what}")]
pub struct KeySetError {
    place: String,
    what: String,
}

impl Identity {
    /// Reads the key set. A file must be there; a URL that does not answer is tried again later, and until then no token
    /// is accepted.
    ///
    /// # Errors
    /// When the file cannot be read, or neither file nor URL is set.
    pub async fn load(settings: &IdentitySettings) -> Result<Arc<Self>, KeySetError> {
        let source = match (&settings.jwks_file, &settings.jwks_url) {
            (Some(file), _) => Source::File(file.clone()),
            (None, Some(url)) => Source::Url { url: url.clone(), client: client(settings, url)? },
            (None, None) => {
                return Err(KeySetError {
                    place: "server.identity".to_owned(),
                    what: "no file or URL is set".to_owned(),
                });
            }
        };
        let identity = Arc::new(Self {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            source,
            keys: RwLock::default(),
            remembered: Remembered::default(),
            last_forced: Mutex::new(None),
        });
        match identity.reread().await {
            Err(error) if matches!(identity.source, Source::File(_)) => return Err(error),
            Err(error) => tracing::error!(%error, "no token is accepted until the key set can be read"),
            Ok(()) => {}
        }
        Ok(identity)
    }

    /// Reads the key set again from time to time, until `stop`.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let interval = match self.source {
            Source::File(_) => FILE_INTERVAL,
            Source::Url { .. } => URL_INTERVAL,
        };
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            if let Err(error) = self.reread().await {
                tracing::warn!(%error, "the key set stays as it was");
            }
        }
    }

    /// The caller that `token` speaks for, when it was verified before and has not expired since.
    #[must_use]
    pub fn remembered(&self, token: &[u8]) -> Option<Caller> {
        self.remembered.get(&key_of(token), unix_now())
    }

    /// Verifies `token`.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub async fn verify(&self, token: &[u8]) -> Result<Caller, Refusal> {
        if token.len() > LONGEST_TOKEN {
            return Err("malformed");
        }
        match self.check(token) {
            Err("key-unknown") if self.reread_for_unknown_key().await => self.check(token),
            other => other,
        }
    }

    fn check(&self, token: &[u8]) -> Result<Caller, Refusal> {
        // An unsigned token (`alg: none`) has a header that cannot even be read: the library knows no such algorithm.
        let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
            ErrorKind::InvalidAlgorithmName | ErrorKind::InvalidAlgorithm => "algorithm",
            ErrorKind::Json(json) if json.is_data() => "algorithm",
            _ => "malformed",
        })?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err("algorithm");
        }
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let fits = |key: &&Key| {
            let id = &key.jwk.common.key_id;
            key.algorithm == header.alg && (header.kid.is_none() || id.is_none() || *id == header.kid)
        };
        let mut refusal = "key-unknown";
        for key in keys.iter().filter(fits) {
            match jsonwebtoken::decode::<Claims>(token, &key.key, &key.validation) {
                Ok(data) => return self.remember(token, &data.claims, &keys),
                Err(error) => refusal = word(error.kind()),
            }
            if refusal != "signature" {
                break;
            }
        }
        Err(refusal)
    }

    /// The caller of a token that was verified with one of `keys`.
    fn remember(&self, token: &[u8], claims: &Claims, keys: &Arc<Vec<Key>>) -> Result<Caller, Refusal> {
        // The subject stands in logs, events and audit entries.
        let plain = |letter: char| !letter.is_control() && !letter.is_whitespace();
        if claims.sub.is_empty() || claims.sub.len() > 256 || !claims.sub.chars().all(plain) {
            return Err("subject");
        }
        // An issuer may know roles of other systems; they mean nothing here.
        let roles: Roles = claims.roles.iter().filter_map(|role| role_of_claim(role)).collect();
        let caller = Caller::Person { subject: claims.sub.as_str().into(), roles };
        // Held until the token is in: a set that changes right now finds it there and forgets it.
        let current = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, keys) {
            self.remembered.put(key_of(token), caller.clone(), claims.exp, unix_now());
        }
        Ok(caller)
    }

    /// Whether the set was read again and may have the key now.
    async fn reread_for_unknown_key(&self) -> bool {
        let mut last = self.last_forced.lock().await;
        if last.is_some_and(|at| at.elapsed() < UNKNOWN_KEY_INTERVAL) {
            // Another call has just done it; its result is worth one more look.
            return true;
        }
        *last = Some(Instant::now());
        match self.reread().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the key set stays as it was");
                false
            }
        }
    }

    async fn reread(&self) -> Result<(), KeySetError> {
        let (place, text) = match &self.source {
            Source::File(path) => (path.display().to_string(), tokio::fs::read(path).await.map_err(|e| e.to_string())),
            Source::Url { url, client } => (url.clone(), fetch(client, url).await),
        };
        let failed = |what: String| KeySetError { place: place.clone(), what };
        let keys = self.read_keys(&text.map_err(failed)?).map_err(failed)?;
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().map(|key| &key.jwk).eq(keys.iter().map(|key| &key.jwk)) {
            // A key that was withdrawn must not live on in what was verified with it.
            self.remembered.clear();
            *known = Arc::new(keys);
        }
        Ok(())
    }

    fn read_keys(&self, text: &[u8]) -> Result<Vec<Key>, String> {
        // One by one: a set may have keys of kinds that are not known here, and they are none of our business.
        #[derive(Deserialize)]
        struct Loose {
            keys: Vec<serde_json::Value>,
        }
        let loose: Loose = serde_json::from_slice(text).map_err(|error| format!("not a JWKS document: {error}"))?;
        let mut keys = Vec::new();
        for jwk in loose.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()) {
            use jsonwebtoken::jwk::{AlgorithmParameters as Kind, EllipticCurve as Curve};
            let algorithm = match &jwk.algorithm {
                Kind::RSA(_) => Algorithm::RS256,
                Kind::EllipticCurve(key) if key.curve == Curve::P256 => Algorithm::ES256,
                Kind::OctetKeyPair(key) if key.curve == Curve::Ed25519 => Algorithm::EdDSA,
                Kind::EllipticCurve(_) | Kind::OctetKeyPair(_) | Kind::OctetKey(_) => continue,
            };
            let Ok(key) = DecodingKey::from_jwk(&jwk) else { continue };
            keys.push(Key { jwk, algorithm, key, validation: self.validation(algorithm) });
        }
        if keys.is_empty() {
            Err("no key of a kind that is accepted (EdDSA, ES256, RS256)".to_owned())
        } else {
            Ok(keys)
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        validation
    }
}

fn client(settings: &IdentitySettings, url: &str) -> Result<reqwest::Client, KeySetError> {
    let failed = |what: String| KeySetError { place: url.to_owned(), what };
    let mut builder =
        reqwest::Client::builder().timeout(Duration::from_secs(10)).connect_timeout(Duration::from_secs(5));
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).map_err(|error| failed(format!("{}: {error}", file.display())))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
        builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    builder.build().map_err(|error| failed(error.to_string()))
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let mut response =
        client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(|e| e.to_string())?;
    let mut text = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| error.to_string())? {
        text.extend_from_slice(&part);
        if text.len() > LARGEST_KEY_SET {
            return Err(format!("larger than {LARGEST_KEY_SET} bytes"));
        }
    }
    Ok(text)
}

fn word(kind: &ErrorKind) -> Refusal {
    match kind {
        ErrorKind::InvalidSignature => "signature",
        ErrorKind::ExpiredSignature => "expired",
        ErrorKind::ImmatureSignature => "not-yet-valid",
        ErrorKind::InvalidIssuer => "issuer",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => "algorithm",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => "claims",
        _ => "malformed",
    }
}

fn key_of(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Callers with the time at which their token expires, by the digest of the token.
type Shard = RwLock<HashMap<[u8; 32], (Caller, u64)>>;

/// Verified tokens, by the SHA-256 of the token. In shards, so that calls on other cores do not wait for each other.
#[derive(Debug, Default)]
struct Remembered {
    shards: [Shard; Self::SHARDS],
}

impl Remembered {
    const SHARDS: usize = 16;
    const MOST_PER_SHARD: usize = 1024;

    fn shard(&self, key: &[u8; 32]) -> &Shard {
        &self.shards[usize::from(key[0]) % Self::SHARDS]
    }

    fn get(&self, key: &[u8; 32], now: u64) -> Option<Caller> {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(key).filter(|(_, expires)| *expires > now).map(|(caller, _)| caller.clone())
    }

    fn put(&self, key: [u8; 32], caller: Caller, expires: u64, now: u64) {
        let mut shard = self.shard(&key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= Self::MOST_PER_SHARD {
            shard.retain(|_, (_, expires)| *expires > now);
        }
        if shard.len() >= Self::MOST_PER_SHARD {
            // Full of living tokens: forgetting costs a signature check each, growing without bound costs the server.
            shard.clear();
        }
        shard.insert(key, (caller, expires));
    }

    fn clear(&self) {
        for shard in &self.shards {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_and_expires() {
        let remembered = Remembered::default();
        let caller = Caller::System("test");
        let key = |number: u32| {
            let mut key = [0; 32];
            key[1..5].copy_from_slice(&number.to_be_bytes());
            key
        };
        for number in 0..5_000 {
            remembered.put(key(number), caller.clone(), 100, 10);
            assert!(remembered.shards[0].read().is_ok_and(|shard| shard.len() <= Remembered::MOST_PER_SHARD));
        }
        assert!(remembered.get(&key(4_999), 99).is_some());
        assert!(remembered.get(&key(4_999), 100).is_none());
    }
}
