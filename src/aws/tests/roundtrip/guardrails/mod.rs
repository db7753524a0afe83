//! Every check of guardrails: it passes in a sound account, it fails in a broken one, and where nothing can be read it passes
//! nowhere.

use std::collections::BTreeSet;

use jichitai_api::municipality::{GuardrailOutcome, MunicipalitySpec};
use jichitai_plan::guardrails::{Backup, CHECKS, Tenant as Judged, Verdict, judge};
use jichitai_plan::identity::Owner;
use jichitai_plan::municipality::query::Query;
use jiff::Timestamp;
use serde_json::json;

use crate::tenant::{Tenant, identity, others, query};

const SOUND_ACCOUNT: &str = "300000000077";
const BROKEN_ACCOUNT: &str = "300000000078";
const SOUND: &str = include_str!("sound.py");
const BROKEN: &str = include_str!("broken.py");

fn spec(account: &str) -> MunicipalitySpec {
    let zone = |name: &str, kind: &str, subnets: &[(&str, &str)]| {
        let subnets: Vec<_> = subnets
            .iter()
            .map(|(place, cidr)| json!({"name": place, "cidr": cidr, "availabilityZone": format!("ap-northeast-1{place}")}))
            .collect();
        json!({"name": name, "type": kind, "subnets": subnets})
    };
    serde_json::from_value(json!({
        "code": "131016", "displayName": "千代田区", "environment": "Production", "usageModel": "Shared",
        "isolation": "Account", "accountId": account, "businesses": ["001"],
        "network": {
            "vpcCidr": "10.20.0.0/16", "connection": "Direct",
            "serviceSubnets": [
                {"name": "a", "cidr": "10.20.3.0/24", "availabilityZone": "ap-northeast-1a"},
                {"name": "c", "cidr": "10.20.4.0/24", "availabilityZone": "ap-northeast-1c"},
            ],
            "zones": [
                zone("mynumber", "MyNumberAffairs", &[("a", "10.20.0.0/24"), ("c", "10.20.1.0/24")]),
                zone("lgwan", "LgwanConnected", &[("a", "10.20.2.0/24")]),
            ],
        },
    }))
    .unwrap()
}

/// What the checks say of the account as it is.
async fn verdicts(tenant: &Tenant, is_backed_up: Option<bool>, is_living: bool) -> Vec<Verdict> {
    let query = Query {
        aliases: BTreeSet::from(["alias/jichitai/test/131016-0-all".to_owned()]),
        ..query()
    };
    let observed = tenant.observe(&query).await;
    let now = Timestamp::now();
    let survey = tenant.session.survey("test", now).await;
    let backup = Backup {
        name: "daily".into(),
        objective_met: is_backed_up,
        complete: is_backed_up,
    };
    let (spec, identity, lives) = (spec(tenant.id), identity(), move |_: &Owner| is_living);
    let judged = Judged {
        spec: &spec,
        identity: &identity,
        observed: &observed,
        backups: vec![backup],
        is_living: &lives,
        now,
    };
    judge(&judged, &survey, now)
}

fn assert_all(verdicts: &[Verdict], outcome: GuardrailOutcome) {
    assert_eq!(verdicts.len(), CHECKS.len());
    let others = verdicts.iter().filter(|one| one.outcome != outcome);
    let others: Vec<String> = others
        .map(|one| format!("{} {:?} {:#?}", one.check.id, one.outcome, one.judgement))
        .collect();
    assert!(others.is_empty(), "not {outcome:?}: {}", others.join("\n"));
}

#[ignore = "run by against_a_local_aws"]
#[tokio::test]
async fn each_passes_fails_and_cannot_be_read() {
    let tenant = Tenant::new(SOUND_ACCOUNT).await;
    others(SOUND_ACCOUNT, SOUND);
    let sound = verdicts(&tenant, Some(true), true).await;
    assert_all(&sound, GuardrailOutcome::Passed);
    let seen: Vec<_> = sound
        .iter()
        .filter(|one| one.judgement.looked_at == 0)
        .map(|one| one.check.id)
        .collect();
    assert!(seen.is_empty(), "nothing to look at for {seen:?}");

    let refused = format!("side('faults', [{{'action': 'deny', 'account': '{SOUND_ACCOUNT}', 'kind': 'read'}}])");
    others(SOUND_ACCOUNT, &refused);
    let unread = verdicts(&tenant, None, true).await;
    others(SOUND_ACCOUNT, "side('faults', [])");
    assert_all(&unread, GuardrailOutcome::Unreadable);

    let tenant = Tenant::new(BROKEN_ACCOUNT).await;
    others(BROKEN_ACCOUNT, &format!("{SOUND}{BROKEN}"));
    let broken = verdicts(&tenant, Some(false), false).await;
    assert_all(&broken, GuardrailOutcome::Failed);
    // By a policy and by an ACL; of an instance and of a cluster.
    assert_found(&broken, "buckets-not-public", &["public-", "listed-"]);
    assert_found(
        &broken,
        "snapshots-not-public",
        &["snap-", "open-instance", "open-cluster"],
    );
}

/// Each of these is the beginning of a resource that fails a check.
fn assert_found(verdicts: &[Verdict], check: &str, wanted: &[&str]) {
    let verdict = verdicts.iter().find(|one| one.check.id == check).unwrap();
    let found: Vec<&str> = verdict
        .judgement
        .failing
        .iter()
        .map(|one| one.resource.as_str())
        .collect();
    for name in wanted {
        assert!(
            found.iter().any(|one| one.starts_with(name)),
            "{check}: {name} is not in {found:?}"
        );
    }
}
