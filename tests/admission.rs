//! What the API server accepts and refuses, by tables of objects under `tests/api`.
//!
//! `good/*.yaml` are accepted. `bad/<kind>/<rule>.yaml` are refused, and the message holds every `# expect:` line of the
//! file. In `update/<case>/`, `after.yaml` replaces `before.yaml`: it is refused with its `# expect:` lines, or
//! accepted if it has none.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use jichitai_stack::{Options, Stack};
use jichitai_validate::Schemas;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind, Request};
use kube::{Api, Client, CustomResourceExt, Resource as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_objects() -> Outcome {
    let options = Options {
        aws: false,
        ..Options::default()
    };
    let stack = Stack::start(options).await?;
    stack.apply_crds(&root().join("../crds")).await?;
    let client = stack.client().await?;

    let mut faults = Vec::new();
    for file in files(&root().join("api/good"))? {
        if let Err(message) = create(&client, &read(&file)?, true).await? {
            faults.push(format!("{} is refused: {message}", file.display()));
        }
    }
    for folder in files(&root().join("api/bad"))? {
        for file in files(&folder)? {
            let answer = create(&client, &read(&file)?, true).await?;
            faults.extend(unexpected(&file, &expected(&file)?, &answer));
        }
    }
    for case in files(&root().join("api/update"))? {
        let after = case.join("after.yaml");
        let answer = update(&client, &case).await?;
        faults.extend(unexpected(&after, &expected(&after)?, &answer));
    }
    faults.extend(wild(&client).await?);
    faults.extend(every_municipality(&client).await?);
    faults.extend(crowded(&client).await?);
    stack.stop().await?;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// What `jichitai validate` says of an object without an API server is what the API server says.
#[test]
fn good_and_bad_objects_without_an_api_server() -> Outcome {
    let schemas = Schemas::new()?;
    let mut faults = Vec::new();
    let mut say = |file: &Path, expected: &[String]| -> Outcome {
        let findings = schemas.check(&mut read(file)?);
        let said: Vec<String> = findings
            .iter()
            .map(|one| format!("{}: {}", one.path, one.message.en))
            .collect();
        let missing: Vec<&String> = expected
            .iter()
            .filter(|part| !said.iter().any(|one| one.contains(part.as_str())))
            .collect();
        if !missing.is_empty() || (expected.is_empty() && !said.is_empty()) {
            faults.push(format!("{}: {missing:?} is not in {said:#?}", file.display()));
        }
        Ok(())
    };
    for file in files(&root().join("api/good"))? {
        say(&file, &[])?;
    }
    for folder in files(&root().join("api/bad"))? {
        for file in files(&folder)? {
            say(&file, &expected(&file)?)?;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// The types of `src/api` read every good object and write it back without losing a field.
#[test]
fn good_objects_survive_the_types() -> Outcome {
    for file in files(&root().join("api/good"))? {
        let written = read(&file)?;
        let kept = match written["kind"].as_str() {
            Some("Municipality") => through::<jichitai_api::Municipality>(&written)?,
            Some("FileLinkBucket") => through::<jichitai_api::FileLinkBucket>(&written)?,
            Some("OsakaBackupPolicy") => through::<jichitai_api::OsakaBackupPolicy>(&written)?,
            Some("ResolverEndpoint") => through::<jichitai_api::ResolverEndpoint>(&written)?,
            other => return Err(format!("{}: {other:?} is none of our kinds", file.display()).into()),
        };
        let mut lost = Vec::new();
        compare("", &written, &kept, &mut lost);
        assert!(lost.is_empty(), "{}: {lost:?}", file.display());
    }
    Ok(())
}

fn through<T: DeserializeOwned + Serialize>(object: &Value) -> Outcome<Value> {
    Ok(serde_json::to_value(serde_json::from_value::<T>(object.clone())?)?)
}

/// Collects the paths at which `kept` does not hold what `written` has; it may hold defaults besides.
fn compare(path: &str, written: &Value, kept: &Value, lost: &mut Vec<String>) {
    match (written, kept) {
        (Value::Null, _) => {}
        (Value::Object(fields), _) => {
            for (name, value) in fields {
                compare(&format!("{path}.{name}"), value, &kept[name], lost);
            }
        }
        (Value::Array(items), Value::Array(_)) => {
            for (index, value) in items.iter().enumerate() {
                compare(&format!("{path}[{index}]"), value, &kept[index], lost);
            }
        }
        // Times come back in UTC.
        (Value::String(text), Value::String(_)) if text.ends_with("+09:00") => {}
        _ if written == kept => {}
        _ => lost.push(path.to_owned()),
    }
}

/// Every value of the good objects is put otherwise, in many ways: what `jichitai validate` makes of it is what the API
/// server makes of it.
async fn wild(client: &Client) -> Outcome<Vec<String>> {
    let schemas = Schemas::new()?;
    let mut objects = Vec::new();
    for file in files(&root().join("api/good"))? {
        let object = read(&file)?;
        let mut places = Vec::new();
        pointers(&object["spec"], "/spec", &mut places);
        for place in places {
            for with in others() {
                let mut object = object.clone();
                *object.pointer_mut(&place).ok_or("a place")? = with.clone();
                objects.push((format!("{} {place} {with}", file.display()), object));
            }
        }
    }
    assert!(objects.len() > 5_000, "{}", objects.len());
    let compared = objects.into_iter().map(|(name, object)| {
        let said = schemas.check(&mut object.clone());
        async move {
            let answer = create(client, &object, true).await?;
            let said: Vec<String> = said
                .iter()
                .map(|one| format!("{}: {}", one.path, one.message.en))
                .collect();
            Outcome::Ok(match (&answer, said.is_empty()) {
                (Ok(_), true) | (Err(_), false) => None,
                // What would be lost without a word is told.
                (Ok(_), false) if said.iter().all(|one| one.contains("would be dropped")) => None,
                (Ok(_), false) => Some(format!("{name} is accepted, but said to be wrong: {said:?}")),
                (Err(message), true) => Some(format!("{name} is said to be right, but refused: {message}")),
            })
        }
    });
    let compared: Vec<_> = stream::iter(compared).buffer_unordered(8).try_collect().await?;
    Ok(compared.into_iter().flatten().collect())
}

/// What comes into the place of a value.
fn others() -> Vec<Value> {
    let long = "x".repeat(5_000);
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(65_536),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("千代田区"),
        json!("131016"),
        json!("10.0.0.0/8"),
        json!("10.20.0.1"),
        json!("2027-02-30"),
        json!(long),
        json!([]),
        json!(["x", "x"]),
        json!({}),
        json!({"x": "y"}),
    ]
}

/// The JSON pointers of everything below a value.
fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, child)| (key.clone(), child)).collect(),
        Value::Array(items) => (0..)
            .zip(items)
            .map(|(index, child): (usize, _)| (index.to_string(), child))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        pointers(child, &path, found);
        found.push(path);
    }
}

