//! Traces by OTLP over HTTP, where the environment names a collector: a span for each reconcile, reading of AWS, and step.
//!
//! The variables are OpenTelemetry's own (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`,
//! `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, …):
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, filter::LevelFilter};

/// What names a collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// How long a collector may take over a batch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most of an answer that is read, in bytes.
const ANSWER: usize = 1 << 16;

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// The address makes no sense.
    #[error("the OTEL_EXPORTER_OTLP_… variables name no collector that traces can be sent to")]
    Collector(#[from] ExporterBuildError),
    /// Nobody is trusted.
    #[error("traces cannot be sent: the certificates of authorities cannot be read")]
    Authorities(#[from] std::io::Error),
}

/// The way of traces to the collector.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// The way that the environment names, if it does.
    ///
    /// # Errors
    /// The address makes no sense.
    pub fn from_environment() -> Result<Option<Self>, NotExported> {
        let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        if !ENDPOINTS.iter().any(|name| is_set(name)) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().with_http_client(OnRuntime::here()?);
        let resource = Resource::builder().with_service_name("jichitai-operator").build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter.build()?)
            .with_resource(resource);
        Ok(Some(Self(provider.build())))
    }

    /// Where spans are taken up.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        // Spans of libraries are theirs: many for each call.
        let ours = ["jichitai", "jichitai_aws", "jichitai_plan"].map(|target| (target, LevelFilter::INFO));
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("jichitai"))
            .with_filter(Targets::new().with_targets(ours))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // The collector may be gone; nothing depends on it.
        let _sent = self.0.shutdown_with_timeout(TIMEOUT);
    }
}

/// Sends on the runtime of the process: batches are made on a thread that has none.
struct OnRuntime {
    handle: Handle,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl OnRuntime {
    fn here() -> std::io::Result<Self> {
        let connector = HttpsConnectorBuilder::new().with_native_roots()?;
        Ok(Self {
            handle: Handle::current(),
            client: Client::builder(TokioExecutor::new()).build(connector.https_or_http().enable_http1().build()),
        })
    }
}

impl fmt::Debug for OnRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnRuntime")
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.client.request(request.map(Full::new));
        let answered = self.handle.spawn(async move {
            let (head, body) = tokio::time::timeout(TIMEOUT, sent).await??.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        });
        answered.await?
    }
}
