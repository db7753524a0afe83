//! Detective guardrails: when an account is surveyed for them, and what its Municipalities publish. Nothing of a pass waits for
//! a survey: an object without a usable one asks for it, and is woken once it is there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use jichitai_api::{ConditionType, FileLinkBucket, Municipality, Object, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::session::Session;
use jichitai_aws::{Errand, Guard, Lane};
use jichitai_plan::guardrails::{Backup, Survey, Tenant, Verdict, judge};
use jichitai_plan::identity::{AccountId, Owner};
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::roll::Roll;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::Semaphore;

use crate::kind::Prepared;
use crate::osaka_backup_policy::refers;
use crate::shared::Shared;
use crate::wakes::Wakes;
use crate::world::View;

/// Accounts that are surveyed at the same time.
const AT_ONCE: usize = 4;
/// How long nothing was written in an account before it is surveyed: half-made things are no findings.
const QUIET: Duration = Duration::from_secs(5);
/// How long an account is waited for that does not come to rest.
const PATIENCE: Duration = Duration::from_secs(600);
/// The shortest time between two surveys of an account.
const APART: Duration = Duration::from_secs(30);

/// Somebody who needs a survey.
#[derive(Debug)]
pub struct Request {
    session: Arc<Session>,
    /// Who is woken once it is there.
    object: Option<ObjectRef<Municipality>>,
}

/// Where surveys are asked for.
#[derive(Clone, Debug)]
pub struct Surveyor(UnboundedSender<Request>);

impl Surveyor {
    /// A way to ask, and to hear it.
    #[must_use]
    pub fn new() -> (Self, UnboundedReceiver<Request>) {
        let (sender, requests) = mpsc::unbounded();
        (Self(sender), requests)
    }

    fn ask(&self, session: &Arc<Session>, object: Option<&Municipality>) {
        let request = Request {
            session: Arc::clone(session),
            object: object.map(ObjectRef::from_obj),
        };
        // At the end of the process nobody listens any more.
        let _gone_at_the_end = self.0.unbounded_send(request);
    }
}

/// Surveys accounts as they are asked for, until it is dropped.
pub async fn follow(shared: Arc<Shared>, wakes: Wakes<Municipality>, mut requests: UnboundedReceiver<Request>) {
    let room = Semaphore::new(AT_ONCE);
    let mut waiting: HashMap<AccountId, HashSet<ObjectRef<Municipality>>> = HashMap::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            request = requests.next() => {
                let Some(Request { session, object }) = request else { return };
                let account = session.account().clone();
                if !waiting.contains_key(&account) {
                    let (shared, room) = (Arc::clone(&shared), &room);
                    let survey = async move {
                        rest(&session).await;
                        let _place = room.acquire().await;
                        survey(&shared, &session).await;
                        session.account().clone()
                    };
                    under_way.push(survey.boxed());
                }
                waiting.entry(account).or_default().extend(object);
            }
            Some(account) = under_way.next() => {
                for object in waiting.remove(&account).into_iter().flatten() {
                    wakes.wake_in_turn(object);
                }
            }
        }
    }
}

async fn survey(shared: &Shared, session: &Session) {
    let errand = Errand {
        lane: Lane::Poll,
        // It only reads.
        guard: Guard::new(|| false),
    };
    let installation = shared.world.view.config.get().installation.clone();
    let survey = errand.run(session.survey(&installation, Timestamp::now())).await;
    tracing::debug!(account = %session.account(), faults = survey.faults().count(), "surveyed an account");
}

/// Waits until an account has come to rest, and the last survey is old enough.
async fn rest(session: &Session) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let since_write = session.last_write().map(|at| QUIET.saturating_sub(at.elapsed()));
        let since_survey = session
            .surveyed()
            .map(|(began, _)| APART.saturating_sub(began.elapsed()));
        match since_write.max(since_survey).filter(|left| !left.is_zero()) {
            Some(left) => tokio::time::sleep(left).await,
            None => return,
        }
    }
}

/// What becomes of what guardrails said.
#[derive(Clone, Debug)]
pub enum Advice {
    /// Nothing new is known.
    Stays,
    /// They are turned off.
    Ends,
    /// These are the verdicts.
    Is(Vec<Verdict>),
}

