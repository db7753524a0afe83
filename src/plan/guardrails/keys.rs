//! Keys: rotated, and their policies sound.

use crate::guardrails::survey::Survey;
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::observation::Observation;
use crate::policy::document::{Document, Effect, Scope, Statement};

fn begun(tenant: &Tenant<'_>) -> Judgement {
    let unread = tenant
        .observed
        .regions
        .values()
        .filter_map(|region| region.keys.as_ref().err());
    Judgement {
        unreadable: unread.cloned().collect(),
        ..Judgement::default()
    }
}

pub(super) fn rotation(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    let mut judgement = begun(tenant);
    for key in tenant.keys() {
        judgement.property(
            &key.rotation_days,
            |_| true,
            || Finding::new(&key.arn, "it is not rotated", "自動ローテーションが無効です"),
        );
    }
    judgement
}

pub(super) fn policy(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    let mut judgement = begun(tenant);
    for key in tenant.keys() {
        judgement.looked_at += 1;
        match &key.policy {
            Observation::Present(policy) => judgement
                .failing
                .extend(weaknesses(policy).map(|(en, ja)| Finding::new(&key.arn, en, ja))),
            Observation::Absent => {
                judgement
                    .failing
                    .push(Finding::new(&key.arn, "it has no policy", "ポリシーがありません"))
            }
            Observation::Unreadable(fault) => judgement.unreadable.push(fault.clone()),
        }
    }
    judgement
}

fn weaknesses(policy: &Document) -> impl Iterator<Item = (String, String)> + '_ {
    let allows = policy
        .statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow);
    allows.filter_map(|statement| {
        let sid = &statement.sid;
        if statement.principals.as_ref().is_some_and(is_everybody) && !names_somebody(statement) {
            return Some((
                format!("statement {sid:?} admits everybody"),
                format!("ステートメント {sid:?} が誰にでも許可しています"),
            ));
        }
        let all = matches!(&statement.actions, Scope::Only(actions) if actions.iter().any(|action| action == "kms:*" || action == "*"));
        let except = matches!(statement.actions, Scope::Except(_));
        (all || except).then(|| {
            (
                format!("statement {sid:?} allows every action: who administers the key could read the data"),
                format!("ステートメント {sid:?} が全操作を許可しており、鍵の管理者がデータを復号できます"),
            )
        })
    })
}

fn is_everybody(principals: &Scope) -> bool {
    match principals {
        Scope::Only(words) => words.iter().any(|word| word.ends_with(":*") || word == "*"),
        Scope::Except(_) => true,
    }
}

/// Keys of conditions that say who may, if their values are not open themselves.
const WHO: [&str; 6] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "kms:calleraccount",
];

fn names_somebody(statement: &Statement) -> bool {
    let positive = |operator: &str| {
        ["StringEquals", "ArnEquals", "StringLike", "ArnLike"]
            .iter()
            .any(|known| operator.eq_ignore_ascii_case(known))
    };
    let conditions = statement.conditions.iter().filter(|(operator, _)| positive(operator));
    conditions.flat_map(|(_, keys)| keys).any(|(key, values)| {
        let is_open = |value: &String| value.split(':').all(|part| matches!(part, "*" | "arn" | "aws" | ""));
        WHO.contains(&key.to_ascii_lowercase().as_str()) && !values.iter().any(is_open)
    })
}
