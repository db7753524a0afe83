use jichitai_api::{FileLinkBucket, Region};

use super::*;
use crate::identity::{Identity, Owner};
use crate::ledger::Ledger;
use crate::step::Effect;

const READY: Rights = Rights {
    withdraw_first: false,
    role_ready: true,
};
const CHANGING: Rights = Rights {
    withdraw_first: true,
    role_ready: false,
};

fn ctx() -> Context {
    Context {
        identity: Identity {
            installation: "main".into(),
            owner: Owner::new::<FileLinkBucket>("tenants", "juki-010"),
        },
        now: "2026-11-25T00:00:00Z".parse().unwrap(),
        settings: crate::context::Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::new(),
    }
}

fn part() -> Part {
    Part::new(Region::Tokyo, "sftp-user.tax")
}

fn key(body: &str) -> PublicKey {
    PublicKey::new(&format!("ssh-ed25519 {body} somebody@somewhere"))
}

fn want(keys: &[&str]) -> Want {
    Want {
        name: "tax".into(),
        server_id: "s-1".into(),
        role_arn: "arn:aws:iam::111122223333:role/r".into(),
        bucket: "b".into(),
        prefix: "in/tax/".into(),
        keys: keys.iter().map(|body| key(body)).collect(),
    }
}

fn user(keys: &[&str]) -> User {
    let mut users = Ok(Vec::new());
    drive(&want(keys), READY, &mut users);
    let mut user = users.unwrap().remove(0);
    user.arn = "arn:aws:transfer:ap-northeast-1:111122223333:user/s-1/tax".into();
    user
}

fn planned(want: &Want, rights: Rights, users: &Listing<User>) -> Plan {
    let mut planned = Plan::default();
    plan(want, rights, users, &part(), &ctx(), &mut planned);
    planned
}

fn apply(users: &mut Listing<User>, step: &Step) {
    let Effect { step, created } = step.predict();
    let crate::step::Action::SftpUser(action) = &step.action else {
        panic!("{step}")
    };
    absorb(users, action, created.as_ref());
}

fn drive(want: &Want, rights: Rights, users: &mut Listing<User>) -> Vec<Step> {
    let mut done: Vec<Step> = Vec::new();
    loop {
        let plan = planned(want, rights, users);
        if plan.steps.is_empty() {
            return done;
        }
        assert!(done.len() < 20, "{done:?}");
        for step in plan.steps {
            apply(users, &step);
            done.push(step);
        }
    }
}

fn kinds(steps: &[Step]) -> Vec<&'static str> {
    let kind = |step: &Step| match &step.action {
        crate::step::Action::SftpUser(action) => match action {
            Action::Create { .. } => "create",
            Action::Update { .. } => "update",
            Action::AddKey { .. } => "add",
            Action::RemoveKey { .. } => "remove",
            Action::Tag { .. } => "tag",
            Action::Delete { .. } => "delete",
        },
        other => panic!("{other}"),
    };
    steps.iter().map(kind).collect()
}

#[test]
fn a_key_is_its_type_and_body() {
    let a = PublicKey::new("ssh-rsa AAAA a comment");
    assert_eq!(a, PublicKey::new("  ssh-rsa   AAAA"));
    assert_ne!(a, PublicKey::new("ssh-ed25519 AAAA a comment"));
    assert_ne!(a, PublicKey::new("ssh-rsa AAAB a comment"));
    assert_eq!(a.line(), "ssh-rsa AAAA a comment");
    assert_eq!(PublicKey::new("ssh-rsa AAAA").line(), "ssh-rsa AAAA");
    // printf '\0\0\0' | openssl dgst -sha256 -binary | base64
    assert_eq!(a.to_string(), "SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw");
}

#[test]
fn a_user_is_created_with_its_first_key_once_its_role_is_ready() {
    let mut users = Ok(Vec::new());
    let waiting = planned(&want(&["AAAA"]), CHANGING, &users);
    assert_eq!(waiting.steps, []);
    assert_eq!(waiting.waits[0].reason, Reason::WaitingForDependency);
    let steps = drive(&want(&["AAAA", "BBBB"]), READY, &mut users);
    assert_eq!(kinds(&steps), ["create", "add"]);
    let user = &users.unwrap()[0];
    assert_eq!(user.mappings["/"], "/b/in/tax");
    assert_eq!(user.keys.len(), 2);
}

