//! The differences of a server from what is wanted, in AWS's order.

use std::collections::BTreeSet;

use jichitai_api::Reason;

use super::{Action, Endpoint, SERVICE_MANAGED, SFTP, Server, VPC, Want};
use crate::ec2::vpc_endpoint;
use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};
use crate::transfer::host_key;

/// Whether AWS is still at something; then nothing else is asked of it.
pub(super) fn is_in_transition(server: &Server, part: &Part, plan: &mut Plan) -> bool {
    let moving = matches!(server.state.as_str(), "STARTING" | "STOPPING");
    if moving {
        let (id, state) = (&server.id, &server.state);
        let text = Text::new(
            format!("SFTP server {id} is {state}"),
            format!("SFTP サーバー {id} は {state} の状態です"),
        );
        plan.wait(part, Reason::WaitingForAws, text);
    }
    moving
}

/// Whether people get in with keys over SFTP and in no other way.
pub(super) fn takes_keys_alone(server: &Server) -> bool {
    server.protocols.len() == 1 && server.protocols.contains(SFTP) && server.identity_provider == SERVICE_MANAGED
}

/// Plans the differences; false where this server can never be what is wanted.
pub(super) fn plan(want: &Want, server: &Server, tags: &Tags, part: &Part, plan: &mut Plan) -> bool {
    let Want {
        vpc_id,
        subnets: _,
        security_group,
        security_policy,
        host_key,
    } = want;
    let missing = tags::missing(tags, &server.tags);
    if !missing.is_empty() {
        let difference = Difference::new("tags", tags::list(&missing), tags::list(&server.tags));
        let action = Action::Tag {
            id: server.id.clone(),
            arn: server.arn.clone(),
            tags: missing,
        };
        plan.step(Step::change(part, action, difference));
    }
    secure(security_policy, server, part, plan);
    if let Some(host_key) = host_key {
        host_key::plan(host_key, server, part, plan);
    }
    let fits = can_be(vpc_id, server, part, plan);
    let endpoint = endpoint(server, part, plan);
    match offline_change(want, server, part, fits) {
        Some(Change::Close(step)) => offline(step, server, part, plan),
        // UpdateServer refuses while the endpoint is not available.
        Some(Change::Place(step)) if endpoint.is_some() => offline(step, server, part, plan),
        Some(Change::Place(_)) => {}
        None => start(server, endpoint.is_some(), part, plan),
    }
    if let Some(endpoint) = endpoint {
        guard(security_group, endpoint, part, plan);
    }
    fits
}

/// The server's endpoint in the VPC, where it is available.
fn endpoint<'a>(server: &'a Server, part: &Part, plan: &mut Plan) -> Option<&'a Endpoint> {
    match &server.endpoint {
        _ if server.endpoint_type != VPC => {}
        Observation::Unreadable(fault) => plan.unreadable(part, fault),
        Observation::Present(endpoint) if endpoint.state.eq_ignore_ascii_case("available") => return Some(endpoint),
        Observation::Present(_) | Observation::Absent => {
            let id = &server.id;
            let text = Text::new(
                format!("the endpoint of SFTP server {id} is not available yet"),
                format!("SFTP サーバー {id} のエンドポイントはまだ使用できません"),
            );
            plan.wait(part, Reason::WaitingForAws, text);
        }
    }
    None
}

/// Whether AWS can change this server into the wanted one.
fn can_be(vpc_id: &str, server: &Server, part: &Part, plan: &mut Plan) -> bool {
    let id = &server.id;
    let elsewhere = server
        .vpc_id
        .as_deref()
        .filter(|have| server.endpoint_type == VPC && *have != vpc_id);
    let text = if server.domain != "S3" {
        Text::new(
            format!(
                "SFTP server {id} serves {}, not S3: delete it and it is made again",
                server.domain
            ),
            format!(
                "SFTP サーバー {id} は S3 ではなく {} 用です。削除すると再作成されます",
                server.domain
            ),
        )
    } else if let Some(have) = elsewhere {
        Text::new(
            format!(
                "SFTP server {id} is in {have}, not in {vpc_id}: AWS cannot move it; delete it and it is made again"
            ),
            format!(
                "SFTP サーバー {id} は {vpc_id} ではなく {have} にあります。移動できません。削除すると再作成されます"
            ),
        )
    } else {
        return true;
    };
    plan.block(part, Reason::ImmutableInAws, text);
    false
}

