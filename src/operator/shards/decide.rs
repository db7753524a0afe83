//! What a replica does about the Leases that it sees: which shards it takes, renews and gives up. No clock but its own:
//! a Lease counts as given up once it has not changed for as long as it is good, however it is dated.

use std::time::Duration;

/// How long a Lease is good after it was renewed. A lost replica is replaced after it.
pub const DURATION: Duration = Duration::from_secs(9);
/// How long a replica relies on a Lease after it renewed it: shorter, so that it has stopped when another begins.
pub const RELIABLE: Duration = Duration::from_secs(6);
/// How often Leases are looked at and renewed.
pub const LOOK: Duration = Duration::from_secs(2);

/// What a Lease stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A replica.
    Member,
    /// A shard among so many.
    Shard {
        /// Its number, from 0.
        number: u32,
        /// How many there are.
        among: u32,
    },
}

/// A Lease as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it stands for.
    pub of: Of,
    /// Who holds it.
    pub holder: Option<String>,
    /// For how long it has not changed, by the own clock.
    pub unchanged: Duration,
}

impl Seen {
    /// Who holds it now.
    fn held_by(&self) -> Option<&str> {
        self.holder.as_deref().filter(|_| self.unchanged < DURATION)
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Shards that are ours and stay so.
    pub renew: Vec<u32>,
    /// Shards that are free and shall be ours.
    pub take: Vec<u32>,
    /// Shards that are ours and are given to others, once what is under way has ended.
    pub leave: Vec<u32>,
    /// Whether replicas with another number of shards are still at work: then nothing is taken.
    pub others: bool,
}

/// What a replica does: every replica gets its share, and none more.
#[must_use]
pub fn moves(me: &str, among: u32, seen: &[Seen]) -> Moves {
    let mut members: Vec<&str> = vec![me];
    let mut holders = vec![None; among as usize];
    let mut others = false;
    for lease in seen {
        match (&lease.of, lease.held_by()) {
            (Of::Member, Some(holder)) => members.push(holder),
            (Of::Shard { number, among: theirs }, Some(holder)) if *theirs == among => {
                if let Some(place) = holders.get_mut(*number as usize) {
                    *place = Some(holder);
                }
            }
            // Two divisions of the accounts must not be at work at once.
            (Of::Shard { .. }, Some(holder)) => others |= holder != me,
            (_, None) => {}
        }
    }
    members.sort_unstable();
    members.dedup();
    let numbers = || 0..among;
    let holder = |number: &u32| holders[*number as usize];
    let held_by = |member: &str| numbers().filter(|number| holder(number) == Some(member)).count();
    let mut mine: Vec<u32> = numbers().filter(|number| holder(number) == Some(me)).collect();
    // Some replicas have one more than the others where it does not come out even; who has it keeps it.
    let (least, rest) = (among as usize / members.len(), among as usize % members.len());
    let more: Vec<&&str> = members.iter().filter(|member| held_by(member) > least).collect();
    let place = more.iter().position(|member| **member == me).unwrap_or(more.len());
    let share = least + usize::from(place < rest);
    let leave = mine.split_off(share.min(mine.len()));
    let mut take = Vec::new();
    if !others {
        let mut free: Vec<u32> = numbers().filter(|number| holder(number).is_none()).collect();
        // Replicas that begin together begin at different places.
        let rank = members.iter().position(|member| *member == me).unwrap_or_default();
        let begin = (rank * least).min(free.len());
        free.rotate_left(begin);
        take = free.into_iter().take(share - mine.len()).collect();
    }
    Moves {
        renew: mine,
        take,
        leave,
        others,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn member(name: &str, unchanged: u64) -> Seen {
        Seen {
            of: Of::Member,
            holder: Some(name.into()),
            unchanged: Duration::from_secs(unchanged),
        }
    }

    fn shard(number: u32, among: u32, holder: Option<&str>, unchanged: u64) -> Seen {
        Seen {
            of: Of::Shard { number, among },
            holder: holder.map(str::to_owned),
            unchanged: Duration::from_secs(unchanged),
        }
    }

    /// Replicas that take turns until nothing changes; checks that nobody takes what another holds.
    fn settle(replicas: &[&str], among: u32, held: &mut BTreeMap<u32, String>) {
        for _ in 0..2 * replicas.len() + 2 {
            for me in replicas {
                let mut seen: Vec<Seen> = replicas.iter().map(|one| member(one, 0)).collect();
                seen.extend(
                    held.iter()
                        .map(|(number, holder)| shard(*number, among, Some(holder), 0)),
                );
                let moves = moves(me, among, &seen);
                for number in moves.take {
                    assert!(held.insert(number, (*me).to_owned()).is_none(), "{number} was held");
                }
                for number in moves.leave {
                    assert_eq!(held.remove(&number).as_deref(), Some(*me));
                }
            }
        }
    }

    #[test]
    fn every_replica_gets_its_share_whoever_comes_and_goes() {
        for among in [1, 2, 3, 7, 8, 64] {
            let mut held: BTreeMap<u32, String> = BTreeMap::new();
            for replicas in [&["a"][..], &["a", "b", "c"], &["b", "c"], &["b", "c", "d", "e"], &["e"]] {
                held.retain(|_, holder| replicas.contains(&holder.as_str()));
                settle(replicas, among, &mut held);
                assert_eq!(held.len(), among as usize, "{replicas:?}: every shard is held");
                let counts = replicas
                    .iter()
                    .map(|one| held.values().filter(|holder| holder == one).count());
                let counts: Vec<usize> = counts.collect();
                let (most, least) = (counts.iter().max().unwrap(), counts.iter().min().unwrap());
                assert!(most - least <= 1, "{replicas:?}: {counts:?}");
            }
        }
    }

    #[test]
    fn a_lost_replica_is_replaced_once_its_leases_are_no_longer_good() {
        let before = [member("b", 8), shard(0, 2, Some("a"), 0), shard(1, 2, Some("b"), 8)];
        assert_eq!(moves("a", 2, &before).take, Vec::<u32>::new());
        let after = [member("b", 9), shard(0, 2, Some("a"), 0), shard(1, 2, Some("b"), 9)];
        let moves = moves("a", 2, &after);
        assert_eq!((moves.renew, moves.take), (vec![0], vec![1]));
        // It is seen at the next look, or at the one after that: within 15 seconds in any case.
        assert!(DURATION + 2 * LOOK < Duration::from_secs(15));
    }

    #[test]
    fn nothing_moves_when_a_replica_comes_that_makes_no_difference() {
        let held = [member("a", 0), member("b", 0), shard(0, 1, Some("b"), 0)];
        assert_eq!(moves("b", 1, &held).leave, Vec::<u32>::new());
        assert_eq!(moves("a", 1, &held), Moves::default());
    }

    #[test]
    fn a_shard_that_was_released_is_taken_at_once() {
        assert_eq!(moves("a", 1, &[shard(0, 1, None, 0)]).take, [0]);
        assert_eq!(moves("a", 1, &[]).take, [0], "or was never held");
    }

    #[test]
    fn two_divisions_are_never_at_work_at_once() {
        let old = [shard(0, 1, Some("old"), 3)];
        let new = moves("new", 4, &old);
        assert!(new.others && new.take.is_empty());
        let gone = [shard(0, 1, Some("old"), 9)];
        assert_eq!(moves("new", 4, &gone).take, [0, 1, 2, 3]);
    }

    #[test]
    fn a_replica_stops_before_another_begins() {
        assert!(
            RELIABLE + LOOK < DURATION,
            "a renewal that is late does not stop it either"
        );
    }
}
