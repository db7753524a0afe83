//! What can go wrong with a stack. Each error says what was attempted; its source says why it failed.

use std::path::PathBuf;

/// A failure to start, use or end a stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A program could not be run.
    #[error("run {program}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// `tools/install` did not provide what the stack needs; it has printed why.
    #[error("tools/install stack: {0}")]
    Tools(String),
    /// The supervisor ended; its standard error, shown above, has the last lines of the process at fault.
    #[error("the local stack ended during: {0}")]
    Ended(String),
    /// The supervisor said something that this crate does not understand.
    #[error("the local stack announced: {0}")]
    Announcement(String),
    /// A file or folder could not be read or written.
    #[error("access {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A kubeconfig could not be used.
    #[error("use kubeconfig {path}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        source: kube::config::KubeconfigError,
    },
    /// The API server refused, or could not be asked.
    #[error("{attempt}")]
    Kubernetes {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// A document is no Kubernetes object.
    #[error("read {origin}: {fault}")]
    Document {
        /// Where the YAML came from.
        origin: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The API server did not serve a kind in time.
    #[error("{attempt}: not served within {seconds} s")]
    Overdue {
        /// What was attempted.
        attempt: String,
        /// How long it was attempted.
        seconds: u64,
    },
    /// The local AWS refused a request of the side API, or could not be asked.
    #[error("ask the local AWS: {method} {path}")]
    LocalAws {
        /// The method.
        method: http::Method,
        /// The path after `/local-aws/`.
        path: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// The stack was started without a local AWS.
    #[error("this stack has no local AWS")]
    NoLocalAws,
    /// A background task of this crate did not finish.
    #[error("wait for a task of the stack")]
    Task(#[source] tokio::task::JoinError),
}
