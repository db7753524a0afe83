//! The way to the office has no single point of failure.

use std::collections::BTreeSet;

use jichitai_api::municipality::NetworkConnection;

use crate::ec2::transit_gateway_attachment::Attachment;
use crate::guardrails::survey::{Connection, Survey};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};

pub(super) fn redundancy(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    attachments(tenant, &mut judgement);
    if tenant.spec.network.connection == NetworkConnection::Direct {
        lines(tenant, survey, &mut judgement);
    }
    judgement
}

fn attachments(tenant: &Tenant<'_>, judgement: &mut Judgement) {
    let network = &tenant.observed.network;
    let (attachments, subnets) = match (&network.attachments, &network.subnets) {
        (Ok(attachments), Ok(subnets)) => (attachments, subnets),
        (Err(fault), _) | (_, Err(fault)) => return judgement.unreadable.push(fault.clone()),
    };
    let zones = |attachment: &Attachment| -> BTreeSet<&str> {
        let own = subnets.iter().filter(|subnet| attachment.subnets.contains(&subnet.id));
        own.map(|subnet| subnet.zone.as_str()).collect()
    };
    for attachment in attachments {
        judgement.looked_at += 1;
        if zones(attachment).len() < 2 {
            judgement.failing.push(Finding::new(
                &attachment.id,
                "it is in one availability zone only",
                "アベイラビリティゾーンが 1 つだけです",
            ));
        }
    }
}

/// Lines of Direct Connect: often in an account of the network's operator, who then has to show that there are two.
fn lines(tenant: &Tenant<'_>, survey: &Survey, judgement: &mut Judgement) {
    let up: Vec<&Connection> = survey.connections.found.iter().filter(|one| one.available).collect();
    judgement.looked_at += survey.connections.found.len();
    let places: BTreeSet<&str> = up.iter().map(|one| one.location.as_str()).collect();
    if places.len() > 1 {
        return;
    }
    judgement.unreadable.extend(survey.connections.faults.iter().cloned());
    match up.first() {
        Some(alone) if survey.connections.faults.is_empty() => judgement.failing.push(Finding::new(
            &alone.id,
            format!("every line that is up ends in {}", alone.location),
            format!("稼働中の回線がすべて {} に集中しています", alone.location),
        )),
        None if survey.connections.faults.is_empty() => {
            let owner = tenant
                .spec
                .network
                .owner
                .as_ref()
                .map_or("-", |owner| owner.organization.as_str());
            judgement.not_ours.push(Finding::new(
                owner,
                "no line is in this account: ask the network's operator for evidence of two lines over two places",
                "このアカウントに専用線はありません。回線の運用者に、2 拠点・2 回線の冗長構成の証跡を求めてください",
            ));
        }
        Some(_) | None => {}
    }
}
