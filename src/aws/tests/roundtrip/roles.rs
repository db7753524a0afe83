//! Roles and OIDC providers: everything that the operator writes, as `absorb` says it and as it is
//! then seen.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_aws::iam;
use jichitai_plan::iam::oidc_provider::{self, Action as Provider, OidcProvider};
use jichitai_plan::iam::role::{self, Action, PATH, POLICY, Role};
use jichitai_plan::observation::{FaultKind, Listing, Observation};
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use crate::tenant::{Tenant, identity, others, tags};

fn document(sid: &str, principals: Option<&str>, action: &str) -> Document {
    let mut statement = Statement::allow(sid, &[principals.unwrap_or_default().to_owned()], &[action]);
    match principals {
        // A trust policy has no resources, a permission policy no principals.
        Some(_) => statement.resources = None,
        None => statement.principals = None,
    }
    Document::new(vec![statement])
}

struct Roles {
    tenant: Tenant,
    names: BTreeSet<String>,
    known: Listing<Role>,
}

impl Roles {
    async fn run(&mut self, action: Action) -> Option<Created> {
        let created = self.tenant.run(Region::Tokyo, action.clone()).await;
        role::absorb(&mut self.known, &action, created.as_ref());
        created
    }

    async fn see(&self) -> Listing<Role> {
        iam::roles(&self.tenant.session, &self.names).await
    }
}

fn create(tenant: &Tenant, name: &str) -> Action {
    Action::Create {
        name: name.to_owned(),
        arn: role::arn(tenant.session.account(), name),
        description: "SFTP user".to_owned(),
        trust: document("Trust", Some(&tenant.session.account().root_arn()), "sts:AssumeRole"),
        max_session_seconds: 3600,
        tags: tags("role.sftp.tax"),
    }
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_role_is_made_seen_and_taken_away() {
    let tenant = Tenant::new("555555555501").await;
    let (account, name) = (tenant.id, role::name("sftp", &identity(), "tax"));
    let names = BTreeSet::from([name.clone(), "jichitai-none".to_owned()]);
    let known = Ok(Vec::new());
    let mut roles = Roles { tenant, names, known };
    assert_eq!(roles.see().await, Ok(Vec::new()));
    let create = create(&roles.tenant, &name);
    let created = roles.run(create.clone()).await.unwrap();
    assert_eq!(created.id, name);
    assert_eq!(created.arn, Some(format!("arn:aws:iam::{account}:role{PATH}{name}")));
    assert_eq!(roles.see().await, roles.known);
    let again = roles.tenant.try_run(Region::Tokyo, create).await.unwrap_err();
    assert_eq!(
        (again.kind, again.code.as_str()),
        (FaultKind::Conflict, "EntityAlreadyExists")
    );

    let policy = document("Use", None, "s3:GetObject");
    let trust = document("Other", Some("arn:aws:iam::111122223333:root"), "sts:AssumeRole");
    for action in [
        Action::Permit {
            name: name.clone(),
            policy: policy.clone(),
        },
        Action::Trust {
            name: name.clone(),
            trust,
        },
        Action::Describe {
            name: name.clone(),
            description: "another".to_owned(),
            max_session_seconds: 7200,
        },
        Action::Tag {
            name: name.clone(),
            tags: Tags::from([("more".to_owned(), "タグ".to_owned())]),
        },
    ] {
        roles.run(action).await;
        assert_eq!(roles.see().await, roles.known);
    }
    by_hand(account, &name);
    let seen = roles.see().await.unwrap();
    let attached: Vec<&String> = seen[0].attached.present().unwrap().keys().collect();
    assert_eq!(attached, [&format!("arn:aws:iam::{account}:policy/extra")]);
    assert_eq!(seen[0].inline.present().unwrap().len(), 2);
    refuse_to_delete(&roles, &name).await;
    roles.known = Ok(seen);
    take_away(roles, &name).await;
}

/// What somebody does to a role of ours.
fn by_hand(account: &str, name: &str) {
    let script = format!(
        "iam, name = client('iam'), '{name}'\n\
         policy = json.dumps({{'Version': '2012-10-17', 'Statement': {{'Effect': 'Allow', 'Action': 's3:PutObject', 'Resource': 'arn:aws:s3:::b/a+%20*'}}}})\n\
         arn = iam.create_policy(PolicyName='extra', PolicyDocument=policy)['Policy']['Arn']\n\
         iam.attach_role_policy(RoleName=name, PolicyArn=arn)\n\
         iam.put_role_policy(RoleName=name, PolicyName='by-hand', PolicyDocument=policy)"
    );
    others(account, &script);
}

async fn refuse_to_delete(roles: &Roles, name: &str) {
    let delete = Action::Delete { name: name.to_owned() };
    let effect = jichitai_plan::step::Step::delete(
        &jichitai_plan::identity::Part::new(Region::Tokyo, "test"),
        delete,
        "a test",
    );
    let refused = roles.tenant.session.execute(&effect).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.code.as_str()),
        (FaultKind::Conflict, "DeleteConflict")
    );
}

