//! Who has whose place in AWS. An object with `spec.adoptFrom` takes the place of a former one, when that is renamed or
//! moved to another namespace. Of several that mean the same place one has it, and the others wait.

use jichitai_api::{CommonStatus, Object, Reason};
use jiff::Timestamp;

use crate::identity::Owner;
use crate::plan::Text;
use crate::spec_fault::SpecFault;

/// Where the spec names the former object.
const PATH: &str = "spec.adoptFrom";

/// All objects of a kind, as far as places are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Others<'a, K, F> {
    /// The object that is named like the place, if there is one.
    pub named: Option<&'a K>,
    /// Those that take the place.
    pub heirs: &'a [&'a K],
    /// Whether an object of the second namespace may take the place of one of the first.
    pub may_move: F,
    /// The part of an object's status that all kinds share.
    pub status: fn(&K) -> Option<&CommonStatus>,
}

impl<'a, K: Object, F: Fn(&str, &str) -> bool> Others<'a, K, F> {
    /// Why an object may not have its place, if it may not.
    #[must_use]
    pub fn fault(&self, mine: &K) -> Option<SpecFault> {
        let (place, me) = (Owner::of(mine), Owner::itself(mine));
        self.inadmissible(mine, &place, &me).or_else(|| {
            let other = self.rivals(&me).find(|other| self.precedes(other, mine))?;
            Some(taken(&place, &me, &Owner::itself(other)))
        })
    }

    /// Whether an object that goes leaves AWS as it is, whatever its deletion policy: another has the place, or will have it.
    #[must_use]
    pub fn is_succeeded(&self, mine: &K) -> bool {
        let (place, me) = (Owner::of(mine), Owner::itself(mine));
        let stays = |other: &K| other.object_meta().deletion_timestamp.is_none();
        self.inadmissible(mine, &place, &me).is_some()
            || self.rivals(&me).any(|other| stays(other) || self.precedes(other, mine))
    }

    fn inadmissible(&self, mine: &K, place: &Owner, me: &Owner) -> Option<SpecFault> {
        let text = mine.common().adopt_from.as_deref()?;
        let kind = &me.kind;
        if Owner::parse(text).is_none_or(|former| former.kind != *kind) {
            return Some(SpecFault::invalid(
                PATH,
                format!("write an object of the same kind: {kind}/namespace/name"),
                format!("同じ種類のオブジェクトを書いてください: {kind}/名前空間/名前"),
            ));
        }
        if !self.is_permitted(place, me) {
            let (from, to) = (&place.namespace, &me.namespace);
            return Some(SpecFault {
                path: PATH.into(),
                reason: Reason::ReferenceNotAccepted,
                message: Text::new(
                    format!(
                        "objects of namespace {to} may not take over those of {from}: ask the platform team for moves: [{{from: {from}, to: {to}}}] in the configuration"
                    ),
                    format!(
                        "名前空間 {to} のオブジェクトは {from} のものを引き継げません。設定に moves: [{{from: {from}, to: {to}}}] を追加するよう基盤担当に依頼してください"
                    ),
                ),
            });
        }
        // Its place is another than its name.
        let further = self
            .named
            .map(|former| Owner::of(former))
            .filter(|further| further != place)?;
        (further != *me).then(|| {
            SpecFault::invalid(
                PATH,
                format!("{place} took over from {further} itself, and AWS knows it by that name: write {further}"),
                format!("{place} 自身が {further} から引き継いでおり、AWS 上の名前もそのままです。{further} を指定してください"),
            )
        })
    }

    fn is_permitted(&self, place: &Owner, heir: &Owner) -> bool {
        place.namespace == heir.namespace || (self.may_move)(&place.namespace, &heir.namespace)
    }

    /// Others that mean the same place, and may.
    fn rivals(&self, me: &Owner) -> impl Iterator<Item = &'a K> {
        let heirs = self.heirs.iter().copied();
        let heirs = heirs.filter(|heir| self.is_permitted(&Owner::of(*heir), &Owner::itself(*heir)));
        let named = self.named.filter(|named| named.common().adopt_from.is_none());
        named
            .into_iter()
            .chain(heirs)
            .filter(move |other| Owner::itself(*other) != *me)
    }

    /// Who has something in AWS goes first, then who has the name, then the older.
    fn precedes(&self, other: &K, mine: &K) -> bool {
        let key = |one: &K| {
            let has_nothing = (self.status)(one).is_none_or(|status| status.inventory.is_empty());
            let created = one.object_meta().creation_timestamp.as_ref();
            let created = created.map_or(Timestamp::MIN, |time| time.0);
            (
                has_nothing,
                one.common().adopt_from.is_some(),
                created,
                Owner::itself(one),
            )
        };
        key(other) < key(mine)
    }
}

fn taken(place: &Owner, me: &Owner, other: &Owner) -> SpecFault {
    if other == place {
        return SpecFault {
            path: PATH.into(),
            reason: Reason::ReferenceNotReady,
            message: Text::new(
                format!("{place} is still there: delete it, and its AWS resources stay and become this object's"),
                format!(
                    "{place} がまだ存在します。削除すると、AWS リソースはそのまま残り、このオブジェクトに引き継がれます"
                ),
            ),
        };
    }
    // Another tenant is named only within its own namespace.
    let (en, ja) = match other.namespace == me.namespace {
        true => (other.to_string(), other.to_string()),
        false => (
            "an object in another namespace".into(),
            "別の名前空間のオブジェクト".into(),
        ),
    };
    let path = if me == place { "metadata.name" } else { PATH };
    SpecFault {
        path: path.into(),
        reason: Reason::Conflict,
        message: Text::new(
            format!("{en} has the AWS resources of {place} (adoptFrom): choose another name, or delete that object"),
            format!(
                "{ja} が {place} の AWS リソースを引き継いでいます(adoptFrom)。別の名前にするか、そのオブジェクトを削除してください"
            ),
        ),
    }
}

/// An object that takes over finds something, or has done so before: what it does not find it would make anew, beside
/// what there is.
#[must_use]
pub fn found_nothing(place: &Owner, account: &str) -> SpecFault {
    SpecFault {
        path: PATH.into(),
        reason: Reason::ReferenceNotFound,
        message: Text::new(
            format!(
                "nothing in account {account} belongs to {place}: nothing is made; mend adoptFrom and the account (delete this object with deletionPolicy: Retain and create it anew), or leave adoptFrom out"
            ),
            format!(
                "アカウント {account} に {place} のリソースが見つからないため、何も作成しません。adoptFrom とアカウントを確認し、deletionPolicy: Retain で削除して作り直すか、adoptFrom を外してください"
            ),
        ),
    }
}

#[cfg(test)]
mod tests;
