//! The chart's rules of admission, on an API server: what is refused, to whom, and what is not.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jichitai_api::Municipality;
use jichitai_stack::{Options, Stack};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A namespace that says nothing of modes.
const FREE: &str = "free";
/// One that takes no `Enforce`.
const CAREFUL: &str = "careful";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn object<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    Ok(serde_json::from_value(value)?)
}

/// The stack with the chart's policies in force.
async fn stack() -> Outcome<Stack> {
    let stack = Stack::start(Options {
        aws: false,
        ..Options::default()
    })
    .await?;
    stack.apply_crds(&root().join("crds")).await?;
    let client = stack.client().await?;
    for name in [FREE, CAREFUL] {
        stack.create_namespace(name).await?;
    }
    let annotated = json!({"metadata": {"annotations": {"jichitai.dev/modes": "Plan,Observe"}}});
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces
        .patch(CAREFUL, &PatchParams::default(), &Patch::Merge(annotated))
        .await?;
    for entry in fs::read_dir(root().join("charts/jichitai-operator/files/admission"))? {
        let policy: ValidatingAdmissionPolicy = serde_saphyr::from_str(&fs::read_to_string(entry?.path())?)?;
        let name = policy.metadata.name.clone().unwrap_or_default();
        Api::all(client.clone()).create(&PostParams::default(), &policy).await?;
        let binding: ValidatingAdmissionPolicyBinding = object(json!({
            "metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]},
        }))?;
        Api::all(client.clone())
            .create(&PostParams::default(), &binding)
            .await?;
    }
    Ok(stack)
}

/// The API server takes up policies one by one, some time after they were made.
async fn in_force(editor: &Client) -> Outcome {
    let begun = Instant::now();
    let (free, careful): (Api<Municipality>, Api<Municipality>) = (
        Api::namespaced(editor.clone(), FREE),
        Api::namespaced(editor.clone(), CAREFUL),
    );
    let sure = municipality("probe", |spec| spec["deletionPolicy"] = json!("Delete"))?;
    free.create(&PostParams::default(), &sure).await?;
    loop {
        let dry = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let mode = careful.create(&dry, &municipality("probe", |_| {})?).await;
        let deletion = free.delete("probe", &DeleteParams::default().dry_run()).await;
        let adopts = municipality("b", |spec| spec["adopt"] = json!({"vpc": "vpc-0123456789abcdef0"}))?;
        let adoption = free.create(&dry, &adopts).await;
        if mode.is_err() && deletion.is_err() && adoption.is_err() {
            return Ok(());
        }
        if begun.elapsed() > Duration::from_secs(60) {
            return Err("the policies are not in force".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Somebody with rights in all namespaces.
async fn person(stack: &Stack, name: &str, verbs: &[&str]) -> Outcome<Client> {
    let client = stack.client().await?;
    let account: ServiceAccount = object(json!({"metadata": {"name": name}}))?;
    Api::namespaced(client.clone(), FREE)
        .create(&PostParams::default(), &account)
        .await?;
    let role: ClusterRole = object(json!({
        "metadata": {"name": name},
        "rules": [{"apiGroups": ["jichitai.dev"], "resources": ["*"], "verbs": verbs}],
    }))?;
    Api::all(client.clone()).create(&PostParams::default(), &role).await?;
    let binding: ClusterRoleBinding = object(json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": FREE, "name": name}],
    }))?;
    Api::all(client).create(&PostParams::default(), &binding).await?;
    Ok(stack.client_for_service_account(FREE, name).await?)
}

fn municipality(name: &str, edit: impl FnOnce(&mut Value)) -> Outcome<Municipality> {
    let text = fs::read_to_string(root().join("tests/api/update/municipality-system-name/before.yaml"))?;
    let mut value: Value = serde_saphyr::from_str(&text)?;
    value["metadata"]["name"] = json!(name);
    edit(&mut value["spec"]);
    object(value)
}

/// What was said against it.
fn refusal<T>(answer: kube::Result<T>) -> Outcome<String> {
    match answer {
        Err(kube::Error::Api(status)) if status.code == 403 || status.code == 422 => Ok(status.message.clone()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was accepted".into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chart_refuses() -> Outcome {
    let stack = stack().await?;
    let editor = person(&stack, "editor", &["get", "create", "update", "patch", "delete"]).await?;
    in_force(&editor).await?;
    let platform = person(
        &stack,
        "platform",
        &["get", "create", "update", "patch", "delete", "adopt"],
    )
    .await?;
    let (create, merge) = (PostParams::default(), PatchParams::default());
    let (mine, theirs): (Api<Municipality>, Api<Municipality>) =
        (Api::namespaced(editor, FREE), Api::namespaced(platform, FREE));

    // Deleting with everything needs the object's own name; keeping needs nothing.
    mine.create(&create, &municipality("kept", |_| {})?).await?;
    mine.delete("kept", &DeleteParams::default()).await?;
    let everything = municipality("all", |spec| spec["deletionPolicy"] = json!("Delete"))?;
    mine.create(&create, &everything).await?;
    let said = refusal(mine.delete("all", &DeleteParams::default()).await)?;
    assert!(
        said.contains("annotate it with jichitai.dev/confirm-delete: all"),
        "{said}"
    );
    let confirm =
        |text: &str| Patch::Merge(json!({"metadata": {"annotations": {"jichitai.dev/confirm-delete": text}}}));
    mine.patch("all", &merge, &confirm("another")).await?;
    refusal(mine.delete("all", &DeleteParams::default()).await)?;
    mine.patch("all", &merge, &confirm("all")).await?;
    mine.delete("all", &DeleteParams::default()).await?;

    // Only who may adopt says what is adopted; others may change the rest of such an object.
    let adopts = municipality("adopted", |spec| {
        spec["adopt"] = json!({"vpc": "vpc-0123456789abcdef0"})
    })?;
    let said = refusal(mine.create(&create, &adopts).await)?;
    assert!(said.contains("may write spec.adopt)"), "{said}");
    let moves = municipality("moved", |spec| spec["adoptFrom"] = json!("Municipality/free/old"))?;
    let said = refusal(mine.create(&create, &moves).await)?;
    assert!(said.contains("may write spec.adoptFrom)"), "{said}");
    theirs.create(&create, &moves).await?;
    theirs.create(&create, &adopts).await?;
    let tagged = Patch::Merge(json!({"spec": {"tags": {"CostCenter": "1"}}}));
    mine.patch("adopted", &merge, &tagged).await?;
    let other = Patch::Merge(json!({"spec": {"adopt": {"vpc": "vpc-0fedcba9876543210"}}}));
    refusal(mine.patch("adopted", &merge, &other).await)?;
    theirs.patch("adopted", &merge, &other).await?;
    mine.patch("adopted", &merge, &Patch::Merge(json!({"spec": {"adopt": null}})))
        .await?;

    // A namespace's word on modes holds for everybody.
    let careful: Api<Municipality> = Api::namespaced(stack.client().await?, CAREFUL);
    let said = refusal(careful.create(&create, &municipality("a", |_| {})?).await)?;
    assert!(said.contains("takes the modes Plan, Observe only"), "{said}");
    careful
        .create(&create, &municipality("a", |spec| spec["mode"] = json!("Plan"))?)
        .await?;
    let enforce = Patch::Merge(json!({"spec": {"mode": "Enforce"}}));
    refusal(careful.patch("a", &merge, &enforce).await)?;
    stack.stop().await?;
    Ok(())
}
