//! The command line.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use jichitai_api::Reason;
use kube::Client;
use tokio::sync::watch;

use crate::config::{Language, Live};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::pages::{Pages, Place};
use crate::shards::{Leases, Shards};
use crate::telemetry::{self, LogFormat};
use crate::{
    adopt_command, backup_command, controller, get_command, iam_policy_command, orphans_command, plan_command,
    policy_command, report_command, request_command, restore_command, scp_command, server, take_over_command,
    template_command, validate_command,
};

/// Kubernetes operator for municipalities' tenant environments on Government Cloud (AWS).
#[derive(Debug, Parser)]
#[command(name = "jichitai", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the operator.
    Run(Run),
    /// Shows what files would change in AWS.
    Plan(plan_command::Args),
    /// Says what is wrong with objects in files, without a cluster and without AWS.
    Validate(validate_command::Args),
    /// Lists the objects of a cluster: what is Ready, what waits, what differs, and every part in AWS.
    Get(get_command::Get),
    /// Lists what carries the installation's tags in AWS and belongs to no object.
    Orphans(orphans_command::Args),
    /// Makes a report on tenant environments, for people who have to answer for them.
    Report(report_command::Args),
    /// Tells all about one object, and what to do about it.
    Describe(get_command::Describe),
    /// Prints objects for what exists already in AWS, so that applying them changes nothing.
    Adopt(adopt_command::Args),
    /// Prints the policies that FileLinkBuckets in files would get.
    Policy(policy_command::Args),
    /// Prints the least privilege that the operator's role in a tenant's account needs.
    IamPolicy(iam_policy_command::Args),
    /// Prints preventive guardrails as service control policies.
    Scp(scp_command::Args),
    /// Prints CloudFormation templates of the operator's identity and of its role in a tenant's account.
    Template(template_command::Args),
    /// Asks OsakaBackupPolicies for runs.
    Backup(backup_command::Args),
    /// Lists recovery points in Osaka and restores them, from AWS alone.
    Restore(restore_command::Args),
    /// Makes this cluster the one that writes for the installation.
    TakeOver(take_over_command::Args),
    /// Prints a written request to whoever runs the other side.
    Request(request_command::Args),
    /// Prints the completion script of a shell: source it, or put it where the shell looks.
    Completion {
        /// The shell.
        shell: Shell,
    },
    /// Prints the manual page, of one command or of the program: `jichitai man plan | man -l -`.
    Man {
        /// A command.
        command: Option<String>,
    },
    /// Says what a reason in a condition or Event means and what to do.
    Explain {
        /// The reason, for example AwaitingNetworkOperator; without it all are listed.
        reason: Option<String>,
        /// ja or en.
        #[arg(long, default_value = "ja")]
        lang: Language,
    },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// The configuration file.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: PathBuf,
    /// Namespace of the Lease that decides which replica works.
    #[arg(long, env = "JICHITAI_NAMESPACE", default_value = "jichitai-system")]
    namespace: String,
    /// Name of this replica, unique among all; by default the host name and process id.
    #[arg(long, env = "JICHITAI_IDENTITY")]
    identity: Option<String>,
    /// Address at which metrics are served under /metrics, for example 0.0.0.0:8080; without it they are not.
    #[arg(long, env = "JICHITAI_METRICS_ADDRESS")]
    metrics_address: Option<SocketAddr>,
    /// Address at which probes are answered under /livez and /readyz, for example 0.0.0.0:8081; without it they are not.
    #[arg(long, env = "JICHITAI_HEALTH_ADDRESS")]
    health_address: Option<SocketAddr>,
    /// Address at which the report is served to whom the API server lets list the objects, for example 127.0.0.1:8443; without
    /// it it is not.
    #[arg(long, env = "JICHITAI_PAGES_ADDRESS")]
    pages_address: Option<SocketAddr>,
    /// Folder with tls.crt and tls.key for these pages; needed unless the address is of the loopback.
    #[arg(long, env = "JICHITAI_PAGES_CERTIFICATE", requires = "pages_address")]
    pages_certificate: Option<PathBuf>,
    /// Shape of log lines.
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
}

/// Runs the command line of this process.
pub async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    match cli.command {
        Command::Run(args) => run(args).await,
        Command::Plan(args) => plan_command::run(args).await,
        Command::Validate(args) => validate_command::run(&args),
        Command::Get(args) => get_command::get(&args).await,
        Command::Orphans(args) => orphans_command::run(&args).await,
        Command::Report(args) => report_command::run(&args).await,
        Command::Describe(args) => get_command::describe(&args).await,
        Command::Adopt(args) => adopt_command::run(args).await,
        Command::Policy(args) => policy_command::run(&args),
        Command::IamPolicy(args) => iam_policy_command::run(&args),
        Command::Scp(args) => scp_command::run(&args),
        Command::Template(args) => template_command::run(&args),
        Command::Backup(args) => backup_command::run(args).await,
        Command::Restore(args) => restore_command::run(args).await,
        Command::TakeOver(args) => take_over_command::run(args).await,
        Command::Request(args) => request_command::run(&args),
        Command::Completion { shell } => completion(shell),
        Command::Man { command } => manual(command.as_deref()),
        Command::Explain { reason, lang } => explain(reason.as_deref(), lang),
    }
}

/// Help and version were asked for, or the usage is wrong: 2, but for `plan`, where 2 says that something would change.
fn not_understood(error: &clap::Error) -> ExitCode {
    let _closed = error.print();
    let of_plan = std::env::args().nth(1).is_some_and(|command| command == "plan");
    match (error.use_stderr(), of_plan) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::FAILURE,
        (true, false) => ExitCode::from(2),
    }
}

