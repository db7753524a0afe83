//! When what failed is tried again. Only AWS remembers: the copies that failed stay until a later one took their
//! place, and say which attempt they were and when.

use jiff::{SignedDuration, Timestamp};

/// So many attempts follow one another soon; until then a run is not over.
pub const SOON: u32 = 3;

/// The first wait; each further one is twice as long.
const FIRST: SignedDuration = SignedDuration::from_mins(1);

/// The longest wait.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

/// The number of the next attempt, or when it is due, given those that failed: which they were, and when.
///
/// # Errors
/// When the next attempt is due.
pub fn attempt(failed: impl Iterator<Item = (u32, Timestamp)>, now: Timestamp) -> Result<u32, Timestamp> {
    let Some((last, at)) = failed.max() else {
        return Ok(1);
    };
    let waits = 2_i32.checked_pow(last.saturating_sub(1)).unwrap_or(i32::MAX);
    let wait = FIRST.checked_mul(waits).unwrap_or(LONGEST).min(LONGEST);
    let due = at.checked_add(wait).unwrap_or(Timestamp::MAX);
    if now < due {
        Err(due)
    } else {
        Ok(last.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::attempt;

    #[test]
    fn waits_grow_up_to_six_hours() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(attempt(std::iter::empty(), now), Ok(1));
        let wait = |failed: u32| attempt([(failed, now)].into_iter(), now).map_err(|due| due.duration_since(now));
        let minutes = SignedDuration::from_mins;
        assert_eq!([wait(1), wait(2), wait(3)], [1, 2, 4].map(|n| Err(minutes(n))));
        assert_eq!([wait(9), wait(10), wait(90)], [256, 360, 360].map(|n| Err(minutes(n))));
        assert_eq!(attempt([(1, now), (2, now)].into_iter(), now + minutes(2)), Ok(3));
    }
}
