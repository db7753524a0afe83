//! `jichitai policy`: the policies that FileLinkBuckets in files would get, without a cluster and without
//! AWS, for a review in a pull request.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jichitai_api::{FileLinkBucket, Municipality};
use jichitai_plan::context::japan_date;
use jichitai_plan::file_link_bucket::render::{self, Rendered, RenderedConsumer};
use jichitai_plan::file_link_bucket::target::{self, Sources, Target};
use jichitai_plan::file_link_bucket::tenancy::Neighbourhood;
use jichitai_plan::identity::{Identity, Owner};
use jichitai_plan::municipality;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jiff::Timestamp;
use jiff::civil::Date;
use kube::ResourceExt;
use serde::Serialize;

use crate::config::{Config, Language};
use crate::manifests::{ManifestError, Manifests};

/// Prints the policies of FileLinkBuckets as JSON: bucket policy, key policy, and the roles with trust
/// and permissions. Needs neither a cluster nor AWS; what only AWS can tell stands as `(known after
/// apply: …)`.
///
/// Exit codes: 0 printed, 1 an object is wrong or missing, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files with FileLinkBuckets and the Municipalities that they refer to; - is standard input.
    #[arg(short = 'f', long = "file", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// The operator's configuration: names depend on its installation, policies spare its roles.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: Option<PathBuf>,
    /// The installation's name, in the place of a configuration.
    #[arg(long, conflicts_with = "config", requires = "operator_role")]
    installation: Option<String>,
    /// The operator's role in the tenants' account, in the place of a configuration.
    #[arg(long, conflicts_with = "config", requires = "installation")]
    operator_role: Option<String>,
    /// Print instead what the owner of this role has to add: to the role and to its VPC endpoint.
    #[arg(long, value_name = "ROLE_ARN")]
    as_consumer: Option<String>,
    /// As on this day in Japan, YYYY-MM-DD; grants begin and end.
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// ja or en: the language of messages about faults.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

const EXAMPLES: &str = "Examples:
  jichitai policy -f chiyoda.yaml -f chiyoda-files.yaml --config config.yaml
  kustomize build . | jichitai policy -f - --installation asp-east \\
      --operator-role arn:aws:iam::111122223333:role/jichitai-operator
  jichitai policy -f files.yaml --config config.yaml \\
      --as-consumer arn:aws:iam::444455556666:role/tax-batch";

/// How to print.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum Output {
    /// One JSON array with an object per FileLinkBucket.
    #[default]
    Json,
}