fn completion(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "jichitai", &mut script);
    // Whoever reads may have seen enough.
    let _closed = std::io::stdout().write_all(&script);
    ExitCode::SUCCESS
}

fn manual(command: Option<&str>) -> ExitCode {
    let mut all = Cli::command();
    all.build();
    let page = match command {
        None => Some(&all),
        Some(name) => all.get_subcommands().find(|one| one.get_name() == name),
    };
    let Some(page) = page else {
        eprintln!(
            "{} is not a command; `jichitai --help` lists them all",
            command.unwrap_or_default()
        );
        return ExitCode::FAILURE;
    };
    match clap_mangen::Man::new(page.clone()).render(&mut std::io::stdout()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed("standard output", &error),
        _ => ExitCode::SUCCESS,
    }
}

fn explain(reason: Option<&str>, lang: Language) -> ExitCode {
    let text = |reason: Reason| match lang {
        Language::En => reason.explain_en(),
        Language::Ja => reason.explain_ja(),
    };
    let guide = |reason: Reason| {
        let (effect, actors) = reason.guide();
        let (en, ja): (Vec<_>, Vec<_>) = actors.iter().map(|one| (one.en(), one.ja())).unzip();
        match lang {
            Language::En => format!("Effect: {}.\nWho acts: {}.", effect.en(), en.join(", ")),
            Language::Ja => format!("影響: {}。\n対応: {}。", effect.ja(), ja.join("、")),
        }
    };
    match reason.map(str::parse::<Reason>) {
        None => Reason::ALL
            .iter()
            .for_each(|reason| println!("{reason}\t{}", text(*reason))),
        Some(Ok(reason)) => println!("{}\n{}", text(reason), guide(reason)),
        Some(Err(_)) => {
            eprintln!(
                "{} is not a reason; `jichitai explain` lists them all",
                reason.unwrap_or_default()
            );
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn run(args: Run) -> ExitCode {
    let Run {
        config,
        namespace,
        identity,
        metrics_address,
        health_address,
        pages_address,
        pages_certificate,
        log_format,
    } = args;
    let _traces = match telemetry::start(log_format) {
        Ok(traces) => traces,
        Err(error) => return failed("traces, which the environment asks for", &error),
    };
    let config = match Live::open(&config) {
        Ok(config) => Arc::new(config),
        Err(error) => return failed("the configuration", &error),
    };
    if let Some(levels) = &config.get().log_level {
        telemetry::set_levels(Some(levels));
    }
    let client = match Client::try_default().await {
        Ok(client) => client,
        Err(error) => return failed("the way to the Kubernetes API", &error),
    };
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = metrics_address
        && let Err(error) = server::metrics(address, Arc::clone(&metrics)).await
    {
        return failed(&format!("listening at {address}"), &error);
    }
    let health = Arc::new(Health::default());
    if let Some(address) = health_address
        && let Err(error) = server::health(address, Arc::clone(&health)).await
    {
        return failed(&format!("listening at {address}"), &error);
    }
    let pages = Arc::new(Pages::new(client.clone(), Arc::clone(&config)));
    let place = pages_address.map(|address| Place {
        address,
        certificate: pages_certificate,
    });
    if let Some(place) = &place
        && let Err(error) = pages.serve(place).await
    {
        return failed("pages", &error);
    }
    let identity = identity.unwrap_or_else(|| {
        let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "local".into());
        format!("{host}-{}", std::process::id())
    });
    let shards = Shards::new(config.get().shards);
    metrics.divides(&shards);
    tracing::info!(%identity, installation = %config.get().installation, shards = shards.count(), "starting");
    let (stop_working, stopping) = watch::channel(false);
    let (stop_holding, released) = watch::channel(false);
    let leases = Leases::new(client.clone(), &namespace, &identity, shards.clone());
    let holding = tokio::spawn(leases.keep(released));
    let mut working = tokio::spawn({
        let health = Arc::clone(&health);
        async move { controller::run(client, config, (metrics, health, pages), shards, &identity, stopping).await }
    });
    tokio::select! {
        () = asked_to_stop() => tracing::info!("stopping: steps that began are finished"),
        ended = &mut working => {
            tracing::error!(?ended, "the controllers ended by themselves");
            return ExitCode::FAILURE;
        }
    }
    health.stops();
    let _nobody_listens = stop_working.send(true);
    if let Err(error) = working.await {
        tracing::error!(%error, "the controllers ended badly");
    }
    // Only now may others begin.
    let _nobody_listens = stop_holding.send(true);
    if let Err(error) = holding.await {
        tracing::error!(%error, "the leases were not given up");
    }
    ExitCode::SUCCESS
}

fn failed(what: &str, error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    tracing::error!("cannot start without {what}: {text}");
    ExitCode::FAILURE
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn every_command_is_well_formed_and_says_what_it_is_for() {
        let mut all = Cli::command();
        Cli::command().debug_assert();
        all.build();
        for one in all.get_subcommands() {
            assert!(one.get_about().is_some(), "{}", one.get_name());
            let mut page = Vec::new();
            clap_mangen::Man::new(one.clone()).render(&mut page).expect("a page");
            assert!(
                String::from_utf8_lossy(&page).contains(".SH DESCRIPTION"),
                "{}",
                one.get_name()
            );
        }
    }
}
