//! What AWS shall be for one municipality, parsed and checked: after this nobody sees a text that
//! could be wrong.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::municipality::{
    Encryption, Isolation, KeyGranularity, KeyPurpose, KeyState, MunicipalitySpec, Network, NetworkManagement,
    SharedKeys, Subnet,
};
use jichitai_api::{Reason, Region};
use jiff::civil::Date;

use crate::ec2::{security_group, subnet, vpc};
use crate::grant::Expiry;
use crate::identity::{AccountId, Identity, Owner, Part, short_hash};
use crate::kms::key;
use crate::municipality::access;
use crate::municipality::checks;
use crate::municipality::zones::{self, Flows};
use crate::plan::Text;
use crate::policy::key_policy::{self, KeyAccess, RoleArn};
use crate::spec_fault::{self, SpecFault};
use crate::tags::{self, Tags};

/// A key and its alias in one Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTarget {
    /// The key's part.
    pub part: Part,
    /// What it encrypts.
    pub purpose: KeyPurpose,
    /// The alias.
    pub alias: String,
    /// The key.
    pub want: key::Want,
}

/// A zone, or the service subnets, with everything that keeps them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneTarget {
    /// The zone's name; `service` for the service subnets.
    pub name: String,
    /// Subnets by name.
    pub subnets: BTreeMap<String, subnet::Want>,
    /// Ranges outside the VPC that the zone reaches over the transit gateway.
    pub destinations: BTreeSet<Ipv4Net>,
    /// Its own ranges.
    pub ranges: BTreeSet<Ipv4Net>,
    /// What it may talk to.
    pub flows: Flows,
    /// Its security group, but for the rules.
    pub group: security_group::Want,
    /// Rules that end by their date.
    pub lapsed_rules: BTreeSet<security_group::Rule>,
}

/// A network that the operator makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedNetwork {
    /// The VPC.
    pub vpc: vpc::Want,
    /// The zones and, last, the service subnets where there are any.
    pub zones: Vec<ZoneTarget>,
    /// Transit gateway.
    pub transit_gateway: Option<String>,
    /// Services that get an interface endpoint, for example `s3`.
    pub endpoints: BTreeSet<String>,
    /// ARN of the flow logs' destination.
    pub flow_logs: Option<String>,
}

/// A network that somebody else makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingNetwork {
    /// The VPC.
    pub vpc_id: String,
    /// Its CIDR as the spec has it.
    pub cidr: Ipv4Net,
    /// Subnets by id: path in the spec, CIDR, availability zone.
    pub subnets: BTreeMap<String, (String, subnet::Want)>,
}

/// Who makes the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkTarget {
    /// The operator.
    Managed(ManagedNetwork),
    /// Somebody else; it is checked.
    Existing(ExistingNetwork),
}

/// The name of the group of service subnets; no zone can have it.
pub const SERVICE: &str = "service";

/// What AWS shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// Keys in both Regions.
    pub keys: Vec<KeyTarget>,
    /// Owners of buckets that were seen.
    pub bucket_owners: Vec<Owner>,
    /// Whether the account's EBS defaults are ours to converge.
    pub ebs_defaults: bool,
    /// Keys of others to check: path in the spec → ARN.
    pub shared_keys: BTreeMap<String, String>,
    /// The network.
    pub network: NetworkTarget,
    /// Descriptive tags of every part.
    pub tags: Tags,
    /// Grants and exceptions that end within 30 days: path and last day.
    pub ending: Vec<(String, Date)>,
}

impl Target {
    /// The hash by which a later difference in AWS is told from a change of the spec.
    #[must_use]
    pub fn hash(&self) -> String {
        // What a date confirms or lets end is no property of AWS.
        let mut target = self.clone();
        target.ending.clear();
        for key in &mut target.keys {
            key.want.disable_confirmed = false;
            key.want.policy_before_expiry = key.want.policy.clone();
        }
        short_hash(&format!("{target:?}"), 32)
    }
}

