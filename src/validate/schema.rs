//! A structural schema, read once and walked for every object.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::Value;

use crate::finding::{Finding, Path};
use crate::rule::{Engine, Rule, RuleError};
use crate::structure::{self, Limits, Uniqueness};

/// What a value may be.
pub(crate) struct Schema {
    pub(crate) kind: Kind,
    pub(crate) required: Vec<String>,
    fields: BTreeMap<String, Schema>,
    /// Of a map with keys that people choose.
    values: Option<Box<Schema>>,
    item: Option<Box<Schema>>,
    default: Option<Value>,
    pub(crate) options: Vec<Value>,
    pub(crate) pattern: Option<Regex>,
    pub(crate) is_time: bool,
    pub(crate) limits: Limits,
    pub(crate) uniqueness: Uniqueness,
    rules: Vec<Rule>,
}

/// The types of a structural schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    Any,
}

impl Schema {
    pub(crate) fn of(props: &JSONSchemaProps, engine: &Engine) -> Result<Self, RuleError> {
        let of = |props: &JSONSchemaProps| Self::of(props, engine);
        let mut fields = BTreeMap::new();
        for (name, props) in props.properties.iter().flatten() {
            fields.insert(name.clone(), of(props)?);
        }
        let values = match &props.additional_properties {
            Some(JSONSchemaPropsOrBool::Schema(props)) => Some(Box::new(of(props)?)),
            Some(JSONSchemaPropsOrBool::Bool(_)) | None => None,
        };
        let item = match &props.items {
            Some(JSONSchemaPropsOrArray::Schema(props)) => Some(Box::new(of(props)?)),
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => None,
        };
        let rules: Result<Vec<Rule>, RuleError> = props
            .x_kubernetes_validations
            .iter()
            .flatten()
            .filter_map(|rule| engine.rule(rule).transpose())
            .collect();
        let pattern = props.pattern.as_deref().map(Regex::new).transpose();
        Ok(Self {
            kind: Kind::of(props),
            required: props.required.clone().unwrap_or_default(),
            fields,
            values,
            item,
            default: props.default.as_ref().map(|default| default.0.clone()),
            options: props.enum_.iter().flatten().map(|option| option.0.clone()).collect(),
            pattern: pattern.map_err(|error| RuleError::new(props.pattern.as_deref(), &error))?,
            is_time: props.format.as_deref() == Some("date-time"),
            limits: Limits::of(props),
            uniqueness: Uniqueness::of(props),
            rules: rules?,
        })
    }

    /// Walks a whole object. Its `metadata` belongs to no schema.
    pub(crate) fn check_root(&self, document: &mut Value, engine: &Engine, findings: &mut Vec<Finding>) {
        let path = Path::root();
        let Some(object) = document.as_object_mut() else {
            return;
        };
        for name in object.keys() {
            if !["apiVersion", "kind", "metadata"].contains(&name.as_str()) && !self.fields.contains_key(name) {
                findings.push(unknown_field(&path.field(name)));
            }
        }
        self.check_fields(object, &path, engine, findings);
        let is_sound = structure::check_required(self, object, &path, findings);
        if is_sound {
            self.check_rules(document, &path, engine, findings);
        }
    }

    /// Walks a value; whether its shape is right, here and below. Rules are asked only where it is.
    fn check(&self, value: &mut Value, path: &Path<'_>, engine: &Engine, findings: &mut Vec<Finding>) -> bool {
        let mut is_sound = structure::check(self, value, path, findings);
        if self.kind != Kind::Any && !self.kind.admits(value) {
            return false;
        }
        match value {
            Value::Object(object) => {
                for name in object.keys().filter(|name| !self.knows(name)) {
                    findings.push(unknown_field(&path.field(name)));
                }
                is_sound &= self.check_fields(object, path, engine, findings);
                is_sound &= structure::check_required(self, object, path, findings);
            }
            Value::Array(items) => {
                if let Some(schema) = &self.item {
                    for (index, item) in items.iter_mut().enumerate() {
                        is_sound &= schema.check(item, &path.index(index), engine, findings);
                    }
                }
                is_sound &= structure::check_unique(self, items, path, findings);
            }
            _ => {}
        }
        if is_sound {
            self.check_rules(value, path, engine, findings);
        }
        is_sound
    }

    fn knows(&self, name: &str) -> bool {
        self.values.is_some() || self.fields.contains_key(name) || self.kind == Kind::Any
    }

    /// Null means "not set": it is dropped, and the default takes its place.
    fn check_fields(
        &self,
        object: &mut serde_json::Map<String, Value>,
        path: &Path<'_>,
        engine: &Engine,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let mut is_sound = true;
        for (name, schema) in &self.fields {
            if object.get(name).is_some_and(Value::is_null) {
                object.remove(name);
            }
            if let Some(default) = schema.default.as_ref().filter(|_| !object.contains_key(name)) {
                object.insert(name.clone(), default.clone());
            }
            if let Some(value) = object.get_mut(name) {
                is_sound &= schema.check(value, &path.field(name), engine, findings);
            }
        }
        if let Some(schema) = &self.values {
            for (key, value) in object.iter_mut().filter(|(key, _)| !self.fields.contains_key(*key)) {
                if value.is_null() {
                    findings.push(without_value(&path.key(key)));
                    is_sound = false;
                    continue;
                }
                is_sound &= schema.check(value, &path.key(key), engine, findings);
            }
        }
        is_sound
    }

    fn check_rules(&self, value: &Value, path: &Path<'_>, engine: &Engine, findings: &mut Vec<Finding>) {
        if !self.rules.is_empty() {
            findings.extend(engine.broken(&self.rules, value, path));
        }
    }
}

impl Kind {
    fn of(props: &JSONSchemaProps) -> Self {
        match props.type_.as_deref() {
            _ if props.x_kubernetes_int_or_string == Some(true) => Self::IntOrString,
            Some("object") => Self::Object,
            Some("array") => Self::Array,
            Some("string") => Self::String,
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            _ => Self::Any,
        }
    }

    pub(crate) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::IntOrString => value.is_i64() || value.is_u64() || value.is_string(),
            Self::Any => true,
        }
    }
}

/// The API server drops such an entry without a word.
fn without_value(path: &Path<'_>) -> Finding {
    Finding::at(
        path,
        "has no value, and would be dropped: give it one, or take it out",
        "値がなく、適用時に失われます。値を書くか、削除してください",
    )
}

fn unknown_field(path: &Path<'_>) -> Finding {
    Finding::at(
        path,
        format!("unknown field \"{path}\": mend its name, or take it out"),
        format!("\"{path}\" という項目はありません。名前を直すか、削除してください"),
    )
}
