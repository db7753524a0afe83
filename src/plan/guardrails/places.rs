//! Only Tokyo and Osaka are in use.

use crate::guardrails::survey::{Elsewhere, Survey};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};

pub(super) fn regions(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.over(
        &survey.elsewhere,
        |_| true,
        |(region, there)| match there {
            Elsewhere::Nothing | Elsewhere::Closed => None,
            Elsewhere::Something(arn) => Some(Finding::new(
                arn,
                format!("it is in {region}"),
                format!("{region} にあります"),
            )),
        },
    );
    judgement
}
