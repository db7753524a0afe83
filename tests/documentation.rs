//! What the documentation shows is true: every complete object in it, and every example, is one that
//! the API server takes.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use jichitai_stack::{Options, Stack};
use kube::api::{DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The first line of a complete object; excerpts begin otherwise.
const OBJECT: &str = "apiVersion: jichitai.dev/v1alpha1";

#[tokio::test(flavor = "multi_thread")]
async fn every_object_in_the_documentation_is_accepted() -> Outcome {
    let stack = Stack::start(Options {
        aws: false,
        ..Options::default()
    })
    .await?;
    stack.apply_crds(&root().join("crds")).await?;
    let client = stack.client().await?;
    let mut shown = 0;
    let mut faults = Vec::new();
    for file in files(&root())?
        .into_iter()
        .chain(files(&root().join("docs/en"))?)
        .chain(files(&root().join("docs/ja"))?)
    {
        for block in blocks(&fs::read_to_string(&file)?) {
            shown += 1;
            if let Err(error) = accepted(&client, &block).await {
                faults.push(format!("{}: {error}\n{block}", file.display()));
            }
        }
    }
    stack.stop().await?;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        shown >= 8,
        "only {shown} objects were found: has the form of the blocks changed?"
    );
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Markdown files of a folder.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    all.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    all.sort();
    Ok(all)
}

/// The complete objects in a page.
fn blocks(page: &str) -> Vec<String> {
    let fenced = page
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    fenced
        .flat_map(|block| block.split("\n---\n"))
        .filter(|block| block.starts_with(OBJECT))
        .map(str::to_owned)
        .collect()
}

async fn accepted(client: &Client, block: &str) -> Outcome {
    let mut object: DynamicObject = serde_saphyr::from_str(block)?;
    let kind = object
        .types
        .as_ref()
        .map(|types| types.kind.clone())
        .ok_or("an object with a kind")?;
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("jichitai.dev", "v1alpha1", &kind));
    // The page's namespaces do not exist here; what is asked is whether the object makes sense.
    object.metadata.namespace = Some("default".into());
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), "default", &resource);
    api.create(
        &PostParams {
            dry_run: true,
            ..PostParams::default()
        },
        &object,
    )
    .await?;
    Ok(())
}
