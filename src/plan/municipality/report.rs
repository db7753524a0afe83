//! What status says: one aspect per condition, and Ready computed from them.

use jichitai_api::municipality::{
    KeyPurpose, KeyStatus, KeyStatusState, NetworkStatus, SubnetStatus, TransitGatewayAttachmentStatus,
    VpcEndpointStatus, ZoneStatus,
};
use jichitai_api::{ConditionType, InventoryEntry, InventoryState, Reason, Region};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::approval::Held;
use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::kms::key::{Key, KeyState};
use crate::ledger::Ledger;
use crate::municipality::observed::{Observed, RegionKeys};
use crate::municipality::teardown::owned;
use crate::observation::{Fault, FaultKind};
use crate::plan::{Halt, Plan, Text};
use crate::resolve::Resource;
use crate::step::Step;
use crate::tags;

/// The three answers of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be found out.
    Unknown,
}

/// Who has to move before things go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// Nothing to wait for.
    Settled,
    /// It goes on by itself.
    Moving,
    /// It goes on once somebody has agreed or done their part: an approval, a window, another company.
    Asking,
    /// A person has to act.
    Stuck,
}

/// One condition, but for its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// Which one.
    pub kind: ConditionType,
    /// The answer.
    pub answer: Answer,
    /// Who has to move.
    pub pace: Pace,
    /// The stable word.
    pub reason: Reason,
    /// For people.
    pub message: Text,
}

/// The word for a fault of AWS.
#[must_use]
pub fn reason_of(fault: &Fault) -> Reason {
    match fault.kind {
        // The network's operator has not shared the transit gateway with the account yet.
        FaultKind::NotFound if fault.operation.ends_with(":CreateTransitGatewayVpcAttachment") => {
            Reason::AwaitingNetworkOperator
        }
        FaultKind::NotFound | FaultKind::Invalid => Reason::InvalidRequest,
        FaultKind::Conflict => Reason::Conflict,
        FaultKind::Denied if fault.message.contains("service control policy") => Reason::DeniedByGuardrail,
        FaultKind::Denied => Reason::AccessDenied,
        FaultKind::Throttled => Reason::Throttled,
        FaultKind::Limit => Reason::QuotaExceeded,
        FaultKind::Transient => Reason::AwsUnavailable,
    }
}

/// Whether a fault ends by itself.
fn pace_of(fault: &Fault) -> Pace {
    match fault.kind {
        FaultKind::Throttled | FaultKind::Transient => Pace::Moving,
        FaultKind::NotFound | FaultKind::Conflict | FaultKind::Denied | FaultKind::Invalid | FaultKind::Limit => {
            Pace::Stuck
        }
    }
}

/// The condition that a part counts for.
#[must_use]
pub fn aspect_of(part: &Part) -> ConditionType {
    let role = part.role.as_str();
    match role.split('.').next().unwrap_or_default() {
        "key" | "alias" | "ebs-defaults" | "shared-key" => ConditionType::KeysReady,
        "tgw-attachment" => ConditionType::ConnectionReady,
        _ => ConditionType::NetworkReady,
    }
}

/// What a pass ended with.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// The last plan.
    pub plan: &'a Plan,
    /// Steps that AWS refused.
    pub failed: &'a [(Step, Fault)],
    /// Steps that were not allowed to run.
    pub held: &'a [Held],
    /// Whether the object is being deleted.
    pub deleting: bool,
    /// Whether the spec attaches the network to a transit gateway.
    pub connected: bool,
}

/// The aspects of keys and network.
#[must_use]
pub fn aspects(outcome: &Outcome<'_>) -> Vec<Aspect> {
    let mut kinds = vec![ConditionType::KeysReady, ConditionType::NetworkReady];
    if outcome.connected {
        kinds.push(ConditionType::ConnectionReady);
    }
    kinds.into_iter().map(|kind| aspect(kind, outcome)).collect()
}

