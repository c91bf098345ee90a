//! The verification service: is the requester who it says it is?

use rogatory_chassis::{CallContext, Failure, PeerChannel, convert};
use rogatory_names::{RequestId, StepId, VerificationId};
use rogatory_proto::rogatory::verification::v1::{
    self as wire, verification_service_client::VerificationServiceClient,
};

use super::{existing, malformed};
use crate::domain::{
    document::DocumentKind,
    request::{LegalRequest, Officer},
    verification::{Verification as Known, VerificationState},
};

const PEER: &str = "verification";

/// The verification service.
#[derive(Debug, Clone)]
pub struct Verification(pub PeerChannel);

impl Verification {
    /// Opens the verification of a request; one that is open already is read instead.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn open(&self, context: &CallContext, key: StepId, request: &LegalRequest) -> Result<Known, Failure> {
        let essentials = super::essentials(request)?;
        let signed = request.particulars.documents.iter().filter(|doc| doc.kind == DocumentKind::SignedRequest);
        let message = wire::OpenVerificationRequest {
            request: request.id.name(),
            agency_name: essentials.agency_name.to_owned(),
            country: essentials.country.alpha2().to_owned(),
            authority_kind: convert::authority_kind(essentials.authority_kind).into(),
            instrument_kind: convert::instrument_kind(essentials.instrument_kind).into(),
            officer: Some(officer(&request.particulars.requester.officer)),
            emergency: request.is_emergency(),
            signed_copy_digests: signed.map(|document| document.digest.to_string()).collect(),
            receive_time: request.receive_time.map(convert::timestamp),
            request_id: key.uuid().to_string(),
        };
        match self
            .0
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
            .0
            .call(context, message, async |channel, m| {
                VerificationServiceClient::new(channel).get_verification(m).await
            })
            .await?;
        verification(answer).ok_or_else(|| malformed(PEER))
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
    Some(Known {
        id: VerificationId::parse_name(&answer.name).ok()?,
        request: RequestId::parse_name(&answer.request).ok()?,
        state,
        level,
        expire_time: match answer.expire_time {
            Some(time) => Some(convert::time(&time)?),
            None => None,
        },
        findings: super::findings(answer.findings)?,
    })
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
    }
}
