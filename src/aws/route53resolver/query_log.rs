//! Logs of queries, and the VPCs whose queries they are.

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::{Filter, ResolverQueryLogConfig, ResolverQueryLogConfigAssociation};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::route53resolver::query_log::{Action, LoggedVpc, QueryLog};
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::tags;
use crate::answer::{done, gone};
use crate::error::{fault, incomplete};

/// All configurations of the account, without tags.
pub(super) async fn list(resolver: &Client) -> Listing<QueryLog> {
    pages(resolver, None).await
}

async fn pages(resolver: &Client, filter: Option<Filter>) -> Listing<QueryLog> {
    let filter = filter.map(|filter| vec![filter]);
    let call = || resolver.list_resolver_query_log_configs().set_filters(filter.clone());
    let all: Vec<ResolverQueryLogConfig> = every_page!(call(), resolver_query_log_configs);
    Ok(all.into_iter().filter_map(read).collect())
}

fn read(log: ResolverQueryLogConfig) -> Option<QueryLog> {
    Some(QueryLog {
        id: log.id?,
        arn: log.arn.unwrap_or_default(),
        request_id: log.creator_request_id.unwrap_or_default(),
        destination: log.destination_arn.unwrap_or_default(),
        state: log.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        tags: Tags::new(),
        tags_read: false,
    })
}

/// All VPCs of the account whose queries are logged.
pub(super) async fn list_vpcs(resolver: &Client) -> Listing<LoggedVpc> {
    let call = || resolver.list_resolver_query_log_config_associations();
    let all: Vec<ResolverQueryLogConfigAssociation> = every_page!(call(), resolver_query_log_config_associations);
    let read = |one: ResolverQueryLogConfigAssociation| {
        let said = one.error_message.filter(|message| !message.is_empty());
        let error = one.error.map(|error| error.as_str().to_owned());
        Some(LoggedVpc {
            config_id: one.resolver_query_log_config_id?,
            vpc_id: one.resource_id?,
            state: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            message: said.or(error).unwrap_or_default(),
        })
    };
    Ok(all.into_iter().filter_map(read).collect())
}

/// Performs one write. A creation can be repeated: its request id is taken once.
pub(super) async fn execute(resolver: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            request_id,
            name,
            destination,
            tags,
        } => {
            let call = resolver
                .create_resolver_query_log_config()
                .creator_request_id(request_id)
                .name(name)
                .destination_arn(destination)
                .set_tags(tags::at_creation(tags)?);
            let made = call.send().await.map_err(fault).and_then(|answer| {
                let log = answer.resolver_query_log_config.and_then(read);
                log.ok_or_else(|| incomplete("route53resolver:CreateResolverQueryLogConfig", "Id"))
            });
            let filter = Filter::builder().name("CreatorRequestId").values(request_id).build();
            let log = once!(made, pages(resolver, Some(filter)).await?);
            log.map(|log| Some(created(log)))
        }
        Action::Associate { id, vpc_id } => {
            let call = resolver.associate_resolver_query_log_config();
            let call = call.resolver_query_log_config_id(id).resource_id(vpc_id);
            done(call.send().await.map_err(fault))
        }
        Action::Disassociate { id, vpc_id } => {
            let call = resolver.disassociate_resolver_query_log_config();
            let call = call.resolver_query_log_config_id(id).resource_id(vpc_id);
            gone(call.send().await.map_err(fault))
        }
        Action::Delete { id } => {
            let call = resolver
                .delete_resolver_query_log_config()
                .resolver_query_log_config_id(id);
            gone(call.send().await.map_err(fault))
        }
    }
}

fn created(log: QueryLog) -> Created {
    Created {
        id: log.id,
        arn: Some(log.arn),
        state: Some(log.state),
    }
}
