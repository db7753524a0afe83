//! The addresses of an endpoint. Others have written them into forwarders and firewalls, so one at a
//! time changes: another is added, and only once it is attached the old one goes; two stay attached all
//! the while. AWS takes one address per call, asynchronously, and never leaves an endpoint below two.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverEndpointIpAddress.html>

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jichitai_api::Reason;
use jichitai_api::resolver_endpoint::EndpointDirection;
use jiff::Timestamp;

use crate::context::japan_date;
use crate::identity::Part;
use crate::plan::{Halt, Plan, Text};
use crate::route53resolver::endpoint::{Action, Endpoint, Want};
use crate::step::{Difference, Step};

/// Addresses that AWS wants of every endpoint.
pub const MINIMUM: usize = 2;

/// An address of an endpoint in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `rni-…`.
    pub id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// The address.
    pub ip: Ipv4Addr,
    /// `ATTACHED`, a state on the way there or away, or a failure.
    pub state: String,
    /// What AWS says about the state.
    pub message: String,
}

impl Address {
    /// Whether it answers.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.state == "ATTACHED"
    }

    /// Whether it failed for good: AWS does nothing more about it.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        ["FAILED", "DELETE_FAILED", "UPDATE_FAILED", "ISOLATED"]
            .iter()
            .any(|state| self.state.starts_with(state))
    }
}

/// When an address that the spec no longer has may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// At once.
    Now,
    /// From that moment.
    From(Timestamp),
    /// Not before somebody confirms that no forwarder asks it.
    Unconfirmed,
}

impl Want {
    /// When an address that the spec no longer has may go: what the office asks only after its forwarders
    /// were changed; what only we ask from, at once.
    #[must_use]
    pub fn leave(&self, ip: Ipv4Addr, now: Timestamp) -> Leave {
        match (self.direction, self.retire.get(&ip)) {
            (EndpointDirection::Outbound, _) => Leave::Now,
            (EndpointDirection::Inbound, None) => Leave::Unconfirmed,
            (EndpointDirection::Inbound, Some(Some(from))) if now < *from => Leave::From(*from),
            (EndpointDirection::Inbound, Some(_)) => Leave::Now,
        }
    }
}

