//! A policy document that compares by meaning: the order of statements and lists, repetition, scalars
//! instead of one-element lists, account ids instead of root ARNs and the case of actions and
//! condition keys make no difference, because AWS stores and returns policies in its own compact form.

use std::collections::{BTreeMap, BTreeSet};

use litemap::LiteMap;
use serde_json::{Map, Value, json};

pub use super::words::Words;

/// Operator → key → values.
pub type Conditions = LiteMap<String, LiteMap<String, Words>>;

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

impl Scope {
    /// The words, meant or excluded.
    pub(super) fn words(&self) -> &Words {
        match self {
            Self::Only(words) | Self::Except(words) => words,
        }
    }
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
    pub conditions: Conditions,
}

/// The version of the policy language. Only the later one knows variables, so the same text can mean
/// two things.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, and what a policy without a version is.
    V2008,
    /// `2012-10-17`, the current one.
    #[default]
    V2012,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// A whole policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The version of the language.
    pub version: Version,
    /// The statements, in the order in which they are written.
    pub statements: Vec<Statement>,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a policy document: {0}")]
pub struct NotAPolicy(String);

impl Statement {
    fn new(sid: &str, effect: Effect, actions: &[&str]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect,
            principals: None,
            actions: Scope::Only(actions.iter().map(|&action| action.to_owned()).collect()),
            resources: None,
            conditions: Conditions::new(),
        }
    }

    /// An `Allow` that names nobody and nothing yet, as in a policy of a role.
    #[must_use]
    pub fn permit(sid: &str, actions: &[&str]) -> Self {
        Self::new(sid, Effect::Allow, actions)
    }

    /// A `Deny` to everybody, anonymous callers included, on nothing yet.
    #[must_use]
    pub fn deny(sid: &str, actions: &[&str]) -> Self {
        Self {
            principals: Some(Scope::Only(Words::from(["AWS:*".to_owned()]))),
            ..Self::new(sid, Effect::Deny, actions)
        }
    }

    /// An `Allow` in a key policy, where the resource is always the key itself.
    #[must_use]
    pub fn allow(sid: &str, principals: &[String], actions: &[&str]) -> Self {
        Self::permit(sid, actions)
            .by(principals.iter().cloned())
            .for_resources(["*".to_owned()])
    }

    /// The same for these AWS principals.
    #[must_use]
    pub fn by(mut self, principals: impl IntoIterator<Item = String>) -> Self {
        let words = principals.into_iter().map(|arn| format!("AWS:{arn}")).collect();
        self.principals = Some(Scope::Only(words));
        self
    }

    /// The same for an AWS service.
    #[must_use]
    pub fn by_service(mut self, service: &str) -> Self {
        self.principals = Some(Scope::Only(Words::from([format!("Service:{service}")])));
        self
    }

    /// The same for those who come with a token of an identity provider.
    #[must_use]
    pub fn by_provider(mut self, arn: &str) -> Self {
        self.principals = Some(Scope::Only(Words::from([format!("Federated:{arn}")])));
        self
    }

    /// The same on these resources.
    #[must_use]
    pub fn for_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = Some(Scope::Only(resources.into_iter().collect()));
        self
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

    /// Whether both say the same under the same id, written differently or not.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
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
    /// A policy of these statements in the current version of the language.
    #[must_use]
    pub fn new(statements: Vec<Statement>) -> Self {
        Self {
            version: Version::V2012,
            statements,
        }
    }

    /// Whether both allow and deny the same, written differently or not.
    ///
    /// A principal that was deleted stays in a stored policy as its unique id (`AROA…`, `AIDA…`). The
    /// operator names roles by `aws:PrincipalArn` under their account, so no document of ours has or
    /// gets such an id: where one stands it was written by somebody else, it is a difference like any
    /// other word, and one put of what is wanted takes it out for good. It never counts as the
    /// principal it once was.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        let set = |document: &Self| {
            document
                .statements
                .iter()
                .map(Statement::canonical)
                .collect::<BTreeSet<_>>()
        };
        self.version == other.version && set(self) == set(other)
    }

    /// Whether some statement here admits all that `statement` admits. A Deny takes nothing away by
    /// being absent, so it is always covered.
    #[must_use]
    pub fn covers(&self, statement: &Statement) -> bool {
        let statement = statement.canonical();
        statement.effect == Effect::Deny
            || self
                .statements
                .iter()
                .any(|mine| mine.canonical().admits_all_of(&statement))
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
        json!({ "Version": self.version.as_str(), "Statement": statements }).to_string()
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
        let version = match value.get("Version").and_then(Value::as_str) {
            Some("2012-10-17") => Version::V2012,
            Some("2008-10-17") | None => Version::V2008,
            Some(other) => return Err(NotAPolicy(format!("Version {other:?}"))),
        };
        Ok(Self { version, statements })
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
        all.extend(words(values)?.into_iter().map(|value| format!("{kind}:{value}")));
    }
    Ok(all)
}

fn conditions(value: Option<&Value>) -> Result<Conditions, NotAPolicy> {
    let object = |value: &Value| {
        let object = value.as_object().cloned();
        object.ok_or_else(|| NotAPolicy(format!("a condition {value}")))
    };
    let mut all = Conditions::new();
    for (operator, keys) in value.map(object).transpose()?.into_iter().flatten() {
        let mut read = LiteMap::new();
        for (key, values) in object(&keys)? {
            read.insert(key, words(&values)?);
        }
        all.insert(operator, read);
    }
    Ok(all)
}
