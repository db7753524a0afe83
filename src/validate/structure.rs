//! What a structural schema asks of a value besides its rules, in the words of the API server.

use std::collections::BTreeSet;

use jichitai_plan::plan::Text;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use serde_json::{Map, Value};

use crate::finding::{Finding, Path};
use crate::schema::{Kind, Schema};

/// How large a value may be.
pub(crate) struct Limits {
    length: Range<i64>,
    items: Range<i64>,
    properties: Range<i64>,
    value: Range<f64>,
}

struct Range<T> {
    least: Option<T>,
    most: Option<T>,
}

impl Limits {
    pub(crate) fn of(props: &JSONSchemaProps) -> Self {
        Self {
            length: Range {
                least: props.min_length,
                most: props.max_length,
            },
            items: Range {
                least: props.min_items,
                most: props.max_items,
            },
            properties: Range {
                least: props.min_properties,
                most: props.max_properties,
            },
            value: Range {
                least: props.minimum,
                most: props.maximum,
            },
        }
    }
}

/// What must not be twice in a list.
pub(crate) enum Uniqueness {
    /// Anything may.
    Nothing,
    /// An item.
    Items,
    /// The values of these fields together.
    Keys(Vec<String>),
}

impl Uniqueness {
    pub(crate) fn of(props: &JSONSchemaProps) -> Self {
        match props.x_kubernetes_list_type.as_deref() {
            Some("set") => Self::Items,
            Some("map") => Self::Keys(props.x_kubernetes_list_map_keys.clone().unwrap_or_default()),
            _ => Self::Nothing,
        }
    }
}

/// Type, size, options and form of one value; whether nothing is wrong.
pub(crate) fn check(schema: &Schema, value: &Value, path: &Path<'_>, findings: &mut Vec<Finding>) -> bool {
    if !schema.kind.admits(value) {
        findings.push(wrong_type(schema.kind, value, path));
        return false;
    }
    let before = findings.len();
    let mut add = |text: Option<Text>| {
        findings.extend(text.map(|message| Finding {
            path: path.to_string(),
            message,
        }));
    };
    let Limits {
        length,
        items,
        properties,
        value: magnitude,
    } = &schema.limits;
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    match value {
        Value::String(text) => {
            add(length.text(
                count(text.chars().count()),
                ("should be", "chars long"),
                ("長さは", "文字"),
            ));
            add(form(schema, text));
        }
        Value::Array(all) => add(items.text(count(all.len()), ("should have", "items"), ("個数は", "個"))),
        Value::Object(all) => {
            add(properties.text(count(all.len()), ("should have", "properties"), ("個数は", "個")));
        }
        Value::Number(number) => add(number.as_f64().and_then(|number| magnitude.magnitude(number))),
        Value::Null | Value::Bool(_) => {}
    }
    if !schema.options.is_empty() && !schema.options.contains(value) {
        let all: Vec<String> = schema.options.iter().map(Value::to_string).collect();
        let all = all.join(", ");
        add(Some(Text::new(
            format!("Unsupported value: {value}: supported values: {all}"),
            format!("{value} は使えません。使えるのは {all} です"),
        )));
    }
    findings.len() == before
}

impl Range<i64> {
    fn text(&self, count: i64, (en, unit_en): (&str, &str), (ja, unit_ja): (&str, &str)) -> Option<Text> {
        let outside = |limit: i64, en_word: &str, ja_word: &str| {
            Text::new(
                format!("{en} {en_word} {limit} {unit_en}, not {count}"),
                format!("{ja} {limit} {unit_ja}{ja_word}にしてください(現在 {count})"),
            )
        };
        let least = self.least.filter(|least| count < *least);
        let most = self.most.filter(|most| count > *most);
        least
            .map(|limit| outside(limit, "at least", "以上"))
            .or_else(|| most.map(|limit| outside(limit, "at most", "以下")))
    }
}

impl Range<f64> {
    fn magnitude(&self, number: f64) -> Option<Text> {
        let outside = |limit: f64, en: &str, ja: &str| {
            Text::new(
                format!("should be {en} than or equal to {limit}, not {number}"),
                format!("{limit} {ja}にしてください(現在 {number})"),
            )
        };
        let least = self.least.filter(|least| number < *least);
        let most = self.most.filter(|most| number > *most);
        least
            .map(|limit| outside(limit, "greater", "以上"))
            .or_else(|| most.map(|limit| outside(limit, "less", "以下")))
    }
}

fn form(schema: &Schema, text: &str) -> Option<Text> {
    if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        return Some(Text::new(
            format!("should match '{pattern}'"),
            format!("'{pattern}' の形にしてください"),
        ));
    }
    let is_time = || serde_json::from_value::<k8s_openapi::jiff::Timestamp>(Value::from(text)).is_ok();
    (schema.is_time && !is_time()).then(|| {
        Text::new(
            "must be a time as in RFC 3339: 2026-04-01T09:00:00+09:00",
            "RFC 3339 の時刻(2026-04-01T09:00:00+09:00)にしてください",
        )
    })
}

fn wrong_type(kind: Kind, value: &Value, path: &Path<'_>) -> Finding {
    let (want, want_ja) = match kind {
        Kind::Object => ("object", "マップ(キー: 値)"),
        Kind::Array => ("array", "リスト"),
        Kind::String => ("string", "文字列"),
        Kind::Integer => ("integer", "整数"),
        Kind::Number => ("number", "数値"),
        Kind::Boolean => ("boolean", "true か false"),
        Kind::IntOrString => ("integer or string", "整数か文字列"),
        Kind::Any => ("value", "値"),
    };
    let (is, is_ja) = match value {
        Value::Null => ("null", "null"),
        Value::Bool(_) => ("boolean", "真偽値"),
        Value::Number(_) => ("number", "数値"),
        Value::String(_) => ("string", "文字列"),
        Value::Array(_) => ("array", "リスト"),
        Value::Object(_) => ("object", "マップ"),
    };
    let quote = kind == Kind::String && (value.is_number() || value.is_boolean());
    let (en, ja) = match quote {
        true => (": put it in quotes", "(引用符で囲みます)"),
        false => ("", ""),
    };
    Finding::at(
        path,
        format!("must be of type {want}, not {is}{en}"),
        format!("{want_ja}にしてください{ja}。現在は{is_ja}です"),
    )
}

/// Whether every required field is there.
pub(crate) fn check_required(
    schema: &Schema,
    object: &Map<String, Value>,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) -> bool {
    let missing = schema.required.iter().filter(|name| !object.contains_key(*name));
    let before = findings.len();
    findings.extend(missing.map(|name| Finding::at(&path.field(name), "Required value", "必須です")));
    findings.len() == before
}

/// Whether nothing is twice that may be once.
pub(crate) fn check_unique(schema: &Schema, items: &[Value], path: &Path<'_>, findings: &mut Vec<Finding>) -> bool {
    let key_of = |item: &Value| match &schema.uniqueness {
        Uniqueness::Nothing => None,
        Uniqueness::Items => Some(item.to_string()),
        Uniqueness::Keys(keys) => {
            let of = |key: &String| Some((key.clone(), item.get(key)?.clone()));
            Some(Value::Object(keys.iter().filter_map(of).collect()).to_string())
        }
    };
    let mut seen = BTreeSet::new();
    let before = findings.len();
    for (index, item) in items.iter().enumerate() {
        let Some(key) = key_of(item) else { break };
        if seen.contains(&key) {
            findings.push(Finding::at(
                &path.index(index),
                format!("Duplicate value: {key}"),
                format!("{key} が重複しています"),
            ));
        }
        seen.insert(key);
    }
    findings.len() == before
}
