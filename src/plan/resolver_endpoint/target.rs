//! What AWS shall be for one endpoint, parsed and checked: after this nobody sees a text that could be
//! wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jichitai_api::common::Mode;
use jichitai_api::resolver_endpoint::{
    Association, EndpointDirection, ForwardRule, ForwardRuleType, ForwardTarget, ResolverEndpoint, ResolverEndpointSpec,
};
use jichitai_api::{Municipality, Region};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ec2::security_group;
use crate::ec2::subnet;
use crate::identity::{AccountId, Identity, Owner, Part, short_hash};
use crate::municipality::place;
use crate::plan::Halt;
use crate::resolver_endpoint::{checks, ports};
use crate::spec_fault::{self, SpecFault};
use crate::tags::{self, Tags};
use crate::tenants::Tenants;

/// The part that stands for the endpoint.
pub const ENDPOINT: &str = "resolver-endpoint";
/// The part that stands for its security group.
pub const GROUP: &str = "security-group.resolver";
/// The first word of the parts of rules.
pub const RULE: &str = "resolver-rule";

/// How a VPC is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VpcName {
    /// By its id.
    Id(String),
    /// As the VPC of a municipality, by its tags.
    Of(Identity),
}

/// Where the endpoint stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its VPC.
    pub vpc: VpcName,
    /// Its subnets by the names that addresses use.
    pub subnets: BTreeMap<String, subnet::Name>,
    /// Whose roles the subnets have.
    pub owner: Identity,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTarget {
    /// Its domain.
    pub domain: String,
    /// Name servers; none to stay inside AWS.
    pub targets: Option<BTreeSet<ForwardTarget>>,
}

/// A VPC in which rules hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcTarget {
    /// The municipality, `namespace/name`; none for a VPC named by its id.
    pub municipality: Option<String>,
    /// Its account; none while the municipality is not seen.
    pub account: Option<AccountId>,
    /// The VPC; none while the municipality is not seen.
    pub vpc: Option<VpcName>,
    /// Whether the municipality accepts this object.
    pub accepted: bool,
    /// Names of the rules.
    pub rules: BTreeSet<String>,
}

impl VpcTarget {
    /// What to call it in messages: the municipality, or the VPC.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.municipality, &self.vpc) {
            (Some(name), _) => format!("Municipality {name}"),
            (None, Some(VpcName::Id(id))) => id.clone(),
            (None, _) => String::new(),
        }
    }
}

/// What AWS shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The account of the endpoint.
    pub account: AccountId,
    /// Where it stands.
    pub place: Place,
    /// Who asks.
    pub direction: EndpointDirection,
    /// Its addresses, and the subnet of each by name.
    pub addresses: BTreeMap<Ipv4Addr, String>,
    /// Addresses that may go, and from when.
    pub retire: BTreeMap<Ipv4Addr, Option<Timestamp>>,
    /// Its protocols.
    pub protocols: BTreeSet<String>,
    /// Its security group.
    pub group: security_group::Want,
    /// Rules by name.
    pub rules: BTreeMap<String, RuleTarget>,
    /// VPCs in which they hold.
    pub vpcs: Vec<VpcTarget>,
    /// Private hosted zones that answer in the endpoint's VPC.
    pub zones: BTreeSet<String>,
    /// Where queries are logged.
    pub query_log: Option<String>,
    /// VPCs of municipalities of the cluster that are known by their id: they accept for themselves.
    pub claimed_vpcs: BTreeSet<String>,
    /// Whether somebody else runs the endpoint, and it is only looked at.
    pub watches: bool,
    /// Descriptive tags of every part.
    pub tags: Tags,
    /// What somebody should know although nothing is held up.
    pub warnings: Vec<Halt>,
}

