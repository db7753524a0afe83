//! The page of one municipality holds nothing of another, whatever they share.

use jichitai_api::common::Party;
use jichitai_plan::evidence::{Approved, Record, RecordKind};
use jichitai_report::{Book, Language};
use serde_json::{Value, json};

use crate::samples::records::write;
use crate::samples::{Sample, catalogue};

/// Two municipalities that share an endpoint, a policy and a namespace, each with strings of its own everywhere.
fn neighbours() -> Sample {
    neighbours_in(["shared", "shared"])
}

/// The same, each in a namespace; a policy that both share is there where the namespace is one.
fn neighbours_in(namespaces: [&str; 2]) -> Sample {
    let mut sample = Sample::default();
    for ((mark, code), namespace) in [("alpha", "131016"), ("omega", "271004")].into_iter().zip(namespaces) {
        let mut municipality = municipality(mark, code);
        municipality["metadata"]["namespace"] = json!(namespace);
        sample.municipalities.push(object(municipality));
        let mut bucket = bucket(mark);
        bucket["metadata"]["namespace"] = json!(namespace);
        sample.buckets.push(object(bucket));
    }
    sample.policies.push(object(policy()));
    let mut endpoint = endpoint();
    for (at, (mark, namespace)) in ["alpha", "omega"].into_iter().zip(namespaces).enumerate() {
        endpoint["spec"]["associations"][at]["municipalityRef"]["namespace"] = json!(namespace);
        endpoint["status"]["associations"][at]["municipality"] = json!(format!("{namespace}/{mark}"));
    }
    sample.endpoints.push(object(endpoint));
    sample
}

fn object<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn account(mark: &str) -> &'static str {
    if mark == "alpha" {
        "111122223333"
    } else {
        "444455556666"
    }
}

fn municipality(mark: &str, code: &str) -> Value {
    let octet = if mark == "alpha" { 20 } else { 30 };
    json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
        "metadata": {"name": mark, "namespace": "shared"},
        "spec": {
            "code": code, "displayName": format!("{mark}-city"), "environment": "Production", "usageModel": "Shared",
            "isolation": "Network", "accountId": account(mark),
            "network": {
                "vpcCidr": format!("10.{octet}.0.0/16"), "onPremisesCidrs": [format!("172.{octet}.0.0/16")],
                "zones": [{"name": format!("{mark}-zone"), "type": "MyNumberAffairs", "subnets": [
                    {"name": "a", "cidr": format!("10.{octet}.0.0/24"), "availabilityZone": "ap-northeast-1a"},
                ]}],
            },
        },
        "status": {"network": {"vpcId": format!("vpc-{mark}")}},
    })
}

fn bucket(mark: &str) -> Value {
    json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "FileLinkBucket",
        "metadata": {"name": format!("{mark}-files"), "namespace": "shared"},
        "spec": {
            "municipalityRef": {"name": mark}, "businessId": "001", "zone": format!("{mark}-zone"),
            "access": {"providers": [{"roleArn": format!("arn:aws:iam::{}:role/{mark}-writer", account(mark))}]},
        },
    })
}

fn policy() -> Value {
    json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
        "metadata": {"name": "together", "namespace": "shared"},
        "spec": {
            "municipalityRefs": [{"name": "alpha"}, {"name": "omega"}], "sources": {},
            "coverageExceptions": [
                {"service": "s3", "id": "omega-logs", "reason": "of omega", "approvedBy": "omega", "until": "2028-03-31"},
                {"service": "s3", "id": "alpha-logs", "reason": "of alpha", "approvedBy": "alpha", "until": "2028-03-31"},
            ],
        },
        "status": {
            "uncovered": [{"service": "s3", "id": "omega-bucket"}, {"service": "s3", "id": "alpha-bucket"}],
            "failures": [{"source": "vol-omega", "state": "error"}, {"source": "vol-alpha", "state": "error"}],
            "conditions": [condition("omega-bucket and alpha-bucket are in no source")],
        },
    })
}

