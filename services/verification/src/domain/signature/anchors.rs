//! The certificates that the operator trusts.

use base64::{Engine, engine::general_purpose::STANDARD};
use rogatory_rulebook::{Digest, Fault};

use super::certificate::Cert;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate at which a chain may end.
#[derive(Debug, Clone)]
pub struct Anchor {
    label: String,
    line: u32,
    pub(super) cert: Cert,
}

impl Anchor {
    /// What the operator calls it: the last comment above it, or else the subject of the certificate.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The line of the file on which it begins, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> Digest {
        self.cert.fingerprint
    }
}

/// All of them. None is a set too: then no signature is trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors(Vec<Anchor>);

impl TrustAnchors {
    /// Reads a file of certificates in PEM (RFC 7468 §5). Lines that begin with `#` are comments, and the last one
    /// above a certificate is its label: `# Federal Court, root 2024, from https://…, recorded 2026-03-01`.
    ///
    /// The certificate of a signer may stand there itself: it is trusted then without a chain.
    ///
    /// # Errors
    ///
    /// Every place at which the file is wrong: what is not a certificate, a key or signature that proves nothing, the
    /// same certificate twice, a private key.
    pub fn read_pem(text: &str) -> Result<Self, Vec<Fault>> {
        let (mut anchors, mut faults) = (Vec::<Anchor>::new(), Vec::new());
        let (mut label, mut open) = (None, None::<(u32, String)>);
        let mut fault = |line: u32, index: usize, description: String| {
            faults.push(Fault { line, column: 1, path: format!("certificate[{index}]"), description });
        };
        let mut index = 0;
        for (line, text) in (1_u32..).zip(text.lines().map(str::trim)) {
            match (text, &mut open) {
                (END, Some((begun, base64))) => {
                    let (begun, base64) = (*begun, std::mem::take(base64));
                    match read(&base64, &anchors) {
                        Ok(cert) => {
                            let label = label.take().unwrap_or_else(|| cert.subject_text());
                            anchors.push(Anchor { label, line: begun, cert });
                        }
                        Err(why) => fault(begun, index, why),
                    }
                    (label, open, index) = (None, None, index + 1);
                }
                (text, Some((_, base64))) if !text.starts_with("-----") => base64.push_str(text),
                (_, Some((begun, _))) => {
                    fault(*begun, index, format!("has no `{END}` before line {line}"));
                    (label, open, index) = (None, None, index + 1);
                }
                (BEGIN, None) => open = Some((line, String::new())),
                (text, None) if text.contains("PRIVATE KEY") => {
                    fault(
                        line,
                        index,
                        "a private key has no place among the anchors; take it out, and replace it".to_owned(),
                    );
                }
                (text, None) => {
                    if let Some(comment) = text.strip_prefix('#') {
                        label = Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty()).or(label);
                    }
                }
            }
        }
        if let Some((begun, _)) = open {
            fault(begun, index, format!("has no `{END}`"));
        }
        if faults.is_empty() { Ok(Self(anchors)) } else { Err(faults) }
    }

    /// Every anchor, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Anchor] {
        &self.0
    }
}

fn read(base64: &str, others: &[Anchor]) -> Result<Cert, String> {
    let der = STANDARD.decode(base64).map_err(|_| "is not Base64".to_owned())?;
    let cert = Cert::read(&der).map_err(|_| "is not an X.509 certificate in DER".to_owned())?;
    if let Some(twin) = others.iter().find(|other| other.cert.fingerprint == cert.fingerprint) {
        return Err(format!("is the certificate of line {} once more", twin.line));
    }
    let Ok(key) = &cert.key else { return Err("has a key of a kind that is not examined".to_owned()) };
    if let Some(weakness) = key.weakness() {
        return Err(format!("has a key that proves nothing: {weakness}"));
    }
    Ok(cert)
}
