//! The billing service: what a request costs.

use rogatory_chassis::{CallContext, Failure, PeerChannel, convert};
use rogatory_names::{QuoteId, StepId};
use rogatory_proto::rogatory::billing::v1::{self as wire, billing_service_client::BillingServiceClient};
use rogatory_rulebook::InstrumentKind;

use super::{existing, malformed};
use crate::domain::{
    cost::{Quote, QuoteState},
    request::LegalRequest,
    scope::Decision,
};

const PEER: &str = "billing";

/// The billing service.
#[derive(Debug, Clone)]
pub struct Billing(pub PeerChannel);

impl Billing {
    /// Has the quote of one contact made; one that is there already is read instead.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn create_quote(
        &self,
        context: &CallContext,
        key: StepId,
        request: &LegalRequest,
        contact_id: &str,
    ) -> Result<Quote, Failure> {
        let essentials = super::essentials(request)?;
        let contacts = request.plan.as_ref().map(|plan| plan.contacts()).unwrap_or_default();
        let found = contacts.into_iter().find(|(contact, _)| contact.contact_id == contact_id);
        let (contact, targets) =
            found.ok_or_else(|| Failure::bug("a quote for a contact that the plan does not have"))?;
        let classes = request.decision.as_ref().map(Decision::data_classes).unwrap_or_default();
        let facts = wire::CostFacts {
            platform: essentials.platform.to_owned(),
            authority_country: essentials.country.alpha2().to_owned(),
            authority_kind: convert::authority_kind(essentials.authority_kind).into(),
            instrument_kind: convert::instrument_kind(essentials.instrument_kind).into(),
            matter_type: convert::matter_type(essentials.matter_type).into(),
            emergency: request.is_emergency(),
            // Letters of request travel between central authorities; every other paper was served by whoever wrote it.
            mutual_legal_assistance: essentials.instrument_kind == InstrumentKind::LetterOfRequest,
            account_count: i32::try_from(targets).map_err(Failure::internal)?,
            data_classes: classes.into_iter().map(|class| convert::data_class(class).into()).collect(),
            receive_time: request.receive_time.map(convert::timestamp),
        };
        let message = wire::CreateQuoteRequest {
            request: request.id.name(),
            contact: Some(wire::BillingContact {
                contact_id: contact.contact_id.clone(),
                legal_name: contact.legal_name.clone(),
            }),
            billed_party: Some(wire::BilledParty {
                agency_name: essentials.agency_name.to_owned(),
                country: essentials.country.alpha2().to_owned(),
                reference: request.particulars.requester.agency_reference.clone().unwrap_or_default(),
            }),
            facts: Some(facts),
            request_id: key.uuid().to_string(),
        };
        match self
            .0
            .call(context, message, async |channel, m| BillingServiceClient::new(channel).create_quote(m).await)
            .await
        {
            Ok(answer) => quote(&answer).ok_or_else(|| malformed(PEER)),
            Err(failure) => self.get_quote(context, existing(failure, QuoteId::parse_name)?).await,
        }
    }

    /// Reads a quote.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn get_quote(&self, context: &CallContext, id: QuoteId) -> Result<Quote, Failure> {
        let message = wire::GetQuoteRequest { name: id.name() };
        let answer = self
            .0
            .call(context, message, async |channel, m| BillingServiceClient::new(channel).get_quote(m).await)
            .await?;
        quote(&answer).ok_or_else(|| malformed(PEER))
    }
}

fn quote(answer: &wire::Quote) -> Option<Quote> {
    let state = match answer.state() {
        wire::quote::State::Unspecified => return None,
        wire::quote::State::Reserved => QuoteState::Reserved,
        wire::quote::State::Waived => QuoteState::Waived,
        wire::quote::State::Open => QuoteState::Open,
        wire::quote::State::Accepted => QuoteState::Accepted,
        wire::quote::State::Declined => QuoteState::Declined,
    };
    let contact_id = answer.contact.as_ref()?.contact_id.clone();
    Some(Quote { id: QuoteId::parse_name(&answer.name).ok()?, contact_id, state })
}
