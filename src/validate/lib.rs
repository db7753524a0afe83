//! What the API server would say of an object, said without one.
//!
//! The schemas are those of the CustomResourceDefinitions, and so are the rules and their messages: nothing is written
//! twice. A structural schema is more than JSON Schema knows (defaults, nulls that mean "not set", keys of lists,
//! fields that nobody knows, rules), so it is walked here, once, and the rules are given to a CEL interpreter.

mod cel_library;
mod finding;
mod metadata;
pub mod place;
mod rule;
mod schema;
mod structure;

use std::collections::BTreeMap;

use jichitai_api::GROUP;
use serde_json::Value;

pub use crate::finding::{Finding, Path};
pub use crate::rule::RuleError;
use crate::schema::Schema;

/// The schemas of all kinds.
pub struct Schemas {
    engine: rule::Engine,
    /// By apiVersion and kind.
    kinds: BTreeMap<(String, String), Schema>,
}

impl Schemas {
    /// Reads the definitions.
    ///
    /// # Errors
    /// A rule that the interpreter does not understand.
    pub fn new() -> Result<Self, RuleError> {
        let engine = rule::Engine::new()?;
        let mut kinds = BTreeMap::new();
        for crd in jichitai_api::crd::all() {
            for version in crd.spec.versions.iter().filter(|version| version.served) {
                let props = version
                    .schema
                    .as_ref()
                    .and_then(|schema| schema.open_api_v3_schema.as_ref());
                let Some(props) = props else { continue };
                let key = (format!("{GROUP}/{}", version.name), crd.spec.names.kind.clone());
                kinds.insert(key, Schema::of(props, &engine)?);
            }
        }
        Ok(Self { engine, kinds })
    }

    /// Whether a document is meant to be one of ours.
    #[must_use]
    pub fn is_ours(document: &Value) -> bool {
        let version = document["apiVersion"].as_str().unwrap_or_default();
        version.split_once('/').is_some_and(|(group, _)| group == GROUP)
    }

    /// Looks at one object of ours, and puts it into the shape in which the API server would store it: without nulls, and
    /// with its defaults. Its status is left as it is: nobody writes it in a file.
    pub fn check(&self, document: &mut Value) -> Vec<Finding> {
        let word = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
        let key = (word("apiVersion"), word("kind"));
        let Some(schema) = self.kinds.get(&key) else {
            return vec![self.unknown(&key.0, &key.1)];
        };
        let mut findings = metadata::check(&document["metadata"]);
        let status = document.as_object_mut().and_then(|fields| fields.remove("status"));
        schema.check_root(document, &self.engine, &mut findings);
        if let (Some(fields), Some(status)) = (document.as_object_mut(), status) {
            fields.insert("status".to_owned(), status);
        }
        findings
    }

    fn unknown(&self, version: &str, kind: &str) -> Finding {
        let all: Vec<String> = self
            .kinds
            .keys()
            .map(|(version, kind)| format!("{version} {kind}"))
            .collect();
        let all = all.join(", ");
        Finding::at(
            &Path::root().field("kind"),
            format!("there is no kind {kind} in {version}; there are {all}"),
            format!("{version} に {kind} という種類はありません。使えるのは {all} です"),
        )
    }
}
