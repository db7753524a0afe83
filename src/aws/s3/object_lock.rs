//! The object lock and its default retention.

use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
};
use jichitai_api::file_link_bucket::ObjectLockMode;
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::object_lock::{ObjectLock, Period, Retention};

use super::{Address, observation};
use crate::error::{fault, incomplete};

pub(super) async fn read(at: Address<'_>) -> Observation<ObjectLock> {
    let call = at.s3.get_object_lock_configuration().bucket(at.name);
    observation(match call.expected_bucket_owner(at.owner).send().await.map_err(fault) {
        Ok(answer) => lock(answer.object_lock_configuration),
        Err(fault) => Err(fault),
    })
}

fn lock(found: Option<ObjectLockConfiguration>) -> Result<Option<ObjectLock>, Fault> {
    let Some(found) = found.filter(|found| found.object_lock_enabled == Some(ObjectLockEnabled::Enabled)) else {
        return Ok(None);
    };
    let retention = found.rule.and_then(|rule| rule.default_retention);
    let default = retention.map(|found| retention_of(&found)).transpose()?;
    Ok(Some(ObjectLock { default }))
}

fn retention_of(found: &DefaultRetention) -> Result<Retention, Fault> {
    let operation = "s3:GetObjectLockConfiguration";
    let mode = match &found.mode {
        Some(ObjectLockRetentionMode::Compliance) => ObjectLockMode::Compliance,
        Some(ObjectLockRetentionMode::Governance) => ObjectLockMode::Governance,
        _ => return Err(incomplete(operation, "Mode that we know")),
    };
    let number = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let period = match (number(found.days), number(found.years)) {
        (Some(days), _) => Period::Days(days),
        (None, Some(years)) => Period::Years(years),
        (None, None) => return Err(incomplete(operation, "Days or Years")),
    };
    Ok(Retention { mode, period })
}

pub(super) async fn put(at: Address<'_>, lock: &ObjectLock) -> Result<(), Fault> {
    let rule = lock.default.map(|retention| {
        let Retention { mode, period } = retention;
        let mode = match mode {
            ObjectLockMode::Compliance => ObjectLockRetentionMode::Compliance,
            ObjectLockMode::Governance => ObjectLockRetentionMode::Governance,
        };
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let retention = DefaultRetention::builder().mode(mode);
        let retention = match period {
            Period::Days(days) => retention.days(number(days)),
            Period::Years(years) => retention.years(number(years)),
        };
        ObjectLockRule::builder().default_retention(retention.build()).build()
    });
    let configuration = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .set_rule(rule)
        .build();
    let call = at.s3.put_object_lock_configuration().bucket(at.name);
    let call = call.object_lock_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_no_absence() {
        let on = || ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
        let rule = |retention| ObjectLockRule::builder().default_retention(retention).build();
        assert_eq!(lock(None), Ok(None));
        assert_eq!(lock(Some(on().build())), Ok(Some(ObjectLock { default: None })));
        let years = DefaultRetention::builder()
            .mode(ObjectLockRetentionMode::Compliance)
            .years(2);
        let Ok(Some(ObjectLock { default })) = lock(Some(on().rule(rule(years.build())).build())) else {
            panic!("two years");
        };
        assert_eq!(
            default,
            Some(Retention {
                mode: ObjectLockMode::Compliance,
                period: Period::Years(2)
            })
        );
        let strange = DefaultRetention::builder()
            .mode(ObjectLockRetentionMode::from("LATER"))
            .days(1);
        assert!(lock(Some(on().rule(rule(strange.build())).build())).is_err());
    }
}
