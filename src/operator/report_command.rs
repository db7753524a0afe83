//! `jichitai report`: what is so in tenants' environments, for people who have to answer for it.

pub mod found;
mod history;
mod survey;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use jichitai_api::Municipality;
use jichitai_plan::evidence::Month;
use jichitai_plan::observation::Fault;
use jichitai_report::Book;
use jiff::Timestamp;
use kube::ResourceExt;

use crate::config::{ConfigError, Language};
use crate::installation_name::{InstallationArgs, NoInstallation};
use crate::manifests::ManifestError;
use crate::report_command::found::Found;
use crate::report_command::write::Format;

/// Makes a report on tenant environments: conditions, guardrails, keys and who may use them, who may read which bucket, recovery
/// points, the network drawn, exceptions and when they end. Reads only.
///
/// Without --survey guardrails are told as the operator published them last; with it the accounts are read for this report, and
/// each check tells what was looked at, and when.
///
/// Exit codes: 0 made, 1 something cannot be read or written, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    installation: InstallationArgs,
    /// The objects in these files and folders, with their status as kubectl get -o yaml prints it, instead of those in the cluster
    /// of the kubeconfig; - is standard input.
    #[arg(short = 'f', long = "file", num_args = 1..)]
    files: Vec<PathBuf>,
    /// Only this municipality: its code, or NAMESPACE/NAME; several times.
    #[arg(long = "for", value_name = "MUNICIPALITY")]
    municipalities: Vec<String>,
    /// Reads the accounts for this report, by the roles of the configuration.
    #[arg(long, requires = "config")]
    survey: bool,
    /// The report of this month (YYYY-MM, in Japan) of one municipality: what was done, by whose approval, what differed, which
    /// backups ran, from the evidence store of the configuration.
    #[arg(long, value_name = "MONTH", requires_all = ["config", "municipalities"])]
    month: Option<Month>,
    /// With what happened since this month (YYYY-MM, in Japan): changes, approvals, drift and its repair, runs and drills, from the
    /// evidence store of the configuration.
    #[arg(long, value_name = "MONTH", requires = "config", conflicts_with = "month")]
    since: Option<Month>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Writes everything into this folder: index.html, a page for each municipality, sheets, drawings, report.md and report.json.
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    folder: Option<PathBuf>,
    /// ja or en.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

const EXAMPLES: &str = "Examples:
  jichitai report --config config.yaml > report.html
  jichitai report --config config.yaml --for 131016 --survey --lang en > chiyoda.html
  jichitai report --config config.yaml --since 2026-04 --for 131016 > chiyoda.html
  jichitai report --config config.yaml --month 2026-04 --for 131016 --survey --folder 2026-04/
  jichitai report --config config.yaml --folder report/
  kubectl get muni,flb,obp,rslv -A -o yaml | jichitai report --installation asp-east -f - --output json";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The name of the installation is wrong.
    #[error(transparent)]
    Installation(#[from] NoInstallation),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The objects in files cannot be used.
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    /// The objects of the cluster cannot be read.
    #[error("the cluster cannot be read: {0}")]
    Kubernetes(#[from] Box<kube::Error>),
    /// There is none of that name.
    #[error("there is no Municipality {0}: give its code, or NAMESPACE/NAME")]
    Nobody(String),
    /// It is printed for one only.
    #[error("there are {0} municipalities, and a drawing is of one: name it with --for, or give --folder for all")]
    Several(usize),
    /// A month is reported of one.
    #[error("a month is reported of one municipality: name it by its code, or NAMESPACE/NAME")]
    OneMonth,
    /// Nothing has happened yet.
    #[error("--since {0} is a month that has not begun: give one up to {1}")]
    NotBegun(Month, Month),
    /// Evidence cannot be read.
    #[error("the evidence cannot be read: {0}")]
    Evidence(Box<Fault>),
    /// It cannot be printed.
    #[error("cannot write to standard output: {0}")]
    Print(std::io::Error),
    /// A sheet cannot be made.
    #[error("a sheet cannot be made: {0}")]
    Sheet(String),
    /// A file cannot be written.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, std::io::Error),
}

/// Municipalities up to which a page holds a section for each; beyond, sections are pages of their own.
const SECTIONS: usize = 50;

/// Runs the command.
pub async fn run(args: &Args) -> ExitCode {
    match made(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn made(args: &Args) -> Result<(), Problem> {
    let (installation, made_at) = (args.installation.name()?, Timestamp::now());
    let this_month = Month::of(made_at);
    if let Some(since) = args.since.filter(|since| *since > this_month) {
        return Err(Problem::NotBegun(since, this_month));
    }
    let found = match args.files.is_empty() {
        true => Found::in_cluster().await.map_err(Box::new)?,
        false => Found::in_files(&args.files, args.lang)?,
    };
    let chosen = chosen(&found, &args.municipalities)?;
    if args.month.is_some() && chosen.len() != 1 {
        return Err(Problem::OneMonth);
    }
    let objects = match args.municipalities.is_empty() {
        true => found.all(chosen.clone()),
        false => found.of(chosen.clone()),
    };
    let verdicts = match args.installation.config().filter(|_| args.survey) {
        Some(config) => survey::verdicts(config, &found, &chosen).await?,
        None => BTreeMap::new(),
    };
    let months = args.month.map(|month| (month, month));
    let months = months.or(args.since.map(|since| (since, this_month)));
    let evidence = match (args.installation.config(), months) {
        (Some(config), Some(months)) => history::of(config, &objects, months).await?,
        _ => found::no_evidence(),
    };
    let checks = found::catalogue();
    let book = Book {
        made_at,
        period: args.month,
        since: args.since,
        page_of: args
            .folder
            .is_some()
            .then_some(write::page_of as fn(&str, &str) -> String),
        installation: &installation,
        operator_version: env!("CARGO_PKG_VERSION"),
        details: chosen.len() <= SECTIONS,
        objects,
        checks: &checks,
        verdicts,
        evidence,
    };
    match &args.folder {
        Some(folder) => write::into(folder, &book, args.lang),
        None => write::print(&book, args.output, args.lang),
    }
}

/// Those that were asked for, in the order of their codes.
fn chosen<'a>(found: &'a Found, wanted: &[String]) -> Result<Vec<&'a Municipality>, Problem> {
    let mut all: Vec<&Municipality> = found.municipalities.iter().map(AsRef::as_ref).collect();
    all.sort_by_key(|one| (&one.spec.code, &one.metadata.namespace, &one.metadata.name));
    let is = |one: &Municipality, name: &str| {
        one.spec.code == name || format!("{}/{}", one.namespace().unwrap_or_default(), one.name_any()) == *name
    };
    if let Some(nobody) = wanted.iter().find(|name| !all.iter().any(|one| is(one, name))) {
        return Err(Problem::Nobody(nobody.clone()));
    }
    all.retain(|one| wanted.is_empty() || wanted.iter().any(|name| is(one, name)));
    Ok(all)
}
