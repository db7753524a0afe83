//! Resolver endpoints, rules, logs and private zones: everything that the operator writes, as `absorb` says
//! it and as it is then seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use jichitai_api::Region;
use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection, ForwardTarget};
use jichitai_aws::Depth;
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{AccountId, Identity, Role};
use jichitai_plan::ram::rule_share;

use jichitai_plan::resolver_endpoint::observed::{Account, Observed};
use jichitai_plan::resolver_endpoint::query::Query;
use jichitai_plan::resolver_endpoint::target::VpcName;
use jichitai_plan::route53::zone_association;
use jichitai_plan::route53resolver::rule_association::Pair;
use jichitai_plan::route53resolver::{endpoint, query_log, rule, rule_association};
use jichitai_plan::step::Action;
use jichitai_plan::tags::Tags;

use crate::tenant::{Tenant, identity, others, step};

const REGION: Region = Region::Tokyo;
const ACCOUNT: &str = "444400000001";

/// What others made: a VPC with two subnets and a group, and a private zone that answers elsewhere.
fn ground() -> serde_json::Value {
    let script = "\
        ec2, route53 = client('ec2'), client('route53')\n\
        vpc, other = [ec2.create_vpc(CidrBlock=c)['Vpc']['VpcId'] for c in ('10.0.0.0/16', '10.1.0.0/16')]\n\
        zones = {'10.0.1.0/24': 'ap-northeast-1a', '10.0.2.0/24': 'ap-northeast-1c'}\n\
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=c, AvailabilityZone=z)['Subnet']['SubnetId'] for c, z in zones.items()]\n\
        group = ec2.create_security_group(VpcId=vpc, GroupName='dns', Description='dns')['GroupId']\n\
        where = {'VPCRegion': 'ap-northeast-1', 'VPCId': other}\n\
        zone = route53.create_hosted_zone(Name='example.jp', CallerReference='x', VPC=where)['HostedZone']['Id']\n\
        print(json.dumps({'vpc': vpc, 'subnets': subnets, 'group': group, 'zone': zone.split('/')[-1]}))";
    serde_json::from_str(&others(ACCOUNT, script)).unwrap()
}

struct Resolver {
    tenant: Tenant,
    known: Observed,
    vpc: String,
}

fn tags(role: &str) -> Tags {
    identity().tags(&Role::new(role), &Tags::new())
}

fn request_id(role: &str) -> String {
    identity().request_id(&Role::new(role), 0)
}

impl Resolver {
    /// Runs an action; returns the id that it brings.
    async fn run(&mut self, action: impl Into<Action>) -> String {
        let step = step(REGION, action);
        let effect = Box::pin(self.tenant.session.execute(&step)).await.unwrap();
        self.known.absorb(&effect);
        effect.created.map(|created| created.id).unwrap_or_default()
    }

    async fn see(&self, depth: Depth) -> Observed {
        let account = self.tenant.session.account().clone();
        let query = Query {
            identity: identity(),
            account: account.clone(),
            subnets_of: None,
            subnets: BTreeSet::new(),
            vpcs: BTreeMap::from([(account, BTreeSet::from([self.vpc.clone()]))]),
            known: BTreeSet::new(),
            domains: BTreeSet::new(),
            zones_in: Some(VpcName::Id(self.vpc.clone())),
            shares: false,
        };
        Box::pin(self.tenant.session.observe_resolver(&query, depth, &[])).await
    }

    /// Waits until AWS has finished, and compares with what was to be expected.
    async fn agrees(&mut self) {
        self.known.finish_pending();
        let mut seen = self.see(Depth::fresh()).await;
        for _ in 0..30 {
            if essence(&seen) == essence(&self.known) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            seen = self.see(Depth::fresh()).await;
        }
        assert_eq!(essence(&seen), essence(&self.known));
    }
}

