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
pub(crate) struct Turns<T>(StdMutex<HashMap<String, Turn<T>>>);

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
        Self(StdMutex::default())
    }
}

impl<T: Clone> Turns<T> {
    /// What is known of a thing, unless it is its turn, or was read before `since`. What cannot be read, or is not there, is
    /// not kept.
    pub(crate) async fn get<F>(
        &self,
        id: &str,
        since: Option<Instant>,
        read: impl FnOnce() -> F,
    ) -> Result<Option<T>, Fault>
    where
        F: Future<Output = Result<Option<T>, Fault>>,
    {
        let now = Instant::now();
        let known_before = match self.lock().get(id) {
            Some(Turn::Known { read, due, detail }) if now < *due && since.is_none_or(|since| *read > since) => {
                return Ok(Some(detail.clone()));
            }
            known => known.is_some(),
        };
        let found = read().await?;
        let mut all = self.lock();
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
        self.lock().insert(id.to_owned(), Turn::Forgotten(Instant::now()));
    }

    /// Nothing panics while it holds the lock, and a half-done note would do no harm.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Turn<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
