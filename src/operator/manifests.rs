//! Objects of ours in files, for commands that need no cluster.

use std::io::Read;
use std::path::{Path, PathBuf};

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file cannot be read.
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] std::io::Error),
    /// A file is not YAML.
    #[error("{0}: not YAML: {1}")]
    Yaml(PathBuf, String),
    /// An object is not of the shape that its kind has.
    #[error("{0}: {1}: {2}")]
    Object(PathBuf, String, String),
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
}

impl Manifests {
    /// Reads files, and of folders every `.yaml`, `.yml` and `.json` at any depth; `-` is standard input. What is not ours is left out, a `List` (as `kubectl get` prints
    /// one) is read item by item.
    ///
    /// # Errors
    /// With the file and the object.
    pub fn read(files: &[PathBuf]) -> Result<Self, ManifestError> {
        let mut all = Self::default();
        for file in &spread(files)? {
            let text = text_of(file).map_err(|error| ManifestError::Read(file.clone(), error))?;
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
                .map_err(|error| ManifestError::Yaml(file.clone(), error.to_string()))?;
            for document in documents {
                all.add(document, file)?;
            }
        }
        Ok(all)
    }

    fn add(&mut self, mut document: Value, file: &Path) -> Result<(), ManifestError> {
        let is_list = document.get("kind").and_then(Value::as_str) == Some("List");
        if let Some(items) = document
            .get_mut("items")
            .and_then(Value::as_array_mut)
            .filter(|_| is_list)
        {
            for item in std::mem::take(items) {
                self.add(item, file)?;
            }
            return Ok(());
        }
        let ours = document
            .get("apiVersion")
            .and_then(Value::as_str)
            .is_some_and(|version| version.starts_with("jichitai.dev/"));
        match document.get("kind").and_then(Value::as_str).filter(|_| ours) {
            Some("Municipality") => self.municipalities.push(object(document, file)?),
            Some("FileLinkBucket") => self.buckets.push(object(document, file)?),
            Some("OsakaBackupPolicy") => self.policies.push(object(document, file)?),
            Some("ResolverEndpoint") => self.endpoints.push(object(document, file)?),
            _ => {}
        }
        Ok(())
    }
}

/// Files, and those in folders, in the order of their names.
fn spread(files: &[PathBuf]) -> Result<Vec<PathBuf>, ManifestError> {
    let mut all = Vec::new();
    for file in files {
        if !file.is_dir() {
            all.push(file.clone());
            continue;
        }
        let refused = |error| ManifestError::Read(file.clone(), error);
        let entries: Result<Vec<_>, _> = std::fs::read_dir(file).map_err(refused)?.collect();
        let mut inside: Vec<PathBuf> = entries
            .map_err(refused)?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        let is_manifest = |path: &PathBuf| {
            let kind = path.extension().and_then(std::ffi::OsStr::to_str);
            path.is_dir() || matches!(kind, Some("yaml" | "yml" | "json"))
        };
        inside.retain(is_manifest);
        inside.sort();
        all.extend(spread(&inside)?);
    }
    Ok(all)
}

fn text_of(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

/// An object of ours; without a namespace it is in `default`, as for kubectl.
fn object<K: DeserializeOwned + kube::Resource>(document: Value, file: &Path) -> Result<K, ManifestError> {
    let named = |key: &str| document.pointer(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    let name = format!("{} {}", named("/kind"), named("/metadata/name"));
    let parsed = serde_json::from_value::<K>(document);
    let mut object = parsed.map_err(|error| ManifestError::Object(file.to_owned(), name, error.to_string()))?;
    object.meta_mut().namespace.get_or_insert_with(|| "default".to_owned());
    Ok(object)
}
