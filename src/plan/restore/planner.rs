//! What is next for a restore: copies back to Tokyo within AWS's limits, and of each that is there what the order
//! asks for. Nothing that exists is changed.

use std::collections::BTreeMap;

use jichitai_api::{Reason, Region};
use jiff::SignedDuration;

use crate::cloudformation::stack;
use crate::cloudformation::template::Place;
use crate::context::Context;
use crate::ec2::{instance, volume};
use crate::identity::{Part, Role};
use crate::observation::Listing;
use crate::osaka_backup_policy::copy::{Copy, Label, State, Verdict};
use crate::osaka_backup_policy::retry;
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::osaka_backup_policy::transfer;
use crate::plan::{Plan, Text};
use crate::rds::database::{self, Placement};
use crate::restore::observed::{Observed, ThingKind};
use crate::restore::order::{Cluster, Database, Instance, Order, Stack, Volume};
use crate::restore::target::Target;
use crate::step::{Action, Creation, Step};
use crate::tags::{self, Tags};

/// The plan.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let mut found = BTreeMap::new();
    for medium in Medium::ALL {
        let osaka = observed.osaka.get(&medium).map(|list| (Region::Osaka, list));
        let tokyo = observed.tokyo.get(&medium).filter(|_| target.copies_back(medium));
        let lists = [osaka, tokyo.map(|list| (Region::Tokyo, list))];
        let fault = |(region, list): (Region, &Listing<_>)| Some((region, list.as_ref().err()?.clone()));
        if let Some((region, fault)) = lists.into_iter().flatten().find_map(fault) {
            plan.unreadable(&Part::new(region, format!("restore.{}", medium.as_str())), &fault);
            continue;
        }
        let mut room = observed.room.get(&medium).copied().unwrap_or_default();
        for (source, from) in target.good(medium, observed) {
            let base = if target.copies_back(medium) {
                back(from, target, &mut room, observed, ctx, &mut plan)
            } else {
                Some(from.id.clone())
            };
            found.insert(source.clone(), base);
        }
    }
    if let Err(fault) = &observed.things {
        plan.unreadable(&Part::new(target.order.region, "restore.things"), fault);
        return plan;
    }
    for source in target.named() {
        match found.get(&source) {
            Some(Some(base)) => {
                let source = &source;
                Making {
                    source,
                    base,
                    target,
                    observed,
                    ctx,
                }
                .plan(&mut plan);
            }
            Some(None) => {}
            None => {
                let run = &target.run;
                let part = Part::new(Region::Osaka, format!("restore.{}", source.medium.as_str()));
                let text = Text::new(
                    format!("run {run} has no verified copy of {source} in Osaka: choose another run, or take it out"),
                    format!(
                        "実行 {run} に {source} の検証済みコピーがありません。別の実行を選ぶか、対象から外してください"
                    ),
                );
                plan.block(&part, Reason::NoRecoveryPoint, text);
            }
        }
    }
    plan
}

