//! What is read once for many objects: lists that serve everybody for a while, and details that are read again in their turn.
//!
//! An object that has something to do never relies on it: it is read anew before anything is changed.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jichitai_plan::observation::Fault;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// How long a list serves objects that have nothing to do.
pub const WINDOW: Duration = Duration::from_secs(30);
/// How long details that lists do not show are taken for known: within it everything is read once.
pub(crate) const FULL_CHECK: Duration = Duration::from_hours(6);

/// One reading, and when it began; gone once it serves nobody any more.
#[derive(Debug)]
pub(crate) struct Kept<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + 'static> Kept<T> {
    /// The reading of the last half minute, if it began after `since`; who comes while it is under way waits for it.
    pub(crate) async fn get<F: Future<Output = T>>(&self, since: Option<Instant>, read: impl FnOnce() -> F) -> T {
        let mut kept = self.0.lock().await;
        if let Some((began, reading)) = kept.as_ref()
            && began.elapsed() < WINDOW
            && since.is_none_or(|since| *began > since)
        {
            return reading.clone();
        }
        let began = Instant::now();
        let reading = read().await;
        *kept = Some((began, reading.clone()));
        drop(self.ends(began));
        reading
    }

    /// Notes a reading that somebody needed anew.
    pub(crate) async fn put(&self, began: Instant, reading: T) {
        *self.0.lock().await = Some((began, reading));
        drop(self.ends(began));
    }

    /// Lets go of a reading when its time is over: lists of many tenants are large, and passes are hours apart.
    fn ends(&self, began: Instant) -> JoinHandle<()> {
        let kept = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep_until((began + WINDOW).into()).await;
            if let Some(kept) = kept.upgrade() {
                let mut kept = kept.lock().await;
                kept.take_if(|(at, _)| *at == began);
            }
        })
    }
}

/// Details by id.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    known: StdMutex<HashMap<String, Turn<T>>>,
    /// What is being read, by somebody for all to whom whatever is kept will do.
    under_way: StdMutex<HashMap<String, Arc<Mutex<()>>>>,
}

#[derive(Debug)]
enum Turn<T> {
    Known {
        read: Instant,
        due: Instant,
        detail: T,
    },
    /// Changed at that time: what was read before is no longer so.
    Forgotten(Instant),
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            known: StdMutex::default(),
            under_way: StdMutex::default(),
        }
    }
}

impl<T: Clone> Turns<T> {
    /// What is known of a thing, unless it is its turn, or was read before `since`. What cannot be read, or is not there, is
    /// not kept. Who needs it newer than it may be waits for nobody.
    pub(crate) async fn get<F>(
        &self,
        id: &str,
        since: Option<Instant>,
        read: impl FnOnce() -> F,
    ) -> Result<Option<T>, Fault>
    where
        F: Future<Output = Result<Option<T>, Fault>>,
    {
        if let Some(detail) = self.known(id, since) {
            return Ok(Some(detail));
        }
        if since.is_some() {
            return self.read(id, read).await;
        }
        let door = Door::of(&self.under_way, id);
        let _alone = door.lock.lock().await;
        match self.known(id, since) {
            Some(detail) => Ok(Some(detail)),
            None => self.read(id, read).await,
        }
    }

    fn known(&self, id: &str, since: Option<Instant>) -> Option<T> {
        match locked(&self.known).get(id)? {
            Turn::Known { read, due, detail } if Instant::now() < *due && since.is_none_or(|since| *read > since) => {
                Some(detail.clone())
            }
            Turn::Known { .. } | Turn::Forgotten(_) => None,
        }
    }

    async fn read<F>(&self, id: &str, read: impl FnOnce() -> F) -> Result<Option<T>, Fault>
    where
        F: Future<Output = Result<Option<T>, Fault>>,
    {
        let (now, known_before) = (Instant::now(), locked(&self.known).contains_key(id));
        let found = read().await?;
        let mut all = locked(&self.known);
        match (&found, all.get(id)) {
            // It was changed while it was read.
            (_, Some(Turn::Forgotten(at))) if *at > now => {}
            (None, _) => drop(all.remove(id)),
            (Some(detail), _) => {
                // The first turns are spread over the whole period, so that those of a start do not come together again.
                let wait = if known_before { FULL_CHECK } else { spread(id) };
                let turn = Turn::Known {
                    read: now,
                    due: now + wait,
                    detail: detail.clone(),
                };
                all.insert(id.to_owned(), turn);
            }
        }
        Ok(found)
    }

    /// A thing is about to be changed, or was.
    pub(crate) fn forget(&self, id: &str) {
        locked(&self.known).insert(id.to_owned(), Turn::Forgotten(Instant::now()));
    }
}

/// Where those come who may wait for one another; gone with the last of them.
struct Door<'a> {
    all: &'a StdMutex<HashMap<String, Arc<Mutex<()>>>>,
    id: &'a str,
    lock: Arc<Mutex<()>>,
}

impl<'a> Door<'a> {
    fn of(all: &'a StdMutex<HashMap<String, Arc<Mutex<()>>>>, id: &'a str) -> Self {
        let lock = Arc::clone(locked(all).entry(id.to_owned()).or_default());
        Self { all, id, lock }
    }
}

impl Drop for Door<'_> {
    fn drop(&mut self) {
        let mut all = locked(self.all);
        // This one's, and the one in the table.
        if Arc::strong_count(&self.lock) == 2 {
            all.remove(self.id);
        }
    }
}

