//! The local stack for tests: a real etcd and kube-apiserver with RBAC, and the local AWS, on loopback.
//!
//! [`Stack::start`] runs the supervisor (`local_stack`, Python) and owns the pipe that keeps it alive:
//! when the [`Stack`] is dropped, or this process dies in whatever way, the supervisor ends every
//! process of the stack and removes its data. This crate knows nothing of the product: it applies
//! YAML, hands out clients, and asks the local AWS what it has been asked.

mod apply;
mod error;
mod local_aws;
mod service_account;
mod supervisor;

use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::sync::OnceCell;

pub use error::StackError;
use supervisor::Supervisor;

/// What a stack is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the local AWS is started too.
    pub aws: bool,
    /// Command line of the local AWS, after what the supervisor gives it.
    pub aws_arguments: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            aws: true,
            aws_arguments: Vec::new(),
        }
    }
}

/// A running stack. Dropping it ends it, without waiting for the end: see [`Stack::stop`].
#[derive(Debug)]
pub struct Stack {
    supervisor: Supervisor,
}

impl Stack {
    /// Starts a stack, and returns when the API server and the local AWS answer.
    ///
    /// Takes some seconds; when the tools are not built yet, `tools/install` builds them first.
    ///
    /// # Errors
    /// When a tool cannot be built, or a process of the stack ends: the message has its last lines.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let supervisor = tokio::task::spawn_blocking(move || Supervisor::start(&options)).await;
        Ok(Self {
            supervisor: supervisor.map_err(StackError::Task)??,
        })
    }

    /// One stack with the default options for all tests of a process, started by the first that asks.
    ///
    /// It ends with the process. Tests that share it keep apart by namespaces and accounts, and neither
    /// restart the API server nor reset the local AWS.
    ///
    /// # Errors
    /// As [`Stack::start`]; the next caller tries again.
    pub async fn shared() -> Result<&'static Self, StackError> {
        static SHARED: OnceCell<Stack> = OnceCell::const_new();
        SHARED.get_or_try_init(|| Self::start(Options::default())).await
    }

    /// Ends the stack and waits until nothing of it is left.
    ///
    /// # Errors
    /// When the supervisor does not end well.
    pub async fn stop(self) -> Result<(), StackError> {
        let supervisor = self.supervisor;
        let ended = tokio::task::spawn_blocking(move || supervisor.stop()).await;
        ended.map_err(StackError::Task)?
    }

    /// The administrator's kubeconfig.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.supervisor.ready().kubeconfig
    }

    /// The stack's folder: kubeconfigs, and one log per process. It goes when the stack ends.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.supervisor.ready().folder
    }

    /// Process ids of the stack: the supervisor, and what it has started.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        self.supervisor.process_ids()
    }

    /// A new client with every right. Clients belong to the runtime they are made in.
    ///
    /// # Errors
    /// When the kubeconfig cannot be read.
    pub async fn client(&self) -> Result<kube::Client, StackError> {
        client_of(self.kubeconfig()).await
    }

    /// A new client with the rights of an existing ServiceAccount only.
    ///
    /// # Errors
    /// When the ServiceAccount is missing or the API server refuses a token for it.
    pub async fn client_for_service_account(&self, namespace: &str, name: &str) -> Result<kube::Client, StackError> {
        client_of(&self.kubeconfig_for_service_account(namespace, name).await?).await
    }

    /// A kubeconfig, in the stack's folder, with the rights of an existing ServiceAccount only.
    ///
    /// # Errors
    /// When the ServiceAccount is missing or the API server refuses a token for it.
    pub async fn kubeconfig_for_service_account(&self, namespace: &str, name: &str) -> Result<PathBuf, StackError> {
        let client = self.client().await?;
        service_account::write_kubeconfig(&client, self.kubeconfig(), namespace, name).await
    }

    /// Kills the API server and starts it again, with the same port and data; returns when it is ready.
    ///
    /// # Errors
    /// When it does not come back.
    pub async fn restart_apiserver(&self) -> Result<(), StackError> {
        self.supervisor.command("restart").await
    }

    /// Kills the API server. Its data and its port stay for [`Stack::apiserver_up`].
    ///
    /// # Errors
    /// When the stack has ended.
    pub async fn apiserver_down(&self) -> Result<(), StackError> {
        self.supervisor.command("down").await
    }

    /// Starts the API server after [`Stack::apiserver_down`]; returns when it is ready.
    ///
    /// # Errors
    /// When it does not come back.
    pub async fn apiserver_up(&self) -> Result<(), StackError> {
        self.supervisor.command("up").await
    }
}

async fn client_of(kubeconfig: &Path) -> Result<kube::Client, StackError> {
    let read = |source| StackError::Kubeconfig {
        path: kubeconfig.to_owned(),
        source,
    };
    let content = Kubeconfig::read_from(kubeconfig).map_err(read)?;
    let mut config = kube::Config::from_custom_kubeconfig(content, &KubeConfigOptions::default())
        .await
        .map_err(read)?;
    // The kubeconfig is for loopback; a proxy of the environment leads elsewhere.
    config.proxy_url = None;
    kube::Client::try_from(config).map_err(|source| StackError::Kubernetes {
        attempt: "make a client".to_owned(),
        source: Box::new(source),
    })
}
