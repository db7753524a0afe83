//! The endpoint that Transfer Family makes in the VPC. Only EC2 knows its security groups, addresses
//! and name.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::transfer::server::Endpoint;

use crate::error::fault;

/// The endpoint with this id; absent while EC2 does not show it.
pub(super) async fn read(ec2: &Client, id: &str) -> Observation<Endpoint> {
    match find(ec2, id).await {
        Ok(Some(endpoint)) => Observation::Present(endpoint),
        Ok(None) => Observation::Absent,
        Err(fault) => Observation::Unreadable(fault),
    }
}

async fn find(ec2: &Client, id: &str) -> Result<Option<Endpoint>, Fault> {
    let call = ec2.describe_vpc_endpoints().filters(filter("vpc-endpoint-id", id));
    let found = call.send().await.map_err(fault)?.vpc_endpoints;
    let Some(endpoint) = found.into_iter().flatten().next() else {
        return Ok(None);
    };
    let interfaces = endpoint.network_interface_ids.unwrap_or_default();
    let groups = endpoint.groups.into_iter().flatten();
    Ok(Some(Endpoint {
        id: id.to_owned(),
        state: endpoint
            .state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        security_groups: groups.filter_map(|group| group.group_id).collect(),
        ips: addresses(ec2, &interfaces).await?,
        dns_name: endpoint
            .dns_entries
            .into_iter()
            .flatten()
            .find_map(|entry| entry.dns_name),
    }))
}

async fn addresses(ec2: &Client, interfaces: &[String]) -> Result<Vec<String>, Fault> {
    if interfaces.is_empty() {
        return Ok(Vec::new());
    }
    let filters = Filter::builder()
        .name("network-interface-id")
        .set_values(Some(interfaces.to_vec()));
    let call = ec2.describe_network_interfaces().filters(filters.build());
    let found = call.send().await.map_err(fault)?.network_interfaces;
    let mut addresses: Vec<String> = found
        .into_iter()
        .flatten()
        .filter_map(|interface| interface.private_ip_address)
        .collect();
    addresses.sort();
    Ok(addresses)
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
