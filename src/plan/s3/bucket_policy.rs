//! The bucket policy: when it is put, and whether that takes something from somebody. What is in it
//! is composed elsewhere.
//!
//! Ours are mostly Deny statements for everybody but a list (`ArnNotEquals`), so access shrinks when
//! a list gets shorter. Every comparison here asks the same question of two statements: does one
//! match every request that the other one matches?

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::policy::document::{Conditions, Document, Effect, Scope, Statement, Words};
use crate::policy::evaluate;
use crate::policy::role_arn::RoleArn;
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// Bytes that a bucket policy may have.
/// [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html)
pub const QUOTA: usize = 20_480;

/// What the policy shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The composed policy.
    pub document: Document,
    /// The policy without regard to grants that have run out: a narrowing that this explains needs
    /// no approval.
    pub before_expiry: Document,
    /// Whether the operator can still change the policy once it is in force, or why not.
    pub proof: Result<(), Text>,
}

/// That the operator can still change the policy once it is in force.
///
/// # Errors
/// Why it could not.
pub fn proof(document: &Document, operator: &RoleArn, bucket: &str) -> Result<(), Text> {
    evaluate::operator_keeps_control(document, operator, bucket).map_err(|denied| {
        Text::new(
            format!(
                "the policy would lock the operator out ({denied}), so it is not put: check the operator's role in the configuration"
            ),
            format!(
                "このポリシーではオペレーター自身が締め出されるため({denied})、適用しません。設定のオペレーターのロールを確認してください"
            ),
        )
    })
}

/// Puts the policy, unless the operator would lock itself out. The caller sees to it that the
/// bucket is closed to the public and encrypted first.
pub fn plan(want: &Want, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let Want {
        document,
        before_expiry,
        proof,
    } = want;
    let have = match &bucket.policy {
        Observation::Present(have) => Some(have),
        Observation::Absent => None,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    if have.is_some_and(|have| have.means_the_same(document)) {
        return;
    }
    if let Err(reason) = proof {
        return plan.block(part, Reason::PolicyLockout, reason.clone());
    }
    let bytes = document.to_json().len();
    if bytes > QUOTA {
        let text = Text::new(
            format!(
                "the bucket policy has {bytes} bytes and S3 takes {QUOTA}: name fewer roles, or spread them over several FileLinkBuckets"
            ),
            format!(
                "バケットポリシーが {bytes} バイトで、S3 の上限 {QUOTA} を超えます。ロールを減らすか、複数の FileLinkBucket に分けてください"
            ),
        );
        return plan.block(part, Reason::CapacityExceeded, text);
    }
    let shown = have.map_or_else(|| "none".to_owned(), Document::summary);
    let difference = Difference::new("policy", document.summary(), shown);
    let step = bucket.put(Setting::Policy(document.clone()), difference, part);
    // Nobody can lose what is not there: the first policy of an empty bucket takes nothing away.
    let first = have.is_none() && bucket.is_certainly_empty();
    let narrowed = match have {
        None if first => Vec::new(),
        None => narrowed(&Document::default(), before_expiry),
        Some(have) => narrowed(have, before_expiry),
    };
    plan.step(match narrowed.as_slice() {
        [] => step,
        narrowed => step.risking(format!(
            "access that {} admitted: principals lose it",
            narrowed.join(", ")
        )),
    });
}

/// The statements by which less is admitted than before: an Allow that nothing replaces, a Deny
/// that is new or reaches further. Where the lists alone do not show it, it counts as less.
#[must_use]
pub fn narrowed(before: &Document, after: &Document) -> Vec<String> {
    let less = |effect, from: &Document, to: &Document| {
        let there = to.statements.clone();
        let statements = from.statements.iter().filter(|one| one.effect == effect);
        statements
            .filter(|one| !there.iter().any(|other| matches_all_of(other, one)))
            .map(|one| match one.sid.as_str() {
                "" => "a statement without id".to_owned(),
                sid => sid.to_owned(),
            })
            .collect::<Vec<_>>()
    };
    let allowed = less(Effect::Allow, before, after);
    let denied = less(Effect::Deny, after, before);
    allowed
        .into_iter()
        .map(|sid| format!("{sid} (allowed less)"))
        .chain(denied.into_iter().map(|sid| format!("{sid} (denies more)")))
        .collect()
}

/// Whether `wide` matches every request that `narrow` matches, as far as the lists show it.
fn matches_all_of(wide: &Statement, narrow: &Statement) -> bool {
    let Statement {
        sid: _,
        effect,
        principals,
        actions,
        resources,
        conditions,
    } = wide;
    *effect == narrow.effect
        && includes(principals.as_ref(), narrow.principals.as_ref())
        && includes(Some(actions), Some(&narrow.actions))
        && includes(resources.as_ref(), narrow.resources.as_ref())
        && follow(conditions, &narrow.conditions)
}

fn includes(wide: Option<&Scope>, narrow: Option<&Scope>) -> bool {
    match (wide, narrow) {
        (Some(Scope::Only(wide)), Some(Scope::Only(narrow))) => {
            narrow.iter().all(|word| wide.iter().any(|wide| stands_for(wide, word)))
        }
        (Some(Scope::Except(wide)), Some(Scope::Except(narrow))) => wide
            .iter()
            .all(|word| narrow.iter().any(|narrow| stands_for(narrow, word))),
        (wide, narrow) => wide == narrow,
    }
}

/// Whether the word, perhaps with a `*` at its end, stands for the other one.
fn stands_for(wide: &str, word: &str) -> bool {
    match wide.strip_suffix('*') {
        Some(beginning) if !beginning.contains(['*', '?']) => word.starts_with(beginning),
        Some(_) | None => wide == word,
    }
}

/// Whether all of `wide` hold wherever all of `narrow` do. Fewer conditions hold more often.
fn follow(wide: &Conditions, narrow: &Conditions) -> bool {
    wide.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, values)| {
            let others = narrow.get(operator).and_then(|keys| keys.get(key));
            others.is_some_and(|others| follows(operator, values, others))
        })
    })
}