/// What a target is made from besides the spec.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Installation and owner.
    pub identity: &'a Identity,
    /// The buckets that refer to this municipality.
    pub buckets: &'a [&'a FileLinkBucket],
    /// The operator's role in the tenant's account.
    pub operator: Option<&'a RoleArn>,
    /// Tags that the platform team puts on everything.
    pub default_tags: &'a Tags,
    /// Today in Japan.
    pub today: Date,
}

/// Parses and checks the spec.
///
/// # Errors
/// Every fault with its path and what to do, when there is any.
pub fn target(spec: &MunicipalitySpec, sources: &Sources<'_>) -> Result<Target, Vec<SpecFault>> {
    let mut faults = Vec::new();
    let account = AccountId::new(&spec.account_id);
    if account.is_none() {
        faults.push(SpecFault::invalid(
            "spec.accountId",
            "an account id has twelve digits, quoted",
            "アカウント ID は引用符で囲んだ 12 桁の数字です",
        ));
    }
    access::check_roles(&spec.encryption, &mut faults);
    let network = network(&spec.network, sources.today, &mut faults);
    let (Some(account), Some(network)) = (account, network) else {
        return Err(faults);
    };
    let keys = keys(spec, &account, sources);
    for key in &keys {
        let bytes = key.want.policy.to_json().len();
        if bytes > key_policy::MAX_BYTES {
            let (limit, part) = (key_policy::MAX_BYTES, &key.part);
            let access = key_access(spec, &account, sources, part.region, key.purpose, Expiry::Respected);
            let fit = key_policy::fitting(&account, part.region, &access);
            faults.push(SpecFault {
                path: "spec.encryption.users".into(),
                reason: Reason::CapacityExceeded,
                message: Text::new(
                    format!("the policy of {part} would have {bytes} bytes and KMS takes {limit}: about {fit} roles fit, those of the municipality's FileLinkBuckets included; name fewer, or use a key per service"),
                    format!("{part} のポリシーが {bytes} バイトになり、KMS の上限 {limit} を超えます。収まるのは FileLinkBucket の分を含めて約 {fit} ロールです。減らすか、サービスごとのキーにしてください"),
                ),
            });
        }
    }
    spec_fault::adoptions(&spec.common.adopt, &adoptable(&keys, &network), &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let bucket_owners: BTreeSet<Owner> = sources.buckets.iter().map(|bucket| Owner::of(*bucket)).collect();
    Ok(Target {
        account,
        keys,
        bucket_owners: bucket_owners.into_iter().collect(),
        ebs_defaults: sets_ebs_defaults(spec),
        shared_keys: shared_keys(spec.encryption.shared.as_ref()),
        network,
        tags: common_tags(spec, sources.default_tags),
        ending: checks::ending(spec, sources.today),
    })
}

/// The names under which `spec.adopt` can take something over.
fn adoptable(keys: &[KeyTarget], network: &NetworkTarget) -> BTreeSet<String> {
    let key = |key: &KeyTarget| match key.part.region {
        Region::Tokyo => key.part.role.to_string(),
        Region::Osaka => format!("{}@{}", key.part.role, key.part.region),
    };
    let mut names: BTreeSet<String> = keys.iter().map(key).collect();
    if let NetworkTarget::Managed(managed) = network {
        names.extend(["vpc".to_owned(), "tgw-attachment".to_owned()]);
        names.extend(managed.endpoints.iter().map(|service| format!("endpoint.{service}")));
        for ZoneTarget { name, subnets, .. } in &managed.zones {
            names.extend(["route-table", "network-acl", "security-group"].map(|kind| format!("{kind}.{name}")));
            names.extend(subnets.keys().map(|subnet| format!("subnet.{name}.{subnet}")));
        }
    }
    names
}

/// Whether the account's EBS defaults are this object's to converge: only in an account of its own.
#[must_use]
pub fn sets_ebs_defaults(spec: &MunicipalitySpec) -> bool {
    spec.isolation == Isolation::Account && spec.encryption.ebs_default_encryption.unwrap_or(true)
}

fn common_tags(spec: &MunicipalitySpec, defaults: &Tags) -> Tags {
    let mut all = defaults.clone();
    all.extend(&spec.common.tags);
    all.extend(tags::of_tenant(spec));
    all
}

fn shared_keys(shared: Option<&SharedKeys>) -> BTreeMap<String, String> {
    let Some(SharedKeys {
        ebs_key_arn,
        rds_key_arn,
    }) = shared
    else {
        return BTreeMap::new();
    };
    let named = [
        ("spec.encryption.shared.ebsKeyArn", ebs_key_arn),
        ("spec.encryption.shared.rdsKeyArn", rds_key_arn),
    ];
    named
        .into_iter()
        .filter_map(|(path, arn)| Some((path.to_owned(), arn.clone()?)))
        .collect()
}

/// The purposes that keys are made for.
#[must_use]
pub fn purposes(granularity: KeyGranularity) -> &'static [(KeyPurpose, &'static str)] {
    match granularity {
        KeyGranularity::PerMunicipality => &[(KeyPurpose::All, "all")],
        KeyGranularity::PerService => &[
            (KeyPurpose::Ebs, "ebs"),
            (KeyPurpose::S3, "s3"),
            (KeyPurpose::Rds, "rds"),
        ],
    }
}

