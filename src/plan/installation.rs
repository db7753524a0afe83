//! One installation, one writer: which cluster writes for an installation stands in one object in S3, and whoever
//! reads it decides here what follows. No clock of two machines is compared: all times are how long this very
//! process has seen the same version.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How often the lock is read.
pub const LOOK: Duration = Duration::from_secs(5);
/// For how long a reading that showed the lock as ours can be relied on.
pub const RELIABLE: Duration = Duration::from_secs(15);
/// How long a new holder waits before it writes: by then the one before relies on no reading any more.
pub const SETTLE: Duration = Duration::from_secs(20);
/// How often the holder shows that it is there.
pub const RENEW: Duration = Duration::from_secs(60);

/// What stands in the object.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// The installation.
    pub installation: String,
    /// The cluster that writes: the UID of its Namespace `kube-system`.
    pub cluster: String,
    /// Who wrote this, for people.
    pub by: String,
    /// Since when the cluster has it, by its own clock, for people.
    pub since: Timestamp,
    /// When it last showed that it is there, by its own clock, for people.
    pub renewed: Timestamp,
    /// The cluster that had it before and may not know yet. Until it must know, the new one writes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The installation.
    pub installation: String,
    /// The UID of the Namespace `kube-system`.
    pub uid: String,
    /// The replica.
    pub by: String,
}

/// What follows from a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This cluster writes.
    Hold,
    /// It will, once the one before must know.
    Settle,
    /// Another cluster writes.
    Elsewhere(Lock),
    /// This is to be put in the place of what was read, if that is still there.
    Put(Lock),
}

impl Cluster {
    /// What this cluster puts when it takes the lock from `before`.
    #[must_use]
    pub fn taking(&self, before: Option<&Lock>, now: Timestamp) -> Lock {
        let Self { installation, uid, by } = self.clone();
        Lock {
            installation,
            cluster: uid,
            by,
            since: now,
            renewed: now,
            from: before.map(|before| before.cluster.clone()),
        }
    }

    /// What follows from what was read, and for how long that very version has been seen. A lock of another cluster
    /// that was not renewed for `expires` is taken.
    #[must_use]
    pub fn next(&self, found: Option<&Lock>, unchanged: Duration, expires: Duration, now: Timestamp) -> Next {
        let Some(found) = found else {
            return Next::Put(self.taking(None, now));
        };
        if found.cluster != self.uid {
            return match unchanged >= expires {
                true => Next::Put(self.taking(Some(found), now)),
                false => Next::Elsewhere(found.clone()),
            };
        }
        let renewed = Lock {
            by: self.by.clone(),
            renewed: now,
            from: None,
            ..found.clone()
        };
        match found.from {
            Some(_) if unchanged < SETTLE => Next::Settle,
            None if unchanged < RENEW => Next::Hold,
            _ => Next::Put(renewed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Cluster, LOOK, Next, RELIABLE, RENEW, SETTLE};

    const EXPIRES: Duration = Duration::from_secs(24 * 3600);
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn cluster(uid: &str) -> Cluster {
        Cluster {
            installation: "asp-east".into(),
            uid: uid.into(),
            by: format!("{uid}-0"),
        }
    }

    #[test]
    fn a_lock_that_nobody_has_is_taken_and_held_at_once() {
        let me = cluster("a");
        let Next::Put(lock) = me.next(None, Duration::ZERO, EXPIRES, NOW) else {
            panic!("it is put");
        };
        assert_eq!(lock.from, None);
        assert_eq!(me.next(Some(&lock), Duration::ZERO, EXPIRES, NOW), Next::Hold);
        let Next::Put(renewed) = me.next(Some(&lock), RENEW, EXPIRES, NOW) else {
            panic!("it is renewed");
        };
        assert_eq!(renewed.since, lock.since);
    }

    #[test]
    fn another_cluster_waits_until_it_expires() {
        let lock = cluster("a").taking(None, NOW);
        let almost = EXPIRES.saturating_sub(Duration::from_secs(1));
        let other = cluster("b");
        assert_eq!(
            other.next(Some(&lock), almost, EXPIRES, NOW),
            Next::Elsewhere(lock.clone())
        );
        let Next::Put(taken) = other.next(Some(&lock), EXPIRES, EXPIRES, NOW) else {
            panic!("it is taken");
        };
        assert_eq!((taken.cluster.as_str(), taken.from.as_deref()), ("b", Some("a")));
        assert_eq!(other.next(Some(&taken), Duration::ZERO, EXPIRES, NOW), Next::Settle);
        let Next::Put(settled) = other.next(Some(&taken), SETTLE, EXPIRES, NOW) else {
            panic!("it settles");
        };
        assert_eq!(settled.from, None);
        assert_eq!(other.next(Some(&settled), Duration::ZERO, EXPIRES, NOW), Next::Hold);
    }

    #[test]
    fn the_times_leave_room() {
        assert!(LOOK * 2 < RELIABLE && RELIABLE < SETTLE && SETTLE < RENEW);
    }
}
