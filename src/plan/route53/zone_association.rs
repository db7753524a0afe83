//! A private hosted zone that answers in a VPC. The zone belongs to whoever made it; the association
//! carries no tags, so one is ours only while the ledger says that we made it, and another's is never
//! taken away.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html>

use std::fmt;

use jichitai_api::{InventoryState, Reason, Region};

use crate::context::Context;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::step::{Creation, Step};

/// A zone that answers in the VPC that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneAssociation {
    /// The zone's id.
    pub zone_id: String,
    /// Its domain, without the final dot.
    pub domain: String,
}

/// Writes to associations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `AssociateVPCWithHostedZone`.
    Associate {
        /// The zone.
        zone_id: String,
        /// The VPC.
        vpc_id: String,
    },
    /// `DisassociateVPCFromHostedZone`.
    Disassociate {
        /// The zone.
        zone_id: String,
        /// The VPC.
        vpc_id: String,
    },
}

impl Action {
    /// The association is known by the zone's id, and that we knew before.
    #[must_use]
    pub fn brings(&self) -> bool {
        false
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Associate { zone_id, vpc_id } => write!(f, "let private zone {zone_id} answer in {vpc_id}"),
            Self::Disassociate { zone_id, vpc_id } => write!(f, "stop private zone {zone_id} answering in {vpc_id}"),
        }
    }
}

/// The first word of the parts of associations.
pub const PART: &str = "private-zone";

/// The part that stands for the association with a zone.
#[must_use]
pub fn part(zone_id: &str) -> Part {
    Part::new(Region::Tokyo, format!("{PART}.{zone_id}"))
}

/// The zone whose association a part stands for.
#[must_use]
pub fn zone_of(part: &Part) -> Option<&str> {
    part.role.as_str().strip_prefix(PART)?.strip_prefix('.')
}

/// Lets the zone answer in the VPC.
pub fn plan(zone_id: &str, vpc_id: &str, zones: &Listing<ZoneAssociation>, ctx: &Context, plan: &mut Plan) {
    let part = part(zone_id);
    match zones {
        Err(fault) => plan.unreadable(&part, fault),
        Ok(zones) if zones.iter().any(|zone| zone.zone_id == zone_id) => {}
        Ok(_) => {
            // The call says the same every time, so it can be made again at any time.
            let creation = Creation {
                token: ctx.identity.token(&part, vpc_id, 0),
                incarnation: 0,
                // Only the ledger knows that it is ours.
                repeatable: false,
            };
            let (zone_id, vpc_id) = (zone_id.to_owned(), vpc_id.to_owned());
            plan.step(Step::create(&part, Action::Associate { zone_id, vpc_id }, creation));
        }
    }
}

/// Whether we made the association with this zone.
#[must_use]
pub fn is_ours(zone_id: &str, ctx: &Context) -> bool {
    let entry = ctx.ledger.get(&part(zone_id));
    entry.is_some_and(|entry| matches!(entry.state, InventoryState::Intended | InventoryState::Present))
}

/// Takes away the associations of ours but with the zones to `keep`; returns whether any is left.
pub fn remove_others<'a>(
    keep: impl Fn(&str) -> bool,
    vpc_id: &str,
    zones: &'a Listing<ZoneAssociation>,
    ctx: &Context,
    plan: &mut Plan,
) -> bool {
    let zones = match zones {
        Ok(zones) => zones,
        Err(fault) => {
            plan.unreadable(&Part::new(Region::Tokyo, PART), fault);
            return true;
        }
    };
    let going = |zone: &&'a ZoneAssociation| !keep(&zone.zone_id) && is_ours(&zone.zone_id, ctx);
    let mut left = false;
    for ZoneAssociation { zone_id, domain } in zones.iter().filter(going) {
        left = true;
        let action = Action::Disassociate {
            zone_id: zone_id.clone(),
            vpc_id: vpc_id.to_owned(),
        };
        plan.step(Step::delete(&part(zone_id), action, format!("names below {domain}")));
    }
    left
}

/// The notice that a rule and a zone answer for the same domain: then the rule is asked.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>
pub fn overshadowed<'a>(
    rules: impl Iterator<Item = &'a str> + Clone,
    zones: &Listing<ZoneAssociation>,
    plan: &mut Plan,
) {
    for ZoneAssociation { zone_id, domain } in zones.iter().flatten() {
        if rules.clone().any(|rule| rule == domain) {
            let text = Text::new(
                format!("a rule forwards {domain}, so the private zone {zone_id} of the same name is not asked"),
                format!("{domain} は転送ルールがあるため、同名のプライベートゾーン {zone_id} は参照されません"),
            );
            plan.notice(&part(zone_id), Reason::Conflict, text);
        }
    }
}

/// Folds an executed write into what is known.
pub fn absorb(zones: &mut Listing<ZoneAssociation>, action: &Action) {
    let Ok(zones) = zones else { return };
    match action {
        Action::Associate { zone_id, vpc_id: _ } => zones.push(ZoneAssociation {
            zone_id: zone_id.clone(),
            domain: String::new(),
        }),
        Action::Disassociate { zone_id, vpc_id: _ } => zones.retain(|zone| zone.zone_id != *zone_id),
    }
}
