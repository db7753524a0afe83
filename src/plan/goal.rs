//! What one object asks of AWS, and what AWS has for it: the two things that every kind brings to a pass.

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

/// What AWS has for one object, and how executed steps change it.
pub trait Observed: Clone {
    /// Folds an executed (or predicted) step into what is known.
    fn absorb(&mut self, effect: &Effect);

    /// What AWS does by itself after a step, and what others are asked to do: for predictions,
    /// where nothing is waited for.
    fn finish_pending(&mut self);

    /// Everything of this object that was found, for the inventory.
    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)>;

    /// Whether a thing with this id was found, whoever owns it.
    fn shows(&self, id: &str) -> bool;

    /// Whether what a part is found in could be read: only then is it certainly gone.
    fn is_readable(&self, part: &Part) -> bool;
}
