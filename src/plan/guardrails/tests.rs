//! Whose a thing is, and which paths between zones count: on values, without AWS.

use std::collections::BTreeMap;

use jichitai_api::Municipality;
use jichitai_api::municipality::{GuardrailOutcome, MunicipalitySpec};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::survey::{Encryption, Stored, Vpc};
use super::tenant::Marks;
use super::*;
use crate::ec2::network_acl::{NetworkAcl, Rule};
use crate::ec2::subnet::Subnet;
use crate::identity::{Identity, Owner};
use crate::municipality::observed::Observed;
use crate::observation::Observation;
use crate::tags::{self, Tags};

fn spec(edit: impl FnOnce(&mut Value)) -> MunicipalitySpec {
    let subnet = |cidr: &str| json!([{"name": "a", "cidr": cidr, "availabilityZone": "ap-northeast-1a"}]);
    let mut value = json!({
        "code": "131016", "displayName": "千代田区", "environment": "Production", "usageModel": "Shared",
        "isolation": "Network", "accountId": "111122223333", "businesses": ["001"],
        "network": {"vpcCidr": "10.20.0.0/16", "zones": [
            {"name": "mynumber", "type": "MyNumberAffairs", "subnets": subnet("10.20.0.0/24")},
            {"name": "lgwan", "type": "LgwanConnected", "subnets": subnet("10.20.1.0/24")},
        ]},
    });
    edit(&mut value);
    serde_json::from_value(value).unwrap()
}

fn identity() -> Identity {
    Identity {
        installation: "test".into(),
        owner: Owner::new::<Municipality>("chiyoda", "chiyoda"),
    }
}

fn now() -> Timestamp {
    "2027-04-01T00:00:00Z".parse().unwrap()
}

