//! Where pages are served: over TLS, or on the loopback alone, where only the pod itself and `kubectl port-forward` come from.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::pages::Place;

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Clients that agree on TLS at the same time.
const HANDSHAKES: usize = 64;
/// How long to wait after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// Why pages are not served.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// The address is one that others reach.
    #[error("pages need TLS at {0}: give a certificate, or an address of the loopback for kubectl port-forward")]
    Open(SocketAddr),
    /// Nobody can listen there.
    #[error("cannot listen at {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The certificate is none.
    #[error("{0} holds no certificate with its key (tls.crt, tls.key): {1}")]
    Certificate(PathBuf, String),
}

/// Serves until the process ends.
pub(super) async fn serve(place: &Place, routes: Router) -> Result<(), NotServed> {
    let Place { address, certificate } = place;
    if certificate.is_none() && !address.ip().is_loopback() {
        return Err(NotServed::Open(*address));
    }
    let listened = |error| NotServed::Listen(*address, error);
    let listener = TcpListener::bind(address).await.map_err(listened)?;
    let local = listener.local_addr().map_err(listened)?;
    let secured = match certificate {
        Some(folder) => Some(Secured::new(listener, local, folder)?),
        None => {
            spawn(axum::serve(listener, routes.clone()).into_future());
            None
        }
    };
    tracing::info!(address = %local, tls = secured.is_some(), "serving pages");
    if let Some(secured) = secured {
        spawn(axum::serve(secured, routes).into_future());
    }
    Ok(())
}

fn spawn(served: impl Future<Output = io::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = served.await {
            tracing::error!(%error, "pages are no longer served");
        }
    });
}

/// Connections on which TLS is agreed. One that does not get there holds up no other.
struct Secured {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    local: SocketAddr,
}

impl Secured {
    fn new(listener: TcpListener, local: SocketAddr, folder: &Path) -> Result<Self, NotServed> {
        let certificate = Certificate {
            acceptor: acceptor(folder)?,
            read: written(folder),
            folder: folder.to_owned(),
        };
        let (sender, ready) = mpsc::channel(1);
        tokio::spawn(take(listener, certificate, sender));
        Ok(Self { ready, local })
    }
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // Whoever takes connections never ends before the process.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.local)
    }
}

async fn take(
    listener: TcpListener,
    mut certificate: Certificate,
    ready: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let room = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let place = Arc::clone(&room).acquire_owned().await;
        let Ok((stream, from)) = listener.accept().await else {
            // Too many files are open, or the client has gone already.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        certificate.renew();
        let (acceptor, ready) = (certificate.acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Ok(Ok(secured)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // At the end of the process nobody takes it.
                let _ended = ready.send((secured, from)).await;
            }
        });
    }
}

/// A certificate that may be renewed in its folder.
struct Certificate {
    folder: PathBuf,
    acceptor: TlsAcceptor,
    /// Of which time it is.
    read: Option<SystemTime>,
}

impl Certificate {
    /// Takes a renewed one up; one that is no good is told of, and the present one stays.
    fn renew(&mut self) {
        let now = written(&self.folder);
        if now == self.read {
            return;
        }
        self.read = now;
        match acceptor(&self.folder) {
            Ok(acceptor) => self.acceptor = acceptor,
            Err(error) => tracing::warn!(%error, "the renewed certificate of pages is not used"),
        }
    }
}

fn written(folder: &Path) -> Option<SystemTime> {
    std::fs::metadata(folder.join("tls.crt"))
        .and_then(|file| file.modified())
        .ok()
}

fn acceptor(folder: &Path) -> Result<TlsAcceptor, NotServed> {
    let wrong = |why: String| NotServed::Certificate(folder.to_owned(), why);
    let certificates =
        CertificateDer::pem_file_iter(folder.join("tls.crt")).map_err(|error| wrong(error.to_string()))?;
    let certificates = certificates
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key")).map_err(|error| wrong(error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| wrong(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
