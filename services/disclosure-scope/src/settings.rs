//! The keys with which grants and manifests are signed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::token::{KeySet, Signer};

/// The keys with which grants and manifests are signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// A file with a private key of Ed25519 or P-256 in PEM (PKCS #8), the same for every replica. Required.
    pub signing_key_file: PathBuf,
    /// A file with a JWK Set of public keys that are published beside that of the signing key: those that sign no more, for as
    /// long as a grant that they signed may be in force, and one that is about to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_keys_file: Option<PathBuf>,
}

impl KeySettings {
    /// Adds what is wrong with them.
    pub fn check(&self, faults: &mut Vec<String>) {
        faults.extend(self.signer().err().unwrap_or_default());
    }

    /// The key that signs.
    ///
    /// # Errors
    /// Everything that is wrong with either file.
    pub fn signer(&self) -> Result<Signer, Vec<String>> {
        let retired = self.retired();
        let signer = self.signing_key().and_then(|pem| {
            // A retired set that cannot be read is a fault of its own.
            let retired = retired.as_ref().cloned().unwrap_or_default();
            Signer::new(&pem, retired)
                .map_err(|error| format!("keys.signing_key_file: {}: {error}", self.signing_key_file.display()))
        });
        match (signer, retired) {
            (Ok(signer), Ok(_)) => Ok(signer),
            (signer, retired) => Err(signer.err().into_iter().chain(retired.err().unwrap_or_default()).collect()),
        }
    }

    fn signing_key(&self) -> Result<Vec<u8>, String> {
        let path = &self.signing_key_file;
        if path.as_os_str().is_empty() {
            return Err("keys.signing_key_file: name a file with the private key that signs grants; \
                        `openssl genpkey -algorithm ed25519` makes one"
                .to_owned());
        }
        std::fs::read(path).map_err(|error| format!("keys.signing_key_file: {}: {error}", path.display()))
    }

    fn retired(&self) -> Result<KeySet, Vec<String>> {
        let Some(path) = &self.retired_keys_file else { return Ok(KeySet::default()) };
        let fault = |what: &dyn std::fmt::Display| format!("keys.retired_keys_file: {}: {what}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| vec![fault(&error)])?;
        KeySet::read(&text).map_err(|unusable| unusable.faults.iter().map(|one| fault(one)).collect())
    }
}
