//! Every document that is composed: written otherwise it is the same, with anything less another.

use jichitai_plan::policy::document::{Document, Scope, Statement, Version, Words};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::world;

/// Choices to write the same thing differently, used up one by one.
struct Whims<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Whims<'_> {
    fn next(&mut self, below: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % below.max(1)
    }

    fn cased(&mut self, text: &str) -> String {
        match self.next(3) {
            0 => text.to_ascii_lowercase(),
            1 => text.to_ascii_uppercase(),
            _ => text.to_owned(),
        }
    }

    /// Another order, one word twice, and one word alone without a list.
    fn list(&mut self, value: &Value, word: impl Fn(&mut Self, &str) -> Value) -> Value {
        let list = value.as_array().expect("lists are written as lists");
        let mut list: Vec<Value> = list
            .iter()
            .filter_map(Value::as_str)
            .map(|text| word(self, text))
            .collect();
        if let [one] = &list[..]
            && self.next(2) == 0
        {
            return one.clone();
        }
        let by = self.next(list.len());
        list.rotate_left(by);
        list.extend(list.first().cloned());
        list.into()
    }

    fn principal(&mut self, value: &Value) -> Value {
        if *value == json!({"AWS": ["*"]}) && self.next(2) == 0 {
            return json!("*");
        }
        let kinds = value.as_object().expect("kinds").iter();
        let kinds = kinds.map(|(kind, list)| {
            let list = self.list(list, |whims, text| {
                let root = text
                    .strip_prefix("arn:aws:iam::")
                    .and_then(|rest| rest.strip_suffix(":root"));
                match root.filter(|_| whims.next(2) == 0) {
                    Some(account) => json!(account),
                    None => json!(text),
                }
            });
            (kind.clone(), list)
        });
        Value::Object(kinds.collect())
    }

    fn condition(&mut self, value: &Value) -> Value {
        let operators = value.as_object().expect("operators");
        let mut written: Map<String, Value> = operators
            .iter()
            .map(|(operator, keys)| {
                let keys = keys.as_object().expect("keys").iter();
                let keys = keys.map(|(key, values)| {
                    let values = self.list(values, |whims, text| match (text, whims.next(2)) {
                        ("true" | "false", 0) => json!(text == "true"),
                        ("1.2", 0) => json!(1.2),
                        _ => json!(text),
                    });
                    (self.cased(key), values)
                });
                (operator.clone(), Value::Object(keys.collect()))
            })
            .collect();
        if self.next(3) == 0 {
            written.insert("DateLessThan".into(), json!({}));
        }
        written.into()
    }

    fn statement(&mut self, statement: &Value) -> Value {
        let fields = statement.as_object().expect("a statement").iter();
        let mut written: Map<String, Value> = fields
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "Principal" => self.principal(value),
                    "Action" => self.list(value, |whims, text| json!(whims.cased(text))),
                    "Resource" => self.list(value, |_, text| json!(text)),
                    "Condition" => self.condition(value),
                    _ => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        if !written.contains_key("Condition") && self.next(2) == 0 {
            written.insert("Condition".into(), json!({}));
        }
        written.into()
    }
}