/// What can be compared: without ids of addresses and words of AWS.
fn essence(observed: &Observed) -> String {
    let endpoint = |one: &endpoint::Endpoint| {
        let addresses = one.addresses.present().into_iter().flatten();
        let addresses: BTreeSet<_> = addresses
            .map(|one| (one.ip, one.subnet_id.clone(), one.state.clone()))
            .collect();
        let what = (
            &one.id,
            &one.arn,
            &one.request_id,
            one.direction,
            &one.protocols,
            &one.state,
            &one.security_groups,
        );
        format!("{what:?} {:?} {addresses:?} {:?}\n", one.vpc_id, one.tags)
    };
    let rule = |one: &rule::Rule| {
        let what = (
            &one.id,
            &one.arn,
            &one.request_id,
            &one.name,
            &one.domain,
            &one.kind,
            &one.state,
        );
        format!("{what:?} {:?} {:?} {:?}\n", one.targets, one.endpoint_id, one.tags)
    };
    let log = |one: &query_log::QueryLog| {
        format!(
            "{:?}\n",
            (&one.id, &one.destination, &one.state, &one.request_id, &one.tags)
        )
    };
    let mut all: Vec<String> = observed.endpoints.as_ref().unwrap().iter().map(endpoint).collect();
    let account = observed.accounts.values().next().unwrap();
    let rules = account
        .rules
        .as_ref()
        .unwrap()
        .iter()
        .filter(|one| one.kind != "RECURSIVE");
    all.extend(rules.map(rule));
    let held = account
        .associations
        .as_ref()
        .unwrap()
        .iter()
        .filter(|one| !one.rule_id.contains("autodefined"));
    all.extend(held.map(|one| format!("{:?}\n", (&one.rule_id, &one.vpc_id, &one.state))));
    all.extend(observed.query_logs.as_ref().unwrap().iter().map(log));
    let logged = observed.logged_vpcs.as_ref().unwrap().iter();
    all.extend(logged.map(|one| format!("{:?}\n", (&one.config_id, &one.vpc_id, &one.state))));
    all.extend(
        observed
            .zones
            .as_ref()
            .unwrap()
            .iter()
            .map(|one| format!("{}\n", one.zone_id)),
    );
    all.sort();
    all.concat()
}

fn target(ip: &str, protocol: DnsProtocol) -> ForwardTarget {
    ForwardTarget {
        ip: ip.into(),
        port: if protocol == DnsProtocol::Do53 { 53 } else { 443 },
        protocol,
        server_name: (protocol == DnsProtocol::DoH).then(|| "dns.example.jp".into()),
    }
}

