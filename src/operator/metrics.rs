//! What a Prometheus server is told: work, calls to AWS, and how safe the data is.
//!
//! Names follow <https://prometheus.io/docs/practices/naming/>. Series are bounded by what there is: kinds, AWS's
//! operations, and for recovery points the sources of the policies; those of an object go with it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jichitai_aws::Calls;
use jiff::{SignedDuration, Timestamp};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::agenda::Agenda;
use crate::census::{Census, Counting};
use crate::evidence;
use crate::heard::Counts;
use crate::installation::Installation;
use crate::shards::Shards;

/// Seconds by which reconciles are sorted.
const BUCKETS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// What is counted of reconciles.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Reconcile {
    kind: String,
    /// `settled`, `moving`, `asking` (people have to do their part), `stuck`, or `error` (the API server refused).
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OfKind {
    kind: String,
}

/// How safe the data of one policy is.
#[derive(Clone, Debug, Default)]
pub struct Safety {
    /// The moment up to which each source is safe.
    pub safe_until: BTreeMap<String, Timestamp>,
    /// How old a recovery point may be.
    pub recovery_point_objective: SignedDuration,
    /// How long the last restore drill took that came to its end.
    pub drill: Option<SignedDuration>,
    /// How long a recovery may take, where there are drills.
    pub recovery_time_objective: Option<SignedDuration>,
}

/// Values of one metric for one policy, where it has several of one source each.
type Values = Vec<(Option<String>, SignedDuration)>;

/// The safety of policies, by namespace and name.
#[derive(Clone, Debug, Default)]
struct Policies(Arc<Mutex<BTreeMap<(String, String), Safety>>>);

/// The metrics of a process.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Family<Reconcile, Counter>,
    durations: Family<OfKind, Histogram>,
    found: Family<OfKind, Counter>,
    repaired: Family<OfKind, Counter>,
    policies: Policies,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("jichitai");
        let reconciles = Family::default();
        registry.register(
            "reconciles",
            "Reconciles by kind and outcome (settled, moving, asking, stuck, error)",
            reconciles.clone(),
        );
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        registry.register_with_unit(
            "reconcile_duration",
            "How long reconciles take",
            Unit::Seconds,
            durations.clone(),
        );
        let (found, repaired) = (Family::default(), Family::default());
        registry.register(
            "drifts_found",
            "Differences from the spec that were found in AWS",
            Family::clone(&found),
        );
        registry.register(
            "drifts_repaired",
            "Differences from the spec that were repaired",
            Family::clone(&repaired),
        );
        let policies = Policies::default();
        registry.register_collector(Box::new(policies.clone()));
        Self {
            registry: Mutex::new(registry),
            reconciles,
            durations,
            found,
            repaired,
            policies,
        }
    }
}

impl Metrics {
    /// Tells of AWS's calls from now on.
    pub fn follow(&self, calls: &Calls) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "aws_calls",
            "Attempts at calls to AWS by service, operation, Region and outcome",
            calls.attempts.clone(),
        );
        registry.register_with_unit(
            "aws_throttle_wait",
            "How long calls waited for their turn under AWS's limits, or because AWS asked to slow down, by service",
            Unit::Seconds,
            calls.waits.clone(),
        );
    }

    /// Tells from now on of changes that were reported.
    pub fn hears(&self, heard: &Counts) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "aws_events",
            "Events of AWS by what became of them (woke, unrelated, own, duplicate, no_change, unreadable)",
            heard.events.clone(),
        );
        registry.register_with_unit(
            "aws_event_age",
            "How old changes of AWS are when they are heard",
            Unit::Seconds,
            heard.ages.clone(),
        );
    }

    /// Tells from now on of evidence.
    pub fn keeps(&self, evidence: &evidence::Counts) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let evidence::Counts {
            kept,
            failures,
            waiting,
        } = evidence.clone();
        registry.register("evidence_records", "Records of evidence that are kept", kept);
        registry.register("evidence_failures", "Tries to keep evidence that failed", failures);
        registry.register("evidence_waiting", "Passes whose evidence is not kept yet", waiting);
    }

    /// Tells from now on how far the process is behind.
    pub fn follow_agenda(&self, agenda: &Agenda) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(agenda.clone()));
    }

    /// Notes differences that a pass found and took away.
    pub fn drifted(&self, kind: &str, found: usize, repaired: usize) {
        let of_kind = OfKind { kind: kind.to_owned() };
        let count = |family: &Family<OfKind, Counter>, count| {
            family
                .get_or_create(&of_kind)
                .inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        };
        count(&self.found, found);
        count(&self.repaired, repaired);
    }

    /// Tells from now on whether this process may write.
    pub fn stands(&self, installation: &Arc<Installation>) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let installation = Arc::clone(installation);
        registry.register_collector(Box::new(Flag {
            name: "installation_writes",
            help: "Whether this cluster writes for the installation: 1, or 0 where it only observes",
            holds: move || installation.admits(),
        }));
    }

    /// Tells from now on how the objects stand.
    pub fn count(&self, census: impl Fn() -> Census + Send + Sync + 'static) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(Counting(census)));
    }

    /// Tells from now on in which shards this replica works.
    pub fn divides(&self, shards: &Shards) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let holder = shards.clone();
        registry.register_collector(Box::new(Flag {
            name: "leader",
            help: "Whether this replica works in a shard: 1, or 0 where it stands by",
            holds: move || holder.held() > 0,
        }));
        registry.register_collector(Box::new(shards.clone()));
    }

    /// Notes a reconcile.
    pub fn reconciled(&self, kind: &str, outcome: &'static str, took: Duration) {
        let kind = kind.to_owned();
        self.durations
            .get_or_create(&OfKind { kind: kind.clone() })
            .observe(took.as_secs_f64());
        self.reconciles.get_or_create(&Reconcile { kind, outcome }).inc();
    }

    /// Notes how safe the data of a policy is; without it, that it is no longer known.
    pub fn safety(&self, namespace: &str, name: &str, safety: Option<Safety>) {
        let mut all = self.policies.0.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = (namespace.to_owned(), name.to_owned());
        match safety {
            Some(safety) => drop(all.insert(policy, safety)),
            None => drop(all.remove(&policy)),
        }
    }

    /// The text that a Prometheus server reads, in the format of OpenMetrics.
    ///
    /// # Errors
    /// Never: a text takes all that is written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut all = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        text::encode(&mut all, &registry)?;
        Ok(all)
    }
}

