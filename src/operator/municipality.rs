//! The `Municipality`: from the object to everything a pass needs, and its part of status. What is
//! missing becomes a condition.

use std::sync::Arc;

use jichitai_api::{CommonStatus, FileLinkBucket, Municipality, MunicipalityStatus};
use jichitai_aws::Depth;
use jichitai_plan::context::{Context, japan_date};
use jichitai_plan::guardrails::{Change, Verdict};
use jichitai_plan::identity::{AccountId, Identity};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::municipality::claims::{self, Claim};
use jichitai_plan::municipality::describe;
use jichitai_plan::municipality::goal::Goal;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::target::{self, NetworkTarget, SERVICE, Sources};
use jichitai_plan::municipality::teardown::Remains;
use jichitai_plan::pass::Ending;
use jichitai_plan::plan::Text;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jichitai_plan::{inventory, spec_fault::SpecFault};
use jiff::Timestamp;
use jiff::civil::Date;
use kube::ResourceExt;

use crate::account::{closed, granted};
use crate::config::{Account, Config, Language};
use crate::guardrails::{self, Advice};
use crate::kind::{Aim, Kind, Prepared, Sharing, destructive};
use crate::obstacle::Obstacle;
use crate::shared::Shared;
use crate::succession::{identity, is_succeeded};
use crate::world::{Shelf, View, World};

/// What this object and all others claim.
pub struct Claims {
    mine: Claim,
    all: Arc<Tenants>,
}

impl Kind for Municipality {
    type Status = MunicipalityStatus;
    type Goal = Goal;
    type Beside = Claims;
    type Index = Tenants;

    fn shelf(view: &View) -> &Shelf<Self, Self::Index> {
        &view.municipalities
    }

    fn status(&self) -> Option<&MunicipalityStatus> {
        self.status.as_ref()
    }

    fn common_status(status: &MunicipalityStatus) -> &CommonStatus {
        &status.common
    }

    fn common_status_mut(status: &mut MunicipalityStatus) -> &mut CommonStatus {
        &mut status.common
    }

    fn account<'a>(&'a self, _: &'a Tenants) -> Option<&'a str> {
        Some(&self.spec.account_id)
    }

    async fn aim(&self, view: &View, now: Timestamp) -> Result<Aim<Self>, Obstacle> {
        aim(self, view, now)
    }

    async fn beside(&self, _: &Aim<Self>, world: &World) -> Claims {
        Claims {
            mine: Claim::of(self),
            all: world.view.municipalities.read(),
        }
    }

    const SHARES: Sharing = Sharing::Lists;

    async fn observe(prepared: &Prepared<Self>, depth: Depth) -> Observed {
        let query = prepared.goal.query(&prepared.ctx);
        prepared.session.observe_at(&query, depth).await
    }

    fn conflicts(prepared: &Prepared<Self>, observed: &Observed) -> Vec<SpecFault> {
        let Goal::Present(_) = &prepared.goal else {
            return Vec::new();
        };
        let owns = inventory::owns_anything(observed, prepared.session.account(), &prepared.ctx);
        let Claims { mine, all } = &prepared.beside;
        claims::conflicts(mine, all.claims(), owns)
    }

    fn ending(goal: &Goal) -> &[(String, Date)] {
        match goal {
            Goal::Present(target) => &target.ending,
            Goal::Absent { .. } => &[],
        }
    }

    fn describe(goal: &Goal, ending: &Ending<Observed>, _: Language, status: &mut MunicipalityStatus) {
        let (observed, ctx) = (&ending.observed, &ending.ctx);
        if observed.regions.values().all(|region| region.keys.is_ok()) {
            status.keys = describe::keys(observed, &ending.plan, ctx);
        }
        if observed.network.vpcs.is_ok() && observed.network.subnets.is_ok() {
            status.network = describe::network(observed, &zones(goal), ctx);
        }
    }