/// The rule for the check digit accepts the code of every municipality, where the public list is at hand, and no other
/// last digit.
async fn every_municipality(client: &Client) -> Outcome<Vec<String>> {
    let Ok(list) = fs::read_to_string(root().join("../../shared/data/municipalities.csv")) else {
        eprintln!("skipped: the list of municipalities is not here");
        return Ok(Vec::new());
    };
    let codes: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let sample = read(&root().join("api/good/municipality-minimal.yaml"))?;
    let mut faults = Vec::new();
    // As many as predecessors can hold.
    for codes in codes.chunks(20) {
        if let Err(message) = create(client, &merged(&sample, codes), true).await? {
            faults.push(format!("{codes:?}: {message}"));
        }
    }
    for code in codes.iter().take(20) {
        let (body, right) = code.split_at(5);
        let wrong: Vec<String> = (0..10)
            .map(|digit| format!("{body}{digit}"))
            .filter(|wrong| wrong != code)
            .collect();
        let message = create(client, &merged(&sample, &wrong), true)
            .await?
            .err()
            .unwrap_or_default();
        let refusals = message.matches(&format!("the last digit should be {right}")).count();
        if refusals != wrong.len() {
            faults.push(format!("of {wrong:?} only {refusals} are refused: {message}"));
        }
    }
    Ok(faults)
}

fn merged(sample: &Value, codes: &[impl AsRef<str>]) -> Value {
    let mut object = sample.clone();
    let predecessors = codes
        .iter()
        .map(|code| json!({"code": code.as_ref(), "until": "2030-03-31"}));
    object["spec"]["predecessors"] = predecessors.collect();
    object
}

/// The rules stay far below the API server's cost limits: every list, map and string could be twice as long.
async fn crowded(client: &Client) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    let api = Api::<CustomResourceDefinition>::all(client.clone());
    for crd in jichitai_api::crd::all() {
        let mut crd = serde_json::to_value(crd)?;
        double(&mut crd);
        let mut crd: CustomResourceDefinition = serde_json::from_value(crd)?;
        let name = crd.metadata.name.clone().unwrap_or_default();
        crd.metadata.resource_version = api.get(&name).await?.metadata.resource_version;
        if let Err(error) = api.replace(&name, &dry_run(), &crd).await {
            faults.push(format!("{name} with twice the limits is refused: {error}"));
        }
    }
    Ok(faults)
}

