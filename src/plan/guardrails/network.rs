//! The network is closed: nothing open to the world, no way to the internet, and flow logs that tell.

use jichitai_api::municipality::NetworkManagement;

use crate::guardrails::survey::Survey;
use crate::guardrails::tenant::{Marks, Tenant};
use crate::guardrails::{Finding, Judgement};

fn in_vpc(vpc: &str) -> Marks<'_> {
    Marks {
        vpc: Some(vpc),
        ..Marks::default()
    }
}

pub(super) fn groups(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.over(
        &survey.groups,
        |group| tenant.concerns(in_vpc(&group.vpc_id), survey),
        |group| {
            let rules = group.what.join("; ");
            (!group.what.is_empty()).then(|| {
                Finding::new(
                    &group.id,
                    format!("it admits everybody: {rules}"),
                    format!("誰からでも受け付けます: {rules}"),
                )
            })
        },
    );
    judgement
}

pub(super) fn gateways(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.looked_at += survey
        .vpcs
        .found
        .iter()
        .filter(|vpc| tenant.concerns(in_vpc(&vpc.id), survey))
        .count();
    judgement.unreadable.extend(survey.gateways.faults.iter().cloned());
    for gateway in survey
        .gateways
        .found
        .iter()
        .filter(|one| tenant.concerns(in_vpc(&one.vpc_id), survey))
    {
        let (vpc, region) = (&gateway.vpc_id, gateway.region);
        judgement.failing.push(Finding::new(
            &gateway.id,
            format!("it connects {vpc} in {region} to the internet"),
            format!("{region} の {vpc} をインターネットに接続しています"),
        ));
    }
    handed_over(judgement, tenant)
}

pub(super) fn flow_logs(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    if let Err(fault) = &tenant.observed.network.vpcs {
        judgement.unreadable.push(fault.clone());
    }
    judgement.unreadable.extend(survey.flow_logs.faults.iter().cloned());
    for vpc in tenant.vpcs() {
        judgement.looked_at += 1;
        if !survey.flow_logs.found.iter().any(|logged| logged == vpc) {
            judgement.failing.push(Finding::new(
                vpc,
                "nothing logs its traffic",
                "通信を記録するフローログがありません",
            ));
        }
    }
    handed_over(judgement, tenant)
}

/// In a network that another company makes, that company has to mend it.
pub(super) fn handed_over(mut judgement: Judgement, tenant: &Tenant<'_>) -> Judgement {
    let network = &tenant.spec.network;
    if network.management == NetworkManagement::Existing && network.owner.is_some() {
        judgement.hand_over();
    }
    judgement
}
