//! Logs: one line per thing that happened, for people or as JSON; and traces, where a collector is named.

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::traces::{NotExported, Traces};

/// The shape of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Which lines are written can change while the process runs.
static LEVELS: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Starts logging to standard error, at the levels of `RUST_LOG` (default `info`) until [`set_levels`], and traces where
/// the environment names a collector. Traces that are on their way are sent when what is returned goes.
///
/// # Errors
/// The collector's address makes no sense. Logs are written even so.
pub fn start(format: LogFormat) -> Result<Option<Traces>, NotExported> {
    let (filter, handle) = reload::Layer::new(initial());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        // The innermost span names the step, the outer ones the object.
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    let traces = Traces::from_environment();
    let layer = traces.as_ref().ok().and_then(Option::as_ref).map(Traces::layer);
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(layer)
        .try_init();
    if started.is_ok() {
        let _only_once = LEVELS.set(handle);
    }
    traces
}

/// The levels of the environment.
fn initial() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"))
}

/// Changes which lines are written: `info`, or by module as `info,jichitai=debug`; without levels, as at the beginning.
pub fn set_levels(levels: Option<&str>) {
    let filter = levels.map_or_else(|| Ok(initial()), EnvFilter::try_new);
    let filter = filter.map_err(|error| error.to_string());
    let set = |filter| {
        let handle = LEVELS.get().ok_or("logging has not begun")?;
        handle.reload(filter).map_err(|error| error.to_string())
    };
    match filter.and_then(set) {
        Ok(()) => tracing::info!(levels, "log levels set"),
        Err(error) => tracing::warn!(levels, %error, "log levels stay as they are"),
    }
}

/// Whether such levels can be set.
///
/// # Errors
/// What is wrong with them.
pub fn check_levels(levels: &str) -> Result<(), String> {
    let checked = EnvFilter::builder().parse(levels);
    checked.map(drop).map_err(|error| error.to_string())
}