fn aspect(kind: ConditionType, outcome: &Outcome<'_>) -> Aspect {
    let Outcome {
        plan,
        failed,
        held,
        deleting,
        connected,
    } = *outcome;
    let mine = |part: &Part| {
        let of = aspect_of(part);
        of == kind || (of == ConditionType::ConnectionReady && !connected && kind == ConditionType::NetworkReady)
    };
    let failures = failed.iter().filter(|(step, _)| mine(&step.part)).map(|(step, fault)| {
        let refused = deleting && fault.kind == FaultKind::Conflict;
        let reason = if refused {
            Reason::DeletionBlocked
        } else {
            reason_of(fault)
        };
        let text = Text::new(
            format!("could not {}: {fault}", step.action),
            format!("実行できませんでした({}): {fault}", step.action),
        );
        (Answer::False, pace_of(fault), reason, text)
    });
    let blocks = plan
        .blocks
        .iter()
        .filter(|halt| mine(&halt.part))
        .map(|halt| match halt.reason {
            Reason::Unreadable => (Answer::Unknown, Pace::Moving, halt.reason, halt.message.clone()),
            reason => (Answer::False, Pace::Stuck, reason, halt.message.clone()),
        });
    let holds = held
        .iter()
        .filter(|(step, _, _)| mine(&step.part))
        .map(|(step, reason, text)| {
            let message = Text::new(format!("{step}: {}", text.en), format!("{step}: {}", text.ja));
            (Answer::False, Pace::Asking, *reason, message)
        });
    let waits = plan.waits.iter().filter(|halt| mine(&halt.part));
    let waits = waits.map(|halt| {
        let pace = if halt.reason == Reason::AwaitingNetworkOperator {
            Pace::Asking
        } else {
            Pace::Moving
        };
        (Answer::False, pace, halt.reason, halt.message.clone())
    });
    let steps = plan
        .steps
        .iter()
        .filter(|step| mine(&step.part) && !held.iter().any(|(held, _, _)| held == *step));
    let steps = steps.map(|step| {
        (
            Answer::False,
            Pace::Moving,
            Reason::Applying,
            Text::new(step.to_string(), step.to_string()),
        )
    });
    let mut all: Vec<_> = blocks.chain(failures).chain(holds).chain(waits).chain(steps).collect();
    // What a person has to do comes first; among equals, in the order above.
    all.sort_by_key(|(_, pace, _, _)| std::cmp::Reverse(*pace));
    let more = all.len().saturating_sub(1);
    match all.into_iter().next() {
        None => match plan.notices.iter().find(|halt| mine(&halt.part)) {
            Some(Halt { reason, message, .. }) => Aspect {
                reason: *reason,
                message: message.clone(),
                ..settled(kind, deleting)
            },
            None => settled(kind, deleting),
        },
        Some((answer, pace, reason, message)) => {
            let message = match more {
                0 => message,
                n => Text::new(
                    format!("{} (and {n} more)", message.en),
                    format!("{}(ほか {n} 件)", message.ja),
                ),
            };
            Aspect {
                kind,
                answer,
                pace,
                reason,
                message,
            }
        }
    }
}

fn settled(kind: ConditionType, deleting: bool) -> Aspect {
    let (reason, message) = match deleting {
        true => (
            Reason::Deleting,
            Text::new("nothing of it is left to do", "残りの作業はありません"),
        ),
        false => (Reason::Converged, Text::new("as the spec asks", "spec のとおりです")),
    };
    Aspect {
        kind,
        answer: Answer::True,
        pace: Pace::Settled,
        reason,
        message,
    }
}

/// Ready, Reconciling and Stalled, computed from the aspects.
#[must_use]
pub fn overall(aspects: &[Aspect]) -> [Aspect; 3] {
    let worst = aspects
        .iter()
        .filter(|aspect| aspect.answer != Answer::True)
        .max_by(|a, b| {
            // The first of the worst: `max_by` would take the last.
            a.pace.cmp(&b.pace).then(std::cmp::Ordering::Greater)
        });
    let of = |kind, answer| Aspect {
        kind,
        answer,
        pace: worst.map_or(Pace::Settled, |aspect| aspect.pace),
        reason: worst.map_or(Reason::Converged, |aspect| aspect.reason),
        message: worst.map_or_else(
            || Text::new("as the spec asks", "spec のとおりです"),
            |aspect| aspect.message.clone(),
        ),
    };
    let yes_if = |yes: bool| if yes { Answer::True } else { Answer::False };
    let ready = match worst {
        None => Answer::True,
        Some(_) if aspects.iter().any(|aspect| aspect.answer == Answer::False) => Answer::False,
        Some(_) => Answer::Unknown,
    };
    let pace = worst.map_or(Pace::Settled, |aspect| aspect.pace);
    [
        of(ConditionType::Ready, ready),
        of(
            ConditionType::Reconciling,
            yes_if(matches!(pace, Pace::Moving | Pace::Asking)),
        ),
        of(ConditionType::Stalled, yes_if(pace == Pace::Stuck)),
    ]
}

