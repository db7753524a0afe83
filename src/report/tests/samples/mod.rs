//! Objects, checks and records to report on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jichitai_api::municipality::GuardrailOutcome;
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::evidence::{Month, Record};
use jichitai_plan::plan::Text;
use jichitai_report::{Book, Check, Evidence, Exemption, Finding, Key, Objects, Severity, Verdict};
use jiff::Timestamp;
use serde_json::Value;

pub mod records;

/// The cases, each a file beside this one.
pub const CASES: &[&str] = &["full", "minimal", "application"];

/// When all samples are reported: 1 April 2027, 09:30 in Japan.
pub fn now() -> Timestamp {
    "2027-04-01T00:30:00Z".parse().unwrap()
}

/// Objects of the four kinds with what is known of them.
#[derive(Default)]
pub struct Sample {
    pub municipalities: Vec<Municipality>,
    pub buckets: Vec<FileLinkBucket>,
    pub policies: Vec<OsakaBackupPolicy>,
    pub endpoints: Vec<ResolverEndpoint>,
    pub verdicts: BTreeMap<Key, Vec<Verdict>>,
    pub records: Option<Vec<Record>>,
    pub period: Option<Month>,
    pub since: Option<Month>,
}

impl Sample {
    /// One case. The first has verdicts and records.
    pub fn read(case: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/samples")
            .join(format!("{case}.yaml"));
        let mut sample = Self::default();
        sample.add(&fs::read_to_string(path).unwrap());
        if case == CASES[0] {
            let key = ("chiyoda".to_owned(), "chiyoda".to_owned());
            sample.verdicts.insert(key, verdicts());
            sample.records = Some(records::of_march());
        }
        sample
    }

    /// One case as a monthly report of March 2027.
    pub fn monthly(case: &str) -> Self {
        let mut sample = Self::read(case);
        sample.period = Some("2027-03".parse().unwrap());
        sample
    }

    /// Several cases in one book.
    pub fn many(cases: &[&str]) -> Self {
        let mut all = Self::default();
        for case in cases {
            let one = Self::read(case);
            all.municipalities.extend(one.municipalities);
            all.buckets.extend(one.buckets);
            all.policies.extend(one.policies);
            all.endpoints.extend(one.endpoints);
            all.verdicts.extend(one.verdicts);
            all.records = all.records.or(one.records);
        }
        all
    }

    fn add(&mut self, yaml: &str) {
        let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap();
        for document in documents {
            match document["kind"].as_str() {
                Some("Municipality") => self.municipalities.push(serde_json::from_value(document).unwrap()),
                Some("FileLinkBucket") => self.buckets.push(serde_json::from_value(document).unwrap()),
                Some("OsakaBackupPolicy") => self.policies.push(serde_json::from_value(document).unwrap()),
                Some("ResolverEndpoint") => self.endpoints.push(serde_json::from_value(document).unwrap()),
                other => panic!("{other:?} is no kind"),
            }
        }
    }

    /// Everything as a book.
    pub fn book<'a>(&'a self, checks: &'a [Check]) -> Book<'a> {
        let why = Text::new(
            "Set evidence.bucket in the configuration.",
            "設定の evidence.bucket で指定できます。",
        );
        Book {
            page_of: None,
            made_at: now(),
            period: self.period,
            since: self.since,
            installation: "hub-tokyo",
            operator_version: "0.1.0",
            objects: Objects {
                municipalities: self.municipalities.iter().collect(),
                buckets: self.buckets.iter().collect(),
                policies: self.policies.iter().collect(),
                endpoints: self.endpoints.iter().collect(),
            },
            checks,
            verdicts: self.verdicts.clone(),
            evidence: self.records.clone().map_or(Evidence::Missing(why), Evidence::Records),
            details: true,
        }
    }
}

fn check(id: &str, severity: Severity, title: [&str; 2], source: &str, remedy: [&str; 2], controls: &[&str]) -> Check {
    Check {
        id: id.to_owned(),
        title: Text::new(title[0], title[1]),
        source: source.to_owned(),
        severity,
        remediation: Text::new(remedy[0], remedy[1]),
        controls: controls.iter().map(|&id| id.to_owned()).collect(),
    }
}

/// A catalogue of a few checks.
pub fn catalogue() -> Vec<Check> {
    vec![
        check(
            "s3-tls-only",
            Severity::High,
            ["Buckets refuse plain HTTP", "バケットが平文のHTTPを拒否する"],
            "S0 security",
            [
                "Add a statement to the bucket policy that denies requests without TLS.",
                "TLSを使わない要求を拒否する文をバケットポリシーに追加してください。",
            ],
            &["S3.5", "s3-bucket-ssl-requests-only"],
        ),
        check(
            "cloudtrail-on",
            Severity::High,
            [
                "CloudTrail records in both Regions",
                "両リージョンでCloudTrailが記録している",
            ],
            "S2 guardrails",
            [
                "Ask the platform team to turn it on.",
                "基盤担当に有効化を依頼してください。",
            ],
            &["CloudTrail.1"],
        ),
        check(
            "ec2-imdsv2",
            Severity::Medium,
            ["Instances ask for IMDSv2", "インスタンスがIMDSv2を必須とする"],
            "S0 security",
            ["Set HttpTokens to required.", "HttpTokens を required にしてください。"],
            &["EC2.8"],
        ),
        check(
            "org-scp",
            Severity::Medium,
            [
                "Service control policies are in force",
                "サービスコントロールポリシーが適用されている",
            ],
            "S2 guardrails",
            [
                "Let the role list policies.",
                "ロールにポリシー一覧の読み取りを許可してください。",
            ],
            &[],
        ),
        check(
            "dx-redundant",
            Severity::Low,
            ["The line to the office is redundant", "庁内との回線が冗長である"],
            "S3 connection",
            ["Ask the network's operator.", "回線運用管理補助者に照会してください。"],
            &[],
        ),
    ]
}

fn verdict(id: &str, outcome: GuardrailOutcome, looked_at: u32, findings: &[(&str, [&str; 2])]) -> Verdict {
    Verdict {
        check: id.to_owned(),
        outcome,
        looked_at,
        findings: findings
            .iter()
            .map(|(resource, detail)| Finding {
                resource: (*resource).to_owned(),
                detail: Text::new(detail[0], detail[1]),
            })
            .collect(),
        exemption: None,
        read_at: now(),
    }
}

fn verdicts() -> Vec<Verdict> {
    let exemption = Exemption {
        reason: "旧版ミドルウェアの更新待ち".to_owned(),
        approved_by: "情報政策課長".to_owned(),
        until: "2027-06-30".to_owned(),
    };
    vec![
        verdict(
            "s3-tls-only",
            GuardrailOutcome::Failed,
            7,
            &[(
                "arn:aws:s3:::chiyoda-legacy",
                ["plain HTTP is not refused", "平文のHTTPを拒否していません"],
            )],
        ),
        verdict("cloudtrail-on", GuardrailOutcome::Passed, 2, &[]),
        Verdict {
            exemption: Some(exemption),
            ..verdict(
                "ec2-imdsv2",
                GuardrailOutcome::Exempt,
                12,
                &[("i-013101600000000aa", ["IMDSv1 is answered", "IMDSv1に応答します"])],
            )
        },
        verdict(
            "org-scp",
            GuardrailOutcome::Unreadable,
            0,
            &[(
                "",
                [
                    "organizations:ListPolicies was denied",
                    "organizations:ListPolicies が拒否されました",
                ],
            )],
        ),
        verdict("dx-redundant", GuardrailOutcome::NotOurs, 1, &[]),
    ]
}
