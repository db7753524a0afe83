//! `jichitai restore`: recovery points, and the way back. It needs AWS alone: no cluster, no object.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use futures::{StreamExt, stream};
use jichitai_api::common::{DestructiveChanges, DriftAction, Mode};
use jichitai_api::{OsakaBackupPolicy, Region};
use jichitai_aws::session::Session;
use jichitai_aws::{RecoveryPoints, RestoreQuery};
use jichitai_plan::context::{Context, Settings, japan_date};
use jichitai_plan::dry_run::dry_run;
use jichitai_plan::identity::{Identity, Owner};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::osaka_backup_policy::schedule::Slot;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::osaka_backup_policy::transfer::quota;
use jichitai_plan::pass::{Ending, Pass, Rules};
use jichitai_plan::report::next_look;
use jichitai_plan::restore::observed::Observed;
use jichitai_plan::restore::order::{KeptStack, Order};
use jichitai_plan::restore::point::{Point, points};
use jichitai_plan::restore::target::{self, Target};
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::Step;
use jichitai_plan::tags::{self, Tags};
use jiff::{SignedDuration, Timestamp};

use crate::access::{Access, NoEntry};
use crate::confirm::confirmed;
use crate::table::{print, table};

/// It has to work while Tokyo is down.
const STS: Region = Region::Osaka;

/// Writes that run at the same time.
const AT_ONCE: usize = 8;

/// Lists recovery points in Osaka, shows what a restore would do, and restores. Works from AWS alone, with the
/// credentials of the standard chain.
///
/// Exit codes: 0 done; 1 refused by AWS, or something is missing or wrong; 2 wrong usage; 4 not confirmed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Lists the recovery points in Osaka, the newest first.
    List(List),
    /// Prints every step of a restore. Writes nothing.
    Plan(Restore),
    /// Restores. Asked again after an interruption, it goes on where it stood.
    Apply(Apply),
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, clap::Args)]
struct Restore {
    #[command(flatten)]
    access: Access,
    /// The namespace of the OsakaBackupPolicy that made the copies.
    #[arg(short, long)]
    namespace: String,
    /// Its name.
    #[arg(long)]
    policy: String,
    /// The run, as the list shows it; by default the newest of which nothing is missing.
    #[arg(long, value_name = "LABEL@TIME")]
    run: Option<Slot>,
    /// What is restored, and where: a YAML file.
    #[arg(short = 'f', long = "order")]
    order: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Apply {
    #[command(flatten)]
    restore: Restore,
    /// Does not ask before it writes.
    #[arg(long)]
    yes: bool,
}

const EXAMPLES: &str = "Examples:
  jichitai restore list --account 111122223333 --installation gcas-tokyo
  jichitai restore plan --account 111122223333 --installation gcas-tokyo -n chiyoda --policy daily -f restore.yaml
  jichitai restore apply --account 111122223333 --installation gcas-tokyo -n chiyoda --policy daily -f restore.yaml";

/// Why a restore does not go on.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Session(#[from] NoEntry),
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("{0} is no order: {1}")]
    NoOrder(PathBuf, String),
    #[error("{0}: {1}")]
    Order(PathBuf, String),
    #[error("the copies in Osaka of kind {} cannot be read: {fault}", medium.as_str())]
    Unread { medium: Medium, fault: Box<Fault> },
    #[error("{0} has no recovery point in Osaka; `jichitai restore list` shows what there is")]
    NoPoint(Owner),
    #[error("{0} has no recovery point of which nothing is missing: choose one with --run")]
    NoCompletePoint(Owner),
    #[error("{0} has no run {1} in Osaka; `jichitai restore list` shows what there is")]
    NoRun(Owner, Slot),
    #[error("nothing was written: confirm with y, or give --yes")]
    NotConfirmed,
    #[error("{0}")]
    Stuck(String),
}

impl Problem {
    fn unread(medium: Medium, fault: Fault) -> Self {
        let fault = Box::new(fault);
        Self::Unread { medium, fault }
    }

