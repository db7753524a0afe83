//! What AWS answers, when several policies have a say.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;
use std::fmt;

use iam_rs::{Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, Principal, PrincipalId, evaluate_policy};
use jichitai_plan::identity::AccountId;
use jichitai_plan::policy::document::Document;
use jichitai_plan::policy::evaluate::{self, Request};
use jichitai_plan::policy::key_policy::RoleArn;
use serde_json::{Value, json};

/// What is in a request besides who asks for what.
pub type Facts = BTreeMap<String, Vec<String>>;

/// Who asks: a role in a session, a service, a provider's token, or nobody known.
#[derive(Clone, Debug)]
pub enum Caller {
    Role(RoleArn),
    Service(String),
    Token(String),
    Anonymous,
}

impl Caller {
    pub fn new(arn: &str) -> Self {
        match RoleArn::new(arn) {
            Some(role) => Self::Role(role),
            None if arn.is_empty() => Self::Anonymous,
            None if arn.contains(":oidc-provider/") => Self::Token(arn.to_owned()),
            None => Self::Service(arn.to_owned()),
        }
    }

    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Role(role) => Some(&role.account),
            Self::Service(_) | Self::Token(_) | Self::Anonymous => None,
        }
    }

    /// What AWS itself says about a caller.
    pub fn facts(&self) -> Facts {
        let fact = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        match self {
            Self::Role(role) => Facts::from([
                fact("aws:PrincipalArn", &role.arn),
                fact("aws:PrincipalAccount", role.account.as_str()),
                fact("aws:PrincipalIsAWSService", "false"),
            ]),
            Self::Service(_) => Facts::from([fact("aws:PrincipalIsAWSService", "true")]),
            Self::Token(_) | Self::Anonymous => Facts::new(),
        }
    }
}

/// What one policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub denied: bool,
    /// Allowed to the caller by name.
    pub named: bool,
    /// Allowed to the caller's account, which has to pass it on.
    pub delegated: bool,
}

/// Something that can decide a single policy.
pub trait Evaluator {
    fn say(&self, policy: &Document, caller: &Caller, action: &str, resource: &str, facts: &Facts) -> Said;
}

/// `iam-rs`, over the JSON that is sent to AWS.
pub struct IamRs;

impl IamRs {
    pub fn decide(policy: &Value, principal: Principal, action: &str, resource: &str, facts: &Facts) -> Decision {
        let policy: IAMPolicy = serde_json::from_value(policy.clone()).expect("iam-rs reads the policy");
        let context = facts.iter().map(|(key, values)| (key.clone(), typed(key, values)));
        let request = IAMRequest::new_with_context(
            principal,
            action,
            Arn::parse(resource).expect("an ARN"),
            Context::with_data(context.collect()),
        );
        evaluate_policy(&policy, &request).expect("iam-rs decides")
    }
}

fn typed(key: &str, values: &[String]) -> ContextValue {
    const FLAGS: [&str; 3] = [
        "aws:SecureTransport",
        "aws:PrincipalIsAWSService",
        "kms:GrantIsForAWSResource",
    ];
    match values {
        [one] if FLAGS.contains(&key) => ContextValue::Boolean(one == "true"),
        [one] if key != "aws:TagKeys" => ContextValue::String(one.clone()),
        many => ContextValue::StringList(many.to_vec()),
    }
}

/// Two forms that are the same to AWS, as `iam-rs` understands them.
fn adapted(policy: &Document) -> Value {
    let mut value: Value = serde_json::from_str(&policy.to_json()).expect("JSON");
    for statement in value["Statement"].as_array_mut().into_iter().flatten() {
        if statement["Principal"] == json!({"AWS": ["*"]}) {
            statement["Principal"] = json!("*");
        }
        if statement.get("Resource").is_none() {
            statement["Resource"] = json!("*");
        }
    }
    value
}

pub fn aws(arn: &str) -> Principal {
    Principal::Aws(PrincipalId::String(arn.into()))
}

