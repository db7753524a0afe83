//! Sessions, and how refusals arrive.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use jichitai_api::Region;
use jichitai_aws::accounts::{AccountAccess, Accounts};
use jichitai_aws::{Guard, Rates};
use jichitai_plan::identity::AccountId;
use jichitai_plan::kms::key::Action as Key;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::FaultKind;
use jichitai_plan::policy::document::{Document, Statement};

use crate::HUB;
use crate::tenant::{Tenant, access, make_role, others, policy, query, step, tags};

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn accounts_and_faults() {
    let id = "555555555555";
    make_role(id);
    let accounts = Accounts::new().await;
    let access_of = access(id);
    let (one, two) = futures::join!(accounts.session(&access_of), accounts.session(&access_of));
    let session = one.unwrap();
    assert!(Arc::ptr_eq(&session, &two.unwrap()), "one session for one access");
    assert_eq!(session.account().as_str(), id);
    assert!(
        session.caller_arn().contains("jichitai-test"),
        "{}",
        session.caller_arn()
    );

    let own = AccountAccess {
        account: AccountId::new(HUB).unwrap(),
        role_arn: None,
        external_id: None,
        session_name: "x".into(),
        rates: Rates::new(),
    };
    assert_eq!(accounts.session(&own).await.unwrap().account().as_str(), HUB);
    let mismatch = accounts
        .session(&AccountAccess {
            account: AccountId::new(id).unwrap(),
            ..own
        })
        .await
        .unwrap_err();
    assert_eq!(
        (mismatch.kind, mismatch.code.as_str()),
        (FaultKind::Denied, "AccountMismatch")
    );
    let stranger = accounts
        .session(&AccountAccess {
            external_id: Some("wrong".into()),
            ..access(id)
        })
        .await
        .unwrap_err();
    assert_eq!(
        (stranger.kind, stranger.operation.as_str()),
        (FaultKind::Denied, "sts:AssumeRole"),
        "{stranger}"
    );

    let create = |role: &str| Key::Create {
        description: String::new(),
        policy: policy(id),
        tags: tags(role),
    };
    let create_key = step(Region::Tokyo, create("key.all"));
    for (action, want) in [
        ("scp-deny", FaultKind::Denied),
        ("throttle", FaultKind::Throttled),
        ("error-after", FaultKind::Transient),
    ] {
        others(
            id,
            &format!(
                "side('faults', {{'account': '{id}', 'service': 'kms', 'operation': 'CreateKey', 'action': '{action}', 'times': 1}})"
            ),
        );
        let fault = session.execute(&create_key).await.unwrap_err();
        assert_eq!(fault.kind, want, "{fault}");
        assert_eq!(fault.operation, "kms:CreateKey");
    }
    let bad = Document::new(vec![Statement::allow(
        "Nobody",
        &["arn:aws:iam::555555555555:role/none".into()],
        &["kms:*"],
    )]);
    let bad = Key::Create {
        description: String::new(),
        policy: bad,
        tags: tags("key.all"),
    };
    assert_eq!(
        session.execute(&step(Region::Tokyo, bad)).await.unwrap_err().kind,
        FaultKind::Invalid
    );

    // The creation whose answer was lost had its effect, once.
    let asked = Query {
        aliases: ["alias/jichitai/test/x".into()].into(),
        ..query()
    };
    assert_eq!(
        session
            .observe(&asked)
            .await
            .region(Region::Tokyo)
            .keys
            .as_ref()
            .unwrap()
            .len(),
        1
    );

    // A denied listing is not an empty one; the rest is read.
    others(
        id,
        &format!(
            "side('faults', {{'account': '{id}', 'service': 'ec2', 'operation': 'DescribeSubnets', 'action': 'deny'}})"
        ),
    );
    others(
        id,
        &format!(
            "side('faults', {{'account': '{id}', 'region': 'ap-northeast-3', 'operation': 'ListAliases', 'action': 'deny'}})"
        ),
    );
    let seen = session.observe(&asked).await;
    assert_eq!(seen.network.vpcs.unwrap_err().kind, FaultKind::Denied);
    assert_eq!(
        seen.network.security_groups.unwrap_err().operation,
        "ec2:DescribeSubnets"
    );
    assert_eq!(
        seen.regions[&Region::Osaka].keys.as_ref().unwrap_err().kind,
        FaultKind::Denied
    );
    assert_eq!(seen.regions[&Region::Tokyo].keys.as_ref().unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn writes_that_are_not_admitted_are_not_sent() {
    let id = "676767676767";
    make_role(id);
    let admits = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&admits);
    let accounts = Accounts::new().await.guarded(Guard::new(move || asked.load(Relaxed)));
    let session = accounts.session(&access(id)).await.unwrap();
    let create = step(
        Region::Tokyo,
        Key::Create {
            description: String::new(),
            policy: policy(id),
            tags: tags("key.all"),
        },
    );
    admits.store(false, Relaxed);
    let fault = session.execute(&create).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code.as_str()),
        (FaultKind::Transient, "WritesStopped"),
        "{fault}"
    );
    session.observe(&query()).await.regions[&Region::Tokyo]
        .keys
        .clone()
        .expect("reads go on");
    admits.store(true, Relaxed);
    session.execute(&create).await.unwrap();
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn futures_can_move_between_threads() {
    let tenant = Tenant::new("666666666666").await;
    let session = Arc::clone(&tenant.session);
    let seen = tokio::spawn(async move { session.observe(&query()).await })
        .await
        .unwrap();
    assert_eq!(seen, Observed::default());
}
