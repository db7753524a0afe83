//! Policies by their names: all of them, or one by itself as the AWS CLI takes it.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

/// Why policies cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum NotPrinted {
    /// There is none of that name.
    #[error("there is no policy {0}; there are {1}")]
    NoPolicy(String, String),
    /// Nobody takes it.
    #[error("cannot write to standard output")]
    Write(#[from] std::io::Error),
}

/// Prints all, or the one of this name.
///
/// # Errors
/// There is none of that name, or nobody takes it.
pub fn print(mut policies: BTreeMap<String, Value>, only: Option<&str>) -> Result<(), NotPrinted> {
    let text = match only {
        None => json!(policies),
        Some(name) => {
            let all: Vec<String> = policies.keys().cloned().collect();
            let missing = || NotPrinted::NoPolicy(name.to_owned(), all.join(", "));
            policies.remove(name).ok_or_else(missing)?
        }
    };
    match writeln!(std::io::stdout(), "{text:#}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// The end of a command: what went wrong, with its cause.
pub fn ended<E: std::error::Error>(outcome: Result<(), E>) -> ExitCode {
    let Err(problem) = outcome else {
        return ExitCode::SUCCESS;
    };
    let cause = problem.source().map(|cause| format!(": {cause}"));
    eprintln!("{problem}{}", cause.unwrap_or_default());
    ExitCode::FAILURE
}
