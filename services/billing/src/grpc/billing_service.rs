//! `rogatory.billing.v1.BillingService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::billing::v1::{
    AnswerQuoteRequest, CreateQuoteRequest, Estimate, EstimateCostRequest, GetInvoiceRequest, GetQuoteRequest, Invoice,
    IssueInvoiceRequest, ListInvoicesRequest, ListInvoicesResponse, Quote, RecordWorkRequest, WorkEntry,
    billing_service_server::BillingService,
};
use tonic::{Request, Response, Status};

use super::convert;
use crate::app::Charging;

/// Answers `BillingService`.
#[derive(Debug, Clone)]
pub struct BillingHandler(pub Charging);

#[tonic::async_trait]
impl BillingService for BillingHandler {
    async fn estimate_cost(&self, request: Request<EstimateCostRequest>) -> Result<Response<Estimate>, Status> {
        let context = CallContext::of(&request)?;
        let (facts, rules_time) = convert::estimate_cost(request.get_ref())?;
        Ok(Response::new(convert::estimate(&self.0.estimate_cost(&context, &facts, rules_time).await?)))
    }

    async fn create_quote(&self, request: Request<CreateQuoteRequest>) -> Result<Response<Quote>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::create_quote(request.get_ref())?;
        Ok(Response::new(convert::quote(&self.0.create_quote(&context, &ask).await?)))
    }

    async fn get_quote(&self, request: Request<GetQuoteRequest>) -> Result<Response<Quote>, Status> {
        let id = convert::get_quote(request.get_ref())?;
        Ok(Response::new(convert::quote(&self.0.get_quote(id).await?)))
    }

    async fn answer_quote(&self, request: Request<AnswerQuoteRequest>) -> Result<Response<Quote>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::answer_quote(request.get_ref())?;
        Ok(Response::new(convert::quote(&self.0.answer_quote(&context, &ask).await?)))
    }

    async fn record_work(&self, request: Request<RecordWorkRequest>) -> Result<Response<WorkEntry>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::record_work(request.get_ref(), context.now)?;
        Ok(Response::new(convert::work_entry(&self.0.record_work(&context, &ask).await?)))
    }

    async fn issue_invoice(&self, request: Request<IssueInvoiceRequest>) -> Result<Response<Invoice>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::issue_invoice(request.get_ref())?;
        Ok(Response::new(convert::invoice(&self.0.issue_invoice(&context, &ask).await?)))
    }

    async fn get_invoice(&self, request: Request<GetInvoiceRequest>) -> Result<Response<Invoice>, Status> {
        let id = convert::get_invoice(request.get_ref())?;
        Ok(Response::new(convert::invoice(&self.0.get_invoice(id).await?)))
    }

    async fn list_invoices(
        &self,
        request: Request<ListInvoicesRequest>,
    ) -> Result<Response<ListInvoicesResponse>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::list_invoices(request.get_ref())?;
        Ok(Response::new(convert::invoice_page(&self.0.list_invoices(&context, ask).await?)))
    }
}
