//! What AWS shall be for one municipality, parsed and checked: after this nobody sees a text that
//! could be wrong.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::municipality::{
    Encryption, Isolation, KeyGranularity, KeyPurpose, KeyState, MunicipalitySpec, Network, NetworkManagement,
    OverlapResolution, SharedKeys, Subnet,
};
use jichitai_api::{Reason, Region};
use jiff::civil::Date;

use crate::ec2::{security_group, subnet, vpc};
use crate::identity::{AccountId, Identity, Owner, Part, short_hash};
use crate::kms::key;
use crate::municipality::access::{self, Expiry};
use crate::municipality::zones::{self, Flows};
use crate::plan::Text;
use crate::policy::key_policy::{self, RoleArn};
use crate::tags::{self, Tags};

/// A fault that the author of the spec can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFault {
    /// JSON path, for example `spec.network.zones[0].peers[1].cidr`.
    pub path: String,
    /// The stable word.
    pub reason: Reason,
    /// What is wrong and what to do.
    pub message: Text,
}

impl SpecFault {
    /// A value that is wrong by itself.
    #[must_use]
    pub fn invalid(path: impl Into<String>, en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::InvalidSpec,
            message: Text::new(en, ja),
        }
    }
}

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
    if spec.common.adopt_from.is_some() {
        faults.push(SpecFault::invalid(
            "spec.adoptFrom",
            "this version cannot take over a whole object: remove the field, and name single resources in spec.adopt",
            "このバージョンはオブジェクト全体の引き継ぎに対応していません。この項目を削除し、個々のリソースを spec.adopt に指定してください",
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
            faults.push(SpecFault {
                path: "spec.encryption.users".into(),
                reason: Reason::CapacityExceeded,
                message: Text::new(
                    format!("the policy of {part} would have {bytes} bytes and KMS takes {limit}: name fewer roles, or use a key per service"),
                    format!("{part} のポリシーが {bytes} バイトになり、KMS の上限 {limit} を超えます。ロールを減らすか、サービスごとのキーにしてください"),
                ),
            });
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Target {
        account,
        keys,
        bucket_owners: sources.buckets.iter().map(|bucket| access::owner(bucket)).collect(),
        ebs_defaults: sets_ebs_defaults(spec),
        shared_keys: shared_keys(spec.encryption.shared.as_ref()),
        network,
        tags: common_tags(spec, sources.default_tags),
        ending: ending(spec, sources.today),
    })
}

/// Whether the account's EBS defaults are this object's to converge: only in an account of its own.
#[must_use]
pub fn sets_ebs_defaults(spec: &MunicipalitySpec) -> bool {
    spec.isolation == Isolation::Account && spec.encryption.ebs_default_encryption.unwrap_or(true)
}

fn common_tags(spec: &MunicipalitySpec, defaults: &Tags) -> Tags {
    let mut all = defaults.clone();
    all.extend(spec.common.tags.clone());
    all.insert(tags::MUNICIPALITY.into(), spec.code.clone());
    all.insert(tags::ENVIRONMENT.into(), spec.environment.as_str().into());
    all.insert(tags::SYSTEM.into(), spec.system_name.clone());
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

fn keys(spec: &MunicipalitySpec, account: &AccountId, sources: &Sources<'_>) -> Vec<KeyTarget> {
    let Sources {
        identity,
        buckets,
        operator,
        default_tags: _,
        today,
    } = sources;
    let Encryption {
        key_granularity,
        rotation_period_days,
        state,
        confirm_disable,
        ..
    } = &spec.encryption;
    let policy = |region, purpose, expiry| {
        // Buckets are in Tokyo; their replicas' keys are another matter.
        let grants = match region {
            Region::Tokyo => access::bucket_grants(buckets, identity, account, *today, expiry),
            Region::Osaka => Vec::new(),
        };
        let access = access::of_key(&spec.encryption, &grants, *operator, purpose, *today, expiry);
        key_policy::compose(account, region, &access)
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
    let cidr = parse(&network.vpc_cidr, "spec.network.vpcCidr".into(), faults);
    check_ranges(network, faults);
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
            check_zones(network, faults);
            let additional = network.additional_cidrs.iter().enumerate();
            let additional = additional
                .filter_map(|(i, text)| parse(text, format!("spec.network.additionalCidrs[{i}]"), faults))
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
    for (path, subnet) in subnets(network) {
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

/// All subnets with their paths.
fn subnets(network: &Network) -> Vec<(String, &Subnet)> {
    let of = |path: String, list: &'_ [Subnet]| -> Vec<(String, usize)> {
        (0..list.len()).map(|i| (format!("{path}[{i}]"), i)).collect()
    };
    let mut all = Vec::new();
    for (path, i) in of("spec.network.serviceSubnets".into(), &network.service_subnets) {
        all.push((path, &network.service_subnets[i]));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        for (path, i) in of(format!("spec.network.zones[{z}].subnets"), &zone.subnets) {
            all.push((path, &zone.subnets[i]));
        }
    }
    all
}

fn parse(text: &str, path: String, faults: &mut Vec<SpecFault>) -> Option<Ipv4Net> {
    match text.parse::<Ipv4Net>() {
        Ok(net) if net == net.trunc() => Some(net),
        Ok(net) => {
            let right = net.trunc();
            faults.push(SpecFault::invalid(
                path,
                format!("{text} has host bits set; write {right}"),
                format!("{text} はホスト部が 0 ではありません。{right} と書いてください"),
            ));
            None
        }
        Err(_) => {
            let (en, ja) = (
                format!("{text:?} is not an IPv4 CIDR such as 10.20.0.0/16"),
                format!("{text:?} は 10.20.0.0/16 のような IPv4 CIDR ではありません"),
            );
            faults.push(SpecFault::invalid(path, en, ja));
            None
        }
    }
}

/// Whether two ranges share an address.
#[must_use]
pub fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

/// Ranges within the object: subnets inside the VPC and apart from one another, the VPC apart from
/// the office, peers' texts valid.
fn check_ranges(network: &Network, faults: &mut Vec<SpecFault>) {
    let own: Vec<Ipv4Net> = std::iter::once(&network.vpc_cidr)
        .chain(&network.additional_cidrs)
        .filter_map(|text| text.parse().ok())
        .collect();
    for (index, text) in network.on_premises_cidrs.iter().enumerate() {
        let path = format!("spec.network.onPremisesCidrs[{index}]");
        let Some(office) = parse(text, path.clone(), faults) else {
            continue;
        };
        if network.overlap_resolution == OverlapResolution::None
            && let Some(own) = own.iter().find(|own| overlap(own, &office))
        {
            faults.push(SpecFault {
                path,
                reason: Reason::CidrOverlap,
                message: Text::new(
                    format!("{office} of the office overlaps with {own} of the VPC: choose another range for the VPC, or declare spec.network.overlapResolution"),
                    format!("庁内の {office} が VPC の {own} と重複しています。VPC の範囲を変えるか、spec.network.overlapResolution を宣言してください"),
                ),
            });
        }
    }
    let mut seen: Vec<(Ipv4Net, String)> = Vec::new();
    for (path, subnet) in subnets(network) {
        let Some(cidr) = parse(&subnet.cidr, format!("{path}.cidr"), faults) else {
            continue;
        };
        if !own.iter().any(|own| own.contains(&cidr)) {
            let (en, ja) = (
                format!("{cidr} is outside the VPC: take a range within {}", network.vpc_cidr),
                format!(
                    "{cidr} は VPC の範囲外です。{} の中から選んでください",
                    network.vpc_cidr
                ),
            );
            faults.push(SpecFault::invalid(format!("{path}.cidr"), en, ja));
        }
        if let Some((other, where_)) = seen.iter().find(|(other, _)| overlap(other, &cidr)) {
            faults.push(SpecFault {
                path: format!("{path}.cidr"),
                reason: Reason::CidrOverlap,
                message: Text::new(
                    format!("{cidr} overlaps with {other} of {where_}"),
                    format!("{cidr} が {where_} の {other} と重複しています"),
                ),
            });
        }
        seen.push((cidr, path));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        for (p, peer) in zone.peers.iter().enumerate() {
            let path = format!("spec.network.zones[{z}].peers[{p}].cidr");
            let Some(cidr) = parse(&peer.cidr, path.clone(), faults) else {
                continue;
            };
            if let Some(own) = own.iter().find(|own| overlap(own, &cidr)) {
                let (en, ja) = (
                    format!(
                        "{cidr} lies in the VPC ({own}): a peer is outside; zones are connected by allowedCrossZone"
                    ),
                    format!(
                        "{cidr} は VPC({own})の中です。通信先は VPC の外を指定し、領域間は allowedCrossZone を使ってください"
                    ),
                );
                faults.push(SpecFault::invalid(path, en, ja));
            }
        }
    }
}

fn check_zones(network: &Network, faults: &mut Vec<SpecFault>) {
    let needs = |path: &str, what: &str, ja: &str| {
        SpecFault::invalid(
            path,
            format!("{what} need spec.network.serviceSubnets, one per availability zone"),
            format!("{ja}には spec.network.serviceSubnets(AZ ごとに 1 つ)が必要です"),
        )
    };
    if network.service_subnets.is_empty() && !network.endpoints.is_empty() {
        faults.push(needs("spec.network.endpoints", "endpoints", "エンドポイント"));
    }
    if network.service_subnets.is_empty() && network.transit_gateway_id.is_some() {
        faults.push(needs("spec.network.transitGatewayId", "attachments", "アタッチメント"));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        if zone.name == SERVICE {
            let (en, ja) = (
                "the name `service` stands for the service subnets: choose another",
                "名前 `service` は共通サブネット用です。別の名前にしてください",
            );
            faults.push(SpecFault::invalid(format!("spec.network.zones[{z}].name"), en, ja));
        }
    }
    let known = |name: &String| network.zones.iter().any(|zone| zone.name == *name);
    for (i, exception) in network.allowed_cross_zone.iter().enumerate() {
        for (field, name) in [("from", &exception.from), ("to", &exception.to)] {
            if !known(name) {
                let (en, ja) = (
                    format!("there is no zone {name:?}"),
                    format!("領域 {name:?} がありません"),
                );
                faults.push(SpecFault::invalid(
                    format!("spec.network.allowedCrossZone[{i}].{field}"),
                    en,
                    ja,
                ));
            }
        }
    }
}

/// Grants and exceptions that end within 30 days.
fn ending(spec: &MunicipalitySpec, today: Date) -> Vec<(String, Date)> {
    let encryption = &spec.encryption;
    let administrators = encryption
        .administrators
        .iter()
        .map(|one| one.grant.valid_until.as_ref())
        .enumerate();
    let users = encryption
        .users
        .iter()
        .map(|one| one.grant.valid_until.as_ref())
        .enumerate();
    let exceptions = spec
        .network
        .allowed_cross_zone
        .iter()
        .map(|one| Some(&one.exception.until))
        .enumerate();
    let mut all = Vec::new();
    let mut add = |path: String, day: Option<&String>| {
        let last = day.and_then(|day| day.parse::<Date>().ok());
        let soon = today.checked_add(jiff::Span::new().days(30)).unwrap_or(today);
        all.extend(
            last.filter(|last| (today..=soon).contains(last))
                .map(|last| (path, last)),
        );
    };
    administrators.for_each(|(i, day)| add(format!("spec.encryption.administrators[{i}]"), day));
    users.for_each(|(i, day)| add(format!("spec.encryption.users[{i}]"), day));
    exceptions.for_each(|(i, day)| add(format!("spec.network.allowedCrossZone[{i}]"), day));
    all
}
