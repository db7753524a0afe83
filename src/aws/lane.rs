//! Which work goes before which: what a person waits for before what is being made, and that before a look at what is
//! settled.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

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
#[derive(Clone, Debug)]
pub struct Desk(Arc<Mutex<Places>>);

#[derive(Debug)]
struct Places {
    free: usize,
    kept_for_edits: usize,
    waiting: [VecDeque<oneshot::Sender<Place>>; 3],
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place(Desk);

impl Desk {
    /// So many places, of which the last `kept_for_edits` are given to edits only.
    #[must_use]
    pub fn new(places: usize, kept_for_edits: usize) -> Self {
        Self(Arc::new(Mutex::new(Places {
            free: places,
            kept_for_edits,
            waiting: Default::default(),
        })))
    }

    /// Waits for a place.
    pub async fn place(&self, lane: Lane) -> Place {
        let waits = {
            let mut places = self.lock();
            if places.has_room(lane) {
                places.free -= 1;
                None
            } else {
                let (gives, waits) = oneshot::channel();
                places.waiting[lane.place()].push_back(gives);
                Some(waits)
            }
        };
        match waits {
            None => Place(self.clone()),
            // The sender stays in the queue until it gives a place: it cannot go before.
            Some(waits) => match waits.await {
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

    /// Who comes next, when there is room for it.
    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        let lane = Lane::ALL
            .into_iter()
            .find(|lane| !self.waiting[lane.place()].is_empty())?;
        if !self.has_room(lane) {
            return None;
        }
        self.waiting[lane.place()].pop_front()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.0.lock();
        places.free += 1;
        while let Some(next) = places.next() {
            places.free -= 1;
            drop(places);
            // Who went away meanwhile gives its place back at once, by dropping it here.
            let refused = next.send(Self(self.0.clone()));
            drop(refused);
            places = self.0.lock();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn an_edit_goes_before_ten_thousand_polls() {
        let desk = Desk::new(2, 1);
        let held = desk.place(Lane::Poll).await;
        let mut polls: Vec<_> = (0..10_000).map(|_| Box::pin(desk.place(Lane::Poll))).collect();
        for poll in &mut polls {
            assert!(poll.now_or_never().is_none(), "the last place is kept");
        }
        let first = desk.place(Lane::Edit).now_or_never().expect("kept for it");
        let mut second = Box::pin(desk.place(Lane::Edit));
        assert!((&mut second).now_or_never().is_none());
        let mut creation = Box::pin(desk.place(Lane::Creation));
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
        let held = desk.place(Lane::Poll).await;
        let mut gone = Box::pin(desk.place(Lane::Poll));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        let mut waits = Box::pin(desk.place(Lane::Poll));
        assert!((&mut waits).now_or_never().is_none());
        drop(held);
        assert!(waits.now_or_never().is_some());
        assert!(desk.place(Lane::Poll).now_or_never().is_some(), "it was given back");
    }
}