impl Target {
    /// The hash by which a later difference in AWS is told from a change of the spec.
    #[must_use]
    pub fn hash(&self) -> String {
        // What is only said, and what objects of others do, is no wish of this one.
        let mut target = self.clone();
        target.warnings.clear();
        target.claimed_vpcs.clear();
        short_hash(&format!("{target:?}"), 32)
    }

    /// The accounts of the VPCs other than the endpoint's.
    #[must_use]
    pub fn other_accounts(&self) -> BTreeSet<AccountId> {
        let accounts = self.vpcs.iter().filter_map(|vpc| vpc.account.clone());
        accounts.filter(|account| *account != self.account).collect()
    }
}

/// The part that stands for a rule.
#[must_use]
pub fn rule_part(name: &str) -> Part {
    Part::new(Region::Tokyo, format!("{RULE}.{name}"))
}

/// What a target is made from besides the object.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Installation and owner.
    pub identity: &'a Identity,
    /// The municipality in which the endpoint stands; none for a shared placement.
    pub municipality: Option<&'a Municipality>,
    /// All municipalities.
    pub tenants: &'a Tenants,
    /// Tags that the platform team puts on everything.
    pub default_tags: &'a Tags,
}

/// Parses and checks the object.
///
/// # Errors
/// Every fault with its path and what to do, when there is any.
pub fn target(object: &ResolverEndpoint, sources: &Sources<'_>) -> Result<Target, Vec<SpecFault>> {
    let Sources {
        identity,
        municipality,
        tenants,
        default_tags,
    } = sources;
    let spec = &object.spec;
    let mut faults = Vec::new();
    checks::spec(spec, *municipality, &mut faults);
    spec_fault::adoptions(&spec.common.adopt, &adoptable(spec), &mut faults);
    let (Some(place), Some(account)) = (place_of(spec, identity, *municipality), account(spec, *municipality)) else {
        if faults.is_empty() {
            faults.push(checks::no_account());
        }
        return Err(faults);
    };
    let (me, home) = (Owner::itself(object), municipality.map(Owner::itself));
    let vpcs = spec.associations.iter().map(|one| {
        let names = spec.rules.iter().map(|rule| &rule.name);
        let rules = names.filter(|name| one.rules.is_empty() || one.rules.contains(name));
        vpc(
            one,
            rules.cloned().collect(),
            &account,
            (&me, home.as_ref()),
            &identity.installation,
            tenants,
        )
    });
    let target = Target {
        vpcs: vpcs.collect(),
        place,
        direction: spec.direction,
        addresses: spec
            .ip_addresses
            .iter()
            .filter_map(|one| Some((one.ip.parse().ok()?, one.subnet.clone())))
            .collect(),
        retire: spec
            .retire
            .iter()
            .filter_map(|one| Some((one.ip.parse().ok()?, begins(one.not_before.as_deref()))))
            .collect(),
        protocols: spec.protocols.iter().map(|one| one.as_str().to_owned()).collect(),
        group: ports::group(spec, identity),
        rules: spec
            .rules
            .iter()
            .map(|rule| (rule.name.clone(), rule_target(rule)))
            .collect(),
        zones: spec.private_zones.iter().map(|zone| zone.zone_id.clone()).collect(),
        query_log: spec.query_log.as_ref().map(|log| log.destination_arn.clone()),
        claimed_vpcs: tenants.vpc_ids().clone(),
        watches: spec.common.mode == Mode::Observe && spec.common.adopt.contains_key(ENDPOINT),
        tags: common_tags(spec, *municipality, default_tags),
        warnings: checks::warnings(spec, *municipality),
        account,
    };
    if faults.is_empty() { Ok(target) } else { Err(faults) }
}

/// The names under which `spec.adopt` can take something over.
fn adoptable(spec: &ResolverEndpointSpec) -> BTreeSet<String> {
    let rules = spec.rules.iter().map(|rule| rule_part(&rule.name).role.to_string());
    [ENDPOINT.to_owned(), GROUP.to_owned()]
        .into_iter()
        .chain(rules)
        .collect()
}

