//! What others have in the same accounts and VPCs.

use jichitai_api::ResolverEndpoint;
use jichitai_api::resolver_endpoint::EndpointDirection;
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::ec2::security_group::{SecurityGroup, default_egress};
use jichitai_plan::identity::{AccountId, Identity, Owner, Role};
use jichitai_plan::observation::Observation;
use jichitai_plan::ram::rule_share::{Invitation, RuleShare};
use jichitai_plan::resolver_endpoint::observed::Account;
use jichitai_plan::route53::zone_association::ZoneAssociation;
use jichitai_plan::route53resolver::address::Address;
use jichitai_plan::route53resolver::endpoint::Endpoint;
use jichitai_plan::route53resolver::query_log::{LoggedVpc, QueryLog};
use jichitai_plan::route53resolver::rule::{FORWARD, Rule};
use jichitai_plan::route53resolver::rule_association::RuleAssociation;
use jichitai_plan::tags::Tags;
use proptest::prelude::*;
use serde_json::json;

use super::drafts::FAR;

/// What others have where it matters.
#[derive(Clone, Copy, Debug)]
pub struct Others {
    /// A rule for the office's domain, in force in the endpoint's VPC.
    pub rival_at_home: bool,
    /// One for a domain that stays inside AWS, in force in the VPC of another account.
    pub rival_far: bool,
    /// One of the private zones answers already.
    pub zone: bool,
}

/// What others have where it matters.
pub fn others() -> impl Strategy<Value = Others> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(rival_at_home, rival_far, zone)| Others {
        rival_at_home,
        rival_far,
        zone,
    })
}

/// Nobody's; another object's; the same object's of another installation.
fn owners(role: &str) -> [Tags; 3] {
    let owned = |installation: &str, name: &str| {
        let owner = Owner::new::<ResolverEndpoint>("tenants", name);
        let installation = installation.to_owned();
        Identity { installation, owner }.tags(&Role::new(role), &Tags::new())
    };
    [Tags::new(), owned("test", "other"), owned("elsewhere", "office")]
}

fn endpoint(id: String, tags: Tags) -> Endpoint {
    let address = |ip: &str, subnet: &str| Address {
        id: format!("rni-{ip}"),
        subnet_id: subnet.into(),
        ip: ip.parse().expect("an address"),
        state: "ATTACHED".into(),
        message: String::new(),
    };
    Endpoint {
        arn: format!("arn:{id}"),
        id,
        request_id: "by-hand".into(),
        direction: Some(EndpointDirection::Outbound),
        vpc_id: "vpc-chiyoda".into(),
        security_groups: ["sg-by-hand".to_owned()].into(),
        protocols: ["Do53".to_owned()].into(),
        state: "OPERATIONAL".into(),
        message: String::new(),
        addresses: Observation::Present(vec![
            address("10.20.0.99", "subnet-app-a"),
            address("10.20.1.99", "subnet-app-c"),
        ]),
        tags,
        tags_read: true,
    }
}

/// A rule that somebody else forwards by.
pub fn rule(id: &str, domain: &str, through: &str, tags: Tags) -> Rule {
    Rule {
        id: id.into(),
        arn: format!("arn:{id}"),
        request_id: "by-hand".into(),
        name: "by-hand".into(),
        domain: domain.into(),
        kind: FORWARD.into(),
        targets: serde_json::from_value(json!([{"ip": "172.16.9.9"}])).expect("a target"),
        endpoint_id: Some(through.into()),
        state: "COMPLETE".into(),
        message: String::new(),
        tags,
        tags_read: true,
    }
}

fn holds(account: &mut Account, rule_id: &str, vpc_id: &str) {
    account.associations.as_mut().expect("readable").push(RuleAssociation {
        rule_id: rule_id.into(),
        vpc_id: vpc_id.into(),
        state: "COMPLETE".into(),
        message: String::new(),
    });
}

