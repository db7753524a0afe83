//! Random specs: a draft of small numbers, from which a valid object is written.

use std::fmt::{self, Write as _};

use jichitai_api::{FileLinkBucket, Municipality};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Names of zones, with their type.
const ZONES: [(&str, &str); 4] = [
    ("mynumber", "MyNumberAffairs"),
    ("lgwan", "LgwanConnected"),
    ("ops", "Maintenance"),
    ("batch", "MyNumberAffairs"),
];
const SERVICES: [&str; 4] = ["s3", "kms", "ec2", "logs"];
/// Availability zones of the service subnets; two are in one.
const SERVICE_SUBNETS: [&str; 4] = [
    "ap-northeast-1a",
    "ap-northeast-1c",
    "ap-northeast-1d",
    "ap-northeast-1a",
];
const AVAILABILITY: [&str; 3] = ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"];
/// Services whose use of a key can be listed: a key that others use is not deleted.
const KEY_SERVICES: [&str; 3] = ["Ebs", "S3", "Rds"];

/// The day on which everything happens.
pub const TODAY: &str = "2027-04-01";

/// A municipality, in small numbers.
#[derive(Clone)]
pub struct Draft {
    /// Whether the account is its own, with the account's EBS defaults.
    pub own_account: bool,
    /// A key for each service.
    pub per_service: bool,
    /// Zones, by their place in [`ZONES`].
    pub zones: Vec<ZoneDraft>,
    /// Service subnets, by their place in [`SERVICE_SUBNETS`].
    pub service_subnets: Vec<usize>,
    /// Whether it is attached to a transit gateway, if it has service subnets.
    pub gateway: bool,
    /// Endpoints, if it has service subnets.
    pub endpoints: Vec<usize>,
    /// Where flow logs go.
    pub flow_logs: Option<u8>,
    /// Key users: role and services.
    pub users: Vec<(u8, Vec<usize>)>,
    /// Key administrators.
    pub administrators: Vec<u8>,
    /// File link buckets: a number, and the roles that use it.
    pub buckets: Vec<(u8, Vec<u8>)>,
    /// Pairs of zones that may talk, and whether that has ended.
    pub exceptions: Vec<(usize, usize, bool)>,
    /// A tag for the accountants.
    pub cost_center: Option<u8>,
    /// Days between rotations.
    pub rotation: u16,
}

impl fmt::Debug for Draft {
    /// As the spec that it writes, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = serde_json::to_string(&self.municipality(0, "Verification").spec).map_err(|_| fmt::Error)?;
        write!(f, "{spec} buckets {:?}", self.buckets)
    }
}

/// A zone, in small numbers.
#[derive(Clone, Debug)]
pub struct ZoneDraft {
    /// Its place in [`ZONES`].
    pub index: usize,
    /// Its subnets: which range, and whether it has its other name.
    pub subnets: Vec<(u8, bool)>,
    /// What it talks to: which range, port, direction.
    pub peers: Vec<(u8, u16, usize)>,
}

fn zone(index: usize) -> impl Strategy<Value = ZoneDraft> {
    let subnets = btree_set(0..3_u8, 1..=3).prop_flat_map(|ranges| {
        let ranges: Vec<u8> = ranges.into_iter().collect();
        ranges
            .into_iter()
            .map(|range| (Just(range), any::<bool>()))
            .collect::<Vec<_>>()
    });
    let peers = vec(
        (0..4_u8, prop_oneof![Just(443_u16), Just(22), Just(1521)], 0..3_usize),
        0..=2,
    );
    (subnets, peers).prop_map(move |(subnets, peers)| ZoneDraft { index, subnets, peers })
}

