//! `jichitai take-over`: this cluster writes for the installation from now on.

use std::path::PathBuf;
use std::process::ExitCode;

use jichitai_aws::accounts::Accounts;
use jichitai_plan::installation::{Cluster, SETTLE};
use jiff::Timestamp;
use kube::Client;

use crate::config::{ConfigError, Live};
use crate::confirm::confirmed;
use crate::installation::{LockError, cluster_uid, own_session, place};

/// Makes the cluster that the kubeconfig, or the Pod, is of the one that writes for the installation. The cluster
/// that wrote before only observes from then on; it need not be there any more. The credentials are those of the
/// operator's own identity.
///
/// Exit codes: 0 this cluster has the lock; 1 it cannot be read or written, or somebody else was faster; 2 wrong
/// usage; 4 not confirmed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The operator's configuration file.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
    /// Does not ask before it writes.
    #[arg(long)]
    yes: bool,
}

const EXAMPLES: &str = "Examples:
  kubectl -n jichitai-system exec -it deploy/jichitai-operator -- jichitai take-over
  jichitai take-over --config config.yaml --yes";

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the configuration has no installationLock: nothing keeps clusters apart, and there is nothing to take")]
    NoLock,
    #[error("the Kubernetes API cannot be reached: {0}")]
    Kubernetes(Box<kube::Error>),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("somebody else changed the lock this very moment: look again")]
    Overtaken,
    #[error("nothing was written: confirm with y, or give --yes")]
    NotConfirmed,
}

/// Runs the command.
pub async fn run(args: Args) -> ExitCode {
    match take_over(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            match problem {
                Problem::NotConfirmed => ExitCode::from(4),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

async fn take_over(args: &Args) -> Result<(), Problem> {
    let config = Live::open(&args.config)?.get();
    let lock = config.installation_lock.as_ref().ok_or(Problem::NoLock)?;
    let client = Client::try_default().await;
    let client = client.map_err(|error| Problem::Kubernetes(Box::new(error)))?;
    let uid = cluster_uid(&client).await?;
    let accounts = Accounts::with_sts_in(lock.region).await;
    let session = own_session(&accounts, &config, lock).await?;
    let place = place(&config, lock);
    let found = session.read_lock(&place).await.map_err(|fault| lock.refused(fault))?;
    let installation = &config.installation;
    match found.as_ref().map(|found| &found.lock) {
        None => eprintln!("no cluster has the lock of installation {installation}"),
        Some(lock) if lock.cluster == uid => {
            println!(
                "this cluster, {uid}, has the lock of installation {installation} since {}",
                lock.since
            );
            return Ok(());
        }
        Some(lock) => eprintln!(
            "cluster {} ({}) has the lock of installation {installation} since {}, last seen {}",
            lock.cluster, lock.by, lock.since, lock.renewed
        ),
    }
    let question = format!("Let cluster {uid} write for installation {installation} from now on?");
    if !args.yes && !confirmed(&question) {
        return Err(Problem::NotConfirmed);
    }
    let cluster = Cluster {
        installation: installation.clone(),
        uid,
        by: format!("take-over by {}", session.caller_arn()),
    };
    let new = cluster.taking(found.as_ref().map(|found| &found.lock), Timestamp::now());
    let put = session.put_lock(&place, found.as_ref(), &new).await;
    put.map_err(|fault| lock.refused(fault))?.ok_or(Problem::Overtaken)?;
    let within = SETTLE.as_secs() * 2;
    println!("taken over; the operator of this cluster writes within {within} seconds, the other one no more");
    Ok(())
}
