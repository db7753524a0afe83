//! Stands between the operator and its API server: counts what it writes in a namespace, kills it right after one of
//! these writes, before it hears the answer, or is gone for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
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
    answer.map(|body| {
        let cut = async move { gone.wait_for(|gone| *gone).await.map(drop) };
        Body::from_stream(Body::new(body).into_data_stream().take_until(Box::pin(cut)))
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
