//! Whatever is changed by hand becomes again exactly what it was, and nothing else does.

use jichitai_api::Region;
use jichitai_core_tests::world::World;
use jichitai_core_tests::world::by_hand::ByHand;
use jichitai_plan::identity::Identity;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use crate::drafts::drafts;
use crate::rig::{Rig, check, same};

/// Random changes are repaired, in production without any approval: they narrow nothing that the
/// spec grants.
#[test]
fn drift_is_repaired_to_exactly_the_wanted_state() {
    let strategy = (drafts(3), proptest::collection::vec(any::<Index>(), 1..5), any::<u64>());
    check(60, strategy, |(draft, picks, seed)| {
        let mut rig = Rig::new(seed);
        rig.apply(0, &draft, "Production");
        rig.converge()?;
        let before = rig.portrait(0);
        let identity = rig.identity(0);
        let mut done = Vec::new();
        for pick in picks {
            let deeds = possible(&rig.world, &identity);
            let deed = &deeds[pick.index(deeds.len())];
            // A change may have taken away what the next one would change.
            if rig.world.by_hand(&identity, deed).is_ok() {
                done.push(deed.clone());
            }
        }
        let made_by_hand = rig.world.untracked();
        rig.converge()
            .map_err(|error| TestCaseError::fail(format!("after {done:?}: {error}")))?;
        same(&before, &rig.portrait(0), &format!("after {done:?}"))?;
        prop_assert_eq!(made_by_hand, rig.world.untracked(), "what others made by hand stays");
        Ok(())
    });
}

/// With `driftAction: Report` nothing is touched.
#[test]
fn drift_is_only_reported_where_the_spec_says_so() {
    let strategy = (drafts(2), any::<Index>(), any::<u64>());
    check(30, strategy, |(draft, pick, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let before = rig.portrait(0);
        rig.cluster.municipalities[0].spec.common.drift_action = jichitai_api::common::DriftAction::Report;
        let identity = rig.identity(0);
        let deeds = possible(&rig.world, &identity);
        let deed = &deeds[pick.index(deeds.len())];
        rig.world.by_hand(&identity, deed).map_err(TestCaseError::fail)?;
        let drifted = rig.portrait(0);
        if drifted == before {
            return Ok(());
        }
        let endings = rig.settle()?;
        let reported = endings.iter().any(|ending| !ending.held.is_empty());
        prop_assert!(reported, "nobody says anything about {deed:?}");
        same(&drifted, &rig.portrait(0), &format!("touched: {deed:?}"))
    });
}

/// What can be changed by hand about the owner's things.
fn possible(world: &World, identity: &Identity) -> Vec<ByHand> {
    let mut all = vec![ByHand::DnsHostnamesOff];
    for (role, ids) in world.owned(identity) {
        let Some(id) = ids.first() else { continue };
        let kind = role
            .trim_start_matches("osaka/")
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        all.push(ByHand::Tag {
            role: role.clone(),
            key: "jichitai:municipality".into(),
            value: "999999".into(),
        });
        all.push(ByHand::Untag {
            role: role.clone(),
            key: "jichitai:environment".into(),
        });
        match kind.as_str() {
            "key" => keys(world, &role, &mut all),
            "security-group" => groups(world, &role, id, &mut all),
            "network-acl" => acls(world, &role, id, &mut all),
            "route-table" => tables(world, &role, id, &mut all),
            "subnet" => subnets(world, &role, id, identity, &mut all),
            "endpoint" => endpoints(&role, identity, world, &mut all),
            "flow-log" => all.push(ByHand::Delete { role }),
            "tgw-attachment" => all.extend([ByHand::LeaveSubnet { role: role.clone() }, ByHand::Delete { role }]),
            _ => {}
        }
    }
    all
}

fn keys(world: &World, role: &str, all: &mut Vec<ByHand>) {
    let role = role.to_owned();
    let region = if role.starts_with("osaka/") {
        Region::Osaka
    } else {
        Region::Tokyo
    };
    let statement = json!({
        "Sid": "Backdoor",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "kms:*",
        "Resource": "*",
    });
    let wider = json!({
        "Sid": "UseS3",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
    });
    all.extend([
        ByHand::Rotate {
            role: role.clone(),
            days: None,
        },
        ByHand::Rotate {
            role: role.clone(),
            days: Some(1000),
        },
        ByHand::Describe {
            role: role.clone(),
            description: "mine".into(),
        },
        ByHand::AddStatement {
            role: role.clone(),
            statement,
        },
        ByHand::AddStatement {
            role: role.clone(),
            statement: wider,
        },
        ByHand::RemoveStatement {
            role: role.clone(),
            sid: "OperatorCopies".into(),
        },
        ByHand::RemoveStatement {
            role: role.clone(),
            sid: "OperatorDatabaseCopies".into(),
        },
        ByHand::RemoveStatement {
            role: role.clone(),
            sid: "OperatorTemplates".into(),
        },
        ByHand::RemoveStatement {
            role: role.clone(),
            sid: "UseEbs".into(),
        },
        ByHand::DisableKey { role: role.clone() },
        ByHand::ScheduleKeyDeletion { role: role.clone() },
        ByHand::DeleteAlias { role: role.clone() },
    ]);
    let others = world.keys[&region]
        .keys
        .iter()
        .filter_map(|key| key.tags.get("jichitai:role"));
    for other in others {
        let to = if region == Region::Osaka {
            format!("osaka/{other}")
        } else {
            other.to_owned()
        };
        if to != role {
            all.push(ByHand::PointAlias { role: role.clone(), to });
        }
    }
    all.push(ByHand::EbsDefaultKey {
        region,
        key: "alias/aws/ebs".into(),
    });
}

