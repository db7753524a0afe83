//! Building blocks of the schema: kinds of strings and the rules that the API server checks.
//!
//! A rule is a CEL expression with a message that says what to do, in Japanese and English. A rule
//! about one value sits on its type here; a rule about several fields sits on the type that has them.

mod ids;
mod network;
mod text;

use kube::core::{Message, Rule};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

pub(crate) use ids::{
    account_id, adopt, adopt_from, bucket_name, business_id, business_ids, code, code_value, endpoint_service,
    flow_log_destination_arn, hosted_zone_id, log_destination_arn, optional_bucket_name, osaka_key_arn, plan_hash,
    role_arn, secret_arn, subnet_id, tags, template_bucket_name, tokyo_key_arn, transit_gateway_id, vpc_endpoint_ids,
    vpc_id,
};
pub(crate) use network::{
    additional_cidrs, allowed_cidrs, availability_zone, cidr, cidrs, domain, ip, subnet_cidr, tokyo, vpc_cidr,
};
pub(crate) use text::{
    client_id, confirm_disable, cron, date, duration, issuer, object_name, part_name, prefix, prefix_template,
    public_keys, sftp_user_name, stack_names, tag_selector, time_zone,
};

/// A rule and the message of its failure: Japanese first, then English in parentheses.
pub(crate) fn rule(cel: &str, message: &str) -> Rule {
    Rule::new(cel).message(message)
}

/// A rule whose message is computed by the CEL expression `message`.
pub(crate) fn rule_computed(cel: &str, message: &str) -> Rule {
    Rule::new(cel).message(Message::Expression(message.to_owned()))
}

/// The schema of the value of an optional field; that of the `Option` would lose the description of the field.
pub(crate) fn given<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A string with rules.
fn checked(max: u32, rules: &[Rule]) -> Schema {
    json_schema!({ "type": "string", "maxLength": max, "x-kubernetes-validations": rules })
}

/// A string that has to match a pattern, with a message that says what to write.
fn matching(max: u32, pattern: &str, message: &str) -> Schema {
    checked(max, &[rule(&format!("self.matches('{pattern}')"), message)])
}

/// An identifier of digits. A number passes the schema, so that the rule can say to quote it.
fn quoted(max: u32, rules: &[Rule]) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": max,
        "x-kubernetes-validations": rules,
    })
}

/// A list without duplicates.
fn set_of(max: u32, item: Schema) -> Schema {
    json_schema!({ "type": "array", "maxItems": max, "items": item, "x-kubernetes-list-type": "set" })
}

/// Adds the rule that a value never changes. A field that may be absent needs [`fixed_presence`] as well,
/// on the type that has it.
pub(crate) fn immutable(schema: &mut Schema) {
    add(
        schema,
        &rule(
            "self == oldSelf",
            "この項目は変更できません。新しいオブジェクトを作成して移行してください (this field cannot be changed: \
             create a new object and move over)",
        ),
    );
}

/// Adds a rule to those that a schema has already.
fn add(schema: &mut Schema, rule: &Rule) {
    let rules = schema
        .ensure_object()
        .entry("x-kubernetes-validations")
        .or_insert_with(|| json!([]));
    if let Some(rules) = rules.as_array_mut() {
        rules.push(json!(rule));
    }
}

/// Adds rules to those that a schema has already.
pub(crate) fn add_all<const N: usize>(schema: &mut Schema, rules: [Rule; N]) {
    for rule in &rules {
        add(schema, rule);
    }
}

/// The rule that an optional immutable field is neither added later nor removed.
pub(crate) fn fixed_presence(field: &str) -> Rule {
    rule(
        &format!("has(self.{field}) == has(oldSelf.{field})"),
        &format!(
            "{field} は後から追加・削除できません。新しいオブジェクトを作成して移行してください ({field} cannot be added or \
             removed later: create a new object and move over)"
        ),
    )
}

/// Whose place an object took is said when it is created: otherwise what it has by then would be nobody's.
pub(crate) fn succession(kind: &str) -> [Rule; 2] {
    [
        rule(
            &format!("!has(self.adoptFrom) || self.adoptFrom.startsWith('{kind}/')"),
            &format!(
                "adoptFromには同じ種類のオブジェクト({kind}/名前空間/名前)を書いてください (adoptFrom must name an object of the \
                 same kind, {kind}/namespace/name)"
            ),
        ),
        rule(
            "has(self.adoptFrom) == has(oldSelf.adoptFrom)",
            "adoptFromは後から追加・削除できません。deletionPolicy: Retain で削除し、作り直してください (adoptFrom cannot be added or \
             removed later: delete the object with deletionPolicy: Retain and create it anew)",
        ),
    ]
}

pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut item = generator.subschema_for::<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>();
    for (field, limit) in [("type", 316), ("reason", 1024), ("message", 32768), ("status", 8)] {
        if let Some(schema) = item.pointer_mut(&format!("/properties/{field}")) {
            schema["maxLength"] = json!(limit);
        }
    }
    json_schema!({
        "type": "array",
        "maxItems": 32,
        "items": item,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}
