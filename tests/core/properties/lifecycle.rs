//! From nothing to the spec, to another spec and back, and to nothing.

use jichitai_core_tests::cluster::{Circumstances, Ending};
use jichitai_plan::ec2::traffic;
use jichitai_plan::kms::key::KeyState;
use jichitai_plan::step::{Step, known_after_apply};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::drafts::{Draft, drafts};
use crate::rig::{Rig, check, same};

/// AWS becomes what the spec asks, every role once, and planning again changes nothing.
#[test]
fn a_fresh_tenant_reaches_its_fixed_point() {
    check(50, (drafts(4), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        rig.is_tidy()?;
        let before = rig.portrait(0);
        let again = rig.settle()?;
        prop_assert!(again.iter().all(|ending| ending.done().next().is_none()));
        same(&before, &rig.portrait(0), "planned again")
    });
}

/// A spec changed and changed back leaves AWS as it was; and changed, it is as if made so.
#[test]
fn there_and_back_again() {
    check(40, (drafts(3), drafts(3), any::<u64>()), |(first, second, seed)| {
        let first = first.without_choice();
        let second = second.after(&first).without_choice();
        let mut rig = Rig::with(&first, seed);
        rig.converge()?;
        let before = rig.portrait(0);
        rig.apply(0, &second, "Verification");
        rig.converge()?;
        rig.is_tidy()?;
        let mut fresh = Rig::with(&second, seed.wrapping_add(1));
        fresh.converge()?;
        same(&fresh.portrait(0), &rig.portrait(0), "changed, against made so")?;
        rig.apply(0, &first.after(&second), "Verification");
        rig.converge()?;
        rig.is_tidy()?;
        same(&before, &rig.portrait(0), "changed back")
    });
}

/// A network ACL that is as full as its quota allows still gets from one set of rules to another.
#[test]
fn a_full_network_acl_is_no_obstacle() {
    check(25, (drafts(2), drafts(2), any::<u64>()), |(first, second, seed)| {
        let second = second.after(&first);
        let mut rig = Rig::with(&first, seed);
        rig.converge()?;
        let mut next = rig.clone();
        next.apply(0, &second, "Verification");
        next.converge()?;
        let fullest = |rig: &Rig| {
            let sizes = rig.world.wires.network_acls.iter().flat_map(|acl| {
                [false, true].map(|egress| acl.entries.keys().filter(|(out, _)| *out == egress).count())
            });
            sizes.max().unwrap_or_default()
        };
        let quota = fullest(&rig).max(fullest(&next));
        rig.world.acl_quota = quota;
        rig.cluster.settings.network_acl_rule_quota = quota;
        rig.apply(0, &second, "Verification");
        rig.converge()?;
        same(&next.portrait(0), &rig.portrait(0), "within the quota")
    });
}

/// What a dry run says is what is done, but for ids: for a fresh tenant, a change and a deletion.
#[test]
fn a_dry_run_says_what_is_done() {
    check(25, (drafts(3), drafts(3), any::<u64>()), |(first, second, seed)| {
        let (first, second) = (first.clone().deletable(), second.after(&first).deletable());
        let mut rig = Rig::with(&first, seed);
        let fresh = rig.converge()?;
        predicted_is_done(&rig, &fresh)?;
        rig.apply(0, &second, "Verification");
        let changed = rig.converge()?;
        predicted_is_done(&rig, &changed)?;
        let deleted = rig.delete(0)?;
        predicted_is_done(&rig, &deleted)
    });
}

fn predicted_is_done(rig: &Rig, endings: &[Ending]) -> Result<(), TestCaseError> {
    let line = |step: &Step| {
        let text = step.to_string();
        rig.world.created.iter().fold(text, |text, (id, part)| {
            let arn = format!("arn:aws:kms:{}:111122223333:key/{id}", part.region);
            text.replace(&arn, &known_after_apply(part))
                .replace(id, &known_after_apply(part))
        })
    };
    let predicted: Vec<String> = endings
        .first()
        .into_iter()
        .flat_map(|first| &first.predicted)
        .map(line)
        .collect();
    let done: Vec<String> = endings.iter().flat_map(Ending::done).map(line).collect();
    prop_assert_eq!(predicted.len(), done.len());
    same(&predicted, &done, "gone: only predicted; new: only done")
}

