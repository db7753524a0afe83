//! Which of the observed things is ours, and whether one may be created.

use jichitai_api::{InventoryState, Reason};

use crate::context::Context;
use crate::identity::{Identity, Part, Role};
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::step::Creation;
use crate::tags::{Ownership, Tags, ownership};

/// A thing in AWS that carries tags.
pub trait Resource {
    /// Its AWS id.
    fn id(&self) -> &str;
    /// Its tags.
    fn tags(&self) -> &Tags;
    /// Whether its creation carries a client token: then an unanswered call may be repeated at
    /// once, because AWS answers with the first result.
    const CLIENT_TOKEN: bool = false;
}

/// What stands in AWS for a part.
#[derive(Debug)]
pub enum Found<'a, T> {
    /// Ours, by its tags.
    Ours(&'a T),
    /// Named in `spec.adopt`, free to be taken over by tagging it.
    Adoptable(&'a T),
    /// Certainly nothing: it may be created.
    Absent(Creation),
    /// Not to be touched in this pass; the plan already says why.
    Halted,
}

/// The things of this object in a listing, with their role.
pub fn owned<'a, T: Resource>(things: &'a Listing<T>, ctx: &'a Context) -> impl Iterator<Item = (Role, &'a T)> {
    let ours = |thing: &'a T| match ownership(thing.tags(), &ctx.identity) {
        Ownership::Ours(role) => Some((Role::new(role), thing)),
        Ownership::Other { .. } | Ownership::Stack(_) | Ownership::Nobody => None,
    };
    things.as_ref().into_iter().flatten().filter_map(ours)
}

/// Finds the thing for `part`. `named` is the id of what stands in its only place: behind a name
/// that only we compute (a KMS alias), or where AWS takes no second one (a range of the VPC, the
/// name of a security group). `immutable` are the parameters that a creation token depends on.
pub fn resolve<'a, T: Resource>(
    listing: &'a Listing<T>,
    part: &Part,
    named: Option<&str>,
    immutable: &str,
    ctx: &Context,
    plan: &mut Plan,
) -> Found<'a, T> {
    let things = match listing {
        Ok(things) => things,
        Err(fault) => {
            plan.unreadable(part, fault);
            return Found::Halted;
        }
    };
    let mut ours = things.iter().filter(|thing| is_ours(*thing, part, ctx));
    match (ours.next(), ours.next()) {
        (Some(first), Some(second)) => {
            let (a, b) = (first.id().to_owned(), second.id().to_owned());
            plan.block(
                part,
                Reason::Conflict,
                Text::new(
                    format!(
                        "{a} and {b} both carry our tags for {part}: remove the tags from the one that is not in use"
                    ),
                    format!("{a} と {b} の両方に {part} のタグがあります。使用していない方のタグを外してください"),
                ),
            );
            return Found::Halted;
        }
        (Some(first), None) => return Found::Ours(first),
        (None, _) => {}
    }
    if let Some(id) = ctx.adopted(part) {
        return adopt(things, id, part, ctx, plan);
    }
    let entry = ctx.ledger.get(part);
    let known = entry
        .filter(|entry| !entry.id.is_empty())
        .map(|entry| entry.id.as_str());
    for id in [known, named].into_iter().flatten() {
        if let Some(thing) = things.iter().find(|thing| thing.id() == id) {
            lost(thing, part, ctx, plan);
            return Found::Halted;
        }
    }
    if let Some(nameless) = things
        .iter()
        .find(|thing| matches!(ownership(thing.tags(), &ctx.identity), Ownership::Ours(role) if role.is_empty()))
    {
        // It may be the very thing: its owner is known, its role was taken off.
        lost(nameless, part, ctx, plan);
        return Found::Halted;
    }
    let incarnation = match entry {
        None => 0,
        Some(entry) => {
            let repeatable = T::CLIENT_TOKEN && entry.state == InventoryState::Intended;
            if let (Some(since), Some(until)) = (&entry.since, ctx.listed_by(entry))
                && ctx.now < until
                && !repeatable
            {
                let text = Text::new(
                    format!("{part} was requested at {} and AWS does not list it yet", since.0),
                    format!(
                        "{part} は {} に作成を要求しましたが、まだ AWS の一覧に現れていません",
                        since.0
                    ),
                );
                plan.wait_until(part, Reason::WaitingForConsistency, text, until);
                return Found::Halted;
            }
            // A known id that is certainly gone was a real thing: its successor is another one.
            entry.incarnation + u32::from(known.is_some())
        }
    };
    Found::Absent(Creation {
        token: ctx.identity.token(part, immutable, incarnation),
        incarnation,
        // A successor that the ledger does not know of would count as the first one when it is seen, and AWS takes the token of
        // a later one for its.
        repeatable: T::CLIENT_TOKEN && incarnation == 0,
    })
}

