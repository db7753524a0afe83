//! From nothing to the spec, to another spec and back, and to nothing.

use proptest::prelude::*;

use crate::drafts::drafts;
use crate::rig::{Rig, check, same};

/// AWS becomes what the spec asks, every role once, and planning again changes nothing.
#[test]
fn a_fresh_tenant_reaches_its_fixed_point() {
    check(60, (drafts(4), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        rig.is_tidy()?;
        let before = rig.portrait(0);
        let again = rig.settle()?;
        prop_assert!(again.iter().all(|ending| ending.done().next().is_none()));
        same(&before, &rig.portrait(0), "planned again")
    });
}

/// A spec changed and changed back leaves AWS as it was.
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
