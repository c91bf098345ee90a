//! `OpenVerification` with a message and a copy, lookups in a registry that is full, and the sweep after a compromise.

mod lookups;
mod open;
mod sweep;

use std::time::SystemTime;

use clap::ValueEnum;
use rogatory_proto::rogatory::{
    rulebook::v1::{AuthorityKind, Confirmation, InstrumentKind},
    verification::v1::{
        Accreditation, Agency, CreateAgencyRequest, MailDomain, Officer, OpenVerificationRequest, PublishedPhone,
        agency_service_client::AgencyServiceClient,
    },
};
use tonic::transport::Channel;

use super::{
    effort::Effort,
    serving::{Token, signed},
};

/// The number of the registry at which the agencies of the harness are called back.
const PHONE: &str = "+12025550100";

/// A part of this section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// `OpenVerification` with a message of 1 MB and a PDF.
    Open,
    /// Agencies and mail domains in a small and in a full registry.
    Lookups,
    /// The sweep after a compromise, while calls go on being served.
    Sweep,
}

/// Measures all of it, or one part.
pub async fn measure(effort: &Effort, what: Option<What>) {
    let wanted = |part| what.is_none_or(|only| only == part);
    for engine in &effort.engines {
        if wanted(What::Open) {
            open::measure(effort, *engine).await;
        }
        if wanted(What::Lookups) {
            lookups::measure(effort, *engine).await;
        }
        if wanted(What::Sweep) {
            sweep::measure(effort, *engine).await;
        }
    }
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// An accredited police department of the United States with one mail domain and one number.
fn agency(display_name: &str, domain: &str) -> Agency {
    let source = || "made for the load harness".to_owned();
    Agency {
        display_name: display_name.to_owned(),
        country: "US".to_owned(),
        kind: AuthorityKind::Police.into(),
        mail_domains: vec![MailDomain { domain: domain.to_owned(), ..MailDomain::default() }],
        phones: vec![PublishedPhone { number: PHONE.to_owned(), source: source(), record_time: None }],
        accreditation: Some(Accreditation { source: source(), ..Accreditation::default() }),
        source: source(),
        confirmation: Confirmation::Unconfirmed.into(),
        ..Agency::default()
    }
}

/// Adds an agency to the registry.
async fn register(channel: &Channel, token: &Token, agency: Agency) -> Agency {
    let call = CreateAgencyRequest { agency: Some(agency), request_id: fresh() };
    AgencyServiceClient::new(channel.clone()).create_agency(signed(call, token)).await.expect("an agency").into_inner()
}

/// The facts of a request that is new each time: of an agency, by an officer who writes from `domain`.
fn facts(agency_name: &str, domain: &str) -> OpenVerificationRequest {
    OpenVerificationRequest {
        request: format!("requests/req_{}", uuid::Uuid::now_v7().simple()),
        agency_name: agency_name.to_owned(),
        country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument_kind: InstrumentKind::SearchWarrant.into(),
        officer: Some(Officer {
            display_name: "Officer Sample".to_owned(),
            title: "Detective".to_owned(),
            email: format!("officer@{domain}"),
            credential_kind: "badge".to_owned(),
            credential_number: "4711".to_owned(),
            credential_issuer: agency_name.to_owned(),
            ..Officer::default()
        }),
        receive_time: Some(SystemTime::now().into()),
        request_id: fresh(),
        ..OpenVerificationRequest::default()
    }
}