#[test]
fn written_otherwise_it_is_the_same() {
    let mut runner = TestRunner::new_with_rng(
        Config::with_cases(40),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let documents = world::documents();
    let outcome = runner.run(&proptest::collection::vec(any::<u8>(), 97), |whims| {
        for (name, document) in &documents {
            let mut whims = Whims(whims.iter().cycle());
            let value: Value = serde_json::from_str(&document.to_json()).expect("JSON");
            let list = value["Statement"].as_array().expect("statements");
            let mut list: Vec<Value> = list.iter().map(|one| whims.statement(one)).collect();
            let by = whims.next(list.len());
            list.rotate_left(by);
            let again = list[whims.next(list.len())].clone();
            list.push(again);
            let text = json!({"Id": "x", "Version": "2012-10-17", "Statement": list}).to_string();
            let live = Document::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(document.means_the_same(&live), "{name}\n{}\n{text}", document.to_json());
            prop_assert!(live.means_the_same(document), "{name}");
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The same statement with one word less, everywhere it can be left out.
fn lessened(statement: &Statement) -> Vec<Statement> {
    fn without(words: &Words) -> impl Iterator<Item = Words> {
        words.iter().map(|word| {
            let mut fewer = words.clone();
            fewer.remove(word);
            fewer
        })
    }
    let scopes = |scope: &Scope| match scope {
        Scope::Only(words) => without(words).map(Scope::Only).collect::<Vec<_>>(),
        Scope::Except(words) => without(words).map(Scope::Except).collect(),
    };
    let mut all = Vec::new();
    let with = |change: &dyn Fn(&mut Statement)| {
        let mut changed = statement.clone();
        change(&mut changed);
        changed
    };
    for scope in statement.principals.iter().flat_map(scopes) {
        all.push(with(&|one| one.principals = Some(scope.clone())));
    }
    for scope in scopes(&statement.actions) {
        all.push(with(&|one| one.actions = scope.clone()));
    }
    for scope in statement.resources.iter().flat_map(scopes) {
        all.push(with(&|one| one.resources = Some(scope.clone())));
    }
    for (operator, keys) in &statement.conditions {
        for (key, values) in keys {
            all.push(with(&|one| {
                one.conditions.entry(operator.clone()).or_default().remove(key);
            }));
            for fewer in without(values) {
                all.push(with(&|one| {
                    let keys = one.conditions.entry(operator.clone()).or_default();
                    keys.insert(key.clone(), fewer.clone());
                }));
            }
        }
    }
    all
}

#[test]
fn with_anything_less_it_is_another() {
    let mut tried = 0;
    for (name, document) in world::documents() {
        for at in 0..document.statements.len() {
            let mut fewer = document.clone();
            let statement = fewer.statements.remove(at);
            assert!(!document.means_the_same(&fewer), "{name} without {}", statement.sid);
            for less in lessened(&statement) {
                let mut other = document.clone();
                other.statements[at] = less;
                assert!(!document.means_the_same(&other), "{name}: {:?}", other.statements[at]);
                tried += 1;
            }
        }
        let old = Document {
            version: Version::V2008,
            ..document.clone()
        };
        assert!(!document.means_the_same(&old), "{name} in the old language");
    }
    assert!(tried > 500, "{tried} words");
}

/// The unique id of a deleted principal is a difference, beside a wanted principal and in its place;
/// one put of what is wanted ends it.
#[test]
fn what_is_left_of_a_deleted_principal_is_no_principal() {
    for (name, document) in world::documents() {
        for (at, statement) in document.statements.iter().enumerate() {
            let Some(Scope::Only(words)) = &statement.principals else {
                continue;
            };
            let leftover = "AWS:AROAEXAMPLEEXAMPLE123".to_owned();
            let mut beside = words.clone();
            beside.insert(leftover.clone());
            for words in [beside, Words::from([leftover])] {
                let mut live = document.clone();
                live.statements[at].principals = Some(Scope::Only(words));
                let live = Document::parse(&live.to_json()).expect("a policy");
                assert!(!document.means_the_same(&live), "{name}: {}", statement.sid);
            }
        }
        let put = Document::parse(&document.to_json()).expect("a policy");
        assert!(document.means_the_same(&put), "{name}");
        assert!(!document.to_json().contains("AROA"), "{name}");
    }
}

/// Two spellings of one condition key are two conditions, both asked for.
#[test]
fn two_spellings_are_two_conditions() {
    let parse = |condition: Value| {
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition});
        Document::parse(&json!({"Version": "2012-10-17", "Statement": statement}).to_string())
    };
    let both = parse(json!({"StringEquals": {"aws:SourceVpce": "a", "AWS:SourceVpce": "b"}})).expect("a policy");
    let either = parse(json!({"StringEquals": {"aws:SourceVpce": ["a", "b"]}})).expect("a policy");
    assert!(!both.means_the_same(&either));
    assert!(both.means_the_same(&both.clone()));
    assert!(parse(json!("everything")).is_err());
    assert!(parse(json!({"StringEquals": "aws:SourceVpce"})).is_err());
}
