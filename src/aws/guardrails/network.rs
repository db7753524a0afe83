//! VPCs, security groups, gateways and flow logs, in both Regions.

use ipnet::IpNet;
use jichitai_plan::guardrails::survey::{InVpc, Read, Vpc};

use super::both;
use crate::config::Purpose;
use crate::ec2::{flow_log, internet_gateway, security_group, vpc};
use crate::session::Session;

pub(super) async fn vpcs(session: &Session) -> Read<Vpc> {
    both(async |region| {
        let found = vpc::listed(&session.ec2(region, Purpose::Read), Vec::new()).await?;
        let one = |listed: vpc::Listed| Vpc {
            region,
            id: listed.id,
            default: listed.default,
            tags: listed.tags,
        };
        Ok(found.into_iter().map(one).collect())
    })
    .await
}

/// Whether a rule's range is the whole world, or a part of it that is no network of anybody's.
fn is_world(range: &str) -> bool {
    match range.parse() {
        Ok(IpNet::V4(net)) => net.prefix_len() < 8,
        Ok(IpNet::V6(net)) => net.prefix_len() < 16,
        Err(_) => false,
    }
}

/// Security groups with the rules by which everybody may come in.
pub(super) async fn groups(session: &Session) -> Read<InVpc<Vec<String>>> {
    both(async |region| {
        let found = security_group::list(&session.ec2(region, Purpose::Read), Vec::new()).await?;
        let one = |group: jichitai_plan::ec2::security_group::SecurityGroup| {
            let open = group.rules.iter().filter(|rule| !rule.egress && is_world(&rule.peer));
            InVpc {
                region,
                what: open.map(ToString::to_string).collect(),
                vpc_id: group.vpc_id,
                id: group.id,
            }
        };
        Ok(found.into_iter().map(one).collect())
    })
    .await
}

pub(super) async fn gateways(session: &Session) -> Read<InVpc<()>> {
    both(async |region| {
        let found = internet_gateway::all(&session.ec2(region, Purpose::Read)).await?;
        let one = |gateway: jichitai_plan::ec2::internet_gateway::Gateway| InVpc {
            region,
            vpc_id: gateway.vpc_id,
            id: gateway.id,
            what: (),
        };
        Ok(found.into_iter().map(one).collect())
    })
    .await
}

pub(super) async fn flow_logs(session: &Session) -> Read<String> {
    both(async |region| {
        let found = flow_log::list(&session.ec2(region, Purpose::Read), Vec::new()).await?;
        Ok(found.into_iter().map(|log| log.resource_id).collect())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::is_world;

    #[test]
    fn halves_of_the_world_are_the_world() {
        for (range, world) in [
            ("0.0.0.0/0", true),
            ("128.0.0.0/1", true),
            ("::/0", true),
            ("10.0.0.0/8", false),
            ("203.0.113.0/24", false),
            ("2001:db8::/32", false),
            ("sg-0123", false),
        ] {
            assert_eq!(is_world(range), world, "{range}");
        }
    }
}
