//! Conflicts between objects: the incumbent goes on, only the newcomer stalls.

use std::borrow::Borrow;
use std::fmt;

use ipnet::Ipv4Net;
use jichitai_api::municipality::{Environment, Isolation, MunicipalitySpec, OverlapResolution};
use jichitai_api::{InventoryState, Municipality, Reason};
use jiff::Timestamp;

use crate::identity::Owner;
use crate::municipality::checks::overlap;
use crate::municipality::target::sets_ebs_defaults;
use crate::plan::Text;
use crate::spec_fault::SpecFault;

/// What one object claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The object.
    pub owner: Owner,
    /// When it was created in this cluster.
    pub created: Timestamp,
    /// Whether it owns something in AWS; `None` until it was observed for the first time.
    pub owns: Option<bool>,
    /// Code, environment and system name.
    pub tenant: (String, Environment, String),
    /// The account and whether it is claimed for one municipality alone.
    pub account: (String, bool),
    /// Whether it sets the account's EBS defaults.
    pub ebs_defaults: bool,
    /// The transit gateway.
    pub transit_gateway: Option<String>,
    /// The VPC, where it exists already: several tenants may share it.
    pub vpc_id: Option<String>,
    /// Ranges of the VPC.
    pub vpc: Vec<Ipv4Net>,
    /// Ranges of the office.
    pub office: Vec<Ipv4Net>,
    /// Whether overlaps are resolved some way.
    pub resolved: bool,
}

impl Claim {
    /// Reads the claim of an object.
    #[must_use]
    pub fn of(object: &Municipality) -> Self {
        let spec: &MunicipalitySpec = &object.spec;
        let status = object.status.as_ref().map(|status| &status.common);
        // -1 is the default of a status that nobody has written.
        let observed = status
            .and_then(|common| common.observed_generation)
            .is_some_and(|generation| generation > 0);
        let parse = |texts: &[String]| {
            texts
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect::<Vec<Ipv4Net>>()
        };
        let mut vpc = parse(&spec.network.additional_cidrs);
        vpc.extend(spec.network.vpc_cidr.parse::<Ipv4Net>());
        Self {
            owner: Owner::itself(object),
            created: object
                .metadata
                .creation_timestamp
                .as_ref()
                .map_or(Timestamp::MIN, |time| time.0),
            owns: observed.then(|| {
                status.is_some_and(|common| {
                    common
                        .inventory
                        .iter()
                        .any(|entry| matches!(entry.state, InventoryState::Present | InventoryState::Intended))
                })
            }),
            tenant: (spec.code.clone(), spec.environment, spec.system_name.clone()),
            account: (spec.account_id.clone(), spec.isolation == Isolation::Account),
            ebs_defaults: sets_ebs_defaults(spec),
            transit_gateway: spec.network.transit_gateway_id.clone(),
            vpc_id: spec.network.vpc_id.clone(),
            vpc,
            office: parse(&spec.network.on_premises_cidrs),
            resolved: spec.network.overlap_resolution != OverlapResolution::None,
        }
    }

    /// Whether this one goes first: it has something in AWS, or it is older, or its name is.
    fn precedes(&self, other: &Self) -> bool {
        let key = |claim: &Self| (claim.owns != Some(true), claim.created, claim.owner.clone());
        key(self) < key(other)
    }
}

/// The conflicts in which `mine` is the newcomer. `i_own` is what AWS showed just now.
#[must_use]
pub fn conflicts(mine: &Claim, others: &[impl Borrow<Claim>], i_own: bool) -> Vec<SpecFault> {
    let mine = &Claim {
        owns: Some(i_own),
        ..mine.clone()
    };
    let rivals = others
        .iter()
        .map(Borrow::borrow)
        .filter(|other: &&Claim| other.owner != mine.owner);
    rivals
        .filter_map(|other| Some((other, dispute(mine, other)?)))
        .filter_map(|(other, fault)| yields(mine, other).then_some(fault))
        .collect()
}

/// A rival that was never observed may turn out to own things: who owns nothing waits for it.
fn yields(mine: &Claim, other: &Claim) -> bool {
    match (mine.owns, other.owns) {
        (Some(true), None | Some(false)) => false,
        (_, None) => true,
        (_, Some(_)) => other.precedes(mine),
    }
}

