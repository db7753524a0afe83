//! Who may assume the roles that the operator makes.

use jichitai_api::Region;
use jichitai_api::file_link_bucket::ClientClaim;

use crate::identity::AccountId;
use crate::policy::document::{Document, Statement};
use crate::policy::role_arn::RoleArn;

/// Largest trust policy of a role, in characters that are no white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const TRUST_MAX: usize = 2_048;

/// For SFTP users: Transfer Family, for users of servers of this account only.
/// <https://docs.aws.amazon.com/transfer/latest/userguide/confused-deputy.html>
#[must_use]
pub fn transfer_trust(account: &AccountId) -> Document {
    let users = format!("arn:aws:transfer:{}:{account}:user/*", Region::Tokyo);
    one(Statement::permit("TransferFamily", &["sts:AssumeRole"])
        .by_service("transfer.amazonaws.com")
        .when("StringEquals", "aws:SourceAccount", [account.to_string()])
        .when("ArnLike", "aws:SourceArn", [users]))
}

/// For replication: S3, without conditions, because AWS documents none that S3 would meet. Only who may
/// pass the role can have S3 take it, and it permits one source and one destination.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
#[must_use]
pub fn replication_trust() -> Document {
    one(Statement::permit("Replication", &["sts:AssumeRole"]).by_service("s3.amazonaws.com"))
}

/// For a client that shows its token to STS.
///
/// STS compares `azp` under the key `aud` where the token has one, and the real audience under
/// `oaud` then; so the audience is asked of `oaud` wherever that is there. In any case STS takes only
/// tokens for an audience that the provider has. Scopes are no condition key of a generic issuer: they count only when the issuer writes each
/// as a session tag `scope:<scope>` = `true` into the claim `https://aws.amazon.com/tags`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
#[must_use]
pub fn web_identity_trust(
    provider_arn: &str,
    issuer: &str,
    audiences: &[String],
    claim: ClientClaim,
    client_id: &str,
    scopes: &[String],
) -> Document {
    let issuer = issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/');
    let client = [client_id.to_owned()];
    let audience = format!("{issuer}:oaud");
    let statement = Statement::permit(
        "WebIdentity",
        match scopes.is_empty() {
            true => &["sts:AssumeRoleWithWebIdentity"],
            false => &["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        },
    )
    .by_provider(provider_arn);
    let (key, audiences) = match claim {
        // A token that another client was authorized for is not this client's, whatever it is for.
        ClientClaim::Aud => (format!("{issuer}:aud"), client.to_vec()),
        ClientClaim::Azp => (format!("{issuer}:aud"), audiences.to_vec()),
        ClientClaim::Sub => (format!("{issuer}:sub"), audiences.to_vec()),
    };
    let statement = statement
        .when("StringEquals", &key, client)
        .when("StringEqualsIfExists", &audience, audiences);
    one(match scopes.is_empty() {
        true => statement,
        false => tagged(statement, &[], scopes),
    })
}

/// For a client whose token a broker has checked: the broker says by session tags whose it was and
/// which scopes it had.
#[must_use]
pub fn broker_trust(broker: &RoleArn, client_id: &str, scopes: &[String]) -> Document {
    let statement = Statement::permit("Broker", &["sts:AssumeRole", "sts:TagSession"])
        .by([broker.account.root_arn()])
        .when("ArnEquals", "aws:PrincipalArn", [broker.arn.clone()]);
    one(tagged(statement, &[("client_id", client_id)], scopes))
}

/// The session tag that stands for a scope; `None` when no session tag can have that name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
#[must_use]
pub fn scope_tag(scope: &str) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let tag = format!("scope:{scope}");
    (!scope.is_empty() && tag.chars().count() <= 128 && scope.chars().all(fits)).then_some(tag)
}

/// With these session tags and no others.
fn tagged(statement: Statement, tags: &[(&str, &str)], scopes: &[String]) -> Statement {
    // A scope that cannot be a tag is asked for all the same: then nobody is let in.
    let scopes = scopes.iter().map(|scope| format!("scope:{scope}"));
    let all: Vec<(String, String)> = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .chain(scopes.map(|key| (key, "true".to_owned())))
        .collect();
    let statement = statement.when(
        "ForAllValues:StringEquals",
        "aws:TagKeys",
        all.iter().map(|(key, _)| key.clone()),
    );
    all.into_iter().fold(statement, |statement, (key, value)| {
        statement.when("StringEquals", &format!("aws:RequestTag/{key}"), [value])
    })
}

fn one(statement: Statement) -> Document {
    Document::new(vec![statement])
}
