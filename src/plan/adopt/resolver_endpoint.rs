//! A Resolver endpoint with its rules.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::resolver_endpoint::EndpointDirection;
use serde_json::{Value, json};

use super::{Proposal, Refusal, name_of, stack_remark, watch};
use crate::ec2::security_group::Rule;
use crate::observation::Observation;
use crate::plan::Text;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::target::{ENDPOINT, GROUP, rule_part};

/// With whom the security groups let DNS pass; without any rule that says so, whoever rules ask.
fn asked(observed: &Observed, direction: EndpointDirection) -> BTreeSet<String> {
    let egress = direction == EndpointDirection::Outbound;
    let groups = observed.security_groups.iter().flatten();
    let is_of_dns =
        |rule: &&Rule| rule.egress == egress && rule.ports.is_none_or(|(first, last)| (first..=last).contains(&DNS));
    let rules = groups.flat_map(|group| &group.rules).filter(is_of_dns);
    let ranges = rules.filter_map(|rule| rule.peer.parse::<Ipv4Net>().ok());
    let ranges: BTreeSet<String> = ranges
        .filter(|range| range.prefix_len() >= 8)
        .map(|range| range.to_string())
        .collect();
    if !ranges.is_empty() {
        return ranges;
    }
    let targets = observed.rules().iter().flatten().flat_map(|rule| &rule.targets);
    let targets: BTreeSet<String> = targets.map(|target| format!("{}/32", target.ip)).collect();
    match targets.is_empty() {
        true => BTreeSet::from(["10.0.0.0/8".to_owned()]),
        false => targets,
    }
}

/// The port of DNS.
const DNS: i32 = 53;

/// The object for an endpoint, which stands where it stands: in a VPC that is named by its id.
///
/// # Errors
/// What is missing.
pub fn propose(observed: &Observed, id: &str, account: &str) -> Result<Proposal, Refusal> {
    let endpoints = observed.endpoints.clone()?;
    let endpoint = endpoints.iter().find(|one| one.id == id).ok_or(Refusal::Missing)?;
    let addresses = match &endpoint.addresses {
        Observation::Present(addresses) => addresses.as_slice(),
        Observation::Absent => &[],
        Observation::Unreadable(fault) => return Err(Refusal::Unreadable(fault.clone())),
    };
    let mut remarks: Vec<Text> = stack_remark(&endpoint.id, &endpoint.tags).into_iter().collect();
    let ids: BTreeSet<&String> = addresses.iter().map(|one| &one.subnet_id).collect();
    let names: BTreeMap<&String, String> = ids
        .into_iter()
        .zip((1..).map(|number| format!("subnet-{number}")))
        .collect();
    let subnets: Vec<Value> = names
        .iter()
        .map(|(id, name)| json!({"name": name, "subnetId": id}))
        .collect();
    let ips: Vec<Value> = addresses
        .iter()
        .map(|one| json!({"subnet": names.get(&one.subnet_id), "ip": one.ip}))
        .collect();
    let mut adopt = BTreeMap::from([(ENDPOINT.to_owned(), endpoint.id.clone())]);
    let groups: Vec<&String> = endpoint.security_groups.iter().collect();
    match groups.as_slice() {
        [group] => drop(adopt.insert(GROUP.to_owned(), (*group).clone())),
        _ => remarks.push(Text::new(
            "the endpoint has several security groups: none is taken over, and one would be made",
            "エンドポイントに複数のセキュリティグループがあるため、引き継ぎません。適用すると新しく作ります",
        )),
    }
    let mut taken = BTreeSet::new();
    let mut rules = Vec::new();
    for rule in observed
        .rules()
        .clone()?
        .iter()
        .filter(|one| one.endpoint_id.as_deref() == Some(id))
    {
        let name = name_of(&rule.name, "rule", &mut taken);
        adopt.insert(rule_part(&name).role.to_string(), rule.id.clone());
        rules.push(json!({"name": name, "domain": rule.domain, "targets": rule.targets}));
    }
    let direction = endpoint.direction.unwrap_or(EndpointDirection::Inbound);
    let mut spec = json!({
        "placement": {"shared": {"accountId": account, "vpcId": endpoint.vpc_id, "subnets": subnets}},
        "direction": direction, "ipAddresses": ips, "allowedCidrs": asked(observed, direction),
    });
    if !rules.is_empty() {
        spec["rules"] = json!(rules);
    }
    if endpoint.protocols.len() != 1 || !endpoint.protocols.contains("Do53") {
        spec["protocols"] = json!(endpoint.protocols);
    }
    watch(&mut spec, &adopt);
    remarks.push(Text::new(
        "allowedCidrs: look whether these are who asks and is asked; associations: write where the rules hold. What is not written would be taken away",
        "allowedCidrs が問い合わせ元と先であることを確かめ、associations にルールを使う VPC を書いてください。書かないものは、適用すると外れます",
    ));
    Ok(Proposal { spec, remarks })
}
