//! The network: everything that the operator writes, as `absorb` says it and as `observe` sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jichitai_api::Region;
use jichitai_plan::ec2::flow_log::Action as FlowLog;
use jichitai_plan::ec2::network_acl::{Action as NetworkAcl, Rule as AclRule, UNREAD_ASSOCIATION};
use jichitai_plan::ec2::route_table::Action as RouteTable;
use jichitai_plan::ec2::security_group::{Action as SecurityGroup, Rule, default_egress};
use jichitai_plan::ec2::subnet::Action as Subnet;
use jichitai_plan::ec2::tags::Action as Ec2Tags;
use jichitai_plan::ec2::transit_gateway_attachment::Action as Attachment;
use jichitai_plan::ec2::vpc::Action as Vpc;
use jichitai_plan::ec2::vpc_endpoint::Action as VpcEndpoint;
use jichitai_plan::municipality::observed::Network;
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::{FaultKind, Listing};
use jichitai_plan::resolve::Resource;
use jichitai_plan::step::Action;

use crate::tenant::{Tenant, others, query, step, tags};

/// What was made in a VPC, by id.
struct Made {
    tenant: Tenant,
    vpc: String,
    a: String,
    c: String,
    attachment: String,
    route_tables: Vec<String>,
    acl: String,
    group: String,
    endpoints: Vec<String>,
    flow_log: String,
}

impl Made {
    async fn run(&mut self, action: impl Into<Action>) {
        self.tenant.run(Region::Tokyo, action).await;
    }

    async fn create(&mut self, action: impl Into<Action>) -> String {
        self.tenant.create(Region::Tokyo, action).await
    }

    async fn see(&self, query: &Query) -> Network {
        self.tenant.observe(query).await.network
    }
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_network_is_made_seen_and_taken_away() {
    let mut made = vpc_and_subnets().await;
    transit(&mut made).await;
    filters(&mut made).await;
    endpoints_and_flow_log(&mut made).await;
    settle().await;
    compare(&made).await;
    lose_tags(&made).await;
    take_away(made).await;
}

/// Longer than what the local AWS takes to finish things.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn vpc_and_subnets() -> Made {
    let tenant = Tenant::new("444444444444").await;
    assert_eq!(tenant.observe(&query()).await.network, Network::default());
    let none = String::new;
    let mut made = Made {
        tenant,
        vpc: none(),
        a: none(),
        c: none(),
        attachment: none(),
        route_tables: Vec::new(),
        acl: none(),
        group: none(),
        endpoints: Vec::new(),
        flow_log: none(),
    };
    let (cidr, tags_of_vpc) = ("10.0.0.0/16".parse().unwrap(), tags("vpc"));
    made.vpc = made
        .create(Vpc::Create {
            cidr,
            tags: tags_of_vpc,
        })
        .await;
    // With a VPC come a route table, a network ACL and a security group.
    made.tenant.observed = made.tenant.observe(&query()).await;
    let id = made.vpc.clone();
    made.run(Vpc::EnableDnsSupport { id: id.clone() }).await;
    made.run(Vpc::EnableDnsHostnames { id: id.clone() }).await;
    made.run(Vpc::AddCidr {
        id: id.clone(),
        cidr: "10.1.0.0/16".parse().unwrap(),
    })
    .await;
    let subnet = |cidr: &str, zone: &str| {
        let (cidr, tags) = (cidr.parse().unwrap(), tags(&format!("subnet.{zone}")));
        Subnet::Create {
            vpc_id: id.clone(),
            cidr,
            zone: format!("ap-northeast-1{zone}"),
            tags,
        }
    };
    made.a = made.create(subnet("10.0.1.0/24", "a")).await;
    made.c = made.create(subnet("10.1.1.0/24", "c")).await;
    let id = made.a.clone();
    made.run(Subnet::NoPublicIp { id: id.clone() }).await;
    made.run(Ec2Tags {
        id,
        tags: [("more".to_owned(), "タグ".to_owned())].into(),
    })
    .await;
    made
}