/// A list of what is meant holds more often the longer it is; a list of exceptions, the shorter.
fn follows(operator: &str, wide: &Words, narrow: &Words) -> bool {
    const LISTS: [&str; 3] = ["String", "Arn", "IpAddress"];
    let bare = operator.rsplit(':').next().unwrap_or(operator);
    if bare.contains("Not") {
        wide.is_subset(narrow)
    } else if LISTS.iter().any(|list| bare.starts_with(list)) {
        narrow.is_subset(wide)
    } else {
        wide == narrow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{filled, new, part};

    fn deny_but(exceptions: &[&str]) -> Statement {
        let exceptions = exceptions.iter().map(|&arn| arn.to_owned());
        Statement {
            effect: Effect::Deny,
            ..Statement::allow("DenyReading", &["*".to_owned()], &["s3:GetObject"])
        }
        .when("ArnNotEquals", "aws:PrincipalArn", exceptions)
    }

    fn document(statements: impl IntoIterator<Item = Statement>) -> Document {
        Document::new(statements.into_iter().collect())
    }

    fn want(document: Document) -> Want {
        Want {
            before_expiry: document.clone(),
            document,
            proof: Ok(()),
        }
    }

    fn planned(want: &Want, mut bucket: Bucket, have: Observation<Document>) -> Plan {
        bucket.policy = have;
        let mut made = Plan::default();
        plan(want, &bucket, &part(), &mut made);
        made
    }

    #[test]
    fn a_shorter_list_of_exceptions_narrows_and_a_longer_one_widens() {
        let (short, long) = (document([deny_but(&["a"])]), document([deny_but(&["a", "b"])]));
        assert_eq!(narrowed(&long, &short), ["DenyReading (denies more)"]);
        assert_eq!(narrowed(&short, &long), [""; 0]);
    }

    #[test]
    fn denies_narrow_by_what_they_reach_and_allows_by_what_they_no_longer_do() {
        let deny = deny_but(&["a"]);
        let mut wider = deny.clone();
        wider.actions = Scope::Only(["s3:Get*".to_owned()].into());
        let mut always = deny.clone();
        always.conditions.clear();
        for (before, after, narrows) in [
            (document([]), document([deny.clone()]), true),
            (document([deny.clone()]), document([]), false),
            (document([deny.clone()]), document([wider.clone()]), true),
            (document([wider]), document([deny.clone()]), false),
            (document([deny.clone()]), document([always.clone()]), true),
            (document([always]), document([deny]), false),
        ] {
            assert_eq!(!narrowed(&before, &after).is_empty(), narrows, "{before:?} {after:?}");
        }
        let allow = |names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned());
            let root = ["arn:aws:iam::111122223333:root".to_owned()];
            document([Statement::allow("Read", &root, &["s3:GetObject"]).when("ArnEquals", "aws:PrincipalArn", names)])
        };
        assert_eq!(narrowed(&allow(&["a", "b"]), &allow(&["a"])), ["Read (allowed less)"]);
        assert_eq!(narrowed(&allow(&["a"]), &allow(&["a", "b"])), [""; 0]);
    }

    #[test]
    fn numbers_and_flags_are_compared_as_they_are() {
        let tls = |version: &str| {
            let deny = Statement {
                effect: Effect::Deny,
                ..Statement::allow("DenyOldTls", &["*".to_owned()], &["s3:*"])
            };
            document([deny.when("NumericLessThan", "s3:TlsVersion", [version.to_owned()])])
        };
        assert_eq!(narrowed(&tls("1.2"), &tls("1.3")), ["DenyOldTls (denies more)"]);
        assert_eq!(narrowed(&tls("1.2"), &tls("1.2")), [""; 0]);
    }

    #[test]
    fn what_ran_out_is_withdrawn_without_a_risk() {
        let mut want = want(document([deny_but(&["a"])]));
        want.before_expiry = document([deny_but(&["a", "b"])]);
        let have = || Observation::Present(document([deny_but(&["a", "b"])]));
        assert!(!planned(&want, filled(), have()).steps[0].is_destructive());
        want.before_expiry = want.document.clone();
        assert!(planned(&want, filled(), have()).steps[0].is_destructive());
    }

    #[test]
    fn the_first_policy_is_a_risk_only_where_there_is_something() {
        let want = want(document([deny_but(&["a"])]));
        assert!(!planned(&want, new(), Observation::Absent).steps[0].is_destructive());
        assert!(planned(&want, filled(), Observation::Absent).steps[0].is_destructive());
    }

    #[test]
    fn a_lockout_and_too_many_roles_are_not_put() {
        let mut locked = want(document([deny_but(&["a"])]));
        locked.proof = Err(Text::new("the operator could not change it", "変更できなくなります"));
        let made = planned(&locked, new(), Observation::Absent);
        assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::PolicyLockout));
        let same = Observation::Present(locked.document.clone());
        assert_eq!(planned(&locked, new(), same), Plan::default(), "what is there is left");

        let many: Vec<String> = (0..1_000)
            .map(|n| format!("arn:aws:iam::111122223333:role/r{n}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let made = planned(&want(document([deny_but(&many)])), new(), Observation::Absent);
        assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::CapacityExceeded));
    }
}
