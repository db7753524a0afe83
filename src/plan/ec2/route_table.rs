//! The route table of a zone: which on-premises ranges it reaches, over the transit gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::Ipv4Net;
use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A route table in AWS. The `local` routes of the VPC are left out: they cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Destination → target id, as text so that foreign routes (prefix lists, IPv6) are seen too.
    pub routes: BTreeMap<String, String>,
    /// Subnet id → association id.
    pub associations: BTreeMap<String, String>,
    /// Whether it is the VPC's main route table.
    pub main: bool,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for RouteTable {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// What the route table shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Destinations that go to the transit gateway.
    pub destinations: BTreeSet<Ipv4Net>,
    /// The transit gateway, once its attachment is available.
    pub transit_gateway: Option<String>,
    /// Subnets that shall use it.
    pub subnets: BTreeSet<String>,
}

/// Writes to a route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateRouteTable` with client token and tags.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// Tags.
        tags: Tags,
    },
    /// `CreateRoute` to a transit gateway.
    AddRoute {
        /// The table.
        id: String,
        /// Where to.
        destination: Ipv4Net,
        /// Over which transit gateway.
        transit_gateway: String,
    },
    /// `ReplaceRoute` to a transit gateway.
    ReplaceRoute {
        /// The table.
        id: String,
        /// Where to.
        destination: Ipv4Net,
        /// Over which transit gateway.
        transit_gateway: String,
    },
    /// `DeleteRoute`.
    RemoveRoute {
        /// The table.
        id: String,
        /// Where to.
        destination: String,
    },
    /// `AssociateRouteTable`.
    Associate {
        /// The table.
        id: String,
        /// The subnet.
        subnet_id: String,
    },
    /// `ReplaceRouteTableAssociation`: the subnet never falls back to the main table in between.
    Reassociate {
        /// The table.
        id: String,
        /// The subnet.
        subnet_id: String,
        /// The association to move.
        association_id: String,
    },
    /// `DeleteRouteTable`.
    Delete {
        /// The table.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(
            self,
            Self::Create { .. } | Self::Associate { .. } | Self::Reassociate { .. }
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { vpc_id, .. } => write!(f, "create route table in {vpc_id}"),
            Self::AddRoute {
                id,
                destination,
                transit_gateway,
            } => write!(f, "route {destination} over {transit_gateway} in {id}"),
            Self::ReplaceRoute {
                id,
                destination,
                transit_gateway,
            } => {
                write!(f, "route {destination} over {transit_gateway} again in {id}")
            }
            Self::RemoveRoute { id, destination } => write!(f, "remove the route to {destination} from {id}"),
            Self::Associate { id, subnet_id } => write!(f, "let {subnet_id} use {id}"),
            Self::Reassociate { id, subnet_id, .. } => write!(f, "move {subnet_id} back to {id}"),
            Self::Delete { id } => write!(f, "delete route table {id}"),
        }
    }
}

/// Brings the route table to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    vpc_id: &str,
    tables: &'a Listing<RouteTable>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a RouteTable> {
    let tags = ctx.tags(&part.role);
    let table = match resolve(tables, part, None, vpc_id, ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            plan.step(Step::create(
                part,
                Action::Create {
                    vpc_id: vpc_id.to_owned(),
                    tags,
                },
                creation,
            ));
            return None;
        }
        Found::Adoptable(table) | Found::Ours(table) => table,
    };
    ec2::tags::plan(table, &tags, part, plan);
    let Want {
        destinations,
        transit_gateway,
        subnets,
    } = want;
    for destination in destinations {
        let Some(transit_gateway) = transit_gateway.clone() else {
            continue;
        };
        let id = table.id.clone();
        match table.routes.get(&destination.to_string()) {
            Some(have) if *have == transit_gateway => {}
            Some(have) => {
                let difference = Difference::new(format!("routes[{destination}]"), &transit_gateway, have);
                let action = Action::ReplaceRoute {
                    id,
                    destination: *destination,
                    transit_gateway,
                };
                plan.step(Step::change(part, action, difference));
            }
            None => {
                let difference = Difference::new(format!("routes[{destination}]"), &transit_gateway, "absent");
                let action = Action::AddRoute {
                    id,
                    destination: *destination,
                    transit_gateway,
                };
                plan.step(Step::change(part, action, difference));
            }
        }
    }
    let wanted: BTreeSet<String> = destinations.iter().map(ToString::to_string).collect();
    for (destination, have) in table
        .routes
        .iter()
        .filter(|(destination, _)| !wanted.contains(*destination))
    {
        if destination.starts_with("pl-") {
            // AWS refuses to delete it as a route: it comes and goes with its gateway endpoint.
            let text = Text::new(
                format!(
                    "{have} routes {destination} in {}: take the route table out of that gateway endpoint",
                    table.id
                ),
                format!(
                    "{have} が {} に {destination} への経路を追加しています。そのゲートウェイエンドポイントからルートテーブルを外してください",
                    table.id
                ),
            );
            plan.block(part, Reason::Conflict, text);
            continue;
        }
        let difference = Difference::new(format!("routes[{destination}]"), "absent", have);
        let action = Action::RemoveRoute {
            id: table.id.clone(),
            destination: destination.clone(),
        };
        plan.step(Step::change(part, action, difference).risking(format!("the path to {destination}")));
    }
    associate(subnets, table, tables, part, plan);
    Some(table)
}

