//! SFTP: servers that are closed to the internet, and their users.

use serde_json::{Value, json};

use super::TOKYO;
use crate::files::{Files, id};
use crate::rig::{Outcome, Rig};

pub(super) const OLD: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDuHIDQpXhkqNTK3nUdhXKv+rvvKMIShDNPkKDTzG8Aj old";
pub(super) const NEW: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl new";

/// A host key that was made for this case and guards nothing, and what `ssh-keygen -l` says of it.
const HOST_KEY: &str = include_str!("host_key");
const FINGERPRINT: &str = "SHA256:BJ7hqQguE/Fd3I5+JGb5YCVN/6obj9xQVWlSgfHgcys";

pub(super) fn server() -> Value {
    json!({"subnets": ["a"], "allowedCidrs": ["172.16.40.0/24"]})
}

pub(super) fn user(name: &str, key: &str) -> Value {
    json!({"name": name, "access": "Read", "prefix": "out/", "publicKeys": [key]})
}

pub async fn a_closed_server_keeps_its_fingerprint_and_rotates_keys_without_a_gap(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let with = |key: &'static str| {
        files.bucket("linkage", move |object| {
            object["spec"]["sftp"] = json!({"server": server(), "users": [user("health", key)]});
        })
    };
    files.apply(&with(OLD)).await?;
    let object = files.ready("linkage").await?;
    let status = object.status.clone().and_then(|status| status.sftp).ok_or("sftp")?;
    let fingerprint = status.host_key_fingerprint.clone().ok_or("a fingerprint")?;
    assert!(
        !status.ips.is_empty() && status.host.is_some() && status.users == 1,
        "{status:?}"
    );
    let person = tenant.person(TOKYO)?;
    let transfer = &person.transfer;
    let described = transfer.describe_server().server_id(&status.server_id).send().await?;
    let described = described.server.ok_or("a server")?;
    assert_eq!(described.endpoint_type.as_ref().map(|one| one.as_str()), Some("VPC"));
    assert_eq!(described.protocols().len(), 1);
    assert_eq!(described.protocols()[0].as_str(), "SFTP");
    let group = id(&object, "security-group.sftp")?;
    let groups = person.ec2.describe_security_groups().group_ids(&group).send().await?;
    let ranges = groups.security_groups()[0]
        .ip_permissions()
        .iter()
        .flat_map(|one| one.ip_ranges());
    let ranges: Vec<&str> = ranges.filter_map(|one| one.cidr_ip()).collect();
    assert_eq!(ranges, ["172.16.40.0/24"]);

    files.apply(&with(NEW)).await?;
    let rotated = || async {
        let user = transfer
            .describe_user()
            .server_id(&status.server_id)
            .user_name("health")
            .send()
            .await?;
        let user = user.user.ok_or("a user")?;
        let keys: Vec<&str> = user
            .ssh_public_keys()
            .iter()
            .map(|key| key.ssh_public_key_body())
            .collect();
        Ok(keys.len() == 1 && keys[0].contains("GKJl"))
    };
    files.eventually("linkage", "the new key alone", rotated).await?;
    files.ready("linkage").await?;
    let log = rig.stack.aws_get("calls?log=1&kind=write&service=transfer").await?;
    let operations: Vec<String> = log
        .as_array()
        .into_iter()
        .flatten()
        .filter(|call| call["account"] == tenant.account.as_str())
        .filter_map(|call| call["operation"].as_str().map(str::to_owned))
        .filter(|operation| operation.ends_with("SshPublicKey"))
        .collect();
    assert_eq!(
        operations,
        ["ImportSshPublicKey", "DeleteSshPublicKey"],
        "the new one first"
    );

    transfer
        .import_ssh_public_key()
        .server_id(&status.server_id)
        .user_name("health")
        .ssh_public_key_body(OLD)
        .send()
        .await?;
    files.poke("linkage").await?;
    files
        .eventually("linkage", "a key by hand is taken away", rotated)
        .await?;

    files.delete("linkage").await?;
    files.gone("linkage").await?;
    files.apply(&with(NEW)).await?;
    let object = files.ready("linkage").await?;
    let again = object.status.and_then(|status| status.sftp).ok_or("sftp")?;
    assert_eq!(again.host_key_fingerprint, Some(fingerprint));
    assert_eq!(again.server_id, status.server_id);
    Ok(())
}

pub async fn a_shared_server_stays_while_others_are_on_it(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let deleting = |object: &mut Value| object["spec"]["deletionPolicy"] = json!("RetainDataRevokeAccess");
    let own = files.bucket("own", |object| {
        deleting(object);
        object["spec"]["sftp"] = json!({"server": server(), "users": [user("first", OLD)]});
    });
    let guest = files.bucket("guest", |object| {
        deleting(object);
        object["spec"]["sftp"] = json!({"serverRef": {"name": "own"}, "users": [user("second", NEW)]});
    });
    files.apply(&guest).await?;
    files
        .condition("guest", "SftpReady", "False", "ReferenceNotReady")
        .await?;
    files.apply(&own).await?;
    let server = id(&files.ready("own").await?, "sftp-server")?;
    files.ready("guest").await?;
    files.delete("own").await?;
    files
        .condition("own", "AccessReady", "False", "DeletionBlocked")
        .await?;
    files.delete("guest").await?;
    files.gone("guest").await?;
    files.gone("own").await?;
    let transfer = tenant.person(TOKYO)?.transfer;
    assert!(transfer.describe_server().server_id(&server).send().await.is_err());
    Ok(())
}

pub async fn an_imported_host_key_outlives_its_server(rig: &Rig) -> Outcome {
    use k8s_openapi::ByteString;
    use k8s_openapi::api::core::v1::Secret;
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let mut secret = Secret::default();
    secret.metadata.name = Some("host-key".into());
    secret.data = Some([("ssh-privatekey".to_owned(), ByteString(HOST_KEY.into()))].into());
    let secrets: kube::Api<Secret> = kube::Api::namespaced(rig.client.clone(), &tenant.namespace);
    secrets.create(&kube::api::PostParams::default(), &secret).await?;
    let bucket = files.bucket("linkage", |object| {
        let mut server = server();
        server["hostKey"] = json!({"secretRef": {"name": "host-key"}});
        object["spec"]["deletionPolicy"] = json!("RetainDataRevokeAccess");
        object["spec"]["sftp"] = json!({"server": server, "users": [user("health", OLD)]});
    });
    let mut servers = Vec::new();
    for _ in 0..2 {
        files.apply(&bucket).await?;
        let object = files.ready("linkage").await?;
        let text = serde_json::to_string(&object)?;
        assert!(!text.contains("PRIVATE KEY"), "the key stands in no object");
        let status = object.status.and_then(|status| status.sftp).ok_or("sftp")?;
        assert_eq!(status.host_key_fingerprint.as_deref(), Some(FINGERPRINT));
        servers.push(status.server_id);
        files.delete("linkage").await?;
        files.gone("linkage").await?;
    }
    assert_ne!(servers[0], servers[1], "another server, the same fingerprint");
    assert!(!rig.operator_says("PRIVATE KEY"), "the key stands in no log");
    Ok(())
}
