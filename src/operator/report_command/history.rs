//! Reads the evidence of a month for a report.

use std::collections::BTreeSet;
use std::path::Path;

use jichitai_aws::Guard;
use jichitai_aws::accounts::Accounts;
use jichitai_plan::evidence::Month;
use jichitai_plan::plan::Text;
use jichitai_report::{Evidence, Objects};

use crate::config::Live;
use crate::report_command::Problem;

/// What was kept about the namespaces of these objects; the renderer tells what of it a municipality may see.
pub async fn of(config: &Path, objects: &Objects<'_>, month: Month) -> Result<Evidence, Problem> {
    let config = Live::open(config)?.get();
    let Some(store) = &config.evidence else {
        return Ok(Evidence::Missing(Text::new(
            "No evidence store is configured: what happened in the month is not known.",
            "証跡の保存先が設定されていません。この月に起きたことは分かりません。",
        )));
    };
    let municipalities = objects.municipalities.iter().map(|one| &one.metadata);
    let endpoints = objects.endpoints.iter().map(|one| &one.metadata);
    let namespaces: BTreeSet<&str> = municipalities
        .chain(endpoints)
        .filter_map(|meta| meta.namespace.as_deref())
        .collect();
    // What reads cannot write, whatever it is asked.
    let hub = Accounts::new().await.guarded(Guard::new(|| false));
    let mut records = Vec::new();
    for namespace in namespaces {
        let found = store.read(&hub, &config, namespace, month).await;
        records.extend(found.map_err(|fault| Problem::Evidence(Box::new(fault)))?);
    }
    Ok(Evidence::Records(records))
}
