//! A policy document that compares by meaning: the order of statements and lists, scalars instead
//! of one-element lists, and account ids instead of root ARNs make no difference, because AWS
//! stores and returns policies in its own compact form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A set of strings as policies use them: order and repetition mean nothing.
pub type Words = BTreeSet<String>;

/// Allow or Deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Allows, unless something denies.
    Allow,
    /// Denies, whatever allows.
    Deny,
}

/// A list that is meant, or meant to be excluded (`NotAction`, `NotResource`, `NotPrincipal`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// These.
    Only(Words),
    /// All but these.
    Except(Words),
}

/// One statement. `principals` are `Kind:value` pairs, for example `AWS:arn:aws:iam::…:root`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// The statement's id; empty when there is none.
    pub sid: String,
    /// Allow or Deny.
    pub effect: Effect,
    /// Who.
    pub principals: Option<Scope>,
    /// What.
    pub actions: Scope,
    /// On what; absent in trust policies.
    pub resources: Option<Scope>,
    /// Operator → key → values.
    pub conditions: BTreeMap<String, BTreeMap<String, Words>>,
}

/// A whole policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The statements, in the order in which they are written.
    pub statements: Vec<Statement>,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a policy document: {0}")]
pub struct NotAPolicy(String);

impl Statement {
    /// An `Allow` in a key policy, where the resource is always the key itself.
    #[must_use]
    pub fn allow(sid: &str, principals: &[String], actions: &[&str]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect: Effect::Allow,
            principals: Some(Scope::Only(principals.iter().map(|arn| format!("AWS:{arn}")).collect())),
            actions: Scope::Only(actions.iter().map(|&action| action.to_owned()).collect()),
            resources: Some(Scope::Only(Words::from(["*".to_owned()]))),
            conditions: BTreeMap::new(),
        }
    }

    /// The same with one more condition.
    #[must_use]
    pub fn when(mut self, operator: &str, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.conditions
            .entry(operator.into())
            .or_default()
            .insert(key.into(), values.into_iter().collect());
        self
    }

    /// Whether the operator composes statements under this id.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        crate::policy::key_policy::is_our_sid(&self.sid)
    }

    /// Whether this one admits everything that `other` admits, as far as can be seen from the
    /// lists alone (no wildcard reasoning: a doubt counts as no).
    fn admits_all_of(&self, other: &Self) -> bool {
        let same_conditions = self.conditions.len() == other.conditions.len()
            && self.conditions.iter().all(|(operator, keys)| {
                other.conditions.get(operator).is_some_and(|others| {
                    keys.len() == others.len()
                        && keys
                            .iter()
                            .all(|(key, values)| others.get(key).is_some_and(|more| more.is_subset(values)))
                })
            });
        self.effect == other.effect
            && same_conditions
            && includes(self.principals.as_ref(), other.principals.as_ref())
            && includes(Some(&self.actions), Some(&other.actions))
            && includes(self.resources.as_ref(), other.resources.as_ref())
    }
}

fn includes(wide: Option<&Scope>, narrow: Option<&Scope>) -> bool {
    match (wide, narrow) {
        (Some(Scope::Only(wide)), Some(Scope::Only(narrow))) => narrow.is_subset(wide),
        (Some(Scope::Except(wide)), Some(Scope::Except(narrow))) => wide.is_subset(narrow),
        (wide, narrow) => wide == narrow,
    }
}

impl Document {
    /// Whether both allow and deny the same, written differently or not.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        let set = |document: &Self| document.statements.iter().cloned().collect::<BTreeSet<_>>();
        set(self) == set(other)
    }

    /// Whether some statement here admits all that `statement` admits. A Deny takes nothing away by
    /// being absent, so it is always covered.
    #[must_use]
    pub fn covers(&self, statement: &Statement) -> bool {
        statement.effect == Effect::Deny || self.statements.iter().any(|mine| mine.admits_all_of(statement))
    }

    /// The statement ids as one line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let sids: Vec<&str> = self.statements.iter().map(|statement| statement.sid.as_str()).collect();
        format!("{} statements: {}", sids.len(), sids.join(", "))
    }

    /// The JSON to send to AWS.
    #[must_use]
    pub fn to_json(&self) -> String {
        let statements: Vec<Value> = self.statements.iter().map(statement_json).collect();
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    }

    /// Parses what AWS returned.
    ///
    /// # Errors
    /// When the text is not JSON or lacks what every policy has.
    pub fn parse(text: &str) -> Result<Self, NotAPolicy> {
        let value: Value = serde_json::from_str(text).map_err(|error| NotAPolicy(error.to_string()))?;
        let statements = match value.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(statement).collect::<Result<_, _>>()?,
            Some(one) => vec![statement(one)?],
            None => return Err(NotAPolicy("no Statement".into())),
        };
        Ok(Self { statements })
    }
}