fn groups(world: &World, role: &str, id: &str, all: &mut Vec<ByHand>) {
    let add = [
        "from 0.0.0.0/0 protocol tcp ports 22-22",
        "to 0.0.0.0/0 protocol -1",
        "from pl-1 protocol tcp ports 443-443",
    ];
    all.extend(add.map(|rule| ByHand::AllowRule {
        role: role.to_owned(),
        rule: rule.into(),
    }));
    let group = world.wires.security_groups.iter().find(|group| group.id == id);
    all.extend(
        group
            .into_iter()
            .flat_map(|group| &group.rules)
            .map(|rule| ByHand::RevokeRule {
                role: role.to_owned(),
                rule: rule.to_string(),
            }),
    );
}

fn acls(world: &World, role: &str, id: &str, all: &mut Vec<ByHand>) {
    let add = [
        (1, "deny from 0.0.0.0/0 protocol -1"),
        (90, "allow to 0.0.0.0/0 protocol -1"),
        (5, "allow from ::/0 protocol -1"),
    ];
    all.extend(add.map(|(number, rule)| ByHand::AddEntry {
        role: role.to_owned(),
        number,
        rule: rule.into(),
    }));
    let acl = world.wires.network_acls.iter().find(|acl| acl.id == id);
    for ((egress, number), rule) in acl.into_iter().flat_map(|acl| &acl.entries) {
        let (role, egress, number) = (role.to_owned(), *egress, *number);
        all.push(ByHand::RemoveEntry {
            role: role.clone(),
            egress,
            number,
        });
        // The same rule twice, and another one in its place.
        all.push(ByHand::AddEntry {
            role: role.clone(),
            number: number + 1,
            rule: rule.to_string(),
        });
        let way = if egress { "to" } else { "from" };
        all.push(ByHand::AddEntry {
            role,
            number,
            rule: format!("deny {way} 10.0.0.0/8 protocol -1"),
        });
    }
}

fn tables(world: &World, role: &str, id: &str, all: &mut Vec<ByHand>) {
    let role = role.to_owned();
    all.push(ByHand::Route {
        role: role.clone(),
        destination: "0.0.0.0/0".into(),
        target: "nat-1".into(),
    });
    let table = world.wires.route_tables.iter().find(|table| table.id == id);
    for destination in table.into_iter().flat_map(|table| table.routes.keys()).cloned() {
        all.push(ByHand::RemoveRoute {
            role: role.clone(),
            destination: destination.clone(),
        });
        all.push(ByHand::Route {
            role: role.clone(),
            destination,
            target: "pcx-1".into(),
        });
    }
}

fn subnets(world: &World, role: &str, id: &str, identity: &Identity, all: &mut Vec<ByHand>) {
    let role = role.to_owned();
    all.extend([
        ByHand::PublicAddresses { role: role.clone() },
        ByHand::MoveRoutes {
            role: role.clone(),
            to: None,
        },
        ByHand::DropRoutes { role: role.clone() },
        ByHand::MoveFilter {
            role: role.clone(),
            to: None,
        },
    ]);
    for other in world.owned(identity).into_keys() {
        if other.starts_with("route-table.") {
            all.push(ByHand::MoveRoutes {
                role: role.clone(),
                to: Some(other),
            });
        } else if other.starts_with("network-acl.") {
            all.push(ByHand::MoveFilter {
                role: role.clone(),
                to: Some(other),
            });
        }
    }
    let wires = &world.wires;
    let used = wires.endpoints.iter().any(|one| one.subnets.contains(id))
        || wires.attachments.iter().any(|one| one.subnets.contains(id));
    if !used {
        all.push(ByHand::Delete { role });
    }
}

fn endpoints(role: &str, identity: &Identity, world: &World, all: &mut Vec<ByHand>) {
    let role = role.to_owned();
    let groups = world
        .owned(identity)
        .into_keys()
        .filter(|role| role.starts_with("security-group."));
    all.extend(groups.map(|group| ByHand::EndpointGroup {
        role: role.clone(),
        group,
    }));
    all.extend([
        ByHand::PrivateNamesOff { role: role.clone() },
        ByHand::LeaveSubnet { role: role.clone() },
        ByHand::Delete { role },
    ]);
}