async fn transit(made: &mut Made) {
    let script = "print(client('ec2').create_transit_gateway()['TransitGateway']['TransitGatewayId'])";
    let transit_gateway = others(made.tenant.id, script);
    settle().await;
    let (vpc_id, a, c) = (made.vpc.clone(), made.a.clone(), made.c.clone());
    let attach = Attachment::Create {
        transit_gateway_id: transit_gateway.clone(),
        vpc_id: vpc_id.clone(),
        subnets: [a.clone()].into(),
        tags: tags("tgw-attachment"),
    };
    made.attachment = made.create(attach).await;
    settle().await;
    let id = made.attachment.clone();
    made.run(Attachment::Modify {
        id,
        add: [c].into(),
        remove: BTreeSet::new(),
    })
    .await;

    let first = made
        .create(RouteTable::Create {
            vpc_id: vpc_id.clone(),
            tags: tags("route-table.first"),
        })
        .await;
    let second = made
        .create(RouteTable::Create {
            vpc_id,
            tags: tags("route-table.second"),
        })
        .await;
    // The second time the route is there already, and then it is gone already.
    for destination in ["172.16.0.0/16", "172.16.0.0/16", "172.17.0.0/16"] {
        let (id, destination) = (first.clone(), destination.parse().unwrap());
        made.run(RouteTable::AddRoute {
            id,
            destination,
            transit_gateway: transit_gateway.clone(),
        })
        .await;
    }
    // A route is led where it leads already.
    made.run(RouteTable::ReplaceRoute {
        id: first.clone(),
        destination: "172.16.0.0/16".parse().unwrap(),
        transit_gateway: transit_gateway.clone(),
    })
    .await;
    for _ in 0..2 {
        made.run(RouteTable::RemoveRoute {
            id: first.clone(),
            destination: "172.17.0.0/16".into(),
        })
        .await;
    }
    made.run(RouteTable::Associate {
        id: second.clone(),
        subnet_id: a.clone(),
    })
    .await;
    let tables = made.tenant.observed.network.route_tables.as_ref().unwrap();
    let association_id = tables
        .iter()
        .find_map(|table| table.associations.get(&a))
        .unwrap()
        .clone();
    made.run(RouteTable::Reassociate {
        id: first.clone(),
        subnet_id: a,
        association_id,
    })
    .await;
    made.route_tables = vec![first, second];
}

async fn filters(made: &mut Made) {
    let id = made
        .create(NetworkAcl::Create {
            vpc_id: made.vpc.clone(),
            tags: tags("network-acl"),
        })
        .await;
    let rule = |egress, protocol: &str, ports| AclRule {
        egress,
        allow: true,
        cidr: "10.0.0.0/8".into(),
        protocol: protocol.into(),
        ports,
    };
    for (number, rule) in [
        (100, rule(false, "6", Some((443, 443)))),
        (100, rule(true, "-1", None)),
        (110, rule(true, "17", Some((53, 53)))),
    ] {
        made.run(NetworkAcl::AddEntry {
            id: id.clone(),
            number,
            rule,
        })
        .await;
    }
    for _ in 0..2 {
        made.run(NetworkAcl::RemoveEntry {
            id: id.clone(),
            egress: true,
            number: 110,
        })
        .await;
    }
    let (subnet_id, association_id) = (made.a.clone(), UNREAD_ASSOCIATION.to_owned());
    made.run(NetworkAcl::Associate {
        id: id.clone(),
        subnet_id,
        association_id,
    })
    .await;
    made.acl = id;

    let (name, description) = ("endpoints".to_owned(), "endpoints".to_owned());
    let create = SecurityGroup::Create {
        vpc_id: made.vpc.clone(),
        name,
        description,
        tags: tags("security-group"),
    };
    let id = made.create(create).await;
    let rule = |peer: &str| Rule {
        egress: false,
        peer: peer.into(),
        protocol: "tcp".into(),
        ports: Some((443, 443)),
    };
    // The second time one of them is there already, and the others are not: AWS takes none of those at once.
    for peers in [
        &["10.0.0.0/16"][..],
        &["10.0.0.0/16", "10.1.0.0/16", Rule::SELF],
        &["10.0.0.0/16"],
    ] {
        made.run(SecurityGroup::Allow {
            id: id.clone(),
            rules: peers.iter().map(|peer| rule(peer)).collect(),
        })
        .await;
    }
    for _ in 0..2 {
        made.run(SecurityGroup::Revoke {
            id: id.clone(),
            rule: rule("10.1.0.0/16"),
        })
        .await;
        made.run(SecurityGroup::Revoke {
            id: id.clone(),
            rule: default_egress(),
        })
        .await;
    }
    made.group = id;
}

async fn endpoints_and_flow_log(made: &mut Made) {
    for service in ["kms", "s3"] {
        let create = VpcEndpoint::Create {
            vpc_id: made.vpc.clone(),
            service: format!("com.amazonaws.ap-northeast-1.{service}"),
            subnets: [made.a.clone()].into(),
            security_group: made.group.clone(),
            tags: tags(&format!("endpoint.{service}")),
        };
        let id = made.create(create.clone()).await;
        let again = made.tenant.session.execute(&step(Region::Tokyo, create)).await.unwrap();
        assert_eq!(again.created.unwrap().id, id, "the token makes it the same creation");
        made.endpoints.push(id);
    }
    settle().await;
    let modify = VpcEndpoint::Modify {
        id: made.endpoints[0].clone(),
        add_subnets: [made.c.clone()].into(),
        remove_subnets: BTreeSet::new(),
        add_groups: BTreeSet::new(),
        remove_groups: BTreeSet::new(),
        enable_private_dns: false,
    };
    made.run(modify).await;

    let bucket = "client('s3').create_bucket(Bucket='flow-logs-444', CreateBucketConfiguration={'LocationConstraint': 'ap-northeast-1'})";
    others(made.tenant.id, bucket);
    let (vpc_id, tags) = (made.vpc.clone(), tags("flow-log"));
    let log = |destination: &str| FlowLog::Create {
        vpc_id: vpc_id.clone(),
        destination: destination.into(),
        tags: tags.clone(),
    };
    made.flow_log = made.create(log("arn:aws:s3:::flow-logs-444/vpc")).await;
    let log_group = log("arn:aws:logs:ap-northeast-1:444444444444:log-group:x");
    let refused = made.tenant.try_run(Region::Tokyo, log_group).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Invalid);
}

