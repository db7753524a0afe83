//! `jichitai validate`: everything that can be said of objects in files without a cluster and without AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use futures::FutureExt;
use jichitai_api::municipality::Environment;
use jichitai_api::{FileLinkBucket, Municipality, Object, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::Rates;
use jichitai_plan::identity::Owner;
use jichitai_plan::municipality::claims::{self, Claim};
use jichitai_plan::plan::Text;
use jichitai_plan::roll::Roll;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::tenants::Tenants;
use jiff::Timestamp;
use kube::ResourceExt;
use rayon::prelude::*;
use serde::Serialize;

use crate::config::{Account, Config, ConfigError, Language, Live, Move};
use crate::documents::Problem;
use crate::kind::Kind;
use crate::manifests::{ManifestError, Manifests, name_of};
use crate::obstacle::Obstacle;
use crate::world::{Secrets, Shelf, View};

/// Says what is wrong with objects in files, each and all together: what the API server would refuse, references that lead
/// nowhere, tenants and address ranges that are there twice, accounts that are not granted, policies that are too large.
/// Needs neither a cluster nor AWS.
///
/// Exit codes: 0 nothing is wrong; 1 something is, or a file cannot be read; 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files or folders with objects; - is standard input. What they refer to has to be among them.
    #[arg(short = 'f', long = "file", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// The operator's configuration: whether accounts are granted. Without it each account is taken to be granted to the
    /// objects that are in it.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: Option<PathBuf>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// ja or en: the language of messages.
    #[arg(long, default_value = "ja")]
    lang: Language,
    /// As at this time, YYYY-MM-DDThh:mm:ssZ; grants and exceptions begin and end.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

const EXAMPLES: &str = "Examples:
  jichitai validate -f manifests/
  kustomize build overlays/production | jichitai validate -f - --config config.yaml
  helm template tenants | jichitai validate -f - --lang en --output json";

/// How to print.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Output {
    /// A line for each problem: file, line, column, object, path, message.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Annotations of a GitHub Actions workflow.
    Github,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("there is no object of jichitai.dev in the files")]
    Nothing,
    #[error("cannot write to standard output")]
    Write(#[from] std::io::Error),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    match report(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads has seen enough.
        Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(failure) => {
            let cause = std::error::Error::source(&failure).map(|cause| format!(": {cause}"));
            eprintln!("{failure}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

/// Prints what is wrong; whether nothing is.
fn report(args: &Args) -> Result<bool, Failure> {
    let mut manifests = Manifests::read(&args.files)?;
    if manifests.count == 0 && manifests.problems.is_empty() {
        return Err(Failure::Nothing);
    }
    let mut problems = std::mem::take(&mut manifests.problems);
    let config = args.config.as_deref().map(Live::open).transpose()?;
    let together = Together::new(&manifests, config)?;
    problems.extend(together.problems(args.at.unwrap_or_else(Timestamp::now)));
    let place = |problem: &Problem| (Arc::clone(&problem.file), problem.place, problem.path.clone());
    problems.sort_by_cached_key(place);
    print(args, &problems, manifests.count)?;
    Ok(problems.is_empty())
}

/// All objects, as they would be beside each other.
struct Together<'a> {
    manifests: &'a Manifests,
    municipalities: Vec<Arc<Municipality>>,
    buckets: Vec<Arc<FileLinkBucket>>,
    policies: Vec<Arc<OsakaBackupPolicy>>,
    endpoints: Vec<Arc<ResolverEndpoint>>,
    tenants: Arc<Tenants>,
    view: View,
}

impl<'a> Together<'a> {
    fn new(manifests: &'a Manifests, config: Option<Live>) -> Result<Self, ConfigError> {
        let config = match config {
            Some(config) => config,
            None => Live::fixed(assumed(manifests)?),
        };
        let municipalities: Vec<_> = manifests.municipalities.iter().cloned().map(Arc::new).collect();
        let buckets: Vec<_> = manifests.buckets.iter().cloned().map(Arc::new).collect();
        let policies: Vec<_> = manifests.policies.iter().cloned().map(Arc::new).collect();
        let endpoints: Vec<_> = manifests.endpoints.iter().cloned().map(Arc::new).collect();
        let tenants = Arc::new(Tenants::of(municipalities.clone()));
        let view = View {
            config: Arc::new(config),
            municipalities: Shelf::Given(Arc::clone(&tenants)),
            buckets: Shelf::Given(Arc::new(Roll::of(buckets.clone()))),
            policies: Shelf::Given(Arc::new(Roll::of(policies.clone()))),
            endpoints: Shelf::Given(Arc::new(Roll::of(endpoints.clone()))),
            secrets: Secrets::Unread,
        };
        Ok(Self {
            manifests,
            municipalities,
            buckets,
            policies,
            endpoints,
            tenants,
            view,
        })
    }

    fn problems(&self, now: Timestamp) -> Vec<Problem> {
        let mut all = self.aimed(&self.municipalities, "spec.accountId", now);
        all.extend(self.aimed(&self.buckets, "spec.municipalityRef", now));
        all.extend(self.aimed(&self.policies, "spec", now));
        all.extend(self.aimed(&self.endpoints, "spec.placement", now));
        all.extend(self.rivals());
        all.extend(self.named_twice());
        all
    }

    /// Names of buckets are unique in all of AWS; the names that the operator makes are.
    fn named_twice(&self) -> Vec<Problem> {
        let mut first: BTreeMap<&str, String> = BTreeMap::new();
        let mut all = Vec::new();
        for bucket in self.buckets.iter().filter(|one| !one.spec.bucket_name.is_empty()) {
            let (name, object) = (bucket.spec.bucket_name.as_str(), name_of(&**bucket));
            if let Some(other) = first.get(name) {
                let at = self.manifests.place(other).unwrap_or_default();
                let text = Text::new(
                    format!("{other} has this name already ({at}): choose another"),
                    format!("{other} がすでにこの名前を使っています({at})。別の名前にしてください"),
                );
                all.extend(self.manifests.problem(&object, "spec.bucketName", text));
            } else {
                first.insert(name, object);
            }
        }
        all
    }

    /// What keeps a plan from being made, whatever AWS is like. `place`: where it is said of what has no path.
    fn aimed<K: Kind>(&self, objects: &[Arc<K>], place: &str, now: Timestamp) -> Vec<Problem> {
        let of = |object: &Arc<K>| {
            // Nothing is waited for: Secrets are not read.
            let aim = object.aim(&self.view, now).now_or_never();
            let Some(Err(Obstacle { aspect, faults })) = aim else {
                return Vec::new();
            };
            let said: Vec<(String, Text)> = match faults.is_empty() {
                true => vec![(place.to_owned(), aspect.message)],
                false => faults.into_iter().map(|fault| (fault.path, fault.message)).collect(),
            };
            let name = name_of(&**object);
            said.into_iter()
                .filter_map(|(path, message)| self.manifests.problem(&name, &path, message))
                .collect()
        };
        objects.par_iter().flat_map_iter(of).collect()
    }

    /// Objects that cannot be beside each other: of two, the later by name is told.
    fn rivals(&self) -> Vec<Problem> {
        let of = |mine: &Arc<Claim>| {
            let mine = Claim {
                owns: Some(false),
                ..Claim::clone(mine)
            };
            let before = self
                .tenants
                .claims()
                .iter()
                .map(Arc::as_ref)
                .filter(|other| other.owner < mine.owner);
            let disputes = before.filter_map(|other| Some((other, claims::dispute(&mine, other)?)));
            let said = |(other, fault): (&Claim, SpecFault)| {
                let Text { en, ja } = fault.message;
                let other = other.owner.to_string();
                let at = self.manifests.place(&spaced(&other)).unwrap_or_default();
                let text = Text::new(format!("{en} ({other}, {at})"), format!("{ja}({other}、{at})"));
                self.manifests
                    .problem(&spaced(&mine.owner.to_string()), &fault.path, text)
            };
            disputes.filter_map(said).collect::<Vec<_>>()
        };
        self.tenants.claims().par_iter().flat_map_iter(of).collect()
    }
}

/// The name of an owner as these commands write it: `Kind namespace/name`.
fn spaced(owner: &str) -> String {
    owner.replacen('/', " ", 1)
}

/// A configuration in which every account is granted to the objects that are in it.
fn assumed(manifests: &Manifests) -> Result<Config, ConfigError> {
    let mut accounts: BTreeMap<&str, (BTreeSet<String>, BTreeSet<Environment>)> = BTreeMap::new();
    for one in &manifests.municipalities {
        let (namespaces, environments) = accounts.entry(&one.spec.account_id).or_default();
        namespaces.extend(one.namespace());
        environments.insert(one.spec.environment);
    }
    for one in &manifests.endpoints {
        if let Some(shared) = &one.spec.placement.shared {
            let (namespaces, _) = accounts.entry(&shared.account_id).or_default();
            namespaces.extend(one.namespace());
        }
    }
    let entry = |(id, (namespaces, environments)): (&str, (BTreeSet<String>, BTreeSet<Environment>))| Account {
        id: id.to_owned(),
        role_arn: Some(format!("arn:aws:iam::{id}:role/jichitai-operator")),
        external_id: None,
        namespaces: namespaces.into_iter().collect(),
        environments: environments.into_iter().collect(),
        limits: Rates::new(),
    };
    let mut config = Config::parse("installation: jichitai")?;
    config.moves = moves(&manifests.municipalities).collect();
    config.moves.extend(moves(&manifests.buckets));
    config.moves.extend(moves(&manifests.policies));
    config.moves.extend(moves(&manifests.endpoints));
    config.accounts = accounts.into_iter().map(entry).collect();
    Ok(config)
}

/// The moves between namespaces that objects ask for.
fn moves<K: Object>(objects: &[K]) -> impl Iterator<Item = Move> {
    objects.iter().map(|one| Move {
        from: Owner::of(one).namespace,
        to: Owner::itself(one).namespace,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed<'a> {
    file: &'a Path,
    line: u64,
    column: u64,
    object: &'a str,
    path: &'a str,
    message: &'a str,
}

fn print(args: &Args, problems: &[Problem], count: usize) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let printed = problems.iter().map(|problem| Printed {
        file: &problem.file,
        line: problem.place.line,
        column: problem.place.column,
        object: &problem.object,
        path: &problem.path,
        message: args.lang.of(&problem.message),
    });
    match args.output {
        Output::Text => {
            for problem in problems {
                writeln!(out, "{}", problem.line(args.lang))?;
            }
        }
        Output::Json => {
            let all = serde_json::json!({"objects": count, "problems": printed.collect::<Vec<_>>()});
            writeln!(out, "{all:#}")?;
        }
        Output::Github => {
            for one in printed {
                let Printed { file, line, column, .. } = &one;
                let text = escaped(&format!("{}: {}: {}", one.object, one.path, one.message));
                writeln!(out, "::error file={},line={line},col={column}::{text}", file.display())?;
            }
        }
    }
    out.flush()?;
    let objects: BTreeSet<&str> = problems.iter().map(|problem| problem.object.as_str()).collect();
    match (args.lang, problems.len()) {
        (Language::En, 0) => eprintln!("{count} objects, nothing is wrong"),
        (Language::En, wrong) => eprintln!("{count} objects, {wrong} problems in {}", objects.len()),
        (Language::Ja, 0) => eprintln!("{count} 個のオブジェクトに問題はありません"),
        (Language::Ja, wrong) => eprintln!(
            "{count} 個のオブジェクトのうち {} 個に、{wrong} 件の問題があります",
            objects.len()
        ),
    }
    Ok(())
}

/// A workflow command takes one line.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
