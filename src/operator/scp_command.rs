//! `jichitai scp`: preventive guardrails as service control policies.

use std::process::ExitCode;

use jichitai_plan::service_control::{self, Spared};

use crate::installation_name::{InstallationArgs, NoInstallation};
use crate::named_policies::{self, NotPrinted, ended};

/// Prints preventive guardrails as service control policies for AWS Organizations, to be attached to the tenants' accounts:
/// only Tokyo and Osaka, no way to the internet, encryption, backups and keys that stay, ownership that stays.
///
/// Exit codes: 0 printed, 1 the name is wrong, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    installation: InstallationArgs,
    /// ARN of a role that is spared, besides arn:aws:iam::*:role/jichitai-operator: of emergencies, of a recovery, of whoever
    /// sets up accounts. Several times; * stands for any account.
    #[arg(long = "spare", value_name = "ROLE_ARN")]
    spared: Vec<String>,
    /// Prints only the policy of this name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

const EXAMPLES: &str = "Examples:
  jichitai scp --config config.yaml
  jichitai scp --installation asp-east --spare 'arn:aws:iam::*:role/break-glass' --only jichitai-data";

/// The operator's role as the documentation names it.
const OPERATOR: &str = "arn:aws:iam::*:role/jichitai-operator";

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Installation(#[from] NoInstallation),
    #[error(transparent)]
    Print(#[from] NotPrinted),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    ended(print(args))
}

fn print(args: &Args) -> Result<(), Problem> {
    let own = std::iter::once(OPERATOR.to_owned());
    let policies = service_control::policies(&Spared {
        installation: args.installation.name()?,
        roles: own.chain(args.spared.iter().cloned()).collect(),
    });
    Ok(named_policies::print(policies, args.only.as_deref())?)
}