/// What keeps the policies from being printed.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    #[error("give --config, or --installation with --operator-role: names and policies depend on them")]
    NoConfiguration,
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error("{0} is not the ARN of a role (arn:aws:iam::<account>:role/<name>)")]
    NotARole(String),
    #[error("{0}: there is no Municipality {1} in the files: give its file, too")]
    NoMunicipality(Owner, String),
    #[error("{0}: the configuration has no roleArn for account {1}")]
    NoOperator(Owner, String),
    #[error("{0}:\n{1}")]
    Faults(Owner, String),
    #[error("there is no FileLinkBucket in the files")]
    Nothing,
    #[error("no FileLinkBucket in the files admits {0} on {1}")]
    NotAdmitted(String, Date),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let printed = match &args.as_consumer {
        None => policies(args).map(|all| print(&all)),
        Some(role) => consumers(args, role).map(|all| print(&all)),
    };
    match printed {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("cannot write to standard output: {error}");
            ExitCode::FAILURE
        }
        Err(problem) => {
            let cause = std::error::Error::source(&problem).map(|cause| format!(": {cause}"));
            eprintln!("{problem}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn print(value: &impl Serialize) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(std::io::stdout(), "{text}")
}

fn policies(args: &Args) -> Result<Vec<Rendered>, Problem> {
    let given = Given::read(args)?;
    let render = |bucket| {
        let (target, municipality) = given.target(bucket)?;
        Ok(render::render(&target, &given.keys(municipality, &target)?))
    };
    given.buckets.iter().map(render).collect()
}

fn consumers(args: &Args, arn: &str) -> Result<Vec<RenderedConsumer>, Problem> {
    let role = RoleArn::new(arn).ok_or_else(|| Problem::NotARole(arn.to_owned()))?;
    let given = Given::read(args)?;
    let mut all = Vec::new();
    for bucket in &given.buckets {
        all.extend(render::consumer(&given.target(bucket)?.0, &role));
    }
    match all.is_empty() {
        true => Err(Problem::NotAdmitted(arn.to_owned(), given.today)),
        false => Ok(all),
    }
}

/// What the files and the options say.
struct Given {
    tenants: Tenants,
    buckets: Vec<FileLinkBucket>,
    installation: String,
    config: Option<Config>,
    operator: Option<RoleArn>,
    today: Date,
    language: Language,
}

impl Given {
    fn read(args: &Args) -> Result<Self, Problem> {
        let Args {
            files,
            config,
            installation,
            operator_role,
            as_consumer: _,
            on,
            output: Output::Json,
            lang,
        } = args;
        let config = config.as_deref().map(read_config).transpose()?;
        let operator = operator_role.as_deref().map(|arn| {
            let role = RoleArn::new(arn);
            role.ok_or_else(|| Problem::NotARole(arn.to_owned()))
        });
        let installation = config
            .as_ref()
            .map(|config| config.installation.clone())
            .or_else(|| installation.clone());
        let Manifests {
            municipalities,
            buckets,
            ..
        } = Manifests::sound(files, *lang)?;
        if buckets.is_empty() {
            return Err(Problem::Nothing);
        }
        Ok(Self {
            tenants: Tenants::of(municipalities.into_iter().map(Arc::new).collect()),
            buckets,
            installation: installation.ok_or(Problem::NoConfiguration)?,
            config,
            operator: operator.transpose()?,
            today: on.unwrap_or_else(|| japan_date(Timestamp::now())),
            language: *lang,
        })
    }

    /// The bucket's target and its municipality.
    fn target<'a>(&'a self, bucket: &FileLinkBucket) -> Result<(Target, &'a Municipality), Problem> {
        let namespace = bucket.namespace().unwrap_or_default();
        let owner = Owner::of(bucket);
        let name = &bucket.spec.municipality_ref.name;
        let municipality = self.tenants.find(&namespace, name);
        let municipality = municipality.ok_or_else(|| Problem::NoMunicipality(owner.clone(), name.clone()))?;
        let account = &municipality.spec.account_id;
        let operator = self
            .operator_in(account)
            .ok_or_else(|| Problem::NoOperator(owner.clone(), account.clone()))?;
        let siblings: Vec<&FileLinkBucket> = self
            .buckets
            .iter()
            .filter(|one| one.namespace().as_deref() == Some(namespace.as_str()))
            .collect();
        let config = self.config.as_ref();
        let granted: BTreeSet<String> = match config {
            Some(config) => config
                .granted(&namespace)
                .iter()
                .map(|account| account.id.clone())
                .collect(),
            // Without a configuration nobody can say; the operator will.
            None => self
                .tenants
                .all()
                .iter()
                .map(|one| one.spec.account_id.clone())
                .collect(),
        };
        let none = Tags::new();
        let sources = Sources {
            identity: &Identity {
                installation: self.installation.clone(),
                owner: owner.clone(),
            },
            around: Neighbourhood {
                municipality,
                tenants: &self.tenants,
                buckets: &siblings,
                granted: &granted,
            },
            operator: &operator,
            break_glass: &config.map(|config| config.break_glass(self.today)).unwrap_or_default(),
            break_glass_before: &BTreeSet::new(),
            default_tags: config.map_or(&none, |config| &config.default_tags),
            businesses: &config.map(Config::known_businesses).unwrap_or_default(),
            host_key: None,
            today: self.today,
        };
        let target = target::target(bucket, &sources).map_err(|faults| self.faults(owner, &faults))?;
        Ok((target, municipality))
    }

    /// The municipality's target, for its keys.
    fn keys(&self, municipality: &Municipality, bucket: &Target) -> Result<municipality::target::Target, Problem> {
        let identity = &bucket.tenant.identity;
        let mine = |one: &&FileLinkBucket| {
            one.namespace() == municipality.namespace() && one.spec.municipality_ref.name == municipality.name_any()
        };
        let buckets: Vec<&FileLinkBucket> = self.buckets.iter().filter(mine).collect();
        let none = Tags::new();
        let sources = municipality::target::Sources {
            identity,
            buckets: &buckets,
            operator: Some(&bucket.operator),
            default_tags: self.config.as_ref().map_or(&none, |config| &config.default_tags),
            today: self.today,
        };
        municipality::target::target(&municipality.spec, &sources)
            .map_err(|faults| self.faults(identity.owner.clone(), &faults))
    }

    fn operator_in(&self, account: &str) -> Option<RoleArn> {
        if self.operator.is_some() {
            return self.operator.clone();
        }
        let configured = self.config.as_ref()?.accounts.iter().find(|entry| entry.id == account);
        configured.and_then(|entry| RoleArn::new(entry.role_arn.as_deref()?))
    }

    fn faults(&self, owner: Owner, faults: &[SpecFault]) -> Problem {
        let line = |fault: &SpecFault| format!("  {}: {}", fault.path, self.language.of(&fault.message));
        Problem::Faults(owner, faults.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

fn read_config(path: &Path) -> Result<Config, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| Problem::Read(path.to_owned(), error))?;
    Ok(Config::parse(&text)?)
}