/// Traffic between zones passes no filter, unless the spec names it; every subnet is under the
/// filters of its own zone.
#[test]
fn zones_are_kept_apart() {
    check(40, (drafts(4), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let object = &rig.cluster.municipalities[0].spec.network;
        let ranges = |name: &str| {
            let zone = object.zones.iter().find(|zone| zone.name == name);
            let cidrs = zone
                .into_iter()
                .flat_map(|zone| &zone.subnets)
                .filter_map(|one| one.cidr.parse().ok());
            traffic::merged(cidrs)
        };
        let identity = rig.identity(0);
        for here in &object.zones {
            let acl = rig
                .world
                .id_of(&identity, &format!("network-acl.{}", here.name))
                .map_err(TestCaseError::fail)?;
            let group = rig
                .world
                .id_of(&identity, &format!("security-group.{}", here.name))
                .map_err(TestCaseError::fail)?;
            let acl = rig
                .world
                .wires
                .network_acls
                .iter()
                .find(|one| one.id == acl)
                .expect("it is there");
            let group = rig
                .world
                .wires
                .security_groups
                .iter()
                .find(|one| one.id == group)
                .expect("it is there");
            for subnet in &here.subnets {
                let id = rig
                    .world
                    .id_of(&identity, &format!("subnet.{}.{}", here.name, subnet.name));
                prop_assert!(acl.associations.contains_key(&id.map_err(TestCaseError::fail)?));
            }
            for there in object.zones.iter().filter(|zone| zone.name != here.name) {
                let allowed = object.allowed_cross_zone.iter().any(|one| {
                    let ends = [&one.from, &one.to];
                    one.exception.until.as_str() >= crate::drafts::TODAY
                        && ends.contains(&&here.name)
                        && ends.contains(&&there.name)
                });
                let there = ranges(&there.name);
                let leads_there = |cidr: &str| {
                    let cidr: Option<ipnet::Ipv4Net> = cidr.parse().ok();
                    cidr.is_some_and(|cidr| there.iter().any(|range| range.contains(&cidr) || cidr.contains(range)))
                };
                let passes = acl.entries.values().any(|rule| rule.allow && leads_there(&rule.cidr))
                    || group.rules.iter().any(|rule| leads_there(&rule.peer));
                prop_assert_eq!(passes, allowed, "from {} to {:?}", here.name, there);
            }
        }
        Ok(())
    });
}

/// With `deletionPolicy: Delete` nothing of ours is left but keys that wait for their end, and
/// everything of others is untouched: another tenant, another installation, and nobody's.
#[test]
fn deletion_leaves_nothing_of_ours_and_everything_of_others() {
    check(20, (vec(drafts(3), 2), any::<u64>()), |(drafts, seed)| {
        let [first, second] = [&drafts[0], &drafts[1]].map(|draft| in_shared_account(draft).deletable());
        let mut rig = Rig::new(seed);
        rig.apply(0, &first, "Verification");
        rig.apply(1, &second, "Verification");
        let mut other = rig.cluster.clone();
        other.installation = "other".into();
        rig.converge()?;
        let horizon = rig.world.now;
        other.settle(&mut rig.world, horizon).map_err(TestCaseError::fail)?;
        let nobodys = rig
            .world
            .make_vpc("10.99.0.0/16".parse().expect("a range"), Default::default());
        let theirs = |rig: &Rig| {
            let mut all = rig.world.portrait(&rig.cluster.identity(&other.municipalities[1]));
            for identity in other.identities() {
                all.extend(rig.world.portrait(&identity));
            }
            all.extend(rig.world.untracked());
            all
        };
        let identity = rig.identity(0);
        let before = theirs(&rig);
        rig.delete(0)?;
        prop_assert!(rig.cluster.municipalities.len() == 1, "the object is still there");
        prop_assert!(rig.world.trespasses.is_empty(), "{:?}", rig.world.trespasses);
        for (role, ids) in rig.world.owned(&identity) {
            let keys = rig
                .world
                .keys
                .values()
                .flat_map(|region| &region.keys)
                .filter(|key| ids.contains(&key.id));
            let states: Vec<&KeyState> = keys.map(|key| &key.state).collect();
            let ending = states
                .iter()
                .all(|state| matches!(state, KeyState::PendingDeletion { .. }));
            prop_assert!(
                states.len() == ids.len() && ending,
                "{role} is left: {ids:?} {states:?}"
            );
        }
        prop_assert!(rig.world.untracked().contains(&nobodys));
        same(&before, &theirs(&rig), "others")
    });
}

/// Several tenants of one account, in any order, interleaved: each gets what it would get alone,
/// and none touches another.
#[test]
fn tenants_of_one_account_do_not_meet() {
    let strategy = (
        vec(drafts(2), 3),
        vec((0..3_usize, any::<u64>(), 0..40_usize), 6),
        any::<u64>(),
    );
    check(20, strategy, |(drafts, passes, seed)| {
        let drafts: Vec<Draft> = drafts.iter().map(in_shared_account).collect();
        let mut rig = Rig::new(seed);
        for (index, draft) in (0..).zip(&drafts) {
            rig.apply(index, draft, "Verification");
        }
        for (index, order, crash) in passes {
            let mut around = Circumstances {
                crash_after: Some(crash),
                order: Some(order),
                ..Circumstances::default()
            };
            rig.pass(index, &mut around);
            rig.world.tick();
        }
        rig.converge()?;
        rig.is_tidy()?;
        for (index, draft) in (0..).zip(&drafts) {
            let mut alone = Rig::new(seed.wrapping_add(1));
            alone.apply(index, draft, "Verification");
            alone.converge()?;
            same(
                &alone.portrait(0),
                &rig.portrait(usize::from(index)),
                "alone, against in company",
            )?;
        }
        Ok(())
    });
}

/// A shared account belongs to all: nobody sets its defaults.
fn in_shared_account(draft: &Draft) -> Draft {
    Draft {
        own_account: false,
        ..draft.clone()
    }
}
