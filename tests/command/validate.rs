//! `jichitai validate`: what is wrong with files, each and all together, with the place of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A municipality with everything that it needs, and what a test wants to be otherwise.
struct Tenant<'a> {
    namespace: &'a str,
    name: &'a str,
    code: &'a str,
    account: &'a str,
    cidr: &'a str,
    office: &'a str,
}

const CHIYODA: Tenant<'_> = Tenant {
    namespace: "chiyoda",
    name: "chiyoda",
    code: "\"131016\"",
    account: "\"111122223333\"",
    cidr: "10.20",
    office: "172.16.0.0/16",
};

impl Tenant<'_> {
    fn yaml(&self) -> String {
        let Self {
            namespace,
            name,
            code,
            account,
            cidr,
            office,
        } = self;
        format!(
            "---
apiVersion: jichitai.dev/v1alpha1
kind: Municipality
metadata:
  name: {name}
  namespace: {namespace}
spec:
  code: {code}
  displayName: 千代田区
  environment: Production
  usageModel: Shared
  isolation: Network
  accountId: {account}
  network:
    vpcCidr: {cidr}.0.0/16
    transitGatewayId: tgw-0123456789abcdef0
    onPremisesCidrs: [{office}]
    serviceSubnets:
      - {{name: service-a, cidr: {cidr}.250.0/26, availabilityZone: ap-northeast-1a}}
      - {{name: service-c, cidr: {cidr}.250.64/26, availabilityZone: ap-northeast-1c}}
    zones:
      - name: mynumber
        type: MyNumberAffairs
        subnets:
          - {{name: app-a, cidr: {cidr}.0.0/24, availabilityZone: ap-northeast-1a}}
          - {{name: app-c, cidr: {cidr}.1.0/24, availabilityZone: ap-northeast-1c}}
"
        )
    }
}

fn validate(input: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    let command = command
        .env_remove("JICHITAI_CONFIG")
        .args(["validate", "-f", "-", "--lang", "en"])
        .args(more);
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("it runs");
    let mut into = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || into.write_all(input.as_bytes()).expect("it reads"));
        child.wait_with_output().expect("it ends")
    })
}

/// The lines that are printed of what is wrong.
fn problems(input: &str, more: &[&str]) -> Vec<String> {
    let output = validate(input, more);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(i32::from(!said.is_empty())),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said.lines().map(str::to_owned).collect()
}

fn only(input: &str, words: &[&str]) {
    let all = problems(input, &[]);
    assert_eq!(all.len(), 1, "{all:#?}");
    for word in words {
        assert!(all[0].contains(word), "{word} is not in {}", all[0]);
    }
}

#[test]
fn the_examples_and_good_objects_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
        .env_remove("JICHITAI_CONFIG")
        .args(["validate", "--lang", "en", "-f"])
        .arg(root.join("../examples"))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{said}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(said.contains("nothing is wrong"), "{said}");
}

#[test]
fn unquoted_codes_are_told_with_line_and_column() {
    let mut tenant = CHIYODA;
    tenant.code = "131016";
    only(
        &tenant.yaml(),
        &["-:8:9: Municipality chiyoda/chiyoda: spec.code: ", "quote the code"],
    );
    // An octal number for kubectl, as for us.
    tenant.code = "011002";
    only(&tenant.yaml(), &["-:8:9: ", "quote the code"]);
    tenant.code = "\"131017\"";
    only(&tenant.yaml(), &["-:8:9: ", "the last digit should be 6"]);
}

#[test]
fn every_document_of_a_stream_is_looked_at() {
    let mut broken = CHIYODA;
    broken.code = "\"131017\"";
    let input = format!(
        "# Source: tenants/templates/all.yaml\n---\n# empty\n---\napiVersion: jichitai.dev/v1alpha1\nkind: [\n{}---\napiVersion: v1\nkind: ConfigMap\n",
        broken.yaml()
    );
    let all = problems(&input, &[]);
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(
        all[0].contains("this is not YAML") && all[1].starts_with("-:14:9: "),
        "{all:#?}"
    );
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}",
        broken.yaml().trim_start_matches("---\n").replace('\n', "\n  ")
    );
    only(
        &list,
        &[
            "-:10:11: Municipality chiyoda/chiyoda: spec.code: ",
            "the last digit should be 6",
        ],
    );
}

