//! The CustomResourceDefinitions of all kinds, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, ValidationRule,
};
use kube::CustomResourceExt;
use serde_json::json;

use crate::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};

/// The definitions, in a fixed order.
pub fn all() -> [CustomResourceDefinition; 4] {
    [
        Municipality::crd(),
        FileLinkBucket::crd(),
        OsakaBackupPolicy::crd(),
        ResolverEndpoint::crd(),
    ]
    .map(finish)
}

/// The files of `crds/`: name and YAML text, in a fixed order.
///
/// # Errors
/// Fails if a definition cannot be written as YAML.
pub fn files() -> Result<Vec<(String, String)>, serde_saphyr::SerializeError> {
    all()
        .iter()
        .map(|crd| {
            let name = format!("{}.{}.yaml", crd.spec.names.plural, crd.spec.group);
            let body = serde_saphyr::to_string(crd)?;
            Ok((
                name,
                format!("# Generated from src/api by: cargo run -p jichitai-api --bin crdgen\n---\n{body}"),
            ))
        })
        .collect()
}

/// What the derive macros cannot say.
///
/// A status that nobody has written yet is of no generation: tools that compare it with the object's (kstatus, by which Flux
/// and kpt wait) would take an object without any for one that is as it shall be.
fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        if let Some(root) = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
        {
            simplify(root);
            if let Some(status) = root.properties.as_mut().and_then(|all| all.get_mut("status")) {
                status.default = Some(JSON(json!({"observedGeneration": -1})));
            }
            root.x_kubernetes_validations.get_or_insert_default().push(short_name());
        }
    }
    crd
}

/// Puts a schema as the API server and `kubectl explain` take it best.
///
/// Null means "not set" everywhere: the API server drops it, or puts the default in its place. Otherwise a
/// rule would have to tell an absent field from one that is null.
fn simplify(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.description = schema.description.take().map(|text| unwrap(&text));
    // The API server knows no unsigned formats; the minimum of 0 says the same.
    if schema
        .format
        .as_deref()
        .is_some_and(|format| format.starts_with("uint"))
    {
        schema.format = None;
    }
    for child in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        simplify(child);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(item)) = &mut schema.items {
        simplify(item);
    }
}

/// Joins the lines of each paragraph: where to break them is for `kubectl explain` to decide.
fn unwrap(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect();
    paragraphs.join("\n\n")
}

/// Names become part of AWS tags and names.
fn short_name() -> ValidationRule {
    ValidationRule {
        rule: "self.metadata.name.size() <= 63".to_owned(),
        message: Some("オブジェクト名は63文字までです (the name of an object is at most 63 characters)".to_owned()),
        ..ValidationRule::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::all;

    /// Calls `visit` with the path and schema of every node of every definition.
    fn walk(visit: &mut impl FnMut(&str, &Value)) {
        for crd in all() {
            for version in crd.spec.versions {
                let root = serde_json::to_value(version.schema.unwrap().open_api_v3_schema.unwrap()).unwrap();
                node(&crd.spec.names.kind, &root, visit);
            }
        }
    }

    fn node(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
        visit(path, schema);
        for (name, child) in schema["properties"].as_object().into_iter().flatten() {
            node(&format!("{path}.{name}"), child, visit);
        }
        for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            if schema[key].is_object() {
                node(&format!("{path}{mark}"), &schema[key], visit);
            }
        }
    }

    #[test]
    fn everything_is_bounded() {
        walk(&mut |path, schema| {
            let bounded = match schema["type"].as_str() {
                Some("array") => schema["maxItems"].is_u64(),
                Some("string") => ["maxLength", "enum", "format"]
                    .iter()
                    .any(|key| !schema[*key].is_null()),
                Some("object") => schema["properties"].is_object() || schema["maxProperties"].is_u64(),
                None => schema["maxLength"].is_u64(),
                Some(_) => true,
            };
            assert!(bounded, "{path} has no upper bound: {schema}");
        });
    }

    #[test]
    fn every_field_is_described() {
        walk(&mut |path, schema| {
            let inner = path.ends_with("[]") || path.ends_with("{}");
            let described = schema["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(inner || described, "{path} has no description");
        });
    }

    #[test]
    fn every_rule_speaks_both_languages() {
        let mut rules = 0;
        walk(&mut |path, schema| {
            for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
                let message = rule["message"]
                    .as_str()
                    .or(rule["messageExpression"].as_str())
                    .unwrap_or_default();
                assert!(message.contains('(') && !message.is_ascii(), "{path}: {rule}");
                assert!(!message.contains('\n') && message.len() <= 2048, "{path}: {rule}");
                rules += 1;
            }
        });
        assert!(rules > 100, "only {rules} rules found");
    }

    #[test]
    fn no_field_can_be_null_and_no_list_is_merged_by_chance() {
        walk(&mut |path, schema| {
            assert!(schema["nullable"].is_null(), "{path} is nullable");
            if schema["type"] == "array" {
                assert!(
                    schema["x-kubernetes-list-type"].is_string(),
                    "{path} does not say how it is merged"
                );
            }
        });
    }

    #[test]
    fn files_are_the_same_each_time() {
        assert_eq!(super::files().unwrap(), super::files().unwrap());
    }
}
