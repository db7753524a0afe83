//! Objects for what exists already in AWS: only looked at (`mode: Observe`), kept at their deletion, with the ids to take
//! over. What AWS cannot tell is left to a person, and named.

pub mod file_link_bucket;
pub mod municipality;
pub mod osaka_backup_policy;
pub mod resolver_endpoint;

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::common::{DeletionPolicy, Mode};
use serde_json::{Value, json};

use crate::observation::Fault;
use crate::plan::Text;
use crate::tags::{self, Tags};

/// A proposal, and what a person should look at in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The spec.
    pub spec: Value,
    /// What AWS does not tell, or what would change.
    pub remarks: Vec<Text>,
}

/// Why nothing can be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// AWS did not tell.
    Unreadable(Fault),
    /// There is no such thing.
    Missing,
    /// There is no subnet that could be in a zone.
    NoSubnets,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(fault)
    }
}

/// Nothing is changed, and nothing goes with the object.
fn watch(spec: &mut Value, adopt: &BTreeMap<String, String>) {
    spec["mode"] = json!(Mode::Observe);
    spec["deletionPolicy"] = json!(DeletionPolicy::Retain);
    if !adopt.is_empty() {
        spec["adopt"] = json!(adopt);
    }
}

/// What a CloudFormation stack owns is not taken over while the stack has it.
fn stack_remark(id: &str, all: &Tags) -> Option<Text> {
    let stack = all.get(tags::STACK)?;
    Some(Text::new(
        format!(
            "{id} is owned by the CloudFormation stack {stack}: it is only watched (ManagedElsewhere) until the stack releases it (DeletionPolicy: Retain, then take it out of the template)"
        ),
        format!(
            "{id} は CloudFormation スタック {stack} のものです。スタックが手放す(DeletionPolicy: Retain の後、テンプレートから外す)まで、監視だけを行います(ManagedElsewhere)"
        ),
    ))
}

/// A name as parts of objects may have it, of whatever a thing is called in AWS; `other` where nothing is left of it.
#[must_use]
pub fn name_of(text: &str, other: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = String::new();
    let last = text.rsplit('/').next().unwrap_or(text);
    for one in last.chars().map(|one| one.to_ascii_lowercase()) {
        match one {
            'a'..='z' | '0'..='9' => name.push(one),
            _ if !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    // What kind of thing it is stands in the object already.
    let after = |name: &str, kind: &str| {
        let inside = name.rsplit_once(&format!("-{kind}")).map(|(_, rest)| rest);
        inside.or_else(|| name.strip_prefix(kind)).unwrap_or(name).to_owned()
    };
    let name = KINDS
        .iter()
        .fold(name.trim_matches('-').to_owned(), |name, kind| after(&name, kind));
    let name = name.trim_start_matches(|one: char| !one.is_ascii_lowercase());
    let name: String = name.chars().take(LONGEST_NAME).collect();
    let name = match name.trim_end_matches('-') {
        "" => other.to_owned(),
        name => name.to_owned(),
    };
    let mut unique = name.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}-{number}");
        number += 1;
    }
    unique
}

/// What names in AWS like to begin with.
const KINDS: [&str; 6] = ["route-table-", "rtb-", "rt-", "subnet-", "private-", "resolver-rule-"];

/// Names of zones, subnets and rules take a little more.
const LONGEST_NAME: usize = 20;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::name_of;

    #[test]
    fn names_are_made_fit_and_unique() {
        let mut taken = BTreeSet::new();
        for (text, want) in [
            ("Prod App_A", "prod-app-a"),
            ("prod app a", "prod-app-a-2"),
            ("基幹系", "zone"),
            ("1-a", "a"),
            ("chiyoda/route-table.lgwan", "lgwan"),
            ("subnet.mynumber.a", "mynumber-a"),
            ("chiyoda subnet.lgwan.c", "lgwan-c"),
            ("smart-app", "smart-app"),
            ("x".repeat(40).as_str(), "xxxxxxxxxxxxxxxxxxxx"),
        ] {
            assert_eq!(name_of(text, "zone", &mut taken), want);
        }
    }
}
