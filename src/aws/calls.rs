//! How many calls AWS gets, and how it answers.

use jichitai_api::Region;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// What is counted together. Accounts are not told apart: there are hundreds.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct Call {
    /// As the SDK names it, for example `EC2`.
    pub service: String,
    /// For example `DescribeVpcs`.
    pub operation: String,
    /// Where.
    pub region: &'static str,
    /// What came of it: `success`, `client_error` (a status of 4xx: a refusal, or at some services a throttling),
    /// `server_error`, `no_answer`.
    pub outcome: &'static str,
}

/// Attempts at calls, by service, operation, Region and outcome.
#[derive(Clone, Debug, Default)]
pub struct Calls(pub Family<Call, Counter>);

impl Calls {
    /// Counts one, by the status of its answer.
    pub(crate) fn count(&self, service: &str, operation: &str, region: Region, status: Option<u16>) {
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: region.as_str(),
            outcome: match status {
                None => "no_answer",
                Some(400..500) => "client_error",
                Some(500..) => "server_error",
                Some(_) => "success",
            },
        };
        self.0.get_or_create(&call).inc();
    }
}