fn account(spec: &ResolverEndpointSpec, municipality: Option<&Municipality>) -> Option<AccountId> {
    let shared = spec.placement.shared.as_ref().map(|shared| &shared.account_id);
    AccountId::new(shared.or(municipality.map(|one| &one.spec.account_id))?)
}

fn place_of(spec: &ResolverEndpointSpec, identity: &Identity, municipality: Option<&Municipality>) -> Option<Place> {
    if let Some(shared) = &spec.placement.shared {
        let subnets = shared
            .subnets
            .iter()
            .map(|one| (one.name.clone(), subnet::Name::Id(one.subnet_id.clone())));
        return Some(Place {
            vpc: VpcName::Id(shared.vpc_id.clone()),
            subnets: subnets.collect(),
            owner: identity.clone(),
        });
    }
    let (municipality, zone) = (municipality?, spec.placement.zone.as_deref()?);
    let owner = place::identity(municipality, &identity.installation);
    // The first of a name counts: the zone's own before a service subnet.
    let subnets = place::subnets(zone, municipality).into_iter().rev();
    Some(Place {
        vpc: vpc_of(municipality, &identity.installation),
        subnets: subnets.map(|(subnet, name)| (subnet.name.clone(), name)).collect(),
        owner,
    })
}

/// The VPC of a municipality, as it is found.
#[must_use]
pub fn vpc_of(municipality: &Municipality, installation: &str) -> VpcName {
    match &municipality.spec.network.vpc_id {
        Some(id) => VpcName::Id(id.clone()),
        None => VpcName::Of(place::identity(municipality, installation)),
    }
}

/// A VPC in which rules hold, of an endpoint and the municipality in which it stands: that need not accept what is its own.
fn vpc(
    association: &Association,
    rules: BTreeSet<String>,
    account: &AccountId,
    (me, home): (&Owner, Option<&Owner>),
    installation: &str,
    tenants: &Tenants,
) -> VpcTarget {
    let Association {
        municipality_ref,
        vpc_id,
        rules: _,
    } = association;
    let Some(reference) = municipality_ref else {
        return VpcTarget {
            municipality: None,
            account: Some(account.clone()),
            vpc: vpc_id.clone().map(VpcName::Id),
            accepted: true,
            rules,
        };
    };
    let found = tenants.find(&reference.namespace, &reference.name);
    let accepts = |one: &Municipality| {
        let mut from = one.spec.dns.iter().flat_map(|dns| &dns.accept_from);
        home == Some(&Owner::itself(one)) || from.any(|them| them.namespace == me.namespace && them.name == me.name)
    };
    VpcTarget {
        municipality: Some(format!("{}/{}", reference.namespace, reference.name)),
        account: found.and_then(|one| AccountId::new(&one.spec.account_id)),
        vpc: found.map(|one| vpc_of(one, installation)),
        accepted: found.is_some_and(accepts),
        rules,
    }
}

fn rule_target(rule: &ForwardRule) -> RuleTarget {
    RuleTarget {
        domain: rule.domain.clone(),
        targets: match rule.rule_type {
            ForwardRuleType::Forward => Some(rule.targets.iter().cloned().collect()),
            ForwardRuleType::System => None,
        },
    }
}

/// The beginning of a day in Japan.
fn begins(day: Option<&str>) -> Option<Timestamp> {
    let day = day?.parse::<Date>().ok()?;
    let japan = TimeZone::fixed(jiff::tz::offset(9));
    day.to_zoned(japan).ok().map(|zoned| zoned.timestamp())
}

fn common_tags(spec: &ResolverEndpointSpec, municipality: Option<&Municipality>, defaults: &Tags) -> Tags {
    let mut all = defaults.clone();
    all.extend(&spec.common.tags);
    all.extend(municipality.iter().flat_map(|one| tags::of_tenant(&one.spec)));
    all
}