    fn appraise(&self, prepared: &Prepared<Self>, observed: &Observed, acted: bool, shared: &Shared) -> Advice {
        match &prepared.goal {
            Goal::Present(_) => guardrails::appraise(self, prepared, observed, acted, shared),
            Goal::Absent { .. } => Advice::Stays,
        }
    }

    fn keep_verdicts(status: &mut MunicipalityStatus, verdicts: Option<&[Verdict]>, language: Language) -> Vec<Change> {
        let before = status.guardrails.take();
        let Some(verdicts) = verdicts else { return Vec::new() };
        let say = |text: &Text| language.of(text).to_owned();
        status.guardrails = Some(jichitai_plan::guardrails::status(verdicts, say));
        jichitai_plan::guardrails::changes(before.as_ref(), verdicts)
    }
}

/// Zones of a managed network, in the order of the spec.
fn zones(goal: &Goal) -> Vec<String> {
    let Goal::Present(target) = goal else { return Vec::new() };
    match &target.network {
        NetworkTarget::Managed(managed) => {
            let names = managed.zones.iter().map(|zone| zone.name.clone());
            names.filter(|name| name != SERVICE).collect()
        }
        NetworkTarget::Existing(_) => Vec::new(),
    }
}

fn aim(object: &Municipality, view: &View, now: Timestamp) -> Result<Aim<Municipality>, Obstacle> {
    let config = view.config.get();
    let spec = &object.spec;
    let namespace = object.namespace().unwrap_or_default();
    let identity = identity(object, view, &config)?;
    let entry = granted(&config, &namespace, spec.environment, &spec.account_id, object)?;
    let closed = closed(object, &config, &namespace, now)?;
    let goal = goal(object, view, &config, &identity, entry, now)?;
    let common_tags = match &goal {
        Goal::Present(target) => target.tags.clone(),
        Goal::Absent { .. } => Tags::new(),
    };
    let inventory = object
        .status
        .as_ref()
        .map(|status| status.common.inventory.clone())
        .unwrap_or_default();
    let ctx = Context {
        identity,
        now,
        settings: config.settings(),
        ledger: Ledger::new(inventory),
        adopt: spec.common.adopt.clone(),
        common_tags,
    };
    Ok(Aim {
        goal,
        ctx,
        account: entry.clone(),
        closed,
        destructive: destructive(&spec.common, spec.environment),
        config,
    })
}

fn goal(
    object: &Municipality,
    view: &View,
    config: &Config,
    identity: &Identity,
    entry: &Account,
    now: Timestamp,
) -> Result<Goal, Obstacle> {
    let spec = &object.spec;
    if object.metadata.deletion_timestamp.is_some() {
        let names = target::purposes(spec.encryption.key_granularity).iter();
        let aliases = names
            .map(|(_, name)| (format!("key.{name}"), identity.alias(&spec.code, name)))
            .collect();
        let remains = Remains {
            aliases,
            account: AccountId::new(&spec.account_id),
        };
        return Ok(Goal::Absent {
            policy: spec.common.deletion_policy,
            remains: Box::new(remains),
        });
    }
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let buckets = view.buckets.read();
    // What goes and lives on under another name takes nothing with it: it is as if it were not seen.
    let lives_on = |bucket: &FileLinkBucket| bucket.metadata.deletion_timestamp.is_some() && is_succeeded(bucket, view);
    let mine = |bucket: &&FileLinkBucket| bucket.spec.municipality_ref.name == name && !lives_on(bucket);
    let buckets: Vec<&FileLinkBucket> = buckets.within(&namespace).filter(mine).collect();
    let operator = entry.role_arn.as_deref().and_then(RoleArn::new);
    let sources = Sources {
        identity,
        buckets: &buckets,
        operator: operator.as_ref(),
        default_tags: &config.default_tags,
        today: japan_date(now),
    };
    target::target(spec, &sources)
        .map(|target| Goal::Present(Box::new(target)))
        .map_err(|faults| Obstacle::faults(&faults))
}
