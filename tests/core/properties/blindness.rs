//! Not knowing is a third answer: what cannot be read is not planned, and what lost its tags is not
//! made again.

use std::collections::BTreeSet;

use jichitai_core_tests::cluster::Circumstances;
use jichitai_core_tests::world::{Listed, World};
use jichitai_plan::identity::Identity;
use jichitai_plan::tags::{self, Tags};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::drafts::drafts;
use crate::rig::{Rig, check, same};

/// A listing that is refused plans nothing for what it would show, whatever the spec asks, and says
/// so; the rest goes on, and all of it once the listing is answered again.
#[test]
fn unreadable_listings_plan_nothing() {
    let refused = btree_set(0..Listed::ALL.len(), 1..3);
    let strategy = (drafts(2), drafts(2), refused, any::<bool>(), any::<u64>());
    check(60, strategy, |(first, second, refused, fresh, seed)| {
        let second = second.after(&first);
        let mut rig = Rig::with(&first, seed);
        if !fresh {
            rig.converge()?;
            rig.apply(0, &second, "Verification");
        }
        let mut seeing = rig.clone();
        seeing.converge()?;
        rig.world.unreadable = refused.iter().map(|place| Listed::ALL[*place]).collect();
        let endings = rig.settle()?;
        for step in endings.iter().flat_map(|ending| ending.done()) {
            for listing in &rig.world.unreadable {
                let of = |prefixes: &[&str]| {
                    prefixes
                        .iter()
                        .any(|prefix| step.part.role.as_str().starts_with(prefix))
                };
                let blind = of(hides(*listing)) || step.creation.is_some() && of(needed_by(*listing));
                prop_assert!(!blind, "without {listing:?}: {step}");
            }
        }
        let relevant = rig
            .world
            .unreadable
            .iter()
            .any(|listing| !matches!(listing, Listed::KeyUses | Listed::EbsDefaults));
        let said = endings.last().is_some_and(|last| !last.plan.blocks.is_empty());
        prop_assert!(
            said || !relevant || first.zones.is_empty(),
            "nobody says that {:?} is refused",
            rig.world.unreadable
        );
        rig.world.unreadable.clear();
        rig.converge()?;
        rig.is_tidy()?;
        if first.service_subnets != [0, 3] {
            let what = "read again, against never refused";
            same(&seeing.portrait(0), &rig.portrait(0), what)?;
        }
        Ok(())
    });
}

/// The roles of what a listing shows.
fn hides(listing: Listed) -> &'static [&'static str] {
    match listing {
        Listed::Vpcs => &[
            "vpc",
            "subnet",
            "route-table",
            "network-acl",
            "security-group",
            "endpoint",
            "flow-log",
            "tgw",
        ],
        Listed::Subnets => &["subnet"],
        Listed::RouteTables => &["route-table"],
        Listed::NetworkAcls => &["network-acl"],
        Listed::SecurityGroups => &["security-group"],
        Listed::Endpoints => &["endpoint"],
        Listed::FlowLogs => &["flow-log"],
        Listed::Attachments => &["tgw"],
        Listed::Keys => &["key", "alias", "ebs"],
        Listed::Aliases => &["key", "alias"],
        Listed::EbsDefaults => &["ebs"],
        Listed::VpcAttributes | Listed::Gateways | Listed::KeyPolicies | Listed::Rotation | Listed::KeyUses => &[],
    }
}

/// The roles of what cannot be made without what a listing shows.
fn needed_by(listing: Listed) -> &'static [&'static str] {
    match listing {
        Listed::Subnets => &["endpoint", "tgw"],
        Listed::SecurityGroups => &["endpoint"],
        _ => &[],
    }
}

/// How a thing can stop being ours.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Its ownership tags are gone.
    Stripped,
    /// They name somebody else.
    Taken,
    /// A CloudFormation stack claims it.
    Stack,
}

impl Loss {
    fn inflict(self, tags: &mut Tags) {
        match self {
            Self::Stripped => tags.retain(|key, _| !key.starts_with("jichitai:")),
            Self::Taken => tags.insert(tags::OWNER, "Municipality/tenants/somebody"),
            Self::Stack => tags.insert(tags::STACK, "gcas-network"),
        }
    }
}