/// Another tenant, which is named only within its own namespace.
struct Named<'a> {
    owner: Option<&'a Owner>,
    elsewhere: &'static str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => owner.fmt(f),
            None => f.write_str(self.elsewhere),
        }
    }
}

/// Why two cannot be beside each other, if they cannot.
#[must_use]
pub fn dispute(mine: &Claim, other: &Claim) -> Option<SpecFault> {
    let same_namespace = mine.owner.namespace == other.owner.namespace;
    let named = |elsewhere| Named {
        owner: same_namespace.then_some(&other.owner),
        elsewhere,
    };
    let (en, ja) = (
        named("an object in another namespace"),
        named("別の名前空間のオブジェクト"),
    );
    let fault = |path: &str, reason, text: Text| {
        Some(SpecFault {
            path: path.into(),
            reason,
            message: text,
        })
    };
    if mine.tenant == other.tenant {
        let (code, environment, system) = &mine.tenant;
        let environment = environment.as_str();
        let text = Text::new(
            format!(
                "{en} already stands for {code} in {environment}, system {system}: change systemName, or delete one of them"
            ),
            format!(
                "{ja} がすでに {code}({environment}、システム {system})を表しています。systemName を変えるか、どちらかを削除してください"
            ),
        );
        return fault("spec.code", Reason::DuplicateTenant, text);
    }
    if mine.account.0 == other.account.0 {
        if (mine.account.1 || other.account.1) && (mine.tenant.0 != other.tenant.0) {
            let text = Text::new(
                format!("the account is used by {en} too, but isolation: Account means one municipality per account"),
                format!("このアカウントは {ja} も使用していますが、アカウント分離では 1 団体 1 アカウントです"),
            );
            return fault("spec.accountId", Reason::Conflict, text);
        }
        let production = |claim: &Claim| claim.tenant.1 == Environment::Production;
        if production(mine) != production(other) {
            let text = Text::new(
                format!("{en} uses the account for another environment: production needs an account of its own"),
                format!("{ja} が同じアカウントを別の環境で使用しています。本番環境は別のアカウントにしてください"),
            );
            return fault("spec.accountId", Reason::Conflict, text);
        }
    }
    if mine.account.0 == other.account.0 && mine.ebs_defaults && other.ebs_defaults {
        let text = Text::new(
            format!(
                "{en} sets the EBS defaults of the account, and there is one default key: set ebsDefaultEncryption: false here"
            ),
            format!(
                "{ja} がこのアカウントの EBS 既定設定を管理しています。既定の鍵は 1 つだけのため、こちらは ebsDefaultEncryption: false にしてください"
            ),
        );
        return fault("spec.encryption.ebsDefaultEncryption", Reason::Conflict, text);
    }
    let joined = mine.transit_gateway.is_some() && mine.transit_gateway == other.transit_gateway;
    if joined && !mine.resolved {
        // Systems of one municipality share its office, and tenants may share an existing VPC.
        let same_office = mine.tenant.0 == other.tenant.0;
        let same_vpc = mine.vpc_id.is_some() && mine.vpc_id == other.vpc_id;
        let pairs = [
            (same_vpc, &mine.vpc, &other.vpc, "vpcCidr"),
            (false, &mine.vpc, &other.office, "vpcCidr"),
            (false, &mine.office, &other.vpc, "onPremisesCidrs"),
            (same_office, &mine.office, &other.office, "onPremisesCidrs"),
        ];
        for (_, ours, theirs, field) in pairs.into_iter().filter(|(same, ..)| !same) {
            if let Some((a, b)) = ours
                .iter()
                .flat_map(|a| theirs.iter().map(move |b| (a, b)))
                .find(|(a, b)| overlap(a, b))
            {
                let text = Text::new(
                    format!(
                        "{a} overlaps with {b} of {en} on the same transit gateway: choose another range, or declare spec.network.overlapResolution"
                    ),
                    format!(
                        "{a} が、同じトランジットゲートウェイ上の {ja} の {b} と重複しています。範囲を変えるか spec.network.overlapResolution を宣言してください"
                    ),
                );
                return fault(&format!("spec.network.{field}"), Reason::CidrOverlap, text);
            }
        }
    }
    None
}
