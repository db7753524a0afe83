//! `jichitai template`: what an administrator sets up in AWS before the operator can work, for CloudFormation.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use jichitai_plan::permissions;
use jichitai_plan::setup::{self, Account, Events, Hub, PodIdentity};

use crate::config::{Config, ConfigError, EventQueues, Live};
use crate::iam_policy_command::{Problem as Wrong, Wanted};
use crate::named_policies::ended;

/// Prints CloudFormation templates of what the operator needs in AWS: its own identity, its role in a tenant's account, and
/// the way on which it hears of changes.
///
/// Exit codes: 0 printed, 1 a file or a value is wrong, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "Examples:
  jichitai template hub --config config.yaml > hub.json
  aws cloudformation deploy --stack-name jichitai-hub --template-file hub.json --capabilities CAPABILITY_NAMED_IAM
  jichitai template account --config config.yaml --trust arn:aws:iam::123456789012:role/jichitai-operator > account.json
  aws cloudformation deploy --stack-name jichitai --template-file account.json --capabilities CAPABILITY_NAMED_IAM \\
    --parameter-overrides ExternalId=chiyoda-7f3a";

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The operator's identity, in its own account, and the buckets of the installation's lock and of evidence.
    Hub(HubArgs),
    /// The queue in which the operator hears of changes, for its own account and each Region that has one.
    EventQueue(EventsArgs),
    /// The rule that puts changes into that queue, for each tenant's account and each Region that has one.
    EventRule(EventsArgs),
    /// The role by which the operator enters a tenant's account; its parameter ExternalId is that of the configuration.
    Account(AccountArgs),
}

#[derive(Debug, clap::Args)]
struct HubArgs {
    /// The operator's configuration: roles of accounts and the bucket of the lock are taken from it.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
    /// The role's name.
    #[arg(long, value_name = "NAME", default_value = ROLE)]
    role: String,
    /// ARN of the cluster's OIDC provider (IAM roles for service accounts); without it the role is for EKS Pod Identity.
    #[arg(long, value_name = "ARN")]
    oidc_provider: Option<String>,
    /// Namespace and name of the ServiceAccount, with --oidc-provider.
    #[arg(long, value_name = "NAMESPACE/NAME", default_value = "jichitai-system/jichitai-operator", value_parser = service_account)]
    service_account: (String, String),
}

#[derive(Debug, clap::Args)]
struct EventsArgs {
    /// The operator's configuration: the queue and the accounts are taken from it.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
}

#[derive(Debug, clap::Args)]
struct AccountArgs {
    #[command(flatten)]
    wanted: Wanted,
    /// Who may assume the role: the operator's own role.
    #[arg(long, value_name = "ROLE_ARN", value_parser = role)]
    trust: String,
    /// The role's name.
    #[arg(long, value_name = "NAME", default_value = ROLE)]
    role: String,
}

const ROLE: &str = "jichitai-operator";

fn service_account(text: &str) -> Result<(String, String), String> {
    let parts = text
        .split_once('/')
        .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    let (namespace, name) = parts.ok_or("write NAMESPACE/NAME")?;
    Ok((namespace.to_owned(), name.to_owned()))
}

fn role(text: &str) -> Result<String, String> {
    let is_role = text.starts_with("arn:") && text.contains(":role/");
    is_role.then(|| text.to_owned()).ok_or_else(|| {
        "write the ARN of a role, for example arn:aws:iam::123456789012:role/jichitai-operator".to_owned()
    })
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Wanted(#[from] Wrong),
    #[error(
        "config: accounts have no roleArn, so there is no role to assume: the operator's own identity is in the account"
    )]
    NoRoles,
    #[error(
        "config: events.queueUrls names no queue, or queues of different accounts or names: one name in one account is expected"
    )]
    NoQueue,
    #[error("cannot write to standard output")]
    Write(#[from] std::io::Error),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    ended(print(args))
}

fn print(args: &Args) -> Result<(), Problem> {
    let template = match &args.what {
        What::Hub(args) => setup::hub(&hub(args, &Live::open(&args.config)?.get())?),
        What::EventQueue(args) => events(&Live::open(&args.config)?.get())?.queue(),
        What::EventRule(args) => events(&Live::open(&args.config)?.get())?.rule(),
        What::Account(args) => {
            let choice = args.wanted.choice()?;
            setup::account(&Account {
                policies: permissions::policies(&choice),
                installation: choice.installation,
                role: args.role.clone(),
                trusted: args.trust.clone(),
            })
        }
    };
    match writeln!(std::io::stdout(), "{template:#}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn events(config: &Config) -> Result<Events, Problem> {
    let mut queues = config.events.iter().flat_map(EventQueues::queues);
    let first = queues.next().ok_or(Problem::NoQueue)?;
    if queues.any(|other| (&other.account, &other.name) != (&first.account, &first.name)) {
        return Err(Problem::NoQueue);
    }
    Ok(Events {
        installation: config.installation.clone(),
        hub: first.account.to_string(),
        queue: first.name,
        accounts: config.accounts.iter().map(|account| account.id.clone()).collect(),
    })
}

fn hub(args: &HubArgs, config: &Config) -> Result<Hub, Problem> {
    let roles = config.accounts.iter().filter_map(|account| account.role_arn.clone());
    let tenant_roles: BTreeSet<String> = roles.collect();
    if tenant_roles.is_empty() {
        return Err(Problem::NoRoles);
    }
    let identity = match &args.oidc_provider {
        None => PodIdentity::Association,
        Some(arn) => PodIdentity::Provider {
            arn: arn.clone(),
            service_account: args.service_account.clone(),
        },
    };
    Ok(Hub {
        installation: config.installation.clone(),
        role: args.role.clone(),
        identity,
        tenant_roles,
        lock_bucket: config.installation_lock.as_ref().map(|lock| lock.bucket.clone()),
        evidence_bucket: config.evidence.as_ref().map(|store| store.bucket.clone()),
        queues: config
            .events
            .iter()
            .flat_map(EventQueues::queues)
            .map(|queue| queue.arn())
            .collect(),
    })
}
