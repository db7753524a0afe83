//! The rules of AWS that our policies live by, tried on `iam-rs` one by one.
//!
//! Each case is a policy, a request and AWS's answer. Sources, in AWS's IAM User Guide:
//! `reference_policies_evaluation-logic.html`, `reference_policies_elements_condition_operators.html`,
//! `reference_policies_condition-single-vs-multi-valued-context-keys.html` and
//! `reference_policies_elements_principal.html`.

use iam_rs::{Decision, Principal, PrincipalId};
use jichitai_plan::policy::document::Document;
use serde_json::{Value, json};

use crate::judge::{Asked, Caller, Facts, IamRs, Outcome, aws};
use crate::table::lines;
use crate::world;

const OBJECT: &str = "arn:aws:s3:::files/a";
const READER: &str = "arn:aws:iam::111122223333:role/reader";

fn statement(effect: &str, condition: &Value) -> Value {
    json!({"Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*",
        "Condition": condition})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::new();
    for (key, value) in pairs {
        facts.entry((*key).into()).or_default().push((*value).into());
    }
    facts
}

fn decide(policy: &Value, pairs: &[(&str, &str)]) -> Decision {
    IamRs::decide(policy, aws(READER), "s3:GetObject", OBJECT, &facts(pairs))
}

/// Whether a condition holds for a context: `cases/rules.txt`.
#[test]
fn documented_rules() {
    let lines = lines(include_str!("cases/rules.txt"));
    for line in &lines {
        let [name, condition, context, holds] = line[..] else {
            unreachable!("four columns: {line:?}");
        };
        let pairs = context.split_whitespace().filter_map(|pair| pair.split_once('='));
        let condition: Value = serde_json::from_str(condition).expect("a condition");
        let expected = match holds {
            "yes" => Decision::Allow,
            _ => Decision::NotApplicable,
        };
        let policy = policy(&[statement("Allow", &condition)]);
        assert_eq!(decide(&policy, &pairs.collect::<Vec<_>>()), expected, "{name}");
    }
    assert_eq!(lines.len(), 37);
}

#[test]
fn an_explicit_denial_wins_in_any_order() {
    let (allow, deny) = (statement("Allow", &json!({})), statement("Deny", &json!({})));
    for statements in [[allow.clone(), deny.clone()], [deny, allow.clone()]] {
        assert_eq!(decide(&policy(&statements), &[]), Decision::Deny);
    }
    assert_eq!(decide(&policy(&[allow]), &[]), Decision::Allow);
    assert_eq!(decide(&policy(&[]), &[]), Decision::NotApplicable);
}

#[test]
fn actions_and_resources_are_patterns() {
    let ask = |action: &str, resource: &str, of: (&str, &str)| {
        let statement = json!({"Effect": "Allow", "Action": of.0, "Resource": of.1});
        IamRs::decide(&policy(&[statement]), aws(READER), action, resource, &Facts::new())
    };
    let everything = "arn:aws:s3:::files/*";
    for (action, resource, of, allowed) in [
        ("s3:GetObject", OBJECT, ("S3:getobject", everything), true),
        ("s3:GetObjectVersion", OBJECT, ("s3:GetObject", everything), false),
        ("s3:GetObjectVersion", OBJECT, ("s3:GetObject*", everything), true),
        (
            "s3:GetBucketObjectLockConfiguration",
            "arn:aws:s3:::files",
            ("s3:GetObject*", "*"),
            false,
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::files/a/b",
            ("s3:GetObject", everything),
            true,
        ),
        (
            "s3:ListBucket",
            "arn:aws:s3:::files",
            ("s3:ListBucket", everything),
            false,
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::FILES/a",
            ("s3:GetObject", everything),
            false,
        ),
    ] {
        assert_eq!(
            ask(action, resource, of) == Decision::Allow,
            allowed,
            "{action} on {resource} by {of:?}"
        );
    }
}

#[test]
fn principals_are_roles_accounts_services_and_everybody() {
    let ask = |principal: Value, by: Principal| {
        let mut statement = statement("Allow", &json!({}));
        statement["Principal"] = principal;
        IamRs::decide(&policy(&[statement]), by, "s3:GetObject", OBJECT, &Facts::new()) == Decision::Allow
    };
    let service = |name: &str| Principal::Service(PrincipalId::String(name.into()));
    assert!(ask(json!("*"), aws(READER)));
    assert!(ask(json!("*"), service("s3.amazonaws.com")));
    assert!(ask(json!({"AWS": READER}), aws(READER)));
    assert!(!ask(
        json!({"AWS": READER}),
        aws("arn:aws:iam::111122223333:role/reader2")
    ));
    let root = "arn:aws:iam::111122223333:root";
    assert!(ask(json!({"AWS": root}), aws(root)));
    assert!(ask(json!({"AWS": "111122223333"}), aws(root)));
    assert!(!ask(json!({"AWS": root}), aws("arn:aws:iam::777788889999:root")));
    assert!(ask(json!({"Service": "s3.amazonaws.com"}), service("s3.amazonaws.com")));
    assert!(!ask(
        json!({"Service": "s3.amazonaws.com"}),
        service("ec2.amazonaws.com")
    ));
}

