//! The cases, a line each.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;

use crate::judge::{Asked, Caller, Evaluator, Facts, IamRs, Outcome, Product};
use crate::world;

const EVALUATORS: [(&str, &dyn Evaluator); 2] = [("iam-rs", &IamRs), ("the product", &Product)];

/// The columns of each line that is no comment.
pub fn lines(text: &'static str) -> Vec<Vec<&'static str>> {
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('|').map(str::trim).collect()).collect()
}

fn fact(facts: &mut Facts, key: &str, value: &str) {
    facts.entry(key.into()).or_default().push(value.into());
}

fn path(facts: &mut Facts, path: &str) {
    let (endpoint, vpc) = match path {
        "-" => return,
        "asp" => ("vpce-asp", "vpc-asp"),
        "home" => ("vpce-home", "vpc-home"),
        "elsewhere" => ("vpce-elsewhere", "vpc-elsewhere"),
        other => unreachable!("no path {other}"),
    };
    fact(facts, "aws:SourceVpce", endpoint);
    fact(facts, "aws:SourceVpc", vpc);
}

fn transport(facts: &mut Facts, transport: &str) {
    let tls = match transport {
        "http" => return fact(facts, "aws:SecureTransport", "false"),
        other => other.strip_prefix("tls").expect("a version of TLS"),
    };
    fact(facts, "aws:SecureTransport", "true");
    fact(facts, "s3:TlsVersion", tls);
}

fn headers(facts: &mut Facts, headers: &str) {
    const ALGORITHM: &str = "s3:x-amz-server-side-encryption";
    const KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let (algorithm, key) = match headers {
        "-" => return,
        "aes256" => ("AES256", None),
        "dsse" => ("aws:kms:dsse", Some(world::KEY)),
        "own key" => ("aws:kms", Some(world::KEY)),
        "other key" => ("aws:kms", Some("arn:aws:kms:ap-northeast-1:777788889999:key/theirs")),
        "aws key" => ("aws:kms", None),
        "sse-c" => return fact(facts, "s3:x-amz-server-side-encryption-customer-algorithm", "AES256"),
        prefix => return fact(facts, "s3:prefix", prefix.strip_prefix("prefix ").expect("a header")),
    };
    fact(facts, ALGORITHM, algorithm);
    if let Some(key) = key {
        fact(facts, KEY, key);
    }
}

/// What S3 asks the key for.
fn key_use(action: &str) -> Option<&'static str> {
    match action {
        "GetObject" | "GetObjectVersion" | "GetObjectVersionForReplication" => Some("kms:Decrypt"),
        "PutObject" => Some("kms:GenerateDataKey"),
        "ReplicateObject" => Some("kms:Encrypt"),
        _ => None,
    }
}

/// Decides a line of a table of objects.
fn decide(line: &[&str], evaluator: &dyn Evaluator) -> Outcome {
    let &[state, who, action, on, from, over, with, ..] = line else {
        unreachable!("too few columns: {line:?}");
    };
    let actors = world::actors();
    let actor = actors.get(who).unwrap_or_else(|| unreachable!("nobody is {who}"));
    let caller = Caller::new(&actor.arn);
    let (bucket, region) = match state {
        "replica" => (world::REPLICA, Region::Osaka),
        _ => (world::BUCKET, Region::Tokyo),
    };
    let whole = format!("arn:aws:s3:::{bucket}");
    let resource = match on {
        "bucket" => whole.clone(),
        key => format!("{whole}/{key}"),
    };
    let mut facts = caller.facts();
    path(&mut facts, from);
    transport(&mut facts, over);
    headers(&mut facts, with);
    let asked = Asked {
        caller: &caller,
        identity: &actor.identity,
        action: &format!("s3:{action}"),
        resource: &resource,
        facts: &facts,
        policy: &world::bucket(state),
        owner: world::HOME,
    };
    let outcome = asked.bucket(evaluator);
    let Some(use_of_key) = key_use(action).filter(|_| outcome == Outcome::Allowed) else {
        return outcome;
    };
    let mut facts = caller.facts();
    fact(&mut facts, "kms:ViaService", &format!("s3.{region}.amazonaws.com"));
    fact(&mut facts, "kms:EncryptionContext:aws:s3:arn", &whole);
    let asked = Asked {
        action: use_of_key,
        resource: match region {
            Region::Tokyo => world::KEY,
            Region::Osaka => world::REPLICA_KEY,
        },
        facts: &facts,
        policy: &world::key(region),
        ..asked
    };
    match asked.key(evaluator) {
        Outcome::Allowed => Outcome::Allowed,
        Outcome::Denied | Outcome::Unallowed | Outcome::NoKey => Outcome::NoKey,
    }
}

