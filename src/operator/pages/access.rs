//! Who may read a page: whom the API server knows by their token, and lets list the objects that are on it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::identity::short_hash;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client, CustomResourceExt as _};

/// How long an answer of the API server counts, and how many are kept.
const KEPT: Duration = Duration::from_secs(30);
const MOST: usize = 1_000;

/// Why nothing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No token, or one that the API server does not know.
    Unknown,
    /// Not with these rights.
    NotAllowed,
    /// There is no such object.
    NotThere,
    /// The objects are not listed yet.
    NotYet,
    /// The API server did not answer.
    NoAnswer,
}

/// What the API server said, and when.
type Known = HashMap<String, (Instant, Result<(), Refused>)>;

/// Asks the API server.
pub struct Access {
    client: Client,
    /// Answers by a hash of the token and the namespace: tokens themselves are not kept.
    known: Mutex<Known>,
}

impl Access {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            known: Mutex::default(),
        }
    }

    /// Whether who sent these headers may read all that is on a page: of a namespace, or of all.
    pub async fn admit(&self, headers: &HeaderMap, namespace: Option<&str>) -> Result<(), Refused> {
        let token = token(headers).ok_or(Refused::Unknown)?;
        let key = short_hash(&format!("{token}\n{namespace:?}"), 64);
        if let Some((at, answer)) = self.known().get(&key)
            && at.elapsed() < KEPT
        {
            return *answer;
        }
        let answer = self.ask(token, namespace).await;
        if answer != Err(Refused::NoAnswer) {
            let mut known = self.known();
            known.retain(|_, (at, _)| at.elapsed() < KEPT);
            if known.len() < MOST {
                known.insert(key, (Instant::now(), answer));
            }
        }
        answer
    }

    async fn ask(&self, token: String, namespace: Option<&str>) -> Result<(), Refused> {
        let user = self.user(token).await?;
        let resources = [
            Municipality::api_resource().plural,
            FileLinkBucket::api_resource().plural,
            OsakaBackupPolicy::api_resource().plural,
            ResolverEndpoint::api_resource().plural,
        ];
        for resource in resources {
            if !self.may_list(&user, resource, namespace).await? {
                return Err(Refused::NotAllowed);
            }
        }
        Ok(())
    }

    async fn user(&self, token: String) -> Result<UserInfo, Refused> {
        let review = TokenReview {
            spec: TokenReviewSpec {
                token,
                ..TokenReviewSpec::default()
            },
            ..TokenReview::default()
        };
        let api = Api::<TokenReview>::all(self.client.clone());
        let answer = api.create(&PostParams::default(), &review).await.map_err(told)?;
        let status = answer.status.unwrap_or_default();
        let user = status.user.filter(|_| status.authenticated == Some(true));
        user.ok_or(Refused::Unknown)
    }

    async fn may_list(&self, user: &UserInfo, resource: String, namespace: Option<&str>) -> Result<bool, Refused> {
        let UserInfo {
            extra,
            groups,
            uid,
            username,
        } = user.clone();
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                extra,
                groups,
                uid,
                user: username,
                resource_attributes: Some(ResourceAttributes {
                    group: Some(Municipality::api_resource().group),
                    resource: Some(resource),
                    namespace: namespace.map(str::to_owned),
                    verb: Some("list".to_owned()),
                    ..ResourceAttributes::default()
                }),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let api = Api::<SubjectAccessReview>::all(self.client.clone());
        let answer = api.create(&PostParams::default(), &review).await.map_err(told)?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(error: kube::Error) -> Refused {
    tracing::warn!(%error, "it is not known who may read pages");
    Refused::NoAnswer
}

/// The token: as programs send it, or as the password that a browser asks for, whatever the name.
fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let token = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => {
            let text = String::from_utf8(BASE64.decode(rest.trim().as_bytes()).ok()?).ok()?;
            text.split_once(':')?.1.to_owned()
        }
        _ => return None,
    };
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_from_programs_and_from_browsers() {
        for (value, want) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic dXNlcjphYmM=", Some("abc")),
            ("Basic OmE6Yg==", Some("a:b")),
            ("Basic dXNlcg==", None),
            ("Basic %%%", None),
            ("Bearer ", None),
            ("Digest abc", None),
            ("abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(token(&headers).as_deref(), want, "{value}");
        }
        assert_eq!(token(&HeaderMap::new()), None);
    }
}
