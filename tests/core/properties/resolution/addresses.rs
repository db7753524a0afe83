//! Addresses: two answer all the while, none that the office asks goes unconfirmed, and AWS refuses nothing,
//! whatever is changed into whatever and after whichever write the operator is killed.

use std::collections::BTreeSet;

use jichitai_api::Reason;
use proptest::prelude::*;

use super::drafts::{Around, Draft, Place, Retirement, around, draft, ip, retire};
use super::portrait::{addresses, endpoint, portrait};
use super::rig::Rig;
use crate::rig::check;

/// AWS's quota.
const QUOTA: usize = 6;

/// The addresses of the endpoint, all of them attached.
fn attached(rig: &Rig) -> Result<BTreeSet<Place>, TestCaseError> {
    let Some(endpoint) = endpoint(&rig.resolution) else {
        return Err(TestCaseError::fail("there is no endpoint"));
    };
    let all = addresses(endpoint);
    prop_assert!(all.values().all(|state| *state == "ATTACHED"), "{all:?}");
    let places = all.keys().map(|ip| (ip.octets()[2], ip.octets()[3]));
    Ok(places.collect())
}

/// At the end there is what the spec wants and what nobody has confirmed yet, as far as there is room.
fn fits(rig: &Rig, before: &BTreeSet<Place>, draft: &Draft, retire: &Retirement) -> Result<(), TestCaseError> {
    let today = rig.resolution.now.to_string();
    let may_go = |place: &&Place| match retire.0.get(place) {
        // Days are those of Japan, and all tests begin in its morning.
        Some(day) => day.is_none_or(|day| day <= &today[..10]),
        None => false,
    };
    let gone = before.difference(&draft.addresses);
    let stays: BTreeSet<Place> = gone.filter(|one| !draft.outbound && !may_go(one)).copied().collect();
    let have = attached(rig)?;
    let all: BTreeSet<Place> = draft.addresses.union(&stays).copied().collect();
    prop_assert!(have.is_superset(&stays), "{have:?} without some of {stays:?}");
    match all.len() <= QUOTA {
        true => prop_assert_eq!(have, all),
        false => prop_assert!(have.len() == QUOTA && have.is_subset(&all), "{have:?} of {all:?}"),
    }
    Ok(())
}

/// A quota that leaves no room for one more: the addresses stay as they are, and the object says why. With
/// room for one, all are changed.
#[test]
fn without_room_for_one_more_two_addresses_stay() {
    let two = || draft(true).prop_filter("two", |draft| draft.addresses.len() == 2);
    check(24, (two(), two(), 2_usize..4), |(old, new, quota)| {
        let mut rig = Rig::new(&old, ALONE);
        rig.resolution.settings.resolver_address_quota = quota;
        rig.settle()?;
        rig.apply(&new, &Retirement::default());
        let last = rig.settle()?;
        let have = attached(&rig)?;
        prop_assert_eq!(&have, if quota == 2 { &old.addresses } else { &new.addresses });
        let blocks = last.ending.iter().flat_map(|ending| &ending.plan.blocks);
        let full = blocks.filter(|block| block.reason == Reason::QuotaExceeded).count();
        prop_assert_eq!(full, usize::from(have != new.addresses));
        Ok(())
    });
}

#[test]
fn two_addresses_answer_through_every_change() {
    let change = |outbound| (draft(outbound), retire());
    let lives = any::<bool>().prop_flat_map(move |outbound| {
        (
            draft(outbound),
            proptest::collection::vec(change(outbound), 1..4),
            around(),
        )
    });
    check(80, lives, |(first, changes, around)| {
        let mut rig = Rig::new(&first, around);
        rig.settle()?;
        prop_assert_eq!(&attached(&rig)?, &first.addresses);
        for (draft, retire) in &changes {
            let before = attached(&rig)?;
            rig.apply(draft, retire);
            rig.settle()?;
            fits(&rig, &before, draft, retire)?;
            let mut fresh = Rig::new(draft, around);
            fresh.settle()?;
            prop_assert_eq!(
                portrait(&rig.resolution),
                portrait(&fresh.resolution),
                "as if it had begun so"
            );
        }
        // The days come.
        let (draft, retire) = changes.last().expect("a change");
        let before = attached(&rig)?;
        rig.resolution.now = "2027-06-01T09:00:00+09:00".parse().expect("a timestamp");
        rig.settle()?;
        fits(&rig, &before, draft, retire)
    });
}

