//! The product's own `main`, built with the tests so that they can start it as a process.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    jichitai::cli::main().await
}
