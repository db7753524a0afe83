//! Which runs the schedules of a policy call for.

use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;
use jichitai_plan::osaka_backup_policy::schedule::Schedules;
use jiff::{SignedDuration, Timestamp};

/// Times that are counted at most: more than a month has minutes.
const MOST: usize = 50_000;

/// How many times of the schedules lie between two moments, the first one among them, since the policy exists. None where
/// a schedule cannot be understood.
pub(crate) fn runs(policy: &OsakaBackupPolicy, from: Timestamp, until: Timestamp) -> Option<usize> {
    let schedules = Schedules::parse(&policy.spec).ok()?;
    let created = policy.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let from = created.map_or(from, |created| created.max(from));
    let mut after = from.checked_sub(SignedDuration::from_nanos(1)).ok()?;
    let mut count = 0;
    while count < MOST {
        match schedules.next(after) {
            Some(slot) if slot.time < until => after = slot.time,
            _ => break,
        }
        count += 1;
    }
    Some(count)
}
