//! The tags of one thing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Tags of an AWS resource, by key. All of them are one text, which clones share: a fleet has hundreds of thousands of tags,
/// and nearly all of them are only read.
#[derive(Clone, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(Arc<Text>);

#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Text {
    /// Keys and values, one after the other, in the order of the keys.
    words: Box<str>,
    /// Where each of them ends.
    ends: Box<[u32]>,
}

impl Text {
    fn word(&self, place: usize) -> Option<&str> {
        let end = |place: usize| Some(*self.ends.get(place)? as usize);
        let start = place.checked_sub(1).map_or(Some(0), end)?;
        self.words.get(start..end(place)?)
    }

    fn tag(&self, place: usize) -> Option<(&str, &str)> {
        Some((self.word(2 * place)?, self.word(2 * place + 1)?))
    }
}

impl Tags {
    /// No tags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }

    /// Keys and values, in the order of the keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            text: &self.0,
            places: 0..self.0.ends.len() / 2,
        }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut places = 0..self.0.ends.len() / 2;
        while !places.is_empty() {
            let middle = places.start + places.len() / 2;
            let (found, value) = self.0.tag(middle)?;
            match found.cmp(key) {
                Ordering::Less => places.start = middle + 1,
                Ordering::Greater => places.end = middle,
                Ordering::Equal => return Some(value),
            }
        }
        None
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Adds a tag, or gives it another value.
    pub fn insert(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) {
        self.extend([(key, value)]);
    }

    /// Takes a tag away, and tells its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let value = self.get(key)?.to_owned();
        self.retain(|found, _| found != key);
        Some(value)
    }

    /// Keeps those tags of which this is true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&str, &str) -> bool) {
        *self = self.iter().filter(|(key, value)| is_kept(key, value)).collect();
    }

    /// Of several values of a key the last one counts.
    fn written(mut all: Vec<(&str, &str)>) -> Self {
        all.reverse();
        all.sort_by_key(|(key, _)| *key);
        all.dedup_by_key(|(key, _)| *key);
        let (mut words, mut ends) = (String::new(), Vec::with_capacity(2 * all.len()));
        for word in all.into_iter().flat_map(|(key, value)| [key, value]) {
            words.push_str(word);
            // AWS takes 50 tags of 384 characters at most.
            ends.push(u32::try_from(words.len()).unwrap_or(u32::MAX));
        }
        Self(Arc::new(Text {
            words: words.into(),
            ends: ends.into(),
        }))
    }
}

/// Keys and values, in the order of the keys.
#[derive(Clone)]
pub struct Iter<'a> {
    text: &'a Text,
    places: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.text.tag(self.places.next()?)
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Self {
        let all: Vec<(K, V)> = all.into_iter().collect();
        Self::written(all.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect())
    }
}

impl<K: AsRef<str>, V: AsRef<str>> Extend<(K, V)> for Tags {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, more: I) {
        let more: Vec<(K, V)> = more.into_iter().collect();
        if !more.is_empty() {
            let more = more.iter().map(|(key, value)| (key.as_ref(), value.as_ref()));
            *self = Self::written(self.iter().chain(more).collect());
        }
    }
}

impl<K: AsRef<str>, V: AsRef<str>, const N: usize> From<[(K, V); N]> for Tags {
    fn from(all: [(K, V); N]) -> Self {
        all.into_iter().collect()
    }
}

impl From<BTreeMap<String, String>> for Tags {
    fn from(all: BTreeMap<String, String>) -> Self {
        all.into_iter().collect()
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(all: Tags) -> Self {
        let all = all.iter();
        all.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_kept_by_key() {
        let mut tags = Tags::from([("b", "2"), ("a", "1"), ("b", "3"), ("", "")]);
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("", ""), ("a", "1"), ("b", "3")]);
        assert_eq!(tags, Tags::from([("a", "1"), ("", ""), ("b", "3")]));
        assert_eq!(
            (tags.get("b"), tags.get(""), tags.get("c")),
            (Some("3"), Some(""), None)
        );
        tags.insert("b", "");
        tags.extend([("c", "4"), ("a", "5")]);
        assert_eq!(format!("{tags:?}"), r#"{"": "", "a": "5", "b": "", "c": "4"}"#);
        assert_eq!((tags.remove("a").as_deref(), tags.remove("a")), (Some("5"), None));
        tags.retain(|key, value| !key.is_empty() && value.is_empty());
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["b"]);
        assert!(!tags.is_empty() && tags.contains_key("b") && Tags::new().is_empty());
    }
}
