//! Policies compare by meaning: AWS returns them in its own order and forms.

use jichitai_plan::policy::document::{Document, Effect, Scope, Statement, Words};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::rig::check;

fn words(of: &'static [&'static str]) -> impl Strategy<Value = Words> {
    btree_set(proptest::sample::select(of), 1..4).prop_map(|chosen| chosen.into_iter().map(str::to_owned).collect())
}

fn scope(of: &'static [&'static str]) -> impl Strategy<Value = Scope> {
    (words(of), any::<bool>()).prop_map(|(words, only)| if only { Scope::Only(words) } else { Scope::Except(words) })
}

const PRINCIPALS: &[&str] = &[
    "AWS:arn:aws:iam::111122223333:root",
    "AWS:arn:aws:iam::444455556666:root",
    "AWS:arn:aws:iam::111122223333:role/app",
    "Service:logs.ap-northeast-1.amazonaws.com",
    "Federated:arn:aws:iam::111122223333:oidc-provider/example.jp",
];
const ACTIONS: &[&str] = &["kms:Decrypt", "kms:Encrypt", "kms:*", "s3:GetObject"];
const RESOURCES: &[&str] = &["*", "arn:aws:s3:::files", "arn:aws:s3:::files/*"];

fn statement() -> impl Strategy<Value = Statement> {
    let values = words(&[
        "true",
        "false",
        "443",
        "arn:aws:iam::111122223333:role/app",
        "ec2.ap-northeast-1.amazonaws.com",
    ]);
    let keys = btree_map(
        proptest::sample::select(&["aws:PrincipalArn", "kms:ViaService", "aws:SecureTransport"][..]),
        values,
        1..3,
    );
    let conditions = btree_map(
        proptest::sample::select(&["StringEquals", "ArnLike", "Bool"][..]),
        keys,
        0..3,
    );
    (
        proptest::sample::select(&["", "Administration", "UseEbs", "Deny"][..]),
        any::<bool>(),
        option::of(scope(PRINCIPALS)),
        scope(ACTIONS),
        option::of(scope(RESOURCES)),
        conditions,
    )
        .prop_map(|(sid, allow, principals, actions, resources, conditions)| Statement {
            sid: sid.to_owned(),
            effect: if allow { Effect::Allow } else { Effect::Deny },
            principals,
            actions,
            resources,
            conditions: conditions
                .into_iter()
                .map(|(operator, keys)| {
                    (
                        operator.to_owned(),
                        keys.into_iter().map(|(key, values)| (key.to_owned(), values)).collect(),
                    )
                })
                .collect(),
        })
}

/// Choices to write the same thing differently, used up one by one.
struct Whims<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Whims<'_> {
    fn next(&mut self, below: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % below
    }

    /// The same list in another order, with something said twice, and one as a scalar.
    fn list(&mut self, value: &Value) -> Value {
        let Value::Array(list) = value else {
            return value.clone();
        };
        if list.len() == 1 && self.next(2) == 0 {
            return self.scalar(&list[0]);
        }
        let mut list: Vec<Value> = list.iter().map(|value| self.scalar(value)).collect();
        if let (0, Some(first)) = (self.next(3), list.first().cloned()) {
            list.push(first);
        }
        let shift = usize::from(self.next(8)) % list.len().max(1);
        list.rotate_left(shift);
        Value::Array(list)
    }

    /// The same word: an account id for its root, a boolean or number for its text.
    fn scalar(&mut self, value: &Value) -> Value {
        let Value::String(text) = value else {
            return value.clone();
        };
        let root = text
            .strip_prefix("arn:aws:iam::")
            .and_then(|rest| rest.strip_suffix(":root"));
        match (self.next(2), text.as_str(), root) {
            (0, "true", _) => json!(true),
            (0, "false", _) => json!(false),
            (0, "443", _) => json!(443),
            (0, _, Some(account)) => json!(account),
            _ => value.clone(),
        }
    }

    fn statement(&mut self, statement: &Value) -> Value {
        let mut written = Map::new();
        for (key, value) in statement.as_object().into_iter().flatten() {
            let value = match key.as_str() {
                "Principal" | "NotPrincipal" => self.each(value),
                "Condition" => {
                    let operators = value.as_object().into_iter().flatten();
                    operators
                        .map(|(operator, keys)| (operator.clone(), self.each(keys)))
                        .collect::<Map<_, _>>()
                        .into()
                }
                "Sid" | "Effect" => value.clone(),
                _ => self.list(value),
            };
            written.insert(key.clone(), value);
        }
        Value::Object(written)
    }

    fn each(&mut self, value: &Value) -> Value {
        match value.as_object() {
            Some(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), self.list(value)))
                .collect::<Map<_, _>>()
                .into(),
            None => value.clone(),
        }
    }
}

