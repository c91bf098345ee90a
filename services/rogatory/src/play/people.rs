//! The people and platforms of a case, and the services as each of them reaches them.

use std::{error::Error, fmt, sync::Arc};

use rogatory_proto::rogatory::{
    access::v1::Role,
    billing::v1::{billing_service_client::BillingServiceClient, schedule_service_client::ScheduleServiceClient},
    disclosure::v1::{
        grant_service_client::GrantServiceClient, policy_service_client::PolicyServiceClient,
        scope_service_client::ScopeServiceClient,
    },
    intake::v1::{document_service_client::DocumentServiceClient, request_service_client::RequestServiceClient},
    verification::v1::{
        agency_service_client::AgencyServiceClient, verification_service_client::VerificationServiceClient,
    },
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

use super::postbox::Postbox;

/// A connection to each of the four services that people use directly; routing is asked by intake alone.
#[derive(Debug, Clone)]
pub struct Channels {
    /// `rogatory-intake`.
    pub intake: Channel,
    /// `rogatory-verification`.
    pub verification: Channel,
    /// `rogatory-disclosure`.
    pub disclosure: Channel,
    /// `rogatory-billing`.
    pub billing: Channel,
}

/// Makes a token for a subject with roles. It is the operator's OIDC issuer, or the development one.
pub type Issuer = Arc<dyn Fn(&str, &[Role]) -> Result<String, Box<dyn Error + Send + Sync>> + Send + Sync>;

/// A person or platform with what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Subject of the token.
    pub subject: String,
    /// The one role that it has.
    pub role: Role,
}

impl Person {
    fn new(subject: impl Into<String>, role: Role) -> Self {
        Self { subject: subject.into(), role }
    }

    /// The portal through which the agency files.
    #[must_use]
    pub fn portal() -> Self {
        Self::new("agency-portal", Role::Submitter)
    }

    /// Works on requests.
    #[must_use]
    pub fn analyst() -> Self {
        Self::new("analyst-1", Role::Analyst)
    }

    /// Establishes whether a requester is who it says it is.
    #[must_use]
    pub fn verifier() -> Self {
        Self::new("verifier-1", Role::Verifier)
    }

    /// Approves disclosures.
    #[must_use]
    pub fn approver(subject: &str) -> Self {
        Self::new(subject, Role::Approver)
    }

    /// Looks at what is legal, and reports what turned out afterwards.
    #[must_use]
    pub fn counsel() -> Self {
        Self::new("counsel-1", Role::Counsel)
    }

    /// Holds the data.
    #[must_use]
    pub fn platform() -> Self {
        Self::new("data-platform", Role::DataPlatform)
    }

    /// Records work and issues invoices.
    #[must_use]
    pub fn biller() -> Self {
        Self::new("biller-1", Role::Biller)
    }

    /// Drafts and publishes rules.
    #[must_use]
    pub fn publisher() -> Self {
        Self::new("publisher-1", Role::Publisher)
    }

    /// Reads everything, changes nothing.
    #[must_use]
    pub fn auditor() -> Self {
        Self::new("auditor-1", Role::Auditor)
    }
}

/// A token could not be made or cannot stand in a header.
#[derive(Debug)]
pub struct TokenRefused {
    subject: String,
    cause: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no token for {}: {}", self.subject, self.cause)
    }
}

impl Error for TokenRefused {}

/// Everybody who plays, with the way to the services.
#[derive(Clone)]
pub struct People {
    channels: Channels,
    issuer: Issuer,
    postbox: Postbox,
}

impl People {
    /// The people who reach the services by `channels` with tokens of `issuer`, and read their mail in `postbox`.
    #[must_use]
    pub fn new(channels: Channels, issuer: Issuer, postbox: Postbox) -> Self {
        Self { channels, issuer, postbox }
    }

    /// Where the mail of the agencies arrives.
    #[must_use]
    pub fn postbox(&self) -> &Postbox {
        &self.postbox
    }

    /// The services as `person` reaches them.
    ///
    /// # Errors
    /// [`TokenRefused`] when the issuer makes no token.
    pub fn of(&self, person: &Person) -> Result<Offices, TokenRefused> {
        let refused = |cause| TokenRefused { subject: person.subject.clone(), cause };
        let token = (self.issuer)(&person.subject, &[person.role]).map_err(refused)?;
        let mut value: MetadataValue<Ascii> =
            format!("Bearer {token}").parse().map_err(|error| refused(Box::from(format!("{error}"))))?;
        value.set_sensitive(true);
        Ok(Offices { channels: self.channels.clone(), bearer: Bearer(value) })
    }
}

/// Shows a token with every call.
#[derive(Debug, Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Signed = InterceptedService<Channel, Bearer>;

/// The services as one person reaches them.
#[derive(Debug, Clone)]
pub struct Offices {
    channels: Channels,
    bearer: Bearer,
}

impl Offices {
    /// Requests.
    #[must_use]
    pub fn requests(&self) -> RequestServiceClient<Signed> {
        RequestServiceClient::with_interceptor(self.channels.intake.clone(), self.bearer.clone())
    }

    /// Papers.
    #[must_use]
    pub fn documents(&self) -> DocumentServiceClient<Signed> {
        DocumentServiceClient::with_interceptor(self.channels.intake.clone(), self.bearer.clone())
    }

    /// The registry of agencies.
    #[must_use]
    pub fn agencies(&self) -> AgencyServiceClient<Signed> {
        AgencyServiceClient::with_interceptor(self.channels.verification.clone(), self.bearer.clone())
    }

    /// Verifications.
    #[must_use]
    pub fn verifications(&self) -> VerificationServiceClient<Signed> {
        VerificationServiceClient::with_interceptor(self.channels.verification.clone(), self.bearer.clone())
    }

    /// Decisions.
    #[must_use]
    pub fn decisions(&self) -> ScopeServiceClient<Signed> {
        ScopeServiceClient::with_interceptor(self.channels.disclosure.clone(), self.bearer.clone())
    }

    /// Grants.
    #[must_use]
    pub fn grants(&self) -> GrantServiceClient<Signed> {
        GrantServiceClient::with_interceptor(self.channels.disclosure.clone(), self.bearer.clone())
    }

    /// Disclosure policies.
    #[must_use]
    pub fn policies(&self) -> PolicyServiceClient<Signed> {
        PolicyServiceClient::with_interceptor(self.channels.disclosure.clone(), self.bearer.clone())
    }

    /// Quotes, work and invoices.
    #[must_use]
    pub fn billing(&self) -> BillingServiceClient<Signed> {
        BillingServiceClient::with_interceptor(self.channels.billing.clone(), self.bearer.clone())
    }

    /// Fee schedules.
    #[must_use]
    pub fn schedules(&self) -> ScheduleServiceClient<Signed> {
        ScheduleServiceClient::with_interceptor(self.channels.billing.clone(), self.bearer.clone())
    }
}
