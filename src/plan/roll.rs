//! All objects of a kind, found by their names and by the places that they take.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jichitai_api::Object;

use crate::identity::Owner;

/// All objects of a kind.
#[derive(Clone, Debug)]
pub struct Roll<K> {
    all: Vec<Arc<K>>,
    positions: Arc<Positions>,
}

/// Where they are among all.
#[derive(Debug, Default)]
struct Positions {
    /// By namespace and name.
    names: HashMap<String, BTreeMap<String, usize>>,
    /// By the place that they take, where it is that of a former one.
    heirs: HashMap<Owner, Vec<usize>>,
}

impl<K> Default for Roll<K> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            positions: Arc::default(),
        }
    }
}

impl<K: Object> Roll<K> {
    /// Sorts them.
    #[must_use]
    pub fn of(all: Vec<Arc<K>>) -> Self {
        let mut positions = Positions::default();
        for (position, one) in all.iter().enumerate() {
            let meta = one.object_meta();
            let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
            let names = positions.names.entry(namespace.unwrap_or_default()).or_default();
            names.insert(name.unwrap_or_default(), position);
            if one.common().adopt_from.is_some() {
                positions.heirs.entry(Owner::of(&**one)).or_default().push(position);
            }
        }
        Self {
            all,
            positions: Arc::new(positions),
        }
    }

    /// Sorts them anew, as far as they are others than before: while hundreds are made, each look finds another status
    /// somewhere, and the same specs.
    #[must_use]
    pub fn after(all: Vec<Arc<K>>, before: &Self) -> Self {
        let same =
            before.all.len() == all.len() && before.all.iter().zip(&all).all(|(before, now)| is_same(before, now));
        match same {
            false => Self::of(all),
            true => Self {
                all,
                positions: Arc::clone(&before.positions),
            },
        }
    }

    /// Whether they are the same objects with the same specs, one for one, as those that it was sorted after.
    #[must_use]
    pub fn asks_the_same(&self, before: &Self) -> bool {
        Arc::ptr_eq(&self.positions, &before.positions)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Arc<K>] {
        &self.all
    }

    /// Those in a namespace.
    pub fn within(&self, namespace: &str) -> impl Iterator<Item = &K> + Clone {
        let names = self.positions.names.get(namespace);
        names
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|position| &*self.all[*position])
    }

    /// The one of that name.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Option<&K> {
        let position = self.positions.names.get(namespace)?.get(name)?;
        Some(&*self.all[*position])
    }

    /// Those that take the place of a former one.
    #[must_use]
    pub fn heirs(&self, place: &Owner) -> Vec<&K> {
        let positions = self.positions.heirs.get(place).into_iter().flatten();
        positions.map(|position| &*self.all[*position]).collect()
    }
}

/// Whether it is the same object with the same spec; its status may be another.
fn is_same<K: Object>(before: &Arc<K>, now: &Arc<K>) -> bool {
    Arc::ptr_eq(before, now) || {
        let (old, new) = (before.object_meta(), now.object_meta());
        let is_known = new.uid.is_some() && new.generation.is_some();
        is_known && old.uid == new.uid && old.generation == new.generation
    }
}

#[cfg(test)]
mod tests {
    use jichitai_api::{FileLinkBucket, Object};
    use serde_json::{Value, json};

    use super::*;

    fn bucket(
        namespace: &str,
        name: &str,
        generation: i64,
        former: Option<&str>,
        status: &Value,
    ) -> Arc<FileLinkBucket> {
        let object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "FileLinkBucket",
            "metadata": {"namespace": namespace, "name": name, "uid": name, "generation": generation},
            "spec": {"municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber", "access": {},
                "adoptFrom": former.map(|former| format!("FileLinkBucket/{former}"))},
            "status": status,
        });
        Arc::new(serde_json::from_value(object).expect("a bucket"))
    }

    fn names<'a>(all: impl IntoIterator<Item = &'a FileLinkBucket>) -> Vec<&'a str> {
        let names = all.into_iter().map(|one| one.object_meta().name.as_deref());
        names.map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn all_are_found_by_name_namespace_and_place() {
        let plain = |namespace, name| bucket(namespace, name, 1, None, &Value::Null);
        let heir = bucket("b", "files", 1, Some("a/old"), &Value::Null);
        let roll = Roll::of(vec![plain("a", "tax"), heir, plain("a", "pension")]);
        assert_eq!(names(roll.within("a")), ["pension", "tax"]);
        assert_eq!(names(roll.within("b")), ["files"]);
        assert_eq!(names(roll.within("c")), [""; 0]);
        assert_eq!(names(roll.named("a", "tax")), ["tax"]);
        assert!(roll.named("b", "tax").is_none() && roll.named("c", "tax").is_none());
        assert_eq!(names(roll.heirs(&Owner::new::<FileLinkBucket>("a", "old"))), ["files"]);
        assert_eq!(names(roll.heirs(&Owner::new::<FileLinkBucket>("a", "tax"))), [""; 0]);
    }

    #[test]
    fn what_is_sorted_after_is_as_if_it_were_sorted_anew() {
        let plain = |name, generation| bucket("a", name, generation, None, &Value::Null);
        let before = Roll::of(vec![plain("one", 1), plain("two", 1)]);
        let status = json!({"conditions": [], "inventory": []});
        let told = Roll::after(
            vec![Arc::clone(&before.all()[0]), bucket("a", "two", 1, None, &status)],
            &before,
        );
        assert!(told.asks_the_same(&before));
        assert!(told.named("a", "two").is_some_and(|one| one.status.is_some()));

        for others in [
            vec![plain("one", 1), bucket("b", "two", 2, Some("a/one"), &status)],
            vec![plain("two", 1), plain("one", 1)],
            vec![plain("one", 1)],
            Vec::new(),
        ] {
            let (after, anew) = (Roll::after(others.clone(), &told), Roll::of(others));
            assert!(!after.asks_the_same(&told));
            for namespace in ["a", "b"] {
                assert_eq!(names(after.within(namespace)), names(anew.within(namespace)));
                assert_eq!(
                    names(after.named(namespace, "two")),
                    names(anew.named(namespace, "two"))
                );
            }
            let place = Owner::new::<FileLinkBucket>("a", "one");
            assert_eq!(names(after.heirs(&place)), names(anew.heirs(&place)));
        }
    }
}