    fn code(&self) -> ExitCode {
        match self {
            Self::NotConfirmed => ExitCode::from(4),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs the command.
pub async fn run(args: Args) -> ExitCode {
    let done = match args.command {
        Command::List(args) => list(args).await,
        Command::Plan(args) => plan(args).await,
        Command::Apply(args) => apply(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            problem.code()
        }
    }
}

async fn list(args: List) -> Result<(), Problem> {
    let session = args.access.session(STS).await?;
    let RecoveryPoints { copies, unread } = session.recovery_points(&args.access.installation).await;
    let mut lines = vec![
        [
            "POLICY",
            "RUN",
            "IMAGES",
            "SNAPSHOTS",
            "DATABASES",
            "TEMPLATES",
            "MISSING",
            "ENVIRONMENT",
        ]
        .map(String::from),
    ];
    for (owner, copies) in copies {
        for (run, point) in points(copies.iter()).iter().rev() {
            let count = |media: &[Medium]| match media.iter().any(|medium| unread.contains_key(medium)) {
                true => "?".to_owned(),
                false => media.iter().map(|medium| point.of(*medium)).sum::<usize>().to_string(),
            };
            lines.push([
                owner.clone(),
                run.to_string(),
                count(&[Medium::Image]),
                count(&[Medium::Snapshot]),
                count(&[Medium::Database, Medium::Cluster]),
                count(&[Medium::Template]),
                point.others.len().to_string(),
                point.environment().unwrap_or("-").to_owned(),
            ]);
        }
    }
    print(&table(&lines));
    match unread.into_iter().next() {
        Some((medium, fault)) => Err(Problem::unread(medium, fault)),
        None => Ok(()),
    }
}

/// A restore that is understood.
struct Prepared {
    session: std::sync::Arc<Session>,
    query: RestoreQuery,
    target: Target,
    ctx: Context,
    observed: Observed,
}

async fn prepare(args: &Restore) -> Result<Prepared, Problem> {
    let file = || args.order.clone();
    let text = std::fs::read_to_string(&args.order).map_err(|error| Problem::Read(file(), error))?;
    let mut order: Order =
        serde_saphyr::from_str(&text).map_err(|error| Problem::NoOrder(file(), error.to_string()))?;
    let session = args.access.session(STS).await?;
    let policy = Identity {
        installation: args.access.installation.clone(),
        owner: Owner::new::<OsakaBackupPolicy>(&args.namespace, &args.policy),
    };
    let mut ctx = Context {
        identity: target::identity(&policy),
        now: Timestamp::now(),
        settings: Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::new(),
    };
    let query = RestoreQuery {
        restore: ctx.identity.clone(),
        region: order.region,
        stacks: !order.stacks.is_empty(),
        quota: Medium::COPIED
            .into_iter()
            .map(|medium| (medium, quota(medium, &ctx)))
            .collect(),
        policy,
    };
    let observed = session.observe_restore(&query).await;
    let mut lists = observed.osaka.iter();
    if let Some((medium, fault)) = lists.find_map(|(medium, list)| Some((*medium, list.as_ref().err()?))) {
        return Err(Problem::unread(medium, fault.clone()));
    }
    let copies = Medium::ALL.into_iter().flat_map(|medium| observed.in_osaka(medium));
    let (run, point) = choose(points(copies), args.run.clone(), &query.policy.owner)?;
    let mut faults = order.faults(point.environment(), japan_date(ctx.now));
    faults.extend(order.complete(&kept_stacks(&session, &run, &order, &observed).await?));
    if !faults.is_empty() {
        let said: Vec<String> = faults
            .iter()
            .map(|SpecFault { path, message, .. }| format!("{path}: {}", message.en))
            .collect();
        return Err(Problem::Order(file(), said.join("; ")));
    }
    ctx.common_tags.insert(tags::ENVIRONMENT, order.environment.as_str());
    let target = Target { run, order };
    Ok(Prepared {
        session,
        query,
        target,
        ctx,
        observed,
    })
}

/// What was kept of the stacks that the order names, by their names.
async fn kept_stacks(
    session: &Session,
    run: &Slot,
    order: &Order,
    observed: &Observed,
) -> Result<BTreeMap<String, KeptStack>, Problem> {
    let target = Target {
        run: run.clone(),
        order: order.clone(),
    };
    let (named, mut kept) = (target.named(), BTreeMap::new());
    for (source, copy) in target.good(Medium::Template, observed) {
        if named.contains(source) {
            let found = session.kept_stack(copy).await;
            let found = found.map_err(|fault| Problem::unread(Medium::Template, fault))?;
            kept.insert(source.id.clone(), found);
        }
    }
    Ok(kept)
}

/// The run that was asked for, or the newest of which nothing is missing.
fn choose(all: BTreeMap<Slot, Point>, asked: Option<Slot>, owner: &Owner) -> Result<(Slot, Point), Problem> {
    if all.is_empty() {
        return Err(Problem::NoPoint(owner.clone()));
    }
    let mut newest = all.into_iter().rev();
    match asked {
        Some(asked) => newest
            .find(|(run, _)| *run == asked)
            .ok_or_else(|| Problem::NoRun(owner.clone(), asked)),
        None => newest
            .find(|(_, point)| point.others.is_empty())
            .ok_or_else(|| Problem::NoCompletePoint(owner.clone())),
    }
}

/// Every step, and what the order leaves out.
fn shown(prepared: &Prepared) -> (Vec<Step>, String) {
    let Prepared {
        target, ctx, observed, ..
    } = prepared;
    let steps = dry_run(target, observed.clone(), ctx);
    let order = &target.order;
    let mut text = format!(
        "Restore run {} into {} ({}):\n",
        target.run,
        order.region.as_str(),
        order.environment.as_str()
    );
    for step in &steps {
        text.push_str(&format!("  + {}\n", step.action));
    }
    if steps.is_empty() {
        text.push_str("  nothing is left to do\n");
    }
    let unnamed = target.unnamed(observed).into_iter();
    let (back, left): (Vec<_>, Vec<_>) = unnamed.partition(|source| target.copies_back(source.medium));
    for (what, sources) in [("only copied back", back), ("left as they are", left)] {
        if !sources.is_empty() {
            let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
            text.push_str(&format!("Not in the order, so {what}: {}\n", sources.join(", ")));
        }
    }
    (steps, text)
}

async fn plan(args: Restore) -> Result<(), Problem> {
    let prepared = prepare(&args).await?;
    print(&shown(&prepared).1);
    blocked(&prepared)
}

/// What keeps the restore from its end whatever is done.
fn blocked(prepared: &Prepared) -> Result<(), Problem> {
    use jichitai_plan::goal::Goal;
    let plan = prepared.target.plan(&prepared.observed, &prepared.ctx);
    let said: Vec<&str> = plan.blocks.iter().map(|halt| halt.message.en.as_str()).collect();
    if said.is_empty() {
        Ok(())
    } else {
        Err(Problem::Stuck(said.join("\n")))
    }
}

async fn apply(args: Apply) -> Result<(), Problem> {
    let mut prepared = prepare(&args.restore).await?;
    let (steps, text) = shown(&prepared);
    eprint!("{text}");
    blocked(&prepared)?;
    if !steps.is_empty() && !args.yes && !confirmed("Write this to AWS?") {
        return Err(Problem::NotConfirmed);
    }
    let bar = indicatif::ProgressBar::new(u64::try_from(steps.len()).unwrap_or(u64::MAX));
    let (begun, mut said) = (Timestamp::now(), String::new());
    loop {
        let ending = pass(&prepared, &bar).await;
        prepared.ctx.ledger = ending.ctx.ledger.clone();
        if let Some((step, fault)) = ending.failed.iter().find(|(_, fault)| !passes(fault)) {
            bar.abandon();
            return Err(Problem::Stuck(format!("{}: {fault}", step.action)));
        }
        let plan = &ending.plan;
        if plan.is_settled() && ending.failed.is_empty() {
            break;
        }
        if let (Some(block), true) = (plan.blocks.first(), plan.waits.is_empty() && plan.steps.is_empty()) {
            bar.abandon();
            return Err(Problem::Stuck(block.message.en.clone()));
        }
        if let Some(wait) = plan.waits.first() {
            let says = format!("{} ({} more)", wait.message.en, plan.waits.len() - 1);
            if bar.is_hidden() && says != said {
                eprintln!("{says}");
            }
            bar.set_message(says.clone());
            said = says;
        }
        let look = next_look(plan)
            .unwrap_or(Timestamp::MAX)
            .duration_since(Timestamp::now());
        let look = look.clamp(SignedDuration::from_secs(1), SignedDuration::from_secs(15));
        tokio::time::sleep(Duration::try_from(look).unwrap_or(Duration::from_secs(1))).await;
        prepared.ctx.now = Timestamp::now();
        prepared.observed = prepared.session.observe_restore(&prepared.query).await;
    }
    bar.finish_and_clear();
    let took = SignedDuration::from_secs(Timestamp::now().duration_since(begun).as_secs());
    print(&format!("restored run {} in {took:#}\n", prepared.target.run));
    let run = prepared.target.run.to_string();
    let things = prepared.observed.things.iter().flatten();
    for thing in things.filter(|thing| thing.tags.get(tags::RUN) == Some(run.as_str())) {
        let source = thing.tags.get(tags::SOURCE).unwrap_or_default();
        print(&format!("{source} -> {}\n", thing.id));
    }
    Ok(())
}

/// What is tried again by itself.
fn passes(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Throttled | FaultKind::Transient | FaultKind::Limit
    )
}

/// One pass of the loop that the operator runs, too.
async fn pass(prepared: &Prepared, bar: &indicatif::ProgressBar) -> Ending<Observed> {
    let Prepared {
        session,
        target,
        ctx,
        observed,
        ..
    } = prepared;
    let rules = Rules {
        mode: Mode::Enforce,
        destructive: DestructiveChanges::RequireApproval,
        drift_action: DriftAction::Repair,
        elsewhere: None,
        closed: None,
        approvals: &[],
        required: &[],
        before: None,
    };
    let mut pass = Pass::begin(target, rules, session.account().clone(), ctx.clone(), observed.clone());
    loop {
        let now = Timestamp::now();
        let Some(round) = pass.round(now) else { break };
        let results = stream::iter(round.steps).map(|step: Step| async {
            let result = session.execute(&step).await;
            (step, result)
        });
        let results: Vec<_> = results.buffer_unordered(AT_ONCE).collect().await;
        for (step, result) in results {
            match &result {
                Ok(_) => {
                    bar.inc(1);
                    bar.println(format!("done: {}", step.action));
                    if bar.is_hidden() {
                        eprintln!("done: {}", step.action);
                    }
                }
                Err(fault) => eprintln!("failed: {}: {fault}", step.action),
            }
            pass.record(step, result, now);
        }
    }
    pass.end()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jichitai_api::OsakaBackupPolicy;
    use jichitai_plan::identity::Owner;
    use jichitai_plan::osaka_backup_policy::schedule::Slot;
    use jichitai_plan::osaka_backup_policy::source::{Medium, SourceId};
    use jichitai_plan::restore::point::Point;

    use super::{Problem, choose, table};

    fn slot(text: &str) -> Slot {
        text.parse().expect("a slot")
    }

    #[test]
    fn the_newest_complete_run_is_chosen() {
        let owner = Owner::new::<OsakaBackupPolicy>("chiyoda", "daily");
        let source = SourceId {
            medium: Medium::Snapshot,
            id: "vol-1".into(),
        };
        let incomplete = Point {
            others: [source].into(),
            ..Point::default()
        };
        let (older, newer) = (slot("daily@20270330T200000Z"), slot("daily@20270331T200000Z"));
        let all: BTreeMap<Slot, Point> = [(older.clone(), Point::default()), (newer.clone(), incomplete)].into();
        let chosen = |asked| choose(all.clone(), asked, &owner);
        assert_eq!(chosen(None).expect("a run").0, older);
        assert_eq!(chosen(Some(newer.clone())).expect("a run").0, newer);
        assert!(matches!(
            chosen(Some(slot("x@20270331T200000Z"))),
            Err(Problem::NoRun(..))
        ));
        assert!(matches!(
            choose(BTreeMap::new(), None, &owner),
            Err(Problem::NoPoint(_))
        ));
    }

    #[test]
    fn columns_are_aligned() {
        let lines = [["A", "B"], ["wide", "b"]].map(|line| line.map(String::from));
        assert_eq!(table(&lines), "A     B\nwide  b\n");
    }
}