#[test]
fn what_stands_twice_is_told_with_the_place_of_the_other() {
    let (mut other, again) = (CHIYODA, CHIYODA);
    only(
        &format!("{}{}", CHIYODA.yaml(), again.yaml()),
        &["-:31:9: ", "metadata.name: it stands already in -:2"],
    );
    other.name = "second";
    other.cidr = "10.30";
    only(
        &format!("{}{}", other.yaml(), CHIYODA.yaml()),
        &[
            "Municipality chiyoda/second: spec.code: ",
            "Municipality/chiyoda/chiyoda, -:28",
        ],
    );
    // Another namespace's tenant is named as well: whoever has the files may see it.
    let mut far = Tenant {
        namespace: "osaka",
        name: "osaka",
        code: "\"271004\"",
        account: "\"444455556666\"",
        cidr: "10.20",
        office: "172.17.0.0/16",
    };
    let both = format!("{}{}", CHIYODA.yaml(), far.yaml());
    only(
        &both,
        &[
            "Municipality osaka/osaka: spec.network.vpcCidr: ",
            "overlaps with",
            "Municipality/chiyoda/chiyoda, -:2",
        ],
    );
    (far.cidr, far.office) = ("10.21", "172.17.0.0/16");
    assert!(problems(&format!("{}{}", CHIYODA.yaml(), far.yaml()), &[]).is_empty());
}

