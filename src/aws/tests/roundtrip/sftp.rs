//! SFTP servers, their host keys and the secrets behind these: everything that the operator writes, as `absorb` says it
//! and as it is then seen.

use std::collections::BTreeSet;
use std::time::Duration;

use jichitai_api::Region;
use jichitai_aws::{secrets, transfer};
use jichitai_plan::ec2::vpc_endpoint;
use jichitai_plan::observation::{FaultKind, Listing, Observation};
use jichitai_plan::tags::Tags;
use jichitai_plan::transfer::host_key::{HostKeySource, SOURCE};
use jichitai_plan::transfer::server::{self, Action, Endpoint, Server};

use crate::tenant::{Tenant, identity, others, tags};

const REGION: Region = Region::Tokyo;

/// What others made: the network, a role, keys, a secret.
pub(crate) struct Ground {
    vpc: String,
    subnets: Vec<String>,
    groups: Vec<String>,
    pub(crate) role: String,
    secret: String,
    versions: Vec<String>,
    pub(crate) keys: Vec<String>,
}

/// Two secret versions with host keys, the second current; three public keys.
fn ground(account: &str) -> Ground {
    let script = "\
        from cryptography.hazmat.primitives import serialization as form\n\
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n\
        def pair(name):\n\
        \x20   key, ssh = Ed25519PrivateKey.generate(), form.PublicFormat.OpenSSH\n\
        \x20   private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())\n\
        \x20   return private.decode(), key.public_key().public_bytes(form.Encoding.OpenSSH, ssh).decode() + ' ' + name\n\
        ec2, secrets = client('ec2'), client('secretsmanager')\n\
        vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')['Vpc']['VpcId']\n\
        zones = {'10.0.1.0/24': 'ap-northeast-1a', '10.0.2.0/24': 'ap-northeast-1c'}\n\
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=c, AvailabilityZone=z)['Subnet']['SubnetId'] for c, z in zones.items()]\n\
        groups = [ec2.create_security_group(VpcId=vpc, GroupName=n, Description=n)['GroupId'] for n in ('one', 'two')]\n\
        trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'Service': 'transfer.amazonaws.com'}}]}\n\
        role = client('iam').create_role(RoleName='sftp', AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']\n\
        first = secrets.create_secret(Name='host-key', SecretString=pair('first')[0])\n\
        second = secrets.put_secret_value(SecretId=first['ARN'], SecretString=pair('second')[0])\n\
        print(json.dumps({'vpc': vpc, 'subnets': subnets, 'groups': groups, 'role': role, 'secret': first['ARN'],\n\
        \x20   'versions': [first['VersionId'], second['VersionId']], 'keys': [pair(n)[1] for n in 'abc']}))";
    let made: serde_json::Value = serde_json::from_str(&others(account, script)).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let list = |name: &str| {
        let items = made[name].as_array().unwrap().iter();
        items.map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    Ground {
        vpc: text("vpc"),
        subnets: list("subnets"),
        groups: list("groups"),
        role: text("role"),
        secret: text("secret"),
        versions: list("versions"),
        keys: list("keys"),
    }
}

pub(crate) struct Sftp {
    pub(crate) tenant: Tenant,
    pub(crate) ground: Ground,
    known: Listing<Server>,
    pub(crate) id: String,
}

impl Sftp {
    async fn run(&mut self, action: Action) {
        let created = self.tenant.run(REGION, action.clone()).await;
        server::absorb(&mut self.known, &action, created.as_ref());
    }

    async fn see(&self) -> Listing<Server> {
        transfer::servers(&self.tenant.session, REGION, &BTreeSet::from([self.id.clone()]), None).await
    }

    /// The server once its state is this.
    async fn until(&self, state: &str) -> Server {
        let mut seen = self.see().await.unwrap().remove(0);
        for _ in 0..50 {
            if seen.state == state && available(&seen) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            seen = self.see().await.unwrap().remove(0);
        }
        assert!(seen.state == state && available(&seen), "never {state}: {seen:?}");
        seen
    }

    fn source(&self, version: usize) -> HostKeySource {
        HostKeySource::SecretsManager {
            arn: self.ground.secret.clone(),
            version: self.ground.versions[version].clone(),
        }
    }

    fn server(&self) -> &Server {
        &self.known.as_ref().unwrap()[0]
    }
}

fn available(server: &Server) -> bool {
    let endpoint = server.endpoint.present();
    endpoint.is_some_and(|endpoint| endpoint.state.eq_ignore_ascii_case("available"))
}

pub(crate) async fn created(account: &'static str) -> Sftp {
    let tenant = Tenant::new(account).await;
    let ground = ground(account);
    let owner = identity();
    let none = transfer::servers(&tenant.session, REGION, &BTreeSet::new(), Some(&owner)).await;
    assert_eq!(none, Ok(Vec::new()));
    let mut sftp = Sftp {
        tenant,
        ground,
        known: Ok(Vec::new()),
        id: String::new(),
    };
    let source = sftp.source(0);
    let mut tags = tags("sftp-server");
    tags.insert(SOURCE, source.source_id());
    let create = Action::Create {
        vpc_id: sftp.ground.vpc.clone(),
        subnets: BTreeSet::from([sftp.ground.subnets[0].clone()]),
        security_group: sftp.ground.groups[0].clone(),
        security_policy: "TransferSecurityPolicy-2024-01".to_owned(),
        host_key: Some(source),
        tags,
    };
    sftp.run(create).await;
    sftp.id = sftp.server().id.clone();
    let seen = sftp.until("ONLINE").await;
    // What AWS made up is taken from it, the rest is as it was said.
    let known = &mut sftp.known.as_mut().unwrap()[0];
    assert_eq!(known.state, "STARTING");
    let endpoint = seen.endpoint.present().unwrap();
    let groups = BTreeSet::from([sftp.ground.groups[0].clone()]);
    assert_eq!(endpoint.security_groups, groups);
    assert!(
        endpoint.ips.len() == 1 && endpoint.ips[0].starts_with("10.0.1."),
        "{endpoint:?}"
    );
    assert!(endpoint.dns_name.is_some());
    let keys = seen.host_keys.present().unwrap();
    assert_eq!((keys.len(), &keys[0].source), (1, &None));
    assert_eq!(seen.host_key_fingerprint.as_ref(), Some(&keys[0].fingerprint));
    known.state.clone_from(&seen.state);
    known.endpoint.clone_from(&seen.endpoint);
    known.host_keys.clone_from(&seen.host_keys);
    known.host_key_fingerprint.clone_from(&seen.host_key_fingerprint);
    assert_eq!(*known, seen);
    sftp
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_server_is_made_changed_and_taken_away() {
    let mut sftp = created("666666666601").await;
    let by_tags = transfer::servers(&sftp.tenant.session, REGION, &BTreeSet::new(), Some(&identity())).await;
    assert_eq!(by_tags, sftp.known);
    host_keys(&mut sftp).await;
    let id = sftp.id.clone();
    sftp.run(Action::Tag {
        id: id.clone(),
        arn: sftp.server().arn.clone(),
        tags: Tags::from([("more".to_owned(), "x".to_owned())]),
    })
    .await;
    sftp.run(Action::Secure {
        id: id.clone(),
        security_policy: "TransferSecurityPolicy-2025-03".to_owned(),
    })
    .await;
    assert_eq!(sftp.see().await, sftp.known);
    other_groups(&mut sftp).await;
    offline(&mut sftp).await;
    for _ in 0..2 {
        sftp.run(Action::Delete { id: id.clone() }).await;
    }
    assert_eq!(sftp.see().await, Ok(Vec::new()));
}

async fn host_keys(sftp: &mut Sftp) {
    let (server_id, arn) = (sftp.id.clone(), sftp.server().arn.clone());
    let key = sftp.server().host_keys.present().unwrap()[0].clone();
    let mark = Action::MarkHostKey {
        server_id: server_id.clone(),
        arn: key.arn.clone(),
        source: sftp.source(0).source_id(),
    };
    let forget = Action::ForgetHostKeySource {
        server_id: server_id.clone(),
        arn,
    };
    for action in [mark, forget] {
        sftp.run(action).await;
        assert_eq!(sftp.see().await, sftp.known);
    }
    let source = sftp.source(1);
    let import = Action::ImportHostKey {
        server_id: server_id.clone(),
        source: source.clone(),
    };
    sftp.run(import.clone()).await;
    let again = sftp.tenant.try_run(REGION, import).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Conflict, "{again}");
    let seen = sftp.see().await.unwrap().remove(0);
    let imported = seen.host_keys.present().unwrap();
    assert_eq!(imported.len(), 2);
    assert_eq!(imported[1].source, Some(source.source_id()));
    assert_eq!(imported[1].kind, "ssh-ed25519");
    assert_eq!(seen.fingerprint(Some(&source)), Some(imported[1].fingerprint.as_str()));
    sftp.known = Ok(vec![seen]);
    for _ in 0..2 {
        sftp.run(Action::DeleteHostKey {
            server_id: server_id.clone(),
            id: key.id.clone(),
            fingerprint: key.fingerprint.clone(),
        })
        .await;
    }
    // Now the new one is what clients see.
    let shown = sftp.server().host_keys.present().unwrap()[0].fingerprint.clone();
    sftp.known.as_mut().unwrap()[0].host_key_fingerprint = Some(shown);
    assert_eq!(sftp.see().await, sftp.known);
}

async fn other_groups(sftp: &mut Sftp) {
    let endpoint = sftp.server().endpoint.present().unwrap().id.clone();
    let modify = vpc_endpoint::Action::Modify {
        id: endpoint,
        add_subnets: BTreeSet::new(),
        remove_subnets: BTreeSet::new(),
        add_groups: BTreeSet::from([sftp.ground.groups[1].clone()]),
        remove_groups: BTreeSet::from([sftp.ground.groups[0].clone()]),
        enable_private_dns: false,
    };
    sftp.tenant.run(REGION, modify.clone()).await;
    server::absorb_endpoint(&mut sftp.known, &modify);
    assert_eq!(sftp.see().await, sftp.known);
}

async fn offline(sftp: &mut Sftp) {
    let id = sftp.id.clone();
    let place = Action::Place {
        id: id.clone(),
        subnets: sftp.ground.subnets.iter().cloned().collect(),
    };
    let online = sftp.tenant.try_run(REGION, place.clone()).await.unwrap_err();
    assert!(
        matches!(online.kind, FaultKind::Invalid | FaultKind::Conflict),
        "{online}"
    );
    sftp.run(Action::Stop { id: id.clone() }).await;
    assert_eq!(sftp.server().state, "STOPPING");
    sftp.until("OFFLINE").await;
    sftp.run(place).await;
    sftp.run(Action::Start { id }).await;
    assert_eq!(sftp.server().state, "STARTING");
    let seen = sftp.until("ONLINE").await;
    server::finish_pending(&mut sftp.known);
    let Endpoint { ips, .. } = seen.endpoint.present().unwrap();
    assert_eq!(ips.len(), 2);
    sftp.known.as_mut().unwrap()[0].endpoint.clone_from(&seen.endpoint);
    assert_eq!(Ok(vec![seen]), sftp.known);
}

/// One that somebody made under our tags, and opened again once it was inside.
#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_public_server_is_brought_into_the_vpc() {
    let account = "666666666604";
    let tenant = Tenant::new(account).await;
    let ground = ground(account);
    let tag = |(key, value)| serde_json::json!({"Key": key, "Value": value});
    let list: Vec<_> = tags("sftp-server").into_iter().map(tag).collect();
    let list = serde_json::json!(list);
    let script = format!("print(client('transfer').create_server(EndpointType='PUBLIC', Tags={list})['ServerId'])");
    let id = others(account, &script);
    let owned = || async {
        let known = transfer::servers(&tenant.session, REGION, &BTreeSet::new(), Some(&identity())).await;
        known.unwrap()
    };
    let mut known = owned().await;
    while known[0].state != "ONLINE" {
        tokio::time::sleep(Duration::from_millis(100)).await;
        known = owned().await;
    }
    let (found, server_id) = (known[0].clone(), id.clone());
    assert!(found.is_public() && found.endpoint == Observation::Absent);
    let mut sftp = Sftp {
        tenant,
        ground,
        known: Ok(known),
        id,
    };
    sftp.run(Action::Stop { id: server_id.clone() }).await;
    while sftp.see().await.unwrap()[0].state != "OFFLINE" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let inside = Action::MoveIntoVpc {
        id: server_id.clone(),
        vpc_id: sftp.ground.vpc.clone(),
        subnets: BTreeSet::from([sftp.ground.subnets[0].clone()]),
        security_group: sftp.ground.groups[0].clone(),
    };
    sftp.run(inside).await;
    let seen = sftp.until("OFFLINE").await;
    let groups = |server: &Server| server.endpoint.present().unwrap().security_groups.clone();
    assert_eq!(groups(&seen), groups(sftp.server()));
    server::finish_pending(&mut sftp.known);
    sftp.known.as_mut().unwrap()[0].endpoint.clone_from(&seen.endpoint);
    assert_eq!(Ok(vec![seen]), sftp.known);

    let script = format!(
        "address = client('ec2').allocate_address(Domain='vpc')['AllocationId']\n\
         client('transfer').update_server(ServerId='{server_id}', EndpointDetails={{'AddressAllocationIds': [address]}})"
    );
    others(account, &script);
    let seen = sftp.see().await;
    let open = seen.as_ref().unwrap()[0].clone();
    assert!(open.is_public());
    sftp.known = seen;
    let release = Action::ReleaseAddresses {
        id: server_id.clone(),
        addresses: open.address_allocations,
    };
    sftp.run(release).await;
    sftp.run(Action::Start { id: server_id }).await;
    let seen = sftp.until("ONLINE").await;
    server::finish_pending(&mut sftp.known);
    assert_eq!(Ok(vec![seen]), sftp.known);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn the_current_version_of_a_secret() {
    let account = "666666666603";
    let tenant = Tenant::new(account).await;
    let none = "arn:aws:secretsmanager:ap-northeast-1:666666666603:secret:none-abcdef";
    let current = async |arn: &str| secrets::current_version(&tenant.session, REGION, arn).await;
    assert_eq!(current(none).await, Observation::Absent);
    let script = "\
        secrets = client('secretsmanager')\n\
        first = secrets.create_secret(Name='k', SecretString='1')\n\
        print(first['ARN'], secrets.put_secret_value(SecretId='k', SecretString='2')['VersionId'])";
    let printed = others(account, script);
    let (arn, version) = printed.split_once(' ').unwrap();
    assert_eq!(current(arn).await, Observation::Present(version.to_owned()));
    others(account, "client('secretsmanager').delete_secret(SecretId='k')");
    assert_eq!(current(arn).await, Observation::Absent);
}