/// The next change of the addresses, where one is possible now.
pub(super) fn plan(want: &Want, endpoint: &Endpoint, have: &[Address], part: &Part, now: Timestamp, plan: &mut Plan) {
    retiring(want, have, part, now, plan);
    if !fits(want, have, part, plan) {
        return;
    }
    let missing = want
        .addresses
        .iter()
        .find(|(ip, _)| !have.iter().any(|one| one.ip == **ip));
    let surplus = have.iter().filter(|one| !want.addresses.contains_key(&one.ip));
    let may_go: Vec<&Address> = surplus.filter(|one| want.leave(one.ip, now) == Leave::Now).collect();
    let removable = may_go.iter().find(|one| is_spare(one, have));
    let broken = have.iter().find(|one| one.is_broken() && have.len() > MINIMUM);
    let moving = have.iter().find(|one| !one.is_attached() && !one.is_broken());
    let busy = !endpoint.takes_changes();
    let work = missing.is_some() || !may_go.is_empty() || have.iter().any(Address::is_broken);
    if busy || moving.is_some() {
        let what = moving.map_or_else(|| endpoint.id.clone(), |one| one.ip.to_string());
        let state = moving.map_or(endpoint.state.as_str(), |one| one.state.as_str());
        return wait(&what, state, work, part, plan);
    }
    if let Some(one) = broken {
        return replace(one, want, endpoint, part, plan);
    }
    match (missing, removable) {
        (Some((ip, subnet_id)), _) if have.len() < want.address_quota => add(*ip, subnet_id, endpoint, part, plan),
        (_, Some(one)) => remove(one, want, endpoint, part, plan),
        (Some((ip, _)), None) => full(*ip, want, have.len(), part, plan),
        (None, None) => {}
    }
    for one in have.iter().filter(|one| one.is_broken()) {
        let (ip, state, said) = (one.ip, &one.state, &one.message);
        let text = Text::new(
            format!(
                "{ip} is {state} ({said}) and AWS keeps two addresses at least: write a third one under spec.ipAddresses, then it is made anew"
            ),
            format!(
                "{ip} は {state}({said})です。AWS は最低2つのアドレスを必要とします。spec.ipAddresses に3つ目を追加すると作り直します"
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
    }
}

/// What stays only because nobody has confirmed yet that it may go.
fn retiring(want: &Want, have: &[Address], part: &Part, now: Timestamp, plan: &mut Plan) {
    for one in have.iter().filter(|one| !want.addresses.contains_key(&one.ip)) {
        let ip = one.ip;
        let (message, until) = match want.leave(ip, now) {
            Leave::Now => continue,
            Leave::Unconfirmed => (
                Text::new(
                    format!(
                        "{ip} is not in the spec and stays until its forwarders are changed: hand over `jichitai request --kind dns`, then confirm it under spec.retire"
                    ),
                    format!(
                        "{ip} は spec にありませんが、転送元の設定変更が済むまで残します。`jichitai request --kind dns` の依頼書を渡し、完了後に spec.retire で確認してください"
                    ),
                ),
                None,
            ),
            Leave::From(from) => {
                let day = japan_date(from);
                let text = Text::new(
                    format!("{ip} is confirmed to go, on {day} at the earliest"),
                    format!("{ip} は廃止確認済みです({day} 以降に廃止します)"),
                );
                (text, Some(from))
            }
        };
        plan.notices.push(Halt {
            part: part.clone(),
            reason: Reason::Retiring,
            message,
            until,
        });
    }
}

/// An address is in one subnet for life.
fn fits(want: &Want, have: &[Address], part: &Part, plan: &mut Plan) -> bool {
    let elsewhere = |one: &&Address| {
        want.addresses
            .get(&one.ip)
            .is_some_and(|subnet| *subnet != one.subnet_id)
    };
    let Some(one) = have.iter().find(elsewhere) else {
        return true;
    };
    let text = Text::new(
        format!(
            "{} is in {}, not where the spec has it: AWS cannot move an address",
            one.ip, one.subnet_id
        ),
        format!(
            "{} は spec のサブネットではなく {} にあります。アドレスは移動できません",
            one.ip, one.subnet_id
        ),
    );
    plan.block(part, Reason::ImmutableInAws, text);
    false
}

fn wait(what: &str, state: &str, work: bool, part: &Part, plan: &mut Plan) {
    let then = if work { "; the next address follows" } else { "" };
    let ja = if work {
        "完了後に次のアドレスへ進みます"
    } else {
        "完了を待っています"
    };
    let text = Text::new(
        format!("{what} is {state}{then}"),
        format!("{what} は {state} です。{ja}"),
    );
    plan.wait(part, Reason::WaitingForAws, text);
}

fn add(ip: Ipv4Addr, subnet_id: &str, endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    let action = Action::AddAddress {
        id: endpoint.id.clone(),
        ip,
        subnet_id: subnet_id.to_owned(),
    };
    let difference = Difference::new(format!("addresses.{ip}"), "present", "absent");
    plan.step(Step::change(part, action, difference));
}

/// One that failed answers nobody, so nothing is lost with it; where the spec has it, it is added again.
fn replace(one: &Address, want: &Want, endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    if want.addresses.contains_key(&one.ip) && one.state == "FAILED_CREATION" {
        let (ip, said) = (one.ip, &one.message);
        let text = Text::new(
            format!(
                "AWS could not make {ip} ({said}): see what else has this address, free it, and take it off {} by hand",
                endpoint.id
            ),
            format!(
                "AWS が {ip} を作成できませんでした({said})。競合するアドレスを解放し、{} から手動で外してください",
                endpoint.id
            ),
        );
        return plan.block(part, Reason::InvalidRequest, text);
    }
    plan.step(removal(one, endpoint, part));
}

fn removal(one: &Address, endpoint: &Endpoint, part: &Part) -> Step {
    let action = Action::RemoveAddress {
        id: endpoint.id.clone(),
        ip: one.ip,
        subnet_id: one.subnet_id.clone(),
    };
    let difference = Difference::new(format!("addresses.{}", one.ip), "absent", &one.state);
    Step::change(part, action, difference)
}

fn full(ip: Ipv4Addr, want: &Want, count: usize, part: &Part, plan: &mut Plan) {
    let quota = want.address_quota;
    let text = Text::new(
        format!(
            "there is no room for {ip}: the endpoint has {count} of {quota} addresses; confirm one under spec.retire, or have the quota raised and set settings.resolverAddressQuota"
        ),
        format!(
            "{ip} を追加できません。アドレスは {quota} 個中 {count} 個使用中です。spec.retire で廃止を確認するか、クォータを引き上げて settings.resolverAddressQuota を設定してください"
        ),
    );
    plan.block(part, Reason::QuotaExceeded, text);
}

/// Whether enough others answer without this one.
fn is_spare(one: &Address, have: &[Address]) -> bool {
    let others = have.iter().filter(|other| other.ip != one.ip && other.is_attached());
    others.count() >= MINIMUM
}

fn remove(one: &Address, want: &Want, endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    let step = removal(one, endpoint, part);
    plan.step(match want.direction {
        // Somebody has confirmed this very address.
        EndpointDirection::Inbound => step,
        EndpointDirection::Outbound => step.risking(format!("queries that firewalls admit from {} only", one.ip)),
    });
}

/// The addresses by subnet, as a creation takes them.
pub(super) fn list(addresses: &BTreeMap<Ipv4Addr, String>) -> String {
    let one = |(ip, subnet): (&Ipv4Addr, &String)| format!("{ip} ({subnet})");
    addresses.iter().map(one).collect::<Vec<_>>().join(", ")
}