/// What the effects said is what is there.
async fn compare(made: &Made) {
    let seen = made.see(&query()).await;
    let said = settled(&made.tenant.observed.network, &seen);
    assert_eq!(seen.vpcs, said.vpcs);
    assert_eq!(sorted(&seen.subnets), sorted(&said.subnets));
    assert_eq!(sorted(&seen.route_tables), sorted(&said.route_tables));
    assert_eq!(sorted(&seen.network_acls), sorted(&said.network_acls));
    assert_eq!(sorted(&seen.security_groups), sorted(&said.security_groups));
    assert_eq!(sorted(&seen.endpoints), sorted(&said.endpoints));
    assert_eq!(seen.flow_logs, said.flow_logs);
    assert_eq!(seen.attachments, said.attachments);
    assert_eq!(seen.gateways, Ok(Vec::new()));
    let existing = NetworkQuery::Existing {
        vpc_id: made.vpc.clone(),
    };
    assert_eq!(
        made.see(&Query {
            network: existing,
            ..query()
        })
        .await,
        seen
    );
}

/// What was said, with what AWS finishes by itself (states) and what was not read (association ids).
fn settled(said: &Network, seen: &Network) -> Network {
    let mut said = said.clone();
    for endpoint in said.endpoints.iter_mut().flatten() {
        endpoint.state = "available".into();
    }
    for attachment in said.attachments.iter_mut().flatten() {
        attachment.state = "available".into();
    }
    // Which availability zone a name stands for is AWS's to tell.
    let zones: BTreeMap<_, _> = seen
        .subnets
        .iter()
        .flatten()
        .map(|subnet| (&subnet.zone, &subnet.zone_id))
        .collect();
    for subnet in said.subnets.iter_mut().flatten() {
        subnet.zone_id.clone_from(zones[&subnet.zone]);
    }
    let acls = seen.network_acls.iter().flatten();
    let known: BTreeMap<_, _> = acls.flat_map(|acl| acl.associations.clone()).collect();
    for acl in said.network_acls.iter_mut().flatten() {
        acl.associations
            .iter_mut()
            .for_each(|(subnet, id)| id.clone_from(&known[subnet]));
    }
    said
}

fn sorted<T: Resource + Clone>(listing: &Listing<T>) -> Vec<T> {
    let mut list = listing.clone().unwrap();
    list.sort_by_key(|thing| thing.id().to_owned());
    list
}

/// By its id, beside one that does not exist.
fn by_id(made: &Made) -> Query {
    let ids = [
        made.vpc.clone(),
        "vpc-0123456789abcdef0".into(),
        "subnet-0123456789abcdef0".into(),
    ];
    Query {
        ids: [(Region::Tokyo, ids.into())].into(),
        ..query()
    }
}

/// A VPC that lost its tags is found around its subnets, and by its id.
async fn lose_tags(made: &Made) {
    let vpc = &made.vpc;
    let script = format!("client('ec2').delete_tags(Resources=['{vpc}'], Tags=[{{'Key': 'jichitai:owner'}}])");
    others(made.tenant.id, &script);
    for query in [query(), by_id(made)] {
        let found = made.see(&query).await.vpcs.unwrap();
        assert_eq!(found.iter().map(|vpc| &vpc.id).collect::<Vec<_>>(), [vpc]);
    }
}

/// Everything is deleted twice: what is gone already is no fault.
async fn take_away(mut made: Made) {
    let in_use = made
        .tenant
        .try_run(Region::Tokyo, Subnet::Delete { id: made.a.clone() })
        .await
        .unwrap_err();
    assert_eq!(in_use.kind, FaultKind::Conflict, "{in_use}");
    let (attachment, flow_log, endpoints) = (made.attachment.clone(), made.flow_log.clone(), made.endpoints.clone());
    made.run(Attachment::Delete { id: attachment }).await;
    for _ in 0..2 {
        made.run(FlowLog::Delete { id: flow_log.clone() }).await;
        for id in endpoints.clone() {
            made.run(VpcEndpoint::Delete { id }).await;
        }
        settle().await;
    }
    let seen = made.see(&by_id(&made)).await;
    assert_eq!(
        (seen.endpoints, seen.attachments, seen.flow_logs),
        (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()))
    );
    for _ in 0..2 {
        for id in [made.a.clone(), made.c.clone()] {
            made.run(Subnet::Delete { id }).await;
        }
        for id in made.route_tables.clone() {
            made.run(RouteTable::Delete { id }).await;
        }
        made.run(NetworkAcl::Delete { id: made.acl.clone() }).await;
        made.run(SecurityGroup::Delete { id: made.group.clone() }).await;
        made.run(Vpc::Delete { id: made.vpc.clone() }).await;
    }
    assert_eq!(made.see(&by_id(&made)).await, Network::default());
}
