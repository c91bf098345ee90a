//! The verification service: is the requester who it says it is?

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, Failure, PeerChannel, convert};
use rogatory_names::{CompromiseId, ProductionId, RequestId, StepId, VerificationId};
use rogatory_proto::rogatory::verification::v1::{
    self as wire, verification_service_client::VerificationServiceClient,
};

use super::{existing, malformed};
use crate::{
    app::SignedCopy,
    domain::{
        request::{LegalRequest, Officer},
        target_key::TargetKey,
        verification::{Reopening, Verification as Known, VerificationState},
    },
};

const PEER: &str = "verification";
/// Most users of one production, as verification takes them.
const MOST_USERS: usize = 10_000;
/// Who files a request, where that is a person.
const PERSON: &str = "person:";

/// The verification service.
#[derive(Debug, Clone)]
pub struct Verification {
    /// How it is called.
    pub channel: PeerChannel,
    /// By what it knows targets again; without it, it does not.
    pub target_key: Option<TargetKey>,
}

impl Verification {
    /// Opens the verification of a request; one that is open already is read instead.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn open(
        &self,
        context: &CallContext,
        key: StepId,
        request: &LegalRequest,
        copies: Vec<SignedCopy>,
    ) -> Result<Known, Failure> {
        let essentials = super::essentials(request)?;
        let particulars = &request.particulars;
        let message = wire::OpenVerificationRequest {
            request: request.id.name(),
            agency_name: essentials.agency_name.to_owned(),
            country: essentials.country.alpha2().to_owned(),
            authority_kind: convert::authority_kind(essentials.authority_kind).into(),
            instrument_kind: convert::instrument_kind(essentials.instrument_kind).into(),
            officer: Some(officer(&particulars.requester.officer)),
            emergency: request.is_emergency(),
            signed_copies: copies.into_iter().map(signed_copy).collect(),
            receive_time: request.receive_time.map(convert::timestamp),
            request_id: key.uuid().to_string(),
            // Requests are filed by a call: intake has no message with which one came.
            message: None,
            submitter: if request.submitter.starts_with(PERSON) { request.submitter.clone() } else { String::new() },
            target_keys: self.target_key.as_ref().map(|key| key.digests(particulars)).unwrap_or_default(),
            follows_up: particulars.follows_up.map(|emergency| emergency.name()).unwrap_or_default(),
        };
        match self
            .channel
            .call(context, message, async |channel, m| {
                VerificationServiceClient::new(channel).open_verification(m).await
            })
            .await
        {
            Ok(answer) => verification(answer).ok_or_else(|| malformed(PEER)),
            Err(failure) => self.get(context, existing(failure, VerificationId::parse_name)?).await,
        }
    }

    /// Reads a verification.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn get(&self, context: &CallContext, id: VerificationId) -> Result<Known, Failure> {
        let message = wire::GetVerificationRequest { name: id.name() };
        let answer = self
            .channel
            .call(context, message, async |channel, m| {
                VerificationServiceClient::new(channel).get_verification(m).await
            })
            .await?;
        verification(answer).ok_or_else(|| malformed(PEER))
    }

    /// Records what left in reliance on the verification of a request. Telling it again changes nothing.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn record_reliance(
        &self,
        context: &CallContext,
        key: StepId,
        request: &LegalRequest,
        verification: VerificationId,
        left: &Left,
    ) -> Result<(), Failure> {
        let concerned = request.particulars.targets.iter().filter(|target| left.target_ids.contains(&target.target_id));
        let mut platform_ids: Vec<String> = concerned.flat_map(|target| target.platform_ids.clone()).collect();
        platform_ids.sort_unstable();
        platform_ids.dedup();
        if platform_ids.len() > MOST_USERS {
            tracing::warn!(request = %request.id, users = platform_ids.len(), "not all users of a production can be told");
            platform_ids.truncate(MOST_USERS);
        }
        let message = wire::RecordRelianceRequest {
            verification: verification.name(),
            request: request.id.name(),
            production: left.production.name(),
            platform_ids,
            request_id: key.uuid().to_string(),
        };
        let told = self
            .channel
            .call(context, message, async |channel, m| VerificationServiceClient::new(channel).record_reliance(m).await)
            .await;
        match told {
            Ok(_) | Err(Failure::AlreadyExists { .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// What left.
#[derive(Debug, Clone)]
pub struct Left {
    /// The production.
    pub production: ProductionId,
    /// Keys of the targets whose data it may hold.
    pub target_ids: std::collections::BTreeSet<String>,
}

fn signed_copy(copy: SignedCopy) -> wire::SignedCopy {
    wire::SignedCopy {
        digest: copy.digest.to_string(),
        content: copy.content.unwrap_or_default(),
        detached_signature: copy.signature.unwrap_or_default(),
    }
}

fn verification(answer: wire::Verification) -> Option<Known> {
    let state = match answer.state() {
        wire::verification::State::Unspecified => return None,
        wire::verification::State::Open => VerificationState::Open,
        wire::verification::State::Verified => VerificationState::Verified,
        wire::verification::State::Denied => VerificationState::Denied,
    };
    let level = answer.level().as_str_name().trim_start_matches("LEVEL_").to_owned();
    let reopen_time = time(answer.reopen_time.as_ref())?;
    Some(Known {
        id: VerificationId::parse_name(&answer.name).ok()?,
        request: RequestId::parse_name(&answer.request).ok()?,
        state,
        level,
        expire_time: time(answer.expire_time.as_ref())?,
        reopening: reopen_time.map(|time| reopening(time, &answer.evidence)),
        findings: super::findings(answer.findings)?,
    })
}

/// A time that may be absent; none when it is none.
fn time(wire: Option<&prost_types::Timestamp>) -> Option<Option<DateTime<Utc>>> {
    wire.map_or(Some(None), |time| convert::time(time).map(Some))
}

/// Why it was reopened, as the evidence tells it: the latest that names a report.
fn reopening(time: DateTime<Utc>, evidence: &[wire::Evidence]) -> Reopening {
    let reports = evidence.iter().rev().filter(|piece| piece.kind() == wire::evidence::Kind::Compromise);
    let mut named = reports.filter_map(|piece| Some((piece, CompromiseId::parse_name(&piece.source).ok()?)));
    match named.next() {
        Some((piece, compromise)) => Reopening { time, code: piece.observation.clone(), compromise: Some(compromise) },
        None => Reopening { time, code: String::new(), compromise: None },
    }
}

fn officer(officer: &Officer) -> wire::Officer {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    wire::Officer {
        display_name: text(&officer.display_name),
        title: text(&officer.title),
        email: text(&officer.email),
        phone: text(&officer.phone),
        postal_address: text(&officer.postal_address),
        credential_kind: text(&officer.credential_kind),
        credential_number: text(&officer.credential_number),
        credential_issuer: text(&officer.credential_issuer),
        credential_expire_time: officer.credential_expire_time.map(convert::timestamp),
    }
}