#[tokio::test]
#[ignore = "runs inside against_a_local_aws"]
async fn what_is_written_is_what_is_seen() {
    let tenant = Tenant::new(ACCOUNT).await;
    let ground = ground();
    let text = |path: &str| ground.pointer(path).unwrap().as_str().unwrap().to_owned();
    let account: AccountId = tenant.session.account().clone();
    let mut resolver = Resolver {
        tenant,
        known: Observed::default(),
        vpc: text("/vpc"),
    };
    resolver.known.accounts.insert(account.clone(), Account::default());
    resolver.known.home = Some(account.clone());
    let ip = |last: u8, net: u8| Ipv4Addr::new(10, 0, net, last);
    let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
    let create = endpoint::Action::Create {
        request_id: request_id("resolver-endpoint"),
        name: "resolver-endpoint".into(),
        direction: EndpointDirection::Outbound,
        vpc_id: text("/vpc"),
        security_group: text("/group"),
        addresses: BTreeMap::from([(ip(10, 1), text("/subnets/0")), (ip(10, 2), text("/subnets/1"))]),
        protocols: words(&["Do53"]),
        tags: tags("resolver-endpoint"),
    };
    let id = resolver.run(create.clone()).await;
    // An answer that was lost: the same request finds what it made.
    let again = resolver.tenant.session.execute(&step(REGION, create)).await.unwrap();
    assert_eq!(again.created.map(|created| created.id), Some(id.clone()));
    resolver.agrees().await;

    let (add, remove) = ((ip(20, 1), text("/subnets/0")), (ip(10, 1), text("/subnets/0")));
    resolver
        .run(endpoint::Action::AddAddress {
            id: id.clone(),
            ip: add.0,
            subnet_id: add.1,
        })
        .await;
    resolver.agrees().await;
    resolver
        .run(endpoint::Action::RemoveAddress {
            id: id.clone(),
            ip: remove.0,
            subnet_id: remove.1,
        })
        .await;
    resolver.agrees().await;
    let gone = endpoint::Action::RemoveAddress {
        id: id.clone(),
        ip: remove.0,
        subnet_id: text("/subnets/0"),
    };
    assert!(
        resolver.tenant.session.execute(&step(REGION, gone)).await.is_ok(),
        "gone is gone"
    );
    resolver
        .run(endpoint::Action::SetProtocols {
            id: id.clone(),
            protocols: words(&["Do53", "DoH"]),
        })
        .await;
    resolver.agrees().await;

    let forward = rule::Action::Create {
        request_id: request_id("resolver-rule.office"),
        name: "resolver-rule-office".into(),
        domain: "city.example.jp".into(),
        forward: Some((id.clone(), BTreeSet::from([target("172.16.0.53", DnsProtocol::Do53)]))),
        tags: tags("resolver-rule.office"),
    };
    let office = resolver.run(forward.clone()).await;
    let again = resolver.tenant.session.execute(&step(REGION, forward)).await.unwrap();
    assert_eq!(again.created.map(|created| created.id), Some(office.clone()));
    let keep = rule::Action::Create {
        request_id: request_id("resolver-rule.keep"),
        name: "resolver-rule-keep".into(),
        domain: "aws.city.example.jp".into(),
        forward: None,
        tags: tags("resolver-rule.keep"),
    };
    let keep = resolver.run(keep).await;
    let two = [
        target("172.16.0.54", DnsProtocol::Do53),
        target("172.16.0.55", DnsProtocol::DoH),
    ];
    let direct = rule::Action::Direct {
        id: office.clone(),
        domain: "city.example.jp".into(),
        endpoint_id: id.clone(),
        targets: BTreeSet::from(two),
    };
    resolver.run(direct).await;
    resolver.agrees().await;

    let pair = Pair {
        account,
        rule_id: office.clone(),
        domain: "city.example.jp".into(),
        vpc_id: text("/vpc"),
    };
    resolver.run(rule_association::Action::Associate(pair.clone())).await;
    let log = query_log::Action::Create {
        request_id: request_id("query-log.x"),
        name: "query-log-x".into(),
        destination: "arn:aws:s3:::dns-log".into(),
        tags: tags("query-log.x"),
    };
    let log = resolver.run(log).await;
    resolver.agrees().await;
    resolver
        .run(query_log::Action::Associate {
            id: log.clone(),
            vpc_id: text("/vpc"),
        })
        .await;
    let (zone_id, vpc_id) = (text("/zone"), text("/vpc"));
    let answer = zone_association::Action::Associate {
        zone_id: zone_id.clone(),
        vpc_id: vpc_id.clone(),
    };
    resolver.run(answer).await;
    resolver.agrees().await;
    let seen = resolver.see(Depth::shared()).await;
    assert_eq!(seen.zones.unwrap()[0].domain, "example.jp");
    let stranger = Identity {
        installation: "another".into(),
        ..identity()
    };
    assert_eq!(stranger.issued(&request_id("resolver-rule.keep")), None);

    resolver
        .run(zone_association::Action::Disassociate { zone_id, vpc_id })
        .await;
    resolver
        .run(query_log::Action::Disassociate {
            id: log.clone(),
            vpc_id: text("/vpc"),
        })
        .await;
    resolver.run(rule_association::Action::Disassociate(pair)).await;
    resolver.agrees().await;
    resolver.run(query_log::Action::Delete { id: log }).await;
    resolver
        .run(rule::Action::Delete {
            id: office,
            domain: "city.example.jp".into(),
        })
        .await;
    resolver
        .run(rule::Action::Delete {
            id: keep,
            domain: "aws.city.example.jp".into(),
        })
        .await;
    resolver.agrees().await;
    resolver.run(endpoint::Action::Delete { id }).await;
    resolver.agrees().await;
    assert!(resolver.see(Depth::Whole).await.endpoints.unwrap().is_empty());
}

