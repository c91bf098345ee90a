//! What is exported, to a collector that keeps it.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    metrics::v1::metric::Data,
    trace::v1::{Span, status::StatusCode},
};
use rogatory_chassis::{Role, settings::TelemetrySettings, telemetry::Telemetry};
use rogatory_proto::rogatory::intake::v1::{
    Enquiry, SubmitEnquiryRequest, enquiry_service_client::EnquiryServiceClient,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::{
    process::{child, is_child},
    sample::{Running, ask},
};

#[derive(Debug, Default, Clone)]
struct Collector {
    traces: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    metrics: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
    logs: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.logs.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()))
            .add_service(LogsServiceServer::new(collector.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        (collector, endpoint)
    }

    fn spans(&self) -> Vec<Span> {
        let traces = self.traces.lock().unwrap();
        let scopes = traces.iter().flat_map(|request| &request.resource_spans).flat_map(|spans| &spans.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// How many calls the histogram has, with the text of their labels.
    fn durations(&self) -> Vec<(String, u64)> {
        let metrics = self.metrics.lock().unwrap();
        let scopes = metrics.iter().flat_map(|request| &request.resource_metrics).flat_map(|of| &of.scope_metrics);
        let all = scopes.flat_map(|scope| &scope.metrics).filter(|metric| metric.name == "rpc.server.duration");
        let points = all.flat_map(|metric| match &metric.data {
            Some(Data::Histogram(histogram)) => histogram.data_points.clone(),
            other => panic!("not a histogram: {other:?}"),
        });
        points.map(|point| (format!("{:?}", point.attributes), point.count)).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn traced<T>(message: T, trace: &str, flags: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", format!("00-{trace}-b7ad6b7169203331-{flags}").parse().unwrap());
    request
}

async fn calls() {
    const SAMPLED: &str = "0af7651916cd43dd8448eb211c80319c";
    const FAILED: &str = "0af7651916cd43dd8448eb211c80319d";
    const UNSAMPLED: &str = "0af7651916cd43dd8448eb211c80319e";
    let (collector, endpoint) = Collector::start().await;
    let settings =
        TelemetrySettings { otlp_endpoint: Some(endpoint), sample_ratio: 0.0, ..TelemetrySettings::default() };
    let telemetry = Telemetry::install(&settings, "rogatory-test").unwrap();
    let running = Running::start().await;
    let mut client = running.routing();

    client.resolve_contact(traced(ask("answer"), SAMPLED, "01")).await.unwrap();
    client.resolve_contact(traced(ask("INTERNAL"), FAILED, "01")).await.unwrap_err();
    client.resolve_contact(traced(ask("answer"), UNSAMPLED, "00")).await.unwrap();
    client.resolve_contact(ask("answer")).await.unwrap();
    let token = running.keys.token("ann", &[Role::Analyst]);
    let enquiry =
        Enquiry { body: "sentinel-body".to_owned(), sender: "sentinel-sender".to_owned(), ..Default::default() };
    let asked = SubmitEnquiryRequest { enquiry: Some(enquiry), request_id: "panic".to_owned() };
    let mut enquiries = EnquiryServiceClient::new(running.server.bearer(token.clone()));
    enquiries.submit_enquiry(traced(asked, FAILED, "01")).await.unwrap_err();
    let seen = running.sample.calls();
    running.server.stop().await;
    telemetry.shutdown().await;

    // The caller's decision is kept: two of the first service, one of the second, none that nobody wanted traced.
    let spans = collector.spans();
    let of = |trace: &str| spans.iter().filter(|span| hex(&span.trace_id) == trace).collect::<Vec<_>>();
    assert_eq!((of(SAMPLED).len(), of(FAILED).len(), spans.len()), (1, 2, 3), "{spans:#?}");
    let span = of(SAMPLED)[0];
    assert_eq!(span.name, "rogatory.routing.v1.RoutingService/ResolveContact");
    assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
    for failed in of(FAILED) {
        assert_eq!(failed.status.as_ref().unwrap().code(), StatusCode::Error, "{failed:#?}");
    }
    // What goes on to a peer hangs under the span of the call, where there is one.
    let passed_on = |index: usize| seen[index].traceparent.clone();
    assert_eq!(passed_on(0), Some(format!("00-{SAMPLED}-{}-01", hex(&span.span_id))));
    assert_eq!(passed_on(2), Some(format!("00-{UNSAMPLED}-b7ad6b7169203331-00")));
    assert_eq!(passed_on(3), None);

    let durations = collector.durations();
    let count = |parts: &[&str]| {
        let of = durations.iter().filter(|(labels, _)| parts.iter().all(|part| labels.contains(part)));
        of.map(|(_, count)| count).sum::<u64>()
    };
    assert_eq!(count(&["ResolveContact", "IntValue(0)"]), 3, "{durations:#?}");
    assert_eq!(count(&["ResolveContact", "IntValue(13)"]), 1, "{durations:#?}");
    assert_eq!(count(&["SubmitEnquiry", "IntValue(13)"]), 1, "{durations:#?}");

    let everything = format!("{collector:?}");
    assert!(everything.contains("the disk of the sample is full"), "the cause of an internal failure is in the logs");
    for secret in ["sentinel-body", "sentinel-sender", token.as_str()] {
        assert!(!everything.contains(secret), "{secret} was exported");
    }
}

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn export_child() {
    if is_child() {
        tokio::runtime::Runtime::new().unwrap().block_on(calls());
    }
}

#[test]
fn traces_metrics_and_logs_reach_the_collector_and_secrets_do_not() {
    let output = child("telemetry::export_child").output().unwrap();
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{log}");
    assert!(said.contains("1 passed"), "{said}");
}
