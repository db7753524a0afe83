//! A log line for every AWS call (operation, account, Region, request id), a count for every attempt at one, and the
//! question before every write whether it may still be sent.

use std::sync::Arc;
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;

use crate::calls::Calls;
use crate::config::Purpose;
use crate::limits::{Called, Limits};
use crate::receipt;

/// The header differs by service.
const REQUEST_ID_HEADERS: [&str; 3] = ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"];

/// When AWS asked to slow down: the next attempt of the call waits since then.
#[derive(Debug)]
struct Throttled(Instant);

impl Storable for Throttled {
    type Storer = StoreReplace<Self>;
}

/// Logs finished calls: reads at debug, writes at info.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// Slowed down when AWS asks for it.
    pub(crate) limits: Arc<Limits>,
    /// The counts.
    pub(crate) calls: Calls,
    /// The account that is called.
    pub(crate) account: AccountId,
    /// The Region that is called.
    pub(crate) region: Region,
    /// What the client is used for.
    pub(crate) purpose: Purpose,
}

#[dyn_dispatch_hint]
impl Intercept for Trace {
    fn name(&self) -> &'static str {
        "Trace"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(call(config));
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Throttled(since)) = config.load::<Throttled>() {
            self.calls.waited(called(config).0, since.elapsed());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = called(config);
        let answer = context
            .response()
            .map(|response| (response.status().as_u16(), response.body().bytes()));
        let throttled = self.calls.count(service, operation, self.region, answer);
        if throttled {
            self.limits.slow_down(self.region, &call(config), self.purpose);
            config.interceptor_state().store_put(Throttled(Instant::now()));
        } else {
            config.interceptor_state().unset::<Throttled>();
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Self {
            limits: _,
            calls: _,
            account,
            region,
            purpose,
        } = self;
        let (service, operation) = called(config);
        let ok = matches!(context.output_or_error(), Some(Ok(_)));
        let headers = context.response().map(|response| response.headers());
        let request_id = REQUEST_ID_HEADERS
            .iter()
            .find_map(|&name| headers.and_then(|headers| headers.get(name)));
        match purpose {
            Purpose::Read => tracing::debug!(service, operation, %account, %region, ok, request_id, "AWS read"),
            Purpose::Write => {
                receipt::note(request_id);
                tracing::info!(service, operation, %account, %region, ok, request_id, "AWS write");
            }
        }
        Ok(())
    }
}

fn called(config: &ConfigBag) -> (&str, &str) {
    let call = config.load::<Metadata>();
    call.map_or(("", ""), |call| (call.service(), call.name()))
}

fn call(config: &ConfigBag) -> Called {
    let (service, operation) = called(config);
    Called {
        service: service.to_owned(),
        operation: operation.to_owned(),
    }
}