/// Drafts with at most so many zones.
pub fn drafts(zones: usize) -> impl Strategy<Value = Draft> {
    let zones = btree_set(0..ZONES.len(), 1..=zones)
        .prop_flat_map(|chosen| chosen.into_iter().map(|index| zone(index).boxed()).collect::<Vec<_>>());
    let network = (
        zones,
        btree_set(0..SERVICE_SUBNETS.len(), 0..=3),
        any::<bool>(),
        btree_set(0..SERVICES.len(), 0..=2),
        option::of(0..2_u8),
        vec((0..4_usize, 0..4_usize, any::<bool>()), 0..=1),
    );
    let keys = (
        any::<bool>(),
        any::<bool>(),
        vec((0..3_u8, btree_set(0..KEY_SERVICES.len(), 1..=3)), 0..=2),
        btree_set(0..2_u8, 0..=1),
        vec((0..3_u8, btree_set(0..3_u8, 0..=2)), 0..=2),
        option::of(0..2_u8),
        prop_oneof![Just(365_u16), Just(90)],
    );
    (network, keys).prop_map(|(network, keys)| {
        let (zones, service_subnets, gateway, endpoints, flow_logs, exceptions) = network;
        let (own_account, per_service, users, administrators, buckets, cost_center, rotation) = keys;
        let mut users: Vec<(u8, Vec<usize>)> = users
            .into_iter()
            .map(|(role, list)| (role, list.into_iter().collect()))
            .collect();
        users.sort();
        users.dedup_by_key(|(role, _)| *role);
        let mut buckets: Vec<(u8, Vec<u8>)> = buckets
            .into_iter()
            .map(|(name, list)| (name, list.into_iter().collect()))
            .collect();
        buckets.sort();
        buckets.dedup_by_key(|(name, _)| *name);
        Draft {
            own_account,
            per_service,
            zones,
            service_subnets: service_subnets.into_iter().collect(),
            gateway,
            endpoints: endpoints.into_iter().collect(),
            flow_logs,
            users,
            administrators: administrators.into_iter().collect(),
            buckets,
            exceptions,
            cost_center,
            rotation,
        }
    })
}

impl Draft {
    /// The same but for what cannot change in the life of an object, or not be undone; buckets that are not wanted
    /// any more are still there and list nobody.
    pub fn after(mut self, before: &Self) -> Self {
        self.own_account = before.own_account;
        self.per_service = before.per_service;
        // The operator cannot tell a tag that it once set from one that somebody else did.
        self.cost_center = before.cost_center.map(|center| self.cost_center.unwrap_or(center));
        let gone = before
            .buckets
            .iter()
            .filter(|(number, _)| !self.buckets.iter().any(|(one, _)| one == number));
        let emptied: Vec<(u8, Vec<u8>)> = gone.map(|(number, _)| (*number, Vec::new())).collect();
        self.buckets.extend(emptied);
        self
    }

    /// A part of it, as the picks choose: everything in it is in the whole, too.
    pub fn part(mut self, picks: &[bool]) -> Self {
        let mut picks = picks.iter().copied().cycle();
        let mut keep = move || picks.next().unwrap_or_default();
        let first = self.zones.first().map(|zone| zone.index);
        self.zones.retain(|zone| keep() || Some(zone.index) == first);
        for zone in &mut self.zones {
            let first = zone.subnets.first().copied();
            zone.subnets.retain(|subnet| keep() || Some(*subnet) == first);
            zone.peers.retain(|_| keep());
        }
        self.service_subnets.retain(|_| keep());
        self.gateway &= keep();
        self.endpoints.retain(|_| keep());
        self.flow_logs = self.flow_logs.filter(|_| keep());
        self.users.retain(|_| keep());
        for (_, services) in &mut self.users {
            let first = services.first().copied();
            services.retain(|service| keep() || Some(*service) == first);
        }
        self.administrators.retain(|_| keep());
        for (_, roles) in &mut self.buckets {
            roles.retain(|_| keep());
        }
        self.exceptions.retain(|_| keep());
        self
    }

    /// The same without two service subnets in one availability zone: of those, what is in use stays
    /// in use, so that the result depends on the history.
    pub fn without_choice(mut self) -> Self {
        self.service_subnets.retain(|place| *place != 3);
        self
    }

    /// The same with key users whose use of the keys can be listed: only such keys are deleted.
    pub fn deletable(mut self) -> Self {
        self.users
            .iter_mut()
            .for_each(|(_, services)| services.retain(|place| *place < 3));
        self.users.retain(|(_, services)| !services.is_empty());
        self
    }

