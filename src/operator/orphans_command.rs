//! `jichitai orphans`: what carries the installation's tags and belongs to no object.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use futures::{StreamExt, stream};
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::Guard;
use jichitai_aws::accounts::Accounts;
use jichitai_plan::identity::{AccountId, Owner};
use jichitai_plan::orphans::{self, Orphan, Why};
use kube::api::ListParams;
use kube::{Api, Client};
use serde::Serialize;

use crate::access;
use crate::account::session;
use crate::config::{Account, Config, ConfigError, Language, Live};
use crate::kind::Kind;
use crate::manifests::{ManifestError, Manifests};
use crate::table::{print, table};

/// Lists what carries the installation's tags in AWS and belongs to no object: what was kept when an object was deleted, or
/// left behind. Reads only: nothing is ever deleted.
///
/// Exit codes: 0 listed, and with --fail-on-orphan there is none; 1 an account or the objects cannot be read, or there is one;
/// 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The operator's configuration: which accounts, and by which roles.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
    /// Only this account; several times.
    #[arg(long = "account", value_parser = access::account)]
    accounts: Vec<AccountId>,
    /// The objects in these files and folders count, instead of those in the cluster of the kubeconfig; - is standard input.
    #[arg(short = 'f', long = "file", num_args = 1..)]
    files: Vec<PathBuf>,
    /// Ends with 1 when there is one.
    #[arg(long)]
    fail_on_orphan: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// ja or en: the language of messages.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

const EXAMPLES: &str = "Examples:
  jichitai orphans --config config.yaml
  jichitai orphans --config config.yaml --account 111122223333 --output json
  jichitai orphans --config config.yaml -f manifests/ --fail-on-orphan";

/// How to print.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Output {
    /// A table.
    #[default]
    Text,
    /// For a program.
    Json,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the cluster cannot be read: {0}")]
    Kubernetes(#[from] Box<kube::Error>),
    #[error("account {0} is not in the configuration")]
    NoAccount(AccountId),
}

/// Accounts that are read at the same time.
const AT_ONCE: usize = 8;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    account: String,
    region: String,
    owner: String,
    part: String,
    arn: String,
    holds_data: bool,
    reason: &'static str,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    orphans: Vec<Listed>,
    unreadable: Vec<Unreadable>,
}

/// An account that could not be read, and why.
#[derive(Debug, Serialize)]
struct Unreadable {
    account: String,
    message: String,
}

/// Runs the command.
pub async fn run(args: &Args) -> ExitCode {
    let report = match report(args).await {
        Ok(report) => report,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    match args.output {
        Output::Json => print(&format!("{:#}\n", serde_json::json!(report))),
        Output::Text => tell(&report, args.lang),
    }
    let found = args.fail_on_orphan && !report.orphans.is_empty();
    ExitCode::from(u8::from(found || !report.unreadable.is_empty()))
}

async fn report(args: &Args) -> Result<Report, Problem> {
    let living = match args.files.is_empty() {
        true => in_cluster().await.map_err(Box::new)?,
        false => in_files(&Manifests::sound(&args.files, args.lang)?),
    };
    let config = Live::open(&args.config)?.get();
    // What reads cannot write, whatever it is asked.
    let accounts = Accounts::new().await.guarded(Guard::new(|| false));
    let entries = chosen(&config, &args.accounts)?;
    let reads = entries.iter().map(async |entry| {
        let session = session(entry, &config, &accounts).await;
        let session = session.map_err(|obstacle| args.lang.of(&obstacle.aspect.message).to_owned())?;
        let found = session.of_installation(&config.installation).await;
        found.map_err(|fault| fault.to_string())
    });
    let found: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
    let mut report = Report::default();
    for (entry, found) in entries.into_iter().zip(found) {
        match found {
            Ok(found) => {
                let orphans = orphans::orphans(found, &living).into_iter();
                report.orphans.extend(orphans.map(|one| Listed::of(&entry.id, one)));
            }
            Err(message) => report.unreadable.push(Unreadable {
                account: entry.id.clone(),
                message,
            }),
        }
    }
    Ok(report)
}

fn chosen<'a>(config: &'a Config, wanted: &[AccountId]) -> Result<Vec<&'a Account>, Problem> {
    if wanted.is_empty() {
        return Ok(config.accounts.iter().collect());
    }
    let find = |id: &AccountId| {
        let found = config.accounts.iter().find(|entry| entry.id == id.as_str());
        found.ok_or_else(|| Problem::NoAccount(id.clone()))
    };
    wanted.iter().map(find).collect()
}

/// Whom the objects in the cluster are in AWS.
async fn in_cluster() -> Result<BTreeSet<Owner>, kube::Error> {
    let client = Client::try_default().await?;
    let mut all = listed::<Municipality>(&client).await?;
    all.extend(listed::<FileLinkBucket>(&client).await?);
    all.extend(listed::<OsakaBackupPolicy>(&client).await?);
    all.extend(listed::<ResolverEndpoint>(&client).await?);
    Ok(all)
}

async fn listed<K: Kind>(client: &Client) -> Result<BTreeSet<Owner>, kube::Error> {
    let all = Api::<K>::all(client.clone()).list(&ListParams::default()).await?;
    Ok(all.items.iter().map(Owner::of).collect())
}

fn in_files(manifests: &Manifests) -> BTreeSet<Owner> {
    let municipalities = manifests.municipalities.iter().map(Owner::of);
    municipalities
        .chain(manifests.buckets.iter().map(Owner::of))
        .chain(manifests.policies.iter().map(Owner::of))
        .chain(manifests.endpoints.iter().map(Owner::of))
        .collect()
}

impl Listed {
    fn of(account: &str, orphan: Orphan) -> Self {
        Self {
            account: account.to_owned(),
            region: orphan
                .thing
                .region
                .map_or_else(|| "-".to_owned(), |region| region.to_string()),
            owner: orphan.owner,
            part: orphan.role,
            arn: orphan.thing.arn,
            holds_data: orphan.holds_data,
            reason: match orphan.why {
                Why::NoObject => "NoObject",
                Why::NoOwner => "NoOwner",
            },
        }
    }
}

fn tell(report: &Report, language: Language) {
    let mut lines = vec![["OWNER", "PART", "ACCOUNT", "REGION", "DATA", "REASON", "ARN"].map(str::to_owned)];
    lines.extend(report.orphans.iter().map(|one| {
        let data = if one.holds_data { "yes" } else { "-" };
        [
            &one.owner,
            &one.part,
            &one.account,
            &one.region,
            data,
            one.reason,
            &one.arn,
        ]
        .map(str::to_owned)
    }));
    print(&table(&lines));
    let owners: BTreeSet<&str> = report.orphans.iter().map(|one| one.owner.as_str()).collect();
    let (n, owners) = (report.orphans.len(), owners.len());
    match (language, n) {
        (Language::En, 0) => eprintln!("everything belongs to an object"),
        (Language::Ja, 0) => eprintln!("すべてオブジェクトに属しています"),
        (Language::En, _) => eprintln!(
            "{n} things of {owners} owners belong to no object, and stay. Apply the owner again to take them up; to have them deleted, with deletionPolicy: Delete, and delete it then"
        ),
        (Language::Ja, _) => eprintln!(
            "{owners} 件の所有者の {n} 個が、どのオブジェクトにも属していません。そのまま残ります。再び管理するには所有者を適用してください。削除するには deletionPolicy: Delete として適用し、オブジェクトを削除してください"
        ),
    }
    for Unreadable { account, message } in &report.unreadable {
        eprintln!("{account}: {message}");
    }
}