fn statement_json(statement: &Statement) -> Value {
    let Statement {
        sid,
        effect,
        principals,
        actions,
        resources,
        conditions,
    } = statement;
    let mut map = Map::new();
    if !sid.is_empty() {
        map.insert("Sid".into(), json!(sid));
    }
    map.insert(
        "Effect".into(),
        json!(match effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }),
    );
    if let Some(scope) = principals {
        let (name, words) = keyed("Principal", scope);
        map.insert(name, principal_json(words));
    }
    let (name, words) = keyed("Action", actions);
    map.insert(name, json!(words));
    if let Some(scope) = resources {
        let (name, words) = keyed("Resource", scope);
        map.insert(name, json!(words));
    }
    if !conditions.is_empty() {
        map.insert("Condition".into(), json!(conditions));
    }
    Value::Object(map)
}

fn keyed<'a>(name: &str, scope: &'a Scope) -> (String, &'a Words) {
    match scope {
        Scope::Only(words) => (name.to_owned(), words),
        Scope::Except(words) => (format!("Not{name}"), words),
    }
}

fn principal_json(words: &Words) -> Value {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for word in words {
        let (kind, value) = word.split_once(':').unwrap_or(("AWS", word));
        kinds.entry(kind).or_default().push(value);
    }
    json!(kinds)
}

fn statement(value: &Value) -> Result<Statement, NotAPolicy> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let effect = match text("Effect").as_str() {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        other => return Err(NotAPolicy(format!("Effect {other:?}"))),
    };
    let scope = |name: &str, read: fn(&Value) -> Result<Words, NotAPolicy>| -> Result<Option<Scope>, NotAPolicy> {
        match (value.get(name), value.get(format!("Not{name}"))) {
            (Some(only), _) => Ok(Some(Scope::Only(read(only)?))),
            (None, Some(except)) => Ok(Some(Scope::Except(read(except)?))),
            (None, None) => Ok(None),
        }
    };
    Ok(Statement {
        sid: text("Sid"),
        effect,
        principals: scope("Principal", principals)?,
        actions: scope("Action", words)?.ok_or_else(|| NotAPolicy("a statement without Action".into()))?,
        resources: scope("Resource", words)?,
        conditions: conditions(value.get("Condition"))?,
    })
}

fn words(value: &Value) -> Result<Words, NotAPolicy> {
    match value {
        Value::Array(list) => list.iter().map(word).collect(),
        one => Ok(Words::from([word(one)?])),
    }
}

fn word(value: &Value) -> Result<String, NotAPolicy> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(NotAPolicy(format!("unexpected {other}"))),
    }
}

fn principals(value: &Value) -> Result<Words, NotAPolicy> {
    let Value::Object(kinds) = value else {
        // To AWS everybody is the same as every AWS principal.
        return Ok(words(value)?.into_iter().map(|word| format!("AWS:{word}")).collect());
    };
    let mut all = Words::new();
    for (kind, values) in kinds {
        all.extend(words(values)?.into_iter().map(|value| match value.len() {
            // A bare account id means the account's root.
            12 if kind == "AWS" && value.bytes().all(|b| b.is_ascii_digit()) => {
                format!("AWS:arn:aws:iam::{value}:root")
            }
            _ => format!("{kind}:{value}"),
        }));
    }
    Ok(all)
}

fn conditions(value: Option<&Value>) -> Result<BTreeMap<String, BTreeMap<String, Words>>, NotAPolicy> {
    let mut all = BTreeMap::new();
    for (operator, keys) in value.and_then(Value::as_object).into_iter().flatten() {
        let mut read = BTreeMap::new();
        for (key, values) in keys.as_object().into_iter().flatten() {
            read.insert(key.clone(), words(values)?);
        }
        all.insert(operator.clone(), read);
    }
    Ok(all)
}
