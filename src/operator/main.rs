//! `jichitai`: the operator and its command line in one binary.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// How soon it gives memory back is in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    jichitai::cli::main().await
}
