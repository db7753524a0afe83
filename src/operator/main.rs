//! `jichitai`: the operator and its command line in one binary.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    jichitai::cli::main().await
}
