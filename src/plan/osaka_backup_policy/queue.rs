//! The room that AWS leaves for copies in flight, shared out fairly over all policies of an account.
//!
//! Every policy tells how many copies it has under way and how many wait. The room goes to all alike: nobody gets
//! more than it can use, and what one cannot use goes to the others. A policy that is over its share gets no more
//! until it is under it again, so one that comes later is served as soon as copies end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// After so long without a word a policy claims nothing more: it is gone, or another process has its account.
const FORGET_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What one policy has told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    in_flight: usize,
    waiting: usize,
    at: Timestamp,
}

/// The claims of all policies of an account on one kind of copy to one Region.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    claims: BTreeMap<String, Claim>,
}

/// What a policy sees and wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Copies in flight in the account, whoever began them.
    pub of_all: usize,
    /// Those of this policy.
    pub in_flight: usize,
    /// Copies of this policy that wait.
    pub waiting: usize,
}

impl Queue {
    /// How many copies a policy may begin now. They count as begun from then on, until it tells anew.
    pub fn take(&mut self, owner: &str, demand: Demand, quota: usize, now: Timestamp) -> usize {
        let Demand {
            of_all,
            in_flight,
            waiting,
        } = demand;
        self.claims
            .retain(|_, claim| now.duration_since(claim.at) < FORGET_AFTER);
        let claim = Claim {
            in_flight,
            waiting,
            at: now,
        };
        self.claims.insert(owner.to_owned(), claim);
        let claimed: usize = self.claims.values().map(|claim| claim.in_flight).sum();
        // Copies that nobody here claims are somebody else's, and take their room before anything is shared out.
        let foreign = of_all.saturating_sub(claimed);
        let free = quota.saturating_sub(claimed + foreign);
        let wants = self
            .claims
            .iter()
            .map(|(name, claim)| (name.as_str(), claim.in_flight + claim.waiting));
        let fair = share(quota.saturating_sub(foreign), wants, owner);
        let room = free.min(waiting).min(fair.saturating_sub(in_flight));
        if let Some(claim) = self.claims.get_mut(owner) {
            claim.in_flight += room;
            claim.waiting -= room;
        }
        room
    }
}

/// The share of one owner when so much is given to all alike, and to none more than it wants.
fn share<'a>(total: usize, wants: impl Iterator<Item = (&'a str, usize)>, owner: &str) -> usize {
    let mut wants: Vec<(usize, &str)> = wants.map(|(name, want)| (want, name)).collect();
    wants.sort_unstable();
    let (mut left, mut sharers) = (total, wants.len());
    for (want, name) in wants {
        // Those who want least come first; what does not divide goes to those who want most.
        let given = want.min(left / sharers);
        if name == owner {
            return given;
        }
        left -= given;
        sharers -= 1;
    }
    0
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Demand, Queue};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn demand(of_all: usize, in_flight: usize, waiting: usize) -> Demand {
        Demand {
            of_all,
            in_flight,
            waiting,
        }
    }

    #[test]
    fn one_policy_gets_all_the_room() {
        let mut queue = Queue::default();
        assert_eq!(queue.take("a", demand(0, 0, 500), 20, at(0)), 20);
        // Told again before AWS lists them: they are in flight all the same for others.
        assert_eq!(queue.take("b", demand(0, 0, 5), 20, at(1)), 0);
    }

    #[test]
    fn a_newcomer_is_served_as_copies_end() {
        let mut queue = Queue::default();
        assert_eq!(queue.take("a", demand(0, 0, 500), 20, at(0)), 20);
        assert_eq!(queue.take("b", demand(20, 0, 500), 20, at(1)), 0);
        // Three of a's have ended: a is over its half, so b gets them.
        assert_eq!(queue.take("a", demand(17, 17, 480), 20, at(2)), 0);
        assert_eq!(queue.take("b", demand(17, 0, 500), 20, at(3)), 3);
    }

    #[test]
    fn what_one_cannot_use_the_other_gets() {
        let mut queue = Queue::default();
        assert_eq!(queue.take("a", demand(0, 0, 2), 20, at(0)), 2);
        assert_eq!(queue.take("b", demand(2, 0, 100), 20, at(1)), 18);
    }

    #[test]
    fn copies_of_others_take_room() {
        let mut queue = Queue::default();
        assert_eq!(queue.take("a", demand(15, 0, 100), 20, at(0)), 5);
    }

    #[test]
    fn who_is_silent_is_forgotten() {
        let mut queue = Queue::default();
        assert_eq!(queue.take("a", demand(0, 0, 500), 20, at(0)), 20);
        assert_eq!(queue.take("b", demand(0, 0, 500), 20, at(16 * 60)), 20);
    }
}
