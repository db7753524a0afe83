//! One pass against AWS: one round of reads (a second one where a thing is missing), then as many writes
//! as the plan has, each folded in as it is done.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::{StreamExt, stream};
use jichitai_api::{ConditionType, Reason};
use jichitai_aws::{Depth, Known, WINDOW};
use jichitai_plan::certainty::{Look, Looks};
use jichitai_plan::evidence::Receipt;
use jichitai_plan::goal::Goal as _;
use jichitai_plan::identity::Part;
use jichitai_plan::observation::Fault;
use jichitai_plan::pass::{Ending, Pass, Rules};
use jichitai_plan::plan::{Plan, Text};
use jichitai_plan::report::Pace;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Effect, Step};
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::evidence::Witness;
use crate::kind::{Kind, Prepared, Seen, Sharing};
use crate::obstacle::Obstacle;
use crate::publish;
use crate::reconcile::{ReconcileError, refused};
use crate::shared::Shared;
use crate::status;
use crate::succession;

/// Writes of one pass that run at the same time.
const AT_ONCE: usize = 8;

/// How a pass went.
pub enum Outcome<K: Kind> {
    /// It could not begin.
    Obstructed(Obstacle),
    /// It was made.
    Passed(Box<Passed<K>>),
}

/// A pass that was made.
pub struct Passed<K: Kind> {
    /// What it was made for.
    pub prepared: Prepared<K>,
    /// What it ended with.
    pub ending: Ending<Seen<K>>,
    /// The object as last stored, where it was stored on the way.
    pub stored: Option<K>,
}

/// Begins a pass with what was read; `elsewhere` is why nothing at all may be written.
#[must_use]
pub fn begin<'a, K: Kind>(
    prepared: &'a Prepared<K>,
    object: &'a K,
    observed: Seen<K>,
    elsewhere: Option<(Reason, Text)>,
) -> Pass<'a, K::Goal> {
    let common = object.common();
    let closed = prepared.closed.as_ref();
    let rules = Rules {
        mode: common.mode,
        destructive: prepared.destructive,
        drift_action: common.drift_action,
        elsewhere,
        closed: closed.map(|closed| (closed.reason, closed.message.clone())),
        approvals: &common.approvals,
        required: &prepared.config.required_approvals,
        before: object.status().map(K::common_status),
    };
    let account = prepared.session.account().clone();
    Pass::begin(&prepared.goal, rules, account, prepared.ctx.clone(), observed)
}

/// Why nothing is done, whatever the plan would be.
#[must_use]
pub fn conflicts<K: Kind>(object: &K, prepared: &Prepared<K>, observed: &Seen<K>) -> Vec<SpecFault> {
    let mut all = K::conflicts(prepared, observed);
    all.extend(succession::missing(object, prepared, observed));
    all
}

/// Looks at AWS. Objects share what can be read for many at once: a `Shared` look is at that first, and only where
/// something is to be done, or stands in the way, is all of the object read anew.
pub async fn look<K: Kind>(prepared: &Prepared<K>, depth: Depth) -> Seen<K> {
    let begun = Instant::now();
    let known = match depth {
        _ if prepared.goal.is_going() => return K::observe(prepared, Depth::Whole).await,
        Depth::Shared(_) if K::SHARES == Sharing::Nothing => return K::observe(prepared, Depth::Anew(begun)).await,
        Depth::Shared(known) => known,
        Depth::Anew(_) | Depth::Whole => return K::observe(prepared, depth).await,
    };
    // Nothing from before this look; where many look, lists are read for all of them, and details of the last half minute
    // do: whatever the operator itself writes makes them old.
    let anew = match known.crowd && K::SHARES == Sharing::Lists {
        true => Depth::Shared(Known {
            lists: Some(begun),
            details: begun.checked_sub(WINDOW),
            ..known
        }),
        false => Depth::Anew(begun),
    };
    if prepared.ctx.ledger.is_empty() {
        return K::observe(prepared, anew).await;
    }
    let seen = K::observe(prepared, depth).await;
    let leaves_it = |plan: Plan| plan.steps.is_empty() && plan.blocks.is_empty();
    match leaves_it(prepared.goal.plan(&seen, &prepared.ctx)) {
        true => seen,
        false => K::observe(prepared, anew).await,
    }
}