/// The keys as status shows them.
#[must_use]
pub fn keys(observed: &Observed, plan: &Plan, ctx: &Context) -> Vec<KeyStatus> {
    let mut all = Vec::new();
    for (region, have) in &observed.regions {
        for (role, key) in owned(&have.keys, ctx) {
            let Some(purpose) = purpose(role.as_str()) else {
                continue;
            };
            all.push(key_status(*region, purpose, key, have, plan, ctx));
        }
    }
    all
}

fn purpose(role: &str) -> Option<KeyPurpose> {
    match role {
        "key.all" => Some(KeyPurpose::All),
        "key.ebs" => Some(KeyPurpose::Ebs),
        "key.s3" => Some(KeyPurpose::S3),
        "key.rds" => Some(KeyPurpose::Rds),
        _ => None,
    }
}

fn key_status(
    region: Region,
    purpose: KeyPurpose,
    key: &Key,
    have: &RegionKeys,
    plan: &Plan,
    ctx: &Context,
) -> KeyStatus {
    let usage = have.usage.get(&key.id);
    let (state, deletion_date) = match &key.state {
        KeyState::Enabled => (KeyStatusState::Enabled, None),
        KeyState::Disabled => (KeyStatusState::Disabled, None),
        KeyState::PendingDeletion { at } => (KeyStatusState::PendingDeletion, at.map(Time)),
        KeyState::Other(_) => (KeyStatusState::Unknown, None),
    };
    let since = key
        .tags
        .get(tags::QUARANTINED_SINCE)
        .and_then(|at| at.parse::<Timestamp>().ok());
    let quarantined_until = since
        .and_then(|since| since.checked_add(ctx.settings.key_quarantine).ok())
        .map(Time);
    let blocked = plan
        .blocks
        .iter()
        .any(|halt| halt.part.region == region && aspect_of(&halt.part) == ConditionType::KeysReady);
    let uses = usage.filter(|_| blocked).map(|usage| {
        usage
            .uses
            .iter()
            .take(20)
            .map(|one| format!("{} {}", one.kind, one.id))
            .collect()
    });
    KeyStatus {
        region,
        purpose,
        arn: Some(key.arn.clone()),
        state,
        rotation_period_days: key.rotation_days.present().copied(),
        in_use: usage
            .filter(|usage| usage.unreadable.is_empty())
            .map(|usage| !usage.uses.is_empty()),
        uses_checked: usage.map(|usage| usage.checked.clone()).unwrap_or_default(),
        deletion_date,
        quarantined_until,
        blockers: uses.unwrap_or_default(),
    }
}

/// The network as status shows it.
#[must_use]
pub fn network(observed: &Observed, zones: &[String], ctx: &Context) -> Option<NetworkStatus> {
    let have = &observed.network;
    let vpc_id = owned(&have.vpcs, ctx).next().map(|(_, vpc)| vpc.id.clone())?;
    let of = |prefix: &str, name: &str| format!("{prefix}.{name}");
    fn find<T: Resource>(list: &crate::observation::Listing<T>, role: &str, ctx: &Context) -> Option<String> {
        owned(list, ctx)
            .find(|(found, _)| found.as_str() == role)
            .map(|(_, thing)| thing.id().to_owned())
    }
    let zone = |name: &String| ZoneStatus {
        name: name.clone(),
        route_table_id: find(&have.route_tables, &of("route-table", name), ctx),
        network_acl_id: find(&have.network_acls, &of("network-acl", name), ctx),
        security_group_id: find(&have.security_groups, &of("security-group", name), ctx),
        subnets: owned(&have.subnets, ctx)
            .filter_map(|(role, subnet)| {
                let name = role.as_str().strip_prefix(&format!("subnet.{name}."))?.to_owned();
                Some(SubnetStatus {
                    name,
                    id: subnet.id.clone(),
                    availability_zone: subnet.zone.clone(),
                })
            })
            .collect(),
    };
    Some(NetworkStatus {
        vpc_id: Some(vpc_id),
        zones: zones.iter().map(zone).collect(),
        transit_gateway_attachment: owned(&have.attachments, ctx).next().map(|(_, attachment)| {
            TransitGatewayAttachmentStatus {
                id: attachment.id.clone(),
                state: attachment.state.clone(),
            }
        }),
        endpoints: owned(&have.endpoints, ctx)
            .filter_map(|(role, endpoint)| {
                let service = role.as_str().strip_prefix("endpoint.")?.to_owned();
                Some(VpcEndpointStatus {
                    service,
                    id: endpoint.id.clone(),
                    state: endpoint.state.clone(),
                })
            })
            .collect(),
    })
}

