//! The end of a policy with `deletionPolicy: Delete`: its copies on both sides go, but for those that somebody
//! keeps. With `Retain` and `RetainDataRevokeAccess` they stay, and a policy of the same name finds them again.

use jichitai_api::common::DeletionPolicy;
use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::Part;
use crate::osaka_backup_policy::copy::{State, labelled};
use crate::osaka_backup_policy::goal::Remains;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::source::Medium;
use crate::osaka_backup_policy::{drill, prune, template};
use crate::plan::{Plan, Text};
use crate::step::Step;

/// What to do now for it to go.
#[must_use]
pub fn teardown(policy: DeletionPolicy, remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    if policy != DeletionPolicy::Delete {
        return plan;
    }
    for region in Region::ALL {
        for medium in Medium::COPIED {
            if let Some(Err(fault)) = observed.copies.get(&(medium, region)) {
                let part = Part::new(region, format!("copy.{}", medium.as_str()));
                plan.unreadable(&part, fault);
            }
        }
        // Templates go with their bucket.
        let copies = Medium::COPIED
            .into_iter()
            .flat_map(|medium| observed.of(medium, region));
        for (label, copy) in labelled(copies) {
            let part = label.part(region);
            let held = remains.holds.holds(&label.slot, ctx.now);
            if let Some(keeper) = copy.kept_by().or_else(|| held.then(|| "spec.holds".to_owned())) {
                let id = &copy.id;
                let text = Text::new(format!("{id} stays: {keeper}"), format!("{id} は残します: {keeper}"));
                plan.notice(&part, Reason::Retained, text);
            } else if copy.state == State::Pending {
                let id = &copy.id;
                let text = Text::new(format!("AWS is still making {id}"), format!("{id} は AWS が作成中です"));
                plan.wait(&part, Reason::WaitingForAws, text);
            } else {
                let risk = format!("the recovery point {} of {}", label.slot, label.source);
                plan.step(Step::delete(&part, prune::delete(copy), risk));
            }
        }
    }
    template::teardown(remains, observed, ctx, &mut plan);
    prune::all_orphans(observed, ctx, &mut plan);
    if let Some(seen) = &observed.drill {
        let own = Context {
            identity: drill::identity(&ctx.identity),
            ..ctx.clone()
        };
        drill::clear(seen, &own, &mut plan);
    }
    // Whatever is to be looked at again is not gone yet.
    if let Some(until) = plan.look_at {
        let part = Part::new(Region::Tokyo, "copy.image-snapshot");
        let text = Text::new(
            "snapshots without an image are too young to tell whether AWS still lists their image",
            "イメージのないスナップショットが新しく、イメージが一覧に現れるのを待っています",
        );
        plan.wait_until(&part, Reason::WaitingForAws, text, until);
    }
    plan
}