#[test]
fn references_and_grants_are_followed() {
    let bucket = "---
apiVersion: jichitai.dev/v1alpha1
kind: FileLinkBucket
metadata: {name: files, namespace: chiyoda}
spec:
  municipalityRef: {name: chiyoda}
  zone: mynumber
  businessId: \"001\"
  access:
    providers: [{roleArn: \"arn:aws:iam::111122223333:role/resident\"}]
";
    assert!(problems(&format!("{}{bucket}", CHIYODA.yaml()), &[]).is_empty());
    only(
        bucket,
        &[
            "FileLinkBucket chiyoda/files: spec.municipalityRef: ",
            "there is no Municipality chiyoda",
        ],
    );
    let named = bucket.replace("  zone:", "  bucketName: chiyoda-files\n  zone:");
    let twice = format!(
        "{}{named}{}",
        CHIYODA.yaml(),
        named.replace("name: files", "name: again")
    );
    only(
        &twice,
        &["FileLinkBucket chiyoda/again: spec.bucketName: FileLinkBucket chiyoda/files has this name already (-:28)"],
    );
    let zone = bucket.replace("zone: mynumber", "zone: lgwan");
    only(&format!("{}{zone}", CHIYODA.yaml()), &["spec.zone: "]);
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.yaml");
    let text =
        "installation: asp\naccounts:\n- {id: \"111122223333\", namespaces: [other], environments: [Production]}\n";
    std::fs::write(&config, text).expect("written");
    let all = problems(&CHIYODA.yaml(), &["--config", config.to_str().expect("a path")]);
    assert!(
        all.len() == 1 && all[0].contains("spec.accountId: ") && all[0].contains("not granted to namespace chiyoda"),
        "{all:#?}"
    );
}

#[test]
fn it_is_printed_for_people_programs_and_pull_requests() {
    let mut tenant = CHIYODA;
    tenant.code = "131016";
    let json = validate(&tenant.yaml(), &["--output", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let problem = &json["problems"][0];
    assert_eq!(json["objects"], 1);
    assert_eq!(
        (&problem["line"], &problem["column"], &problem["path"]),
        (&Value::from(8), &Value::from(9), &Value::from("spec.code"))
    );
    let lines = problems(&tenant.yaml(), &["--output", "github"]);
    assert!(
        lines[0].starts_with("::error file=-,line=8,col=9::Municipality chiyoda/chiyoda: spec.code: "),
        "{lines:?}"
    );
    let nothing = validate("apiVersion: v1\nkind: ConfigMap\n", &[]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no object of jichitai.dev"));
    let usage = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
        .arg("validate")
        .output()
        .expect("it runs");
    assert_eq!(usage.status.code(), Some(2));
}

/// As many as there are, with eight objects each: what is done for one must not grow with their number.
#[test]
fn all_municipalities_are_looked_at_in_seconds() {
    let mut stream = String::new();
    for index in 0..MUNICIPALITIES {
        tenant_with_eight_objects(index, &mut stream);
    }
    let before = cpu_of_children();
    let all = problems(&stream, &[]);
    let took = cpu_of_children() - before;
    assert!(all.is_empty(), "{:#?}", &all[..all.len().min(5)]);
    eprintln!("{MUNICIPALITIES} municipalities, {} bytes: {took:?}", stream.len());
    assert!(took.as_secs() < LIMIT_CPU_SECONDS, "{took:?}");
}

/// CPU time of the children that have ended, those of other tests too; unlike the clock's it is the same on a busy machine.
fn cpu_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks: u64 = fields
        .split_whitespace()
        .skip(CHILDREN)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum();
    Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
}

/// The places of `cutime` and `cstime` after the name: proc_pid_stat(5).
const CHILDREN: usize = 13;
const TICKS_A_SECOND: u64 = 100;

const MUNICIPALITIES: u32 = 1_741;

/// A build for tests is several times as slow as a release, where two seconds are the promise, and machines differ by three
/// times. What grew with the square of the number would take hours.
const LIMIT_CPU_SECONDS: u64 = 60;

fn tenant_with_eight_objects(index: u32, stream: &mut String) {
    let body = 10_000 + index;
    let digits: Vec<u32> = body
        .to_string()
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    let sum: u32 = digits
        .iter()
        .zip([6, 5, 4, 3, 2])
        .map(|(digit, weight)| digit * weight)
        .sum();
    let code = format!("\"{body}{}\"", (11 - sum % 11) % 10);
    let account = format!("{:012}", 300_000_000_000_u64 + u64::from(index));
    let name = format!("m{body}");
    let tenant = Tenant {
        namespace: &name,
        name: &name,
        code: &code,
        account: &format!("\"{account}\""),
        // Each has a transit gateway of its own, as there are not so many private ranges.
        cidr: "10.20",
        office: "172.16.0.0/16",
    };
    let gateway = format!("tgw-{index:017x}");
    stream.push_str(&tenant.yaml().replace("tgw-0123456789abcdef0", &gateway));
    for bucket in 0..5 {
        write!(
            stream,
            "---
apiVersion: jichitai.dev/v1alpha1
kind: FileLinkBucket
metadata: {{name: files-{bucket}, namespace: {name}}}
spec:
  municipalityRef: {{name: {name}}}
  zone: mynumber
  businessId: \"00{}\"
  access:
    providers: [{{roleArn: \"arn:aws:iam::{account}:role/provider-{bucket}\"}}]
    consumers:
      - {{roleArn: \"arn:aws:iam::{account}:role/consumer-{bucket}\", businessId: \"002\", vpcEndpointIds: [vpce-0123456789abcdef0]}}
      - {{roleArn: \"arn:aws:iam::{account}:role/batch-{bucket}\", businessId: \"002\", validUntil: \"2099-03-31\"}}
",
            bucket + 1
        )
        .expect("text");
    }
    write!(
        stream,
        "---
apiVersion: jichitai.dev/v1alpha1
kind: OsakaBackupPolicy
metadata: {{name: backup, namespace: {name}}}
spec:
  municipalityRef: {{name: {name}}}
  schedules: [{{name: daily, cron: \"0 5 * * *\"}}]
  sources: {{volumes: {{matchTags: {{backup: osaka}}}}}}
---
apiVersion: jichitai.dev/v1alpha1
kind: ResolverEndpoint
metadata: {{name: dns, namespace: {name}}}
spec:
  direction: Outbound
  placement: {{municipalityRef: {{name: {name}}}, zone: mynumber}}
  ipAddresses: [{{subnet: app-a, ip: 10.20.0.10}}, {{subnet: app-c, ip: 10.20.1.10}}]
  allowedCidrs: [172.16.0.0/16]
  rules: [{{name: office, domain: city.example.lg.jp, targets: [{{ip: 172.16.0.53}}]}}]
"
    )
    .expect("text");
}