#[test]
fn an_empty_prefix_is_the_whole_bucket() {
    let whole = Want {
        prefix: String::new(),
        ..want(&[])
    };
    assert_eq!(whole.mappings()["/"], "/b");
}

#[test]
fn keys_rotate_without_a_gap() {
    let mut users = Ok(vec![user(&["AAAA"])]);
    let first = planned(&want(&["BBBB"]), READY, &users);
    assert_eq!(kinds(&first.steps), ["add"]);
    let steps = drive(&want(&["BBBB"]), READY, &mut users);
    assert_eq!(kinds(&steps), ["add", "remove"]);
    let risk = format!("logins with key {}", key("AAAA"));
    assert_eq!(steps[1].risk, Some(risk));
}

#[test]
fn where_the_rights_change_old_keys_go_first_and_new_ones_wait_for_the_role() {
    let mut users = Ok(vec![user(&["AAAA", "CCCC"])]);
    let rotated = want(&["BBBB", "CCCC"]);
    let steps = drive(&rotated, CHANGING, &mut users);
    assert_eq!(kinds(&steps), ["remove"]);
    let plan = planned(&rotated, CHANGING, &users);
    assert_eq!(plan.waits[0].reason, Reason::WaitingForDependency);
    assert_eq!(kinds(&drive(&rotated, READY, &mut users)), ["add"]);
}

#[test]
fn another_role_or_directory_is_given_between_old_and_new_keys() {
    let moved = Want {
        role_arn: "arn:aws:iam::111122223333:role/other".into(),
        prefix: "out".into(),
        ..want(&["BBBB"])
    };
    let steps = drive(&moved, READY, &mut Ok(vec![user(&["AAAA"])]));
    assert_eq!(kinds(&steps), ["remove", "update", "add"]);
    assert!(steps[1].is_destructive());
}

#[test]
fn what_others_changed_is_mended() {
    let mut changed = user(&["AAAA"]);
    changed.home_type = "PATH".into();
    changed.mappings.clear();
    changed.keys.insert("key-x".into(), key("XXXX"));
    changed.tags.remove("Name");
    let steps = drive(&want(&["AAAA"]), READY, &mut Ok(vec![changed]));
    assert_eq!(kinds(&steps), ["tag", "remove", "update"]);
    let mut narrowed = user(&["AAAA"]);
    narrowed.policy = Some("{}".into());
    let steps = drive(&want(&["AAAA"]), READY, &mut Ok(vec![narrowed]));
    assert_eq!(kinds(&steps), ["update"]);
}

#[test]
fn a_comment_is_no_difference() {
    let mut commented = user(&["AAAA"]);
    commented.keys = BTreeMap::from([("key-1".into(), PublicKey::new("ssh-ed25519 AAAA"))]);
    assert_eq!(planned(&want(&["AAAA"]), READY, &Ok(vec![commented])), Plan::default());
}

#[test]
fn a_user_of_another_object_on_the_server_keeps_its_name() {
    let mut theirs = user(&["XXXX"]);
    theirs.tags.insert(tags::OWNER, "FileLinkBucket/tenants/other");
    let plan = planned(&want(&["AAAA"]), READY, &Ok(vec![theirs]));
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocks[0].reason, Reason::Conflict);
}

#[test]
fn a_user_on_another_server_goes_there_before_it_comes_here() {
    let elsewhere = Want {
        server_id: "s-2".into(),
        ..want(&["AAAA"])
    };
    let mut users = Ok(vec![user(&["AAAA"])]);
    let steps = drive(&elsewhere, READY, &mut users);
    assert_eq!(kinds(&steps), ["delete", "create"]);
    assert!(steps[0].removal && steps[0].is_destructive());
    assert_eq!(users.unwrap()[0].id, "s-2/tax");
}
