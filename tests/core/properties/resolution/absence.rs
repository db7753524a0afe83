//! Who is not seen loses nothing, who no longer accepts loses what is its own, and what stays inside AWS is
//! kept there before what is above it is forwarded.

use std::collections::BTreeSet;

use jichitai_core_tests::drive::Done;
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::route53resolver::rule_association::Action as Association;
use jichitai_plan::step::{Action, Step};
use proptest::prelude::*;

use super::drafts::{Around, Draft, MUNICIPALITIES, Retirement, around, draft, outbound_changes};
use super::portrait::associations;
use super::rig::{Rig, steps};
use super::witness::wanted;
use crate::rig::check;

type Held = BTreeSet<(String, String)>;

/// Which rules hold in which VPCs.
fn held(rig: &Rig) -> Held {
    let all = associations(&rig.resolution).into_iter();
    all.map(|(name, vpc, _)| (name.to_owned(), vpc.to_owned())).collect()
}

fn disassociates(passes: &[Done<Resolution>]) -> Vec<String> {
    let away = |step: &&Step| matches!(&step.action, Action::RuleAssociation(Association::Disassociate(_)));
    steps(passes).filter(away).map(ToString::to_string).collect()
}

/// A municipality that is not in the cluster, or has no VPC that could be found, loses nothing: neither now
/// nor with a change of the spec that still names it.
#[test]
fn who_is_not_seen_loses_nothing() {
    let strategy = (outbound_changes(), around(), 1_usize..3, any::<bool>(), any::<bool>());
    check(60, strategy, |((old, mut new), mut around, number, object, changes)| {
        around.accepts[number] |= !object;
        let mut rig = Rig::new(&old, around);
        rig.settle()?;
        let before = held(&rig);
        if object {
            rig.resolution.municipalities.remove(number);
        } else {
            let vpc = format!("vpc-{}", MUNICIPALITIES[number].0);
            for account in rig.resolution.aws.accounts.values_mut() {
                account.vpcs.as_mut().expect("readable").retain(|site| site.id != vpc);
            }
        }
        if changes {
            new.associations[number] = Some([true; 3]);
            rig.apply(&new, &Retirement::default());
        }
        let named = changes || old.associations[number].is_some();
        let passes = rig.run()?;
        if named {
            let away = disassociates(&passes);
            prop_assert!(away.is_empty(), "{away:#?}");
            prop_assert!(held(&rig).is_superset(&before));
        }
        prop_assert!(changes || held(&rig) == before);
        Ok(())
    });
}

/// Who no longer accepts loses exactly its own associations, and gets them again.
#[test]
fn who_no_longer_accepts_loses_exactly_its_own() {
    let strategy = (draft(true), 1_usize..3, any::<bool>());
    check(40, strategy, |(draft, number, organization): (Draft, usize, bool)| {
        let accepts = [true; 3];
        let mut rig = Rig::new(&draft, Around { accepts, organization });
        rig.settle()?;
        let before = held(&rig);
        prop_assert_eq!(&before, &wanted(&rig.resolution));
        rig.answer(number, false);
        rig.settle()?;
        let vpc = format!("vpc-{}", MUNICIPALITIES[number].0);
        let kept: Held = before.iter().filter(|(_, one)| *one != vpc).cloned().collect();
        prop_assert_eq!(&held(&rig), &kept);
        let shares = rig.resolution.aws.shares.iter().flatten().count();
        prop_assert_eq!(shares, usize::from(kept.iter().any(|(_, vpc)| vpc == "vpc-shibuya")));
        rig.answer(number, true);
        rig.settle()?;
        prop_assert_eq!(&held(&rig), &before);
        Ok(())
    });
}

/// What stays inside AWS is kept there all the while: the witness looks at it after every write, in VPCs
/// where nothing held before, and in those that are left altogether.
#[test]
fn nothing_is_forwarded_that_shall_stay() {
    let kills = proptest::collection::vec((0_usize..10, any::<bool>()), 0..3);
    check(
        80,
        (outbound_changes(), around(), kills),
        |((old, new), around, kills)| {
            let mut rig = Rig::new(&old, around);
            rig.witness.always = wanted(&rig.resolution);
            rig.crash(&kills)?;
            rig.settle()?;
            let before = wanted(&rig.resolution);
            rig.apply(&new, &Retirement::default());
            let after = wanted(&rig.resolution);
            // Where another rule for the same domain takes over, AWS leaves no way without a gap.
            let elsewhere = |one: &(String, String), others: &Held| !others.iter().any(|(_, vpc)| *vpc == one.1);
            let fresh = after.iter().filter(|one| elsewhere(one, &before));
            let left = before.iter().filter(|one| elsewhere(one, &after));
            rig.witness.always = fresh.chain(left).cloned().collect();
            rig.crash(&kills)?;
            rig.settle()?;
            rig.witness.always = wanted(&rig.resolution);
            rig.resolution.delete();
            rig.crash(&kills)?;
            rig.settle()?;
            Ok(())
        },
    );
}
