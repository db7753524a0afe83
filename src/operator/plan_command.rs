//! `jichitai plan`: what files would change in AWS, by the same plan that the operator makes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use futures::{StreamExt, stream};
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::accounts::Accounts;
use jichitai_aws::{Depth, Guard};
use jichitai_plan::preview::{self, Preview, Summary};
use jiff::Timestamp;
use kube::{Api, Client};
use serde::Serialize;
use serde_json::Value;

use crate::config::{ConfigError, Language, Live};
use crate::kind::Kind;
use crate::manifests::{ManifestError, Manifests, name_of};
use crate::obstacle::Obstacle;
use crate::pass;
use crate::plan_text::{self, Output};
use crate::world::{Index, Secrets, Shelf, View, World};

/// Shows what the objects in files would change in AWS. Reads AWS with the operator's roles and writes nothing, neither
/// there nor in a cluster.
///
/// Exit codes: 0 nothing would change; 2 something would; 1 something is wrong, cannot be read, or wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files or folders with objects; - is standard input. What they refer to has to be among them, or in the cluster.
    #[arg(short = 'f', long = "file", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// The operator's configuration: which accounts, and by which roles.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
    /// Looks at the objects in the cluster of the kubeconfig as well: what the operator knows of AWS, approvals under
    /// way, and whatever the files do not have.
    #[arg(long)]
    cluster: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// ja or en: the language of messages.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

const EXAMPLES: &str = "Examples:
  jichitai plan -f manifests/ --config config.yaml
  kustomize build . | jichitai plan -f - --config config.yaml --cluster --output markdown >> comment.md";

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("there is no object of jichitai.dev in the files")]
    Nothing,
    #[error("the cluster cannot be read: {0}")]
    Kubernetes(Box<kube::Error>),
    #[error("{0} in the files and in the cluster do not fit together: {1}")]
    Overlay(String, serde_json::Error),
}

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(Box::new(error))
    }
}

/// What would become of one object, or why nobody can say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Kind, namespace and name.
    pub object: String,
    /// What would become of it.
    #[serde(flatten)]
    pub preview: Option<Preview>,
    /// Why nobody can say: a reason and a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<(String, String)>,
}

/// Everything that is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// By object, in the order of their names.
    pub objects: Vec<Planned>,
    /// All together.
    pub summary: Summary,
}

/// Objects that are looked at at the same time.
const AT_ONCE: usize = 8;

