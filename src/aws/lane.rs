//! Which work goes before which: what a person waits for before what is being made, and that before a look at what is
//! settled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::tally::Tally;

/// How urgent work is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// An object that a person changed or deletes, or a change of AWS that was reported.
    Edit,
    /// An object that is not settled yet.
    Creation,
    /// A look at a settled object.
    Poll,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Edit, Self::Creation, Self::Poll];

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

/// Places for work that is done at the same time. Who waits gets one in the order of lanes; some are kept for edits, so
/// that none of them waits for a look to end.
///
/// Looks at settled objects come in rounds, one account after the other: what is read for all objects of an account is then
/// needed for a short time, and few accounts have such lists in memory.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Mutex<Places>>);

#[derive(Debug)]
struct Places {
    free: usize,
    kept_for_edits: usize,
    /// How many places looks of one account take while those of others wait.
    share: usize,
    waiting: [VecDeque<oneshot::Sender<Place>>; 2],
    rounds: Rounds,
    /// Places that are taken by looks at settled objects, in each account.
    taken: Tally,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    desk: Desk,
    /// The account, where it is a look at a settled object.
    account: Option<Arc<str>>,
}

/// Looks that wait, those of one account together. Who comes once a round has begun waits for the next round of its account,
/// so that every round ends.
#[derive(Debug, Default)]
struct Rounds {
    all: BTreeMap<u64, Round>,
    /// The rounds that have not begun.
    open: HashMap<Arc<str>, u64>,
    next: u64,
}

#[derive(Debug)]
struct Round {
    account: Arc<str>,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

impl Rounds {
    fn push(&mut self, account: &str, gives: oneshot::Sender<Place>) {
        if let Some(round) = self.open.get(account).and_then(|number| self.all.get_mut(number)) {
            round.waiting.push_back(gives);
            return;
        }
        let (account, waiting): (Arc<str>, _) = (account.into(), VecDeque::from([gives]));
        self.open.insert(Arc::clone(&account), self.next);
        self.all.insert(self.next, Round { account, waiting });
        self.next += 1;
    }

    /// The next of the first round that an account has room for; where none has, of the first.
    fn pop(&mut self, has_room: impl Fn(&Arc<str>) -> bool) -> Option<(Arc<str>, oneshot::Sender<Place>)> {
        let roomy = self.all.iter().find(|(_, round)| has_room(&round.account));
        let number = *roomy.or_else(|| self.all.iter().next())?.0;
        let round = self.all.get_mut(&number)?;
        let (account, next) = (Arc::clone(&round.account), round.waiting.pop_front());
        if round.waiting.is_empty() {
            self.all.remove(&number);
        }
        if self.open.get(&account) == Some(&number) {
            self.open.remove(&account);
        }
        Some((account, next?))
    }
}

impl Desk {
    /// So many places, of which the last `kept_for_edits` are given to edits only. Of the others, looks at settled objects of
    /// one account take a third while those of other accounts wait.
    #[must_use]
    pub fn new(places: usize, kept_for_edits: usize) -> Self {
        Self(Arc::new(Mutex::new(Places {
            free: places,
            kept_for_edits,
            share: places.saturating_sub(kept_for_edits).div_ceil(3),
            waiting: Default::default(),
            rounds: Rounds::default(),
            taken: Tally::default(),
        })))
    }