/// What holds or does not, asked whenever somebody looks: 1 or 0.
struct Flag<F> {
    name: &'static str,
    help: &'static str,
    holds: F,
}

impl<F> fmt::Debug for Flag<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<F: Fn() -> bool + Send + Sync + 'static> Collector for Flag<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let family = encoder.encode_descriptor(self.name, self.help, None, MetricType::Gauge)?;
        ConstGauge::new(u64::from((self.holds)())).encode(family)
    }
}

impl Collector for Policies {
    /// Ages are those of the moment at which somebody asks: they grow while nothing else happens.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (all, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Timestamp::now());
        let mut gauge = |name: &str, help: &str, values: &dyn Fn(&Safety) -> Values| {
            let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Gauge)?;
            for ((namespace, name), safety) in all.iter() {
                for (source, value) in values(safety) {
                    let mut labels = vec![("namespace", namespace.clone()), ("name", name.clone())];
                    labels.extend(source.map(|source| ("source", source)));
                    let value = ConstGauge::new(value.as_secs_f64());
                    value.encode(family.encode_family(&labels)?)?;
                }
            }
            Ok::<(), fmt::Error>(())
        };
        gauge(
            "recovery_point_age",
            "Age of the newest verified copy in Osaka of each source; of a source without one, its own age",
            &|safety| {
                let age = |at: Timestamp| now.duration_since(at);
                let all = safety.safe_until.iter();
                all.map(|(source, at)| (Some(source.clone()), age(*at))).collect()
            },
        )?;
        gauge(
            "recovery_point_objective",
            "How old a recovery point may be",
            &|safety| vec![(None, safety.recovery_point_objective)],
        )?;
        gauge(
            "restore_drill_duration",
            "How long the last restore drill took that came to its end",
            &|safety| safety.drill.map(|took| (None, took)).into_iter().collect(),
        )?;
        gauge("recovery_time_objective", "How long a recovery may take", &|safety| {
            let objective = safety.recovery_time_objective;
            objective.map(|objective| (None, objective)).into_iter().collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use jichitai_api::{Municipality, Reason};
    use jichitai_aws::{Call, Calls};
    use jiff::{SignedDuration, Timestamp};
    use kube::runtime::reflector;
    use serde_json::Value;

    use super::{Metrics, Safety};
    use crate::agenda::Agenda;
    use crate::census::Census;
    use crate::heard::{Counts, Outcome};
    use crate::shards::Shards;

    fn value(text: &str, series: &str) -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(series))?;
        line.trim().parse().ok()
    }

    #[test]
    fn ages_grow_and_go_with_their_policy() {
        let metrics = Metrics::default();
        let safety = Safety {
            safe_until: [("vol-1".to_owned(), Timestamp::now() - SignedDuration::from_hours(3))].into(),
            recovery_point_objective: SignedDuration::from_hours(26),
            drill: Some(SignedDuration::from_mins(90)),
            recovery_time_objective: Some(SignedDuration::from_hours(24)),
        };
        metrics.safety("chiyoda", "daily", Some(safety));
        let text = metrics.text().expect("a text");
        let labels = r#"{namespace="chiyoda",name="daily"}"#;
        let age = r#"jichitai_recovery_point_age_seconds{namespace="chiyoda",name="daily",source="vol-1"}"#;
        assert!(
            (10_800.0..10_900.0).contains(&value(&text, age).expect("an age")),
            "{text}"
        );
        for (series, expected) in [
            ("jichitai_recovery_point_objective_seconds", 93_600.0),
            ("jichitai_restore_drill_duration_seconds", 5_400.0),
            ("jichitai_recovery_time_objective_seconds", 86_400.0),
        ] {
            let found = value(&text, &format!("{series}{labels}")).expect(series);
            assert!((found - expected).abs() < 0.1, "{series}: {found}");
        }
        metrics.safety("chiyoda", "daily", None);
        assert!(!metrics.text().expect("a text").contains("chiyoda"));
    }

    /// Everything that there is to tell.
    fn full() -> String {
        let metrics = Metrics::default();
        let calls = Calls::default();
        let call = Call {
            service: "kms".into(),
            operation: "CreateKey".into(),
            region: "ap-northeast-1",
            outcome: "success",
        };
        calls.attempts.get_or_create(&call).inc();
        calls.waited("kms", Duration::ZERO);
        metrics.follow(&calls);
        metrics.follow_agenda(&Agenda::default());
        let heard = Counts::default();
        heard.count(Outcome::Woke);
        metrics.hears(&heard);
        metrics.keeps(&crate::evidence::Counts::default());
        metrics.stands(&Arc::default());
        metrics.divides(&Shards::new(NonZeroU32::MIN));
        metrics.count(|| {
            let mut census = Census::default();
            census.add(&reflector::store::<Municipality>().0);
            census.add_keys(&reflector::store::<Municipality>().0);
            census.add_guardrails(&reflector::store::<Municipality>().0);
            census
        });
        let safety = Safety {
            safe_until: [("vol-1".to_owned(), Timestamp::now())].into(),
            drill: Some(SignedDuration::ZERO),
            recovery_time_objective: Some(SignedDuration::ZERO),
            ..Safety::default()
        };
        metrics.safety("chiyoda", "daily", Some(safety));
        metrics.reconciled("Municipality", "settled", Duration::ZERO);
        metrics.drifted("Municipality", 1, 1);
        metrics.text().expect("a text")
    }

    fn chart(file: &str) -> String {
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/jichitai-operator/files");
        std::fs::read_to_string(files.join(file)).expect("a file of the chart")
    }

    /// That an expression is over series that are told; one that does not exist says nothing, for ever.
    fn is_told(expression: &str) {
        let text = full();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let families: Vec<&str> = types.filter_map(|line| line.split(' ').next()).collect();
        let words = expression.split(|one: char| !one.is_ascii_alphanumeric() && one != '_');
        let named: Vec<&str> = words.filter(|word| word.starts_with("jichitai_")).collect();
        assert!(!named.is_empty(), "{expression}");
        for name in named {
            let family = ["_total", "_bucket"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            assert!(families.contains(&family), "{name} of {expression}: {families:?}");
        }
        let reasons = expression
            .split('"')
            .filter(|quoted| quoted.contains('|') && quoted.starts_with(char::is_uppercase));
        for reason in reasons.flat_map(|reasons| reasons.split('|')) {
            assert!(reason.parse::<Reason>().is_ok(), "{reason}");
        }
    }

    #[test]
    fn alerts_are_over_what_is_told() {
        let alerts: Vec<Value> = serde_saphyr::from_str(&chart("alerts.yaml")).expect("YAML");
        assert!(alerts.len() > 5);
        for alert in &alerts {
            is_told(alert["expr"].as_str().expect("an expression"));
            for language in ["summary", "summary_ja"] {
                assert!(alert["annotations"][language].is_string(), "{alert:#}");
            }
        }
    }

    #[test]
    fn dashboards_show_what_is_told() {
        for file in ["fleet", "municipality"] {
            let dashboard: Value = serde_json::from_str(&chart(&format!("dashboards/{file}.json"))).expect("JSON");
            let panels = dashboard["panels"].as_array().expect("panels").iter();
            let targets: Vec<&Value> = panels
                .flat_map(|panel| panel["targets"].as_array().expect("targets"))
                .collect();
            assert!(targets.len() > 6, "{file}");
            targets
                .iter()
                .for_each(|target| is_told(target["expr"].as_str().expect("an expression")));
        }
    }

    #[test]
    fn reconciles_are_counted_by_outcome() {
        let metrics = Metrics::default();
        for outcome in ["settled", "settled", "stuck"] {
            metrics.reconciled("Municipality", outcome, Duration::from_millis(70));
        }
        let text = metrics.text().expect("a text");
        let series = r#"jichitai_reconciles_total{kind="Municipality",outcome="settled"}"#;
        assert!(
            value(&text, series).is_some_and(|count| (count - 2.0).abs() < 0.1),
            "{text}"
        );
        assert!(
            text.contains(r#"jichitai_reconcile_duration_seconds_bucket{le="0.1",kind="Municipality"} 3"#),
            "{text}"
        );
    }
}
