//! Room under AWS's quotas: what grows meets no wall.

use std::collections::BTreeMap;

use jichitai_api::Region;

use crate::guardrails::survey::{Read, Survey};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::observation::{Fault, Listing};

/// The part of a quota from which on it has to be raised, in percent: an increase takes days.
const FULL: u64 = 80;

/// What is counted: the quota's code, its name, and how much of it is used.
type Used<'a> = (&'static str, &'static str, Result<u64, &'a Fault>);

pub(super) fn headroom(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.unreadable.extend(survey.quotas.faults.iter().cloned());
    let quotas: BTreeMap<&str, u64> = survey
        .quotas
        .found
        .iter()
        .map(|(code, quota)| (code.as_str(), *quota))
        .collect();
    for (code, name, used) in used(tenant, survey) {
        let Some(quota) = quotas.get(code).copied().filter(|quota| *quota > 0) else {
            continue;
        };
        judgement.looked_at += 1;
        match used {
            Err(fault) => judgement.unreadable.push(fault.clone()),
            Ok(used) if used.saturating_mul(100) < quota.saturating_mul(FULL) => {}
            Ok(used) => judgement.failing.push(Finding::new(
                code,
                format!("{name}: {used} of {quota} are used"),
                format!("{name}: 上限 {quota} のうち {used} を使用しています"),
            )),
        }
    }
    judgement
}

/// Quotas of [Amazon VPC](https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html) that tenants use up.
fn used<'a>(tenant: &'a Tenant<'_>, survey: &'a Survey) -> Vec<Used<'a>> {
    let network = &tenant.observed.network;
    let mut all = vec![
        (
            "L-F678F1CE",
            "VPCs per Region",
            in_tokyo(&survey.vpcs, |vpc| vpc.region),
        ),
        (
            "L-E79EC296",
            "security groups per Region",
            in_tokyo(&survey.groups, |group| group.region),
        ),
    ];
    if tenant.vpcs().len() == 1 {
        all.extend([
            ("L-407747CB", "subnets per VPC", size(&network.subnets)),
            ("L-589F43AA", "route tables per VPC", size(&network.route_tables)),
            ("L-B4A6D682", "network ACLs per VPC", size(&network.network_acls)),
            ("L-29B6F2EB", "interface endpoints per VPC", size(&network.endpoints)),
        ]);
    }
    all
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn in_tokyo<T>(read: &Read<T>, region: impl Fn(&T) -> Region) -> Result<u64, &Fault> {
    match read.faults.first() {
        Some(fault) => Err(fault),
        None => Ok(count(
            read.found.iter().filter(|one| region(one) == Region::Tokyo).count(),
        )),
    }
}

fn size<T>(list: &Listing<T>) -> Result<u64, &Fault> {
    list.as_ref().map(|all| count(all.len()))
}