/// Whether tags say that a thing is the object's, whichever part.
#[must_use]
pub fn is_of(tags: &Tags, identity: &Identity) -> bool {
    matches!(ownership(tags, identity), Ownership::Ours(_))
}

/// Whether the thing is this part of whoever the identity stands for.
pub fn is_part_of<T: Resource>(thing: &T, identity: &Identity, role: &str) -> bool {
    matches!(ownership(thing.tags(), identity), Ownership::Ours(found) if found == role)
}

fn is_ours<T: Resource>(thing: &T, part: &Part, ctx: &Context) -> bool {
    is_part_of(thing, &ctx.identity, part.role.as_str())
}

fn lost<T: Resource>(thing: &T, part: &Part, ctx: &Context, plan: &mut Plan) {
    let id = thing.id();
    match ownership(thing.tags(), &ctx.identity) {
        Ownership::Other { owner, installation } => plan.block(
            part,
            Reason::Conflict,
            Text::new(
                format!("{id} now carries the tags of {owner} (installation {installation}): restore our tags or remove {part} from the other owner"),
                format!("{id} には {owner}(インストール {installation})のタグが付いています。タグを戻すか、相手側から外してください"),
            ),
        ),
        Ownership::Stack(stack) => plan.block(part, Reason::ManagedElsewhere, stack_text(id, stack)),
        Ownership::Ours(role) if !role.is_empty() => plan.wait(
            part,
            Reason::WaitingForDependency,
            Text::new(
                format!("{id}, this object's {role}, stands in the place of {part}: it has to go first"),
                format!("{part} の場所に、このオブジェクトの {role}({id})が残っています。先に削除されるのを待っています"),
            ),
        ),
        Ownership::Ours(_) | Ownership::Nobody => plan.block(
            part,
            Reason::OwnershipLost,
            Text::new(
                format!("{id} stands in the place of {part} without our ownership tags: put them back, or name it in spec.adopt.{}; nothing is created beside it", part.role),
                format!("{part} の場所にある {id} に所有タグがありません。タグを戻すか spec.adopt.{} に指定してください。別のものは作成しません", part.role),
            ),
        ),
    }
}

fn adopt<'a, T: Resource>(things: &'a [T], id: &str, part: &Part, ctx: &Context, plan: &mut Plan) -> Found<'a, T> {
    let Some(thing) = things.iter().find(|thing| thing.id() == id) else {
        plan.block(
            part,
            Reason::AdoptionRefused,
            Text::new(
                format!(
                    "spec.adopt.{}: {id} does not exist in this account and Region",
                    part.role
                ),
                format!(
                    "spec.adopt.{}: {id} はこのアカウントとリージョンに存在しません",
                    part.role
                ),
            ),
        );
        return Found::Halted;
    };
    match ownership(thing.tags(), &ctx.identity) {
        Ownership::Nobody => Found::Adoptable(thing),
        Ownership::Ours(role) => {
            plan.block(
                part,
                Reason::AdoptionRefused,
                Text::new(
                    format!("spec.adopt.{}: {id} is already this object's {role}", part.role),
                    format!("spec.adopt.{}: {id} はすでにこのオブジェクトの {role} です", part.role),
                ),
            );
            Found::Halted
        }
        Ownership::Other { owner, installation } => {
            plan.block(
                part,
                Reason::AdoptionRefused,
                Text::new(
                    format!(
                        "spec.adopt.{}: {id} belongs to {owner} (installation {installation})",
                        part.role
                    ),
                    format!(
                        "spec.adopt.{}: {id} は {owner}(インストール {installation})の所有です",
                        part.role
                    ),
                ),
            );
            Found::Halted
        }
        Ownership::Stack(stack) => {
            plan.block(part, Reason::ManagedElsewhere, stack_text(id, stack));
            Found::Halted
        }
    }
}

fn stack_text(id: &str, stack: &str) -> Text {
    Text::new(
        format!("{id} is managed by the CloudFormation stack {stack}: release it there first"),
        format!("{id} は CloudFormation スタック {stack} の管理下にあります。先にスタックから外してください"),
    )
}
