//! A VPC with what is in it, and keys.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::Region;
use jichitai_api::municipality::{Environment, ZoneType};
use serde_json::{Value, json};

use super::{Proposal, Refusal, name_of, stack_remark, watch};
use crate::ec2::network_acl::NetworkAcl;
use crate::ec2::route_table::RouteTable;
use crate::ec2::subnet;
use crate::municipality::observed::{self, Observed};
use crate::municipality::target::SERVICE;
use crate::plan::Text;

/// What only a person knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The account.
    pub account: String,
    /// The code of the municipality, six digits.
    pub code: String,
    /// Its name.
    pub display_name: String,
    /// The environment.
    pub environment: Environment,
    /// The VPC.
    pub vpc_id: String,
    /// The tag whose value is the name of a subnet's zone; without it subnets of one route table are one zone.
    pub zone_tag: Option<String>,
    /// Types of zones, by their name.
    pub zone_types: BTreeMap<String, ZoneType>,
    /// Keys to take over: Region → key id.
    pub keys: BTreeMap<Region, String>,
}

/// A zone as it is found.
struct Found<'a> {
    name: String,
    subnets: Vec<(String, &'a subnet::Subnet)>,
}

/// The object for a VPC.
///
/// # Errors
/// What is missing.
pub fn propose(observed: &Observed, given: &Given) -> Result<Proposal, Refusal> {
    let observed::Network {
        vpcs,
        subnets,
        route_tables,
        network_acls,
        endpoints,
        attachments,
        flow_logs,
        security_groups: _,
        gateways,
    } = &observed.network;
    let all = vpcs.clone()?;
    let vpc = all.iter().find(|vpc| vpc.id == given.vpc_id).ok_or(Refusal::Missing)?;
    let (subnets, route_tables, network_acls) = (subnets.clone()?, route_tables.clone()?, network_acls.clone()?);
    let (endpoints, attachments, flow_logs) = (endpoints.clone()?, attachments.clone()?, flow_logs.clone()?);
    let mut remarks: Vec<Text> = stack_remark(&vpc.id, &vpc.tags).into_iter().collect();
    let mut adopt = BTreeMap::from([("vpc".to_owned(), vpc.id.clone())]);

    let interface: Vec<_> = endpoints.iter().filter(|one| !one.subnets.is_empty()).collect();
    let attachment = attachments.iter().find(|one| one.vpc_id == vpc.id);
    let attached = attachment.into_iter().flat_map(|one| &one.subnets);
    let shared: BTreeSet<&String> = interface.iter().flat_map(|one| &one.subnets).chain(attached).collect();
    let (service, tenants): (Vec<_>, Vec<_>) = subnets.iter().partition(|one| shared.contains(&one.id));
    // Where nothing stands apart, what endpoints and attachment stand in is the zones' as well.
    let (service, tenants) = match tenants.is_empty() {
        true => (Vec::new(), subnets.iter().collect()),
        false => (service, tenants),
    };
    let mut zones = grouped(&tenants, &route_tables, given.zone_tag.as_deref());
    if zones.is_empty() {
        return Err(Refusal::NoSubnets);
    }
    let mut names = BTreeSet::new();
    let service = Found {
        name: SERVICE.to_owned(),
        subnets: service.iter().map(|one| (subnet_name(one, &mut names), *one)).collect(),
    };
    zones.push(service);
    for zone in &zones {
        for (name, subnet) in &zone.subnets {
            adopt.insert(format!("subnet.{}.{name}", zone.name), subnet.id.clone());
            remarks.extend(stack_remark(&subnet.id, &subnet.tags));
        }
        if let Some(table) = table_of(zone, &route_tables) {
            adopt.insert(format!("route-table.{}", zone.name), table.id.clone());
        }
        if let Some(acl) = acl_of(zone, &network_acls) {
            adopt.insert(format!("network-acl.{}", zone.name), acl.id.clone());
        }
    }
    let service = zones.pop().map(|zone| spec_of(&zone)).unwrap_or_default();
    // Without subnets of their own, endpoints and the attachment stay with whoever made them.
    let stands_apart = !service.is_empty();
    let mut services = BTreeSet::new();
    for one in interface.iter().filter(|_| stands_apart) {
        let prefix = format!("com.amazonaws.{}.", Region::Tokyo);
        if let Some(service) = one.service.strip_prefix(&prefix) {
            services.insert(service);
            adopt.insert(format!("endpoint.{service}"), one.id.clone());
        }
    }
    let services: Vec<Value> = services.iter().map(|service| json!({"service": service})).collect();
    let attachment = attachment.filter(|_| stands_apart);
    adopt.extend(attachment.map(|one| ("tgw-attachment".to_owned(), one.id.clone())));
    for (region, key) in &given.keys {
        let name = match region {
            Region::Tokyo => "key.all".to_owned(),
            Region::Osaka => format!("key.all@{region}"),
        };
        adopt.insert(name, key.clone());
    }
    remarks.extend(unknown(
        given,
        &zones,
        gateways.as_ref().is_ok_and(|all| !all.is_empty()),
        stands_apart,
    ));
    let zone_type = |name: &str| given.zone_types.get(name).copied().unwrap_or(ZoneType::MyNumberAffairs);
    let zones: Vec<Value> = zones
        .iter()
        .map(|zone| json!({"name": zone.name, "type": zone_type(&zone.name), "subnets": spec_of(zone)}))
        .collect();
    let mut network = json!({"vpcCidr": vpc.cidr, "zones": zones});
    let mut set = |key: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            network[key] = value;
        }
    };
    let logs = flow_logs
        .iter()
        .find(|one| one.resource_id == vpc.id && one.destination.starts_with("arn:aws:s3:"));
    set("additionalCidrs", json!(vpc.additional));
    set("onPremisesCidrs", json!(offices(&route_tables)));
    set("serviceSubnets", json!(service));
    set("endpoints", json!(services));
    set("transitGatewayId", json!(attachment.map(|one| &one.transit_gateway_id)));
    set(
        "flowLogs",
        json!(logs.map(|one| json!({"destinationArn": one.destination}))),
    );
    let mut spec = json!({
        "code": given.code, "displayName": given.display_name, "environment": given.environment,
        "usageModel": "Shared", "isolation": "Network", "accountId": given.account, "network": network,
    });
    watch(&mut spec, &adopt);
    Ok(Proposal { spec, remarks })
}