/// What is said of a tenant.
fn with<T>(spec: &MunicipalitySpec, observed: &Observed, look: impl FnOnce(&Tenant<'_>) -> T) -> T {
    let identity = identity();
    look(&Tenant {
        spec,
        identity: &identity,
        observed,
        backups: Vec::new(),
        is_living: &|_| true,
        now: now(),
    })
}

fn outcome(spec: &MunicipalitySpec, observed: &Observed, survey: &Survey, id: &str) -> GuardrailOutcome {
    let all = with(spec, observed, |tenant| judge(tenant, survey, now()));
    all.into_iter().find(|verdict| verdict.check.id == id).unwrap().outcome
}

fn code(code: &str, more: &[(&str, &str)]) -> Tags {
    let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    more.chain([(tags::MUNICIPALITY.to_owned(), code.to_owned())]).collect()
}

#[test]
fn what_is_another_tenants_is_no_concern_and_what_is_nobodys_is() {
    let (spec, observed) = (spec(|_| {}), Observed::default());
    let mut survey = Survey::empty(now());
    let vpc = |id: &str, tags: Tags| Vpc {
        region: jichitai_api::Region::Tokyo,
        id: id.into(),
        default: false,
        tags,
    };
    survey.vpcs.found = vec![vpc("vpc-theirs", code("131024", &[])), vpc("vpc-nobodys", Tags::new())];
    survey.aliases = BTreeMap::from([("k1".to_owned(), ["alias/jichitai/test/131024-0-all".to_owned()].into())]);
    let (theirs, other_system) = (code("131024", &[]), code("131016", &[(tags::SYSTEM, "tax")]));
    let (ours, same) = (
        code("131016", &[]),
        code(
            "131016",
            &[(tags::SYSTEM, "default"), (tags::ENVIRONMENT, "Production")],
        ),
    );
    let key = Encryption::Key("arn:aws:kms:ap-northeast-1:111122223333:key/k1".into());
    let cases: [(Marks<'_>, bool); 8] = [
        (
            Marks {
                tags: Some(&ours),
                ..Marks::default()
            },
            true,
        ),
        (
            Marks {
                tags: Some(&same),
                ..Marks::default()
            },
            true,
        ),
        (
            Marks {
                tags: Some(&theirs),
                ..Marks::default()
            },
            false,
        ),
        (
            Marks {
                tags: Some(&other_system),
                ..Marks::default()
            },
            false,
        ),
        (
            Marks {
                vpc: Some("vpc-theirs"),
                ..Marks::default()
            },
            false,
        ),
        (
            Marks {
                vpc: Some("vpc-nobodys"),
                ..Marks::default()
            },
            true,
        ),
        (
            Marks {
                encryption: Some(&key),
                ..Marks::default()
            },
            false,
        ),
        (Marks::default(), true),
    ];
    for (marks, concerns) in cases {
        let told = with(&spec, &observed, |tenant| tenant.concerns(marks, &survey));
        assert_eq!(told, concerns, "{marks:?}");
    }
    let own_account = self::spec(|spec| spec["isolation"] = json!("Account"));
    let marks = Marks {
        tags: Some(&theirs),
        ..Marks::default()
    };
    assert!(
        with(&own_account, &observed, |tenant| tenant.concerns(marks, &survey)),
        "all of it is the tenant's"
    );
}

#[test]
fn a_key_of_nobody_does_for_what_is_nobodys_only() {
    let observed = Observed::default();
    let mut survey = Survey::empty(now());
    let volume = |tags: Tags| Stored {
        region: jichitai_api::Region::Tokyo,
        id: "vol-1".into(),
        encryption: Some(Encryption::Key("arn:aws:kms:ap-northeast-1:111122223333:key/k2".into())),
        public: Observation::Present(false),
        vpc_id: None,
        tags,
    };
    let of = |survey: &Survey| outcome(&spec(|_| {}), &observed, survey, "ebs-encrypted");
    survey.volumes.found = vec![volume(Tags::new())];
    assert_eq!(of(&survey), GuardrailOutcome::Passed);
    survey.volumes.found = vec![volume(code("131016", &[]))];
    assert_eq!(of(&survey), GuardrailOutcome::Failed);
    survey.volumes.found = vec![volume(code("131024", &[]))];
    assert_eq!(of(&survey), GuardrailOutcome::Passed);
    survey.aliases = BTreeMap::from([("k2".to_owned(), ["alias/aws/ebs".to_owned()].into())]);
    survey.volumes.found = vec![volume(Tags::new())];
    assert_eq!(of(&survey), GuardrailOutcome::Failed, "AWS manages it");
    let shared = spec(|spec| {
        spec["encryption"] = json!({"shared": {"ebsKeyArn": "arn:aws:kms:ap-northeast-1:111122223333:key/k2"}});
    });
    survey.aliases.clear();
    survey.volumes.found = vec![volume(code("131016", &[]))];
    assert_eq!(
        outcome(&shared, &observed, &survey, "ebs-encrypted"),
        GuardrailOutcome::Passed
    );
}

/// Two zones, and a network ACL of the first with these inward entries: number, whether it allows, range, protocol.
fn zones(entries: &[(u16, bool, &str, &str)]) -> Observed {
    let subnet = |id: &str, cidr: &str| Subnet {
        id: id.into(),
        vpc_id: "vpc-1".into(),
        cidr: cidr.parse().unwrap(),
        zone: "ap-northeast-1a".into(),
        zone_id: None,
        public_ip_on_launch: false,
        tags: Tags::new(),
    };
    let rule = |(number, allow, cidr, protocol): &(u16, bool, &str, &str)| {
        let rule = Rule {
            egress: false,
            allow: *allow,
            cidr: (*cidr).into(),
            protocol: (*protocol).into(),
            ports: None,
        };
        ((false, *number), rule)
    };
    let acl = NetworkAcl {
        id: "acl-1".into(),
        entries: entries.iter().map(rule).collect(),
        associations: BTreeMap::from([("subnet-1".to_owned(), "a".to_owned())]),
        ..NetworkAcl::default_of("vpc-1")
    };
    let table = |id: &str, subnet: &str| crate::ec2::route_table::RouteTable {
        id: id.into(),
        vpc_id: "vpc-1".into(),
        routes: BTreeMap::new(),
        associations: BTreeMap::from([(subnet.to_owned(), "a".to_owned())]),
        main: false,
        tags: Tags::new(),
    };
    let mut observed = Observed::default();
    observed.network.subnets = Ok(vec![
        subnet("subnet-1", "10.20.0.0/24"),
        subnet("subnet-2", "10.20.1.0/24"),
    ]);
    observed.network.route_tables = Ok(vec![table("rtb-1", "subnet-1"), table("rtb-2", "subnet-2")]);
    observed.network.network_acls = Ok(vec![acl]);
    observed
}

#[test]
fn a_path_between_zones_fails_unless_it_is_refused_before_or_excepted() {
    use GuardrailOutcome::{Failed, NotOurs, Passed};
    let survey = Survey::empty(now());
    let of = |spec: &MunicipalitySpec, entries: &[(u16, bool, &str, &str)]| {
        outcome(spec, &zones(entries), &survey, "zones-apart-paths")
    };
    let plain = spec(|_| {});
    for (entries, want) in [
        (&[(100, true, "172.16.0.0/16", "6")][..], Passed),
        (&[(100, true, "10.20.1.0/24", "6")], Failed),
        (&[(100, true, "0.0.0.0/0", "-1")], Failed),
        (
            &[(50, false, "10.20.1.0/24", "-1"), (100, true, "0.0.0.0/0", "-1")],
            Passed,
        ),
        (
            &[(50, false, "10.20.1.0/25", "-1"), (100, true, "0.0.0.0/0", "-1")],
            Failed,
        ),
        (
            &[(50, false, "10.20.1.0/24", "17"), (100, true, "0.0.0.0/0", "-1")],
            Failed,
        ),
        (
            &[(150, false, "10.20.1.0/24", "-1"), (100, true, "0.0.0.0/0", "-1")],
            Failed,
        ),
    ] {
        assert_eq!(of(&plain, entries), want, "{entries:?}");
    }
    let excepted = |until: &str| {
        let until = until.to_owned();
        spec(move |spec| {
            spec["network"]["allowedCrossZone"] = json!([{
                "from": "lgwan", "to": "mynumber", "ports": [{"port": 22}],
                "reason": "a", "approvedBy": "b", "until": until,
            }]);
        })
    };
    let joined = &[(100, true, "10.20.1.0/24", "6")][..];
    assert_eq!(of(&excepted("2027-04-30"), joined), Passed);
    assert_eq!(of(&excepted("2027-03-31"), joined), Failed, "the exception is over");
    let others = spec(|spec| {
        spec["network"]["management"] = json!("Existing");
        spec["network"]["vpcId"] = json!("vpc-1");
        spec["network"]["owner"] = json!({"organization": "network company"});
    });
    assert_eq!(of(&others, joined), NotOurs);
}

#[test]
fn an_exemption_holds_until_its_last_day_and_hides_nothing_that_passes() {
    let until = |day: &str| {
        let exempt = json!({"exempt": [{"id": "backup-coverage", "reason": "a", "approvedBy": "b", "until": day}]});
        spec(move |spec| spec["guardrails"] = exempt)
    };
    let of = |spec: &MunicipalitySpec| outcome(spec, &Observed::default(), &Survey::empty(now()), "backup-coverage");
    assert_eq!(of(&until("2027-04-01")), GuardrailOutcome::Exempt);
    assert_eq!(of(&until("2027-03-31")), GuardrailOutcome::Failed);
    let fault = Fault {
        kind: crate::observation::FaultKind::Denied,
        operation: "sts:AssumeRole".into(),
        code: "AccessDenied".into(),
        message: String::new(),
        request_id: None,
    };
    let all = unread(&until("2027-04-01"), &fault, now());
    let passed = all.iter().filter(|one| one.outcome == GuardrailOutcome::Passed).count();
    let exempt = all.iter().filter(|one| one.outcome == GuardrailOutcome::Exempt).count();
    assert_eq!((passed, exempt), (0, 1));
}

#[test]
fn ids_are_unique_and_texts_are_in_their_language() {
    let ids: std::collections::BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(ids.len(), CHECKS.len());
    for check in CHECKS {
        let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(check.id.chars().all(is_word) && check.id.len() <= 64, "{}", check.id);
        for words in [check.title, check.remedy] {
            assert!(words.en.is_ascii() && !words.ja.is_ascii(), "{}", check.id);
        }
        assert!(!check.source.is_empty(), "{}", check.id);
    }
}