fn condition(message: &str) -> Value {
    json!({
        "type": "Ready", "status": "False", "reason": "Uncovered", "message": message,
        "lastTransitionTime": "2027-03-29T20:00:00Z",
    })
}

fn endpoint() -> Value {
    let of = |mark: &str| json!({"municipalityRef": {"namespace": "shared", "name": mark}, "rules": [format!("{mark}-rule")]});
    let rule = |mark: &str, octet: u8| {
        json!({
            "name": format!("{mark}-rule"), "domain": format!("city.{mark}.lg.jp"), "targets": [{"ip": format!("172.{octet}.0.53")}],
        })
    };
    json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "ResolverEndpoint",
        "metadata": {"name": "hub", "namespace": "network"},
        "spec": {
            "placement": {"shared": {"accountId": "999900001111", "vpcId": "vpc-hub", "subnets": [{"name": "a", "subnetId": "subnet-hub"}]}},
            "direction": "Outbound", "ipAddresses": [{"subnet": "a", "ip": "10.255.0.10"}],
            "allowedCidrs": ["172.20.0.0/16", "172.30.0.0/16"],
            "rules": [rule("alpha", 20), rule("omega", 30)], "associations": [of("alpha"), of("omega")],
        },
        "status": {
            "endpointId": "rslvr-hub",
            "rules": [
                {"name": "alpha-rule", "id": "rslvr-rr-alpha", "status": "COMPLETE"},
                {"name": "omega-rule", "id": "rslvr-rr-omega", "status": "COMPLETE"},
            ],
            "associations": [
                {"municipality": "shared/alpha", "accountId": "111122223333", "vpcId": "vpc-alpha", "accepted": true, "rules": 1},
                {"municipality": "shared/omega", "accountId": "444455556666", "vpcId": "vpc-omega", "accepted": true, "rules": 1},
            ],
            "conditions": [condition("shared/omega and shared/alpha do not accept this object")],
            "drift": [{"role": "rule.omega-rule", "path": "$.alpha", "want": "omega", "have": "alpha"}],
        },
    })
}

/// What belongs to each of them alone.
const ALPHA: [&str; 5] = ["alpha", "131016", "111122223333", "10.20.", "172.20."];
const OMEGA: [&str; 5] = ["omega", "271004", "444455556666", "10.30.", "172.30."];

fn everything(book: &Book<'_>) -> Vec<String> {
    let mut all = vec![jichitai_report::json(book).to_string()];
    for language in [Language::Ja, Language::En] {
        all.push(jichitai_report::html(book, language));
        all.push(jichitai_report::markdown(book, language));
    }
    let sheets = jichitai_report::csv(book).unwrap();
    all.extend(sheets.into_iter().map(|sheet| String::from_utf8(sheet.bytes).unwrap()));
    all
}

#[test]
fn a_page_holds_nothing_of_another_municipality() {
    let (sample, catalogue) = (neighbours(), catalogue());
    let book = sample.book(&catalogue);
    let pages = book.pages();
    for (page, other) in pages.iter().zip([OMEGA, ALPHA]) {
        holds_nothing_of(page, other);
    }
}

/// Records about each of them, about what they share, and about objects of each that are gone.
fn history(namespaces: [&str; 2]) -> Vec<Record> {
    let marks = ["alpha", "omega"].into_iter().zip(namespaces);
    let mut all: Vec<Record> = marks.flat_map(|(mark, namespace)| of_one(mark, namespace)).collect();
    for object in ["OsakaBackupPolicy/shared/together", "ResolverEndpoint/network/hub"] {
        for kind in [
            RecordKind::Approval,
            RecordKind::Repair,
            RecordKind::Drift,
            RecordKind::Run,
            RecordKind::Drill,
        ] {
            all.push(about(object, kind, "alpha and omega", "both"));
        }
    }
    all
}

