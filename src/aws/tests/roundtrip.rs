//! What `execute` does is what `absorb` says and what `observe` then sees, against the local AWS.
//!
//! The outer test starts a local AWS and runs the cases below in a process whose environment points
//! to it, because the product reads `AWS_ENDPOINT_URL` and has no other hook.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jichitai_api::Region;
use jichitai_aws::accounts::{AccountAccess, Accounts};
use jichitai_aws::session::Session;
use jichitai_plan::ec2::flow_log::Action as FlowLog;
use jichitai_plan::ec2::network_acl::{Action as NetworkAcl, Rule as AclRule, UNREAD_ASSOCIATION};
use jichitai_plan::ec2::route_table::Action as RouteTable;
use jichitai_plan::ec2::security_group::{Action as SecurityGroup, Rule, default_egress};
use jichitai_plan::ec2::subnet::Action as Subnet;
use jichitai_plan::ec2::transit_gateway_attachment::Action as Attachment;
use jichitai_plan::ec2::vpc::Action as Vpc;
use jichitai_plan::ec2::vpc_endpoint::Action as VpcEndpoint;
use jichitai_plan::ec2::{ebs_defaults, tags as ec2_tags};
use jichitai_plan::identity::{AccountId, Identity, Owner, Part, Role, short_hash};
use jichitai_plan::kms::alias::Action as Alias;
use jichitai_plan::kms::key::{Action as Key, KeyState};
use jichitai_plan::municipality::observed::{Network, Observed};
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::step::{Action, Created, Creation, Difference, Step};
use jichitai_plan::tags::Tags;

/// Each test works in an account of its own, so that they can run at the same time.
const HUB: &str = "123456789012";

#[test]
fn against_a_local_aws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/aws");
    let mut server = Command::new(python())
        .args(["-m", "local_aws", "--port", "0"])
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // It ends when this pipe does.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--skip", "against_a_local_aws"])
        .env("AWS_ENDPOINT_URL", announced["endpoint"].as_str().unwrap())
        .env("AWS_ACCESS_KEY_ID", HUB)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .status()
        .unwrap();
    drop(server.stdin.take());
    server.wait().unwrap();
    assert!(status.success(), "see the output of the inner tests");
}

