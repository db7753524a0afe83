//! A user's objects and files stay valid: the definitions against those of every released version.
//!
//! `tests/api/released/<version>/` holds the definitions as they were released. What could refuse or misread an object
//! that was valid under one of them is a break: it fails here unless `tests/api/released/accepted.txt` has its line, which
//! only happens with a new API version or an entry under "Breaking" in the changelog.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The definitions in a folder, by name.
fn definitions(folder: &Path) -> BTreeMap<String, Value> {
    let entries = std::fs::read_dir(folder).expect("a folder of definitions");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a definition");
        let definition: Value = serde_saphyr::from_str(&text).expect("YAML");
        let name = definition["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        (name, definition)
    };
    paths.map(read).collect()
}

/// What of `old` no longer holds in `new`, a line each.
fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for place in ["/spec/group", "/spec/scope", "/spec/names/kind", "/spec/names/plural"] {
        if old.pointer(place) != new.pointer(place) {
            lines.push(format!("{place} changed"));
        }
    }
    let short = |definition: &Value| words(&definition["spec"]["names"]["shortNames"]);
    lines.extend(
        short(old)
            .difference(&short(new))
            .map(|name| format!("short name {name} is gone")),
    );
    let versions = |definition: &Value| {
        let versions = definition["spec"]["versions"].as_array().cloned().unwrap_or_default();
        let served = versions.into_iter().filter(|version| version["served"] == true);
        served
            .map(|version| (version["name"].as_str().unwrap_or_default().to_owned(), version))
            .collect::<BTreeMap<_, _>>()
    };
    let newer = versions(new);
    for (name, version) in versions(old) {
        match newer.get(&name) {
            None => lines.push(format!("{name} is not served any more")),
            Some(other) => {
                let schema = |version: &Value| version["schema"]["openAPIV3Schema"].clone();
                narrowed(&schema(&version), &schema(other), &name, &mut lines);
            }
        }
    }
    lines
}

/// What a schema no longer takes, or takes for something else.
fn narrowed(old: &Value, new: &Value, path: &str, lines: &mut Vec<String>) {
    let mut say = |what: String| lines.push(format!("{path}: {what}"));
    for word in [
        "type",
        "format",
        "pattern",
        "default",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
    ] {
        let loosened = new[word].is_null() && matches!(word, "format" | "pattern");
        let restated = old[word].is_null() && word == "default" && !new[word].is_null();
        if old[word] != new[word] && !loosened && !restated {
            say(format!("{word} was {} and is {}", old[word], new[word]));
        }
    }
    for (word, sign) in [
        ("maximum", 1.0),
        ("maxLength", 1.0),
        ("maxItems", 1.0),
        ("maxProperties", 1.0),
    ]
    .into_iter()
    .chain([
        ("minimum", -1.0),
        ("minLength", -1.0),
        ("minItems", -1.0),
        ("minProperties", -1.0),
    ]) {
        let tighter = match (old[word].as_f64(), new[word].as_f64()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(after)) => sign * after < sign * before,
        };
        if tighter {
            say(format!("{word} was {} and is {}", old[word], new[word]));
        }
    }
    if !new["enum"].is_null() {
        match old["enum"].is_null() {
            true => say("only some values are taken any more".to_owned()),
            false => words(&old["enum"])
                .difference(&words(&new["enum"]))
                .for_each(|value| say(format!("{value} is not taken any more"))),
        }
    }
    let rules = |schema: &Value| -> BTreeSet<String> {
        let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
        rules
            .filter_map(|rule| rule["rule"].as_str().map(str::to_owned))
            .collect()
    };
    for rule in rules(new).difference(&rules(old)) {
        say(format!("a new rule: {rule}"));
    }
    let default = |name: &String| !new["properties"][name.as_str()]["default"].is_null();
    for name in words(&new["required"]).difference(&words(&old["required"])) {
        if !default(name) {
            say(format!("{name} is required"));
        }
    }
    for (name, before) in old["properties"].as_object().into_iter().flatten() {
        match new["properties"].get(name) {
            None if new["x-kubernetes-preserve-unknown-fields"] == true => {}
            None => lines.push(format!("{path}.{name}: gone")),
            Some(after) => narrowed(before, after, &format!("{path}.{name}"), lines),
        }
    }
    for (word, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if old[word].is_object() {
            narrowed(&old[word], &new[word], &format!("{path}{mark}"), lines);
        }
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect()
}

