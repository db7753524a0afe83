//! A set of strings as policies use them.

use serde::Serialize;

/// A set of strings: order and repetition mean nothing. Nearly all have one or two, of which a tree would take a multiple of
/// the room, and a fleet has hundreds of thousands of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Words(Vec<String>);

impl Words {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        self.0.iter()
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.place(word).is_ok()
    }

    /// Whether all of them are among those.
    #[must_use]
    pub fn is_subset(&self, of: &Self) -> bool {
        self.iter().all(|word| of.contains(word))
    }

    /// Adds one, and tells whether it is new.
    pub fn insert(&mut self, word: String) -> bool {
        let place = self.place(&word);
        if let Err(place) = place {
            self.0.insert(place, word);
        }
        place.is_err()
    }

    /// Takes one away, and tells whether it was there.
    pub fn remove(&mut self, word: &str) -> bool {
        let place = self.place(word);
        if let Ok(place) = place {
            self.0.remove(place);
        }
        place.is_ok()
    }

    fn place(&self, word: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|found| found.as_str().cmp(word))
    }
}

impl FromIterator<String> for Words {
    fn from_iter<I: IntoIterator<Item = String>>(all: I) -> Self {
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        all.shrink_to_fit();
        Self(all)
    }
}

impl<const N: usize> From<[String; N]> for Words {
    fn from(all: [String; N]) -> Self {
        all.into_iter().collect()
    }
}

impl Extend<String> for Words {
    fn extend<I: IntoIterator<Item = String>>(&mut self, more: I) {
        *self = std::mem::take(&mut self.0).into_iter().chain(more).collect();
    }
}

impl IntoIterator for Words {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Words {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(all: &[&str]) -> Words {
        all.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn order_and_repetition_mean_nothing() {
        let mut some = words(&["b", "a", "b"]);
        assert_eq!(some, words(&["a", "b"]));
        assert!(some.insert("ab".into()) && !some.insert("a".into()));
        assert_eq!(some, words(&["a", "ab", "b"]));
        assert!(some.remove("b") && !some.remove("b"));
        some.extend(["a".to_owned(), "c".to_owned()]);
        assert_eq!(some.into_iter().collect::<Vec<_>>(), ["a", "ab", "c"]);
    }

    #[test]
    fn a_subset_has_nothing_else() {
        let all = words(&["a", "b"]);
        assert!(words(&["b"]).is_subset(&all) && Words::new().is_subset(&all) && all.contains("a"));
        assert!(!words(&["b", "c"]).is_subset(&all) && !all.contains("c"));
    }
}