/// Who may use the key of one purpose in a Region.
fn key_access(
    spec: &MunicipalitySpec,
    account: &AccountId,
    sources: &Sources<'_>,
    region: Region,
    purpose: KeyPurpose,
    expiry: Expiry,
) -> KeyAccess {
    let Sources {
        identity,
        buckets,
        operator,
        default_tags: _,
        today,
    } = sources;
    let grants = access::bucket_grants(buckets, identity, account, region, *today, expiry);
    access::of_key(&spec.encryption, &grants, *operator, purpose, *today, expiry)
}

fn keys(spec: &MunicipalitySpec, account: &AccountId, sources: &Sources<'_>) -> Vec<KeyTarget> {
    let Sources { identity, today, .. } = sources;
    let Encryption {
        key_granularity,
        rotation_period_days,
        state,
        confirm_disable,
        ..
    } = &spec.encryption;
    let policy = |region, purpose, expiry| {
        key_policy::compose(
            account,
            region,
            &key_access(spec, account, sources, region, purpose, expiry),
        )
    };
    let confirmation = format!("{}@{today}", spec.code);
    let mut keys = Vec::new();
    for region in Region::ALL {
        for (purpose, name) in purposes(*key_granularity) {
            keys.push(KeyTarget {
                part: Part::new(region, format!("key.{name}")),
                purpose: *purpose,
                alias: identity.alias(&spec.code, name),
                want: key::Want {
                    description: format!(
                        "{} {} {} ({name})",
                        spec.code,
                        spec.environment.as_str(),
                        spec.system_name
                    ),
                    policy: policy(region, *purpose, Expiry::Respected),
                    policy_before_expiry: policy(region, *purpose, Expiry::Ignored),
                    rotation_days: *rotation_period_days,
                    disabled: *state == KeyState::Disabled,
                    disable_confirmed: confirm_disable.as_deref() == Some(&confirmation),
                },
            });
        }
    }
    keys
}

