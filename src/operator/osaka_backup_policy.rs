//! The `OsakaBackupPolicy`: from the object to everything a pass needs, and its part of status. What is
//! missing becomes a condition.

use std::collections::BTreeSet;

use jichitai_api::municipality::Environment;
use jichitai_api::{CommonStatus, Municipality, OsakaBackupPolicy, OsakaBackupPolicySpec, OsakaBackupPolicyStatus};
use jichitai_aws::{Claim, Depth};
use jichitai_plan::context::{Context, japan_date};
use jichitai_plan::evidence::{Milestone, of_backup};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::osaka_backup_policy::goal::{Goal, Remains};
use jichitai_plan::osaka_backup_policy::observed::Observed;
use jichitai_plan::osaka_backup_policy::target::{self, Sources, Target};
use jichitai_plan::osaka_backup_policy::{describe, objective, transfer};
use jichitai_plan::pass::Ending;
use jichitai_plan::policy::role_arn::RoleArn;
use jichitai_plan::roll::Roll;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jiff::Timestamp;
use jiff::civil::Date;
use kube::ResourceExt;

use crate::account::{closed, entry, no_municipality};
use crate::config::Language;
use crate::kind::{Aim, Kind, Prepared, Sharing, destructive};
use crate::metrics::{Metrics, Safety};
use crate::obstacle::Obstacle;
use crate::succession::identity;
use crate::world::{Shelf, View, World};

impl Kind for OsakaBackupPolicy {
    type Status = OsakaBackupPolicyStatus;
    type Goal = Goal;
    type Beside = ();
    type Index = Roll<Self>;

    fn shelf(view: &View) -> &Shelf<Self, Self::Index> {
        &view.policies
    }

    fn status(&self) -> Option<&OsakaBackupPolicyStatus> {
        self.status.as_ref()
    }

    fn common_status(status: &OsakaBackupPolicyStatus) -> &CommonStatus {
        &status.common
    }

    fn common_status_mut(status: &mut OsakaBackupPolicyStatus) -> &mut CommonStatus {
        &mut status.common
    }

    fn account<'a>(&'a self, tenants: &'a Tenants) -> Option<&'a str> {
        // All of its municipalities are in one account.
        let (_, name) = references(self).next()?;
        Some(&tenants.find(self.metadata.namespace.as_deref()?, name)?.spec.account_id)
    }

    async fn aim(&self, view: &View, now: Timestamp) -> Result<Aim<Self>, Obstacle> {
        aim(self, view, now)
    }

    async fn beside(&self, _: &Aim<Self>, _: &World) {}

    const SHARES: Sharing = Sharing::Nothing;

    async fn observe(prepared: &Prepared<Self>, _: Depth) -> Observed {
        let query = prepared.goal.query(&prepared.ctx);
        let mut seen = prepared.session.observe_backup(&query).await;
        if let Goal::Present(target) = &prepared.goal {
            claim(prepared, target, &mut seen).await;
        }
        seen
    }

    fn conflicts(_: &Prepared<Self>, _: &Observed) -> Vec<SpecFault> {
        // Policies may copy the same sources, each for itself.
        Vec::new()
    }

    fn ending(_: &Goal) -> &[(String, Date)] {
        &[]
    }

    fn describe(goal: &Goal, ending: &Ending<Observed>, _: Language, status: &mut OsakaBackupPolicyStatus) {
        if let Goal::Present(target) = goal {
            describe::status(target, &ending.observed, &ending.ctx, status);
        }
    }

    fn milestones(before: Option<&OsakaBackupPolicyStatus>, after: &OsakaBackupPolicyStatus) -> Vec<Milestone> {
        of_backup(before, after)
    }

    fn measure(&self, ended: Option<(&Goal, &Ending<Observed>)>, metrics: &Metrics) {
        measure(self, ended, metrics);
    }
}

/// How safe the data is; what could not be read is left as it was last seen.
fn measure(object: &OsakaBackupPolicy, ended: Option<(&Goal, &Ending<Observed>)>, metrics: &Metrics) {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let Some((Goal::Present(target), ending)) = ended else {
        return metrics.safety(&namespace, &name, None);
    };
    if let Some(safe_until) = objective::safe_until(&ending.observed) {
        let safe_until = safe_until.into_iter().map(|(source, at)| (source.to_string(), at));
        let safety = Safety {
            safe_until: safe_until.collect(),
            recovery_point_objective: target.recovery_point_objective,
            drill: target.measured,
            recovery_time_objective: target.drill.as_ref().map(|drill| drill.objective),
        };
        metrics.safety(&namespace, &name, Some(safety));
    }
}

/// Claims room for the copies that are due. What could not be counted leaves none.
async fn claim(prepared: &Prepared<OsakaBackupPolicy>, target: &Target, seen: &mut Observed) {
    let Prepared { aim, session, .. } = prepared;
    let ctx = &aim.ctx;
    let owner = ctx.identity.owner.to_string();
    for medium in target.copied() {
        let claim = Claim {
            in_flight: transfer::in_flight(medium, seen),
            waiting: transfer::waiting(medium, seen, ctx),
            quota: transfer::quota(medium, ctx),
        };
        match session.claim_room(&owner, medium, claim, ctx.now).await {
            Ok(room) => drop(seen.room.insert(medium, room)),
            Err(fault) => tracing::warn!(object = %owner, %fault, "could not count the copies in flight"),
        }
    }
}