    /// The object; `index` tells several tenants of one account apart.
    pub fn municipality(&self, index: u8, environment: &str) -> Municipality {
        let account = self.own_account;
        let codes = ["131016", "271004", "011002"];
        let range = 20 + index;
        let mut spec = json!({
            "code": codes[usize::from(index) % codes.len()],
            "displayName": "団体",
            "environment": environment,
            "usageModel": if account { "Dedicated" } else { "Shared" },
            "isolation": if account { "Account" } else { "Network" },
            "accountId": "111122223333",
            "encryption": {
                "keyGranularity": if self.per_service { "PerService" } else { "PerMunicipality" },
                "rotationPeriodDays": self.rotation,
                "administrators": self.administrators.iter().map(|role| json!({"roleArn": role_arn("admin", *role)})).collect::<Vec<_>>(),
                "users": self.users.iter().map(user).collect::<Vec<_>>(),
            },
            "network": {
                "vpcCidr": format!("10.{range}.0.0/16"),
                "zones": self.zones.iter().map(|zone| zone.value(range)).collect::<Vec<_>>(),
                "serviceSubnets": self.service_subnets.iter().map(|place| json!({
                    "name": format!("svc-{place}"),
                    "cidr": format!("10.{range}.250.{}/26", 64 * place),
                    "availabilityZone": SERVICE_SUBNETS[*place],
                })).collect::<Vec<_>>(),
                "allowedCrossZone": self.exceptions(),
            },
            "deletionPolicy": "Delete",
        });
        let network = &mut spec["network"];
        if !self.service_subnets.is_empty() {
            network["endpoints"] = self
                .endpoints
                .iter()
                .map(|i| json!({"service": SERVICES[*i]}))
                .collect();
            if self.gateway {
                network["transitGatewayId"] = "tgw-1".into();
            }
        }
        if let Some(to) = self.flow_logs {
            network["flowLogs"] = json!({"destinationArn": format!("arn:aws:s3:::flow-logs-{to}")});
        }
        if let Some(center) = self.cost_center {
            spec["tags"] = json!({"CostCenter": format!("{center}")});
        }
        object("Municipality", &name(index), spec)
    }

    /// The buckets that refer to it.
    pub fn buckets(&self, index: u8) -> Vec<FileLinkBucket> {
        let bucket = |(number, roles): &(u8, Vec<u8>)| {
            let spec = json!({
                "municipalityRef": {"name": name(index)},
                "businessId": "001",
                "zone": "mynumber",
                "access": {"providers": roles.iter().map(|role| json!({"roleArn": role_arn("files", *role)})).collect::<Vec<_>>()},
            });
            object("FileLinkBucket", &format!("{}-{number}", name(index)), spec)
        };
        self.buckets.iter().map(bucket).collect()
    }

    fn exceptions(&self) -> Vec<Value> {
        let present = |index: usize| self.zones.iter().any(|zone| zone.index == index);
        let real = self
            .exceptions
            .iter()
            .filter(|(from, to, _)| from != to && present(*from) && present(*to));
        real.map(|(from, to, ended)| {
            json!({
                "from": ZONES[*from].0,
                "to": ZONES[*to].0,
                "ports": [{"port": 8443}],
                "reason": "移行",
                "approvedBy": "課長",
                "until": if *ended { "2027-03-31" } else { "2028-03-31" },
            })
        })
        .collect()
    }
}

impl ZoneDraft {
    fn value(&self, range: u8) -> Value {
        let (name, kind) = ZONES[self.index];
        let subnets = self.subnets.iter().map(|(slot, renamed)| {
            let mut name = format!("app-{slot}");
            if *renamed {
                let _ = write!(name, "-new");
            }
            json!({
                "name": name,
                "cidr": format!("10.{range}.{}.0/24", self.index * 8 + usize::from(*slot)),
                "availabilityZone": AVAILABILITY[usize::from(*slot)],
            })
        });
        let peers = self.peers.iter().map(|(peer, port, direction)| {
            let direction = ["Inbound", "Outbound", "Both"][*direction];
            json!({
                "cidr": format!("172.16.{peer}.0/24"),
                "kind": "OnPremises",
                "ports": [{"port": port, "direction": direction}],
            })
        });
        json!({
            "name": name,
            "type": kind,
            "subnets": subnets.collect::<Vec<_>>(),
            "peers": peers.collect::<Vec<_>>(),
        })
    }
}

fn name(index: u8) -> String {
    format!("tenant-{index}")
}

fn role_arn(kind: &str, number: u8) -> String {
    format!("arn:aws:iam::111122223333:role/{kind}-{number}")
}

fn user((role, services): &(u8, Vec<usize>)) -> Value {
    let services: Vec<&str> = services.iter().map(|i| KEY_SERVICES[*i]).collect();
    json!({"roleArn": role_arn("app", *role), "services": services})
}

fn object<T: serde::de::DeserializeOwned>(kind: &str, name: &str, spec: Value) -> T {
    let document = json!({
        "apiVersion": "jichitai.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "tenants"},
        "spec": spec,
    });
    serde_json::from_value(document).expect("a draft writes valid objects")
}