/// What lost its tags is reported and nothing is made in its place, nor is it touched: not with the
/// ledger, and without it wherever AWS itself holds one of a kind. With its tags back all is well.
#[test]
fn what_lost_its_tags_is_not_made_again() {
    let losses = prop_oneof![Just(Loss::Stripped), Just(Loss::Taken), Just(Loss::Stack)];
    check(
        60,
        (drafts(2), any::<Index>(), losses, any::<bool>(), any::<u64>()),
        |(draft, pick, loss, forgotten, seed)| {
            let mut rig = Rig::with(&draft, seed);
            rig.converge()?;
            let before = rig.portrait(0);
            let identity = rig.identity(0);
            let owned: Vec<(String, Vec<String>)> = rig.world.owned(&identity).into_iter().collect();
            let (role, ids) = &owned[pick.index(owned.len())];
            let filter = role.starts_with("route-table") || role.starts_with("network-acl");
            if forgotten && filter {
                // Nothing but its tags tells such a thing from one that somebody made for himself.
                return Ok(());
            }
            let tags = rig.world.tags_of(&ids[0]).unwrap_or_default();
            rig.world.retag(&ids[0], |tags| loss.inflict(tags));
            if forgotten {
                rig.cluster.forget();
            }
            let untouched = picture(&rig.world, &ids[0]);
            let things = count(&rig.world);
            let endings = rig
                .settle()
                .map_err(|error| TestCaseError::fail(format!("{role} {loss:?}: {error}")))?;
            prop_assert_eq!(things, count(&rig.world), "{} {:?}: something was made", role, loss);
            prop_assert_eq!(
                untouched,
                picture(&rig.world, &ids[0]),
                "{} {:?} was changed",
                role,
                loss
            );
            let said = endings.last().is_some_and(|last| !last.plan.blocks.is_empty());
            prop_assert!(said, "{role} {loss:?}: nobody says so");
            rig.world.retag(&ids[0], |have| have.clone_from(&tags));
            rig.converge()?;
            rig.is_tidy()?;
            same(&before, &rig.portrait(0), "with its tags back")
        },
    );
}

/// What one answer leaves out is neither made again nor forgotten: not while the object lives, and not when it goes.
#[test]
fn what_one_answer_leaves_out_is_not_gone() {
    let strategy = (drafts(2), vec(any::<Index>(), 1..4), any::<bool>(), any::<u64>());
    check(40, strategy, |(draft, picks, goes, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let owned: Vec<String> = rig.world.owned(&rig.identity(0)).into_values().flatten().collect();
        let picks = picks.iter().map(|pick| pick.index(owned.len()));
        let overlooked: BTreeSet<String> = picks.map(|place| owned[place].clone()).collect();
        let mut seeing = rig.clone();
        if goes {
            let identity = rig.identity(0);
            rig.world.overlooked = std::cell::RefCell::new(owned.into_iter().collect());
            rig.delete(0)?;
            seeing.delete(0)?;
            let (whole, left) = (seeing.world.portrait(&identity), rig.world.portrait(&identity));
            return same(&whole, &left, "deleted while nothing showed");
        }
        let (before, things) = (rig.portrait(0), count(&rig.world));
        rig.world.overlooked = std::cell::RefCell::new(overlooked.clone());
        let ending = rig.pass(0, &mut Circumstances::default());
        prop_assert!(ending.failed.is_empty(), "without {overlooked:?}: {:?}", ending.failed);
        prop_assert_eq!(
            things,
            count(&rig.world),
            "without {:?}: {:?}",
            overlooked,
            ending.rounds
        );
        rig.converge()?;
        rig.is_tidy()?;
        same(&before, &rig.portrait(0), "after one look without them")
    });
}

/// How many things there are.
fn count(world: &World) -> usize {
    world.carriers().count()
}

/// A thing as AWS has it, but for associations of others with it.
fn picture(world: &World, id: &str) -> String {
    let wires = &world.wires;
    let mut text = String::new();
    macro_rules! draw {
        ($($list:ident),*) => {
            $(for one in wires.$list.iter().filter(|one| one.id == id) {
                text += &format!("{one:?}");
            })*
        };
    }
    draw!(
        vpcs,
        subnets,
        route_tables,
        network_acls,
        security_groups,
        endpoints,
        flow_logs,
        attachments
    );
    for key in world
        .keys
        .values()
        .flat_map(|region| &region.keys)
        .filter(|key| key.id == id)
    {
        text += &format!("{key:?}");
    }
    text
}

