//! Objects of ours in files, for commands that need no cluster.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::plan::Text;
use jichitai_validate::{RuleError, Schemas};
use kube::ResourceExt;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::Language;
use crate::documents::{Document, Problem, ReadError};
use crate::kind::Kind;

/// Why files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A rule of a definition cannot be evaluated.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// What is in the files is not what the API server would take.
    #[error("{0}")]
    Problems(String),
}

/// The objects in files.
#[derive(Debug, Default)]
pub struct Manifests {
    /// Municipalities.
    pub municipalities: Vec<Municipality>,
    /// File-link buckets.
    pub buckets: Vec<FileLinkBucket>,
    /// Backup policies.
    pub policies: Vec<OsakaBackupPolicy>,
    /// Resolver endpoints.
    pub endpoints: Vec<ResolverEndpoint>,
    /// What is wrong; the objects that it is wrong with are not among the others.
    pub problems: Vec<Problem>,
    /// How many objects of ours were seen.
    pub count: usize,
    /// Where each object stands, by kind, namespace and name.
    origins: BTreeMap<String, Origin>,
}

/// Where an object stands.
#[derive(Clone, Debug)]
struct Origin {
    document: Document,
    /// Which value of the document.
    value: usize,
    /// Where in the value: `items[3].` of a List.
    prefix: String,
}

/// An object as it was found.
struct Found {
    origin: Origin,
    name: String,
    read: Result<Object, Vec<(String, Text)>>,
}

enum Object {
    Municipality(Box<Municipality>),
    Bucket(Box<FileLinkBucket>),
    Policy(Box<OsakaBackupPolicy>),
    Endpoint(Box<ResolverEndpoint>),
}

impl Manifests {
    /// Reads objects as [`Document::read`] reads files. What is not ours is left out, a `List` (as `kubectl get` prints one)
    /// is read item by item. Each object is looked at as the API server would.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(files: &[PathBuf]) -> Result<Self, ManifestError> {
        let schemas = Schemas::new()?;
        let documents = Document::read(files)?;
        let found = documents.into_par_iter().map(|document| found(&document, &schemas));
        let found: Vec<Result<Vec<Found>, Box<Problem>>> = found.collect();
        let mut all = Self::default();
        for found in found {
            match found {
                Ok(found) => found.into_iter().for_each(|one| all.add(one)),
                Err(problem) => all.problems.push(*problem),
            }
        }
        Ok(all)
    }

    /// The same, for commands that go on only where nothing is wrong.
    ///
    /// # Errors
    /// Also everything that is wrong, line by line.
    pub fn sound(files: &[PathBuf], language: Language) -> Result<Self, ManifestError> {
        let all = Self::read(files)?;
        if all.problems.is_empty() {
            return Ok(all);
        }
        let lines: Vec<String> = all.problems.iter().map(|problem| problem.line(language)).collect();
        Err(ManifestError::Problems(lines.join("\n")))
    }

    /// A problem of an object that is among these.
    #[must_use]
    pub fn problem(&self, object: &str, path: &str, message: Text) -> Option<Problem> {
        let origin = self.origins.get(object)?;
        origin.problems(object, vec![(path.to_owned(), message)]).pop()
    }

    /// File and line of an object.
    #[must_use]
    pub fn place(&self, object: &str) -> Option<String> {
        let problem = self.problem(object, "", Text::new("", ""))?;
        Some(format!("{}:{}", problem.file.display(), problem.place.line))
    }

    fn add(&mut self, Found { origin, name, read }: Found) {
        self.count += 1;
        let object = match read {
            Ok(object) => object,
            Err(faults) => return self.problems.extend(origin.problems(&name, faults)),
        };
        if let Some(place) = self.place(&name) {
            let twice = Text::new(
                format!("it stands already in {place}: take one of them out"),
                format!("すでに {place} にあります。どちらかを削除してください"),
            );
            let twice = origin.problems(&name, vec![("metadata.name".to_owned(), twice)]);
            return self.problems.extend(twice);
        }
        match object {
            Object::Municipality(object) => self.municipalities.push(*object),
            Object::Bucket(object) => self.buckets.push(*object),
            Object::Policy(object) => self.policies.push(*object),
            Object::Endpoint(object) => self.endpoints.push(*object),
        }
        self.origins.insert(name, origin);
    }
}

impl Origin {
    fn problems(&self, object: &str, faults: Vec<(String, Text)>) -> Vec<Problem> {
        let paths: Vec<String> = faults
            .iter()
            .map(|(path, _)| format!("{}{path}", self.prefix))
            .collect();
        let places = self.document.places(self.value, paths.iter().map(String::as_str));
        let problem = |((path, message), place)| Problem {
            file: Arc::clone(&self.document.file),
            place,
            object: object.to_owned(),
            path,
            message,
        };
        faults.into_iter().zip(places).map(problem).collect()
    }
}

fn found(document: &Document, schemas: &Schemas) -> Result<Vec<Found>, Box<Problem>> {
    let mut all = Vec::new();
    for (index, value) in document.values()?.into_iter().enumerate() {
        let origin = Origin {
            document: document.clone(),
            value: index,
            prefix: String::new(),
        };
        look(value, origin, schemas, &mut all);
    }
    Ok(all)
}

fn look(mut value: Value, origin: Origin, schemas: &Schemas, all: &mut Vec<Found>) {
    let is_list = value.get("kind").and_then(Value::as_str) == Some("List");
    let items = value.get_mut("items").and_then(Value::as_array_mut);
    if let Some(items) = items.filter(|_| is_list) {
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            let prefix = format!("{}items[{index}].", origin.prefix);
            let origin = Origin {
                prefix,
                ..origin.clone()
            };
            look(item, origin, schemas, all);
        }
        return;
    }
    if !Schemas::is_ours(&value) {
        return;
    }
    let findings = schemas.check(&mut value);
    let named = |key: &str| value.pointer(key).and_then(Value::as_str);
    let namespace = named("/metadata/namespace").unwrap_or("default");
    let (kind, name) = (named("/kind").unwrap_or("?"), named("/metadata/name").unwrap_or("?"));
    let name = format!("{kind} {namespace}/{name}");
    let findings: Vec<(String, Text)> = findings.into_iter().map(|one| (one.path, one.message)).collect();
    let read = match findings.is_empty() {
        true => object(value),
        false => Err(findings),
    };
    all.push(Found { origin, name, read });
}

fn object(value: Value) -> Result<Object, Vec<(String, Text)>> {
    match value["kind"].as_str() {
        Some("Municipality") => typed(value).map(Object::Municipality),
        Some("FileLinkBucket") => typed(value).map(Object::Bucket),
        Some("OsakaBackupPolicy") => typed(value).map(Object::Policy),
        _ => typed(value).map(Object::Endpoint),
    }
}

/// An object of ours; without a namespace it is in `default`, as for kubectl.
fn typed<K: DeserializeOwned + kube::Resource>(value: Value) -> Result<Box<K>, Vec<(String, Text)>> {
    let parsed = serde_json::from_value::<K>(value);
    let mut object = parsed.map_err(|error| vec![(String::new(), Text::new(error.to_string(), error.to_string()))])?;
    object.meta_mut().namespace.get_or_insert_with(|| "default".to_owned());
    Ok(Box::new(object))
}

/// How these commands name an object: kind, namespace and name.
pub fn name_of<K: Kind>(object: &K) -> String {
    let namespace = object.namespace().unwrap_or_default();
    format!("{} {namespace}/{}", K::kind(&()), object.name_any())
}
