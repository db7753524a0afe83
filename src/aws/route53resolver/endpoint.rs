//! Resolver endpoints and their addresses.

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::{
    Filter, IpAddressRequest, IpAddressResponse, IpAddressUpdate, Protocol, ResolverEndpoint, ResolverEndpointDirection,
};
use jichitai_api::resolver_endpoint::EndpointDirection;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::route53resolver::address::Address;
use jichitai_plan::route53resolver::endpoint::{Action, Endpoint};
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::tags;
use crate::answer::{done, gone};
use crate::error::{fault, incomplete, unbuilt};

/// An endpoint as lists show it, without addresses and tags.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The endpoint.
    pub(crate) endpoint: Endpoint,
    /// Changes with every change of its addresses.
    pub(crate) stamp: String,
}

/// All endpoints of the account.
pub(super) async fn list(resolver: &Client) -> Listing<Record> {
    pages(resolver, None).await
}

async fn pages(resolver: &Client, filter: Option<Filter>) -> Listing<Record> {
    let filter = filter.map(|filter| vec![filter]);
    let call = || resolver.list_resolver_endpoints().set_filters(filter.clone());
    let all: Vec<ResolverEndpoint> = every_page!(call(), resolver_endpoints);
    Ok(all.into_iter().filter_map(read).collect())
}

fn read(endpoint: ResolverEndpoint) -> Option<Record> {
    let direction = match endpoint.direction {
        Some(ResolverEndpointDirection::Inbound) => Some(EndpointDirection::Inbound),
        Some(ResolverEndpointDirection::Outbound) => Some(EndpointDirection::Outbound),
        _ => None,
    };
    let state = endpoint
        .status
        .map(|status| status.as_str().to_owned())
        .unwrap_or_default();
    let count = endpoint.ip_address_count.unwrap_or_default();
    let modified = endpoint.modification_time.unwrap_or_default();
    Some(Record {
        stamp: format!("{modified} {state} {count}"),
        endpoint: Endpoint {
            id: endpoint.id?,
            arn: endpoint.arn.unwrap_or_default(),
            request_id: endpoint.creator_request_id.unwrap_or_default(),
            direction,
            vpc_id: endpoint.host_vpc_id.unwrap_or_default(),
            security_groups: endpoint.security_group_ids.unwrap_or_default().into_iter().collect(),
            protocols: endpoint
                .protocols
                .unwrap_or_default()
                .iter()
                .map(|protocol| protocol.as_str().to_owned())
                .collect(),
            state,
            message: endpoint.status_message.unwrap_or_default(),
            addresses: Observation::Absent,
            tags: Tags::new(),
            tags_read: false,
        },
    })
}

/// The addresses of an endpoint.
pub(super) async fn addresses(resolver: &Client, id: &str) -> Result<Vec<Address>, Fault> {
    let call = || resolver.list_resolver_endpoint_ip_addresses().resolver_endpoint_id(id);
    let all: Vec<IpAddressResponse> = every_page!(call(), ip_addresses);
    Ok(all.into_iter().filter_map(address).collect())
}

/// Addresses of IPv6 are left out: none of ours is like that.
fn address(one: IpAddressResponse) -> Option<Address> {
    Some(Address {
        id: one.ip_id.unwrap_or_default(),
        subnet_id: one.subnet_id.unwrap_or_default(),
        ip: one.ip?.parse().ok()?,
        state: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        message: one.status_message.unwrap_or_default(),
    })
}

/// Performs one write. A creation can be repeated: its request id is taken once.
pub(super) async fn execute(resolver: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create { request_id, .. } => {
            let filter = Filter::builder().name("CreatorRequestId").values(request_id).build();
            let made = create(resolver, action).await;
            let record = once!(made, pages(resolver, Some(filter)).await?);
            record.map(|record| Some(created(record.endpoint)))
        }
        Action::AddAddress { id, ip, subnet_id } => {
            let call = resolver
                .associate_resolver_endpoint_ip_address()
                .resolver_endpoint_id(id);
            let address = IpAddressUpdate::builder()
                .ip(ip.to_string())
                .subnet_id(subnet_id)
                .build();
            done(call.ip_address(address).send().await.map_err(fault))
        }
        Action::RemoveAddress { id, ip, subnet_id } => {
            let call = resolver
                .disassociate_resolver_endpoint_ip_address()
                .resolver_endpoint_id(id);
            let address = IpAddressUpdate::builder()
                .ip(ip.to_string())
                .subnet_id(subnet_id)
                .build();
            gone(call.ip_address(address).send().await.map_err(fault))
        }
        Action::SetProtocols { id, protocols } => {
            let call = resolver.update_resolver_endpoint().resolver_endpoint_id(id);
            let protocols = protocols.iter().map(|word| Protocol::from(word.as_str())).collect();
            done(call.set_protocols(Some(protocols)).send().await.map_err(fault))
        }
        Action::Delete { id } => {
            let call = resolver.delete_resolver_endpoint().resolver_endpoint_id(id);
            gone(call.send().await.map_err(fault))
        }
    }
}

async fn create(resolver: &Client, action: &Action) -> Result<Record, Fault> {
    let operation = "route53resolver:CreateResolverEndpoint";
    let Action::Create {
        request_id,
        name,
        direction,
        vpc_id: _,
        security_group,
        addresses,
        protocols,
        tags,
    } = action
    else {
        return Err(unbuilt(operation, "this is no creation"));
    };
    let direction = match direction {
        EndpointDirection::Inbound => ResolverEndpointDirection::Inbound,
        EndpointDirection::Outbound => ResolverEndpointDirection::Outbound,
    };
    let address = |(ip, subnet): (&std::net::Ipv4Addr, &String)| {
        IpAddressRequest::builder().subnet_id(subnet).ip(ip.to_string()).build()
    };
    let addresses: Result<Vec<_>, _> = addresses.iter().map(address).collect();
    let call = resolver
        .create_resolver_endpoint()
        .creator_request_id(request_id)
        .name(name)
        .direction(direction)
        .security_group_ids(security_group)
        .set_ip_addresses(Some(addresses.map_err(|error| unbuilt(operation, error))?))
        .set_protocols(Some(
            protocols.iter().map(|word| Protocol::from(word.as_str())).collect(),
        ))
        .set_tags(tags::at_creation(tags)?);
    let endpoint = call.send().await.map_err(fault)?.resolver_endpoint;
    endpoint.and_then(read).ok_or_else(|| incomplete(operation, "Id"))
}

fn created(endpoint: Endpoint) -> Created {
    Created {
        id: endpoint.id,
        arn: Some(endpoint.arn),
        state: Some(endpoint.state),
    }
}
