//! Users of SFTP servers: everything that the operator writes, as `absorb` says it and as it is then
//! seen.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_aws::transfer;
use jichitai_plan::observation::{FaultKind, Listing, Observation};
use jichitai_plan::tags::Tags;
use jichitai_plan::transfer::user::{self, Action, PublicKey, User};

use crate::sftp::{Sftp, created};
use crate::tenant::{identity, others, tags};

const REGION: Region = Region::Tokyo;

struct Users {
    sftp: Sftp,
    known: Listing<User>,
}

impl Users {
    async fn run(&mut self, action: Action) {
        let created = self.sftp.tenant.run(REGION, action.clone()).await;
        user::absorb(&mut self.known, &action, created.as_ref());
    }

    async fn see(&self) -> Listing<User> {
        let names = BTreeSet::from(["tax".to_owned(), "nobody".to_owned()]);
        transfer::users(&self.sftp.tenant.session, REGION, &self.sftp.id, &names).await
    }

    /// Ids of keys and the ARN are AWS's; everything else is compared.
    async fn compare(&mut self) {
        let mut seen = self.see().await;
        let (have, known) = (&mut seen.as_mut().unwrap()[0], &mut self.known.as_mut().unwrap()[0]);
        let keys = |user: &User| user.keys.values().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(have), keys(known));
        known.keys.clone_from(&have.keys);
        known.arn.clone_from(&have.arn);
        assert_eq!(seen, self.known);
    }
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_user_is_made_changed_and_taken_away() {
    let sftp = created("666666666602").await;
    let mut users = Users {
        sftp,
        known: Ok(Vec::new()),
    };
    assert_eq!(users.see().await, Ok(Vec::new()));
    let key = |n: usize, users: &Users| PublicKey::new(&users.sftp.ground.keys[n]);
    let (server_id, name) = (users.sftp.id.clone(), "tax".to_owned());
    let mappings = |place: &str| BTreeMap::from([("/".to_owned(), place.to_owned())]);
    let create = Action::Create {
        server_id: server_id.clone(),
        name: name.clone(),
        role_arn: users.sftp.ground.role.clone(),
        mappings: mappings("/bucket/in/tax"),
        key: Some(key(0, &users)),
        tags: tags("sftp-user.tax"),
    };
    users.run(create.clone()).await;
    users.compare().await;
    let again = users.sftp.tenant.try_run(REGION, create).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Conflict, "{again}");
    users
        .run(Action::AddKey {
            server_id: server_id.clone(),
            name: name.clone(),
            key: key(1, &users),
        })
        .await;
    users.compare().await;
    let (old_id, old) = {
        let user = &users.known.as_ref().unwrap()[0];
        let (id, old) = user.keys.iter().find(|(_, one)| **one == key(0, &users)).unwrap();
        (id.clone(), old.clone())
    };
    for _ in 0..2 {
        users
            .run(Action::RemoveKey {
                server_id: server_id.clone(),
                name: name.clone(),
                id: old_id.clone(),
                key: old.clone(),
            })
            .await;
    }
    let narrowed = format!(
        "client('transfer').update_user(ServerId='{server_id}', UserName='tax', HomeDirectoryType='PATH', HomeDirectory='/bucket', Policy='{{}}')"
    );
    others(users.sftp.tenant.id, &narrowed);
    let seen = users.see().await.unwrap();
    assert_eq!(
        (seen[0].home_type.as_str(), seen[0].policy.as_deref()),
        ("PATH", Some("{}"))
    );
    users
        .run(Action::Update {
            server_id: server_id.clone(),
            name: name.clone(),
            role_arn: users.sftp.ground.role.clone(),
            mappings: mappings("/bucket"),
        })
        .await;
    let arn = users.known.as_ref().unwrap()[0].arn.clone();
    users
        .run(Action::Tag {
            server_id: server_id.clone(),
            name: name.clone(),
            arn,
            tags: Tags::from([("more".to_owned(), "x".to_owned())]),
        })
        .await;
    users.compare().await;
    whose(&users).await;
    for _ in 0..2 {
        let (server_id, name) = (server_id.clone(), name.clone());
        users.run(Action::Delete { server_id, name }).await;
    }
    assert_eq!(users.see().await, Ok(Vec::new()));
}

async fn whose(users: &Users) {
    let (session, id) = (&users.sftp.tenant.session, &users.sftp.id);
    let owner = identity();
    let others_on_it = || transfer::others_users(session, REGION, id, &owner);
    assert_eq!(others_on_it().await, Observation::Present(BTreeSet::new()));
    let script = format!(
        "client('transfer').create_user(ServerId='{id}', UserName='theirs', Role='{}', HomeDirectory='/x')",
        users.sftp.ground.role
    );
    others(users.sftp.tenant.id, &script);
    let theirs = BTreeSet::from(["theirs (no owner)".to_owned()]);
    assert_eq!(others_on_it().await, Observation::Present(theirs));
    let none = transfer::others_users(session, REGION, "s-0123456789abcdef0", &owner).await;
    assert_eq!(none, Observation::Absent);
}