/// The second time each is gone already.
async fn take_away(mut roles: Roles, name: &str) {
    let name = name.to_owned();
    let attached = roles.known.as_ref().unwrap()[0].attached.present().unwrap();
    let attached = attached.keys().next().unwrap().clone();
    for action in [
        Action::Detach {
            name: name.clone(),
            policy: attached,
        },
        Action::Withdraw {
            name: name.clone(),
            policy: "by-hand".to_owned(),
        },
        Action::Withdraw {
            name: name.clone(),
            policy: POLICY.to_owned(),
        },
        Action::Delete { name },
    ] {
        roles.run(action.clone()).await;
        roles.run(action).await;
        assert_eq!(roles.see().await, roles.known);
    }
    assert_eq!(roles.known, Ok(Vec::new()));
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn roles_of_others_are_seen_with_all_that_they_permit() {
    let mut tenant = Tenant::new("555555555502").await;
    let action = create(&tenant, "given");
    tenant.run(Region::Tokyo, action).await;
    by_hand(tenant.id, "given");
    let arn = |account: &str, name: &str| RoleArn::new(&format!("arn:aws:iam::{account}:role{name}")).unwrap();
    let here = arn(tenant.id, "/jichitai/given");
    // The name exists, the ARN does not.
    let elsewhere = arn(tenant.id, "/given");
    let none = arn(tenant.id, "/none");
    let foreign = arn("111122223333", "/given");
    let asked = BTreeSet::from([here.clone(), elsewhere.clone(), none.clone(), foreign]);
    let expected = BTreeMap::from([
        (elsewhere.clone(), Observation::Absent),
        (here.clone(), Observation::Present(())),
        (none.clone(), Observation::Absent),
    ]);
    assert_eq!(iam::exist(&tenant.session, &asked).await, expected);
    let given = iam::given(&tenant.session, &asked).await;
    assert_eq!(given.len(), 3);
    assert_eq!(
        (&given[&elsewhere], &given[&none]),
        (&Observation::Absent, &Observation::Absent)
    );
    let role = given[&here].present().unwrap();
    let attached = role.attached.present().unwrap().values().next().unwrap();
    let inline = &role.inline.present().unwrap()["by-hand"];
    assert!(attached.present().unwrap().means_the_same(inline));
    assert!(
        inline.to_json().contains("arn:aws:s3:::b/a+%20*"),
        "{}",
        inline.to_json()
    );
}

const ISSUER: &str = "https://idp.example.jp/realms/city";

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_provider_is_made_seen_and_taken_away() {
    let mut tenant = Tenant::new("555555555503").await;
    assert_eq!(
        iam::oidc_provider(&tenant.session, ISSUER, false).await,
        Observation::Absent
    );
    let arn = oidc_provider::arn(tenant.session.account(), ISSUER);
    let mut known = Observation::Absent;
    let create = Provider::Create {
        arn: arn.clone(),
        issuer: ISSUER.to_owned(),
        client_ids: BTreeSet::from(["a".to_owned(), "b".to_owned()]),
        tags: tags(oidc_provider::ROLE),
    };
    let add = Provider::AddAudience {
        arn: arn.clone(),
        client_id: "c".to_owned(),
    };
    let tag = Provider::Tag {
        arn: arn.clone(),
        tags: Tags::from([("more".to_owned(), "x".to_owned())]),
    };
    // An audience that is there already is no fault.
    for action in [create.clone(), add.clone(), add, tag] {
        run(&mut tenant, &mut known, action).await;
        assert_eq!(iam::oidc_provider(&tenant.session, ISSUER, false).await, known);
    }
    let again = tenant.try_run(Region::Tokyo, create).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Conflict, "{again}");

    let script = format!(
        "trust = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 'sts:AssumeRoleWithWebIdentity', 'Principal': {{'Federated': '{arn}'}}}}]}}\n\
         client('iam').create_role(RoleName='theirs', AssumeRolePolicyDocument=json.dumps(trust))"
    );
    others(tenant.id, &script);
    let seen = iam::oidc_provider(&tenant.session, ISSUER, true).await;
    let trusted_by = Some(Observation::Present(BTreeSet::from(["theirs".to_owned()])));
    let known_with_trust = OidcProvider {
        trusted_by,
        ..known.present().unwrap().clone()
    };
    assert_eq!(seen, Observation::Present(known_with_trust));

    for _ in 0..2 {
        run(&mut tenant, &mut known, Provider::Delete { arn: arn.clone() }).await;
    }
    assert_eq!(known, Observation::Absent);
    assert_eq!(iam::oidc_provider(&tenant.session, ISSUER, true).await, known);
}

async fn run(tenant: &mut Tenant, known: &mut Observation<OidcProvider>, action: Provider) {
    let created = tenant.run(Region::Tokyo, action.clone()).await;
    oidc_provider::absorb(known, &action, created.as_ref());
}
