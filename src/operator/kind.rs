//! What the kinds differ in, as far as a reconcile is concerned.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use jichitai_api::common::DestructiveChanges;
use jichitai_api::municipality::Environment;
use jichitai_api::{CommonSpec, CommonStatus, Object};
use jichitai_aws::Depth;
use jichitai_aws::session::Session;
use jichitai_plan::calendar::Closed;
use jichitai_plan::context::Context;
use jichitai_plan::evidence::Milestone;
use jichitai_plan::goal::Goal;
use jichitai_plan::guardrails::{Change, Verdict};
use jichitai_plan::pass::Ending;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::Step;
use jichitai_plan::tenants::Tenants;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::account::session;
use crate::config::{Account, Config, Language};
use crate::guardrails::Advice;
use crate::metrics::Metrics;
use crate::obstacle::Obstacle;
use crate::publish;
use crate::shared::Shared;
use crate::world::{Index, Shelf, View, World};

/// What is read for a kind's goal.
pub type Seen<K> = <<K as Kind>::Goal as Goal>::Observed;

/// What objects of a kind share of what is read. A look at what is shared comes first; where something is to be done, all of
/// the object is read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing.
    Nothing,
    /// Lists and details, but for an object that somebody changed, or that was not settled: its own is read anew at once.
    Lists,
    /// The same, also then: AWS takes a few calls a second only.
    FewCalls,
}

/// A kind with a controller.
pub trait Kind: publish::Kind + Object + Send + Sync + 'static {
    /// Its status.
    type Status: Clone + Default + PartialEq + Serialize + Send + Sync;
    /// What it asks of AWS.
    type Goal: Goal<Observed: Send + Sync> + Send + Sync;
    /// What else decides over a pass: the claims of rivals, sessions in other accounts.
    type Beside: Send + Sync;
    /// How its objects are sorted.
    type Index: Index<Self> + Send + Sync;

    /// All objects of the kind.
    fn shelf(view: &View) -> &Shelf<Self, Self::Index>;

    /// The status, where there is one.
    fn status(&self) -> Option<&Self::Status>;
    /// The part of status that all kinds share.
    fn common_status(status: &Self::Status) -> &CommonStatus;
    /// The same, to be written.
    fn common_status_mut(status: &mut Self::Status) -> &mut CommonStatus;

    /// The account that the spec leads to; none where the Municipality that it names is not there.
    fn account<'a>(&'a self, tenants: &'a Tenants) -> Option<&'a str>;

    /// What is asked, as far as it can be told without AWS.
    fn aim(&self, view: &View, now: Timestamp) -> impl Future<Output = Result<Aim<Self>, Obstacle>> + Send;

    /// What else decides over a pass.
    fn beside(&self, aim: &Aim<Self>, world: &World) -> impl Future<Output = Self::Beside> + Send;

    /// Gathers everything that a pass needs.
    fn prepare(&self, world: &World, now: Timestamp) -> impl Future<Output = Result<Prepared<Self>, Obstacle>> + Send {
        async move {
            let aim = self.aim(&world.view, now).await?;
            let session = session(&aim.account, &aim.config, &world.accounts).await?;
            let beside = self.beside(&aim, world).await;
            Ok(Prepared { aim, session, beside })
        }
    }

    /// What its objects share of what is read.
    const SHARES: Sharing;

    /// Reads AWS, as new as it has to be.
    fn observe(prepared: &Prepared<Self>, depth: Depth) -> impl Future<Output = Seen<Self>> + Send;

    /// The session in which a step is done: in the object's account, unless it belongs into another.
    fn session<'a>(prepared: &'a Prepared<Self>, _: &Step) -> &'a Session {
        &prepared.session
    }

    /// Conflicts with other objects in which this one is the newcomer.
    fn conflicts(prepared: &Prepared<Self>, observed: &Seen<Self>) -> Vec<SpecFault>;

    /// Grants and exceptions that end soon, by path.
    fn ending(goal: &Self::Goal) -> &[(String, Date)];

    /// The parts of status that only this kind has. What could not be read is left as it was last seen:
    /// not knowing is not absence.
    fn describe(goal: &Self::Goal, ending: &Ending<Seen<Self>>, language: Language, status: &mut Self::Status);

    /// What guardrails say of the object after a pass, which may have done something.
    fn appraise(&self, _: &Prepared<Self>, _: &Seen<Self>, _acted: bool, _: &Shared) -> Advice {
        Advice::Stays
    }

    /// Keeps what guardrails say, which is nothing once they are turned off; returns what is new.
    fn keep_verdicts(_: &mut Self::Status, _: Option<&[Verdict]>, _: Language) -> Vec<Change> {
        Vec::new()
    }

    /// What came to its end between two states of the object, for evidence.
    fn milestones(_before: Option<&Self::Status>, _after: &Self::Status) -> Vec<Milestone> {
        Vec::new()
    }

    /// Tells Prometheus what only this kind has; without an end of a pass, that the object is gone.
    fn measure(&self, _: Option<(&Self::Goal, &Ending<Seen<Self>>)>, _: &Metrics) {}
}

/// What is asked, as far as it can be told without AWS.
pub struct Aim<K: Kind> {
    /// What is asked.
    pub goal: K::Goal,
    /// The plan's context.
    pub ctx: Context,
    /// The account, and how it is entered.
    pub account: Account,
    /// The configuration of this pass.
    pub config: Arc<Config>,
    /// Why the calendar is closed.
    pub closed: Option<Closed>,
    /// Whether destructive steps need an approval.
    pub destructive: DestructiveChanges,
}

/// The account that an object is in, as far as it is known: that of its Municipality, that of the ledger, and before there
/// is one, its namespace. It decides which replica looks at the object.
#[must_use]
pub fn account<K: Kind>(object: &K, view: &View) -> String {
    let namespace = object.meta().namespace.clone().unwrap_or_default();
    let tenants = view.municipalities.read();
    let inventory = object.status().map(|status| &K::common_status(status).inventory);
    let known = || {
        inventory
            .and_then(|all| all.first())
            .map(|entry| entry.account.as_str())
    };
    let account = object.account(&tenants).or_else(known);
    account.map_or(namespace, str::to_owned)
}

/// Everything that a pass needs.
pub struct Prepared<K: Kind> {
    /// What is asked.
    pub aim: Aim<K>,
    /// AWS.
    pub session: Arc<Session>,
    /// What else decides.
    pub beside: K::Beside,
}

impl<K: Kind> Deref for Prepared<K> {
    type Target = Aim<K>;

    fn deref(&self) -> &Aim<K> {
        &self.aim
    }
}

/// Whether destructive steps need an approval: as the spec says, and else only in Production.
#[must_use]
pub fn destructive(common: &CommonSpec, environment: Environment) -> DestructiveChanges {
    let default = match environment {
        Environment::Production => DestructiveChanges::RequireApproval,
        Environment::Verification | Environment::Development | Environment::Training | Environment::Migration => {
            DestructiveChanges::Allow
        }
    };
    common.destructive_changes.unwrap_or(default)
}
