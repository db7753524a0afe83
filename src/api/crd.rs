//! The CustomResourceDefinitions of all kinds, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, ValidationRule,
};
use kube::CustomResourceExt;

use crate::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};

/// The definitions, in a fixed order.
pub fn all() -> [CustomResourceDefinition; 4] {
    [Municipality::crd(), FileLinkBucket::crd(), OsakaBackupPolicy::crd(), ResolverEndpoint::crd()].map(finish)
}

/// What the derive macros cannot say.
fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        if let Some(root) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            drop_nullable(root);
            root.x_kubernetes_validations.get_or_insert_default().push(short_name());
        }
    }
    crd
}

/// Null then means "not set" everywhere: the API server drops it, or puts the default in its place. Otherwise a
/// rule would have to tell an absent field from one that is null.
fn drop_nullable(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for child in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        drop_nullable(child);
    }
    if let Some(k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrArray::Schema(
        item,
    )) = &mut schema.items
    {
        drop_nullable(item);
    }
}

/// Names become part of AWS tags and names.
fn short_name() -> ValidationRule {
    ValidationRule {
        rule: "self.metadata.name.size() <= 63".to_owned(),
        message: Some(
            "オブジェクト名は63文字までです (the name of an object is at most 63 characters)".to_owned(),
        ),
        ..ValidationRule::default()
    }
}
