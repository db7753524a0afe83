//! Lifecycle rules.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration,
};
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::lifecycle::{Expiration, Noncurrent, Rule};

use super::{Address, limits, observation};
use crate::error::{fault, unbuilt};

pub(super) async fn read(at: Address<'_>) -> Observation<BTreeSet<Rule>> {
    let call = at.s3.get_bucket_lifecycle_configuration().bucket(at.name);
    let answer = call.expected_bucket_owner(at.owner).send().await.map_err(fault);
    observation(answer.map(|answer| answer.rules.map(|rules| rules.into_iter().map(rule).collect())))
}

fn rule(found: LifecycleRule) -> Rule {
    let number = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let expiration = found.expiration.as_ref().and_then(|found| {
        let date = || found.date.map(|date| Expiration::On(date.to_string()));
        let markers = (found.expired_object_delete_marker == Some(true)).then_some(Expiration::LoneDeleteMarkers);
        number(found.days).map(Expiration::Days).or_else(date).or(markers)
    });
    let noncurrent = found.noncurrent_version_expiration.as_ref().and_then(|found| {
        Some(Noncurrent {
            days: number(found.noncurrent_days)?,
            keep: number(found.newer_noncurrent_versions).unwrap_or_default(),
        })
    });
    let abort = found.abort_incomplete_multipart_upload.as_ref();
    Rule {
        enabled: found.status == ExpirationStatus::Enabled,
        filter: filter(&found),
        expiration,
        noncurrent,
        abort_multipart_days: number(abort.and_then(|abort| abort.days_after_initiation)),
        other: transitions(&found),
        id: found.id.unwrap_or_default(),
    }
}

/// What the rule is limited to, as text.
#[expect(
    deprecated,
    reason = "rules of others may still have their prefix outside of the filter"
)]
fn filter(rule: &LifecycleRule) -> String {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let sizes = [
        (">", filter.and_then(|filter| filter.object_size_greater_than)),
        ("<", filter.and_then(|filter| filter.object_size_less_than)),
        (">", and.and_then(|and| and.object_size_greater_than)),
        ("<", and.and_then(|and| and.object_size_less_than)),
    ];
    let sizes = sizes
        .into_iter()
        .filter_map(|(sign, size)| Some(format!("size {sign} {}", size?)));
    let prefixes = [
        rule.prefix.as_deref(),
        filter.and_then(|filter| filter.prefix.as_deref()),
        and.and_then(|and| and.prefix.as_deref()),
    ];
    let one = filter.and_then(|filter| filter.tag.as_ref()).into_iter();
    let tags = one.chain(and.into_iter().flat_map(|and| and.tags()));
    limits(prefixes, tags).chain(sizes).collect::<Vec<_>>().join(", ")
}

/// Moves to other storage classes, as text.
fn transitions(rule: &LifecycleRule) -> String {
    let class = |class: Option<&str>| class.unwrap_or("another storage class").to_owned();
    let current = rule.transitions().iter().map(|one| {
        let when = match (one.days, &one.date) {
            (Some(days), _) => format!("after {days} days"),
            (None, Some(date)) => format!("on {date}"),
            (None, None) => "at once".to_owned(),
        };
        let to = class(one.storage_class.as_ref().map(|class| class.as_str()));
        format!("to {to} {when}")
    });
    let old = rule.noncurrent_version_transitions().iter().map(|one| {
        let to = class(one.storage_class.as_ref().map(|class| class.as_str()));
        format!(
            "old versions to {to} after {} days",
            one.noncurrent_days.unwrap_or_default()
        )
    });
    current.chain(old).collect::<Vec<_>>().join(", ")
}

pub(super) async fn put(at: Address<'_>, rules: &BTreeSet<Rule>) -> Result<(), Fault> {
    let rules = rules.iter().map(sdk_rule).collect::<Result<_, _>>()?;
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(|error| unbuilt(OPERATION, error))?;
    let call = at.s3.put_bucket_lifecycle_configuration().bucket(at.name);
    let call = call.lifecycle_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}

const OPERATION: &str = "s3:PutBucketLifecycleConfiguration";

/// Only what we ask for ourselves can be written: rules for the whole bucket, by days.
fn sdk_rule(rule: &Rule) -> Result<LifecycleRule, Fault> {
    let Rule {
        id,
        enabled,
        filter,
        expiration,
        noncurrent,
        abort_multipart_days,
        other,
    } = rule;
    let expiration = match expiration {
        _ if !filter.is_empty() || !other.is_empty() => return Err(unbuilt(OPERATION, "a rule of others")),
        Some(Expiration::On(_)) => return Err(unbuilt(OPERATION, "a rule with a date")),
        Some(Expiration::Days(days)) => Some(LifecycleExpiration::builder().days(number(*days)).build()),
        Some(Expiration::LoneDeleteMarkers) => Some(
            LifecycleExpiration::builder()
                .expired_object_delete_marker(true)
                .build(),
        ),
        None => None,
    };
    let noncurrent = noncurrent.map(|Noncurrent { days, keep }| {
        NoncurrentVersionExpiration::builder()
            .noncurrent_days(number(days))
            .set_newer_noncurrent_versions((keep > 0).then(|| number(keep)))
            .build()
    });
    let abort = abort_multipart_days.map(|days| {
        AbortIncompleteMultipartUpload::builder()
            .days_after_initiation(number(days))
            .build()
    });
    LifecycleRule::builder()
        .id(id)
        .status(match enabled {
            true => ExpirationStatus::Enabled,
            false => ExpirationStatus::Disabled,
        })
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .set_expiration(expiration)
        .set_noncurrent_version_expiration(noncurrent)
        .set_abort_incomplete_multipart_upload(abort)
        .build()
        .map_err(|error| unbuilt(OPERATION, error))
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::DateTime;
    use aws_sdk_s3::types::{LifecycleRuleAndOperator, Tag, Transition, TransitionStorageClass};
    use jichitai_plan::s3::lifecycle::Want;

    use super::*;

    #[test]
    fn what_we_write_reads_back_the_same() {
        for (expire_after_days, versioned) in [(Some(90), true), (None, true), (Some(90), false), (None, false)] {
            let want = Want {
                expire_after_days,
                noncurrent_days: 30,
                abort_multipart_days: 7,
            };
            for ours in want.rules(versioned) {
                assert_eq!(rule(sdk_rule(&ours).unwrap()), ours);
            }
        }
    }

    #[test]
    fn rules_of_others_are_seen_and_never_written() {
        let tag = Tag::builder().key("a").value("b").build().unwrap();
        let and = LifecycleRuleAndOperator::builder()
            .prefix("tmp/")
            .tags(tag)
            .object_size_greater_than(9);
        let glacier = Transition::builder()
            .days(30)
            .storage_class(TransitionStorageClass::Glacier);
        let theirs = LifecycleRule::builder()
            .id("theirs")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().and(and.build()).build())
            .expiration(LifecycleExpiration::builder().date(DateTime::from_secs(0)).build())
            .transitions(glacier.build())
            .build()
            .unwrap();
        let seen = rule(theirs);
        assert_eq!(seen.filter, "prefix tmp/, tag a=b, size > 9");
        assert_eq!(seen.other, "to GLACIER after 30 days");
        assert_eq!(seen.expiration, Some(Expiration::On("1970-01-01T00:00:00Z".into())));
        assert!(sdk_rule(&seen).is_err());
    }
}
