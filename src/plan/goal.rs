//! What one object asks of AWS, and what AWS has for it: the two things that every kind brings to a pass.

use std::fmt::Debug;

use jichitai_api::common::DeletionPolicy;
use jichitai_api::{ConditionType, InventoryEntry};

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::plan::Plan;
use crate::step::Effect;

/// What an object asks of AWS: to be as its spec says, or to go.
pub trait Goal {
    /// What is read for it.
    type Observed: Observed;

    /// What to do now, and what has to wait.
    fn plan(&self, observed: &Self::Observed, ctx: &Context) -> Plan;

    /// The hash by which a later difference in AWS is told from a change of the spec; none when the
    /// object is going.
    fn hash(&self) -> Option<String>;

    /// What an approval is given for, besides the steps: the target, or how far a deletion goes.
    fn basis(&self) -> String;

    /// The conditions that the parts of this object count for.
    fn aspects(&self) -> Vec<ConditionType>;

    /// Whether the object is going.
    fn is_going(&self) -> bool {
        self.hash().is_none()
    }
}

/// The target of a kind, and what its end needs to know: all that its goal is made of.
pub trait Target: Clone + Debug + PartialEq + Eq {
    /// What a deletion needs to know; it works without the spec making sense.
    type Remains: Clone + Debug + PartialEq + Eq;
    /// What is read for it.
    type Observed: Observed;
    /// What has to be read.
    type Query;

    /// The hash by which a later difference in AWS is told from a change of the spec.
    fn fingerprint(&self) -> String;

    /// What to do now for AWS to be so, and what has to wait.
    fn plan(&self, observed: &Self::Observed, ctx: &Context) -> Plan;

    /// What to do now for it to go.
    fn teardown(policy: DeletionPolicy, remains: &Self::Remains, observed: &Self::Observed, ctx: &Context) -> Plan;

    /// What has to be read for it to be so.
    fn query(&self, ctx: &Context) -> Self::Query;

    /// What has to be read for it to go.
    fn query_for_teardown(remains: &Self::Remains, ctx: &Context) -> Self::Query;

    /// The conditions that the parts count for; without a target, of an object that is going.
    fn aspects(target: Option<&Self>) -> Vec<ConditionType>;
}

/// What an object asks of AWS: to be like its target, or to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T: Target> {
    /// To be like this.
    Present(Box<T>),
    /// To go, as the policy says.
    Absent {
        /// How far.
        policy: DeletionPolicy,
        /// What can be computed without the spec making sense.
        remains: Box<T::Remains>,
    },
}

impl<T: Target> Asked<T> {
    /// The target, unless the object is going.
    #[must_use]
    pub fn target(&self) -> Option<&T> {
        match self {
            Self::Present(target) => Some(target),
            Self::Absent { .. } => None,
        }
    }

    /// What has to be read.
    #[must_use]
    pub fn query(&self, ctx: &Context) -> T::Query {
        match self {
            Self::Present(target) => target.query(ctx),
            Self::Absent { policy: _, remains } => T::query_for_teardown(remains, ctx),
        }
    }
}

impl<T: Target> Goal for Asked<T> {
    type Observed = T::Observed;

    fn plan(&self, observed: &T::Observed, ctx: &Context) -> Plan {
        match self {
            Self::Present(target) => target.plan(observed, ctx),
            Self::Absent { policy, remains } => T::teardown(*policy, remains, observed, ctx),
        }
    }

    fn hash(&self) -> Option<String> {
        self.target().map(T::fingerprint)
    }

    fn basis(&self) -> String {
        match self {
            Self::Present(target) => target.fingerprint(),
            Self::Absent { policy, remains: _ } => format!("deletion: {policy:?}"),
        }
    }

    fn aspects(&self) -> Vec<ConditionType> {
        T::aspects(self.target())
    }

    fn is_going(&self) -> bool {
        self.target().is_none()
    }
}

/// What AWS has for one object, and how executed steps change it.
pub trait Observed: Clone {
    /// Folds an executed (or predicted) step into what is known.
    fn absorb(&mut self, effect: &Effect);

    /// What AWS does by itself after a step, and what others are asked to do: for predictions,
    /// where nothing is waited for.
    fn finish_pending(&mut self);

    /// Everything of this object that was found, for the inventory.
    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)>;

    /// Whether anything of this object was found.
    fn shows_any(&self, account: &AccountId, ctx: &Context) -> bool {
        !self.find(account, ctx).is_empty()
    }

    /// Whether a thing with this id was found, whoever owns it.
    fn shows(&self, id: &str) -> bool;

    /// Whether what a part is found in could be read: only then is it certainly gone.
    fn is_readable(&self, part: &Part) -> bool;
}
