//! A service whose handlers do what their request says, to see what the chassis makes of it.

use std::{
    future::pending,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::{Stream, StreamExt as _, stream};
use rogatory_chassis::{CallContext, Caller, Failure, PeerChannel, ServerSettings, Service, SystemClock, Violation};
use rogatory_proto::rogatory::{
    intake::v1::{
        Document, DownloadDocumentRequest, DownloadDocumentResponse, Enquiry, GetDocumentRequest, GetEnquiryRequest,
        ListDocumentsRequest, ListDocumentsResponse, ListEnquiriesRequest, ListEnquiriesResponse, SubmitEnquiryRequest,
        UploadDocumentRequest,
        document_service_server::{DocumentService, DocumentServiceServer},
        enquiry_service_server::{EnquiryService, EnquiryServiceServer},
        upload_document_request::Part,
    },
    routing::v1::{
        BatchResolveContactsRequest, BatchResolveContactsResponse, ClosePlanRequest, GetPlanRequest, PlanRouteRequest,
        ReplayPlanRequest, ReplayPlanResponse, ResolveContactRequest, ResolveContactResponse, RoutePlan,
        routing_service_client::RoutingServiceClient,
        routing_service_server::{RoutingService, RoutingServiceServer},
    },
    rulebook::v1::Reason,
};
use rogatory_store::Store;
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming, transport::Channel};

/// What a handler saw of a call.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) caller: Caller,
    pub(crate) correlation_id: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) timeout: Option<String>,
    pub(crate) remaining: Duration,
}

/// What the handlers share with the test.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) seen: Mutex<Vec<Seen>>,
    /// Calls that hold have been entered; one permit each.
    pub(crate) entered: Semaphore,
    /// Calls that hold go on; one permit each.
    pub(crate) gate: Semaphore,
    /// How many calls more are answered UNAVAILABLE.
    pub(crate) unavailable: AtomicU32,
    /// Calls that have been answered.
    pub(crate) answered: AtomicU32,
    /// Whom a call is forwarded to.
    pub(crate) peer: OnceLock<PeerChannel>,
}

impl Sample {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            entered: Semaphore::new(0),
            gate: Semaphore::new(0),
            unavailable: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            peer: OnceLock::new(),
        })
    }

    /// Waits until so many calls hold.
    pub(crate) async fn entered(&self, calls: u32) {
        self.entered.acquire_many(calls).await.unwrap().forget();
    }

    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn see<T>(&self, request: &Request<T>) -> Result<(), Failure> {
        let context = CallContext::of(request)?;
        self.seen.lock().unwrap().push(Seen {
            caller: context.caller.clone(),
            correlation_id: context.correlation_id.to_string(),
            traceparent: context.traceparent(),
            timeout: request.metadata().get("grpc-timeout").map(|value| value.to_str().unwrap().to_owned()),
            remaining: context.remaining(),
        });
        Ok(())
    }

    /// The service, with all of its parts.
    pub(crate) fn service(self: &Arc<Self>, store: Store) -> Service {
        let handlers = Handlers(Arc::clone(self));
        Service::new("test", store)
            .mount(RoutingServiceServer::new(handlers.clone()))
            .mount(EnquiryServiceServer::new(handlers.clone()))
            .mount(DocumentServiceServer::new(handlers))
    }
}

#[derive(Debug, Clone)]
struct Handlers(Arc<Sample>);