/// Subnets by the value of a tag, or by their route table.
fn grouped<'a>(subnets: &[&'a subnet::Subnet], tables: &[RouteTable], tag: Option<&str>) -> Vec<Found<'a>> {
    let main = tables.iter().find(|table| table.main);
    let mut groups: BTreeMap<String, Vec<&subnet::Subnet>> = BTreeMap::new();
    for subnet in subnets {
        let own = tables.iter().find(|table| table.associations.contains_key(&subnet.id));
        let table = own.or(main);
        let by_table = || {
            let named = table.and_then(|table| table.tags.get("Name").or(Some(&table.id)));
            named.unwrap_or_default().to_owned()
        };
        let tagged = tag.and_then(|tag| subnet.tags.get(tag).map(str::to_owned));
        groups.entry(tagged.unwrap_or_else(by_table)).or_default().push(subnet);
    }
    let mut taken = BTreeSet::from([SERVICE.to_owned()]);
    let zone = |(text, subnets): (String, Vec<&'a subnet::Subnet>)| {
        let text = if text.starts_with("rtb-") {
            "zone"
        } else {
            text.as_str()
        };
        let mut names = BTreeSet::new();
        Found {
            name: name_of(text, "zone", &mut taken),
            subnets: subnets
                .into_iter()
                .map(|one| (subnet_name(one, &mut names), one))
                .collect(),
        }
    };
    groups.into_iter().map(zone).collect()
}