fn of_one(mark: &str, namespace: &str) -> Vec<Record> {
    let objects = [
        format!("Municipality/{namespace}/{mark}"),
        format!("FileLinkBucket/{namespace}/{mark}-files"),
        format!("FileLinkBucket/{namespace}/{mark}-gone"),
    ];
    let own = objects.iter().flat_map(|object| {
        [
            RecordKind::Approval,
            RecordKind::Write,
            RecordKind::Repair,
            RecordKind::Drift,
        ]
        .map(|kind| about(object, kind, mark, &format!("bucket.{mark}")))
    });
    let association = format!("rule-association.{mark}-rule.vpc-{mark}");
    let shared = Record {
        detail: Some("of alpha and omega".to_owned()),
        approvals: approved("alpha and omega"),
        // It may stand in the other's account.
        account: account(if mark == "alpha" { "omega" } else { "alpha" }).to_owned(),
        ..about("ResolverEndpoint/network/hub", RecordKind::Write, mark, &association)
    };
    let own = own.map(|record| Record {
        account: account(mark).to_owned(),
        ..record
    });
    own.chain([shared]).collect()
}

fn about(object: &str, kind: RecordKind, mark: &str, part: &str) -> Record {
    Record {
        kind,
        detail: Some(format!("{mark} differs")),
        destructive: true,
        plan_hash: Some(format!("hash-{mark}")),
        approvals: approved(mark),
        since: Some("2027-03-15T00:00:00Z".parse().unwrap()),
        ..write("2027-03-16T00:00:00Z", object, part, &format!("the policy of {mark}"))
    }
}

fn approved(mark: &str) -> Vec<Approved> {
    vec![Approved {
        party: Party::Municipality,
        approver: format!("mayor of {mark}"),
        ticket: Some(format!("{mark}-1")),
    }]
}

fn monthly(namespaces: [&str; 2]) -> Sample {
    let mut sample = neighbours_in(namespaces);
    sample.records = Some(history(namespaces));
    sample.period = Some("2027-03".parse().unwrap());
    sample
}

#[test]
fn a_monthly_report_holds_nothing_of_another_municipality() {
    for namespaces in [["shared", "shared"], ["shared", "elsewhere"]] {
        let (sample, catalogue) = (monthly(namespaces), catalogue());
        let book = sample.book(&catalogue);
        for (page, other) in book.pages().iter().zip([OMEGA, ALPHA]) {
            holds_nothing_of(page, other);
            let json = jichitai_report::json(page);
            let changes = json["municipalities"][0]["changes"].as_array().unwrap();
            assert_eq!(
                changes.len(),
                5,
                "two of each own object, and its own association: {changes:?}"
            );
        }
        // Also when whoever makes the report hands over everything but names one municipality.
        let mut book = sample.book(&catalogue);
        book.objects.municipalities.truncate(1);
        holds_nothing_of(&book, OMEGA);
    }
}

fn holds_nothing_of(page: &Book<'_>, other: [&str; 5]) {
    for text in everything(page) {
        for word in other {
            let found = text.find(word);
            let before = found.map(|at| text[..at].chars().rev().take(80).collect::<String>());
            let before = before.map(|before| before.chars().rev().collect::<String>());
            assert_eq!(before, None, "{word} is told");
        }
    }
}

/// Also when whoever makes the report hands over everything but names one municipality.
#[test]
fn neither_does_a_book_with_too_much_in_it() {
    let (mut sample, catalogue) = (neighbours(), catalogue());
    sample.municipalities.truncate(1);
    for text in everything(&sample.book(&catalogue)) {
        assert!(OMEGA.iter().all(|word| !text.contains(word)), "{text}");
    }
}

#[test]
fn it_says_how_many_others_there_are() {
    let (sample, catalogue) = (neighbours(), catalogue());
    let book = sample.book(&catalogue);
    let page = jichitai_report::html(&book.pages()[0], Language::En);
    assert!(page.contains("others: 1"), "no number of others");
    assert!(page.contains("other municipalities served: 1"), "no number of others");
    assert!(page.contains("city.alpha.lg.jp"), "its own rule is missing");
}