/// Nothing panics while it holds the lock, and a half-done note would do no harm.
fn locked<T>(what: &StdMutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When within a full check the turn of a thing comes: in its second half, so that nothing is read again at once.
fn spread(id: &str) -> Duration {
    let mut hasher = std::hash::DefaultHasher::new();
    id.hash(&mut hasher);
    let part = u32::try_from(hasher.finish() % 1_000).unwrap_or_default();
    FULL_CHECK / 2 + FULL_CHECK / 2 * part / 1_000
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use jichitai_plan::observation::FaultKind;

    use super::*;

    fn counted(reads: &AtomicU32) -> impl Fn() -> std::future::Ready<u32> {
        move || std::future::ready(reads.fetch_add(1, Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_list_is_read_once_for_all_who_ask() {
        let (kept, reads) = (Kept::default(), AtomicU32::new(0));
        let asked = futures::future::join_all((0..50).map(|_| kept.get(None, counted(&reads)))).await;
        assert!(asked.iter().all(|reading| *reading == 0));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        kept.put(Instant::now(), 7).await;
        assert_eq!(kept.get(None, counted(&reads)).await, 7);
        let since = Some(Instant::now());
        assert_eq!(kept.get(since, counted(&reads)).await, 1, "older than it may be");
        assert_eq!(kept.get(since, counted(&reads)).await, 1);
    }

    #[tokio::test]
    async fn a_list_is_let_go_when_its_time_is_over() {
        let (kept, now) = (Kept::default(), Instant::now());
        let over = now.checked_sub(WINDOW).expect("the machine has run for longer");
        kept.put(over, 7).await;
        kept.ends(over).await.expect("no panic");
        assert_eq!(*kept.0.lock().await, None);
        kept.put(now, 8).await;
        kept.ends(over).await.expect("no panic");
        assert_eq!(*kept.0.lock().await, Some((now, 8)), "one that came later stays");
    }

    #[tokio::test]
    async fn a_detail_is_read_in_its_turn_and_when_it_has_to_be() {
        let (turns, reads) = (Turns::default(), AtomicU32::new(0));
        let read = || {
            let number = reads.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok(Some(number)))
        };
        assert_eq!(turns.get("a", None, read).await, Ok(Some(0)));
        assert_eq!(turns.get("a", None, read).await, Ok(Some(0)));
        assert_eq!(turns.get("a", Some(Instant::now()), read).await, Ok(Some(1)));
        assert_eq!(turns.get("b", None, read).await, Ok(Some(2)));
        assert_eq!(
            turns
                .get("a", Some(Instant::now()), || std::future::ready(Ok(None)))
                .await,
            Ok(None)
        );
        assert_eq!(turns.get("a", None, read).await, Ok(Some(3)));
        assert_eq!(turns.get("b", None, read).await, Ok(Some(2)));
    }

    #[tokio::test]
    async fn a_detail_is_read_once_for_all_who_may_wait() {
        let (turns, reads) = (Turns::default(), AtomicU32::new(0));
        let read = || async {
            tokio::task::yield_now().await;
            Ok(Some(reads.fetch_add(1, Ordering::Relaxed)))
        };
        let asked = futures::future::join_all((0..50).map(|_| turns.get("a", None, read))).await;
        assert!(asked.iter().all(|detail| *detail == Ok(Some(0))), "{asked:?}");
        assert!(locked(&turns.under_way).is_empty());
        // Somebody who went away in the middle holds nobody up, and who needs it new waits for nobody.
        let mut stuck = Box::pin(turns.get("b", None, std::future::pending));
        assert!(futures::poll!(&mut stuck).is_pending());
        assert_eq!(turns.get("b", Some(Instant::now()), read).await, Ok(Some(1)));
        drop(stuck);
        assert!(locked(&turns.under_way).is_empty());
        turns.forget("b");
        assert_eq!(turns.get("b", None, read).await, Ok(Some(2)));
    }

    #[tokio::test]
    async fn what_was_changed_while_it_was_read_is_read_again() {
        let turns: Turns<u32> = Turns::default();
        let read = |detail| move || std::future::ready(Ok(Some(detail)));
        let changed = || async {
            turns.forget("a");
            Ok(Some(1))
        };
        assert_eq!(turns.get("a", None, changed).await, Ok(Some(1)));
        assert_eq!(turns.get("a", None, read(2)).await, Ok(Some(2)));
        assert_eq!(turns.get("a", None, read(3)).await, Ok(Some(2)));
        turns.forget("a");
        assert_eq!(turns.get("a", None, read(4)).await, Ok(Some(4)));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_asked_for_again() {
        let turns: Turns<u32> = Turns::default();
        let fault = Fault {
            kind: FaultKind::Transient,
            operation: "kms:ListResourceTags".into(),
            code: "Timeout".into(),
            message: String::new(),
            request_id: None,
        };
        let refused = || std::future::ready(Err(fault.clone()));
        assert!(turns.get("a", None, refused).await.is_err());
        assert_eq!(
            turns.get("a", None, || std::future::ready(Ok(Some(1)))).await,
            Ok(Some(1))
        );
        // Nor is what was known before lost by it.
        assert!(turns.get("a", Some(Instant::now()), refused).await.is_err());
        assert_eq!(
            turns.get("a", None, || std::future::ready(Ok(Some(2)))).await,
            Ok(Some(1))
        );
    }

    #[test]
    fn turns_are_spread_over_the_second_half_of_the_period() {
        let all: Vec<Duration> = (0..200).map(|id| spread(&format!("vpc-{id}"))).collect();
        assert!(all.iter().all(|wait| (FULL_CHECK / 2..FULL_CHECK).contains(wait)));
        let distinct: std::collections::BTreeSet<&Duration> = all.iter().collect();
        assert!(distinct.len() > 150, "{}", distinct.len());
    }
}