/// Decides a line of the table of keys.
fn decide_key(line: &[&str], evaluator: &dyn Evaluator) -> Outcome {
    let &[region, who, action, via, context, ..] = line else {
        unreachable!("too few columns: {line:?}");
    };
    let actors = world::actors();
    let actor = actors.get(who).unwrap_or_else(|| unreachable!("nobody is {who}"));
    let caller = Caller::new(&actor.arn);
    let (region, key) = match region {
        "tokyo" => (Region::Tokyo, world::KEY),
        "osaka" => (Region::Osaka, world::REPLICA_KEY),
        other => unreachable!("no Region {other}"),
    };
    let mut facts = caller.facts();
    if via != "-" {
        fact(&mut facts, "kms:ViaService", &format!("{via}.amazonaws.com"));
    }
    if context != "-" {
        fact(
            &mut facts,
            "kms:EncryptionContext:aws:s3:arn",
            &format!("arn:aws:s3:::{context}"),
        );
    }
    let asked = Asked {
        caller: &caller,
        identity: &actor.identity,
        action: &format!("kms:{action}"),
        resource: key,
        facts: &facts,
        policy: &world::key(region),
        owner: world::HOME,
    };
    asked.key(evaluator)
}

/// Decides a line of the table of trusts: the role's trust alone.
fn decide_trust(line: &[&str], evaluator: &dyn Evaluator) -> Outcome {
    let &[name, who, action, context, ..] = line else {
        unreachable!("too few columns: {line:?}");
    };
    let caller = Caller::new(match who {
        "token" => world::PROVIDER,
        arn => arn,
    });
    let mut facts = caller.facts();
    for pair in context.split_whitespace().filter(|pair| *pair != "-") {
        let (key, value) = pair.split_once('=').expect("key=value");
        let key = match key.strip_prefix("token:") {
            Some(claim) => format!("auth.example.jp/realms/files:{claim}"),
            None => key.to_owned(),
        };
        if let Some(tag) = key.strip_prefix("aws:RequestTag/") {
            fact(&mut facts, "aws:TagKeys", tag);
        }
        fact(&mut facts, &key, value);
    }
    let said = evaluator.say(
        &world::trust(name),
        &caller,
        &format!("sts:{action}"),
        "arn:aws:iam::111122223333:role/jichitai/made",
        &facts,
    );
    match said.delegated && !said.denied {
        true => Outcome::Allowed,
        false => Outcome::Unallowed,
    }
}

type Decide = fn(&[&str], &dyn Evaluator) -> Outcome;

/// Each table with its number of columns that say what is asked.
const TABLES: [(&str, &str, usize, Decide); 6] = [
    ("objects", include_str!("cases/objects.txt"), 7, decide),
    ("configuration", include_str!("cases/configuration.txt"), 7, decide),
    ("encryption", include_str!("cases/encryption.txt"), 7, decide),
    ("replication", include_str!("cases/replication.txt"), 7, decide),
    ("keys", include_str!("cases/keys.txt"), 5, decide_key),
    ("trusts", include_str!("cases/trusts.txt"), 4, decide_trust),
];