/// What guardrails say of a Municipality, where a survey is usable: one that began after the last thing was done for it.
pub fn appraise(
    object: &Municipality,
    prepared: &Prepared<Municipality>,
    observed: &Observed,
    acts: bool,
    shared: &Shared,
) -> Advice {
    let session = &prepared.session;
    if !prepared.config.detective_checks.enabled {
        return Advice::Ends;
    }
    if acts {
        shared.surveyor.ask(session, Some(object));
        return Advice::Stays;
    }
    let acted = shared
        .agenda
        .acted(Municipality::KIND, &Owner::itself(object).to_string());
    let known = session
        .surveyed()
        .filter(|(began, _)| acted.is_none_or(|acted| *began > acted));
    let Some((_, survey)) = known else {
        // What was published stays until the next look.
        let told = object.status.as_ref().is_some_and(|status| status.guardrails.is_some());
        let waits = !(told && acted.is_none());
        shared.surveyor.ask(session, waits.then_some(object));
        return Advice::Stays;
    };
    if session.is_survey_due() {
        shared.surveyor.ask(session, Some(object));
    }
    Advice::Is(verdicts(object, prepared, observed, &survey, &shared.world.view))
}

/// What guardrails say of a bucket's Municipality is to be said anew once the bucket, or somebody else, has changed something.
pub fn renew(bucket: &FileLinkBucket, prepared: &Prepared<FileLinkBucket>, acted: bool, shared: &Shared) {
    let session = &prepared.session;
    // A first survey is its Municipality's to ask for.
    let is_old = session.surveyed().is_some() && session.is_survey_due();
    if !prepared.config.detective_checks.enabled || !(acted || is_old) {
        return;
    }
    let tenants = shared.world.view.municipalities.read();
    let namespace = bucket.namespace().unwrap_or_default();
    let municipality = tenants.find(&namespace, &bucket.spec.municipality_ref.name);
    shared.surveyor.ask(session, municipality);
}

/// The verdicts over a Municipality.
pub fn verdicts(
    object: &Municipality,
    prepared: &Prepared<Municipality>,
    observed: &Observed,
    survey: &Survey,
    view: &View,
) -> Vec<Verdict> {
    let is_living = living(view);
    let tenant = Tenant {
        spec: &object.spec,
        identity: &prepared.ctx.identity,
        observed,
        backups: backups(object, view),
        is_living: &is_living,
        now: prepared.ctx.now,
    };
    judge(&tenant, survey, prepared.ctx.now)
}

/// Whether there is an object in a place. All are looked up once: an account has thousands of things that ask.
fn living(view: &View) -> impl Fn(&Owner) -> bool {
    fn any<K: Object>(roll: &Roll<K>, owner: &Owner) -> bool {
        roll.named(&owner.namespace, &owner.name).is_some() || !roll.heirs(owner).is_empty()
    }
    let (municipalities, buckets) = (view.municipalities.read(), view.buckets.read());
    let (policies, endpoints) = (view.policies.read(), view.endpoints.read());
    move |owner| match owner.kind.as_str() {
        kind if kind == Municipality::KIND => any(municipalities.roll(), owner),
        kind if kind == FileLinkBucket::KIND => any(&buckets, owner),
        kind if kind == OsakaBackupPolicy::KIND => any(&policies, owner),
        kind if kind == ResolverEndpoint::KIND => any(&endpoints, owner),
        _ => false,
    }
}

/// The policies that copy what the Municipality has.
fn backups(object: &Municipality, view: &View) -> Vec<Backup> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let policies = view.policies.read();
    let its = policies
        .within(&namespace)
        .filter(|policy| refers(policy, &namespace, &name));
    let one = |policy: &OsakaBackupPolicy| Backup {
        name: policy.name_any(),
        objective_met: answer(policy, ConditionType::RecoveryPointObjectiveMet),
        complete: answer(policy, ConditionType::CoverageComplete),
    };
    its.map(one).collect()
}

fn answer(policy: &OsakaBackupPolicy, kind: ConditionType) -> Option<bool> {
    let conditions = &policy.status.as_ref()?.common.conditions;
    match conditions
        .iter()
        .find(|one| one.type_ == kind.as_str())?
        .status
        .as_str()
    {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}
