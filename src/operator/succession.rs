//! Who an object is in AWS, and whether it may be that.

use jichitai_plan::goal::{Goal, Observed};
use jichitai_plan::identity::{Identity, Owner};
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::succession::{self, Others};

use crate::config::Config;
use crate::kind::{Kind, Prepared, Seen};
use crate::obstacle::Obstacle;
use crate::world::{Index, View};

/// Who an object is in AWS.
///
/// # Errors
/// Another has its place; not of an object that goes, which knows by [`is_succeeded`].
pub fn identity<K: Kind>(object: &K, view: &View, config: &Config) -> Result<Identity, Obstacle> {
    let going = object.object_meta().deletion_timestamp.is_some();
    let fault = match going {
        true => None,
        false => among(object, view, config, |others| others.fault(object)),
    };
    match fault {
        Some(fault) => Err(Obstacle::faults(&[fault])),
        None => Ok(Identity {
            installation: config.installation.clone(),
            owner: Owner::of(object),
        }),
    }
}

/// Whether an object that goes leaves AWS as it is, because another has its place or will have it.
#[must_use]
pub fn is_succeeded<K: Kind>(object: &K, view: &View) -> bool {
    let config = view.config.get();
    among(object, view, &config, |others| others.is_succeeded(object))
}

/// What an object looks for in vain that takes the place of a former one.
#[must_use]
pub fn missing<K: Kind>(object: &K, prepared: &Prepared<K>, observed: &Seen<K>) -> Option<SpecFault> {
    let (ctx, account) = (&prepared.ctx, prepared.session.account());
    let is_new = object.common().adopt_from.is_some() && ctx.ledger.is_empty() && !prepared.goal.is_going();
    (is_new && !observed.shows_any(account, ctx))
        .then(|| succession::found_nothing(&ctx.identity.owner, account.as_str()))
}

fn among<K: Kind, T>(
    object: &K,
    view: &View,
    config: &Config,
    ask: impl FnOnce(&Others<'_, K, &dyn Fn(&str, &str) -> bool>) -> T,
) -> T {
    let (all, place) = (K::shelf(view).read(), Owner::of(object));
    let heirs = all.roll().heirs(&place);
    ask(&Others {
        named: all.roll().named(&place.namespace, &place.name),
        heirs: &heirs,
        may_move: &|from, to| config.may_move(from, to),
        status: |one| one.status().map(K::common_status),
    })
}
