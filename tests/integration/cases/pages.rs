//! The report as it is now: whom it is shown to, and what of it.

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use kube::Api;
use kube::api::PostParams;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::rig::{Outcome, Rig};

fn object<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    Ok(serde_json::from_value(value)?)
}

/// A token of a new ServiceAccount in a namespace.
async fn token(rig: &Rig, namespace: &str, name: &str) -> Outcome<String> {
    let api = Api::<ServiceAccount>::namespaced(rig.client.clone(), namespace);
    api.create(&PostParams::default(), &object(json!({"metadata": {"name": name}}))?)
        .await?;
    let request = TokenRequest {
        spec: Some(TokenRequestSpec::default()),
        ..TokenRequest::default()
    };
    let made = api.create_token_request(name, &PostParams::default(), &request).await?;
    made.status
        .and_then(|status| status.token)
        .ok_or_else(|| "no token".into())
}

pub async fn a_page_is_shown_to_whom_the_api_server_lets_list_the_objects(rig: &Rig) -> Outcome {
    let (tenant, other) = (rig.tenant()?, rig.tenant()?);
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let minato = |object: &mut Value| object["spec"]["displayName"] = json!("港区");
    other.apply(&other.municipality("minato", minato)).await?;
    tenant.ready("chiyoda").await?;
    other.ready("minato").await?;

    let namespace = &tenant.namespace;
    let (auditor, officer, nobody) = (
        token(rig, namespace, "auditor").await?,
        token(rig, namespace, "officer").await?,
        token(rig, namespace, "nobody").await?,
    );
    let lists = json!([{"apiGroups": ["jichitai.dev"], "resources": ["*"], "verbs": ["list"]}]);
    let role = format!("reads-reports-{namespace}");
    let rules: ClusterRole = object(json!({"metadata": {"name": role}, "rules": lists}))?;
    Api::all(rig.client.clone())
        .create(&PostParams::default(), &rules)
        .await?;
    let bound = |to: &str| {
        json!({
            "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": to, "namespace": namespace}],
        })
    };
    let everywhere: ClusterRoleBinding = object(bound("auditor"))?;
    Api::all(rig.client.clone())
        .create(&PostParams::default(), &everywhere)
        .await?;
    let here: RoleBinding = object(bound("officer"))?;
    Api::namespaced(rig.client.clone(), namespace)
        .create(&PostParams::default(), &here)
        .await?;

    let own = format!("/municipalities/{namespace}/chiyoda?lang=ja");
    let others = format!("/municipalities/{}/minato", other.namespace);
    let known = Some(auditor.as_str());
    // The API server learns of bindings a moment later, and an answer of it counts for half a minute.
    let admitted = || async {
        let (here, _) = rig.operator().page(&own, Some(&officer)).await?;
        let (everywhere, _) = rig.operator().page("/", known).await?;
        Ok([here, everywhere].iter().all(|head| head.starts_with("HTTP/1.1 200")))
    };
    tenant.eventually("chiyoda", "roles are bound", admitted).await?;
    for (path, token, status) in [
        ("/", None, "401"),
        ("/", Some("no-token"), "401"),
        ("/", Some(nobody.as_str()), "403"),
        ("/", Some(officer.as_str()), "403"),
        ("/report.json", Some(officer.as_str()), "403"),
        (others.as_str(), Some(officer.as_str()), "403"),
        (own.as_str(), Some(nobody.as_str()), "403"),
        (own.as_str(), Some(officer.as_str()), "200"),
        (others.as_str(), known, "200"),
        ("/", known, "200"),
        ("/report.json", known, "200"),
        ("/municipalities/nowhere/chiyoda", known, "404"),
        ("/other", known, "404"),
    ] {
        let (head, text) = rig.operator().page(path, token).await?;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
        let shows = text.contains("千代田区") || text.contains("港区");
        assert_eq!(shows, status == "200", "{path}: {text}");
        let head = head.to_lowercase();
        assert_eq!(
            head.contains("www-authenticate: basic"),
            status == "401",
            "{path}: {head}"
        );
    }
    let (head, page) = rig.operator().page(&own, Some(&officer)).await?;
    for promised in [
        "cache-control: no-store",
        "content-security-policy: default-src 'none'",
        "text/html",
    ] {
        assert!(head.to_lowercase().contains(promised), "{head}");
    }
    assert!(page.contains(&tenant.account) && !page.contains("港区") && !page.contains(&other.account));
    let (_, english) = rig.operator().page(&own.replace("ja", "en"), Some(&officer)).await?;
    assert!(english.contains("lang=\"en\""));
    Ok(())
}
