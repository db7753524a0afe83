//! Where in a file the parts of an object stand.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_saphyr::Spanned;

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

/// The places of a value and of everything in it.
#[derive(Debug)]
pub struct Places {
    at: Place,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Nothing,
    Items(Vec<Places>),
    Fields(Vec<(String, Places)>),
}

impl Places {
    /// The places of all documents in a text, in their order; documents without content are left out, as when they are
    /// read.
    ///
    /// # Errors
    /// The text is not YAML.
    pub fn of(text: &str, options: serde_saphyr::Options) -> Result<Vec<Self>, serde_saphyr::Error> {
        let all: Vec<Spanned<Inside>> = serde_saphyr::from_multiple_with_options(text, options)?;
        Ok(all.into_iter().map(Self::from).collect())
    }

    /// Where a path leads, as far as it can be followed: the place of a field that is not there is that of the object
    /// that lacks it.
    #[must_use]
    pub fn find(&self, path: &str) -> Place {
        let rest = path.strip_prefix('.').unwrap_or(path);
        match &self.inside {
            Inside::Fields(fields) => {
                // Keys may have dots and brackets themselves: the longest that fits is meant.
                let fits = fields
                    .iter()
                    .filter_map(|(key, places)| Some((key, places, after_key(rest, key)?)));
                let longest = fits.max_by_key(|(key, ..)| key.len());
                longest.map_or(self.at, |(_, places, rest)| places.find(rest))
            }
            Inside::Items(items) => {
                let index = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
                let item = index.and_then(|(index, rest)| Some((items.get(index.parse::<usize>().ok()?)?, rest)));
                item.map_or(self.at, |(item, rest)| item.find(rest))
            }
            Inside::Nothing => self.at,
        }
    }
}

/// What is left of a path after a key, written with a dot or in brackets.
fn after_key<'a>(path: &'a str, key: &str) -> Option<&'a str> {
    let bracketed = |path: &'a str| path.strip_prefix('[')?.strip_prefix(key)?.strip_prefix(']');
    let rest = bracketed(path).or_else(|| path.strip_prefix(key))?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

impl From<Spanned<Inside>> for Places {
    fn from(spanned: Spanned<Inside>) -> Self {
        Self {
            at: Place {
                line: spanned.referenced.line(),
                column: spanned.referenced.column(),
            },
            inside: spanned.value,
        }
    }
}

impl<'de> Deserialize<'de> for Inside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Inside;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any YAML")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_str<E>(self, _: &str) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_none<E>(self) -> Result<Inside, E> {
        Ok(Inside::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Inside, D::Error> {
        Inside::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Inside, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Inside>>()? {
            all.push(item.into());
        }
        Ok(Inside::Items(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Inside, A::Error> {
        let mut all = Vec::new();
        while let Some(key) = fields.next_key_seed(Key)? {
            all.push((key, fields.next_value::<Spanned<Inside>>()?.into()));
        }
        Ok(Inside::Fields(all))
    }
}

/// A key, also where it is a number.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).map_err(de::Error::custom)
    }
}