#[tokio::test]
#[ignore = "runs inside against_a_local_aws"]
async fn tags_of_what_names_its_owner_are_read_in_their_turn_and_lists_are_shared() {
    const ACCOUNT: &str = "444400000002";
    let tenant = Tenant::new(ACCOUNT).await;
    let id = request_id("resolver-rule.keep");
    let script = format!(
        "client('route53resolver').create_resolver_rule(CreatorRequestId='{id}', Name='keep', RuleType='SYSTEM', DomainName='a.example.jp')\n\
         print('made')"
    );
    others(ACCOUNT, &script);
    let resolver = Resolver {
        tenant,
        known: Observed::default(),
        vpc: "vpc-0123456789abcdef0".into(),
    };
    let rule = |seen: &Observed| {
        let rules = seen.rules().as_ref().unwrap();
        rules.iter().find(|rule| rule.domain == "a.example.jp").cloned()
    };
    let seen = resolver.see(Depth::shared()).await;
    let unread = rule(&seen).unwrap();
    assert!(!unread.tags_read, "its turn has not come");
    assert_eq!(
        unread.tags,
        tags("resolver-rule.keep"),
        "its request id says whose it is"
    );
    others(
        ACCOUNT,
        "client('route53resolver').create_resolver_rule(CreatorRequestId='x', Name='x', RuleType='SYSTEM', DomainName='b.example.jp')\nprint('made')",
    );
    let count = |seen: &Observed| seen.rules().as_ref().unwrap().len();
    assert_eq!(
        count(&resolver.see(Depth::shared()).await),
        count(&seen),
        "the list of a moment ago"
    );
    assert_eq!(
        count(&resolver.see(Depth::fresh()).await),
        count(&seen) + 1,
        "a list of now"
    );
    let read = rule(&resolver.see(Depth::Whole).await).unwrap();
    assert!(read.tags_read && read.tags.is_empty(), "nobody tagged it: {read:?}");
    assert_eq!(seen.endpoints.as_ref().map(Vec::len), Ok(0));
    assert!(
        matches!(seen.zones, Ok(zones) if zones.is_empty()),
        "the VPC is not there"
    );
}

#[tokio::test]
#[ignore = "runs inside against_a_local_aws"]
async fn what_is_shared_with_an_account_changes() {
    let tenant = Tenant::new("444400000003").await;
    let script = "\
        resolver = client('route53resolver')\n\
        rules = [resolver.create_resolver_rule(CreatorRequestId=d, DomainName=d, RuleType='SYSTEM')['ResolverRule']['Arn'] for d in ('a.jp', 'b.jp')]\n\
        print(json.dumps(rules))";
    let rules: Vec<String> = serde_json::from_str(&others("444400000003", script)).unwrap();
    let one = |index: usize| BTreeSet::from([rules[index].clone()]);
    let run = async |action: rule_share::Action| {
        let effect = tenant.session.execute(&step(REGION, action)).await.unwrap();
        effect.created.and_then(|created| created.arn).unwrap_or_default()
    };
    let create = rule_share::Action::Create {
        name: "rules".into(),
        account: AccountId::new("444400000004").unwrap(),
        rules: one(0),
        tags: tags("rule-share.444400000004"),
    };
    let arn = run(create).await;
    let (add, remove) = (
        rule_share::Action::Add {
            arn: arn.clone(),
            rules: one(1),
        },
        rule_share::Action::Remove {
            arn: arn.clone(),
            rules: one(0),
        },
    );
    run(add).await;
    run(remove).await;
    let query = Query {
        identity: identity(),
        account: tenant.session.account().clone(),
        subnets_of: None,
        subnets: BTreeSet::new(),
        vpcs: BTreeMap::new(),
        known: BTreeSet::new(),
        domains: BTreeSet::new(),
        zones_in: None,
        shares: true,
    };
    let is_changed = async || {
        let seen = tenant.session.observe_resolver(&query, Depth::fresh(), &[]).await;
        let shares = seen.shares.unwrap();
        shares
            .iter()
            .any(|share| share.arn == arn && format!("{share:?}").contains(&rules[1]))
    };
    while !is_changed().await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    run(rule_share::Action::Delete { arn: arn.clone() }).await;
}
