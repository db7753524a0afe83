//! Identifiers made of digits, which YAML would read as numbers when they are not quoted.
//!
//! `code: 011002` reaches a program as the octal number 4610, and leading zeros are gone for good.
//! So a number is refused with a message that says what to do; it is never turned back into digits.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// Deserializes a string and refuses a number.
///
/// # Errors
/// Fails on anything but a string; for a number the message says to quote it.
pub fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Quoted)
}

/// Deserializes an optional string and refuses a number.
///
/// # Errors
/// Fails on anything but a string or null; for a number the message says to quote it.
pub fn option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_option(OptionalQuoted)
}

/// Deserializes a list of strings and refuses numbers in it.
///
/// # Errors
/// Fails on anything but a list of strings; for a number the message says to quote it.
pub fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(QuotedList)
}

struct Quoted;

impl Visitor<'_> for Quoted {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quoted string of digits (引用符で囲んだ数字)")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
        Ok(value)
    }
}

struct OptionalQuoted;

impl<'de> Visitor<'de> for OptionalQuoted {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        string(deserializer).map(Some)
    }
}

struct QuotedList;

impl<'de> Visitor<'de> for QuotedList {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of quoted strings of digits (引用符で囲んだ数字の一覧)")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(64));
        while let Some(Item(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
}

struct Item(String);

impl<'de> serde::Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string(deserializer).map(Item)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Sample {
        #[serde(deserialize_with = "super::string")]
        code: String,
        #[serde(default, deserialize_with = "super::option")]
        account: Option<String>,
        #[serde(default, deserialize_with = "super::list")]
        businesses: Vec<String>,
    }

    fn read(json: &str) -> Result<Sample, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn strings_pass() {
        let sample = read(r#"{"code": "011002", "account": null, "businesses": ["001", "022-0"]}"#).unwrap();
        assert_eq!(sample.code, "011002");
        assert_eq!(sample.account, None);
        assert_eq!(sample.businesses, ["001", "022-0"]);
    }

    #[test]
    fn numbers_are_refused_with_advice() {
        for json in [
            r#"{"code": 4610}"#,
            r#"{"code": "1", "account": 1}"#,
            r#"{"code": "1", "businesses": [1]}"#,
        ] {
            let message = read(json).unwrap_err();
            assert!(message.contains("quoted string"), "{message}");
            assert!(message.contains("引用符"), "{message}");
        }
    }
}