    /// Waits for a place, for work in an account.
    pub async fn place(&self, lane: Lane, account: &str) -> Place {
        let waits = {
            let mut places = self.lock();
            if places.has_room(lane) {
                let account = (lane == Lane::Poll).then(|| account.into());
                Err(places.give(self, account))
            } else {
                let (gives, waits) = oneshot::channel();
                match places.waiting.get_mut(lane.place()) {
                    Some(waiting) => waiting.push_back(gives),
                    None => places.rounds.push(account, gives),
                }
                Ok(waits)
            }
        };
        match waits {
            Err(place) => place,
            // The sender stays in the queue until it gives a place: it cannot go before.
            Ok(waits) => match waits.await {
                Ok(place) => place,
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn has_room(&self, lane: Lane) -> bool {
        let kept = match lane {
            Lane::Edit => 0,
            Lane::Creation | Lane::Poll => self.kept_for_edits,
        };
        self.free > kept
    }

    fn give(&mut self, desk: &Desk, account: Option<Arc<str>>) -> Place {
        self.free -= 1;
        if let Some(account) = &account {
            self.taken.add(account);
        }
        Place {
            desk: desk.clone(),
            account,
        }
    }

    fn take_back(&mut self, account: Option<Arc<str>>) {
        self.free += 1;
        if let Some(account) = account {
            self.taken.take(&account);
        }
    }

    /// Who comes next, when there is room for it, and in which account it looks.
    fn next(&mut self) -> Option<(oneshot::Sender<Place>, Option<Arc<str>>)> {
        for lane in [Lane::Edit, Lane::Creation] {
            if !self.waiting[lane.place()].is_empty() {
                let next = self.has_room(lane).then(|| self.waiting[lane.place()].pop_front())?;
                return Some((next?, None));
            }
        }
        if !self.has_room(Lane::Poll) {
            return None;
        }
        let (share, taken) = (self.share, &self.taken);
        let has_room = |account: &Arc<str>| taken.of(account) < share;
        let (account, next) = self.rounds.pop(has_room)?;
        Some((next, Some(account)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.desk.lock();
        places.take_back(self.account.take());
        while let Some((next, account)) = places.next() {
            let place = places.give(&self.desk, account);
            drop(places);
            // Who went away meanwhile gives its place back at once, by dropping it here.
            let refused = next.send(place);
            drop(refused);
            places = self.desk.lock();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[tokio::test]
    async fn settled_objects_are_looked_at_one_account_after_the_other() {
        let desk = Desk::new(6, 0);
        let accounts = ["a", "b", "c"];
        let mut held: Vec<Place> = Vec::new();
        for _ in 0..6 {
            held.push(desk.place(Lane::Poll, "elsewhere").await);
        }
        // They come mixed, as objects are listed by their names.
        let mut waiting: Vec<_> = (0..30)
            .map(|index| {
                let account = accounts[index % 3];
                (account, Box::pin(desk.place(Lane::Poll, account)))
            })
            .collect();
        for (_, waits) in &mut waiting {
            assert!(waits.now_or_never().is_none());
        }
        let mut begun = Vec::new();
        let mut looks = |held: &mut Vec<Place>| {
            held.remove(0);
            let mut next = waiting
                .iter_mut()
                .enumerate()
                .find_map(|(index, (account, waits))| Some((index, *account, waits.now_or_never()?)));
            let (index, account, place) = next.take().expect("somebody comes next");
            drop(waiting.remove(index));
            held.push(place);
            begun.push(account);
        };
        for _ in 0..30 {
            looks(&mut held);
        }
        // Two places of six each, while others wait.
        assert_eq!(begun[..6], ["a", "a", "b", "b", "c", "c"]);
        for account in accounts {
            assert_eq!(begun.iter().filter(|one| **one == account).count(), 10, "{begun:?}");
        }
        assert_eq!(desk.lock().taken.all(), 6);
        drop(held);
        assert_eq!(desk.lock().taken.all(), 0);
        assert_eq!(desk.lock().free, 6);
    }

    #[test]
    fn a_round_ends_whoever_comes_while_it_goes_on() {
        let mut rounds = Rounds::default();
        let push = |rounds: &mut Rounds, account| {
            let (gives, _) = oneshot::channel();
            rounds.push(account, gives);
        };
        for account in ["a", "b", "a", "b"] {
            push(&mut rounds, account);
        }
        let pop = |rounds: &mut Rounds, room: &[&str]| {
            let next = rounds.pop(|account| room.contains(&&**account));
            next.map(|(account, _)| account.to_string()).unwrap_or_default()
        };
        assert_eq!(pop(&mut rounds, &["a", "b"]), "a");
        push(&mut rounds, "a");
        assert_eq!(pop(&mut rounds, &["a", "b"]), "a", "its round ends");
        assert_eq!(
            pop(&mut rounds, &["a", "b"]),
            "b",
            "before the next of the same account"
        );
        assert_eq!(pop(&mut rounds, &["a"]), "a", "the other has no room");
        assert_eq!(pop(&mut rounds, &[]), "b", "nobody else waits");
        assert_eq!(pop(&mut rounds, &["a", "b"]), "");
        assert!(rounds.open.is_empty() && rounds.all.is_empty());
    }

    #[tokio::test]
    async fn an_edit_goes_before_ten_thousand_polls() {
        let desk = Desk::new(2, 1);
        let held = desk.place(Lane::Poll, ACCOUNT).await;
        let mut polls: Vec<_> = (0..10_000).map(|_| Box::pin(desk.place(Lane::Poll, ACCOUNT))).collect();
        for poll in &mut polls {
            assert!(poll.now_or_never().is_none(), "the last place is kept");
        }
        let first = desk.place(Lane::Edit, ACCOUNT).now_or_never().expect("kept for it");
        let mut second = Box::pin(desk.place(Lane::Edit, ACCOUNT));
        assert!((&mut second).now_or_never().is_none());
        let mut creation = Box::pin(desk.place(Lane::Creation, ACCOUNT));
        assert!((&mut creation).now_or_never().is_none());
        drop(held);
        let second = second.now_or_never().expect("before all polls");
        drop(second);
        assert!(
            (&mut creation).now_or_never().is_none(),
            "the free place is kept for edits"
        );
        drop(first);
        let creation = creation.now_or_never().expect("before all polls");
        assert!(polls.iter_mut().all(|poll| poll.now_or_never().is_none()));
        drop(creation);
        assert!(
            polls[0].as_mut().now_or_never().is_some(),
            "in the order in which they came"
        );
    }

    #[tokio::test]
    async fn who_goes_away_takes_no_place_along() {
        let desk = Desk::new(1, 0);
        let held = desk.place(Lane::Poll, ACCOUNT).await;
        let mut gone = Box::pin(desk.place(Lane::Poll, ACCOUNT));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        let mut waits = Box::pin(desk.place(Lane::Poll, ACCOUNT));
        assert!((&mut waits).now_or_never().is_none());
        drop(held);
        assert!(waits.now_or_never().is_some());
        assert!(
            desk.place(Lane::Poll, ACCOUNT).now_or_never().is_some(),
            "it was given back"
        );
    }
}
