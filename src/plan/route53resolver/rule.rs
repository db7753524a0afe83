//! A rule: which name servers are asked for a domain, or that a domain stays inside AWS.
//!
//! Its targets change in place. Its domain and type do not; the spec refuses that, and what already
//! stands in AWS with others is reported.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateResolverRule.html>

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Reason;
use jichitai_api::resolver_endpoint::{DnsProtocol, ForwardTarget};

use crate::context::Context;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, resolve};
use crate::route53resolver::{made_for, name, tags};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// The rule type that sends queries on.
pub const FORWARD: &str = "FORWARD";
/// The rule type that keeps queries inside AWS.
pub const SYSTEM: &str = "SYSTEM";

/// A rule in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `rslvr-rr-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What its creation carried.
    pub request_id: String,
    /// Its name in AWS.
    pub name: String,
    /// Its domain, in lower case without the final dot.
    pub domain: String,
    /// `FORWARD`, `SYSTEM`, `RECURSIVE` or `DELEGATE`.
    pub kind: String,
    /// Name servers.
    pub targets: BTreeSet<ForwardTarget>,
    /// The outbound endpoint.
    pub endpoint_id: Option<String>,
    /// `COMPLETE`, `UPDATING`, `DELETING` or `FAILED`.
    pub state: String,
    /// What AWS says about the state.
    pub message: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether the tags were read; else they are what its request id says of its owner.
    pub tags_read: bool,
}

requested!(Rule);

/// Whether a domain is below another.
#[must_use]
pub fn is_below(domain: &str, above: &str) -> bool {
    domain.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

/// What the rule shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Its domain.
    pub domain: String,
    /// The endpoint and the name servers; none to stay inside AWS.
    pub forward: Option<(String, BTreeSet<ForwardTarget>)>,
    /// The protocols that the endpoint speaks by now.
    pub spoken: BTreeSet<String>,
}

impl Want {
    fn kind(&self) -> &'static str {
        if self.forward.is_some() { FORWARD } else { SYSTEM }
    }

    /// Whether the endpoint can ask all the name servers; AWS refuses the others.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_TargetAddress.html>
    fn is_spoken(&self) -> bool {
        let mut targets = self.forward.iter().flat_map(|(_, targets)| targets);
        targets.all(|target| self.spoken.contains(target.protocol.as_str()))
    }
}

/// Writes to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateResolverRule` with tags.
    Create {
        /// What lists show of its owner.
        request_id: String,
        /// Its name in AWS.
        name: String,
        /// Its domain.
        domain: String,
        /// The endpoint and the name servers; none to stay inside AWS.
        forward: Option<(String, BTreeSet<ForwardTarget>)>,
        /// Tags.
        tags: Tags,
    },
    /// `UpdateResolverRule`: these name servers, through this endpoint.
    Direct {
        /// The rule.
        id: String,
        /// Its domain, for people.
        domain: String,
        /// The endpoint.
        endpoint_id: String,
        /// All its name servers.
        targets: BTreeSet<ForwardTarget>,
    },
    /// `DeleteResolverRule`.
    Delete {
        /// The rule.
        id: String,
        /// Its domain, for people.
        domain: String,
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
            Self::Create {
                domain,
                forward: Some((endpoint, targets)),
                ..
            } => write!(f, "forward {domain} to {} through {endpoint}", list(targets)),
            Self::Create { domain, .. } => write!(f, "keep {domain} inside AWS"),
            Self::Direct {
                id,
                domain,
                endpoint_id,
                targets,
            } => {
                let targets = list(targets);
                write!(f, "let {id} forward {domain} to {targets} through {endpoint_id}")
            }
            Self::Delete { id, domain } => write!(f, "delete rule {id} for {domain}"),
        }
    }
}

