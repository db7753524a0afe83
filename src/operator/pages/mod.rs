//! The report as it is now, served to whom the API server knows and lets read the objects. Off unless an address is given; it
//! only reads, and what it shows is what `jichitai report` would.

mod access;
mod listener;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_report::{Book, html, json};
use jiff::Timestamp;
use kube::Client;
use kube::runtime::reflector::Store;
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};

use crate::config::{Language, Live};
use crate::pages::access::{Access, Refused};
use crate::report_command::found::{Found, catalogue, no_evidence};

pub use self::listener::NotServed;

/// Pages that are made at the same time: a fleet takes a core for a moment.
const AT_ONCE: usize = 2;
/// Municipalities up to which the page of the fleet holds a section for each.
const SECTIONS: usize = 50;

/// Where pages are served.
#[derive(Clone, Debug)]
pub struct Place {
    /// The address.
    pub address: SocketAddr,
    /// A folder with `tls.crt` and `tls.key`; without it only the loopback is served, as `kubectl port-forward` reaches it.
    pub certificate: Option<PathBuf>,
}

/// The objects as watches keep them.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Municipalities.
    pub municipalities: Store<Municipality>,
    /// File-link buckets.
    pub buckets: Store<FileLinkBucket>,
    /// Policies.
    pub policies: Store<OsakaBackupPolicy>,
    /// Resolver endpoints.
    pub endpoints: Store<ResolverEndpoint>,
}

/// The pages of a process.
pub struct Pages {
    config: Arc<Live>,
    access: Access,
    stores: OnceLock<Stores>,
    room: Semaphore,
}

impl Pages {
    /// Pages over what the process will list.
    #[must_use]
    pub fn new(client: Client, config: Arc<Live>) -> Self {
        Self {
            config,
            access: Access::new(client),
            stores: OnceLock::new(),
            room: Semaphore::new(AT_ONCE),
        }
    }

    /// Shows objects once all of them are listed: a part of a fleet looks like a whole one.
    pub async fn show_once(&self, stores: Stores, listed: [watch::Receiver<bool>; 4]) {
        for mut one in listed {
            if one.wait_for(|listed| *listed).await.is_err() {
                return;
            }
        }
        // It is called once, when the controllers begin.
        let _once = self.stores.set(stores);
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When nobody can listen there, or the certificate is none.
    pub async fn serve(self: &Arc<Self>, place: &Place) -> Result<(), NotServed> {
        let routes = Router::new()
            .route("/", get(fleet))
            .route("/report.json", get(program))
            .route("/municipalities/{namespace}/{name}", get(one))
            .with_state(Arc::clone(self));
        listener::serve(place, routes).await
    }

    fn found(&self) -> Option<Found> {
        let Stores {
            municipalities,
            buckets,
            policies,
            endpoints,
        } = self.stores.get()?;
        let mut municipalities = municipalities.state();
        municipalities.sort_by(|a, b| a.spec.code.cmp(&b.spec.code));
        Some(Found {
            municipalities,
            buckets: buckets.state(),
            policies: policies.state(),
            endpoints: endpoints.state(),
        })
    }

    /// What is made of all objects, or of one.
    async fn made(
        self: &Arc<Self>,
        of: Option<(String, String)>,
        make: impl FnOnce(&Book<'_>) -> String + Send + 'static,
    ) -> Result<String, Refused> {
        let _place = self.room.acquire().await;
        let pages = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || pages.book(of, make));
        made.await.unwrap_or(Err(Refused::NotYet))
    }

    fn book(&self, of: Option<(String, String)>, make: impl FnOnce(&Book<'_>) -> String) -> Result<String, Refused> {
        let found = self.found().ok_or(Refused::NotYet)?;
        let all = found.municipalities.iter().map(AsRef::as_ref);
        let objects = match of {
            None => found.all(all.collect()),
            Some((namespace, name)) => {
                let mut all = all;
                let is = |one: &&Municipality| {
                    let meta = &one.metadata;
                    meta.namespace.as_deref() == Some(&namespace) && meta.name.as_deref() == Some(&name)
                };
                found.of(vec![all.find(is).ok_or(Refused::NotThere)?])
            }
        };
        let (installation, checks) = (self.config.get().installation.clone(), catalogue());
        Ok(make(&Book {
            made_at: Timestamp::now(),
            period: None,
            since: None,
            page_of: Some(|namespace, name| format!("/municipalities/{namespace}/{name}")),
            installation: &installation,
            operator_version: env!("CARGO_PKG_VERSION"),
            details: objects.municipalities.len() <= SECTIONS,
            objects,
            checks: &checks,
            verdicts: std::collections::BTreeMap::new(),
            evidence: no_evidence(),
        }))
    }
}

/// What a reader may ask for.
#[derive(Debug, Deserialize)]
struct Wish {
    /// `ja` or `en`.
    lang: Option<Language>,
}

impl Wish {
    fn language(&self, pages: &Pages) -> Language {
        self.lang.unwrap_or(pages.config.get().language)
    }
}

type Pager = State<Arc<Pages>>;

async fn fleet(State(pages): Pager, Query(wish): Query<Wish>, headers: HeaderMap) -> Result<Response, Refused> {
    pages.access.admit(&headers, None).await?;
    let language = wish.language(&pages).into();
    let page = pages.made(None, move |book| html(book, language)).await?;
    Ok(answered("text/html; charset=utf-8", page))
}

async fn program(State(pages): Pager, headers: HeaderMap) -> Result<Response, Refused> {
    pages.access.admit(&headers, None).await?;
    let text = pages.made(None, |book| json(book).to_string()).await?;
    Ok(answered("application/json", text))
}

async fn one(
    State(pages): Pager,
    Path((namespace, name)): Path<(String, String)>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    pages.access.admit(&headers, Some(&namespace)).await?;
    let language = wish.language(&pages).into();
    let page = pages
        .made(Some((namespace, name)), move |book| html(book, language))
        .await?;
    Ok(answered("text/html; charset=utf-8", page))
}

/// Nothing of a page is kept on the way, runs, or is taken from elsewhere.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

fn answered(kind: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, kind)], HEADERS, body).into_response()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Unknown => (StatusCode::UNAUTHORIZED, "a token of this cluster is needed"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "your rights do not let you read these objects"),
            Self::NotThere => (StatusCode::NOT_FOUND, "there is no such Municipality"),
            Self::NotYet => (StatusCode::SERVICE_UNAVAILABLE, "the objects are not listed yet"),
            Self::NoAnswer => (StatusCode::BAD_GATEWAY, "the API server did not say whether you may"),
        };
        let ask = (status == StatusCode::UNAUTHORIZED)
            .then_some([(header::WWW_AUTHENTICATE, "Basic realm=\"jichitai\", charset=\"UTF-8\"")]);
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        match ask {
            Some(ask) => (status, ask, plain, HEADERS, format!("{text}\n")).into_response(),
            None => (status, plain, HEADERS, format!("{text}\n")).into_response(),
        }
    }
}
