//! The command line without a cluster: what `jichitai policy` prints for the examples, and `jichitai request`
//! for an endpoint.

mod argocd;
mod chart;
mod gitops;
mod guardrails;
mod image;
mod permissions;
mod templates;
mod troubleshooting;
mod validate;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const OPERATOR: &str = "arn:aws:iam::111122223333:role/jichitai-operator";

/// That a generated page is what it would be; `UPDATE_DOCS=1` writes it anew.
fn is_up_to_date(file: &Path, page: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(file, page).expect("it is written");
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == page,
        "{} is stale: UPDATE_DOCS=1 writes it anew",
        file.display()
    );
}

fn policy(files: &[&str], more: &[&str]) -> Output {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    command.env_remove("JICHITAI_CONFIG").arg("policy");
    for file in files {
        command.arg("-f").arg(examples.join(file));
    }
    command.args(["--lang", "en"]).args(more).output().expect("it runs")
}

fn of(files: &[&str], more: &[&str]) -> Value {
    let installation = ["--installation", "local", "--operator-role", OPERATOR];
    let output = policy(files, &[&installation, more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn sids(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().expect("statements");
    statements.iter().filter_map(|one| one["Sid"].as_str()).collect()
}

/// `kubectl jichitai` is the same program under the name that kubectl looks for.
#[test]
fn it_is_a_plugin_of_kubectl() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = folder.path().join("kubectl-jichitai");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_jichitai-under-test"), &plugin).expect("a link");
    let output = Command::new(&plugin)
        .args(["explain", "Conflict", "--lang", "en"])
        .output()
        .expect("it runs");
    assert!(output.status.success() && !output.stdout.is_empty());
    let complete = Command::new(&plugin)
        .args(["completion", "bash"])
        .output()
        .expect("it runs");
    assert!(complete.status.success());
}

const BOTH: [&str; 2] = ["chiyoda.yaml", "chiyoda-files.yaml"];

#[test]
fn the_policies_of_the_examples_are_printed() {
    let all = of(&BOTH, &["--output", "json"]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 2);
    let record = &all[0];
    assert_eq!(record["object"], "FileLinkBucket/chiyoda/resident-record");
    let bucket = sids(&record["bucketPolicy"]);
    for sid in [
        "DenyInsecureTransport",
        "DenyReading",
        "DenyConfiguration",
        "AllowReading",
        "AllowWriting",
    ] {
        assert!(bucket.contains(&sid), "{sid}: {bucket:?}");
    }
    let keys = sids(&record["keyPolicy"]);
    assert_eq!(
        keys.iter().filter(|sid| sid.starts_with("FileLinkBucket")).count(),
        2,
        "{keys:?}"
    );
    assert!(record["replicaBucketPolicy"].is_object() && record["replicaKeyPolicy"].is_object());
    let roles = record["roles"].as_array().expect("roles");
    let name = |role: &Value| role["name"].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = roles.iter().map(name).collect();
    assert_eq!(names.len(), 2, "an SFTP user and the replication: {names:?}");
    for (role, name) in roles.iter().zip(&names) {
        assert!(
            name.len() <= 64 && !name.contains("health") && !name.contains("chiyoda"),
            "{name}"
        );
        assert!(!sids(&role["trustPolicy"]).is_empty() && !sids(&role["policy"]).is_empty());
    }
    let text = record.to_string();
    assert!(text.contains("(known after apply: endpoint.s3 in ap-northeast-1)"));
}

#[test]
fn a_consumer_is_told_what_to_add() {
    let role = "arn:aws:iam::111122223333:role/chiyoda-tax";
    let all = of(&BOTH, &["--as-consumer", role]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 2, "it reads from one bucket and writes to the other");
    assert_eq!(all[0]["role"], role);
    let identity = all[0]["identityPolicy"].to_string();
    assert!(
        identity.contains("s3:GetObject") && identity.contains("kms:Decrypt") && !identity.contains("s3:PutObject")
    );
    assert!(all[1]["identityPolicy"].to_string().contains("s3:PutObject"));
    assert!(all[0]["vpcEndpointPolicy"].to_string().contains(role));
}

#[test]
fn what_is_missing_is_said() {
    let installation = ["--installation", "local", "--operator-role", OPERATOR];
    for (files, more, words) in [
        (
            &BOTH[1..],
            &installation[..],
            "there is no Municipality chiyoda in the files",
        ),
        (&BOTH[..1], &installation[..], "no FileLinkBucket in the files"),
        (&BOTH[..], &[][..], "--installation with --operator-role"),
        (
            &BOTH[..],
            &[
                &installation[..],
                &["--as-consumer", "arn:aws:iam::999999999999:role/nobody"],
            ]
            .concat()[..],
            "no FileLinkBucket in the files admits",
        ),
    ] {
        let output = policy(files, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty() && said.contains(words), "{words}: {said}");
    }
}

fn request(input: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    let command = command
        .args(["request", "--kind", "dns", "--dated", "2027-04-01", "-f", "-"])
        .args(more);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// As `kubectl get rslv,muni -o yaml` prints them.
const INBOUND: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: jichitai.dev/v1alpha1
  kind: Municipality
  metadata: {name: chiyoda, namespace: chiyoda}
  spec:
    code: "131016"
    displayName: 千代田区
    environment: Production
    usageModel: Shared
    isolation: Network
    accountId: "111122223333"
    network: {vpcCidr: 10.20.0.0/16, owner: {organization: 東京ネットワーク株式会社, contact: 運用窓口}}
- apiVersion: jichitai.dev/v1alpha1
  kind: ResolverEndpoint
  metadata: {name: inbound, namespace: chiyoda}
  spec:
    placement: {municipalityRef: {name: chiyoda}, zone: mynumber}
    direction: Inbound
    ipAddresses: [{subnet: app-a, ip: 10.20.0.12}, {subnet: app-c, ip: 10.20.1.10}]
    retire: [{ip: 10.20.0.10, confirmedBy: 回線事業者, notBefore: "2027-05-01"}]
    allowedCidrs: [172.16.0.0/16]
  status:
    endpointId: rslvr-in-0abc
    privateZones: [{zoneId: Z0123456789ABCDEFGHIJ, domain: aws.city.chiyoda.lg.jp}]
    ipAddresses:
    - {subnetId: subnet-1, az: apne1-az4, ip: 10.20.0.10, status: ATTACHED, retiring: true}
    - {subnetId: subnet-2, az: apne1-az1, ip: 10.20.1.10, status: ATTACHED}
"#;

#[test]
fn a_request_to_the_office_names_old_and_new_addresses_domains_dates_and_the_way_back() {
    let text = said(&request(
        INBOUND,
        &["--on", "2027-04-20", "--domain", "files.chiyoda.example.jp"],
    ));
    for line in [
        "DNS設定変更依頼書",
        "宛先: 東京ネットワーク株式会社 御中(運用窓口)",
        "依頼日: 2027-04-01",
        "団体: 千代田区(団体コード 131016)、本番環境",
        "管理名: chiyoda/inbound、Resolverエンドポイント rslvr-in-0abc",
        "対象ドメイン: aws.city.chiyoda.lg.jp、files.chiyoda.example.jp",
        "変更後の転送先(すべて): 10.20.0.12(新規)、10.20.1.10",
        "廃止する転送先(旧): 10.20.0.10",
        "通信: TCP 53、UDP 53",
        "実施希望日: 2027-04-20",
        "10.20.0.10 の廃止予定日: 2027-05-01",
        "転送先を旧アドレスに戻してください",
        "- {ip: 10.20.0.10, confirmedBy: (確認者), ticket: (申請番号), notBefore: \"2027-05-01\"}",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    // Without a status, everything is new.
    let before = INBOUND.split("  status:").next().expect("a spec");
    let text = said(&request(before, &[]));
    for line in [
        "変更後の転送先(すべて): 10.20.0.12(新規)、10.20.1.10(新規)",
        "廃止する転送先(旧): なし",
        "対象ドメイン: (別途ご連絡するドメイン)",
        "実施希望日: 別途調整",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
}

#[test]
fn a_request_for_an_outbound_endpoint_names_who_asks_whom() {
    let outbound = INBOUND.replace("direction: Inbound", "direction: Outbound").replace(
        "    allowedCidrs: [172.16.0.0/16]",
        "    allowedCidrs: [172.16.0.0/16]\n    rules: [{name: office, domain: city.chiyoda.lg.jp, targets: [{ip: 172.16.0.53}]}]",
    );
    let text = said(&request(&outbound, &["--name", "inbound"]));
    for line in [
        "問い合わせ元(すべて): 10.20.0.12(新規)、10.20.1.10",
        "今後使わない問い合わせ元(旧): 10.20.0.10",
        "city.chiyoda.lg.jp の問い合わせ先: 172.16.0.53:53",
        "旧アドレスの許可を外す",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    assert!(
        !text.contains("retire:"),
        "only inbound addresses wait for a confirmation"
    );
}

#[test]
fn a_request_that_cannot_be_written_says_why() {
    let misspelt = INBOUND.replace("kind: Municipality\n", "kind: Municipalities\n");
    let endpoint_only = INBOUND.replacen("jichitai.dev/v1alpha1", "example.org/v1", 1);
    for (input, more, words) in [
        (
            INBOUND,
            &["--name", "outbound"][..],
            "there is no ResolverEndpoint outbound in the files",
        ),
        (
            &endpoint_only,
            &[],
            "there is no Municipality chiyoda in the files: give its file, too",
        ),
        (
            &misspelt,
            &[],
            "there is no kind Municipalities in jichitai.dev/v1alpha1",
        ),
        ("apiVersion: [jichitai.dev/", &[], "-:1:13: this is not YAML"),
    ] {
        let output = request(input, more);
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{problem}");
        assert!(problem.contains(words), "{problem}");
    }
}
