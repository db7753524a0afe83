//! The services that record and watch: CloudTrail, AWS Config, GuardDuty, Security Hub. The operator checks them and never
//! changes them.

use jichitai_api::Region;

use crate::guardrails::survey::{Service, Survey, Trail};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::observation::Observation;

pub(super) fn cloudtrail(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement {
        looked_at: survey.trails.found.len(),
        ..Judgement::default()
    };
    let right = |trail: &&Trail| trail.all_regions && trail.validated && trail.logging == Observation::Present(true);
    if survey.trails.found.iter().any(|trail| right(&trail)) {
        return judgement;
    }
    judgement.unreadable.extend(survey.trails.faults.iter().cloned());
    let unknown = survey.trails.found.iter().filter_map(|trail| trail.logging.fault());
    judgement.unreadable.extend(unknown.cloned());
    if judgement.unreadable.is_empty() {
        judgement.failing.push(Finding::new(
            "cloudtrail",
            "no trail records all Regions with signed files",
            "全リージョンを記録し、ファイルの整合性を検証できる証跡がありません",
        ));
    }
    judgement
}

pub(super) fn config(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    on(
        &survey.recorders,
        "config",
        ("AWS Config does not record", "AWS Config が記録していません"),
    )
}

pub(super) fn guardduty(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    on(
        &survey.detectors,
        "guardduty",
        ("GuardDuty is off", "GuardDuty が無効です"),
    )
}

pub(super) fn security_hub(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    on(
        &survey.hubs,
        "securityhub",
        ("Security Hub is off", "Security Hub が無効です"),
    )
}

fn on(services: &[Service], name: &str, (en, ja): (&str, &str)) -> Judgement {
    let mut judgement = Judgement::default();
    for (region, have) in services {
        judgement.property(have, |on| *on, || off(name, *region, en, ja));
    }
    judgement
}

fn off(name: &str, region: Region, en: &str, ja: &str) -> Finding {
    Finding::new(
        format!("{name}@{region}"),
        format!("{en} in {region}"),
        format!("{region}: {ja}"),
    )
}
