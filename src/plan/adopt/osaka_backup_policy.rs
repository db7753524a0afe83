//! A policy for what is tagged for backups already.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Proposal, watch};
use crate::plan::Text;

/// How many sources of each kind carry the tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tagged {
    /// Instances.
    pub instances: usize,
    /// Volumes.
    pub volumes: usize,
    /// Database instances and clusters.
    pub databases: usize,
}

/// The object for what carries a tag; none where nothing does.
#[must_use]
pub fn propose(municipality: &str, (key, value): (&str, &str), tagged: Tagged) -> Option<Proposal> {
    let Tagged {
        instances,
        volumes,
        databases,
    } = tagged;
    let selector = json!({"matchTags": {key: value}});
    let kinds = [("instances", instances), ("volumes", volumes), ("databases", databases)];
    let sources: serde_json::Map<String, Value> = kinds
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, _)| ((*kind).to_owned(), selector.clone()))
        .collect();
    if sources.is_empty() {
        return None;
    }
    let mut spec = json!({"municipalityRef": {"name": municipality}, "sources": sources});
    watch(&mut spec, &BTreeMap::new());
    let remarks = vec![
        Text::new(
            format!("{instances} instances, {volumes} volumes and {databases} databases carry {key}={value}"),
            format!(
                "{key}={value} のタグを持つもの: インスタンス {instances}、ボリューム {volumes}、データベース {databases}"
            ),
        ),
        Text::new(
            "schedules, retention: write when copies are made, and how long they are kept",
            "schedules と retention に、コピーの時刻と保持期間を書いてください",
        ),
    ];
    Some(Proposal { spec, remarks })
}