#[test]
fn every_case_ends_as_written() {
    let mut wrong = Vec::new();
    for (name, text, columns, decide) in TABLES {
        for line in lines(text) {
            assert_eq!(line.len(), columns + 2, "{name}: {line:?}");
            for (evaluator, by) in EVALUATORS {
                let outcome = decide(&line, by).to_string();
                if outcome != line[columns] {
                    wrong.push(format!("{name}: {}: {evaluator} says {outcome}", line.join(" | ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whatever is allowed stops being so by one change: another who, what, path, transport or header.
#[test]
fn every_permission_has_a_refusal_beside_it() {
    let mut total = 0;
    let mut alone = Vec::new();
    for (name, text, columns, _) in TABLES {
        let lines = lines(text);
        total += lines.len();
        for line in lines.iter().filter(|line| line[columns] == "allowed") {
            let beside = |other: &&Vec<&str>| {
                let differing = (0..columns).filter(|at| other[*at] != line[*at]).count();
                other[columns] != "allowed" && differing == 1
            };
            if !lines.iter().any(|other| beside(&other)) {
                alone.push(format!("{name}: {}", line.join(" | ")));
            }
        }
    }
    assert!(alone.is_empty(), "{}", alone.join("\n"));
    assert!(total >= 110, "only {total} cases");
}

/// The actions of S3 on buckets and objects, as the service authorization reference has them. An
/// administrator of the account may read every setting, and do nothing else; no object action is
/// forgotten, and no wildcard catches a setting.
#[test]
fn an_administrator_reads_settings_and_nothing_else() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in lines(include_str!("cases/actions.txt")) {
        let [action, on, class] = line[..] else {
            unreachable!("three columns: {line:?}");
        };
        assert!(seen.insert(action), "{action} is there twice");
        let expected = match class {
            "setting" => "allowed",
            _ => "denied",
        };
        for state in ["source", "replica", "closed"] {
            for who in ["admin", "other-asp", "anonymous"] {
                let on = if on == "object" { "in/a.csv" } else { on };
                for (evaluator, by) in EVALUATORS {
                    let outcome = decide(&[state, who, action, on, "home", "tls1.3", "-"], by).to_string();
                    let expected = match (expected, who) {
                        ("allowed", "other-asp" | "anonymous") => "unallowed",
                        (expected, _) => expected,
                    };
                    if outcome != expected {
                        wrong.push(format!("{who} {action} on {state}: {evaluator} says {outcome}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() > 90, "{} actions", seen.len());
}

/// The proof that the operator keeps control of a bucket: it holds for what is composed, and fails
/// for a policy that shuts the operator out, or that could.
#[test]
fn the_operator_keeps_control() {
    use jichitai_plan::policy::bucket_policy;
    use jichitai_plan::policy::document::Statement;
    use jichitai_plan::policy::evaluate::operator_keeps_control;

    let access = world::source();
    for state in ["source", "closed"] {
        operator_keeps_control(&world::bucket(state), &access.operator, world::BUCKET).expect("control");
    }
    operator_keeps_control(&world::bucket("replica"), &access.operator, world::REPLICA).expect("control");

    let other = bucket_policy::BucketAccess {
        operator: world::role("111122223333/other-operator"),
        ..world::source()
    };
    let refusal = operator_keeps_control(&bucket_policy::compose(&other), &access.operator, world::BUCKET);
    assert!(refusal.expect_err("shut out").contains("s3:PutBucketPolicy"));

    let whole = || [format!("arn:aws:s3:::{}", world::BUCKET)];
    let shut = Statement::deny("Path", &["s3:DeleteBucket"]).for_resources(whole());
    let conditions = [
        shut.clone()
            .when("StringNotEquals", "aws:SourceVpce", ["vpce-other".to_owned()]),
        shut.clone()
            .when("StringEquals", "aws:PrincipalOrgID", ["o-example".to_owned()]),
        shut.clone()
            .when("DateLessThan", "aws:CurrentTime", ["2030-01-01T00:00:00Z".to_owned()]),
        shut.when("StringLike", "aws:PrincipalArn", ["${aws:PrincipalArn}".to_owned()]),
    ];
    for statement in conditions {
        let mut policy = world::bucket("source");
        let said = format!("{statement:?}");
        policy.statements.push(statement);
        let refusal = operator_keeps_control(&policy, &access.operator, world::BUCKET);
        assert!(refusal.expect_err(&said).contains("s3:DeleteBucket"), "{said}");
    }
}

/// What status says of a role: both policies let it in, or which one does not.
#[test]
fn status_knows_whom_each_policy_lets_in() {
    use jichitai_plan::policy::evaluate::admits;

    let context = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<String>> {
        let pairs = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
        pairs.collect()
    };
    let over = context(&[
        ("aws:SecureTransport", "true"),
        ("s3:TlsVersion", "1.2"),
        ("aws:SourceVpce", "vpce-asp"),
    ]);
    let object = format!("arn:aws:s3:::{}/x", world::BUCKET);
    let reader = world::role("444455556666/asp/consumer");
    let stranger = world::role("444455556666/asp/consumer2");
    let policy = world::bucket("source");
    assert!(admits(&policy, &reader, "s3:GetObject", &object, &over));
    assert!(!admits(&policy, &reader, "s3:PutObject", &object, &over));
    assert!(!admits(&policy, &stranger, "s3:GetObject", &object, &over));
    assert!(!admits(
        &world::bucket("closed"),
        &reader,
        "s3:GetObject",
        &object,
        &over
    ));

    let via = context(&[
        ("kms:ViaService", "s3.ap-northeast-1.amazonaws.com"),
        ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::fl-files"),
    ]);
    let key = world::key(Region::Tokyo);
    assert!(admits(&key, &reader, "kms:Decrypt", world::KEY, &via));
    assert!(!admits(&key, &stranger, "kms:Decrypt", world::KEY, &via));
    assert!(!admits(&key, &reader, "kms:Decrypt", world::KEY, &BTreeMap::new()));
}
