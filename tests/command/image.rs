//! The Dockerfile, without a container runtime: what it builds is what `make test-examples` runs in an empty root, and what
//! it says of user, files and versions is what the chart and the sources say.

use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect(file)
}

/// The instructions, each on one line.
fn instructions() -> Vec<String> {
    let text = read("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn its_last_stage_is_the_binary_and_certificates() {
    let all = instructions();
    let begin = all
        .iter()
        .rposition(|line| line.starts_with("FROM "))
        .expect("a last stage");
    let user = "65532";
    let expected = [
        "FROM scratch".to_owned(),
        "COPY --from=build /image/ /".to_owned(),
        // For `kubectl exec … -- jichitai`, which looks for a name.
        "ENV PATH=/".to_owned(),
        format!("USER {user}:{user}"),
        "ENTRYPOINT [\"/jichitai\"]".to_owned(),
        "CMD [\"run\", \"--config\", \"/etc/jichitai/config.yaml\"]".to_owned(),
    ];
    assert_eq!(all[begin..], expected);
    let deployment = read("charts/jichitai-operator/templates/deployment.yaml");
    assert!(deployment.contains(&format!("runAsUser: {user}")));
    // What the check of the examples puts into the empty root.
    let container = read("e2e/container.py");
    let build = all[..begin].join("\n");
    assert!(container.contains("BINARY = \"jichitai\"") && build.contains(" /image/jichitai "));
    let authorities = "etc/ssl/certs/ca-certificates.crt";
    assert!(container.contains(&format!("AUTHORITIES = \"{authorities}\"")));
    assert!(build.contains(&format!("/image/{authorities}")));
}

#[test]
fn it_builds_what_the_tests_run_with_the_oldest_rust_that_will_do() {
    let all = instructions().join("\n");
    assert!(all.contains("make binary PROFILE=release TARGET="), "{all}");
    assert!(read("e2e/check_examples.py").contains("build(\"make\", \"binary\", \"PROFILE=dev\")"));
    let manifest = read("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .expect("a version");
    assert!(
        all.contains(&format!("ARG RUST={}", version.trim_matches('"'))),
        "{version}"
    );
}

/// The builder gets what the workspace consists of: a member that is left out cannot be read.
#[test]
fn its_context_has_the_whole_workspace() {
    let ignored = read(".dockerignore");
    let kept: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest = read("Cargo.toml");
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .expect("members");
    let members: Vec<String> = serde_json::from_str::<Value>(members)
        .expect("a list")
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    for needed in members
        .iter()
        .map(String::as_str)
        .chain([".cargo", "Cargo.toml", "Cargo.lock", "Makefile"])
    {
        let is_kept = kept.iter().any(|kept| Path::new(needed).starts_with(kept));
        assert!(is_kept, "{needed} is not in .dockerignore: {kept:?}");
    }
}
