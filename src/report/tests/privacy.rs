//! The page of one municipality holds nothing of another, whatever they share.

use jichitai_report::{Book, Language};
use serde_json::{Value, json};

use crate::samples::{Sample, catalogue};

/// Two municipalities that share an endpoint, a policy and a namespace, each with strings of its own everywhere.
fn neighbours() -> Sample {
    let mut sample = Sample::default();
    for (mark, code) in [("alpha", "131016"), ("omega", "271004")] {
        sample.municipalities.push(object(municipality(mark, code)));
        sample.buckets.push(object(bucket(mark)));
    }
    sample.policies.push(object(policy()));
    sample.endpoints.push(object(endpoint()));
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
        for text in everything(page) {
            for word in other {
                let found = text
                    .find(word)
                    .map(|at| text[..at].chars().rev().take(80).collect::<String>());
                let before = found.map(|before| before.chars().rev().collect::<String>());
                assert_eq!(before, None, "{word} is told");
            }
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