fn network(network: &Network, today: Date, faults: &mut Vec<SpecFault>) -> Option<NetworkTarget> {
    let before = faults.len();
    let cidr = checks::parse(&network.vpc_cidr, "spec.network.vpcCidr".into(), faults);
    checks::ranges(network, faults);
    match network.management {
        NetworkManagement::Existing => {
            let vpc_id = network.vpc_id.clone();
            if vpc_id.is_none() {
                let (en, ja) = (
                    "management: Existing needs the id of the VPC",
                    "management: Existing には VPC の ID が必要です",
                );
                faults.push(SpecFault::invalid("spec.network.vpcId", en, ja));
            }
            let subnets = existing_subnets(network, faults);
            let existing = ExistingNetwork {
                vpc_id: vpc_id?,
                cidr: cidr?,
                subnets,
            };
            (faults.len() == before).then_some(NetworkTarget::Existing(existing))
        }
        NetworkManagement::Managed => {
            checks::zones(network, faults);
            let additional = network.additional_cidrs.iter().enumerate();
            let additional = additional
                .filter_map(|(i, text)| checks::parse(text, format!("spec.network.additionalCidrs[{i}]"), faults))
                .collect();
            let mut zones: Vec<ZoneTarget> = network
                .zones
                .iter()
                .map(|zone| zone_target(zone, network, today))
                .collect();
            if !network.service_subnets.is_empty() {
                zones.push(service_target(network));
            }
            let managed = ManagedNetwork {
                vpc: vpc::Want {
                    cidr: cidr?,
                    additional,
                },
                zones,
                transit_gateway: network.transit_gateway_id.clone(),
                endpoints: network
                    .endpoints
                    .iter()
                    .map(|endpoint| endpoint.service.clone())
                    .collect(),
                flow_logs: network.flow_logs.as_ref().map(|logs| logs.destination_arn.clone()),
            };
            (faults.len() == before).then_some(NetworkTarget::Managed(managed))
        }
    }
}

fn subnet_wants(subnets: &[Subnet]) -> BTreeMap<String, subnet::Want> {
    let want = |one: &Subnet| {
        Some((
            one.name.clone(),
            subnet::Want {
                cidr: one.cidr.parse().ok()?,
                zone: one.availability_zone.clone(),
            },
        ))
    };
    subnets.iter().filter_map(want).collect()
}

fn zone_target(zone: &jichitai_api::municipality::Zone, network: &Network, today: Date) -> ZoneTarget {
    let flows = zones::of_zone(zone, network, today);
    ZoneTarget {
        name: zone.name.clone(),
        subnets: subnet_wants(&zone.subnets),
        // Without a transit gateway there is no way to them, and a route would lead nowhere or astray.
        destinations: zone
            .peers
            .iter()
            .filter(|_| network.transit_gateway_id.is_some())
            .filter_map(|peer| peer.cidr.parse().ok())
            .collect(),
        ranges: zones::ranges(&zone.subnets),
        group: security_group::Want {
            name: format!("jichitai.{}", zone.name),
            description: format!("zone {} ({:?})", zone.name, zone.zone_type),
            rules: zones::group_rules(true, &flows.open),
        },
        lapsed_rules: zones::group_rules(false, &flows.lapsed),
        flows,
    }
}

fn service_target(network: &Network) -> ZoneTarget {
    let https = zones::of_services(network)
        .into_iter()
        .filter(|flow| flow.inbound && flow.ports == crate::ec2::traffic::Ports::HTTPS);
    ZoneTarget {
        name: SERVICE.into(),
        subnets: subnet_wants(&network.service_subnets),
        destinations: BTreeSet::new(),
        ranges: BTreeSet::new(),
        flows: Flows {
            open: zones::of_services(network),
            lapsed: BTreeSet::new(),
        },
        group: security_group::Want {
            name: format!("jichitai.{SERVICE}"),
            description: "endpoints of AWS services".into(),
            rules: zones::group_rules(false, &https.collect()),
        },
        lapsed_rules: BTreeSet::new(),
    }
}

fn existing_subnets(network: &Network, faults: &mut Vec<SpecFault>) -> BTreeMap<String, (String, subnet::Want)> {
    let mut found = BTreeMap::new();
    for (path, subnet) in checks::subnets(network) {
        let Some(id) = &subnet.subnet_id else {
            let (en, ja) = (
                "management: Existing needs the id of each subnet",
                "management: Existing では各サブネットの ID が必要です",
            );
            faults.push(SpecFault::invalid(format!("{path}.subnetId"), en, ja));
            continue;
        };
        if let Ok(cidr) = subnet.cidr.parse() {
            found.insert(
                id.clone(),
                (
                    path,
                    subnet::Want {
                        cidr,
                        zone: subnet.availability_zone.clone(),
                    },
                ),
            );
        }
    }
    found
}