/// The copy in Tokyo that stands for one in Osaka, when it is verified; else what it lacks.
fn back(
    from: &Copy,
    target: &Target,
    room: &mut usize,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<String> {
    let label = from.label.as_ref()?;
    let same = |copy: &&Copy| {
        let found = copy.label.as_ref();
        found.is_some_and(|found| (&found.source, &found.slot) == (&label.source, &label.slot))
    };
    let here: Vec<&Copy> = observed.in_tokyo(label.source.medium).filter(same).collect();
    if let Some(copy) = here.iter().find(|copy| copy.is_good()) {
        return Some(copy.id.clone());
    }
    let attempts = here
        .iter()
        .filter_map(|copy| Some((copy.label.as_ref()?.attempt, copy.started)));
    let (part, source) = (part_of(label), &label.source);
    if here.iter().any(|copy| copy.verdict() == Verdict::Pending) {
        let text = Text::new(
            format!("{source} is on its way"),
            format!("{source} をコピーしています"),
        );
        plan.wait_until(
            &part,
            Reason::WaitingForAws,
            text,
            ctx.now + SignedDuration::from_secs(10),
        );
        return None;
    }
    match retry::attempt(attempts, ctx.now) {
        Err(until) => {
            let why = here.iter().find_map(|copy| match copy.verdict() {
                Verdict::Bad(text) => Some(text),
                Verdict::Good | Verdict::Pending => None,
            });
            let why = why.unwrap_or_else(|| Text::new("failed", "失敗"));
            let text = Text::new(
                format!("{source}: {}; it is tried again", why.en),
                format!("{source}: {}。再試行します", why.ja),
            );
            plan.wait_until(&part, Reason::BackupFailed, text, until);
        }
        Ok(attempt) => {
            let label = Label {
                attempt,
                ..label.clone()
            };
            let part = part_of(&label);
            let unlisted = ctx.ledger.get(&part).filter(|entry| ctx.may_lag(entry));
            let lag = unlisted.and_then(|entry| ctx.listed_by(entry));
            let text = || {
                Text::new(
                    format!("{source} waits for its turn"),
                    format!("{source} は順番待ちです"),
                )
            };
            if let Some(until) = lag {
                plan.wait_until(&part, Reason::WaitingForConsistency, text(), until);
            } else if *room == 0 {
                let soon = ctx.now + SignedDuration::from_secs(15);
                plan.wait_until(&part, Reason::WaitingForDependency, text(), soon);
            } else {
                *room -= 1;
                let order = &target.order;
                let key_arn = order.key(source.medium).unwrap_or_default();
                let action = transfer::write(from, &label, key_arn, Tags::new(), ctx)?;
                let token = ctx
                    .identity
                    .token(&part, &format!("{} {}", from.id, order.attempt), attempt);
                plan.step(Step::create(&part, action, Creation::once(token)));
            }
        }
    }
    None
}

/// The part that stands for a copy that is back: not for the one that the run made in Tokyo.
fn part_of(label: &Label) -> Part {
    let Label { source, slot, attempt } = label;
    let (medium, id) = (source.medium.as_str(), &source.id);
    Part::new(Region::Tokyo, format!("restore.{medium}.{id}.{slot}.{attempt}"))
}

/// One source whose copy is there.
struct Making<'a> {
    source: &'a SourceId,
    base: &'a str,
    target: &'a Target,
    observed: &'a Observed,
    ctx: &'a Context,
}

