//! Judges one document on one request, on the safe side of what it does not know.
//!
//! It knows the operators and keys that the operator's own documents use. Anything else, an unknown
//! operator, a policy variable, a key of which the request says nothing and which need not be
//! absent, makes the statement undecided, and an undecided document counts as no permission and as
//! no proof.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;

use crate::identity::AccountId;
use crate::policy::condition::{self, Answer, glob, glob_ignoring_case};
use crate::policy::document::{Document, Effect, Scope, Statement, Version};
use crate::policy::role_arn::RoleArn;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// A role's ARN (of a session too), a service's name, or a provider's ARN; empty for anonymous
    /// callers.
    pub arn: String,
    /// The account; none for services, providers and anonymous callers.
    pub account: Option<AccountId>,
    /// Whether it is an AWS service in its own name.
    pub is_service: bool,
}

impl Principal {
    /// A session of a role.
    #[must_use]
    pub fn role(role: &RoleArn) -> Self {
        Self {
            arn: role.arn.clone(),
            account: Some(role.account.clone()),
            is_service: false,
        }
    }

    /// An AWS service in its own name, for example `delivery.logs.amazonaws.com`.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self {
            arn: name.to_owned(),
            account: None,
            is_service: true,
        }
    }

    /// Who has shown a token of an identity provider.
    #[must_use]
    pub fn provider(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            account: None,
            is_service: false,
        }
    }

    /// Who shows no credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::provider("")
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// By whom.
    pub principal: Principal,
    /// For example `s3:GetObject`.
    pub action: String,
    /// An ARN.
    pub resource: String,
    /// What condition keys compare; the case of keys does not matter.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Request {
    /// A request, with what the principal itself says in the context.
    #[must_use]
    pub fn new(principal: Principal, action: &str, resource: &str) -> Self {
        let mut context = BTreeMap::from([(
            "aws:PrincipalIsAWSService".to_owned(),
            vec![principal.is_service.to_string()],
        )]);
        if let Some(account) = &principal.account {
            context.insert("aws:PrincipalArn".into(), vec![principal.arn.clone()]);
            context.insert("aws:PrincipalAccount".into(), vec![account.to_string()]);
        }
        Self {
            principal,
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
        }
    }

    /// The same with this in the context.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context.entry(key.into()).or_default().push(value.into());
        self
    }
}

/// What one document says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Denied, whatever else allows it.
    Deny,
    /// Allowed by this document.
    Allow,
    /// Not mentioned.
    Silent,
    /// It depends on something that is not known here.
    Undecided,
}

impl Document {
    /// What this document says to the request.
    #[must_use]
    pub fn judge(&self, request: &Request) -> Decision {
        let answer = |effect: Effect| {
            let of_effect = self.statements.iter().filter(|statement| statement.effect == effect);
            of_effect
                .map(|statement| applies(statement, request, self.version))
                .fold(Answer::No, Answer::or)
        };
        match (answer(Effect::Deny), answer(Effect::Allow)) {
            (Answer::Yes, _) => Decision::Deny,
            (Answer::Unknown, _) | (Answer::No, Answer::Unknown) => Decision::Undecided,
            (Answer::No, Answer::Yes) => Decision::Allow,
            (Answer::No, Answer::No) => Decision::Silent,
        }
    }
}

/// Whether a document allows a role this, and nothing in it denies it.
#[must_use]
pub fn admits(
    document: &Document,
    role: &RoleArn,
    action: &str,
    resource: &str,
    context: &BTreeMap<String, Vec<String>>,
) -> bool {
    let mut request = Request::new(Principal::role(role), action, resource);
    request.context.extend(context.clone());
    document.judge(&request) == Decision::Allow
}

/// What the operator has to be able to do with a bucket whose policy it puts: to change or take back
/// the policy, to close and encrypt the bucket, to count what is in it, and to delete it.
const CONTROL: [&str; 7] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
    "s3:DeleteBucket",
    "s3:ListBucketVersions",
];

/// Proves that a bucket policy denies the operator's role nothing that it needs to change it again,
/// over TLS 1.2 or later, through an endpoint or not.
///
/// # Errors
/// Names what would be denied, or could not be proven.
pub fn operator_keeps_control(policy: &Document, operator: &RoleArn, bucket: &str) -> Result<(), String> {
    let resource = format!("arn:aws:s3:::{bucket}");
    for action in CONTROL {
        for tls in ["1.2", "1.3"] {
            for endpoint in [None, Some("vpce-00000000000000000")] {
                let request = Request::new(Principal::role(operator), action, &resource)
                    .with("aws:SecureTransport", "true")
                    .with("s3:TlsVersion", tls);
                let request = match endpoint {
                    Some(id) => request.with("aws:SourceVpce", id),
                    None => request,
                };
                let path = endpoint.map_or("without an endpoint", |_| "through an endpoint");
                let tried = format!("{action} by {} over TLS {tls} {path}", operator.arn);
                match policy.judge(&request) {
                    Decision::Allow | Decision::Silent => {}
                    Decision::Deny => return Err(format!("the policy would deny {tried}")),
                    Decision::Undecided => return Err(format!("it cannot be proven that the policy leaves {tried}")),
                }
            }
        }
    }
    Ok(())
}

fn applies(statement: &Statement, request: &Request, version: Version) -> Answer {
    let Statement {
        sid: _,
        effect: _,
        principals,
        actions,
        resources,
        conditions,
    } = statement;
    let by_principal = match principals {
        None => Answer::Yes,
        Some(Scope::Only(words)) => Answer::from(words.iter().any(|word| is_meant(word, &request.principal))),
        // Which sessions of a role it covers differs from what it seems to say.
        Some(Scope::Except(_)) => Answer::Unknown,
    };
    let by_action = || within(actions, |word| Answer::from(glob_ignoring_case(word, &request.action)));
    let resource = |word: &str| match condition::has_variable(word, version) {
        true => Answer::Unknown,
        false => Answer::from(glob(word, &request.resource)),
    };
    let by_resource = || resources.as_ref().map_or(Answer::Yes, |scope| within(scope, resource));
    let by_conditions = || {
        let all = conditions
            .iter()
            .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)));
        all.map(|(operator, key, values)| condition::holds(operator, key, values, &request.context, version))
            .fold(Answer::Yes, Answer::and)
    };
    // Most statements are about something else: what costs most is asked last.
    by_principal
        .and_then(by_action)
        .and_then(by_resource)
        .and_then(by_conditions)
}

fn within(scope: &Scope, matches: impl Fn(&str) -> Answer) -> Answer {
    let any = scope
        .words()
        .iter()
        .map(|word| matches(word))
        .fold(Answer::No, Answer::or);
    match scope {
        Scope::Only(_) => any,
        Scope::Except(_) => any.not(),
    }
}

fn is_meant(word: &str, principal: &Principal) -> bool {
    let Some((kind, value)) = word.split_once(':') else {
        return false;
    };
    match kind {
        "AWS" if value == "*" => true,
        "AWS" => principal
            .account
            .as_ref()
            .is_some_and(|account| value == account.as_str() || value == account.root_arn() || value == principal.arn),
        "Service" => principal.is_service && value == principal.arn,
        "Federated" => !principal.is_service && principal.account.is_none() && value == principal.arn,
        _ => false,
    }
}
