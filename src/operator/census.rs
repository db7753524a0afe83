//! How the objects stand, counted when a Prometheus server asks: by kind, never by object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jichitai_api::Municipality;
use jichitai_plan::guardrails::{CHECKS, Check, check};
use kube::runtime::reflector::Store;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::kind::Kind;

/// What is counted of the objects of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Objects by kind, by whether they are Ready, and why (not).
    ready: BTreeMap<[String; 3], u64>,
    /// Objects that differ from AWS, by kind.
    drifting: BTreeMap<[String; 1], u64>,
    /// Objects with a plan that waits or is under way, by kind.
    planned: BTreeMap<[String; 1], u64>,
    /// Keys by Region and state.
    keys: BTreeMap<[String; 2], u64>,
    /// Municipalities by check, its severity and what came of it.
    guardrails: BTreeMap<[String; 3], u64>,
}

impl Census {
    /// Counts the keys of Municipalities.
    pub fn add_keys(&mut self, store: &Store<Municipality>) {
        let statuses = store.state().into_iter().filter_map(|object| object.status.clone());
        for key in statuses.flat_map(|status| status.keys) {
            let state = format!("{:?}", key.state);
            *self.keys.entry([key.region.as_str().into(), state]).or_default() += 1;
        }
    }

    /// Counts what guardrails say of Municipalities: by check, how many fail and how many cannot be told.
    pub fn add_guardrails(&mut self, store: &Store<Municipality>) {
        for check in CHECKS {
            // A check that nothing fails is told, too: an alert needs the zero.
            self.guardrails
                .entry([check.id.into(), severity(check), "Failed".into()])
                .or_default();
        }
        let statuses = store
            .state()
            .into_iter()
            .filter_map(|object| object.status.clone()?.guardrails);
        for status in statuses {
            // Several things can fail the same check.
            let all: BTreeSet<_> = status
                .results
                .iter()
                .map(|one| (one.id.clone(), format!("{:?}", one.result)))
                .collect();
            for (id, result) in all {
                let severity = check(&id).map(severity).unwrap_or_default();
                *self.guardrails.entry([id, severity, result]).or_default() += 1;
            }
        }
    }

    /// Counts the objects of a kind.
    pub fn add<K: Kind>(&mut self, store: &Store<K>) {
        let kind = K::KIND.to_owned();
        // A kind without any is told, too: an alert needs the zero.
        let drifting = self.drifting.entry([kind.clone()]).or_default();
        let planned = self.planned.entry([kind.clone()]).or_default();
        for object in store.state() {
            let common = object.status().map(K::common_status);
            let conditions = common.into_iter().flat_map(|common| &common.conditions);
            let ready = conditions.clone().find(|one| one.type_ == "Ready");
            let (status, reason) = ready.map_or(("Unknown", ""), |one| (one.status.as_str(), one.reason.as_str()));
            *self
                .ready
                .entry([kind.clone(), status.into(), reason.into()])
                .or_default() += 1;
            *drifting += u64::from(common.is_some_and(|common| !common.drift.is_empty()));
            *planned += u64::from(common.is_some_and(|common| common.plan.is_some()));
        }
    }
}

fn severity(check: &Check) -> String {
    format!("{:?}", check.severity).to_lowercase()
}

/// A way to count them.
pub struct Counting<F>(pub F);

impl<F> fmt::Debug for Counting<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

impl<F: Fn() -> Census + Send + Sync + 'static> Collector for Counting<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Census {
            ready,
            drifting,
            planned,
            keys,
            guardrails,
        } = (self.0)();
        let help = "Objects by kind, by whether they are Ready, and the reason";
        gauge(&mut encoder, ("objects", help), ["kind", "ready", "reason"], ready)?;
        let help = "Objects for which AWS differs from the spec";
        gauge(&mut encoder, ("objects_drifting", help), ["kind"], drifting)?;
        let help = "Objects with a plan that waits for an approval or is under way";
        gauge(&mut encoder, ("objects_planned", help), ["kind"], planned)?;
        let help = "Keys of Municipalities by Region and by their state in AWS";
        gauge(&mut encoder, ("keys", help), ["region", "state"], keys)?;
        let help = "Municipalities by check of guardrails that did not pass, and its result";
        let names = ["check", "severity", "result"];
        gauge(&mut encoder, ("guardrails", help), names, guardrails)
    }
}

fn gauge<const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    names: [&'static str; N],
    counts: BTreeMap<[String; N], u64>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (values, count) in counts {
        let labels: Vec<(&str, String)> = names.into_iter().zip(values).collect();
        ConstGauge::new(count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
