//! Reads the evidence of some months for a report.

use std::collections::BTreeSet;
use std::path::Path;

use jichitai_aws::Guard;
use jichitai_aws::accounts::Accounts;
use jichitai_plan::evidence::Month;
use jichitai_plan::plan::Text;
use jichitai_report::{Evidence, Objects};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::config::Live;
use crate::report_command::Problem;

/// What was kept about the namespaces of these objects, from a month up to another; the renderer tells what of it a municipality may see.
pub async fn of(config: &Path, objects: &Objects<'_>, months: (Month, Month)) -> Result<Evidence, Problem> {
    let config = Live::open(config)?.get();
    let Some(store) = &config.evidence else {
        return Ok(Evidence::Missing(Text::new(
            "No evidence store is configured: what happened is not known.",
            "証跡の保存先が設定されていません。起きたことは分かりません。",
        )));
    };
    let of = |metas: &mut dyn Iterator<Item = &ObjectMeta>| -> BTreeSet<String> {
        metas.filter_map(|meta| meta.namespace.clone()).collect()
    };
    let own = of(&mut objects.municipalities.iter().map(|one| &one.metadata));
    let shared = of(&mut objects.endpoints.iter().map(|one| &one.metadata));
    // What reads cannot write, whatever it is asked.
    let hub = Accounts::new().await.guarded(Guard::new(|| false));
    let mut records = Vec::new();
    for namespace in own.union(&shared) {
        let found = match store.read(&hub, &config, namespace, months).await {
            Ok(found) => found,
            // Of what serves several, little is told anyway: its owner may keep its evidence closed.
            Err(fault) if !own.contains(namespace) => {
                eprintln!("what is kept of namespace {namespace} cannot be read, and is left out: {fault}");
                continue;
            }
            Err(fault) => return Err(Problem::Evidence(Box::new(fault))),
        };
        let (found, others) = found;
        others.iter().for_each(|one| eprintln!("{one}"));
        records.extend(found);
    }
    Ok(Evidence::Records(records))
}
