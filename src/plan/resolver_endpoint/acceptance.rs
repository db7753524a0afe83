//! The VPCs in which rules shall hold, and whether whoever has them accepts that.

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::vpc::Site;
use crate::identity::{AccountId, Part};
use crate::plan::{Plan, Text};
use crate::resolver_endpoint::observed::{Observed, is_of_a_municipality};
use crate::resolver_endpoint::target::{Target, VpcName, VpcTarget};

/// A VPC in which rules shall hold.
pub(super) struct Wanted<'a> {
    /// What the spec says of it.
    pub(super) target: &'a VpcTarget,
    /// Its account.
    pub(super) account: &'a AccountId,
    /// Its id.
    pub(super) vpc_id: &'a str,
}

/// What the spec names stands for no part of AWS until it is found.
pub(super) fn named(name: &str) -> Part {
    Part::new(Region::Tokyo, format!("rule-association.{name}"))
}

/// What came of looking for a VPC.
pub(super) enum Found<'a> {
    There {
        account: &'a AccountId,
        vpc_id: &'a str,
    },
    /// The rules shall not hold there.
    Refused,
    /// It is not seen now; it may be there.
    Unknown,
}

/// Looks for a VPC that the spec names, and for the word of whoever has it.
pub(super) fn find<'a>(
    one: &'a VpcTarget,
    target: &Target,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Found<'a> {
    let label = one.label();
    let part = named(one.municipality.as_deref().unwrap_or(&label));
    let (Some(account), Some(name)) = (&one.account, &one.vpc) else {
        let text = Text::new(
            format!("{label} is not there: create it, or mend the name under spec.associations"),
            format!("{label} がありません。作成するか、spec.associations の名前を直してください"),
        );
        plan.block(&part, Reason::ReferenceNotFound, text);
        return Found::Unknown;
    };
    let site = match observed.vpc(account, name) {
        Err(fault) => {
            plan.unreadable(&part, &fault);
            return Found::Unknown;
        }
        Ok(site) => site,
    };
    if !one.accepted || site.is_some_and(|site| accepts_for_itself(site, one, target, observed, ctx)) {
        let me = &ctx.identity.owner;
        let (namespace, name) = (&me.namespace, &me.name);
        let text = if one.municipality.is_some() {
            Text::new(
                format!(
                    "{label} does not accept this object: have it name {{namespace: {namespace}, name: {name}}} under spec.dns.acceptFrom"
                ),
                format!(
                    "{label} はこのオブジェクトを受け入れていません。相手の spec.dns.acceptFrom に {{namespace: {namespace}, name: {name}}} の記載を依頼してください"
                ),
            )
        } else {
            Text::new(
                format!(
                    "{label} is the VPC of a Municipality: name that under spec.associations by municipalityRef, so that it can accept"
                ),
                format!(
                    "{label} は Municipality の VPC です。受け入れを確認できるよう、spec.associations には municipalityRef で指定してください"
                ),
            )
        };
        plan.block(&part, Reason::ReferenceNotAccepted, text);
        return Found::Refused;
    }
    match (site, name) {
        (Some(site), _) => Found::There {
            account,
            vpc_id: &site.id,
        },
        (None, VpcName::Of(_)) => {
            let text = Text::new(
                format!("the VPC of {label} is not there yet"),
                format!("{label} の VPC がまだありません"),
            );
            plan.wait(&part, Reason::ReferenceNotReady, text);
            Found::Unknown
        }
        (None, VpcName::Id(id)) => {
            let text = Text::new(
                format!("{id} does not exist in account {account}"),
                format!("{id} はアカウント {account} に存在しません"),
            );
            plan.block(&part, Reason::ReferenceNotFound, text);
            Found::Refused
        }
    }
}

/// Whether a VPC that the spec names by its id is another municipality's.
fn accepts_for_itself(site: &Site, one: &VpcTarget, target: &Target, observed: &Observed, ctx: &Context) -> bool {
    let home = observed.vpc(&target.account, &target.place.vpc);
    let is_home = home.is_ok_and(|home| home.is_some_and(|home| home.id == site.id));
    let claimed = is_of_a_municipality(site, &ctx.identity) || target.claimed_vpcs.contains(&site.id);
    one.municipality.is_none() && claimed && !is_home
}