fn associate(
    subnets: &BTreeSet<String>,
    table: &RouteTable,
    tables: &Listing<RouteTable>,
    part: &Part,
    plan: &mut Plan,
) {
    let elsewhere = |subnet: &String| {
        let others = tables
            .as_ref()
            .into_iter()
            .flatten()
            .filter(|other| other.id != table.id);
        others.into_iter().find_map(|other| other.associations.get(subnet))
    };
    for subnet_id in subnets
        .iter()
        .filter(|subnet| !table.associations.contains_key(*subnet))
    {
        let (id, subnet_id) = (table.id.clone(), subnet_id.clone());
        let path = format!("associations[{subnet_id}]");
        match elsewhere(&subnet_id) {
            Some(association) => {
                let difference = Difference::new(path, &id, association);
                let action = Action::Reassociate {
                    id,
                    subnet_id,
                    association_id: association.clone(),
                };
                let risk = format!("the paths that {association} gives now");
                plan.step(Step::change(part, action, difference).risking(risk));
            }
            None => {
                let difference = Difference::new(path, &id, "the main route table");
                plan.step(Step::change(part, Action::Associate { id, subnet_id }, difference));
            }
        }
    }
}

/// Takes a table of ours away once no subnet uses it.
pub fn remove(table: &RouteTable, part: &Part, plan: &mut Plan) {
    if table.associations.is_empty() {
        plan.step(Step::delete(
            part,
            Action::Delete { id: table.id.clone() },
            "the paths of a zone",
        ));
    }
}

/// Folds an executed write into what is known.
pub fn absorb(tables: &mut Listing<RouteTable>, action: &Action, created: Option<&Created>) {
    let Ok(tables) = tables else { return };
    if let Action::Reassociate { association_id, .. } = action {
        tables.iter_mut().for_each(|table| {
            table
                .associations
                .retain(|_, association| association != association_id)
        });
    }
    let mut with = |id: &String, change: &dyn Fn(&mut RouteTable)| {
        if let Some(table) = tables.iter_mut().find(|table| table.id == *id) {
            change(table);
        }
    };
    match action {
        Action::Create { vpc_id, tags } => tables.extend(created.map(|created| RouteTable {
            id: created.id.clone(),
            vpc_id: vpc_id.clone(),
            routes: BTreeMap::new(),
            associations: BTreeMap::new(),
            main: false,
            tags: tags.clone(),
        })),
        Action::AddRoute {
            id,
            destination,
            transit_gateway,
        }
        | Action::ReplaceRoute {
            id,
            destination,
            transit_gateway,
        } => {
            with(id, &|table| {
                table.routes.insert(destination.to_string(), transit_gateway.clone());
            });
        }
        Action::RemoveRoute { id, destination } => with(id, &|table| {
            table.routes.remove(destination);
        }),
        Action::Associate { id, subnet_id } | Action::Reassociate { id, subnet_id, .. } => with(id, &|table| {
            table.associations.insert(
                subnet_id.clone(),
                created.map(|created| created.id.clone()).unwrap_or_default(),
            );
        }),
        Action::Delete { id } => tables.retain(|table| table.id != *id),
    }
}
