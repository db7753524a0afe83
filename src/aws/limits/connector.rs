//! The place that every attempt at a call passes last: there it waits for its turn and for a connection, and a write asks
//! whether it may still go out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind};

use super::{Limits, Lines};
use crate::calls::Calls;
use crate::config::Purpose;
use crate::errand;
use crate::error::Refused;
use crate::guard::Guard;

/// A turn that takes longer than this is given up: signatures are good for five minutes.
const PATIENCE: Duration = Duration::from_secs(240);
/// Waiting that is worth counting.
const NOTABLE: Duration = Duration::from_millis(1);

/// What is called; it goes with the request.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    /// As the SDK names it, for example `EC2`.
    pub(crate) service: String,
    /// For example `DescribeVpcs`.
    pub(crate) operation: String,
}

impl Called {
    fn refused(&self, kind: FaultKind, code: &str, message: &str) -> ConnectorError {
        let fault = Fault {
            kind,
            operation: format!("{}:{}", self.service, self.operation),
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
        };
        ConnectorError::user(Refused(fault).into())
    }
}

/// The connector of one client, in front of the one that all share.
#[derive(Clone, Debug)]
pub(crate) struct Limited {
    /// The one that all share.
    pub(crate) inner: SharedHttpClient,
    /// The account's limits.
    pub(crate) limits: Arc<Limits>,
    /// Calls that are under way, in all accounts.
    pub(crate) lines: Lines,
    /// Where waiting is counted.
    pub(crate) calls: Calls,
    /// What has to hold for every write.
    pub(crate) guard: Guard,
    /// The Region that is called.
    pub(crate) region: Region,
    /// What the client is used for.
    pub(crate) purpose: Purpose,
}

impl HttpClient for Limited {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Waits {
            connector,
            client: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Waits {
    connector: SharedHttpConnector,
    client: Limited,
}

impl HttpConnector for Waits {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(called) = request.extension::<Called>().cloned() else {
            return self.connector.call(request);
        };
        let (connector, client) = (self.connector.clone(), self.client.clone());
        let (lane, errand) = (errand::lane(), errand::guard());
        HttpConnectorFuture::new(async move {
            let Limited {
                inner: _,
                limits,
                lines,
                calls,
                guard,
                region,
                purpose,
            } = client;
            let asked = Instant::now();
            let turn = async {
                limits.turn(region, &called, purpose, lane).await;
                lines.place(&called.service, region, lane).await
            };
            let Ok(_place) = tokio::time::timeout(PATIENCE, turn).await else {
                let message = "not sent: calls that were asked for before take minutes under AWS's limits";
                return Err(called.refused(FaultKind::Throttled, "QueueTooLong", message));
            };
            let waited = asked.elapsed();
            if waited >= NOTABLE {
                calls.waited(&called.service, waited);
            }
            if purpose == Purpose::Write && !(guard.admits() && errand.is_none_or(|guard| guard.admits())) {
                let message = "not sent: another replica may have taken over";
                return Err(called.refused(FaultKind::Transient, "WritesStopped", message));
            }
            connector.call(request).await
        })
    }
}
