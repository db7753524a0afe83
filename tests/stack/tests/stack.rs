//! The local stack keeps its promises: it answers, it enforces RBAC, and it leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jichitai_stack::{Options, Stack};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

const VICTIM: &str = "JICHITAI_STACK_VICTIM";

const WIDGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.jichitai.dev}
spec:
  group: test.jichitai.dev
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
---
apiVersion: test.jichitai.dev/v1
kind: Widget
metadata: {name: first}
";

const READER: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: tenant}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: tenant}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: tenant}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: tenant}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: tenant}]
"#;

fn control_plane_only() -> Options {
    Options {
        aws: false,
        ..Options::default()
    }
}

fn alive(process: u32) -> bool {
    // A zombie has ended; it only waits for a parent to ask.
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

fn wait_until_gone(processes: &[u32]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while processes.iter().any(|process| alive(*process)) {
        assert!(Instant::now() < deadline, "still there: {processes:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_stack_applies_restarts_and_ends() {
    let stack = Stack::start(control_plane_only()).await.unwrap();
    let client = stack.client().await.unwrap();

    let applied = stack.apply_yaml(WIDGETS).await.unwrap();
    assert_eq!(applied.len(), 2);

    stack.restart_apiserver().await.unwrap();
    let namespaces = Api::<Namespace>::all(client).list(&ListParams::default()).await;
    assert!(namespaces.unwrap().items.len() >= 4, "the data outlives a restart");

    let (folder, processes) = (stack.folder().to_owned(), stack.process_ids());
    stack.stop().await.unwrap();
    wait_until_gone(&processes);
    assert!(!folder.exists());
}

#[tokio::test]
async fn two_stacks_at_once_are_apart_and_rbac_is_on() {
    let (one, other) = tokio::join!(Stack::start(control_plane_only()), Stack::start(control_plane_only()));
    let (one, other) = (one.unwrap(), other.unwrap());
    one.apply_yaml(READER).await.unwrap();

    let namespaces = Api::<Namespace>::all(other.client().await.unwrap());
    assert!(namespaces.get_opt("tenant").await.unwrap().is_none());

    let reader = one.client_for_service_account("tenant", "reader").await.unwrap();
    let all = ListParams::default();
    let allowed = Api::<ConfigMap>::namespaced(reader.clone(), "tenant");
    allowed.list(&all).await.unwrap();
    let denied = Api::<Secret>::namespaced(reader, "tenant").list(&all).await;
    assert!(matches!(denied, Err(kube::Error::Api(status)) if status.code == 403));
}

#[tokio::test]
async fn crds_are_served_when_apply_crds_returns() {
    let stack = Stack::start(control_plane_only()).await.unwrap();
    let folder = stack.folder().join("crds");
    std::fs::create_dir(&folder).unwrap();
    let crd = WIDGETS.split("---").next().unwrap();
    std::fs::write(folder.join("widgets.yaml"), crd).unwrap();
    stack.apply_crds(&folder).await.unwrap();

    let unknown = stack.apply_yaml("kind: Widget").await;
    assert!(unknown.unwrap_err().to_string().contains("no apiVersion"));
}

#[tokio::test]
async fn the_local_aws_takes_faults_and_counts_calls() {
    let stack = Stack::shared().await.unwrap();
    assert!(stack.aws_calls().await.unwrap().is_array());
    stack.aws_post("reset", &json!({})).await.unwrap();
    let refused = stack.aws_post("no-such-route", &json!({})).await;
    assert!(refused.unwrap_err().to_string().contains("no-such-route"));
}

/// Not a test by itself: the process that the next test starts, and kills.
#[tokio::test]
async fn victim() {
    if std::env::var_os(VICTIM).is_some() {
        let stack = Stack::start(control_plane_only()).await.unwrap();
        println!("{}", json!({ "processes": stack.process_ids() }));
        std::thread::sleep(Duration::from_secs(120));
    }
}

#[test]
fn a_parent_killed_outright_leaves_nothing_running() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let announced = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_str::<Value>(line.get(line.find('{')?..)?).ok())
        .unwrap();
    let processes: Vec<u32> = serde_json::from_value(announced["processes"].clone()).unwrap();
    assert!(processes.iter().all(|process| alive(*process)), "{processes:?}");

    victim.kill().unwrap();
    victim.wait().unwrap();
    wait_until_gone(&processes);
}

/// A stack whose API server finds its port taken the first time.
const TAKEN: &str = r#"
set -euo pipefail
set -a
eval "$(tools/install --print stack)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/kube-apiserver" <<EOF
#!/usr/bin/env bash
if mkdir "$folder/taken" 2>/dev/null; then
    echo "listen tcp 127.0.0.1:1: bind: address already in use" >&2
    exit 1
fi
exec "$KUBE_APISERVER" "\$@"
EOF
chmod +x "$folder/kube-apiserver"
KUBE_APISERVER=$folder/kube-apiserver PYTHONPATH=tests/stack "$PYTHON" -m local_stack --no-aws
test -d "$folder/taken"
"#;

#[test]
fn another_port_is_taken_where_one_is_lost() {
    let mut stack = Command::new("bash")
        .args(["-c", TAKEN])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(stack.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert!(ready["kubeconfig"].is_string(), "{ready}");
    drop(stack.stdin.take());
    assert!(stack.wait().unwrap().success());
}
