//! Acting as a ServiceAccount. There is no controller manager, so tokens come from the TokenRequest API.

use std::path::{Path, PathBuf};

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use crate::StackError;

const TOKEN_SECONDS: i64 = 12 * 3600;

/// Writes, next to the administrator's kubeconfig, one for a ServiceAccount.
pub(crate) async fn write_kubeconfig(
    client: &kube::Client,
    administrator: &Path,
    namespace: &str,
    name: &str,
) -> Result<PathBuf, StackError> {
    let token = token(client, namespace, name).await?;
    let path = administrator.with_file_name(format!("kubeconfig-{namespace}-{name}"));
    let file = |source| StackError::File {
        path: path.clone(),
        source,
    };
    let original = std::fs::read_to_string(administrator).map_err(file)?;
    let mut content: Value = serde_saphyr::from_str(&original).map_err(|error| StackError::Document {
        origin: administrator.display().to_string(),
        fault: error.to_string(),
    })?;
    content["users"][0]["user"] = json!({ "token": token });
    // JSON is YAML, and kubeconfigs are YAML.
    std::fs::write(&path, content.to_string()).map_err(file)?;
    Ok(path)
}

async fn token(client: &kube::Client, namespace: &str, name: &str) -> Result<String, StackError> {
    let attempt = format!("create a token for ServiceAccount {namespace}/{name}");
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            expiration_seconds: Some(TOKEN_SECONDS),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let answer = Api::<ServiceAccount>::namespaced(client.clone(), namespace)
        .create_token_request(name, &PostParams::default(), &request)
        .await
        .map_err(|source| StackError::Kubernetes {
            attempt: attempt.clone(),
            source: Box::new(source),
        })?;
    let token = answer.status.and_then(|status| status.token);
    token.ok_or_else(|| StackError::Document {
        origin: attempt,
        fault: "the answer has no token".to_owned(),
    })
}