/// The Python of the local AWS: `PYTHON`, or the one that `tools/install` keeps.
fn python() -> String {
    if let Ok(python) = std::env::var("PYTHON") {
        return python;
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/install");
    let output = Command::new(tools)
        .args(["--print", "python"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim()
        .strip_prefix("PYTHON=")
        .unwrap()
        .trim_matches(['\'', '"'])
        .to_owned()
}

/// Does in an account what the operator does not: other people's work. The script finds `client`
/// and prints what the test wants to know.
fn others(account: &str, script: &str) -> String {
    let prelude = format!(
        "import boto3, json, os, urllib.request\n\
         def client(service, region='ap-northeast-1'):\n\
         \x20   return boto3.client(service, region_name=region, aws_access_key_id='{account}', aws_secret_access_key='x')\n\
         def side(path, body):\n\
         \x20   url = os.environ['AWS_ENDPOINT_URL'] + '/local-aws/' + path\n\
         \x20   urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), method='POST')).read()\n"
    );
    let output = Command::new(python())
        .args(["-c", &(prelude + script)])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A tenant's account that the hub may enter with an external id.
struct Tenant {
    id: &'static str,
    session: Arc<Session>,
    observed: Observed,
}

impl Tenant {
    async fn new(id: &'static str) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .try_init();
        make_role(id);
        let session = Accounts::new().await.session(&access(id)).await.unwrap();
        Self {
            id,
            session,
            observed: Observed::default(),
        }
    }

    /// Executes a step and folds its effect in.
    async fn run(&mut self, region: Region, action: impl Into<Action>) -> Option<Created> {
        self.try_run(region, action).await.unwrap()
    }

    async fn try_run(&mut self, region: Region, action: impl Into<Action>) -> Result<Option<Created>, Fault> {
        let effect = self.session.execute(&step(region, action)).await?;
        self.observed.absorb(&effect);
        Ok(effect.created)
    }

    async fn create(&mut self, region: Region, action: impl Into<Action>) -> String {
        self.run(region, action).await.unwrap().id
    }

    async fn observe(&self, query: &Query) -> Observed {
        self.session.observe(query).await
    }
}

fn access(account: &str) -> AccountAccess {
    AccountAccess {
        account: AccountId::new(account).unwrap(),
        role_arn: Some(format!("arn:aws:iam::{account}:role/operator")),
        external_id: Some("secret".into()),
        session_name: "jichitai-test".into(),
    }
}

fn make_role(account: &str) {
    others(
        account,
        &format!(
            "policy = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 'sts:AssumeRole',\n\
             \x20 'Principal': {{'AWS': 'arn:aws:iam::{HUB}:root'}}, 'Condition': {{'StringEquals': {{'sts:ExternalId': 'secret'}}}}}}]}}\n\
             client('iam').create_role(RoleName='operator', AssumeRolePolicyDocument=json.dumps(policy))"
        ),
    );
}

/// The same action has the same token.
fn step(region: Region, action: impl Into<Action>) -> Step {
    let action = action.into();
    let creation = Some(Creation {
        token: short_hash(&action.to_string(), 32),
        incarnation: 0,
    });
    Step {
        creation,
        ..Step::change(&Part::new(region, "test"), action, Difference::new("test", "", ""))
    }
}

fn identity() -> Identity {
    Identity {
        installation: "test".into(),
        owner: Owner::municipality("tenants", "chiyoda"),
    }
}

fn tags(role: &str) -> Tags {
    identity().tags(&Role::new(role), &Tags::new())
}

fn query() -> Query {
    Query {
        identity: identity(),
        aliases: BTreeSet::new(),
        ids: BTreeMap::new(),
        network: NetworkQuery::Managed,
        ebs_defaults: false,
        key_usage: false,
        shared_keys: BTreeSet::new(),
    }
}

fn policy(account: &str) -> Document {
    let root = AccountId::new(account).unwrap().root_arn();
    Document {
        statements: vec![Statement::allow("Admin", &[root], &["kms:*"])],
    }
}

fn sorted<T: Clone>(listing: &Listing<T>, id: impl Fn(&T) -> String) -> Vec<T> {
    let mut list = listing.clone().unwrap();
    list.sort_by_key(id);
    list
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn keys() {
    let mut tenant = Tenant::new("111111111111").await;
    let alias = "alias/jichitai/test/131016-all".to_owned();
    let asked = Query {
        aliases: [alias.clone()].into(),
        ebs_defaults: true,
        ..query()
    };
    let before = tenant.observe(&asked).await;
    tenant.observed = before;
    for region in Region::ALL {
        let create = Key::Create {
            description: "131016 all".into(),
            policy: policy(tenant.id),
            tags: tags("key.all"),
        };
        let id = tenant.create(region, create).await;

        // Created and not named: found by its tags.
        let orphan = tenant.observe(&asked).await;
        assert_eq!(
            orphan.region(region).keys.as_ref().unwrap().len(),
            1,
            "{:?}",
            orphan.region(region)
        );

        tenant
            .run(
                region,
                Alias::Create {
                    name: alias.clone(),
                    key_id: id.clone(),
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Rotate {
                    id: id.clone(),
                    days: 180,
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Describe {
                    id: id.clone(),
                    description: "new".into(),
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Tag {
                    id: id.clone(),
                    tags: [("extra".to_owned(), "値".to_owned())].into(),
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Untag {
                    id: id.clone(),
                    key: "Name".into(),
                },
            )
            .await;
        tenant.run(region, Key::Disable { id: id.clone() }).await;
        tenant.run(region, Key::Enable { id: id.clone() }).await;
        let mut narrow = policy(tenant.id);
        narrow.statements.push(Statement::allow(
            "Use",
            &[AccountId::new(HUB).unwrap().root_arn()],
            &["kms:Decrypt"],
        ));
        tenant
            .run(
                region,
                Key::PutPolicy {
                    id: id.clone(),
                    policy: narrow,
                },
            )
            .await;
        let arn = tenant.observed.region(region).keys.as_ref().unwrap()[0].arn.clone();
        tenant.run(region, ebs_defaults::Action::SetKey { arn }).await;
        tenant.run(region, ebs_defaults::Action::Enable).await;
    }
    let seen = tenant.observe(&asked).await;
    assert_eq!(seen, tenant.observed);

    let id = seen.region(Region::Osaka).keys.as_ref().unwrap()[0].id.clone();
    tenant
        .run(
            Region::Osaka,
            Key::ScheduleDeletion {
                id: id.clone(),
                days: 7,
            },
        )
        .await;
    let seen = tenant.observe(&asked).await;
    let state = &seen.region(Region::Osaka).keys.as_ref().unwrap()[0].state;
    assert!(matches!(state, KeyState::PendingDeletion { at: Some(_) }), "{state:?}");
    let refused = tenant
        .try_run(
            Region::Osaka,
            Key::Rotate {
                id: id.clone(),
                days: 90,
            },
        )
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FaultKind::Conflict, "{refused}");
    assert!(refused.request_id.is_some());
    tenant.run(Region::Osaka, Key::CancelDeletion { id }).await;
    let seen = tenant.observe(&asked).await;
    assert_eq!(
        seen.region(Region::Osaka).keys.as_ref().unwrap()[0].state,
        KeyState::Disabled
    );
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn shared_and_unknown_keys() {
    let mut tenant = Tenant::new("222222222222").await;
    let create = Key::Create {
        description: String::new(),
        policy: policy(tenant.id),
        tags: tags("key.all"),
    };
    let key = tenant.run(Region::Osaka, create).await.unwrap();
    let arn = key.arn.unwrap();
    let none = arn.replace(&key.id, "00000000-0000-4000-8000-000000000000");
    let ids = [
        key.id.clone(),
        "00000000-0000-4000-8000-000000000000".into(),
        "vpc-0123456789abcdef0".into(),
    ];
    let asked = Query {
        shared_keys: [arn.clone(), none.clone(), arn.replace("ap-northeast-3", "us-east-1")].into(),
        ids: [(Region::Osaka, ids.into())].into(),
        ..query()
    };
    let seen = tenant.observe(&asked).await;
    assert!(
        matches!(&seen.shared_keys[&arn], Observation::Present(key) if key.customer_managed && key.state == KeyState::Enabled)
    );
    assert_eq!(seen.shared_keys[&none], Observation::Absent);
    assert_eq!(seen.shared_keys.values().filter(|one| one.fault().is_some()).count(), 1);
    assert_eq!(
        seen.region(Region::Osaka)
            .keys
            .as_ref()
            .unwrap()
            .iter()
            .map(|key| &key.id)
            .collect::<Vec<_>>(),
        [&key.id]
    );
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn usage_of_keys() {
    let mut tenant = Tenant::new("333333333333").await;
    let create = |role: &str| Key::Create {
        description: String::new(),
        policy: policy("333333333333"),
        tags: tags(role),
    };
    let used = tenant.run(Region::Tokyo, create("key.used")).await.unwrap();
    let unused = tenant.create(Region::Tokyo, create("key.unused")).await;
    let arn = used.arn.unwrap();
    others(
        tenant.id,
        &format!(
            "ec2, key = client('ec2'), '{arn}'\n\
             volume = ec2.create_volume(AvailabilityZone='ap-northeast-1a', Size=1, Encrypted=True, KmsKeyId=key)['VolumeId']\n\
             ec2.get_waiter('volume_available').wait(VolumeIds=[volume], WaiterConfig={{'Delay': 1}})\n\
             ec2.create_snapshot(VolumeId=volume)\n\
             s3 = client('s3')\n\
             s3.create_bucket(Bucket='usage-of-keys', CreateBucketConfiguration={{'LocationConstraint': 'ap-northeast-1'}})\n\
             rule = {{'ApplyServerSideEncryptionByDefault': {{'SSEAlgorithm': 'aws:kms', 'KMSMasterKeyID': key}}}}\n\
             s3.put_bucket_encryption(Bucket='usage-of-keys', ServerSideEncryptionConfiguration={{'Rules': [rule]}})\n\
             client('kms').create_grant(KeyId=key, GranteePrincipal='arn:aws:iam::{}:root', Operations=['Decrypt'])",
            tenant.id
        ),
    );
    tenant.run(Region::Tokyo, ebs_defaults::Action::SetKey { arn }).await;
    let ids = [used.id.clone(), unused.clone()];
    let asked = Query {
        ids: [(Region::Tokyo, ids.into())].into(),
        key_usage: true,
        ..query()
    };
    let seen = tenant.observe(&asked).await;
    let usage = &seen.region(Region::Tokyo).usage;
    assert_eq!(usage[&used.id].unreadable, []);
    assert_eq!(usage[&used.id].checked.len(), 11, "{:?}", usage[&used.id].checked);
    let kinds: BTreeSet<&str> = usage[&used.id].uses.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["bucket", "ebs-default", "grant", "snapshot", "volume"])
    );
    assert!(usage[&unused].is_unused(), "{:?}", usage[&unused]);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn network() {
    let mut tenant = Tenant::new("444444444444").await;
    let tokyo = Region::Tokyo;
    let made = others(
        tenant.id,
        "client('s3').create_bucket(Bucket='flow-logs-444', CreateBucketConfiguration={'LocationConstraint': 'ap-northeast-1'})\n\
         print(client('ec2').create_transit_gateway()['TransitGateway']['TransitGatewayId'])",
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = query();
    assert_eq!(tenant.observe(&asked).await.network, Network::default());

    let vpc = tenant
        .create(
            tokyo,
            Vpc::Create {
                cidr: "10.0.0.0/16".parse().unwrap(),
                tags: tags("vpc"),
            },
        )
        .await;
    // Route table, network ACL and security group that come with a VPC.
    tenant.observed = tenant.observe(&asked).await;
    tenant.run(tokyo, Vpc::EnableDnsSupport { id: vpc.clone() }).await;
    tenant.run(tokyo, Vpc::EnableDnsHostnames { id: vpc.clone() }).await;
    tenant
        .run(
            tokyo,
            Vpc::AddCidr {
                id: vpc.clone(),
                cidr: "10.1.0.0/16".parse().unwrap(),
            },
        )
        .await;
    let subnet = |cidr: &str, zone: &str| Subnet::Create {
        vpc_id: vpc.clone(),
        cidr: cidr.parse().unwrap(),
        zone: format!("ap-northeast-1{zone}"),
        tags: tags(&format!("subnet.{zone}")),
    };
    let a = tenant.create(tokyo, subnet("10.0.1.0/24", "a")).await;
    let c = tenant.create(tokyo, subnet("10.1.1.0/24", "c")).await;
    tenant.run(tokyo, Subnet::NoPublicIp { id: a.clone() }).await;
    let more: Tags = [("more".to_owned(), "タグ".to_owned())].into();
    tenant
        .run(
            tokyo,
            ec2_tags::Action {
                id: a.clone(),
                tags: more,
            },
        )
        .await;

    let attach = Attachment::Create {
        transit_gateway_id: made.clone(),
        vpc_id: vpc.clone(),
        subnets: [a.clone()].into(),
        tags: tags("tgw-attachment"),
    };
    let attachment = tenant.create(tokyo, attach).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    tenant
        .run(
            tokyo,
            Attachment::Modify {
                id: attachment.clone(),
                add: [c.clone()].into(),
                remove: BTreeSet::new(),
            },
        )
        .await;

    let create = |role: &str| RouteTable::Create {
        vpc_id: vpc.clone(),
        tags: tags(role),
    };
    let first = tenant.create(tokyo, create("route-table.first")).await;
    let second = tenant.create(tokyo, create("route-table.second")).await;
    let route = |destination: &str| RouteTable::AddRoute {
        id: first.clone(),
        destination: destination.parse().unwrap(),
        transit_gateway: made.clone(),
    };
    tenant.run(tokyo, route("172.16.0.0/16")).await;
    tenant.run(tokyo, route("172.16.0.0/16")).await;
    tenant.run(tokyo, route("172.17.0.0/16")).await;
    tenant
        .run(
            tokyo,
            RouteTable::RemoveRoute {
                id: first.clone(),
                destination: "172.17.0.0/16".into(),
            },
        )
        .await;
    tenant
        .run(
            tokyo,
            RouteTable::RemoveRoute {
                id: first.clone(),
                destination: "172.17.0.0/16".into(),
            },
        )
        .await;
    tenant
        .run(
            tokyo,
            RouteTable::Associate {
                id: second.clone(),
                subnet_id: a.clone(),
            },
        )
        .await;
    let association_id = tenant
        .observed
        .network
        .route_tables
        .as_ref()
        .unwrap()
        .iter()
        .find_map(|table| table.associations.get(&a))
        .unwrap()
        .clone();
    tenant
        .run(
            tokyo,
            RouteTable::Reassociate {
                id: first.clone(),
                subnet_id: a.clone(),
                association_id,
            },
        )
        .await;

    let acl = tenant
        .create(
            tokyo,
            NetworkAcl::Create {
                vpc_id: vpc.clone(),
                tags: tags("network-acl"),
            },
        )
        .await;
    let rule = |egress, cidr: &str, protocol: &str, ports| AclRule {
        egress,
        allow: true,
        cidr: cidr.into(),
        protocol: protocol.into(),
        ports,
    };
    tenant
        .run(
            tokyo,
            NetworkAcl::AddEntry {
                id: acl.clone(),
                number: 100,
                rule: rule(false, "10.0.0.0/8", "6", Some((443, 443))),
            },
        )
        .await;
    tenant
        .run(
            tokyo,
            NetworkAcl::AddEntry {
                id: acl.clone(),
                number: 100,
                rule: rule(true, "10.0.0.0/8", "-1", None),
            },
        )
        .await;
    tenant
        .run(
            tokyo,
            NetworkAcl::AddEntry {
                id: acl.clone(),
                number: 110,
                rule: rule(true, "10.0.0.0/8", "17", Some((53, 53))),
            },
        )
        .await;
    tenant
        .run(
            tokyo,
            NetworkAcl::RemoveEntry {
                id: acl.clone(),
                egress: true,
                number: 110,
            },
        )
        .await;
    let associate = NetworkAcl::Associate {
        id: acl.clone(),
        subnet_id: a.clone(),
        association_id: UNREAD_ASSOCIATION.into(),
    };
    tenant.run(tokyo, associate).await;

    let create = SecurityGroup::Create {
        vpc_id: vpc.clone(),
        name: "endpoints".into(),
        description: "endpoints".into(),
        tags: tags("security-group"),
    };
    let group = tenant.create(tokyo, create).await;
    let rule = |peer: &str| Rule {
        egress: false,
        peer: peer.into(),
        protocol: "tcp".into(),
        ports: Some((443, 443)),
    };
    for peer in ["10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/16", Rule::SELF] {
        tenant
            .run(
                tokyo,
                SecurityGroup::Allow {
                    id: group.clone(),
                    rule: rule(peer),
                },
            )
            .await;
    }
    for _ in 0..2 {
        tenant
            .run(
                tokyo,
                SecurityGroup::Revoke {
                    id: group.clone(),
                    rule: rule("10.1.0.0/16"),
                },
            )
            .await;
        tenant
            .run(
                tokyo,
                SecurityGroup::Revoke {
                    id: group.clone(),
                    rule: default_egress(),
                },
            )
            .await;
    }

    let mut endpoints = Vec::new();
    for service in ["kms", "s3"] {
        let create = VpcEndpoint::Create {
            vpc_id: vpc.clone(),
            service: format!("com.amazonaws.ap-northeast-1.{service}"),
            subnets: [a.clone()].into(),
            security_group: group.clone(),
            tags: tags(&format!("endpoint.{service}")),
        };
        let id = tenant.create(tokyo, create.clone()).await;
        let again = tenant.session.execute(&step(tokyo, create)).await.unwrap();
        assert_eq!(again.created.unwrap().id, id, "the token makes it the same creation");
        endpoints.push(id);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let modify = VpcEndpoint::Modify {
        id: endpoints[0].clone(),
        add_subnets: [c.clone()].into(),
        remove_subnets: BTreeSet::new(),
        add_groups: BTreeSet::new(),
        remove_groups: BTreeSet::new(),
        enable_private_dns: false,
    };
    tenant.run(tokyo, modify).await;
    let log = |destination: &str| FlowLog::Create {
        vpc_id: vpc.clone(),
        destination: destination.into(),
        tags: tags("flow-log"),
    };
    let flow_log = tenant.create(tokyo, log("arn:aws:s3:::flow-logs-444/vpc")).await;
    let refused = tenant
        .try_run(tokyo, log("arn:aws:logs:ap-northeast-1:444444444444:log-group:x"))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FaultKind::Invalid);

    tokio::time::sleep(Duration::from_millis(500)).await;
    let seen = tenant.observe(&asked).await.network;
    let said = settled(&tenant.observed.network, &seen);
    assert_eq!(seen.vpcs, said.vpcs);
    assert_eq!(
        sorted(&seen.subnets, |one| one.id.clone()),
        sorted(&said.subnets, |one| one.id.clone())
    );
    assert_eq!(
        sorted(&seen.route_tables, |one| one.id.clone()),
        sorted(&said.route_tables, |one| one.id.clone())
    );
    assert_eq!(
        sorted(&seen.network_acls, |one| one.id.clone()),
        sorted(&said.network_acls, |one| one.id.clone())
    );
    assert_eq!(
        sorted(&seen.security_groups, |one| one.id.clone()),
        sorted(&said.security_groups, |one| one.id.clone())
    );
    assert_eq!(
        sorted(&seen.endpoints, |one| one.id.clone()),
        sorted(&said.endpoints, |one| one.id.clone())
    );
    assert_eq!(seen.flow_logs, said.flow_logs);
    assert_eq!(seen.attachments, said.attachments);
    assert_eq!(seen.gateways, Ok(Vec::new()));
    let existing = Query {
        network: NetworkQuery::Existing { vpc_id: vpc.clone() },
        ..query()
    };
    assert_eq!(tenant.observe(&existing).await.network, seen);

    let in_use = tenant
        .try_run(tokyo, Subnet::Delete { id: a.clone() })
        .await
        .unwrap_err();
    assert_eq!(in_use.kind, FaultKind::Conflict, "{in_use}");

    // A VPC that lost its tags is found around its subnets, and by its id.
    others(
        tenant.id,
        &format!("client('ec2').delete_tags(Resources=['{vpc}'], Tags=[{{'Key': 'jichitai:owner'}}])"),
    );
    let found = tenant.observe(&asked).await.network.vpcs.unwrap();
    assert_eq!(found.iter().map(|vpc| &vpc.id).collect::<Vec<_>>(), [&vpc]);
    let by_id = Query {
        ids: [(tokyo, [vpc.clone(), "vpc-0123456789abcdef0".into()].into())].into(),
        ..query()
    };
    assert_eq!(tenant.observe(&by_id).await.network.vpcs.unwrap().len(), 1);

    for _ in 0..2 {
        tenant.run(tokyo, FlowLog::Delete { id: flow_log.clone() }).await;
    }
    for id in &endpoints {
        tenant.run(tokyo, VpcEndpoint::Delete { id: id.clone() }).await;
    }
    tenant.run(tokyo, Attachment::Delete { id: attachment }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let seen = tenant.observe(&asked).await.network;
    assert_eq!(
        (seen.endpoints, seen.attachments, seen.flow_logs),
        (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()))
    );
    for id in endpoints {
        tenant.run(tokyo, VpcEndpoint::Delete { id }).await;
    }
    for _ in 0..2 {
        for id in [&a, &c] {
            tenant.run(tokyo, Subnet::Delete { id: id.clone() }).await;
        }
        for id in [&first, &second] {
            tenant.run(tokyo, RouteTable::Delete { id: id.clone() }).await;
        }
        tenant.run(tokyo, NetworkAcl::Delete { id: acl.clone() }).await;
        tenant.run(tokyo, SecurityGroup::Delete { id: group.clone() }).await;
        tenant.run(tokyo, Vpc::Delete { id: vpc.clone() }).await;
    }
    assert_eq!(tenant.observe(&by_id).await.network, Network::default());
}

/// What was said about things that AWS finishes by itself: states, and ids that were not read.
fn settled(said: &Network, seen: &Network) -> Network {
    let mut said = said.clone();
    for endpoint in said.endpoints.iter_mut().flatten() {
        endpoint.state = "available".into();
    }
    for attachment in said.attachments.iter_mut().flatten() {
        attachment.state = "available".into();
    }
    let known: BTreeMap<_, _> = seen
        .network_acls
        .iter()
        .flatten()
        .flat_map(|acl| acl.associations.clone())
        .collect();
    for association in said
        .network_acls
        .iter_mut()
        .flatten()
        .flat_map(|acl| acl.associations.iter_mut())
    {
        association.1.clone_from(&known[association.0]);
    }
    said
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn accounts_and_faults() {
    let id = "555555555555";
    make_role(id);
    let accounts = Accounts::new().await;
    let access_of = access(id);
    let (one, two) = futures::join!(accounts.session(&access_of), accounts.session(&access_of));
    let session = one.unwrap();
    assert!(Arc::ptr_eq(&session, &two.unwrap()), "one session for one access");
    assert_eq!(session.account().as_str(), id);
    assert!(
        session.caller_arn().contains("jichitai-test"),
        "{}",
        session.caller_arn()
    );

    let own = AccountAccess {
        account: AccountId::new(HUB).unwrap(),
        role_arn: None,
        external_id: None,
        session_name: "x".into(),
    };
    assert_eq!(accounts.session(&own).await.unwrap().account().as_str(), HUB);
    let mismatch = accounts
        .session(&AccountAccess {
            account: AccountId::new(id).unwrap(),
            ..own
        })
        .await
        .unwrap_err();
    assert_eq!(
        (mismatch.kind, mismatch.code.as_str()),
        (FaultKind::Denied, "AccountMismatch")
    );
    let stranger = accounts
        .session(&AccountAccess {
            external_id: Some("wrong".into()),
            ..access(id)
        })
        .await
        .unwrap_err();
    assert_eq!(
        (stranger.kind, stranger.operation.as_str()),
        (FaultKind::Denied, "sts:AssumeRole"),
        "{stranger}"
    );

    let create = |role: &str| Key::Create {
        description: String::new(),
        policy: policy(id),
        tags: tags(role),
    };
    let create_key = step(Region::Tokyo, create("key.all"));
    for (action, want) in [
        ("scp-deny", FaultKind::Denied),
        ("throttle", FaultKind::Throttled),
        ("error-after", FaultKind::Transient),
    ] {
        others(
            id,
            &format!(
                "side('faults', {{'account': '{id}', 'service': 'kms', 'operation': 'CreateKey', 'action': '{action}', 'times': 1}})"
            ),
        );
        let fault = session.execute(&create_key).await.unwrap_err();
        assert_eq!(fault.kind, want, "{fault}");
        assert_eq!(fault.operation, "kms:CreateKey");
    }
    let bad = Document {
        statements: vec![Statement::allow(
            "Nobody",
            &["arn:aws:iam::555555555555:role/none".into()],
            &["kms:*"],
        )],
    };
    let bad = Key::Create {
        description: String::new(),
        policy: bad,
        tags: tags("key.all"),
    };
    assert_eq!(
        session.execute(&step(Region::Tokyo, bad)).await.unwrap_err().kind,
        FaultKind::Invalid
    );

    // The creation whose answer was lost had its effect, once.
    let asked = Query {
        aliases: ["alias/jichitai/test/x".into()].into(),
        ..query()
    };
    assert_eq!(
        session
            .observe(&asked)
            .await
            .region(Region::Tokyo)
            .keys
            .as_ref()
            .unwrap()
            .len(),
        1
    );

    // A denied listing is not an empty one; the rest is read.
    others(
        id,
        &format!(
            "side('faults', {{'account': '{id}', 'service': 'ec2', 'operation': 'DescribeSubnets', 'action': 'deny'}})"
        ),
    );
    others(
        id,
        &format!(
            "side('faults', {{'account': '{id}', 'region': 'ap-northeast-3', 'operation': 'ListAliases', 'action': 'deny'}})"
        ),
    );
    let seen = session.observe(&asked).await;
    assert_eq!(seen.network.vpcs.unwrap_err().kind, FaultKind::Denied);
    assert_eq!(
        seen.network.security_groups.unwrap_err().operation,
        "ec2:DescribeSubnets"
    );
    assert_eq!(
        seen.regions[&Region::Osaka].keys.as_ref().unwrap_err().kind,
        FaultKind::Denied
    );
    assert_eq!(seen.regions[&Region::Tokyo].keys.as_ref().unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn futures_can_move_between_threads() {
    let tenant = Tenant::new("666666666666").await;
    let session = Arc::clone(&tenant.session);
    let seen = tokio::spawn(async move { session.observe(&query()).await })
        .await
        .unwrap();
    assert_eq!(seen, Observed::default());
}