#[tonic::async_trait]
impl RoutingService for Handlers {
    /// `platform` says what to do.
    async fn resolve_contact(
        &self,
        request: Request<ResolveContactRequest>,
    ) -> Result<Response<ResolveContactResponse>, Status> {
        self.0.see(&request)?;
        let context = CallContext::of(&request)?;
        let ResolveContactRequest { platform, residence_country, .. } = request.into_inner();
        match platform.as_str() {
            "answer" => {}
            "sleep" => pending().await,
            "forward" => {
                let peer = self.0.peer.get().expect("a peer");
                let answer = peer.call(&context, ask(&residence_country), resolve).await?;
                return Ok(Response::new(answer));
            }
            "hold" => {
                self.0.entered.add_permits(1);
                self.0.gate.acquire().await.unwrap().forget();
            }
            "panic" => panic!("a fixed text"),
            "panic with" => panic!("while working on {residence_country}"),
            "fields" => {
                let mut faults = rogatory_chassis::FieldFaults::new();
                for index in 0..residence_country.parse::<usize>().unwrap() {
                    faults.add(format!("targets[{index}].residence_country"), "is not a country of ISO 3166-1");
                }
                faults.done()?;
            }
            other => return Err(failure(Reason::from_str_name(&format!("REASON_{other}")).expect("a reason")).into()),
        }
        let unavailable = &self.0.unavailable;
        if unavailable.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(failure(Reason::DependencyDown).into());
        }
        self.0.answered.fetch_add(1, Ordering::SeqCst);
        Ok(Response::new(ResolveContactResponse { guide_row: platform, ..Default::default() }))
    }

    /// Like any handler, looks at its fields first.
    async fn plan_route(&self, request: Request<PlanRouteRequest>) -> Result<Response<RoutePlan>, Status> {
        self.0.see(&request)?;
        if request.get_ref().request.is_empty() {
            return Err(Failure::field("request", "is required").into());
        }
        Ok(Response::new(RoutePlan::default()))
    }

    type BatchResolveContactsStream = Pin<Box<dyn Stream<Item = Result<BatchResolveContactsResponse, Status>> + Send>>;

    async fn batch_resolve_contacts(
        &self,
        _: Request<Streaming<BatchResolveContactsRequest>>,
    ) -> Result<Response<Self::BatchResolveContactsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }

    async fn get_plan(&self, _: Request<GetPlanRequest>) -> Result<Response<RoutePlan>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn replay_plan(&self, _: Request<ReplayPlanRequest>) -> Result<Response<ReplayPlanResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn close_plan(&self, _: Request<ClosePlanRequest>) -> Result<Response<RoutePlan>, Status> {
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl EnquiryService for Handlers {
    /// Does with sensitive fields what a careless handler would.
    async fn submit_enquiry(&self, request: Request<SubmitEnquiryRequest>) -> Result<Response<Enquiry>, Status> {
        tracing::error!(message = ?request.get_ref(), "a handler that logs its message");
        let SubmitEnquiryRequest { enquiry, request_id } = request.into_inner();
        let enquiry = enquiry.unwrap_or_default();
        match request_id.as_str() {
            "panic" => panic!("cannot work on {}", enquiry.body),
            "fault" => {
                let mut faults = rogatory_chassis::FieldFaults::new();
                faults.email("enquiry.sender", &enquiry.sender);
                faults.text("enquiry.subject_line", &enquiry.subject_line, 3);
                faults.country("enquiry.body", &enquiry.body);
                faults.done()?;
                Err(Failure::bug("the sample's fields are all wrong").into())
            }
            _ => Ok(Response::new(enquiry)),
        }
    }

    async fn get_enquiry(&self, _: Request<GetEnquiryRequest>) -> Result<Response<Enquiry>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn list_enquiries(
        &self,
        _: Request<ListEnquiriesRequest>,
    ) -> Result<Response<ListEnquiriesResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl DocumentService for Handlers {
    async fn upload_document(
        &self,
        request: Request<Streaming<UploadDocumentRequest>>,
    ) -> Result<Response<Document>, Status> {
        let (mut parts, mut size_bytes) = (request.into_inner(), 0);
        while let Some(part) = parts.message().await? {
            if let Some(Part::Chunk(chunk)) = part.part {
                size_bytes += i64::try_from(chunk.len()).unwrap();
            }
        }
        Ok(Response::new(Document { size_bytes, ..Default::default() }))
    }

    async fn get_document(&self, _: Request<GetDocumentRequest>) -> Result<Response<Document>, Status> {
        Ok(Response::new(Default::default()))
    }

    type DownloadDocumentStream = Pin<Box<dyn Stream<Item = Result<DownloadDocumentResponse, Status>> + Send>>;

    /// One chunk, and then what `name` says.
    async fn download_document(
        &self,
        request: Request<DownloadDocumentRequest>,
    ) -> Result<Response<Self::DownloadDocumentStream>, Status> {
        let first = stream::once(async { Ok(DownloadDocumentResponse { chunk: b"first".to_vec() }) });
        let then = match request.get_ref().name.as_str() {
            "end" => stream::empty().boxed(),
            "wait" => stream::pending().boxed(),
            // Not at once: what is to be sent is collected until there is a pause.
            "panic" => stream::once(async {
                tokio::task::yield_now().await;
                panic!("a fixed text")
            })
            .boxed(),
            "fail" => stream::once(async { Err(failure(Reason::NotFound).into()) }).boxed(),
            other => panic!("no such download: {other}"),
        };
        Ok(Response::new(first.chain(then).boxed()))
    }

    async fn list_documents(
        &self,
        _: Request<ListDocumentsRequest>,
    ) -> Result<Response<ListDocumentsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

/// A failure of every kind.
pub(crate) fn failure(reason: Reason) -> Failure {
    let name = "requests/req_1".to_owned();
    match reason {
        Reason::Unspecified => panic!("not a reason"),
        Reason::FieldsInvalid => Failure::field("request", "is required"),
        Reason::RequestIdReused => Failure::RequestIdReused { method: "/a.B/C".to_owned() },
        Reason::TokenMismatch => Failure::TokenMismatch { field: "page_token".to_owned() },
        Reason::NotFound => Failure::not_found(name),
        Reason::AlreadyExists => Failure::AlreadyExists { name },
        Reason::EtagMismatch => Failure::EtagMismatch { name },
        Reason::Contention => Failure::Contention,
        Reason::StateForbids => Failure::StateForbids {
            name: name.clone(),
            state: "CLOSED".to_owned(),
            violations: vec![Violation {
                code: "NOT_VERIFIED".to_owned(),
                subject: name,
                description: "verify it first".to_owned(),
            }],
        },
        Reason::SecondPersonNeeded => Failure::SecondPersonNeeded { name },
        Reason::NoRevisionInForce => Failure::NoRevisionInForce { document: "guide".to_owned() },
        Reason::RevisionUnusable => {
            Failure::RevisionUnusable { revision: "guideRevisions/rev_1".to_owned(), document: "guide".to_owned() }
        }
        Reason::CredentialInvalid => Failure::CredentialInvalid { cause: "expired" },
        Reason::CallerNotListed => Failure::CallerNotListed { method: "/a.B/C".to_owned() },
        Reason::TooLarge => Failure::TooLarge { limit: 7 },
        Reason::Overloaded => Failure::Overloaded,
        Reason::Deadline => Failure::Deadline,
        Reason::DependencyDown => Failure::DependencyDown { dependency: "database".to_owned() },
        Reason::Internal => Failure::internal("the disk of the sample is full"),
        Reason::NoSuchMethod => Failure::NoSuchMethod { method: "/a.B/C".to_owned() },
    }
}

/// The sample, running.
pub(crate) struct Running {
    pub(crate) server: TestServer,
    pub(crate) sample: Arc<Sample>,
    pub(crate) keys: Arc<TestKeys>,
    pub(crate) store: Store,
    /// Dropped last: the store has its connections in it.
    pub(crate) database: TestDatabase,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        Self::start_on(TestDatabase::sqlite(), Arc::new(TestKeys::new()), change).await
    }

    pub(crate) async fn start_on(
        database: TestDatabase,
        keys: Arc<TestKeys>,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Self {
        let store = database.connect().await;
        rogatory_store::migrate(&store, Vec::new).await.unwrap();
        let sample = Sample::new();
        let service = sample.service(store.clone());
        let server = TestServer::start_with("routing", service, &keys, SystemClock::shared(), change).await;
        Self { server, sample, keys, store, database }
    }

    /// The routing service as an analyst calls it.
    pub(crate) fn routing(&self) -> RoutingServiceClient<Signed> {
        RoutingServiceClient::new(self.server.person("ann", &[rogatory_chassis::Role::Analyst]))
    }
}

/// The call that a peer channel makes.
pub(crate) async fn resolve(
    channel: Channel,
    request: Request<ResolveContactRequest>,
) -> Result<Response<ResolveContactResponse>, Status> {
    RoutingServiceClient::new(channel).resolve_contact(request).await
}

pub(crate) fn ask(what: &str) -> ResolveContactRequest {
    ResolveContactRequest { platform: what.to_owned(), ..Default::default() }
}
