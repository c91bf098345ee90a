//! What a token says.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{DecisionId, GrantId, ProductionId, RequestId};
use rogatory_rulebook::{Country, Digest};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::domain::{
    facts::Window,
    grant::{Answer, Grant, Permission, Record, State},
    production::Production,
};

/// Who signs.
const ISSUER: &str = "rogatory-disclosure";
/// How far the clock of whoever checks may be behind. Nothing is given at the other end: what has expired has expired.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// A signed token in compact form. Whoever holds one can show it, so it is never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is longer than any that is signed.
    #[error("the token is longer than any that is signed")]
    TooLong,
    /// It is not a JWS in compact form.
    #[error("the token is not a JWS in compact form")]
    Malformed,
    /// It is not signed by the algorithm of its key, or not signed at all.
    #[error("the token is not signed by the algorithm of its key")]
    Algorithm,
    /// It names no key of the set.
    #[error("the token names no key of the set")]
    UnknownKey,
    /// It is a token of another kind.
    #[error("the token is not one of the kind that is asked for")]
    Kind,
    /// The signature is not that of its key over its text.
    #[error("the signature is not that of the key over this text")]
    Signature,
    /// Another than this service issued it.
    #[error("another than the disclosure service issued the token")]
    Issuer,
    /// It does not say what one of its kind says.
    #[error("the token does not say what one of its kind says")]
    Claims,
    /// It is of a time to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
}

impl Refusal {
    /// Stable code, as that of a finding.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "TOKEN_TOO_LONG",
            Self::Malformed => "TOKEN_MALFORMED",
            Self::Algorithm => "TOKEN_ALGORITHM",
            Self::UnknownKey => "TOKEN_KEY_UNKNOWN",
            Self::Kind => "TOKEN_KIND",
            Self::Signature => "TOKEN_SIGNATURE",
            Self::Issuer => "TOKEN_ISSUER",
            Self::Claims => "TOKEN_CLAIMS",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::Expired => "TOKEN_EXPIRED",
        }
    }
}

/// A kind of token: its claims, and the type in its header.
pub(super) trait Claims: Serialize + DeserializeOwned {
    /// The media type without `application/`, RFC 7515 §4.1.9.
    const TYPE: &'static str;
    /// Who issued it.
    fn issuer(&self) -> &str;
}

/// The claims of a grant. One that is not known is refused: it may say that less is granted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantClaims {
    iss: String,
    jti: String,
    sub: String,
    decision: String,
    purpose: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    permissions: Vec<PermissionClaim>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionClaim {
    item: String,
    target: String,
    element: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
    storage: Vec<Country>,
}

/// The claims of a manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestClaims {
    iss: String,
    jti: String,
    sub: String,
    grant: String,
    manifest_digest: Digest,
    files: usize,
    iat: i64,
}

impl Claims for GrantClaims {
    const TYPE: &'static str = "rogatory-grant+jwt";

    fn issuer(&self) -> &str {
        &self.iss
    }
}

impl Claims for ManifestClaims {
    const TYPE: &'static str = "rogatory-manifest+jwt";

    fn issuer(&self) -> &str {
        &self.iss
    }
}

pub(super) fn issued_here(claims: &impl Claims) -> Result<(), Refusal> {
    if claims.issuer() == ISSUER { Ok(()) } else { Err(Refusal::Issuer) }
}

impl From<&Grant> for GrantClaims {
    /// Times are cut to seconds, so that what expires does so up to a second early and never late.
    fn from(grant: &Grant) -> Self {
        let permissions = grant.permissions.iter().map(|permission| PermissionClaim {
            item: permission.item_id.clone(),
            target: permission.target_id.clone(),
            element: permission.element.clone(),
            window: permission.window,
            storage: permission.storage.clone(),
        });
        Self {
            iss: ISSUER.to_owned(),
            jti: grant.id.name(),
            sub: grant.request.name(),
            decision: grant.decision.name(),
            purpose: grant.purpose.clone(),
            iat: grant.create_time.timestamp(),
            nbf: grant.create_time.timestamp(),
            exp: grant.expire_time.timestamp(),
            permissions: permissions.collect(),
        }
    }
}

impl From<&Production> for ManifestClaims {
    fn from(production: &Production) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            jti: production.id.name(),
            sub: production.request.name(),
            grant: production.grant.name(),
            manifest_digest: production.manifest_digest,
            files: production.files.len(),
            iat: production.create_time.timestamp(),
        }
    }
}

/// A grant whose token was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedGrant(Grant);

impl SignedGrant {
    /// What the token says, when it is in force at `now`.
    pub(super) fn read(claims: GrantClaims, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(Refusal::Claims);
        let (issued, from, until) = (time(claims.iat)?, time(claims.nbf)?, time(claims.exp)?);
        if now + LEEWAY < issued.max(from) {
            return Err(Refusal::NotYetValid);
        }
        if now >= until {
            return Err(Refusal::Expired);
        }
        let permissions = claims.permissions.into_iter().map(|claim| Permission {
            item_id: claim.item,
            target_id: claim.target,
            element: claim.element,
            window: claim.window,
            storage: claim.storage,
        });
        Ok(Self(Grant {
            id: GrantId::parse_name(&claims.jti).map_err(|_| Refusal::Claims)?,
            decision: DecisionId::parse_name(&claims.decision).map_err(|_| Refusal::Claims)?,
            request: RequestId::parse_name(&claims.sub).map_err(|_| Refusal::Claims)?,
            state: State::Active,
            permissions: permissions.collect(),
            purpose: claims.purpose,
            create_time: issued,
            expire_time: until,
            revocation: None,
            token: Token::default(),
        }))
    }

    /// Whether this record may leave now, as far as the token can tell: as [`Grant::check`], but for a revocation.
    #[must_use]
    pub fn check(&self, record: &Record, now: DateTime<Utc>) -> Answer {
        self.0.check(record, now)
    }

    /// What it grants. It is active as far as the token can tell.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.0
    }
}

/// A manifest whose signature was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedManifest {
    /// The production.
    pub production: ProductionId,
    /// The grant under which the files left.
    pub grant: GrantId,
    /// The request.
    pub request: RequestId,
    /// Digest of the manifest.
    pub manifest_digest: Digest,
    /// Number of files.
    pub files: usize,
    /// When it was recorded, to the second.
    pub create_time: DateTime<Utc>,
}

impl SignedManifest {
    pub(super) fn read(claims: &ManifestClaims) -> Result<Self, Refusal> {
        Ok(Self {
            production: ProductionId::parse_name(&claims.jti).map_err(|_| Refusal::Claims)?,
            grant: GrantId::parse_name(&claims.grant).map_err(|_| Refusal::Claims)?,
            request: RequestId::parse_name(&claims.sub).map_err(|_| Refusal::Claims)?,
            manifest_digest: claims.manifest_digest,
            files: claims.files,
            create_time: DateTime::from_timestamp(claims.iat, 0).ok_or(Refusal::Claims)?,
        })
    }
}
