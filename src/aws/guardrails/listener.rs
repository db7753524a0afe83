//! Listeners of application and network load balancers.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{ActionTypeEnum, LoadBalancer, LoadBalancerSchemeEnum};
use jichitai_api::Region;
use jichitai_plan::guardrails::survey::{InVpc, Listener, Read};
use jichitai_plan::observation::Listing;

use super::both;
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

/// Load balancers that are asked at the same time.
const AT_ONCE: usize = 4;

pub(super) async fn listeners(session: &Session) -> Read<InVpc<Listener>> {
    both(async |region| of(&session.load_balancing(region, Purpose::Read), region).await).await
}

async fn of(client: &Client, region: Region) -> Listing<InVpc<Listener>> {
    let pages = client.describe_load_balancers().into_paginator().items().send();
    let all: Vec<LoadBalancer> = pages.try_collect().await.map_err(fault)?;
    let read = async |balancer: LoadBalancer| of_one(client, region, balancer).await;
    let found: Vec<Vec<_>> = concurrently(AT_ONCE, all.into_iter().map(read).collect())
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

async fn of_one(client: &Client, region: Region, balancer: LoadBalancer) -> Listing<InVpc<Listener>> {
    let internet_facing = balancer.scheme == Some(LoadBalancerSchemeEnum::InternetFacing);
    let vpc_id = balancer.vpc_id.unwrap_or_default();
    let call = client
        .describe_listeners()
        .set_load_balancer_arn(balancer.load_balancer_arn);
    let pages = call.into_paginator().items().send();
    let all: Vec<aws_sdk_elasticloadbalancingv2::types::Listener> = pages.try_collect().await.map_err(fault)?;
    let one = |one: aws_sdk_elasticloadbalancingv2::types::Listener| {
        let actions = one.default_actions.unwrap_or_default();
        InVpc {
            region,
            vpc_id: vpc_id.clone(),
            id: one.listener_arn.unwrap_or_default(),
            what: Listener {
                protocol: one
                    .protocol
                    .map(|protocol| protocol.as_str().to_owned())
                    .unwrap_or_default(),
                port: one.port.unwrap_or_default(),
                policy: one.ssl_policy,
                redirects: !actions.is_empty() && actions.iter().all(goes_to_https),
                internet_facing,
            },
        }
    };
    Ok(all.into_iter().map(one).collect())
}

/// Whether an action only sends clients to HTTPS.
fn goes_to_https(action: &aws_sdk_elasticloadbalancingv2::types::Action) -> bool {
    let to = action
        .redirect_config
        .as_ref()
        .and_then(|redirect| redirect.protocol.as_deref());
    action.r#type == Some(ActionTypeEnum::Redirect) && to == Some("HTTPS")
}