/// Makes one pass, which begins with a look as new as `depth` says.
///
/// # Errors
/// When the ledger cannot be stored: nothing is created without it.
pub async fn pass<K: Kind>(
    prepared: Prepared<K>,
    object: &K,
    shared: &Shared,
    mut depth: Depth,
) -> Result<Outcome<K>, ReconcileError> {
    let config = &prepared.config;
    tracing::Span::current().record("account", tracing::field::display(prepared.session.account()));
    let mut looks = Looks::default();
    let mut pass = loop {
        let observed = look(&prepared, depth).instrument(tracing::info_span!("observe")).await;
        let conflicts = conflicts(object, &prepared, &observed);
        if !conflicts.is_empty() {
            return Ok(Outcome::Obstructed(Obstacle::faults(&conflicts)));
        }
        let pass = begin(&prepared, object, observed, shared.installation.elsewhere());
        match looks.judge(pass.missing()) {
            Look::Sure => break pass,
            Look::Again => depth = Depth::fresh(),
            Look::Contradictory(parts) => return Ok(Outcome::Obstructed(contradictory(&parts))),
        }
    };
    let witness = Witness::of(object, shared);
    let mut stored: Option<K> = None;
    loop {
        let now = Timestamp::now();
        let Some(round) = pass.round(now) else { break };
        if round.begins {
            witness.begins(pass.so_far()).await;
        }
        if round.store_first {
            let current = stored.as_ref().unwrap_or(object);
            let intended = status::intended(current, pass.so_far(), &round.steps, config.language);
            let written = publish::status(&shared.client, current, &intended).await;
            stored = Some(written.map_err(refused("the ledger"))?);
        }
        let approved: Vec<bool> = round.steps.iter().map(|step| pass.is_approved(step)).collect();
        let steps = stream::iter(round.steps.into_iter().zip(approved));
        let results = steps.map(|(step, approved)| performed(&prepared, step, approved));
        let results: Vec<_> = results.buffer_unordered(AT_ONCE).collect().await;
        let mut receipts = Vec::new();
        for (receipt, result) in results {
            pass.record(receipt.step.clone(), result, now);
            receipts.push(receipt);
        }
        witness.wrote(pass.so_far(), &receipts).await;
    }
    let ending = pass.end();
    Ok(Outcome::Passed(Box::new(Passed {
        prepared,
        ending,
        stored,
    })))
}

/// Sends one step to AWS.
async fn performed<K: Kind>(prepared: &Prepared<K>, step: Step, approved: bool) -> (Receipt, Result<Effect, Fault>) {
    let span = tracing::info_span!("step", %step);
    let (result, request_id) = K::session(prepared, &step).perform(&step).instrument(span).await;
    match &result {
        Ok(_) => tracing::info!(%step, "done"),
        Err(fault) => tracing::warn!(%step, %fault, "failed"),
    }
    let receipt = Receipt {
        step,
        approved,
        time: Timestamp::now(),
        request_id,
        refused: result.as_ref().err().cloned(),
    };
    (receipt, result)
}

/// Nothing is made or let go on account of answers that do not agree.
fn contradictory(parts: &BTreeSet<Part>) -> Obstacle {
    let parts: Vec<String> = parts.iter().map(Part::to_string).collect();
    let parts = parts.join(", ");
    let text = Text::new(
        format!("AWS's answers contradict each other about {parts}: nothing is made in their place until two agree"),
        format!("{parts} について AWS の応答が一致しません。二度続けて一致するまで代わりは作成しません"),
    );
    Obstacle::new(
        ConditionType::AccountReady,
        Pace::Moving,
        Reason::WaitingForConsistency,
        text,
    )
}
