//! What the process serves over HTTP, inside the cluster: metrics, and what the probes of its pod ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::health::Health;
use crate::metrics::Metrics;

/// The format of OpenMetrics: <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves metrics under `/metrics` until the process ends.
///
/// # Errors
/// When nobody can listen at the address.
pub async fn metrics(address: SocketAddr, metrics: Arc<Metrics>) -> Result<(), std::io::Error> {
    serve(
        "metrics",
        address,
        Router::new().route("/metrics", get(text)).with_state(metrics),
    )
    .await
}

/// Serves the answers to probes under `/livez` and `/readyz` until the process ends.
///
/// # Errors
/// When nobody can listen at the address.
pub async fn health(address: SocketAddr, health: Arc<Health>) -> Result<(), std::io::Error> {
    let live = async |State(health): State<Arc<Health>>| said(health.live(Instant::now()));
    let ready = async |State(health): State<Arc<Health>>| said(health.ready());
    let routes = Router::new().route("/livez", get(live)).route("/readyz", get(ready));
    serve("health", address, routes.with_state(health)).await
}

async fn serve(what: &'static str, address: SocketAddr, routes: Router) -> Result<(), std::io::Error> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving {what}");
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "{what} is no longer served");
        }
    });
    Ok(())
}

async fn text(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn said(answer: Result<(), String>) -> Response {
    match answer {
        Ok(()) => "ok\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