/// Two things with the same tags: neither is touched and no third is made, until a person decides.
#[test]
fn of_two_alike_none_is_touched() {
    use jichitai_core_tests::world::by_hand::ByHand;
    check(
        25,
        (drafts(2), any::<Index>(), any::<bool>(), any::<u64>()),
        |(draft, pick, forgotten, seed)| {
            let mut rig = Rig::with(&draft, seed);
            rig.converge()?;
            let identity = rig.identity(0);
            let alike = |role: &&String| {
                ["vpc", "security-group", "endpoint", "flow-log"]
                    .iter()
                    .any(|kind| role.starts_with(kind))
            };
            let owned = rig.world.owned(&identity);
            let roles: Vec<&String> = owned.keys().filter(alike).collect();
            let role = roles[pick.index(roles.len())].clone();
            rig.world
                .by_hand(&identity, &ByHand::Duplicate { role: role.clone() })
                .map_err(TestCaseError::fail)?;
            if forgotten {
                rig.cluster.forget();
            }
            let pictures = |rig: &Rig| {
                let ids = rig.world.owned(&identity).remove(&role).unwrap_or_default();
                ids.iter().map(|id| picture(&rig.world, id)).collect::<BTreeSet<_>>()
            };
            let (before, things) = (pictures(&rig), count(&rig.world));
            let endings = rig.settle()?;
            prop_assert_eq!(before, pictures(&rig), "{} was touched", role);
            prop_assert_eq!(things, count(&rig.world), "something was made");
            prop_assert!(
                endings.last().is_some_and(|last| !last.plan.blocks.is_empty()),
                "nobody says so"
            );
            Ok(())
        },
    );
}

/// AWS refuses the writes of one part: every other part gets there.
#[test]
fn a_refused_part_stops_no_other() {
    let strategy = (drafts(3), any::<Index>(), any::<u64>());
    check(30, strategy, |(draft, pick, seed)| {
        let mut whole = Rig::with(&draft, seed);
        whole.converge()?;
        let leaves = ["flow-log.", "endpoint.", "ebs-defaults", "alias.", "security-group."];
        let roles = whole
            .world
            .owned(&whole.identity(0))
            .into_keys()
            .map(|role| role.replace("osaka/", ""));
        let mut roles: Vec<String> = roles
            .filter(|role| leaves.iter().any(|leaf| role.starts_with(leaf)))
            .collect();
        // Endpoints need the group of the service subnets.
        roles.retain(|role| role != "security-group.service");
        roles.extend(["ebs-defaults".to_owned(), "alias.all".to_owned()]);
        let role = roles[pick.index(roles.len())].clone();
        let mut rig = Rig::with(&draft, seed.wrapping_add(1));
        rig.world.denied.insert(role.clone());
        rig.struggle()?;
        let rest = |rig: &Rig| {
            let lines = rig.portrait(0).into_iter().filter(|line| !line.starts_with(&role));
            // What the names and defaults of keys are is part of the lines of keys.
            lines
                .filter(|line| !line.contains(" key.") && !line.contains("EBS defaults"))
                .collect::<Vec<_>>()
        };
        same(&rest(&whole), &rest(&rig), &format!("without {role}"))?;
        rig.world.denied.clear();
        rig.converge()?;
        same(&whole.portrait(0), &rig.portrait(0), "allowed again")
    });
}

/// The identity of tags decides, and only it: a tenant's name in another installation is a stranger.
#[test]
fn another_installation_is_a_stranger() {
    check(10, (drafts(2), any::<u64>()), |(mut draft, seed)| {
        draft.own_account = false;
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let ours: Identity = rig.identity(0);
        let before = rig.world.portrait(&ours);
        rig.cluster.installation = "other".into();
        rig.cluster.forget();
        rig.converge()?;
        prop_assert_eq!(before, rig.world.portrait(&ours));
        Ok(())
    });
}
