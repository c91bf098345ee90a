//! Keys for one machine: a certificate authority, certificates of the services, an issuer of tokens. For `rogatory up`
//! and for tests; production brings its own.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm,
};
use serde::Serialize;

use crate::{
    caller::{Role, role_claim},
    peers::PeerSettings,
    settings::{IdentitySettings, TlsSettings},
};

/// The `iss` claim of development tokens.
pub const ISSUER: &str = "https://development.rogatory.invalid";
/// The `aud` claim of development tokens.
pub const AUDIENCE: &str = "rogatory";
/// The key id of the one key of the development issuer.
const KEY_ID: &str = "development-1";
/// How long development certificates last, in days.
const DAYS: i64 = 365;

/// Keys that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A certificate cannot be made.
    #[error("a development certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The issuer's key cannot be used.
    #[error("the development issuer's key cannot be used: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// The keys of one folder: `ca.pem`, and for each service a certificate and a key, `jwks.json`, and the issuer's key.
#[derive(Debug, Clone)]
pub struct DevelopmentKeys {
    folder: PathBuf,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    roles: Vec<String>,
    iat: i64,
    exp: i64,
}

impl DevelopmentKeys {
    /// The keys in `folder`; makes those that are not there, and never overwrites one. Private keys are readable by their
    /// owner only. `services` are the names for which there shall be certificates; each is valid for that name, for
    /// `localhost` and for the loopback addresses.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a key cannot be made.
    pub fn open(folder: &Path, services: &[&str]) -> Result<Self, DevelopmentError> {
        fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
        let keys = Self { folder: folder.to_owned() };
        keys.authority(services)?;
        keys.issuer()?;
        Ok(keys)
    }

    /// The certificate authority, PEM: what a client trusts.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// TLS of the service `name`, with the development authority for peers.
    #[must_use]
    pub fn tls(&self, name: &str) -> TlsSettings {
        TlsSettings {
            cert_file: self.cert_file(name),
            key_file: self.key_file(name),
            client_ca_file: Some(self.ca_file()),
        }
    }

    /// The development issuer, as a server's settings name it.
    #[must_use]
    pub fn identity(&self) -> IdentitySettings {
        IdentitySettings {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            jwks_file: Some(self.jwks_file()),
            jwks_url: None,
            ca_file: None,
        }
    }

    /// How the service `name` calls a peer at `endpoint`.
    #[must_use]
    pub fn peer(&self, name: &str, endpoint: String) -> PeerSettings {
        PeerSettings {
            endpoint,
            ca_file: Some(self.ca_file()),
            cert_file: Some(self.cert_file(name)),
            key_file: Some(self.key_file(name)),
            ..PeerSettings::default()
        }
    }

    /// A token for `subject` with `roles`, issued at `now` for `ttl`.
    ///
    /// # Errors
    /// When the issuer's key cannot be read.
    pub fn token(
        &self,
        subject: &str,
        roles: &[Role],
        now: DateTime<Utc>,
        ttl: Duration,
    ) -> Result<String, DevelopmentError> {
        let path = self.issuer_key_file();
        let key = fs::read(&path).map_err(|error| at(&path, error))?;
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: subject,
            roles: roles.iter().copied().map(role_claim).collect(),
            iat: now.timestamp(),
            exp: now.timestamp().saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX)),
        };
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::ES256) };
        Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_pem(&key)?)?)
    }

    /// A private key of Ed25519 in the file `path`, PKCS #8 in PEM, with which a service signs; makes one when the file is not
    /// there. Its folder must be.
    ///
    /// # Errors
    /// When the file cannot be read or written, or the key cannot be made.
    pub fn signing_key(path: &Path) -> Result<(), DevelopmentError> {
        key_of(&PKCS_ED25519, path).map(drop)
    }

    fn cert_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pem"))
    }

    fn key_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    fn jwks_file(&self) -> PathBuf {
        self.folder.join("jwks.json")
    }

    fn issuer_key_file(&self) -> PathBuf {
        self.folder.join("issuer.key")
    }

    fn authority(&self, services: &[&str]) -> Result<(), DevelopmentError> {
        let missing: Vec<&str> = services.iter().copied().filter(|name| !self.cert_file(name).exists()).collect();
        if missing.is_empty() && self.ca_file().exists() {
            return Ok(());
        }
        let key = key(&self.folder.join("ca.key"))?;
        let mut params = lasting(CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, "Rogatory development CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        if !self.ca_file().exists() {
            write(&self.ca_file(), &params.self_signed(&key)?.pem(), 0o644)?;
        }
        let authority = Issuer::new(params, key);
        for name in missing {
            let names = [name, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
            let mut params = lasting(CertificateParams::new(names)?);
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            params.use_authority_key_identifier_extension = true;
            let key = self::key(&self.key_file(name))?;
            write(&self.cert_file(name), &params.signed_by(&key, &authority)?.pem(), 0o644)?;
        }
        Ok(())
    }

    fn issuer(&self) -> Result<(), DevelopmentError> {
        let jwks_file = self.jwks_file();
        let key = key(&self.issuer_key_file())?;
        if jwks_file.exists() {
            return Ok(());
        }
        // An uncompressed point: 0x04, then the two coordinates of 32 bytes.
        let point = key.public_key_raw();
        let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
        let coordinate =
            |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
        let jwks = serde_json::json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
            "x": coordinate(x), "y": coordinate(y),
        }]});
        write(&jwks_file, &jwks.to_string(), 0o644)
    }
}

fn lasting(mut params: CertificateParams) -> CertificateParams {
    let today = Utc::now().date_naive();
    let date = |day: chrono::NaiveDate| {
        use chrono::Datelike as _;
        rcgen::date_time_ymd(day.year(), u8::try_from(day.month()).unwrap_or(1), u8::try_from(day.day()).unwrap_or(1))
    };
    params.not_before = date(today - chrono::Duration::days(1));
    params.not_after = date(today + chrono::Duration::days(DAYS));
    params
}

/// The private key of P-256 in `path`; makes one when the file is not there.
fn key(path: &Path) -> Result<KeyPair, DevelopmentError> {
    key_of(&PKCS_ECDSA_P256_SHA256, path)
}

fn key_of(algorithm: &'static SignatureAlgorithm, path: &Path) -> Result<KeyPair, DevelopmentError> {
    match fs::read_to_string(path) {
        Ok(pem) => Ok(KeyPair::from_pem(&pem)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate_for(algorithm)?;
            write(path, &key.serialize_pem(), 0o600)?;
            Ok(key)
        }
        Err(error) => Err(at(path, error)),
    }
}

/// Writes a new file; one that is there stays.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), DevelopmentError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| at(path, error))
}

fn at(path: &Path, error: io::Error) -> DevelopmentError {
    DevelopmentError::File { path: path.to_owned(), error }
}