/// Everything of this object that was found, for the inventory.
#[must_use]
pub fn inventory(observed: &Observed, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
    let mut all = Vec::new();
    let mut add = |region: Region, service: &str, role: &tags::Ownership, id: &str, arn: Option<String>, state| {
        let tags::Ownership::Ours(role) = role else { return };
        let entry = InventoryEntry {
            role: role.to_string(),
            service: service.into(),
            region,
            account: account.to_string(),
            id: id.into(),
            arn,
            state,
            token: None,
            incarnation: 0,
            since: None,
        };
        all.push((Part::new(region, role.as_str()), entry));
    };
    for (region, have) in &observed.regions {
        for key in have.keys.iter().flatten() {
            let state = match key.state {
                KeyState::PendingDeletion { .. } => InventoryState::PendingDeletion,
                KeyState::Enabled | KeyState::Disabled | KeyState::Other(_) => InventoryState::Present,
            };
            add(
                *region,
                "kms",
                &tags::ownership(&key.tags, &ctx.identity),
                &key.id,
                Some(key.arn.clone()),
                state,
            );
        }
    }
    let network = &observed.network;
    macro_rules! ec2 {
        ($($list:ident),*) => {
            $(for thing in network.$list.iter().flatten() {
                let ownership = tags::ownership(thing.tags(), &ctx.identity);
                add(Region::Tokyo, "ec2", &ownership, thing.id(), None, InventoryState::Present);
            })*
        };
    }
    ec2!(
        vpcs,
        subnets,
        route_tables,
        network_acls,
        security_groups,
        endpoints,
        flow_logs,
        attachments
    );
    all
}

/// The ledger after a pass: what was found, what is intended still, what was lost, what is gone.
#[must_use]
pub fn settle(
    observed: &Observed,
    account: &AccountId,
    plan: &Plan,
    failed: &[(Step, Fault)],
    ctx: &Context,
) -> Ledger {
    let mut ledger = ctx.ledger.clone();
    let found = inventory(observed, account, ctx);
    for (part, entry) in &found {
        ledger.settle(part, entry.clone());
    }
    for (part, entry) in ctx
        .ledger
        .iter()
        .filter(|(part, _)| !found.iter().any(|(known, _)| known == *part))
    {
        let blocked = plan
            .blocks
            .iter()
            .find(|halt| halt.part == *part)
            .map(|halt| halt.reason);
        let pending = plan.waits.iter().any(|halt| halt.part == *part)
            || plan.steps.iter().any(|step| step.part == *part)
            || failed.iter().any(|(step, _)| step.part == *part);
        match (blocked, entry.state) {
            (Some(Reason::OwnershipLost), _) => ledger.mark(part, InventoryState::OwnershipLost),
            (Some(Reason::Conflict | Reason::ManagedElsewhere), _) => ledger.mark(part, InventoryState::Conflict),
            (Some(_), _) => {}
            (None, _) if pending || !is_readable(observed, part) => {}
            // AWS may not list it yet, whatever this pass planned: without its VPC nothing in it shows.
            (None, _) if ctx.may_lag(entry) => {}
            // A token has to be remembered as long as the object lives.
            (None, InventoryState::Deleting) => {}
            (None, _) => ledger.bury(part),
        }
    }
    ledger
}

/// Whether AWS shows anything of this object.
#[must_use]
pub fn owns_anything(observed: &Observed, account: &AccountId, ctx: &Context) -> bool {
    !inventory(observed, account, ctx).is_empty()
}

/// The earliest moment at which looking again makes sense; none while something may end any time.
#[must_use]
pub fn next_look(plan: &Plan) -> Option<Timestamp> {
    plan.waits
        .iter()
        .map(|Halt { until, .. }| *until)
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .min()
}

/// Whether what a part is found in could be read: only then is it certainly gone.
#[must_use]
pub fn is_readable(observed: &Observed, part: &Part) -> bool {
    let network = &observed.network;
    match part.role.as_str().split('.').next().unwrap_or_default() {
        "key" => observed.region(part.region).keys.is_ok(),
        "vpc" => network.vpcs.is_ok(),
        "subnet" => network.subnets.is_ok(),
        "route-table" => network.route_tables.is_ok(),
        "network-acl" => network.network_acls.is_ok(),
        "security-group" => network.security_groups.is_ok(),
        "endpoint" => network.endpoints.is_ok(),
        "flow-log" => network.flow_logs.is_ok(),
        "tgw-attachment" => network.attachments.is_ok(),
        _ => false,
    }
}
