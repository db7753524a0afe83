//! How a watch begins.

use std::time::Duration;

use jichitai_api::Municipality;
use kube::api::WatchParams;
use kube::runtime::watcher;
use kube::{Api, Client};

/// Objects in one answer of an API server that does not stream them.
const PAGE: u32 = 100;
/// The name of no object.
const NOBODY: &str = "metadata.name=-";
/// Seconds after which a watch is asked for again from where it was. One that began while its definition was deleted and made
/// again may hear of nothing, and this is how long.
const AGAIN: u32 = 60;
/// Pages serve as well: nobody waits for long to know.
const PATIENCE: Duration = Duration::from_secs(5);

/// Objects come one after the other where the API server streams them, which it does by default since Kubernetes 1.34, and
/// otherwise in small pages: of a list that comes as one answer, the process would hold all objects twice.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists>
pub async fn config(client: &Client) -> watcher::Config {
    let all = Api::<Municipality>::all(client.clone());
    let nobody = WatchParams::streaming_lists().fields(NOBODY);
    let watched = watcher::Config::default().timeout(AGAIN);
    match tokio::time::timeout(PATIENCE, all.watch(&nobody, "0")).await {
        Ok(Ok(_)) => watched.streaming_lists(),
        refused => {
            tracing::debug!(refused = ?refused.map(|answer| answer.map(drop)), "the API server does not stream lists");
            watched.page_size(PAGE)
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};
    use kube::client::Body;
    use kube::runtime::watcher::InitialListStrategy;

    use super::*;

    /// An API server that answers everything so.
    fn answers(code: u16) -> Client {
        let answer = move |request: Request<Body>| async move {
            let query = request.uri().query().unwrap_or_default();
            assert!(query.contains("sendInitialEvents=true"), "{query}");
            let status = format!(r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","code":{code}}}"#);
            let body = if code == 200 {
                Body::empty()
            } else {
                Body::from(status.into_bytes())
            };
            Response::builder().status(code).body(body)
        };
        Client::new(tower::service_fn(answer), "default")
    }

    #[tokio::test]
    async fn objects_are_streamed_where_the_api_server_does_that_and_come_in_pages_where_it_does_not() {
        let streamed = config(&answers(200)).await;
        assert_eq!(streamed.initial_list_strategy, InitialListStrategy::StreamingList);
        assert_eq!(streamed.timeout, Some(AGAIN));
        for code in [403, 422, 500] {
            let paged = config(&answers(code)).await;
            assert_eq!(paged.initial_list_strategy, InitialListStrategy::ListWatch, "{code}");
            assert_eq!((paged.page_size, paged.timeout), (Some(PAGE), Some(AGAIN)), "{code}");
        }
    }
}
