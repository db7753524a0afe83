//! `jichitai iam-policy`: the least that the operator's role in a tenant's account needs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use jichitai_plan::permissions::{self, Access, Choice, Feature, Purpose};

use crate::config::Language;
use crate::installation_name::{InstallationArgs, NoInstallation};
use crate::manifests::{ManifestError, Manifests};
use crate::named_policies::{self, NotPrinted, ended};

/// Prints the least privilege that the operator's role in a tenant's account needs, as IAM policies: one for each kind,
/// small enough for a managed policy each. With files, only what their objects use.
///
/// Exit codes: 0 printed, 1 a file is wrong, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    wanted: Wanted,
    /// Prints only the policy of this name, as `aws iam create-policy --policy-document file://…` takes it.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// Which permissions are wanted.
#[derive(Debug, clap::Args)]
pub struct Wanted {
    #[command(flatten)]
    installation: InstallationArgs,
    /// Files or folders with objects: kinds, features and names of buckets are taken from them. - is standard input.
    #[arg(short = 'f', long = "file", num_args = 1.., conflicts_with_all = ["purposes", "features"])]
    files: Vec<PathBuf>,
    /// Only of objects in this account: of Municipalities in it, and of what refers to these.
    #[arg(long, requires = "files")]
    account: Option<String>,
    /// What the role is for; by default all kinds.
    #[arg(long = "for", value_enum, value_delimiter = ',')]
    purposes: Vec<For>,
    /// What objects use besides; by default everything.
    #[arg(long, value_enum, value_delimiter = ',')]
    features: Option<Vec<Uses>>,
    /// How far the role may go.
    #[arg(long, value_enum, default_value_t)]
    access: UpTo,
    /// A bucket's name that a spec gives; several times. Names may end in *.
    #[arg(long = "bucket", value_name = "NAME")]
    buckets: Vec<String>,
    /// A role that a spec (manageIam: false) or an order of jichitai restore gives to a service; several times.
    #[arg(long = "pass-role", value_name = "ROLE_ARN")]
    roles: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  jichitai iam-policy --config config.yaml
  jichitai iam-policy --installation asp-east -f manifests/ --account 111122223333
  jichitai iam-policy --installation asp-east --for recovery --only jichitai-asp-east-recovery
  jichitai iam-policy --installation asp-east --access read";

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum For {
    Municipality,
    FileLinkBucket,
    OsakaBackupPolicy,
    ResolverEndpoint,
    /// Detective checks of accounts.
    Guardrails,
    /// `jichitai restore`, by a role of its own.
    Recovery,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Uses {
    /// Municipalities with isolation: Account.
    EbsDefaults,
    /// Municipalities with network.management: Managed.
    Network,
    /// FileLinkBuckets with manageIam: true.
    Roles,
    /// FileLinkBuckets with sftp.
    Sftp,
    /// FileLinkBuckets with federation.
    Federation,
    /// OsakaBackupPolicies with sources.databases.
    Databases,
    /// OsakaBackupPolicies with sources.stacks.
    Templates,
    /// OsakaBackupPolicies with restoreDrill.
    Drills,
    /// ResolverEndpoints with privateZones.
    PrivateZones,
    /// ResolverEndpoints with queryLog.
    QueryLogs,
    /// ResolverEndpoints with associations in other accounts.
    Shares,
}

/// How far.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum UpTo {
    /// mode: Observe, and jichitai plan.
    Read,
    /// Nothing of a tenant can be deleted: such steps end with AccessDenied.
    Write,
    /// Everything.
    #[default]
    Delete,
}

/// Why nothing is printed.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The name of the installation is wrong.
    #[error(transparent)]
    Installation(#[from] NoInstallation),
    /// The objects cannot be read.
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    /// None of them is in the account.
    #[error("no object in the files is in account {0}")]
    NotThere(String),
    /// It could not be printed.
    #[error(transparent)]
    Print(#[from] NotPrinted),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    ended(print(args))
}

fn print(args: &Args) -> Result<(), Problem> {
    let policies = permissions::policies(&args.wanted.choice()?);
    Ok(named_policies::print(policies, args.only.as_deref())?)
}

impl Wanted {
    /// The permissions.
    ///
    /// # Errors
    /// Files, their objects or the installation's name are wrong.
    pub fn choice(&self) -> Result<Choice, Problem> {
        let kinds = Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Recovery);
        let mut choice = Choice {
            installation: self.installation.name()?,
            purposes: match self.purposes.is_empty() {
                true => kinds.collect(),
                false => self.purposes.iter().map(|one| Purpose::from(*one)).collect(),
            },
            features: match &self.features {
                None => BTreeSet::from(Feature::ALL),
                Some(features) => features.iter().map(|one| Feature::from(*one)).collect(),
            },
            access: match self.access {
                UpTo::Read => Access::Read,
                UpTo::Write => Access::Write,
                UpTo::Delete => Access::Delete,
            },
            buckets: self.buckets.clone(),
            roles: self.roles.clone(),
        };
        if !self.files.is_empty() {
            (choice.purposes, choice.features) = (BTreeSet::new(), BTreeSet::new());
            let manifests = Manifests::sound(&self.files, Language::En)?;
            of_objects(&manifests, self.account.as_deref(), &mut choice);
        }
        match &self.account {
            Some(account) if choice.purposes.is_empty() => Err(Problem::NotThere(account.clone())),
            _ => Ok(choice),
        }
    }
}

/// What the objects need.
fn of_objects(manifests: &Manifests, account: Option<&str>, choice: &mut Choice) {
    let is_in = |id: &str| account.is_none_or(|account| account == id);
    let there: BTreeSet<(Option<&str>, Option<&str>)> = manifests
        .municipalities
        .iter()
        .filter(|one| is_in(&one.spec.account_id))
        .map(|one| (one.metadata.namespace.as_deref(), one.metadata.name.as_deref()))
        .collect();
    let refers = |namespace: &Option<String>, name: &str| there.contains(&(namespace.as_deref(), Some(name)));
    for one in manifests
        .municipalities
        .iter()
        .filter(|one| is_in(&one.spec.account_id))
    {
        choice.purposes.extend([Purpose::Municipality, Purpose::Guardrails]);
        choice.features.extend(permissions::of_municipality(&one.spec));
    }
    for one in &manifests.buckets {
        if refers(&one.metadata.namespace, &one.spec.municipality_ref.name) {
            choice.purposes.insert(Purpose::FileLinkBucket);
            choice.features.extend(permissions::of_bucket(&one.spec));
            choice
                .buckets
                .extend(Some(one.spec.bucket_name.clone()).filter(|name| !name.is_empty()));
        }
    }
    for one in &manifests.policies {
        let mut references = one.spec.municipality_ref.iter().chain(&one.spec.municipality_refs);
        if references.any(|reference| refers(&one.metadata.namespace, &reference.name)) {
            choice.purposes.insert(Purpose::OsakaBackupPolicy);
            choice.features.extend(permissions::of_policy(&one.spec));
        }
    }
    for one in &manifests.endpoints {
        let placement = &one.spec.placement;
        let stands = placement
            .municipality_ref
            .as_ref()
            .is_some_and(|it| refers(&one.metadata.namespace, &it.name));
        let shared = placement
            .shared
            .as_ref()
            .is_some_and(|shared| is_in(&shared.account_id));
        // Its rules hold in the VPCs of others, in their accounts.
        let mut others = one
            .spec
            .associations
            .iter()
            .filter_map(|one| one.municipality_ref.as_ref());
        let reaches = others.any(|it| refers(&Some(it.namespace.clone()), &it.name));
        if stands || shared || reaches {
            choice.purposes.insert(Purpose::ResolverEndpoint);
            choice.features.extend(permissions::of_endpoint(&one.spec));
        }
    }
}

impl From<For> for Purpose {
    fn from(one: For) -> Self {
        match one {
            For::Municipality => Self::Municipality,
            For::FileLinkBucket => Self::FileLinkBucket,
            For::OsakaBackupPolicy => Self::OsakaBackupPolicy,
            For::ResolverEndpoint => Self::ResolverEndpoint,
            For::Guardrails => Self::Guardrails,
            For::Recovery => Self::Recovery,
        }
    }
}

impl From<Uses> for Feature {
    fn from(one: Uses) -> Self {
        match one {
            Uses::EbsDefaults => Self::EbsDefaults,
            Uses::Network => Self::Network,
            Uses::Roles => Self::Roles,
            Uses::Sftp => Self::Sftp,
            Uses::Federation => Self::Federation,
            Uses::Databases => Self::Databases,
            Uses::Templates => Self::Templates,
            Uses::Drills => Self::Drills,
            Uses::PrivateZones => Self::PrivateZones,
            Uses::QueryLogs => Self::QueryLogs,
            Uses::Shares => Self::Shares,
        }
    }
}