/// Runs the command.
pub async fn run(args: Args) -> ExitCode {
    match report(&args).await {
        Ok(report) => {
            plan_text::print(&report, args.output);
            report.code()
        }
        Err(problem) => {
            let cause = std::error::Error::source(&problem).map(|cause| format!(": {cause}"));
            eprintln!("{problem}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

impl Report {
    fn code(&self) -> ExitCode {
        let unreadable = |preview: &Preview| preview.remarks.iter().any(|remark| remark.reason == "Unreadable");
        let wrong = |one: &Planned| one.obstacle.is_some() || one.preview.as_ref().is_some_and(unreadable);
        match (self.objects.iter().any(wrong), self.summary.changes()) {
            (true, _) => ExitCode::FAILURE,
            (false, true) => ExitCode::from(2),
            (false, false) => ExitCode::SUCCESS,
        }
    }
}

async fn report(args: &Args) -> Result<Report, Problem> {
    let Manifests {
        municipalities,
        buckets,
        policies,
        endpoints,
        ..
    } = Manifests::sound(&args.files, args.lang)?;
    let client = match args.cluster {
        true => Some(Client::try_default().await?),
        false => None,
    };
    let client = client.as_ref();
    let municipalities = Objects::<Municipality>::of(municipalities, client).await?;
    let buckets = Objects::<FileLinkBucket>::of(buckets, client).await?;
    let policies = Objects::<OsakaBackupPolicy>::of(policies, client).await?;
    let endpoints = Objects::<ResolverEndpoint>::of(endpoints, client).await?;
    let world = World {
        // What reads cannot write, whatever it is asked.
        accounts: Accounts::new().await.guarded(Guard::new(|| false)),
        view: View {
            config: Arc::new(Live::open(&args.config)?),
            municipalities: municipalities.shelf(),
            buckets: buckets.shelf(),
            policies: policies.shelf(),
            endpoints: endpoints.shelf(),
            secrets: client.map_or(Secrets::Missing, |client| Secrets::In(client.clone())),
        },
    };
    let count = municipalities.asked.len() + buckets.asked.len() + policies.asked.len() + endpoints.asked.len();
    if count == 0 {
        return Err(Problem::Nothing);
    }
    let bar = indicatif::ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
    let at_work = (&world, args.lang, &bar);
    let mut objects = planned(&municipalities, at_work).await;
    objects.extend(planned(&buckets, at_work).await);
    objects.extend(planned(&policies, at_work).await);
    objects.extend(planned(&endpoints, at_work).await);
    bar.finish_and_clear();
    let mut summary = Summary::default();
    for preview in objects.iter().filter_map(|one| one.preview.as_ref()) {
        summary.add(preview);
    }
    Ok(Report { objects, summary })
}

/// The objects of a kind.
struct Objects<K> {
    /// Those of the files, as they would be in the cluster.
    asked: BTreeMap<String, Arc<K>>,
    /// Those that are only in the cluster.
    others: Vec<Arc<K>>,
}

impl<K> Objects<K>
where
    K: Kind + Serialize + 'static,
{
    async fn of(files: Vec<K>, client: Option<&Client>) -> Result<Self, Problem> {
        let mut live: BTreeMap<String, K> = BTreeMap::new();
        if let Some(client) = client {
            let all = Api::<K>::all(client.clone())
                .list(&kube::api::ListParams::default())
                .await?;
            live.extend(all.items.into_iter().map(|one| (name_of(&one), one)));
        }
        let mut asked = BTreeMap::new();
        for file in files {
            let name = name_of(&file);
            let object = match live.remove(&name) {
                Some(live) => overlaid(&file, &live).map_err(|error| Problem::Overlay(name.clone(), error))?,
                None => file,
            };
            asked.insert(name, Arc::new(object));
        }
        let others = live.into_values().map(Arc::new).collect();
        Ok(Self { asked, others })
    }

    fn shelf<I: Index<K>>(&self) -> Shelf<K, I> {
        Shelf::Given(Arc::new(I::of(
            self.asked.values().chain(&self.others).cloned().collect(),
        )))
    }
}

/// The object as it would be after the file was applied: its spec, labels and annotations are the file's.
fn overlaid<K: Kind + Serialize>(file: &K, live: &K) -> serde_json::Result<K> {
    let (file, mut all) = (serde_json::to_value(file)?, serde_json::to_value(live)?);
    all["spec"] = file["spec"].clone();
    for key in ["labels", "annotations"] {
        let Some(given) = file["metadata"][key].as_object() else {
            continue;
        };
        let kept = &mut all["metadata"][key];
        if !kept.is_object() {
            *kept = Value::Object(serde_json::Map::new());
        }
        for (key, value) in given {
            kept[key] = value.clone();
        }
    }
    serde_json::from_value(all)
}

async fn planned<K>(
    objects: &Objects<K>,
    (world, lang, bar): (&World, Language, &indicatif::ProgressBar),
) -> Vec<Planned>
where
    K: Kind,
{
    let all = objects.asked.iter().map(|(name, object)| async move {
        let outcome = looked_at(&**object, world, lang).await;
        bar.inc(1);
        let (preview, obstacle) = match outcome {
            Ok(preview) => (Some(preview), None),
            Err(Obstacle { aspect, .. }) => {
                let message = lang.of(&aspect.message).to_owned();
                (None, Some((aspect.reason.to_string(), message)))
            }
        };
        Planned {
            object: name.clone(),
            preview,
            obstacle,
        }
    });
    stream::iter(all).buffered(AT_ONCE).collect().await
}

async fn looked_at<K: Kind>(object: &K, world: &World, lang: Language) -> Result<Preview, Obstacle> {
    let prepared = object.prepare(world, Timestamp::now()).await?;
    let observed = pass::look(&prepared, Depth::shared()).await;
    let conflicts = pass::conflicts(object, &prepared, &observed);
    if !conflicts.is_empty() {
        return Err(Obstacle::faults(&conflicts));
    }
    let begun = pass::begin(&prepared, object, observed, None);
    Ok(preview::of(&prepared.goal, begun.so_far(), |text| lang.of(text)))
}
