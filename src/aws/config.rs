//! How AWS is called: one connector for all clients, time-outs, retries for reads and none for
//! writes. Endpoints come from the standard `AWS_ENDPOINT_URL*` variables.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::config::Region as SdkRegion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use jichitai_api::Region;

/// Time to open a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for an answer to one attempt at a read. Turns that a call waits for under AWS's limits do not count.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for an answer to a write, which is sent once.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that a connection is kept for the next call. Each bucket is a host of its own: connections to all of them would be
/// more memory than anything else.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts for a read.
pub const READ_ATTEMPTS: u32 = 3;

/// The own identity, from the standard chain (environment, web identity, pod identity). `sts` is the Region whose STS
/// says who we are: its credentials hold everywhere.
pub(crate) async fn base(sts: Region) -> SdkConfig {
    // One connector: connections and trusted certificates are shared by every client.
    let connector = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(connector)
        .timeout_config(timeouts(READ_TIMEOUT))
        .retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS))
        .region(region(sts))
        .load()
        .await
}

/// What a client is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Retried.
    Read,
    /// Sent once. A creation without client token that is sent again after a lost answer makes a
    /// duplicate; what to do after a fault is decided above, from a new observation.
    Write,
}

/// The configuration for a Region and purpose.
pub(crate) fn at(config: &SdkConfig, at: Region, purpose: Purpose) -> SdkConfig {
    let builder = config.to_builder().region(region(at));
    match purpose {
        Purpose::Read => builder.build(),
        Purpose::Write => builder
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(WRITE_TIMEOUT))
            .build(),
    }
}

fn timeouts(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(answer)
        .build()
}

fn region(region: Region) -> SdkRegion {
    SdkRegion::from_static(region.as_str())
}