/// Who has to agree, within an account and across accounts.
#[test]
fn both_accounts_agree_and_an_account_passes_on() {
    let document = |statement: Value| Document::parse(&policy(&[statement]).to_string()).expect("a policy");
    let identity = || document(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}));
    let granted_to = |principal: &str| {
        let mut statement = statement("Allow", &json!({}));
        statement["Principal"] = json!({"AWS": principal});
        document(statement)
    };
    let silent = || document(json!({"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "*"}));
    let denied = || document(statement("Deny", &json!({})));
    let (root, other) = ("arn:aws:iam::111122223333:root", "777788889999");
    for (name, owner, identity, policy, expected) in [
        (
            "own account, identity alone",
            world::HOME,
            vec![identity()],
            silent(),
            Outcome::Allowed,
        ),
        (
            "own account, the role in the resource's policy",
            world::HOME,
            vec![],
            granted_to(READER),
            Outcome::Allowed,
        ),
        (
            "own account, only the account in it",
            world::HOME,
            vec![],
            granted_to(root),
            Outcome::Unallowed,
        ),
        (
            "own account, denied by it",
            world::HOME,
            vec![identity()],
            denied(),
            Outcome::Denied,
        ),
        (
            "other account, both",
            other,
            vec![identity()],
            granted_to(root),
            Outcome::Allowed,
        ),
        (
            "other account, identity alone",
            other,
            vec![identity()],
            silent(),
            Outcome::Unallowed,
        ),
        (
            "other account, resource alone",
            other,
            vec![],
            granted_to(READER),
            Outcome::Unallowed,
        ),
        (
            "other account, denied",
            other,
            vec![identity()],
            denied(),
            Outcome::Denied,
        ),
    ] {
        let caller = Caller::new(READER);
        let asked = Asked {
            caller: &caller,
            identity: &identity,
            action: "s3:GetObject",
            resource: OBJECT,
            facts: &caller.facts(),
            policy: &policy,
            owner,
        };
        assert_eq!(asked.bucket(&IamRs), expected, "{name}");
    }
}

/// A key's policy decides: the account's own policies count only where it names the account.
#[test]
fn a_key_is_used_by_its_policy() {
    let caller = Caller::new(READER);
    let parse = |statement: Value| Document::parse(&policy(&[statement]).to_string()).expect("a policy");
    let grant = |principal: &str| {
        parse(json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:Decrypt", "Resource": "*"}))
    };
    let identity = [parse(json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}))];
    let nobody: [Document; 0] = [];
    let root = "arn:aws:iam::111122223333:root";
    for (name, identity, policy, expected) in [
        ("named", &nobody[..], grant(READER), Outcome::Allowed),
        (
            "the account, and its own policy",
            &identity[..],
            grant(root),
            Outcome::Allowed,
        ),
        (
            "the account, nothing of its own",
            &nobody[..],
            grant(root),
            Outcome::Unallowed,
        ),
        (
            "its own policy alone",
            &identity[..],
            grant("arn:aws:iam::777788889999:root"),
            Outcome::Unallowed,
        ),
    ] {
        let asked = Asked {
            caller: &caller,
            identity,
            action: "kms:Decrypt",
            resource: world::KEY,
            facts: &caller.facts(),
            policy: &policy,
            owner: world::HOME,
        };
        assert_eq!(asked.key(&IamRs), expected, "{name}");
    }
}

/// `ArnEquals` takes patterns at AWS and not in `iam-rs`: no document of ours has one under it.
#[test]
fn no_pattern_stands_under_arn_equals() {
    for (name, document) in world::documents() {
        for statement in &document.statements {
            for operator in ["ArnEquals", "ArnNotEquals"] {
                let values = statement
                    .conditions
                    .get(operator)
                    .into_iter()
                    .flat_map(|keys| keys.values().flatten());
                for value in values {
                    assert!(!value.contains(['*', '?', '$']), "{name}: {value}");
                }
            }
        }
    }
}