impl Making<'_> {
    /// Makes what the order asks for.
    fn plan(&self, plan: &mut Plan) {
        let Order {
            volumes,
            instances,
            databases,
            clusters,
            stacks,
            ..
        } = &self.target.order;
        let id = &self.source.id;
        match self.source.medium {
            Medium::Snapshot => volumes
                .iter()
                .filter(|one| one.source == *id)
                .for_each(|one| self.volume(one, plan)),
            Medium::Image => instances
                .iter()
                .filter(|one| one.source == *id)
                .for_each(|one| self.instance(one, plan)),
            Medium::Database => databases
                .iter()
                .filter(|one| one.source == *id)
                .for_each(|one| self.database(one, plan)),
            Medium::Cluster => clusters
                .iter()
                .filter(|one| one.source == *id)
                .for_each(|one| self.cluster(one, plan)),
            Medium::Template => stacks
                .iter()
                .filter(|one| one.source == *id)
                .for_each(|one| self.stack(one, plan)),
        }
    }

    fn volume(&self, one: &Volume, plan: &mut Plan) {
        let Volume {
            source: _,
            availability_zone,
            volume_type,
            tags,
        } = one.clone();
        self.thing(ThingKind::Volume, tags, plan, |tags| volume::Action::Create {
            snapshot_id: self.base.to_owned(),
            availability_zone,
            volume_type,
            tags,
        });
    }

    fn instance(&self, one: &Instance, plan: &mut Plan) {
        let Instance {
            source: _,
            instance_type,
            subnet_id,
            private_ip_address,
            security_group_ids,
            instance_profile,
            tags,
        } = one.clone();
        self.thing(ThingKind::Instance, tags, plan, |tags| instance::Action::Run {
            image_id: self.base.to_owned(),
            instance_type,
            subnet_id,
            private_ip_address,
            security_group_ids,
            instance_profile,
            tags,
        });
    }

    fn database(&self, one: &Database, plan: &mut Plan) {
        let Database {
            source: _,
            identifier,
            instance_class,
            subnet_group,
            security_group_ids,
            tags,
        } = one.clone();
        self.thing(ThingKind::Database, tags, plan, |tags| database::Action::Restore {
            snapshot_id: self.base.to_owned(),
            id: identifier,
            class: instance_class,
            placement: Placement {
                subnet_group,
                security_group_ids,
            },
            tags,
        });
    }

    fn stack(&self, one: &Stack, plan: &mut Plan) {
        let Stack {
            source: _,
            name,
            parameters,
            capabilities,
            role_arn,
            tags,
        } = one.clone();
        self.thing(ThingKind::Stack, tags, plan, |tags| stack::Action::Create {
            name,
            place: Place::named(self.base),
            parameters,
            capabilities,
            role_arn,
            tags,
        });
    }

    /// A cluster, and when it is there an instance in it.
    fn cluster(&self, one: &Cluster, plan: &mut Plan) {
        let Cluster {
            source: _,
            identifier,
            engine,
            instance_class,
            subnet_group,
            security_group_ids,
            tags,
        } = one.clone();
        let there = self.thing(ThingKind::Cluster, tags.clone(), plan, |tags| {
            database::Action::RestoreCluster {
                snapshot_id: self.base.to_owned(),
                id: identifier.clone(),
                engine: engine.clone(),
                placement: Placement {
                    subnet_group,
                    security_group_ids,
                },
                tags,
            }
        });
        if there {
            self.thing(ThingKind::Member, tags, plan, |tags| database::Action::AddToCluster {
                id: format!("{identifier}-1"),
                cluster: identifier,
                class: instance_class,
                engine,
                tags,
            });
        }
    }

    /// Makes one thing with these tags and ours, or says how far it is. Returns whether it is there.
    fn thing<A: Into<Action>>(
        &self,
        kind: ThingKind,
        given: Tags,
        plan: &mut Plan,
        action: impl FnOnce(Tags) -> A,
    ) -> bool {
        let Self {
            source,
            base: _,
            target,
            observed,
            ctx,
        } = self;
        let (run, role) = (target.run.to_string(), kind.as_str());
        let part = Part::new(target.order.region, format!("restore.{role}.{}.{run}", source.id));
        if let Some(found) = observed.thing(kind, &run, &source.id, target.order.attempt) {
            let id = &found.id;
            match &found.state {
                State::Complete => return true,
                State::Pending => {
                    let text = Text::new(
                        format!("{id} is being made of {source}"),
                        format!("{source} から {id} を作成しています"),
                    );
                    let soon = ctx.now + SignedDuration::from_secs(10);
                    plan.wait_until(&part, Reason::WaitingForAws, text, soon);
                }
                State::Failed(why) => {
                    let text = Text::new(
                        format!(
                            "{id}, made of {source}, came to nothing: {why}; delete it and raise attempt in the order to have it made again"
                        ),
                        format!(
                            "{source} から作成した {id} が失敗しました: {why}。削除して order の attempt を増やすと作り直します"
                        ),
                    );
                    plan.block(&part, Reason::RestoreFailed, text);
                }
            }
            return false;
        }
        let asked = ctx.ledger.get(&part).filter(|entry| ctx.may_lag(entry));
        if let Some(until) = asked.and_then(|entry| ctx.listed_by(entry)) {
            let text = Text::new(format!("{part} was asked for"), format!("{part} を要求済みです"));
            plan.wait_until(&part, Reason::WaitingForConsistency, text, until);
            return false;
        }
        let mut tags = given;
        tags.extend(&ctx.tags(&Role::new(role)));
        tags.extend([
            (tags::RUN, run.clone()),
            (tags::SOURCE, source.id.clone()),
            (tags::ATTEMPT, target.order.attempt.to_string()),
            ("Name", format!("{} {} {run}", ctx.identity.owner.name, source.id)),
        ]);
        let action: Action = action(tags).into();
        let token = ctx.identity.token(&part, &action.to_string(), target.order.attempt);
        plan.step(Step::create(&part, action, Creation::once(token)));
        false
    }
}
