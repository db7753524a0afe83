//! People sign in by federation, with a second factor: no user of IAM has an access key.

use crate::guardrails::survey::Survey;
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};

pub(super) fn access_keys(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.over(
        &survey.users,
        |_| true,
        |user| {
            let n = user.access_keys;
            (n > 0).then(|| {
                Finding::new(
                    &user.name,
                    format!("{n} active access keys"),
                    format!("有効なアクセスキーが {n} 個あります"),
                )
            })
        },
    );
    judgement
}

pub(super) fn second_factor(_: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.over(
        &survey.users,
        |user| user.password,
        |user| {
            (!user.mfa).then(|| {
                Finding::new(
                    &user.name,
                    "it signs in with a password alone",
                    "パスワードだけでサインインできます(MFA なし)",
                )
            })
        },
    );
    judgement
}
