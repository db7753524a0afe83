//! One form for all the ways to write a statement.
//!
//! What IAM does not tell apart is written alike: the case of actions, of condition operators and of
//! condition keys, the account id for its root, a condition on nothing. The values of conditions,
//! resources and ids keep their case; only true and false do not.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::policy::document::{Conditions, Scope, Statement, Words};

impl Statement {
    /// The same statement in the one form in which statements are compared.
    #[must_use]
    pub(super) fn canonical(&self) -> Self {
        let Self {
            sid,
            effect,
            principals,
            actions,
            resources,
            conditions,
        } = self;
        Self {
            sid: sid.clone(),
            effect: *effect,
            principals: principals.as_ref().map(|scope| each(scope, principal)),
            actions: each(actions, str::to_ascii_lowercase),
            resources: resources.clone(),
            conditions: canonical_conditions(conditions),
        }
    }
}

fn each(scope: &Scope, form: impl Fn(&str) -> String) -> Scope {
    let form = |words: &Words| words.iter().map(|word| form(word)).collect();
    match scope {
        Scope::Only(words) => Scope::Only(form(words)),
        Scope::Except(words) => Scope::Except(form(words)),
    }
}

/// A bare account id means the account's root.
fn principal(word: &str) -> String {
    match word.strip_prefix("AWS:") {
        Some(id) if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) => {
            format!("AWS:arn:aws:iam::{id}:root")
        }
        _ => word.to_owned(),
    }
}

fn canonical_conditions(conditions: &Conditions) -> Conditions {
    let mut all = Conditions::new();
    for (operator, keys) in conditions {
        let lower = operator.to_ascii_lowercase();
        let truth = lower.contains("bool") || lower == "null";
        for (key, values) in keys {
            let values: Words = match truth {
                true => values.iter().map(|value| value.to_ascii_lowercase()).collect(),
                false => values.clone(),
            };
            let block = all.entry(lower.clone()).or_default();
            let short = key.to_ascii_lowercase();
            // Two spellings of one key are two conditions: never fold them into one list.
            let key = match block.get(&short) {
                Some(other) if *other != values => format!("{operator}/{key}"),
                _ => short,
            };
            block.insert(key, values);
        }
    }
    all
}
