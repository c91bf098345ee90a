//! Follows the call: a span that carries the correlation id into every log line, the caller's trace context, one metric,
//! and one log line when the call fails. A call that goes well is not logged.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use opentelemetry::{
    metrics::Histogram,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{SpanContext, TraceContextExt as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use pin_project_lite::pin_project;
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    access::{Method, Methods, labels},
    caller::CorrelationId,
    telemetry,
};

/// The trace that the call is in, as later layers find it.
#[derive(Debug, Clone)]
pub(crate) struct InTrace(pub(crate) SpanContext);

#[derive(Debug, Clone)]
pub(crate) struct TraceLayer {
    methods: Arc<Methods>,
    duration: Histogram<f64>,
}

impl TraceLayer {
    pub(crate) fn new(methods: Arc<Methods>) -> Self {
        let duration = opentelemetry::global::meter("rogatory")
            .f64_histogram("rpc.server.duration")
            .with_unit("ms")
            .with_description("How long calls took, by method and code.")
            .build();
        Self { methods, duration }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Trace<S> {
    inner: S,
    layer: TraceLayer,
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace { inner, layer: self.clone() }
    }
}

impl<S, B> Service<Request<Body>> for Trace<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<TracedBody<B>>;
    type Error = Infallible;
    type Future = Traced<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = self.layer.methods.get(request.uri().path());
        let parent = parent(request.headers());
        let span = span(method, request.extensions().get::<CorrelationId>(), parent.as_ref());
        let extensions = request.extensions_mut();
        if let Some(method) = method {
            extensions.insert(method);
        }
        let own = (!span.is_none() && telemetry::exporting().is_some())
            .then(|| span.context().span().span_context().clone())
            .filter(SpanContext::is_valid);
        if let Some(context) = own.or(parent) {
            extensions.insert(InTrace(context));
        }
        let observed =
            Observed { span, method, started: Instant::now(), duration: self.layer.duration.clone(), open: true };
        let inner = observed.span.in_scope(|| self.inner.call(request));
        Traced { inner, observed: Some(observed) }
    }
}

/// The caller's trace context, W3C.
fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    struct Carrier<'a>(&'a HeaderMap);
    impl Extractor for Carrier<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key).and_then(|value| value.to_str().ok())
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(http::HeaderName::as_str).collect()
        }
    }
    headers.get("traceparent")?;
    let context = TraceContextPropagator::new().extract(&Carrier(headers));
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}

fn span(method: Option<&'static Method>, id: Option<&CorrelationId>, parent: Option<&SpanContext>) -> Span {
    let path = method.map_or("unknown", |method| method.path);
    let id = id.map_or("", CorrelationId::as_str);
    let sampled = telemetry::exporting().is_some_and(|ratio| match parent {
        Some(parent) => parent.is_sampled(),
        None => coin() < ratio,
    });
    // At level ERROR, so that no log filter takes the correlation id away from the lines that need it most.
    if !sampled {
        return tracing::error_span!(parent: None, "rpc", method = path, correlation_id = id, caller = Empty);
    }
    let span = tracing::error_span!(
        target: telemetry::SAMPLED,
        parent: None,
        "rpc",
        otel.name = path.trim_start_matches('/'),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.grpc.status_code = Empty,
        method = path,
        correlation_id = id,
        caller = Empty,
    );
    if let Some(parent) = parent {
        // Fails only when the span is not one of the exporter's; then there is nothing to hang it under.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent.clone()));
    }
    span
}

/// An even spread over 0 to 1; good enough to choose what to trace, and free.
fn coin() -> f64 {
    static TOSSED: AtomicU64 = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
    let mut bits = TOSSED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
}

/// One call while it is under way. Dropped before it is finished, it was given up by the caller.
#[derive(Debug)]
struct Observed {
    span: Span,
    method: Option<&'static Method>,
    started: Instant,
    duration: Histogram<f64>,
    open: bool,
}

impl Observed {
    /// Looks at headers or trailers; those with a status end the call.
    fn look(&mut self, headers: &HeaderMap) {
        let Some(status) = headers.get("grpc-status") else { return };
        if status.as_bytes() == b"0" {
            self.finish(Code::Ok, None);
        } else {
            let status = Status::from_header_map(headers);
            self.finish(Code::from_bytes(headers["grpc-status"].as_bytes()), status.as_ref());
        }
    }

    fn finish(&mut self, code: Code, status: Option<&Status>) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let elapsed = self.started.elapsed().as_secs_f64() * 1_000.0;
        match self.method {
            Some(method) if code == Code::Ok => self.duration.record(elapsed, &method.labels),
            method => {
                // Paths that do not exist are the caller's to choose and must not become labels.
                let path = method.map_or("unknown/unknown", |method| &method.path[1..]);
                let (service, name) = path.split_once('/').unwrap_or(("unknown", "unknown"));
                self.duration.record(elapsed, &labels(service, name, code as i64));
            }
        }
        if telemetry::exporting().is_some() {
            self.span.record("rpc.grpc.status_code", code as i64);
            if is_ours(code) {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        if code != Code::Ok {
            self.log(code, elapsed, status);
        }
    }

    fn log(&self, code: Code, elapsed_ms: f64, status: Option<&Status>) {
        let reason = status.and_then(|status| status.get_details_error_info()).map(|info| info.reason);
        let reason = reason.as_deref().unwrap_or("none");
        if is_ours(code) {
            tracing::warn!(parent: &self.span, ?code, reason, elapsed_ms, "call failed");
        } else {
            tracing::info!(parent: &self.span, ?code, reason, elapsed_ms, "call refused");
        }
    }
}

/// Whether a code says that the server, not the caller, has to do something.
fn is_ours(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
            | Code::Unimplemented
    )
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.finish(Code::Cancelled, None);
    }
}

pin_project! {
    pub(crate) struct Traced<F> {
        #[pin]
        inner: F,
        observed: Option<Observed>,
    }
}

impl<F, B> Future for Traced<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<TracedBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = {
            let _entered = this.observed.as_ref().map(|observed| observed.span.enter());
            ready!(this.inner.poll(cx))
        };
        let mut observed = this.observed.take();
        if let (Ok(response), Some(observed)) = (&answer, &mut observed) {
            observed.look(response.headers());
        }
        Poll::Ready(answer.map(|response| response.map(|inner| TracedBody { inner, observed })))
    }
}

pin_project! {
    /// A response body that is polled in the span of its call and ends it.
    #[derive(Default)]
    pub(crate) struct TracedBody<B> {
        #[pin]
        inner: B,
        observed: Option<Observed>,
    }
}

impl<B: HttpBody> HttpBody for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = {
            let _entered = this.observed.as_ref().map(|observed| observed.span.enter());
            ready!(this.inner.poll_frame(cx))
        };
        if let (Some(Ok(frame)), Some(observed)) = (&frame, this.observed)
            && let Some(trailers) = frame.trailers_ref()
        {
            observed.look(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
