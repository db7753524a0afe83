//! Replication: every new object, its deletion included, goes to the replica and is encrypted there
//! under the replica's own key.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html)

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::s3::versioning;
use crate::step::Difference;

/// The id of our rule.
pub const RULE: &str = "jichitai";

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// What it is limited to (prefix, tags), as text; empty for the whole bucket.
    pub filter: String,
    /// ARN of the bucket that objects go to.
    pub destination: String,
    /// The key that encrypts them there.
    pub key: Option<String>,
    /// Whether objects under KMS keys are replicated; all of ours are.
    pub kms_objects: bool,
    /// Whether delete markers are replicated.
    pub delete_markers: bool,
    /// What else it does, as text, so that it is seen and replaced.
    pub other: String,
}

/// A replication configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// ARN of the role that S3 takes.
    pub role: String,
    /// The rules.
    pub rules: BTreeSet<Rule>,
}

impl Replication {
    /// As it shall be: everything to one bucket, under one key.
    #[must_use]
    pub fn to(role_arn: &str, bucket_arn: &str, key_arn: &str) -> Self {
        let rule = Rule {
            id: RULE.to_owned(),
            enabled: true,
            filter: String::new(),
            destination: bucket_arn.to_owned(),
            key: Some(key_arn.to_owned()),
            kms_objects: true,
            // What somebody had to delete here does not stay there for ever.
            delete_markers: true,
            other: String::new(),
        };
        Self {
            role: role_arn.to_owned(),
            rules: BTreeSet::from([rule]),
        }
    }

    /// Role and rules in force, whatever they are called.
    fn meaning(&self) -> (&str, BTreeSet<Rule>) {
        let Self { role, rules } = self;
        let in_force = rules.iter().filter(|rule| rule.enabled);
        let nameless = in_force.map(|rule| Rule {
            id: String::new(),
            ..rule.clone()
        });
        (role, nameless.collect())
    }

    fn destinations(&self) -> BTreeSet<&str> {
        let in_force = self.rules.iter().filter(|rule| rule.enabled);
        in_force.map(|rule| rule.destination.as_str()).collect()
    }
}

impl fmt::Display for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, rules } = self;
        let rules: Vec<String> = rules
            .iter()
            .map(|rule| {
                let Rule {
                    id: _,
                    enabled,
                    filter,
                    destination,
                    key,
                    kms_objects,
                    delete_markers,
                    other,
                } = rule;
                let mut shown = destination.clone();
                if let Some(key) = key {
                    shown += &format!(" under {key}");
                }
                let remarks = [
                    (!enabled, "disabled".to_owned()),
                    (!filter.is_empty(), filter.clone()),
                    (!kms_objects, "without KMS objects".to_owned()),
                    (!delete_markers, "without delete markers".to_owned()),
                    (!other.is_empty(), other.clone()),
                ];
                let remarks: Vec<String> = remarks
                    .into_iter()
                    .filter(|(is, _)| *is)
                    .map(|(_, text)| text)
                    .collect();
                match remarks.is_empty() {
                    true => shown,
                    false => format!("{shown} ({})", remarks.join(", ")),
                }
            })
            .collect();
        write!(f, "{} as {role}", rules.join("; "))
    }
}

/// What the replication shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// There is none.
    Off,
    /// There shall be one, and its role, replica or key is not there yet: what is waited for.
    NotYet(Text),
    /// There is this one.
    On(Replication),
}

/// Turns it on, changes it, or turns it off.
pub fn plan(want: &Want, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let have = match &bucket.replication {
        Observation::Present(have) => Some(have),
        Observation::Absent => None,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    let want = match want {
        Want::Off => return remove(bucket, part, plan),
        Want::NotYet(text) => return plan.wait(part, Reason::WaitingForDependency, text.clone()),
        Want::On(want) => want,
    };
    if have.is_some_and(|have| have.meaning() == want.meaning()) {
        return;
    }
    if !versioning::is_enabled(bucket) {
        let name = &bucket.name;
        let text = Text::new(
            format!("the replication of {name} waits for its versioning"),
            format!("{name} の複製は、バージョニングの有効化を待っています"),
        );
        return plan.wait(part, Reason::WaitingForDependency, text);
    }
    let shown = have.map_or_else(|| "off".to_owned(), ToString::to_string);
    let difference = Difference::new("replication", want, shown);
    let lost: Vec<&str> = have
        .map(|have| have.destinations().difference(&want.destinations()).copied().collect())
        .unwrap_or_default();
    let step = bucket.put(Setting::Replication(Some(want.clone())), difference, part);
    plan.step(match lost.as_slice() {
        [] => step,
        lost => step.risking(format!("copies of new objects in {}", lost.join(", "))),
    });
}

/// Ends the replication; copies that exist stay.
pub fn remove(bucket: &Bucket, part: &Part, plan: &mut Plan) {
    match &bucket.replication {
        Observation::Absent => {}
        Observation::Unreadable(fault) => plan.unreadable(part, fault),
        Observation::Present(have) => {
            let difference = Difference::new("replication", "off", have);
            let step = bucket.put(Setting::Replication(None), difference, part);
            plan.step(step.risking("copies of new objects; those that exist stay"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{new, part};
    use crate::s3::versioning::Versioning;

    fn planned(want: &Want, have: Observation<Replication>) -> Plan {
        let mut bucket = new();
        bucket.versioning = Observation::Present(Versioning::Enabled);
        bucket.replication = have;
        let mut made = Plan::default();
        plan(want, &bucket, &part(), &mut made);
        made
    }

    #[test]
    fn it_is_a_risk_where_copies_end() {
        let to = |bucket: &str, key: &str| Replication::to("role", bucket, key);
        let on = |bucket: &str, key: &str| Want::On(to(bucket, key));
        let have = Observation::Present(to("osaka", "key"));
        assert!(!planned(&on("osaka", "key"), Observation::Absent).steps[0].is_destructive());
        assert_eq!(planned(&on("osaka", "key"), have.clone()), Plan::default());
        assert!(!planned(&on("osaka", "new"), have.clone()).steps[0].is_destructive());
        assert!(planned(&on("other", "key"), have.clone()).steps[0].is_destructive());
        assert!(planned(&Want::Off, have).steps[0].is_destructive());
        assert_eq!(planned(&Want::Off, Observation::Absent), Plan::default());
    }

    #[test]
    fn a_disabled_rule_is_no_replication() {
        let want = Replication::to("role", "osaka", "key");
        let mut have = want.clone();
        have.rules = have
            .rules
            .into_iter()
            .map(|rule| Rule { enabled: false, ..rule })
            .collect();
        let made = planned(&Want::On(want), Observation::Present(have));
        assert_eq!(made.steps.len(), 1);
    }

    #[test]
    fn what_is_not_there_yet_is_waited_for_and_ends_nothing() {
        let have = Observation::Present(Replication::to("role", "osaka", "key"));
        let made = planned(&Want::NotYet(Text::new("role", "ロール")), have);
        assert_eq!((made.steps.len(), made.waits.len()), (0, 1));

        let mut bucket = new();
        bucket.versioning = Observation::Absent;
        let mut made = Plan::default();
        let want = Want::On(Replication::to("role", "osaka", "key"));
        plan(&want, &bucket, &part(), &mut made);
        assert_eq!((made.steps.len(), made.waits.len()), (0, 1));
    }
}
