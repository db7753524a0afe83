//! `jichitai get` and `jichitai describe`: what the objects of a cluster say, beyond kubectl.

use std::fmt::Write;
use std::process::ExitCode;

use jichitai_api::common::Mode;
use jichitai_api::{CommonStatus, FileLinkBucket, Municipality, OsakaBackupPolicy, Reason, ResolverEndpoint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde::Serialize;

use crate::config::Language;
use crate::kind::Kind;
use crate::table::{print, table};

/// Lists the objects of the cluster of the kubeconfig. Reads the cluster alone.
///
/// Exit codes: 0 listed, and with --fail-on-problem every object is Ready; 1 the cluster cannot be read, or an object is not
/// Ready; 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = GET_EXAMPLES)]
pub struct Get {
    /// Only these kinds; by default all.
    #[arg(value_enum)]
    kinds: Vec<Named>,
    /// Only this namespace.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Only objects that are not Ready, differ from AWS, or wait for an approval.
    #[arg(long)]
    problems: bool,
    /// Lists every part in AWS instead: role, Region, id and state.
    #[arg(long, conflicts_with = "problems")]
    inventory: bool,
    /// Ends with 1 when an object is not Ready.
    #[arg(long)]
    fail_on_problem: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Tells all about one object: conditions with what to do, the plan that waits, differences, parts in AWS.
///
/// Exit codes: 0 told, 1 there is no such object or the cluster cannot be read, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = DESCRIBE_EXAMPLES)]
pub struct Describe {
    /// The kind.
    #[arg(value_enum)]
    kind: Named,
    /// The name.
    name: String,
    /// The namespace.
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// ja or en: the language of explanations.
    #[arg(long, default_value = "ja")]
    lang: Language,
}

const GET_EXAMPLES: &str = "Examples:
  jichitai get
  jichitai get municipality -n chiyoda --output json
  jichitai get --problems --fail-on-problem
  jichitai get --inventory | grep vpc-0a1b2c3d4e5f60001";

const DESCRIBE_EXAMPLES: &str = "Examples:
  jichitai describe municipality chiyoda -n chiyoda --lang en";

/// The kinds, also by their short names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Named {
    #[value(alias = "muni", alias = "municipalities")]
    Municipality,
    #[value(name = "filelinkbucket", alias = "flb", alias = "filelinkbuckets")]
    FileLinkBucket,
    #[value(name = "osakabackuppolicy", alias = "obp", alias = "osakabackuppolicies")]
    OsakaBackupPolicy,
    #[value(name = "resolverendpoint", alias = "rslv", alias = "resolverendpoints")]
    ResolverEndpoint,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Output {
    /// A table.
    #[default]
    Text,
    /// For a program.
    Json,
}

/// One object as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    kind: String,
    namespace: String,
    name: String,
    mode: Mode,
    ready: String,
    reason: String,
    accounts: Vec<String>,
    #[serde(flatten)]
    status: CommonStatus,
}

/// Runs `get`.
pub async fn get(args: &Get) -> ExitCode {
    let all = match listed(&args.kinds, args.namespace.as_deref()).await {
        Ok(all) => all,
        Err(error) => return unreadable(&error),
    };
    let fails = args.fail_on_problem && all.iter().any(|one| one.ready != "True");
    let shown: Vec<Listed> = all
        .into_iter()
        .filter(|one| !args.problems || one.has_problem())
        .collect();
    match (args.output, args.inventory) {
        (Output::Json, _) => print(&format!("{:#}\n", serde_json::json!(shown))),
        (Output::Text, true) => print(&parts(&shown)),
        (Output::Text, false) => print(&objects(&shown)),
    }
    ExitCode::from(u8::from(fails))
}

/// Runs `describe`.
pub async fn describe(args: &Describe) -> ExitCode {
    let all = match listed(&[args.kind], Some(&args.namespace)).await {
        Ok(all) => all,
        Err(error) => return unreadable(&error),
    };
    let Some(found) = all.iter().find(|one| one.name == args.name) else {
        eprintln!(
            "there is no {:?} {} in namespace {}",
            args.kind, args.name, args.namespace
        );
        return ExitCode::FAILURE;
    };
    print(&told(found, args.lang));
    ExitCode::SUCCESS
}

fn unreadable(error: &kube::Error) -> ExitCode {
    eprintln!("the cluster cannot be read: {error}");
    ExitCode::FAILURE
}

async fn listed(kinds: &[Named], namespace: Option<&str>) -> Result<Vec<Listed>, kube::Error> {
    let client = Client::try_default().await?;
    let is_asked = |kind| kinds.is_empty() || kinds.contains(&kind);
    let mut all = Vec::new();
    if is_asked(Named::Municipality) {
        all.extend(of::<Municipality>(&client, namespace).await?);
    }
    if is_asked(Named::FileLinkBucket) {
        all.extend(of::<FileLinkBucket>(&client, namespace).await?);
    }
    if is_asked(Named::OsakaBackupPolicy) {
        all.extend(of::<OsakaBackupPolicy>(&client, namespace).await?);
    }
    if is_asked(Named::ResolverEndpoint) {
        all.extend(of::<ResolverEndpoint>(&client, namespace).await?);
    }
    Ok(all)
}

async fn of<K: Kind>(client: &Client, namespace: Option<&str>) -> Result<Vec<Listed>, kube::Error> {
    let api: Api<K> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let objects = api.list(&ListParams::default()).await?;
    Ok(objects.items.iter().map(Listed::of).collect())
}

impl Listed {
    fn of<K: Kind>(object: &K) -> Self {
        let status = object
            .status()
            .map(|status| K::common_status(status).clone())
            .unwrap_or_default();
        let ready = status.conditions.iter().find(|one| one.type_ == "Ready");
        let mut accounts: Vec<String> = status.inventory.iter().map(|entry| entry.account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        Self {
            kind: K::kind(&()).into_owned(),
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            mode: object.common().mode,
            ready: ready.map_or_else(|| "Unknown".to_owned(), |one| one.status.clone()),
            reason: ready.map(|one| one.reason.clone()).unwrap_or_default(),
            accounts,
            status,
        }
    }

    fn has_problem(&self) -> bool {
        self.ready != "True" || !self.status.drift.is_empty() || self.status.plan.is_some()
    }

    fn plan(&self) -> &str {
        self.status.plan.as_ref().map_or("-", |plan| &plan.hash)
    }
}

fn objects(all: &[Listed]) -> String {
    let head = [
        "KIND",
        "NAMESPACE",
        "NAME",
        "READY",
        "REASON",
        "MODE",
        "ACCOUNT",
        "PARTS",
        "DRIFT",
        "PLAN",
    ];
    let row = |one: &Listed| {
        let accounts = if one.accounts.is_empty() {
            "-".to_owned()
        } else {
            one.accounts.join(",")
        };
        [
            one.kind.clone(),
            one.namespace.clone(),
            one.name.clone(),
            one.ready.clone(),
            one.reason.clone(),
            format!("{:?}", one.mode),
            accounts,
            one.status.inventory.len().to_string(),
            one.status.drift.len().to_string(),
            one.plan().to_owned(),
        ]
    };
    let lines: Vec<_> = std::iter::once(head.map(str::to_owned))
        .chain(all.iter().map(row))
        .collect();
    table(&lines)
}

fn parts(all: &[Listed]) -> String {
    let mut lines = vec![["OBJECT", "PART", "SERVICE", "REGION", "ACCOUNT", "ID", "STATE"].map(str::to_owned)];
    for one in all {
        let object = format!("{}/{}/{}", one.kind, one.namespace, one.name);
        lines.extend(one.status.inventory.iter().map(|entry| {
            [
                object.clone(),
                entry.role.clone(),
                entry.service.clone(),
                entry.region.to_string(),
                entry.account.clone(),
                entry.id.clone(),
                format!("{:?}", entry.state),
            ]
        }));
    }
    table(&lines)
}

/// The whole story of one object.
fn told(one: &Listed, language: Language) -> String {
    let mut out = format!("{} {}/{}\n", one.kind, one.namespace, one.name);
    let line = |out: &mut String, text: &str| {
        // Writing to a text cannot fail.
        let _always = writeln!(out, "{text}");
    };
    line(
        &mut out,
        &format!("mode: {:?}\naccounts: {}", one.mode, one.accounts.join(", ")),
    );
    line(&mut out, "\nconditions:");
    for Condition {
        type_,
        status,
        reason,
        message,
        ..
    } in &one.status.conditions
    {
        line(&mut out, &format!("  {type_} {status} ({reason}): {message}"));
        let explained = reason
            .parse::<Reason>()
            .ok()
            .filter(|_| status != "True" || type_ == "Stalled");
        if let Some(reason) = explained {
            let text = match language {
                Language::En => reason.explain_en(),
                Language::Ja => reason.explain_ja(),
            };
            line(&mut out, &format!("    > {text}"));
        }
    }
    if let Some(plan) = &one.status.plan {
        line(
            &mut out,
            &format!("\nplan {} ({} destructive):", plan.hash, plan.destructive),
        );
        plan.steps.iter().for_each(|step| line(&mut out, &format!("  {step}")));
        if plan.left_off > 0 {
            line(&mut out, &format!("  … {} more", plan.left_off));
        }
        line(&mut out, &format!("  approved by: {}", plan.approved_by.join(", ")));
    }
    if !one.status.drift.is_empty() {
        line(&mut out, "\ndrift:");
        for drift in &one.status.drift {
            line(
                &mut out,
                &format!(
                    "  {} {}: want {}, have {}",
                    drift.role, drift.path, drift.want, drift.have
                ),
            );
        }
    }
    line(&mut out, "\nparts:");
    for entry in &one.status.inventory {
        let token = format!("  {} in {}: {} {:?}", entry.role, entry.region, entry.id, entry.state);
        line(&mut out, &token);
    }
    out
}