/// Protocols, way to log in, security policy and workflows: AWS takes these at any time.
fn secure(security_policy: &str, server: &Server, part: &Part, plan: &mut Plan) {
    if takes_keys_alone(server) && server.security_policy == security_policy && server.workflows.is_empty() {
        return;
    }
    let list = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join("+");
    let have = format!(
        "{} {} {} workflows: {}",
        list(&server.protocols),
        server.identity_provider,
        server.security_policy,
        list(&server.workflows)
    );
    let difference = Difference::new(
        "protocols, identityProvider, securityPolicy, workflows",
        format!("{SFTP} {SERVICE_MANAGED} {security_policy} workflows: "),
        have,
    );
    let action = Action::Secure {
        id: server.id.clone(),
        security_policy: security_policy.to_owned(),
    };
    let risk = "clients that use another protocol, login or cipher, and workflows on uploads";
    plan.step(Step::change(part, action, difference).risking(risk));
}

/// What AWS changes only while the server is offline.
enum Change {
    /// A way to the internet goes.
    Close(Step),
    /// It stays inside.
    Place(Step),
}

/// The next change that AWS makes only while the server is offline, the way to the internet first.
fn offline_change(want: &Want, server: &Server, part: &Part, fits: bool) -> Option<Change> {
    let id = server.id.clone();
    let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
    if !server.address_allocations.is_empty() {
        let addresses = server.address_allocations.clone();
        let difference = Difference::new("elasticIps", "none", list(&addresses));
        let action = Action::ReleaseAddresses { id, addresses };
        let step = Step::change(part, action, difference);
        return Some(Change::Close(step.risking("clients that come over the internet")));
    }
    if server.endpoint_type != VPC {
        let difference = Difference::new("endpointType", VPC, &server.endpoint_type);
        let action = Action::MoveIntoVpc {
            id,
            vpc_id: want.vpc_id.clone(),
            subnets: want.subnets.clone(),
            security_group: want.security_group.clone(),
        };
        let step = Step::change(part, action, difference);
        return Some(Change::Close(step.risking("clients that know its present address")));
    }
    if !fits || server.subnets == want.subnets {
        return None;
    }
    let difference = Difference::new("subnets", list(&want.subnets), list(&server.subnets));
    let action = Action::Place {
        id,
        subnets: want.subnets.clone(),
    };
    let step = Step::change(part, action, difference);
    Some(Change::Place(if server.subnets.is_subset(&want.subnets) {
        step
    } else {
        step.risking("the server's addresses in the removed subnets")
    }))
}

fn offline(step: Step, server: &Server, part: &Part, plan: &mut Plan) {
    if server.state == "OFFLINE" {
        return plan.step(step);
    }
    let difference = Difference::new("state", "OFFLINE", &server.state);
    let id = server.id.clone();
    let risk = "transfers under way, and logins until it is started again";
    plan.step(Step::change(part, Action::Stop { id }, difference).risking(risk));
}

/// With everything in place: online.
fn start(server: &Server, endpoint_is_available: bool, part: &Part, plan: &mut Plan) {
    let id = server.id.clone();
    // What lets in more than keys over SFTP is mended before it is started.
    let safe = takes_keys_alone(server) && server.workflows.is_empty();
    match server.state.as_str() {
        "ONLINE" => {}
        "OFFLINE" if safe && endpoint_is_available => {
            let difference = Difference::new("state", "ONLINE", "OFFLINE");
            plan.step(Step::change(part, Action::Start { id }, difference));
        }
        "OFFLINE" => {}
        state => {
            let text = Text::new(
                format!("SFTP server {id} is {state}: start it by hand to see why, or delete it and it is made again"),
                format!("SFTP サーバー {id} は {state} です。手動で起動して原因を確認するか、削除すると再作成されます"),
            );
            plan.block(part, Reason::InvalidRequest, text);
        }
    }
}

/// The security group, which is the endpoint's: after its creation Transfer Family cannot change it.
/// <https://docs.aws.amazon.com/transfer/latest/APIReference/API_EndpointDetails.html>
fn guard(security_group: &str, endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    let want = BTreeSet::from([security_group.to_owned()]);
    let have = &endpoint.security_groups;
    if *have == want {
        return;
    }
    let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
    let remove_groups = have - &want;
    let detached = list(&remove_groups);
    let action = vpc_endpoint::Action::Modify {
        id: endpoint.id.clone(),
        add_subnets: BTreeSet::new(),
        remove_subnets: BTreeSet::new(),
        add_groups: &want - have,
        remove_groups,
        enable_private_dns: false,
    };
    let step = Step::change(
        part,
        action,
        Difference::new("securityGroups", security_group, list(have)),
    );
    plan.step(if detached.is_empty() {
        step
    } else {
        step.risking(format!("what {detached} lets in"))
    });
}
