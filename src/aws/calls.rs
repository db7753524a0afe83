//! How many calls AWS gets, how it answers, and how long calls wait.

use std::time::Duration;

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
    /// What came of it: `success`, `throttled` (AWS asks to slow down), `client_error` (another refusal, with a status of
    /// 4xx), `server_error`, `no_answer`.
    pub outcome: &'static str,
}

/// Calls of a service.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct OfService {
    /// As the SDK names it.
    pub service: String,
}

/// Attempts at calls, by service, operation, Region and outcome; and how long calls waited.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// Attempts.
    pub attempts: Family<Call, Counter>,
    /// Seconds of waiting for a turn under AWS's limits, or after AWS asked to slow down.
    pub waits: Family<OfService, Counter<f64>>,
}

/// What of an answer tells that AWS asks to slow down: codes differ by service
/// ([error codes that the SDKs take for throttling](https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html)).
const THROTTLING: [&str; 7] = [
    "Throttl",
    "RequestLimitExceeded",
    "TooManyRequests",
    "SlowDown",
    "RequestThrottled",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
];
/// In how much of a refusal the code is looked for, in bytes.
const HEAD: usize = 1_024;

impl Calls {
    /// Counts an attempt by its answer: the status and the body. Returns whether AWS asks to slow down.
    pub(crate) fn count(
        &self,
        service: &str,
        operation: &str,
        region: Region,
        answer: Option<(u16, Option<&[u8]>)>,
    ) -> bool {
        let outcome = match answer {
            None => "no_answer",
            Some((429, _)) => "throttled",
            Some((400.., body)) if is_throttling(body) => "throttled",
            Some((400..500, _)) => "client_error",
            Some((500.., _)) => "server_error",
            Some(_) => "success",
        };
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: region.as_str(),
            outcome,
        };
        self.attempts.get_or_create(&call).inc();
        outcome == "throttled"
    }

    /// Notes that a call of a service waited.
    pub fn waited(&self, service: &str, wait: Duration) {
        let service = service.to_owned();
        self.waits
            .get_or_create(&OfService { service })
            .inc_by(wait.as_secs_f64());
    }
}

fn is_throttling(body: Option<&[u8]>) -> bool {
    let body = body.unwrap_or_default();
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]);
    THROTTLING.iter().any(|code| head.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttling_is_told_from_other_refusals() {
        let calls = Calls::default();
        let answers: [(Option<(u16, &str)>, &str); 9] = [
            (None, "no_answer"),
            (Some((200, "SlowDown")), "success"),
            (Some((429, "")), "throttled"),
            (Some((400, "<Code>RequestLimitExceeded</Code>")), "throttled"),
            (Some((400, r#"{"__type":"ThrottlingException"}"#)), "throttled"),
            (Some((503, "<Code>SlowDown</Code>")), "throttled"),
            (Some((503, "<Code>ServiceUnavailable</Code>")), "server_error"),
            (Some((403, "<Code>AccessDenied</Code>")), "client_error"),
            (Some((500, "")), "server_error"),
        ];
        for (index, (answer, outcome)) in answers.into_iter().enumerate() {
            let operation = format!("Operation{index}");
            let answer = answer.map(|(status, body)| (status, Some(body.as_bytes())));
            let throttled = calls.count("EC2", &operation, Region::Tokyo, answer);
            assert_eq!(throttled, outcome == "throttled", "{answer:?}");
            let call = Call {
                service: "EC2".into(),
                operation,
                region: Region::Tokyo.as_str(),
                outcome,
            };
            assert_eq!(calls.attempts.get_or_create(&call).get(), 1, "{answer:?}");
        }
    }
}
