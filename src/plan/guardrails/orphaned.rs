//! Everything with the installation's tags has an owner that lives.

use crate::guardrails::survey::{Survey, Tagged};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::identity::Owner;
use crate::orphans::{Keeper, keeper};

pub(super) fn nothing(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    let is_meant = |one: &Tagged| one.municipality == tenant.spec.code;
    judgement.over(&survey.tagged, is_meant, |one| {
        (!is_kept(&one.owner, tenant)).then(|| {
            let owner = &one.owner;
            Finding::new(
                &one.arn,
                format!("its owner, {owner}, is gone"),
                format!("所有者 {owner} がありません"),
            )
        })
    });
    judgement
}

fn is_kept(owner: &str, tenant: &Tenant<'_>) -> bool {
    let keeper = Owner::parse(owner).and_then(|owner| keeper(&owner, &tenant.identity.installation));
    match keeper {
        Some(Keeper::Object(object)) => (tenant.is_living)(&object),
        // It is shared by tenants, or was handed to people: no tenant's business alone.
        Some(Keeper::Every(_) | Keeper::People) => true,
        None => false,
    }
}