/// A change of addresses, and what may go.
struct Swap {
    outbound: bool,
    from: &'static [Place],
    to: &'static [Place],
    retire: &'static [Place],
}

/// Three subnets for three others is what made another operator delete and create the endpoint:
/// <https://github.com/aws-controllers-k8s/community/issues/3028>
const SWAPS: [Swap; 5] = [
    Swap {
        outbound: true,
        from: &[(0, 20), (1, 20), (2, 20)],
        to: &[(0, 21), (1, 21), (2, 21)],
        retire: &[],
    },
    Swap {
        outbound: true,
        from: &[(0, 20), (0, 21), (1, 20), (1, 21), (2, 20), (2, 21)],
        to: &[(0, 30), (0, 31), (1, 30), (1, 31), (2, 30), (2, 31)],
        retire: &[],
    },
    Swap {
        outbound: true,
        from: &[(0, 20), (1, 20)],
        to: &[(1, 21), (2, 20)],
        retire: &[],
    },
    Swap {
        outbound: false,
        from: &[(0, 20), (1, 20), (2, 20)],
        to: &[(0, 21), (1, 21), (2, 21)],
        retire: &[(0, 20), (2, 20)],
    },
    Swap {
        outbound: false,
        from: &[(0, 20), (0, 21), (1, 20), (1, 21), (2, 20), (2, 21)],
        to: &[(0, 30), (0, 31), (1, 30), (1, 31), (2, 20), (2, 21)],
        retire: &[(0, 20), (0, 21), (1, 20), (1, 21)],
    },
];

fn bare(outbound: bool, addresses: &[Place]) -> Draft {
    Draft {
        outbound,
        addresses: addresses.iter().copied().collect(),
        protocols: &["Do53"],
        rules: [Some((0, vec![0])), Some((0, Vec::new())), None],
        associations: [Some([true; 3]), None, None],
        zones: Vec::new(),
        log: None,
    }
}

const ALONE: Around = Around {
    accepts: [true; 3],
    organization: true,
};

/// Killed after every single write of a swap, left with its memory or without.
#[test]
fn killed_after_any_write_of_a_swap() -> Result<(), TestCaseError> {
    for swap in &SWAPS {
        let mut rig = Rig::new(&bare(swap.outbound, swap.from), ALONE);
        rig.settle()?;
        let new = bare(swap.outbound, swap.to);
        let retire = Retirement(swap.retire.iter().map(|place| (*place, None)).collect());
        rig.apply(&new, &retire);
        let before = attached(&rig)?;
        let mut whole = rig.clone();
        let writes: usize = whole.run()?.iter().flat_map(|done| &done.rounds).map(Vec::len).sum();
        prop_assert!(writes >= new.addresses.difference(&before).count(), "{writes} writes");
        fits(&whole, &before, &new, &retire)?;
        for last in 0..=writes {
            for (finishes, forgets) in [(true, false), (false, false), (true, true), (false, true)] {
                let mut killed = rig.clone();
                killed.kill_after(last, finishes)?;
                if forgets {
                    killed.resolution.forget();
                }
                killed.settle()?;
                fits(&killed, &before, &new, &retire)
                    .map_err(|error| TestCaseError::fail(format!("killed after {last}: {error}")))?;
                prop_assert_eq!(portrait(&killed.resolution), portrait(&whole.resolution));
                prop_assert_eq!(attached(&killed)?, attached(&whole)?);
            }
        }
    }
    Ok(())
}

/// A spec that only says it in another order changes nothing.
#[test]
fn the_order_of_addresses_means_nothing() {
    check(
        16,
        (draft(true), any::<bool>(), around()),
        |(mut draft, outbound, around)| {
            draft.outbound = outbound;
            let mut rig = Rig::new(&draft, around);
            rig.settle()?;
            rig.resolution.object.spec.ip_addresses.reverse();
            let done = rig.settle()?;
            prop_assert!(done.rounds.is_empty(), "{:?}", done.rounds);
            let first = ip(*draft.addresses.first().expect("an address"));
            let last = rig.resolution.object.spec.ip_addresses.last().map(|one| one.ip.clone());
            prop_assert_eq!(last, Some(first.to_string()));
            Ok(())
        },
    );
}
