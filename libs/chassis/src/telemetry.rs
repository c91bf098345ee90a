//! Logs, traces and metrics of the process. Installed once, whatever number of servers runs in it.

use std::{sync::OnceLock, time::Duration};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource, logs::SdkLoggerProvider, metrics::SdkMeterProvider, propagation::TraceContextPropagator,
    trace::SdkTracerProvider,
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, dynamic_filter_fn, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::settings::{LogFormat, TelemetrySettings};

/// The target of spans of sampled calls. The exporter takes these and what happens below them, so that a call that is
/// not sampled costs it nothing.
pub(crate) const SAMPLED: &str = "rogatory::sampled";

/// The share of the calls to trace, once something is exported.
static EXPORTING: OnceLock<f64> = OnceLock::new();

/// The sample ratio when there is an exporter; `None` when nothing leaves the process.
pub(crate) fn exporting() -> Option<f64> {
    EXPORTING.get().copied()
}

/// What is exported is flushed when this is shut down; keep it until everything else has ended.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
}

/// Telemetry that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The process has a subscriber already.
    #[error("telemetry is installed already")]
    Installed,
    /// The log filter cannot be read.
    #[error("server.telemetry.log_filter: {0}")]
    Filter(String),
    /// The exporter cannot be made from its settings.
    #[error("server.telemetry.otlp_endpoint: {0}")]
    Exporter(String),
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

impl Telemetry {
    /// Installs it for the process under the name of the program. Call within the runtime.
    ///
    /// # Errors
    /// When it was installed before, or the settings do not work.
    pub fn install(settings: &TelemetrySettings, program: &'static str) -> Result<Self, TelemetryError> {
        let mut layers: Vec<Boxed> = vec![log_lines(settings)?];
        let mut telemetry = Self::default();
        if let Some(endpoint) = &settings.otlp_endpoint {
            telemetry.export(endpoint, program, &mut layers)?;
        }
        tracing_subscriber::registry().with(layers).try_init().map_err(|_| TelemetryError::Installed)?;
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        if settings.otlp_endpoint.is_some() {
            let _ = EXPORTING.set(settings.sample_ratio);
        }
        log_panics();
        Ok(telemetry)
    }

    fn export(&mut self, endpoint: &str, program: &'static str, layers: &mut Vec<Boxed>) -> Result<(), TelemetryError> {
        let failed = |error: &dyn std::fmt::Display| TelemetryError::Exporter(error.to_string());
        let resource = Resource::builder().with_service_name(program).build();

        let spans = opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
        let traces = SdkTracerProvider::builder()
            .with_batch_exporter(spans.map_err(|error| failed(&error))?)
            .with_resource(resource.clone())
            .build();
        layers.push(
            tracing_opentelemetry::layer()
                .with_tracer(traces.tracer("rogatory"))
                .with_filter(dynamic_filter_fn(|meta, context| {
                    meta.target() == SAMPLED || context.lookup_current().is_some()
                }))
                .boxed(),
        );
        opentelemetry::global::set_tracer_provider(traces.clone());
        self.traces = Some(traces);

        let metrics = opentelemetry_otlp::MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
        let metrics = SdkMeterProvider::builder()
            .with_periodic_exporter(metrics.map_err(|error| failed(&error))?)
            .with_resource(resource.clone())
            .build();
        opentelemetry::global::set_meter_provider(metrics.clone());
        self.metrics = Some(metrics);

        let logs = opentelemetry_otlp::LogExporter::builder().with_tonic().with_endpoint(endpoint).build();
        let logs = SdkLoggerProvider::builder()
            .with_batch_exporter(logs.map_err(|error| failed(&error))?)
            .with_resource(resource)
            .build();
        // The exporter's own lines must not be exported: each would make the next.
        let own = filter_fn(|meta| meta.target().starts_with("rogatory")).and(EnvFilter::new("info"));
        layers.push(OpenTelemetryTracingBridge::new(&logs).with_filter(own).boxed());
        self.logs = Some(logs);
        Ok(())
    }

    /// Sends what is still held. The last thing that a process does.
    pub async fn shutdown(self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        // The exporters wait on threads of their own; on this one they would wait for themselves.
        let flushed = tokio::task::spawn_blocking(move || {
            let _ = self.traces.map(|traces| traces.shutdown_with_timeout(PATIENCE));
            let _ = self.metrics.map(|metrics| metrics.shutdown_with_timeout(PATIENCE));
            let _ = self.logs.map(|logs| logs.shutdown_with_timeout(PATIENCE));
        });
        let _ = tokio::time::timeout(3 * PATIENCE, flushed).await;
    }
}

fn log_lines(settings: &TelemetrySettings) -> Result<Boxed, TelemetryError> {
    let filter = EnvFilter::try_new(&settings.log_filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
    // To standard error: standard output belongs to what a command answers.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(match settings.log_format {
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            lines.with_ansi(colour).with_filter(filter).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed(),
    })
}

/// Logs where a panic happened. Its text is logged only when it is a fixed one: a text that was put together may repeat
/// what the program was working on.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not a fixed text)");
        tracing::error!(location, text, "panic");
    }));
}