/// The account of the municipality that is far away.
pub fn far(resolution: &mut Resolution) -> &mut Account {
    let far = AccountId::new(FAR).expect("twelve digits");
    resolution.aws.accounts.entry(far).or_default()
}

/// Others settle there, before the endpoint.
pub fn settle(resolution: &mut Resolution, others: Others) {
    let Others {
        rival_at_home,
        rival_far,
        zone,
    } = others;
    let tagged = |role: &str| owners(role).into_iter().enumerate().collect::<Vec<_>>();
    let aws = &mut resolution.aws;
    let endpoints = tagged("resolver-endpoint").into_iter();
    let endpoints = endpoints.map(|(n, tags)| endpoint(format!("rslvr-out-other-{n}"), tags));
    aws.endpoints.as_mut().expect("readable").extend(endpoints);
    let groups = tagged("security-group.resolver").into_iter();
    let groups = groups.map(|(n, tags)| SecurityGroup {
        id: format!("sg-other-{n}"),
        vpc_id: "vpc-chiyoda".into(),
        name: format!("other-{n}"),
        rules: [default_egress()].into(),
        tags,
    });
    aws.security_groups.as_mut().expect("readable").extend(groups);
    for (n, tags) in tagged("query-log.6b44ac26") {
        let id = format!("rqlc-other-{n}");
        aws.query_logs.as_mut().expect("readable").push(QueryLog {
            arn: format!("arn:{id}"),
            id: id.clone(),
            request_id: "by-hand".into(),
            destination: "arn:aws:s3:::dns-log".into(),
            state: "CREATED".into(),
            tags,
            tags_read: true,
        });
        aws.logged_vpcs.as_mut().expect("readable").push(LoggedVpc {
            config_id: id,
            vpc_id: "vpc-chiyoda".into(),
            state: "ACTIVE".into(),
            message: String::new(),
        });
    }
    let shares = tagged("rule-share.444455556666").into_iter();
    let shares = shares.map(|(n, tags)| RuleShare {
        arn: format!("other-share-{n}"),
        rules: [format!("arn:rslvr-rr-other-{n}")].into(),
        principals: vec![(FAR.into(), "ASSOCIATED".into())],
        tags,
    });
    aws.shares.as_mut().expect("readable").extend(shares);
    let zones = [("ZONEOTHER", true), ("ZONEONE", zone)];
    for (zone_id, _) in zones.iter().filter(|(_, there)| *there) {
        aws.zones.as_mut().expect("readable").push(ZoneAssociation {
            zone_id: (*zone_id).into(),
            domain: "by-hand.example.jp".into(),
        });
    }
    let home = resolution.home();
    let rules = tagged("resolver-rule.office").into_iter().map(|(n, tags)| {
        let domain = format!("other-{n}.example.jp");
        rule(&format!("rslvr-rr-other-{n}"), &domain, "rslvr-out-other-0", tags)
    });
    let rival = |id: &str, domain: &str| rule(id, domain, "rslvr-out-other-0", Tags::new());
    let rules = rules.chain([rival("rslvr-rr-rival", "city.chiyoda.lg.jp")]);
    home.rules.as_mut().expect("readable").extend(rules);
    for vpc in ["vpc-chiyoda", "vpc-minato"] {
        holds(home, "rslvr-rr-other-0", vpc);
        holds(home, "rslvr-rr-other-1", vpc);
    }
    if rival_at_home {
        holds(home, "rslvr-rr-rival", "vpc-chiyoda");
    }
    let far = far(resolution);
    let rule = rival("rslvr-rr-far", "aws.city.chiyoda.lg.jp");
    far.rules.as_mut().expect("readable").push(rule);
    holds(far, "rslvr-rr-other-0", "vpc-shibuya");
    if rival_far {
        holds(far, "rslvr-rr-far", "vpc-shibuya");
    }
    far.invitations.as_mut().expect("readable").push(Invitation {
        arn: "invitation-other".into(),
        share_arn: "other-share-0".into(),
        state: "PENDING".into(),
    });
}
