//! The sample repository under `docs/gitops`: what it renders is valid, approvals are the municipality's, and its
//! commands exist.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gitops")
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a file");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn tenants() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tenants")).expect("tenants");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn listed(kustomization: &Value, pointer: &str) -> Vec<String> {
    let all = kustomization[pointer].as_array().expect("a list").iter();
    let path = |one: &Value| one.get("path").unwrap_or(one).as_str().map(str::to_owned);
    all.map(|one| path(one).expect("a path")).collect()
}

/// Kustomize merges patches of custom resources as JSON: a list takes the place of the other.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

/// What Kustomize renders of a tenant, with each patch and the object that it is for.
fn rendered(tenant: &Path) -> Vec<Value> {
    let kustomization = yaml(&tenant.join("kustomization.yaml"));
    let resources = listed(&kustomization, "resources");
    let mut all: Vec<Value> = resources.iter().map(|path| yaml(&tenant.join(path))).collect();
    let id = |one: &Value| (one["kind"].clone(), one["metadata"]["name"].clone());
    for path in listed(&kustomization, "patches") {
        let patch = yaml(&tenant.join(path));
        let object = all
            .iter_mut()
            .find(|one| id(one) == id(&patch))
            .expect("an object for the patch");
        merge(object, &patch);
    }
    all
}

#[test]
fn what_it_renders_is_valid() {
    let all: Vec<String> = tenants()
        .iter()
        .flat_map(|one| rendered(one))
        .map(|one| one.to_string())
        .collect();
    assert!(all.len() >= 4, "{all:?}");
    let file = tempfile::NamedTempFile::with_suffix(".yaml").expect("a file");
    fs::write(file.path(), all.join("\n---\n")).expect("it is written");
    let output = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
        .args(["validate", "--lang", "en", "-f"])
        .arg(file.path())
        .arg("--config")
        .arg(root().join("config.yaml"))
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Argo CD asks before it prunes or deletes, and makes a Municipality before what refers to it.
#[test]
fn argo_cd_asks_before_anything_goes() {
    for tenant in tenants() {
        let kustomization = yaml(&tenant.join("kustomization.yaml"));
        let options = &kustomization["commonAnnotations"]["argocd.argoproj.io/sync-options"];
        assert_eq!(options, "Prune=confirm,Delete=confirm", "{}", tenant.display());
        for object in rendered(&tenant) {
            let wave = object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].as_str();
            let want = match object["kind"].as_str() {
                Some("Namespace") => Some("-1"),
                Some("Municipality") => None,
                _ => Some("1"),
            };
            assert_eq!(wave, want, "{object:#}");
        }
    }
    let operator = yaml(&root().join("argocd/operator.yaml"));
    let options = &operator["metadata"]["annotations"]["argocd.argoproj.io/sync-options"];
    assert_eq!(options, "Prune=confirm,Delete=confirm");
    let tenants = yaml(&root().join("argocd/tenants.yaml"));
    assert_eq!(tenants["spec"]["syncPolicy"]["preserveResourcesOnDeletion"], true);
}

/// The operator runs with the configuration that pull requests are checked against.
#[test]
fn the_operator_has_the_configuration_of_the_repository() {
    let operator = yaml(&root().join("argocd/operator.yaml"));
    let values = &operator["spec"]["source"]["helm"]["valuesObject"];
    assert_eq!(values["config"], yaml(&root().join("config.yaml")));
    let root_application = yaml(&root().join("argocd/root.yaml"));
    let included = root_application["spec"]["source"]["directory"]["include"].as_str();
    assert_eq!(included, Some("{operator,tenants}.yaml"));
}

/// Every object has its approvals from a file of the municipality's, which holds nothing else.
#[test]
fn approvals_are_the_municipalitys() {
    for tenant in tenants() {
        let name = tenant
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let patches = listed(&yaml(&tenant.join("kustomization.yaml")), "patches");
        for path in &patches {
            let patch = yaml(&tenant.join(path));
            let spec = patch["spec"].as_object().expect("a spec");
            assert!(spec.keys().eq(["approvals"]), "{name}/{path}: {spec:?}");
            let owner = owners(&format!("tenants/{name}/{path}"));
            assert_eq!(owner, [format!("@{name}-city/approvers")], "{name}/{path}");
        }
        let objects = rendered(&tenant)
            .iter()
            .filter(|one| one["kind"] != "Namespace")
            .count();
        assert_eq!(patches.len(), objects, "{name}");
        for file in ["kustomization.yaml", "municipality.yaml"] {
            let owner = owners(&format!("tenants/{name}/{file}"));
            assert!(
                owner.iter().all(|one| one.starts_with("@asp-east/")),
                "{name}/{file}: {owner:?}"
            );
        }
    }
    assert_eq!(owners(".github/CODEOWNERS"), ["@asp-east/platform"]);
}

/// The owners of a file: those of the last line that matches.
fn owners(path: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(".github/CODEOWNERS")).expect("CODEOWNERS");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut matching = lines.filter_map(|line| {
        let (pattern, owners) = line.split_once(' ')?;
        matches(pattern, path).then(|| owners.split_whitespace().map(str::to_owned).collect())
    });
    matching.next_back().unwrap_or_default()
}

/// Whether a pattern of CODEOWNERS is for a path: `*` alone for all, within a path for one name, a folder for what is in it.
fn matches(pattern: &str, path: &str) -> bool {
    let Some(pattern) = pattern.strip_prefix('/') else {
        return pattern == "*";
    };
    let (folder, pattern) = (pattern.ends_with('/'), pattern.trim_end_matches('/'));
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let is_long_enough = if folder {
        given.len() > wanted.len()
    } else {
        given.len() == wanted.len()
    };
    is_long_enough
        && wanted
            .iter()
            .zip(&given)
            .all(|(wanted, given)| *wanted == "*" || wanted == given)
}

#[test]
fn its_commands_exist() {
    let mut seen = 0;
    for file in [".github/workflows/tenants.yaml", ".pre-commit-config.yaml"] {
        let text = fs::read_to_string(root().join(file)).expect("a file");
        let calls = text
            .lines()
            .flat_map(|line| line.split("| "))
            .filter(|call| call.contains("jichitai ") && call.contains(" -f "));
        for call in calls {
            let words: Vec<&str> = call.split_whitespace().skip_while(|word| *word != "jichitai").collect();
            let help = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
                .args([words[1], "--help"])
                .output()
                .expect("it runs");
            let help = String::from_utf8_lossy(&help.stdout).into_owned();
            let options = words.iter().filter(|word| word.starts_with('-') && word.len() > 1);
            for option in options
                .map(|word| word.trim_end_matches('\''))
                .filter(|word| *word != "-")
            {
                assert!(help.contains(option), "{option} of {call}: {help}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}
