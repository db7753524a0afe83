//! The security group of a zone, or of the endpoints: the second filter, at the interface.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::ec2::traffic;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A rule. What we cannot express ourselves (prefix lists, IPv6, other groups) appears with its
/// peer as AWS writes it, so that it is seen and removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Whether it is for what leaves the interface.
    pub egress: bool,
    /// A CIDR, a prefix list, or `sg-…`; [`Rule::SELF`] for the group itself.
    pub peer: String,
    /// `-1`, `tcp`, `udp`, or another protocol's number.
    pub protocol: String,
    /// First and last port; none for any.
    pub ports: Option<(i32, i32)>,
}

impl Rule {
    /// The peer of a rule that refers to the group it is in.
    pub const SELF: &'static str = "self";
}

impl Rule {
    /// Whether it lets everything pass that another rule does.
    fn admits(&self, other: &Self) -> bool {
        fn terms(rule: &Rule) -> traffic::Terms<'_> {
            (&rule.peer, &rule.protocol, rule.ports)
        }
        self.egress == other.egress && traffic::includes(terms(self), terms(other))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} protocol {}",
            if self.egress { "to" } else { "from" },
            self.peer,
            self.protocol
        )?;
        self.ports
            .map_or(Ok(()), |(first, last)| write!(f, " ports {first}-{last}"))
    }
}

/// A security group in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its name, unique in the VPC.
    pub name: String,
    /// Its rules.
    pub rules: BTreeSet<Rule>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for SecurityGroup {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// What the security group shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Its name.
    pub name: String,
    /// Its description, in the characters that EC2 takes.
    pub description: String,
    /// Its rules.
    pub rules: BTreeSet<Rule>,
}

/// Writes to a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateSecurityGroup` with tags; it lets everything out at first.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// Its name.
        name: String,
        /// Its description.
        description: String,
        /// Tags.
        tags: Tags,
    },
    /// `AuthorizeSecurityGroupIngress` or `…Egress`.
    Allow {
        /// The group.
        id: String,
        /// The rules: all for what comes in, or all for what goes out.
        rules: BTreeSet<Rule>,
    },
    /// `RevokeSecurityGroupIngress` or `…Egress`.
    Revoke {
        /// The group.
        id: String,
        /// The rule.
        rule: Rule,
    },
    /// `DeleteSecurityGroup`.
    Delete {
        /// The group.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name, vpc_id, .. } => write!(f, "create security group {name} in {vpc_id}"),
            Self::Allow { id, rules } => write!(f, "let {id} pass {}", sentence(rules)),
            Self::Revoke { id, rule } => write!(f, "stop {id} passing {rule}"),
            Self::Delete { id } => write!(f, "delete security group {id}"),
        }
    }
}

/// Rules that are asked for in one call: the quotas of AWS's calls count calls, and a person reads what a step does.
const AT_ONCE: usize = 10;

fn sentence(rules: &BTreeSet<Rule>) -> String {
    let rules: Vec<String> = rules.iter().map(Rule::to_string).collect();
    rules.join(" and ")
}

/// The rule that EC2 gives a new group.
#[must_use]
pub fn default_egress() -> Rule {
    Rule {
        egress: true,
        peer: "0.0.0.0/0".into(),
        protocol: "-1".into(),
        ports: None,
    }
}

/// Brings the security group to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    lapsed: &BTreeSet<Rule>,
    vpc_id: &str,
    groups: &'a Listing<SecurityGroup>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a SecurityGroup> {
    let Want {
        name,
        description,
        rules,
    } = want;
    let tags = ctx.tags(&part.role);
    // Names are unique in a VPC.
    let there = |one: &&SecurityGroup| one.vpc_id == vpc_id && one.name == *name;
    let there = groups
        .as_ref()
        .ok()
        .and_then(|list| list.iter().find(there))
        .map(|one| one.id.as_str());
    let group = match resolve(groups, part, there, &format!("{vpc_id} {name}"), ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let (vpc_id, name, description) = (vpc_id.to_owned(), name.clone(), description.clone());
            plan.step(Step::create(
                part,
                Action::Create {
                    vpc_id,
                    name,
                    description,
                    tags,
                },
                creation,
            ));
            return None;
        }
        Found::Adoptable(group) | Found::Ours(group) => group,
    };
    if group.vpc_id != vpc_id {
        let text = Text::new(
            format!(
                "{} is in {}, not in {vpc_id}: AWS cannot move a security group",
                group.id, group.vpc_id
            ),
            format!(
                "{} は {vpc_id} ではなく {} にあります。セキュリティグループは移動できません",
                group.id, group.vpc_id
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    ec2::tags::plan(group, &tags, part, plan);
    let missing: Vec<&Rule> = rules.difference(&group.rules).collect();
    let (outbound, inbound): (Vec<_>, Vec<_>) = missing.into_iter().partition(|rule| rule.egress);
    for rules in inbound.chunks(AT_ONCE).chain(outbound.chunks(AT_ONCE)) {
        let rules: BTreeSet<Rule> = rules.iter().copied().cloned().collect();
        let difference = Difference::new("rules", sentence(&rules), "absent");
        let id = group.id.clone();
        plan.step(Step::change(part, Action::Allow { id, rules }, difference));
    }
    for rule in group.rules.difference(rules) {
        let mut wider = rules.iter().filter(|other| other.admits(rule)).peekable();
        let replaced = wider.peek().is_some();
        // A wider rule comes first: then nothing is lost in between, nor afterwards.
        if replaced && !wider.any(|wider| group.rules.contains(wider)) {
            continue;
        }
        let difference = Difference::new("rules", "absent", rule);
        let step = Step::change(
            part,
            Action::Revoke {
                id: group.id.clone(),
                rule: rule.clone(),
            },
            difference,
        );
        // The rule that EC2 adds by itself was never asked for, and some end by their date.
        let narrows = !replaced && *rule != default_egress() && !lapsed.contains(rule);
        plan.step(if !narrows {
            step
        } else {
            step.risking(format!("what “{rule}” lets pass"))
        });
    }
    Some(group)
}

/// Takes a group of ours away. What uses it makes AWS refuse.
pub fn remove(group: &SecurityGroup, part: &Part, plan: &mut Plan) {
    plan.step(Step::delete(
        part,
        Action::Delete { id: group.id.clone() },
        "the filter of what is behind it",
    ));
}

/// Folds an executed write into what is known.
pub fn absorb(groups: &mut Listing<SecurityGroup>, action: &Action, created: Option<&Created>) {
    let Ok(groups) = groups else { return };
    let mut with = |id: &String, change: &dyn Fn(&mut SecurityGroup)| {
        if let Some(group) = groups.iter_mut().find(|group| group.id == *id) {
            change(group);
        }
    };
    match action {
        Action::Create { vpc_id, name, tags, .. } => groups.extend(created.map(|created| SecurityGroup {
            id: created.id.clone(),
            vpc_id: vpc_id.clone(),
            name: name.clone(),
            rules: BTreeSet::from([default_egress()]),
            tags: tags.clone(),
        })),
        Action::Allow { id, rules } => with(id, &|group| group.rules.extend(rules.iter().cloned())),
        Action::Revoke { id, rule } => with(id, &|group| {
            group.rules.remove(rule);
        }),
        Action::Delete { id } => groups.retain(|group| group.id != *id),
    }
}