impl Evaluator for IamRs {
    fn say(&self, policy: &Document, caller: &Caller, action: &str, resource: &str, facts: &Facts) -> Said {
        let policy = adapted(policy);
        let ask = |principal| Self::decide(&policy, principal, action, resource, facts);
        let (named, delegated) = match caller {
            Caller::Role(role) => {
                let name = role.arn.rsplit('/').next().unwrap_or_default();
                let session = format!("arn:aws:sts::{}:assumed-role/{name}/work", role.account);
                (
                    vec![ask(aws(&session)), ask(aws(&role.arn))],
                    ask(aws(&role.account.root_arn())),
                )
            }
            Caller::Service(name) => {
                let only = ask(Principal::Service(PrincipalId::String(name.clone())));
                (vec![only], only)
            }
            Caller::Token(arn) => {
                let only = ask(Principal::Federated(PrincipalId::String(arn.clone())));
                (vec![only], only)
            }
            Caller::Anonymous => {
                let nobody = ask(aws("arn:aws:iam::000000000000:user/nobody"));
                (vec![nobody], nobody)
            }
        };
        Said {
            denied: named.contains(&Decision::Deny) || delegated == Decision::Deny,
            named: named.contains(&Decision::Allow),
            delegated: delegated == Decision::Allow,
        }
    }
}

/// The evaluator of the product. It knows no grant to a single role, as no document of ours has one.
pub struct Product;

impl Evaluator for Product {
    fn say(&self, policy: &Document, caller: &Caller, action: &str, resource: &str, facts: &Facts) -> Said {
        let principal = match caller {
            Caller::Role(role) => evaluate::Principal::role(role),
            Caller::Service(name) => evaluate::Principal::service(name),
            Caller::Token(arn) => evaluate::Principal::provider(arn),
            Caller::Anonymous => evaluate::Principal::anonymous(),
        };
        let mut request = Request::new(principal, action, resource);
        request.context = facts.clone();
        let decision = policy.judge(&request);
        let allowed = decision == evaluate::Decision::Allow;
        let in_person = !matches!(caller, Caller::Role(_));
        Said {
            denied: decision == evaluate::Decision::Deny,
            named: allowed && (in_person || policy.statements.iter().all(|one| one.principals.is_none())),
            delegated: allowed,
        }
    }
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Allowed,
    /// Denied by a statement.
    Denied,
    /// Allowed by nobody, or not by everybody who is asked.
    Unallowed,
    /// The bucket lets it in, the key does not.
    NoKey,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unallowed => "unallowed",
            Self::NoKey => "no key",
        })
    }
}

/// One action on one resource, with the policies that have a say in it.
pub struct Asked<'a> {
    pub caller: &'a Caller,
    pub identity: &'a [Document],
    pub action: &'a str,
    pub resource: &'a str,
    pub facts: &'a Facts,
    /// The policy of the resource.
    pub policy: &'a Document,
    /// The account of the resource.
    pub owner: &'a str,
}

impl Asked<'_> {
    fn says(&self, evaluator: &dyn Evaluator) -> (bool, bool, Said) {
        let say = |policy| evaluator.say(policy, self.caller, self.action, self.resource, self.facts);
        let identity: Vec<Said> = self.identity.iter().map(say).collect();
        let resource = say(self.policy);
        let denied = resource.denied || identity.iter().any(|said| said.denied);
        (denied, identity.iter().any(|said| said.named), resource)
    }

    /// A bucket: in its own account either side is enough, unless the bucket's names only the account;
    /// across accounts both have to agree.
    pub fn bucket(&self, evaluator: &dyn Evaluator) -> Outcome {
        let (denied, identity, resource) = self.says(evaluator);
        let allowed = match self.caller.account() {
            Some(account) if account.as_str() == self.owner => identity || resource.named,
            Some(_) => identity && resource.delegated,
            None => resource.named,
        };
        outcome(denied, allowed)
    }

    /// A key: nothing without its policy, which passes on to the account what it does not say to a role.
    pub fn key(&self, evaluator: &dyn Evaluator) -> Outcome {
        let (denied, identity, resource) = self.says(evaluator);
        let own = self
            .caller
            .account()
            .is_some_and(|account| account.as_str() == self.owner);
        outcome(denied, (resource.named && own) || (resource.delegated && identity))
    }
}

fn outcome(denied: bool, allowed: bool) -> Outcome {
    match (denied, allowed) {
        (true, _) => Outcome::Denied,
        (false, true) => Outcome::Allowed,
        (false, false) => Outcome::Unallowed,
    }
}