#[test]
fn what_was_released_stays_valid() {
    let released = root().join("tests/api/released");
    let accepted = std::fs::read_to_string(released.join("accepted.txt")).expect("the accepted breaks");
    let accepted: BTreeSet<&str> = accepted.lines().filter(|line| !line.starts_with('#')).collect();
    let now = definitions(&root().join("crds"));
    let (mut versions, mut broken) = (0, Vec::new());
    for entry in std::fs::read_dir(&released).expect("the released versions") {
        let folder = entry.expect("an entry").path();
        if !folder.is_dir() {
            continue;
        }
        versions += 1;
        let version = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (name, old) in definitions(&folder) {
            let lines = match now.get(&name) {
                None => vec!["the kind is gone".to_owned()],
                Some(new) => breaks(&old, new),
            };
            broken.extend(lines.into_iter().map(|line| format!("{version} {name} {line}")));
        }
    }
    assert!(versions > 0, "no released version in {}", released.display());
    broken.retain(|line| !accepted.contains(line.as_str()));
    assert!(
        broken.is_empty(),
        "objects that were valid may be refused or misread:\n{}",
        broken.join("\n")
    );
}

/// A definition of one field `spec.a`.
fn definition(field: &Value) -> Value {
    json!({"spec": {
        "group": "jichitai.dev", "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things", "shortNames": ["th"]},
        "versions": [{"name": "v1", "served": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
            "spec": {"type": "object", "properties": {"a": field}},
        }}}}],
    }})
}

#[test]
fn what_narrows_is_found() {
    let cases = [
        (json!({"type": "string"}), json!({"type": "integer"}), "type was"),
        (json!({"enum": ["A", "B"]}), json!({"enum": ["A"]}), "B is not taken"),
        (
            json!({"type": "string"}),
            json!({"type": "string", "enum": ["A"]}),
            "only some values",
        ),
        (json!({"maxLength": 9}), json!({"maxLength": 8}), "maxLength was 9"),
        (json!({}), json!({"minItems": 1}), "minItems was null"),
        (json!({"minimum": 1}), json!({"minimum": 2}), "minimum was 1"),
        (json!({}), json!({"pattern": "^a$"}), "pattern was null"),
        (json!({"default": "A"}), json!({"default": "B"}), "default was"),
        (json!({"default": "A"}), json!({}), "default was"),
        (json!({}), json!({"required": ["b"]}), "b is required"),
        (
            json!({}),
            json!({"x-kubernetes-validations": [{"rule": "self != ''"}]}),
            "a new rule: self != ''",
        ),
        (
            json!({"properties": {"b": {}}}),
            json!({"properties": {}}),
            "spec.a.b: gone",
        ),
        (
            json!({"items": {"enum": ["A", "B"]}}),
            json!({"items": {"enum": ["B"]}}),
            "spec.a[]: A is not taken",
        ),
        (
            json!({"additionalProperties": {"type": "string"}}),
            json!({"additionalProperties": {"type": "object"}}),
            "spec.a{}: type was",
        ),
        (
            json!({"x-kubernetes-list-type": "map"}),
            json!({"x-kubernetes-list-type": "atomic"}),
            "x-kubernetes-list-type was",
        ),
    ];
    for (old, new, expected) in cases {
        let lines = breaks(&definition(&old), &definition(&new));
        assert!(
            lines.len() == 1 && lines[0].contains(expected),
            "{old} → {new}: {lines:?}"
        );
    }
}

#[test]
fn what_widens_is_no_break() {
    let cases = [
        (json!({"enum": ["A"]}), json!({"enum": ["A", "B"]})),
        (json!({"enum": ["A"]}), json!({})),
        (json!({"maxLength": 8}), json!({"maxLength": 9})),
        (json!({"minimum": 2}), json!({"minimum": 1})),
        (json!({"maxItems": 2}), json!({})),
        (json!({"pattern": "^a$"}), json!({})),
        (json!({}), json!({"default": "A"})),
        (json!({"required": ["b"]}), json!({})),
        (
            json!({}),
            json!({"properties": {"b": {"default": 1}}, "required": ["b"]}),
        ),
        (
            json!({"properties": {}}),
            json!({"properties": {"b": {"type": "string"}}}),
        ),
        (json!({"x-kubernetes-validations": [{"rule": "true"}]}), json!({})),
        (json!({"description": "x"}), json!({"description": "y"})),
    ];
    for (old, new) in cases {
        let lines = breaks(&definition(&old), &definition(&new));
        assert!(lines.is_empty(), "{old} → {new}: {lines:?}");
    }
    let mut renamed = definition(&json!({}));
    renamed["spec"]["versions"][0]["name"] = json!("v2");
    renamed["spec"]["names"]["shortNames"] = json!([]);
    let lines = breaks(&definition(&json!({})), &renamed);
    assert_eq!(lines, ["short name th is gone", "v1 is not served any more"]);
}