fn subnet_name(subnet: &subnet::Subnet, taken: &mut BTreeSet<String>) -> String {
    let zone = subnet.zone.chars().last().unwrap_or('x');
    let name = subnet.tags.get("Name").unwrap_or_default();
    name_of(name, &format!("subnet-{zone}"), taken)
}

fn spec_of(zone: &Found<'_>) -> Vec<Value> {
    let subnet = |(name, subnet): &(String, &subnet::Subnet)| json!({"name": name, "cidr": subnet.cidr, "availabilityZone": subnet.zone});
    zone.subnets.iter().map(subnet).collect()
}

/// The route table that is the zone's alone.
fn table_of<'a>(zone: &Found<'_>, tables: &'a [RouteTable]) -> Option<&'a RouteTable> {
    let ids: BTreeSet<&String> = zone.subnets.iter().map(|(_, subnet)| &subnet.id).collect();
    let fits = |table: &&RouteTable| {
        !table.main && !ids.is_empty() && table.associations.keys().collect::<BTreeSet<_>>() == ids
    };
    tables.iter().find(fits)
}

/// The network ACL that is the zone's alone.
fn acl_of<'a>(zone: &Found<'_>, acls: &'a [NetworkAcl]) -> Option<&'a NetworkAcl> {
    let ids: BTreeSet<&String> = zone.subnets.iter().map(|(_, subnet)| &subnet.id).collect();
    let fits =
        |acl: &&NetworkAcl| !acl.default && !ids.is_empty() && acl.associations.keys().collect::<BTreeSet<_>>() == ids;
    acls.iter().find(fits)
}

/// Private ranges that a transit gateway is the way to.
fn offices(tables: &[RouteTable]) -> BTreeSet<Ipv4Net> {
    let routes = tables.iter().flat_map(|table| &table.routes);
    let over_gateway = routes.filter(|(_, target)| target.starts_with("tgw-"));
    let ranges = over_gateway.filter_map(|(destination, _)| destination.parse::<Ipv4Net>().ok());
    ranges
        .filter(|range| range.prefix_len() >= 8 && range.addr().is_private())
        .collect()
}

/// What AWS does not tell.
fn unknown(given: &Given, zones: &[Found<'_>], gateways: bool, stands_apart: bool) -> Vec<Text> {
    let mut all = Vec::new();
    let untyped: Vec<&str> = zones
        .iter()
        .map(|zone| zone.name.as_str())
        .filter(|name| !given.zone_types.contains_key(*name))
        .collect();
    if !untyped.is_empty() {
        let list = untyped.join(", ");
        all.push(Text::new(
            format!("type of {list}: AWS does not know it, and MyNumberAffairs is the strictest; give --zone NAME=TYPE"),
            format!("{list} の type は AWS から分からないため、最も厳しい MyNumberAffairs としました。--zone 名前=TYPE で指定してください"),
        ));
    }
    all.push(Text::new(
        "zones[].peers: write whom each zone talks to before mode: Plan; what is not written would be closed",
        "zones[].peers: mode: Plan の前に、各領域の通信先を書いてください。書かないものは閉じられます",
    ));
    if given.keys.is_empty() {
        all.push(Text::new(
            "no key is taken over: keys would be made; give --key and --osaka-key",
            "引き継ぐ鍵がありません。適用すると鍵を作ります。--key と --osaka-key で指定してください",
        ));
    }
    if gateways {
        all.push(Text::new(
            "the VPC has an internet or NAT gateway: a closed network has none",
            "VPC にインターネットゲートウェイか NAT ゲートウェイがあります。閉域網にはありません",
        ));
    }
    if !stands_apart {
        all.push(Text::new(
            "endpoints and the attachment to a transit gateway are left out: they stand in no subnets of their own",
            "エンドポイントと Transit Gateway へのアタッチメントは、専用のサブネットにないため含めていません",
        ));
    }
    all
}