/// Whatever AWS makes of the order, of lists with one word, and of account ids, it means the same.
#[test]
fn a_policy_written_differently_means_the_same() {
    check(
        400,
        (vec(statement(), 1..5), vec(any::<u8>(), 40)),
        |(statements, whims)| {
            let document = Document::new(statements);
            let text = document.to_json();
            let parsed = Document::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(parsed.means_the_same(&document), "{text}");
            let value: Value = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let mut whims = Whims(whims.iter().cycle());
            let list = value["Statement"].as_array().cloned().unwrap_or_default();
            let mut list: Vec<Value> = list.iter().map(|one| whims.statement(one)).collect();
            let shift = usize::from(whims.next(8)) % list.len();
            list.rotate_left(shift);
            let statement = if list.len() == 1 && whims.next(2) == 0 {
                list[0].clone()
            } else {
                list.into()
            };
            let other = json!({ "Id": "key-policy", "Version": "2012-10-17", "Statement": statement }).to_string();
            let parsed = Document::parse(&other).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(parsed.means_the_same(&document), "{text}\n{other}");
            prop_assert!(document.means_the_same(&parsed));
            Ok(())
        },
    );
}

/// One word more or less, or one statement, is another policy; and what a policy covers it admits.
#[test]
fn another_policy_means_something_else() {
    check(
        200,
        (vec(statement(), 1..5), any::<proptest::sample::Index>(), 0..5_u8),
        |(statements, pick, change)| {
            let document = Document::new(statements);
            let mut other = document.clone();
            let place = pick.index(other.statements.len());
            let picked = &mut other.statements[place];
            match change {
                0 => drop(other.statements.remove(place)),
                1 => {
                    picked.effect = if picked.effect == Effect::Allow {
                        Effect::Deny
                    } else {
                        Effect::Allow
                    }
                }
                2 => picked.sid.push('X'),
                3 => drop(
                    picked
                        .conditions
                        .entry("Null".into())
                        .or_default()
                        .insert("aws:SourceVpce".into(), Words::from(["true".into()])),
                ),
                _ => match &mut picked.actions {
                    Scope::Only(words) | Scope::Except(words) => drop(words.insert("kms:Sign".into())),
                },
            }
            let set = |document: &Document| {
                document
                    .statements
                    .iter()
                    .cloned()
                    .collect::<std::collections::BTreeSet<_>>()
            };
            prop_assert_eq!(document.means_the_same(&other), set(&document) == set(&other));
            for statement in &document.statements {
                prop_assert!(document.covers(statement));
            }
            Ok(())
        },
    );
}

/// `Principal: "*"` and `{"AWS": "*"}` are the same to AWS.
#[test]
fn everybody_is_everybody() {
    let document = |principal: Value| {
        let statement = json!({"Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": "*"});
        Document::parse(&json!({ "Statement": [statement] }).to_string()).expect("a policy")
    };
    let (short, long) = (document(json!("*")), document(json!({"AWS": ["*"]})));
    assert!(short.means_the_same(&long));
    assert!(
        Document::parse(&short.to_json())
            .expect("a policy")
            .means_the_same(&long)
    );
}
