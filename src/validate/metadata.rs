//! What the API server asks of the metadata of any object.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::finding::{Finding, Path};

/// A name as DNS has it (RFC 1123), which is also the name of an object.
static SUBDOMAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    Regex::new(&format!(r"^{label}(\.{label})*$")).ok()
});

/// Name, namespace, labels and annotations.
pub(crate) fn check(metadata: &Value) -> Vec<Finding> {
    let root = Path::root();
    let path = root.field("metadata");
    let mut findings = Vec::new();
    match metadata["name"].as_str() {
        None | Some("") => findings.push(Finding::at(
            &path.field("name"),
            "Required value: quote the name if it looks like a number",
            "必須です。数字だけの名前は引用符で囲んでください",
        )),
        Some(name) => findings.extend(dns(name, &path.field("name"), true)),
    }
    match &metadata["namespace"] {
        Value::Null => {}
        Value::String(namespace) => findings.extend(dns(namespace, &path.field("namespace"), false)),
        _ => findings.push(not_text(&path.field("namespace"))),
    }
    for kind in ["labels", "annotations"] {
        let path = path.field(kind);
        for (key, value) in metadata[kind].as_object().into_iter().flatten() {
            if !value.is_string() {
                findings.push(not_text(&path.key(key)));
            }
        }
    }
    findings
}

fn dns(name: &str, path: &Path<'_>, dots: bool) -> Option<Finding> {
    let fits = SUBDOMAIN.as_ref().is_none_or(|pattern| pattern.is_match(name));
    if fits && (dots || !name.contains('.')) && name.len() <= if dots { 253 } else { 63 } {
        return None;
    }
    Some(Finding::at(
        path,
        format!(
            "Invalid value: \"{name}\": lower-case letters, digits and -, beginning and ending with a letter or digit"
        ),
        format!("\"{name}\" は使えません。英小文字、数字、- だけで、英小文字か数字で始まり終わる名前にしてください"),
    ))
}

fn not_text(path: &Path<'_>) -> Finding {
    Finding::at(
        path,
        "must be a string: put it in quotes",
        "文字列にしてください(引用符で囲みます)",
    )
}
