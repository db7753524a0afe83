//! Stands between the operator and its API server: counts what it writes in a namespace, kills it right after one of
//! these writes, before it hears the answer, is gone for a while, forgets what it would have told, or tells it late.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use kube::Client;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::rig::Outcome;

/// What a watch is told that goes on from what is forgotten.
const EXPIRED: &str = concat!(
    r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#,
    r#""message":"too old resource version","reason":"Expired","code":410}}"#,
    "\n"
);
/// The largest body of a request.
const LARGEST: usize = 8 << 20;

/// The way to an API server.
pub struct ApiProxy {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    client: Client,
    seen: Mutex<Seen>,
    gone: watch::Sender<bool>,
    /// Whether what watches have to tell is kept back.
    late: watch::Sender<bool>,
    /// How often it has forgotten everything that was to be told.
    forgotten: watch::Sender<u32>,
    /// Watches that are still to be refused, because what they go on from is forgotten.
    refuse: AtomicU32,
}

#[derive(Default)]
struct Seen {
    writes: BTreeMap<String, usize>,
    kill: Option<Kill>,
}

struct Kill {
    namespace: String,
    left: usize,
    pid: u32,
}

impl ApiProxy {
    /// Serves on loopback; what comes through has the rights of `client`.
    pub async fn start(client: Client, folder: &Path) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = format!("http://{}", listener.local_addr()?);
        let kubeconfig = folder.join("kubeconfig-of-the-proxy");
        let content = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": {"server": server}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
            "users": [{"name": "proxy", "user": {}}],
        });
        std::fs::write(&kubeconfig, content.to_string())?;
        let shared = Arc::new(Shared {
            client,
            seen: Mutex::default(),
            gone: watch::Sender::new(false),
            late: watch::Sender::new(false),
            forgotten: watch::Sender::new(0),
            refuse: AtomicU32::new(0),
        });
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(Self {
            kubeconfig,
            shared,
            task,
        })
    }

    /// How to reach it.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Writes in a namespace so far.
    pub fn writes(&self, namespace: &str) -> usize {
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.writes.get(namespace).copied().unwrap_or_default()
    }

    /// Has a process killed right after the `nth` write from now on in a namespace.
    pub fn kill_after(&self, nth: usize, namespace: &str, pid: u32) {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.kill = Some(Kill {
            namespace: namespace.to_owned(),
            left: nth,
            pid,
        });
    }

    /// Ends every watch and refuses what comes, until it is back.
    pub fn go(&self) {
        self.shared.gone.send_replace(true);
    }

    /// Serves again.
    pub fn come_back(&self) {
        self.shared.gone.send_replace(false);
    }

    /// Keeps back what watches have to tell, or tells it all.
    pub fn is_late(&self, late: bool) {
        self.shared.late.send_replace(late);
    }

    /// Ends every watch, and refuses so many that go on from where one ended, as an API server does whose store has
    /// been compacted.
    pub fn forget(&self, watches: u32) {
        self.shared.refuse.store(watches, Ordering::Release);
        self.shared.forgotten.send_modify(|times| *times += 1);
    }

    /// Whether all that were to be refused were.
    pub fn has_refused(&self) -> bool {
        self.shared.refuse.load(Ordering::Acquire) == 0
    }

    /// Lets it live; whether it does.
    pub fn spare(&self) -> bool {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.kill.take().is_some()
    }
}

impl Drop for ApiProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mut gone = shared.gone.subscribe();
    if *gone.borrow() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let watches = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    let refused = |left: u32| left.checked_sub(1);
    if watches
        && shared
            .refuse
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, refused)
            .is_ok()
    {
        return ([(header::CONTENT_TYPE, "application/json")], EXPIRED).into_response();
    }
    let (mut head, body) = request.into_parts();
    let written = (head.method != Method::GET)
        .then(|| namespace(head.uri.path()))
        .flatten();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    for hop in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH] {
        head.headers.remove(hop);
    }
    if let Some(path) = head.uri.path_and_query().cloned() {
        head.uri = Uri::from(path);
    }
    let request = http::Request::from_parts(head, kube::client::Body::from(body));
    let Ok(answer) = shared.client.send(request).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if let Some(namespace) = written.filter(|_| answer.status().is_success()) {
        shared.count(&namespace);
    }
    let (late, mut forgotten) = (shared.late.subscribe(), shared.forgotten.subscribe());
    answer.map(|body| {
        let cut = async move {
            let gone = gone.wait_for(|gone| *gone);
            tokio::select! { _ = gone => {}, _ = forgotten.changed(), if watches => {} }
        };
        let told = Body::new(body).into_data_stream().then(move |frame| {
            let mut late = late.clone();
            async move {
                let _told_anyway = late.wait_for(|late| !(*late && watches)).await;
                frame
            }
        });
        Body::from_stream(told.take_until(Box::pin(cut)))
    })
}

impl Shared {
    fn count(&self, namespace: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.writes.entry(namespace.to_owned()).or_default() += 1;
        let Some(kill) = seen.kill.as_mut().filter(|kill| kill.namespace == namespace) else {
            return;
        };
        kill.left -= 1;
        if kill.left == 0 {
            let pid = kill.pid.to_string();
            seen.kill = None;
            // Under the lock: no other write of it is let through before it is dead.
            let _known_by_its_end = Command::new("kill").args(["-KILL", &pid]).status();
        }
    }
}

/// The namespace that a path is in.
fn namespace(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/namespaces/")?;
    rest.split_once('/').map(|(namespace, _)| namespace.to_owned())
}
