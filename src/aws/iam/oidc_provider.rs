//! OIDC providers.

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use jichitai_plan::iam::oidc_provider::{self as plan, Action, OidcProvider};
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::policy::document::{Document, Scope};
use jichitai_plan::step::Created;

use super::document;
use super::role::sdk_tags;
use crate::answer::{done, gone};
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

/// The account's provider for an issuer; `with_trust` asks all roles of the account whether they trust
/// it, which only a removal needs.
pub async fn oidc_provider(session: &Session, issuer: &str, with_trust: bool) -> Observation<OidcProvider> {
    let iam = session.iam(Purpose::Read);
    let arn = plan::arn(session.account(), issuer);
    let call = iam.get_open_id_connect_provider().open_id_connect_provider_arn(&arn);
    let provider = match call.send().await.map_err(fault) {
        Ok(provider) => provider,
        Err(fault) if fault.kind == FaultKind::NotFound => return Observation::Absent,
        Err(fault) => return Observation::Unreadable(fault),
    };
    let trusted_by = if with_trust {
        Some(match trusting(&iam, &arn).await {
            Ok(roles) => Observation::Present(roles),
            Err(fault) => Observation::Unreadable(fault),
        })
    } else {
        None
    };
    let url = provider.url.unwrap_or_default();
    Observation::Present(OidcProvider {
        url: url.strip_prefix("https://").unwrap_or(&url).to_owned(),
        client_ids: provider.client_id_list.into_iter().flatten().collect(),
        trusted_by,
        tags: provider
            .tags
            .into_iter()
            .flatten()
            .map(|tag| (tag.key, tag.value))
            .collect(),
        arn,
    })
}

/// Names of the account's roles whose trust names the provider. One trust policy that cannot be
/// understood makes the whole answer unreadable: it might name it.
async fn trusting(iam: &Client, provider: &str) -> Result<BTreeSet<String>, Fault> {
    let pages = iam.list_roles().into_paginator().items().send();
    let roles: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let mut trusting = BTreeSet::new();
    for role in roles {
        let of = format!("trust policy of role {}", role.role_name);
        let text = role.assume_role_policy_document.unwrap_or_default();
        if names(&document("iam:ListRoles", &of, &text)?, provider) {
            trusting.insert(role.role_name);
        }
    }
    Ok(trusting)
}

fn names(trust: &Document, provider: &str) -> bool {
    let principal = format!("Federated:{provider}");
    trust.statements.iter().any(|statement| match &statement.principals {
        Some(Scope::Only(who)) => who.contains(&principal),
        // Everybody but some: it may be among them.
        Some(Scope::Except(_)) => true,
        None => false,
    })
}

/// Performs one write.
pub(crate) async fn execute(iam: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            arn,
            issuer,
            client_ids,
            tags,
        } => {
            // Without a thumbprint IAM takes the one of the issuer's certificate authority.
            let call = iam
                .create_open_id_connect_provider()
                .url(issuer)
                .set_client_id_list(Some(client_ids.iter().cloned().collect()))
                .set_tags(Some(sdk_tags(tags)?));
            let answer = call.send().await.map_err(fault)?;
            let arn = answer.open_id_connect_provider_arn.unwrap_or_else(|| arn.clone());
            Ok(Some(Created {
                id: arn.clone(),
                arn: Some(arn),
                state: None,
            }))
        }
        Action::AddAudience { arn, client_id } => {
            let call = iam.add_client_id_to_open_id_connect_provider();
            let call = call.open_id_connect_provider_arn(arn).client_id(client_id);
            done(call.send().await.map_err(fault))
        }
        Action::Tag { arn, tags } => {
            let call = iam.tag_open_id_connect_provider().open_id_connect_provider_arn(arn);
            done(call.set_tags(Some(sdk_tags(tags)?)).send().await.map_err(fault))
        }
        Action::Delete { arn } => {
            let call = iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
            gone(call.send().await.map_err(fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/idp.example.jp/realm";

    fn trust(principal: &str) -> Document {
        let text =
            format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",{principal}}}]}}"#);
        Document::parse(&text).unwrap()
    }

    #[test]
    fn a_trust_names_its_provider_and_no_other() {
        let federated = format!(r#""Principal":{{"Federated":["arn:other","{PROVIDER}"]}}"#);
        assert!(names(&trust(&federated), PROVIDER));
        assert!(!names(
            &trust(&federated),
            "arn:aws:iam::111122223333:oidc-provider/idp.example.jp"
        ));
        assert!(!names(
            &trust(&format!(r#""Principal":{{"AWS":"{PROVIDER}"}}"#)),
            PROVIDER
        ));
        assert!(names(
            &trust(r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}"#),
            PROVIDER
        ));
    }
}
