use super::*;
use crate::transfer::host_key::SOURCE;

#[test]
fn a_server_is_created_with_its_host_key_which_then_carries_its_own_tag() {
    let with_key = Want {
        host_key: Some(given("key")),
        ..want()
    };
    let mut servers = Ok(Vec::new());
    let steps = drive(&with_key, &mut servers);
    assert_eq!(kinds(&steps), ["create", "mark", "forget"]);
    assert!(steps.iter().all(|step| !step.is_destructive()));
    let server = &servers.unwrap()[0];
    let keys = server.host_keys.present().unwrap();
    assert_eq!(keys[0].source, Some(given("key").source_id()));
    assert!(!server.tags.contains_key(SOURCE));
}

#[test]
fn another_host_key_comes_before_the_old_one_goes() {
    let with_key = Want {
        host_key: Some(given("new")),
        ..want()
    };
    let old = Server {
        host_keys: Observation::Present(vec![host_key("old", Some(&given("old"))), host_key("by-hand", None)]),
        ..server()
    };
    let (_, first) = planned(&with_key, &Ok(vec![old.clone()]));
    assert_eq!(kinds(&first.steps), ["import"]);
    let steps = drive(&with_key, &mut Ok(vec![old]));
    assert_eq!(kinds(&steps), ["import", "delete-key", "delete-key"]);
    let risk = Some("clients that know the server by SHA256:old only");
    assert_eq!(steps[1].risk.as_deref(), risk);
}

#[test]
fn the_tag_of_the_server_stands_for_no_key_that_came_later() {
    let source = given("key");
    let with_key = Want {
        host_key: Some(source.clone()),
        ..want()
    };
    let mut replaced = server();
    replaced.tags.insert(SOURCE, source.source_id());
    replaced.host_keys = Observation::Present(vec![host_key("a", None), host_key("b", None)]);
    let (_, plan) = planned(&with_key, &Ok(vec![replaced.clone()]));
    assert_eq!(kinds(&plan.steps), ["import"]);
    replaced.host_key_fingerprint = Some("SHA256:b".into());
    let (_, plan) = planned(&with_key, &Ok(vec![replaced.clone()]));
    assert_eq!(kinds(&plan.steps), ["mark"]);
    replaced.tags.insert(SOURCE, given("older").source_id());
    let (_, plan) = planned(&with_key, &Ok(vec![replaced]));
    assert_eq!(kinds(&plan.steps), ["import"]);
}

#[test]
fn without_a_wanted_host_key_none_is_touched() {
    let keys = vec![host_key("a", None), host_key("b", Some(&given("b")))];
    let many = Server {
        host_keys: Observation::Present(keys),
        ..server()
    };
    assert_eq!(planned(&want(), &Ok(vec![many])), (true, Plan::default()));
}

#[test]
fn the_last_host_key_never_goes() {
    let with_key = Want {
        host_key: Some(given("new")),
        ..want()
    };
    let mut servers = Ok(vec![server()]);
    loop {
        let (_, plan) = planned(&with_key, &servers);
        let Some(step) = plan.steps.first() else { break };
        apply(&mut servers, step);
        let keys = servers.as_ref().unwrap()[0].host_keys.present().unwrap();
        assert!(!keys.is_empty(), "{step}");
    }
    let keys = servers.unwrap().remove(0).host_keys;
    assert_eq!(keys.present().unwrap().len(), 1);
}

#[test]
fn sources_are_told_apart_and_a_secret_is_never_shown() {
    let version = |version: &str| HostKeySource::SecretsManager {
        arn: "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:k".into(),
        version: version.into(),
    };
    assert_ne!(version("1").source_id(), version("2").source_id());
    let secret = given("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n");
    assert_eq!(secret, given("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0"));
    assert_ne!(secret, given("another"));
    assert_eq!(Secret::new(" key \n\n").reveal(), "key\n");
    let create = Action::ImportHostKey {
        server_id: "s-1".into(),
        source: secret.clone(),
    };
    for shown in [
        format!("{secret:?}"),
        secret.to_string(),
        format!("{create:#?}"),
        create.to_string(),
    ] {
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("BEGIN"), "{shown}");
    }
    // AWS takes 256 characters and few signs in a tag.
    assert!(secret.source_id().len() == 64 && secret.source_id().bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn the_fingerprint_to_hand_over_is_that_of_the_wanted_key() {
    let source = given("new");
    let both = Server {
        host_key_fingerprint: Some("SHA256:aws".into()),
        host_keys: Observation::Present(vec![host_key("aws", None), host_key("new", Some(&source))]),
        ..server()
    };
    assert_eq!(both.fingerprint(Some(&source)), Some("SHA256:new"));
    assert_eq!(both.fingerprint(None), Some("SHA256:aws"));
    assert_eq!(both.fingerprint(Some(&given("absent"))), None);
}
