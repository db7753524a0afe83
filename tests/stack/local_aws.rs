//! The side API of the local AWS: what it was asked, and the faults and settings of a test.

use http::Method;
use serde_json::Value;

use crate::{Stack, StackError};

impl Stack {
    /// The endpoint for `AWS_ENDPOINT_URL`.
    ///
    /// # Errors
    /// When the stack was started without a local AWS.
    pub fn aws_endpoint(&self) -> Result<&str, StackError> {
        let endpoint = self.supervisor.ready().aws_endpoint.as_deref();
        endpoint.ok_or(StackError::NoLocalAws)
    }

    /// The environment in which a process, such as the operator's binary, uses this stack's local AWS.
    ///
    /// # Errors
    /// When the stack was started without a local AWS.
    pub fn aws_environment(&self) -> Result<[(&'static str, String); 4], StackError> {
        Ok([
            ("AWS_ENDPOINT_URL", self.aws_endpoint()?.to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_REGION", "ap-northeast-1".to_owned()),
        ])
    }

    /// What the local AWS has been asked since the last reset, as counts.
    ///
    /// # Errors
    /// When the local AWS does not answer.
    pub async fn aws_calls(&self) -> Result<Value, StackError> {
        self.aws_get("calls").await
    }

    /// Asks the side API for `path`, given without `/local-aws/`.
    ///
    /// # Errors
    /// When the local AWS refuses or does not answer.
    pub async fn aws_get(&self, path: &str) -> Result<Value, StackError> {
        self.ask_aws(Method::GET, path, None).await
    }

    /// Sends a body to `path` of the side API, given without `/local-aws/`.
    ///
    /// # Errors
    /// When the local AWS refuses or does not answer.
    pub async fn aws_post(&self, path: &str, body: &Value) -> Result<Value, StackError> {
        self.ask_aws(Method::POST, path, Some(body)).await
    }

    /// Deletes `path` of the side API, given without `/local-aws/`; `faults` is one.
    ///
    /// # Errors
    /// When the local AWS refuses or does not answer.
    pub async fn aws_delete(&self, path: &str) -> Result<Value, StackError> {
        self.ask_aws(Method::DELETE, path, None).await
    }

    async fn ask_aws(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, StackError> {
        let endpoint = self.aws_endpoint()?;
        let failed = |source: kube::Error| StackError::LocalAws {
            method: method.clone(),
            path: path.to_owned(),
            source: Box::new(source),
        };
        let address = endpoint
            .parse()
            .map_err(|_| StackError::Announcement(endpoint.to_owned()))?;
        // The Kubernetes client is an HTTP client for JSON; made this way it reads no proxy setting.
        let client = kube::Client::try_from(kube::Config::new(address)).map_err(failed)?;
        let request = http::Request::builder()
            .method(method.clone())
            .uri(format!("/local-aws/{path}"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body.map(|body| body.to_string().into_bytes()).unwrap_or_default())
            .map_err(|source| failed(kube::Error::HttpError(source)))?;
        client.request(request).await.map_err(failed)
    }
}