fn aim(object: &OsakaBackupPolicy, view: &View, now: Timestamp) -> Result<Aim<OsakaBackupPolicy>, Obstacle> {
    let config = view.config.get();
    let namespace = object.namespace().unwrap_or_default();
    let identity = identity(object, view, &config)?;
    let going = object.metadata.deletion_timestamp.is_some();
    let tenants = view.municipalities.read();
    let found: Vec<(String, &str, Option<&Municipality>)> = references(object)
        .map(|(path, name)| (path, name, tenants.find(&namespace, name)))
        .collect();
    let mut municipalities = Vec::new();
    for (path, name, one) in &found {
        match one {
            Some(one) => municipalities.push(*one),
            None if going => {}
            None => return Err(no_municipality(path, name)),
        }
    }
    let (path, reference) = found.first().map_or(("", ""), |(path, name, _)| (path.as_str(), *name));
    let first = municipalities.first().copied();
    // Each of them has to be granted: the policy copies what is theirs.
    let entry_of = |one| entry(object, one, (path, reference), &config, &namespace);
    let account = entry_of(first)?;
    for one in municipalities.iter().skip(1) {
        entry_of(Some(*one))?;
    }
    let closed = closed(object, &config, &namespace, now)?;
    let inventory = object.status.as_ref().map(|status| status.common.inventory.clone());
    let mut ctx = Context {
        identity,
        now,
        settings: config.settings(),
        ledger: Ledger::new(inventory.unwrap_or_default()),
        adopt: object.spec.common.adopt.clone(),
        common_tags: Tags::new(),
    };
    let goal = if going {
        Goal::Absent {
            policy: object.spec.common.deletion_policy,
            remains: Box::new(Remains::of(&object.spec, &ctx.identity)),
        }
    } else {
        let operator = account.role_arn.as_deref().and_then(RoleArn::new);
        let policies = view.policies.read();
        let others = beside(object, &municipalities, &tenants, policies.within(&namespace));
        let sources = Sources {
            identity: &ctx.identity,
            municipalities: &municipalities,
            others: &others,
            today: japan_date(now),
            default_tags: &config.default_tags,
            operator: operator.as_ref(),
            break_glass: &config.break_glass(japan_date(now)),
            break_glass_before: &config.break_glass_before(),
        };
        let target = target::target(object, &sources).map_err(|faults| Obstacle::faults(&faults))?;
        ctx.common_tags = target.tags.clone();
        Goal::Present(Box::new(target))
    };
    Ok(Aim {
        goal,
        ctx,
        account: account.clone(),
        destructive: destructive(&object.spec.common, strictest(&municipalities)),
        config,
        closed,
    })
}

/// The municipalities that the spec names, each with its path.
fn references(object: &OsakaBackupPolicy) -> impl Iterator<Item = (String, &str)> {
    let one = object
        .spec
        .municipality_ref
        .iter()
        .map(|one| ("spec.municipalityRef".to_owned(), one.name.as_str()));
    let several = object.spec.municipality_refs.iter().enumerate();
    one.chain(several.map(|(index, one)| (format!("spec.municipalityRefs[{index}]"), one.name.as_str())))
}

/// The other policies of the namespace that copy what is in the same account.
fn beside<'a>(
    object: &OsakaBackupPolicy,
    own: &[&Municipality],
    tenants: &Tenants,
    policies: impl Iterator<Item = &'a OsakaBackupPolicy>,
) -> Vec<&'a OsakaBackupPolicySpec> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let accounts: BTreeSet<&str> = own.iter().map(|one| one.spec.account_id.as_str()).collect();
    let of_account = |reference: &str| {
        let found = tenants.find(&namespace, reference);
        found.is_some_and(|one| accounts.contains(one.spec.account_id.as_str()))
    };
    let is_one = |other: &&OsakaBackupPolicy| {
        other.name_any() != name
            && other.metadata.deletion_timestamp.is_none()
            && references(other).any(|(_, reference)| of_account(reference))
    };
    policies.filter(is_one).map(|other| &other.spec).collect()
}

/// The environment that asks for the most care.
fn strictest(municipalities: &[&Municipality]) -> Environment {
    let mut all = municipalities.iter().map(|one| one.spec.environment);
    let first = all.next();
    match first {
        Some(first) if all.all(|other| other != Environment::Production) => first,
        _ => Environment::Production,
    }
}

/// Whether an object copies what a municipality has.
#[must_use]
pub fn refers(object: &OsakaBackupPolicy, namespace: &str, name: &str) -> bool {
    object.metadata.namespace.as_deref() == Some(namespace) && references(object).any(|(_, one)| one == name)
}
