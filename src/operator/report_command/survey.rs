//! Reads the accounts of Municipalities for a report, and judges them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};
use jichitai_api::Municipality;
use jichitai_aws::accounts::Accounts;
use jichitai_aws::{Depth, Guard};
use jichitai_plan::guardrails::{self, Survey};
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_report::{Exemption, Finding, Verdict};
use jiff::Timestamp;
use kube::ResourceExt;
use tokio::sync::OnceCell;

use crate::config::Live;
use crate::guardrails::verdicts as judged;
use crate::kind::Kind;
use crate::report_command::Problem;
use crate::report_command::found::Found;
use crate::world::{Index, Secrets, Shelf, View, World};

/// Municipalities that are read at the same time.
const AT_ONCE: usize = 8;

/// What reports show by namespace and name.
type ByName = BTreeMap<(String, String), Vec<Verdict>>;

/// The verdicts over those that were chosen.
pub async fn verdicts(config: &Path, found: &Found, chosen: &[&Municipality]) -> Result<ByName, Problem> {
    let world = World {
        // What reads cannot write, whatever it is asked.
        accounts: Accounts::new().await.guarded(Guard::new(|| false)),
        view: View {
            config: Arc::new(Live::open(config)?),
            municipalities: Shelf::Given(Arc::new(Index::of(found.municipalities.clone()))),
            buckets: Shelf::Given(Arc::new(Index::of(found.buckets.clone()))),
            policies: Shelf::Given(Arc::new(Index::of(found.policies.clone()))),
            endpoints: Shelf::Given(Arc::new(Index::of(found.endpoints.clone()))),
            secrets: Secrets::Unread,
        },
    };
    // An account is surveyed once, however many tenants it has.
    let mut surveys: BTreeMap<&str, OnceCell<Arc<Survey>>> = BTreeMap::new();
    for one in chosen {
        surveys.entry(&one.spec.account_id).or_default();
    }
    // What is going is not judged.
    let staying = chosen.iter().filter(|one| one.metadata.deletion_timestamp.is_none());
    let reads = staying.map(|object| {
        let survey = &surveys[object.spec.account_id.as_str()];
        let name = (object.namespace().unwrap_or_default(), object.name_any());
        let read = of(object, &world, survey);
        async { (name, read.await) }
    });
    let reads: Vec<_> = reads.collect();
    Ok(stream::iter(reads).buffered(AT_ONCE).collect().await)
}

async fn of(object: &Municipality, world: &World, survey: &OnceCell<Arc<Survey>>) -> Vec<Verdict> {
    let now = Timestamp::now();
    let prepared = match object.prepare(world, now).await {
        Ok(prepared) => prepared,
        Err(obstacle) => {
            let fault = Fault {
                kind: FaultKind::Denied,
                operation: "AccountReady".into(),
                code: obstacle.aspect.reason.to_string(),
                message: obstacle.aspect.message.en.clone(),
                request_id: None,
            };
            let all = guardrails::unread(&object.spec, &fault, now);
            return all.into_iter().map(|verdict| shown(verdict, now)).collect();
        }
    };
    let installation = &prepared.config.installation;
    let survey = survey.get_or_init(|| prepared.session.survey(installation, now)).await;
    let observed = Municipality::observe(&prepared, Depth::shared()).await;
    let all = judged(object, &prepared, &observed, survey, &world.view);
    all.into_iter().map(|verdict| shown(verdict, survey.at)).collect()
}

fn shown(verdict: guardrails::Verdict, read_at: Timestamp) -> Verdict {
    let guardrails::Verdict {
        check,
        outcome,
        judgement,
        exemption,
    } = verdict;
    let unreadable = judgement.unreadable.iter().map(|fault| {
        let text = fault.to_string();
        guardrails::Finding::new(&fault.operation, text.clone(), text)
    });
    let findings = judgement
        .failing
        .iter()
        .chain(&judgement.not_ours)
        .cloned()
        .chain(unreadable);
    let finding = |guardrails::Finding { resource, detail }| Finding { resource, detail };
    Verdict {
        check: check.id.to_owned(),
        outcome,
        looked_at: u32::try_from(judgement.looked_at).unwrap_or(u32::MAX),
        findings: findings.map(finding).collect(),
        exemption: exemption.map(|one| Exemption {
            reason: one.exception.reason,
            approved_by: one.exception.approved_by,
            until: one.exception.until,
        }),
        read_at,
    }
}