/// Name servers as one line for people.
#[must_use]
pub fn list(targets: &BTreeSet<ForwardTarget>) -> String {
    let one = |target: &ForwardTarget| {
        let ForwardTarget {
            ip,
            port,
            protocol,
            server_name,
        } = target;
        let name = server_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        match protocol {
            DnsProtocol::Do53 => format!("{ip}:{port}"),
            DnsProtocol::DoH => format!("{ip}:{port} over HTTPS{name}"),
        }
    };
    targets.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Brings the rule to what is wanted; returns it where it is ours and stands.
pub fn plan<'a>(
    want: &Want,
    rules: &'a Listing<Rule>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Rule> {
    let wanted_tags = ctx.tags(&part.role);
    let made = made_for(rules, part, &ctx.identity);
    let rule = match resolve(rules, part, made, "", ctx, plan) {
        Found::Halted => return None,
        Found::Absent(_) if !want.is_spoken() => {
            unspoken(want, part, plan);
            return None;
        }
        Found::Absent(creation) => {
            let action = Action::Create {
                request_id: ctx.identity.request_id(&part.role, creation.incarnation),
                name: name(part),
                domain: want.domain.clone(),
                forward: want.forward.clone(),
                tags: wanted_tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(rule) | Found::Ours(rule) => rule,
    };
    if rule.domain != want.domain || rule.kind != want.kind() {
        let Rule { id, domain, kind, .. } = rule;
        let text = Text::new(
            format!(
                "{id} is a {kind} rule for {domain}, not a {} rule for {}: AWS cannot change it; give the new rule another name in the spec",
                want.kind(),
                want.domain
            ),
            format!(
                "{id} は {} の {} ルールではなく、{domain} の {kind} ルールです。AWS では変更できません。新しいルールには別の名前を付けてください",
                want.domain,
                want.kind()
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    tags::plan(rule, &wanted_tags, part, plan);
    match rule.state.as_str() {
        "COMPLETE" => {}
        "FAILED" => {
            let text = Text::new(
                format!("{} has failed: {}", rule.id, rule.message),
                format!("{} は失敗しています: {}", rule.id, rule.message),
            );
            plan.block(part, Reason::InvalidRequest, text);
            return None;
        }
        state => {
            let text = Text::new(
                format!("{} is {state}", rule.id),
                format!("{} は {state} です", rule.id),
            );
            plan.wait(part, Reason::WaitingForAws, text);
            // It goes on holding where it holds while its name servers change.
            return (state == "UPDATING").then_some(rule);
        }
    }
    if let Some((endpoint_id, targets)) = &want.forward {
        if want.is_spoken() {
            direct(endpoint_id, targets, rule, part, plan);
        } else {
            unspoken(want, part, plan);
        }
    }
    Some(rule)
}

fn unspoken(want: &Want, part: &Part, plan: &mut Plan) {
    let text = Text::new(
        format!(
            "{} waits until the endpoint speaks the protocols of its name servers",
            want.domain
        ),
        format!(
            "{} の転送は、エンドポイントが転送先のプロトコルに対応するのを待っています",
            want.domain
        ),
    );
    plan.wait(part, Reason::WaitingForDependency, text);
}

fn direct(endpoint_id: &str, targets: &BTreeSet<ForwardTarget>, rule: &Rule, part: &Part, plan: &mut Plan) {
    if rule.targets == *targets && rule.endpoint_id.as_deref() == Some(endpoint_id) {
        return;
    }
    let through = rule.endpoint_id.as_deref().unwrap_or("nothing");
    let difference = Difference::new(
        "targets",
        format!("{} through {endpoint_id}", list(targets)),
        format!("{} through {through}", list(&rule.targets)),
    );
    let action = Action::Direct {
        id: rule.id.clone(),
        domain: rule.domain.clone(),
        endpoint_id: endpoint_id.to_owned(),
        targets: targets.clone(),
    };
    let gone: BTreeSet<ForwardTarget> = &rule.targets - targets;
    let step = Step::change(part, action, difference);
    plan.step(if gone.is_empty() {
        step
    } else {
        step.risking(format!("answers of {}", list(&gone)))
    });
}

/// Takes a rule away, once it holds nowhere.
pub fn remove(rule: &Rule, part: &Part, plan: &mut Plan) {
    let Rule { id, domain, state, .. } = rule;
    if state == "DELETING" {
        let text = Text::new(format!("{id} is being deleted"), format!("{id} は削除中です"));
        return plan.wait(part, Reason::WaitingForAws, text);
    }
    let action = Action::Delete {
        id: id.clone(),
        domain: domain.clone(),
    };
    let mut step = Step::delete(part, action, format!("names below {domain}"));
    // Gone is it only when AWS no longer lists it.
    step.removal = false;
    plan.step(step);
}

/// Folds an executed write into what is known.
pub fn absorb(rules: &mut Listing<Rule>, action: &Action, created: Option<&Created>) {
    let Ok(rules) = rules else { return };
    let mut with = |id: &String, state: &str, change: &dyn Fn(&mut Rule)| {
        if let Some(rule) = rules.iter_mut().find(|rule| rule.id == *id) {
            state.clone_into(&mut rule.state);
            change(rule);
        }
    };
    match action {
        Action::Create {
            request_id,
            name,
            domain,
            forward,
            tags,
        } => rules.extend(created.map(|created| Rule {
            id: created.id.clone(),
            arn: created.arn.clone().unwrap_or_default(),
            request_id: request_id.clone(),
            name: name.clone(),
            domain: domain.clone(),
            kind: if forward.is_some() { FORWARD } else { SYSTEM }.into(),
            targets: forward.iter().flat_map(|(_, targets)| targets.clone()).collect(),
            endpoint_id: forward.as_ref().map(|(endpoint, _)| endpoint.clone()),
            state: created.state.clone().unwrap_or_else(|| "COMPLETE".into()),
            message: String::new(),
            tags: tags.clone(),
            tags_read: true,
        })),
        Action::Direct {
            id,
            domain: _,
            endpoint_id,
            targets,
        } => with(id, "UPDATING", &|rule| {
            rule.endpoint_id = Some(endpoint_id.clone());
            rule.targets.clone_from(targets);
        }),
        Action::Delete { id, domain: _ } => with(id, "DELETING", &|_| {}),
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for.
pub fn finish_pending(rules: &mut Listing<Rule>) {
    let Ok(rules) = rules else { return };
    rules.retain(|rule| rule.state != "DELETING");
    for rule in rules.iter_mut().filter(|rule| rule.state == "UPDATING") {
        "COMPLETE".clone_into(&mut rule.state);
    }
}