fn double(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value
                    .as_u64()
                    .filter(|_| ["maxItems", "maxProperties", "maxLength"].contains(&name.as_str()))
                {
                    Some(limit) => *value = Value::from(limit * 2),
                    None => double(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(double),
        _ => {}
    }
}

/// The API server's answer: accepted, or the message of its refusal.
type Answer = Result<DynamicObject, String>;

/// Creates an object as `kubectl create --validate=strict` would, unknown fields refused.
async fn create(client: &Client, object: &Value, dry_run: bool) -> Outcome<Answer> {
    let parameters = PostParams {
        dry_run,
        ..PostParams::default()
    };
    let mut request = Request::new(path(object)?).create(&parameters, serde_json::to_vec(object)?)?;
    let uri = request.uri().to_string();
    let joined = format!(
        "{uri}{}fieldValidation=Strict",
        if uri.ends_with('?') { "" } else { "&" }
    );
    *request.uri_mut() = joined.parse()?;
    answer(client.request(request).await)
}

/// Creates `before.yaml` and replaces it by `after.yaml`, under the name of the case.
async fn update(client: &Client, case: &Path) -> Outcome<Answer> {
    let name = case
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("the case has no name")?;
    let mut before = read(&case.join("before.yaml"))?;
    before["metadata"]["name"] = Value::from(name);
    let stored = create(client, &before, false)
        .await?
        .map_err(|message| format!("{name}, before: {message}"))?;

    let mut after: DynamicObject = serde_json::from_value(read(&case.join("after.yaml"))?)?;
    after.metadata.name = Some(name.to_owned());
    after.metadata.resource_version = stored.metadata.resource_version;
    let resource = resource(&serde_json::to_value(&after)?)?;
    let api = Api::<DynamicObject>::default_namespaced_with(client.clone(), &resource);
    answer(api.replace(name, &PostParams::default(), &after).await)
}

fn answer(result: Result<DynamicObject, kube::Error>) -> Outcome<Answer> {
    match result {
        Ok(object) => Ok(Ok(object)),
        Err(kube::Error::Api(status)) => Ok(Err(status.message)),
        Err(other) => Err(other.into()),
    }
}

/// What is wrong with an answer, if anything.
fn unexpected(file: &Path, expected: &[String], answer: &Answer) -> Option<String> {
    let file = file.display();
    match answer {
        Ok(_) if expected.is_empty() => None,
        Ok(_) => Some(format!("{file} is accepted")),
        Err(message) if expected.is_empty() => Some(format!("{file} is refused: {message}")),
        Err(message) => {
            let missing: Vec<&String> = expected
                .iter()
                .filter(|part| !message.contains(part.as_str()))
                .collect();
            (!missing.is_empty()).then(|| format!("{file}: {missing:?} is not in: {message}"))
        }
    }
}

fn expected(file: &Path) -> Outcome<Vec<String>> {
    let text = fs::read_to_string(file)?;
    Ok(text
        .lines()
        .filter_map(|line| line.strip_prefix("# expect: "))
        .map(str::to_owned)
        .collect())
}

/// Reads YAML as kubectl does, so that an unquoted `011002` is the octal number 4610.
fn read(file: &Path) -> Outcome<Value> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    let text = fs::read_to_string(file)?;
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn resource(object: &Value) -> Outcome<ApiResource> {
    let kind = object["kind"].as_str().ok_or("the object has no kind")?;
    let known = [
        jichitai_api::Municipality::api_resource(),
        jichitai_api::FileLinkBucket::api_resource(),
        jichitai_api::OsakaBackupPolicy::api_resource(),
        jichitai_api::ResolverEndpoint::api_resource(),
    ];
    let gvk = GroupVersionKind::gvk(jichitai_api::GROUP, jichitai_api::VERSION, kind);
    let found = known
        .into_iter()
        .find(|resource| resource.kind == gvk.kind && resource.api_version == gvk.api_version());
    found.ok_or_else(|| format!("{kind} is none of our kinds").into())
}

fn path(object: &Value) -> Outcome<String> {
    Ok(DynamicObject::url_path(&resource(object)?, Some("default")))
}

fn dry_run() -> PostParams {
    PostParams {
        dry_run: true,
        ..PostParams::default()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        found.push(entry?.path());
    }
    found.sort();
    assert!(!found.is_empty(), "{} is empty", folder.display());
    Ok(found)
}
