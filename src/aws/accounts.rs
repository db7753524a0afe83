//! The tenants' accounts: one session each, opened once and kept while it is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::Fault;
use tokio::sync::OnceCell;

use crate::calls::Calls;
use crate::config;
use crate::guard::Guard;
use crate::limits::{Lines, Rates};
use crate::session::Session;

/// Sessions that are kept at most; the one that was not used for longest goes first.
pub const MAX_SESSIONS: usize = 2_048;

/// How an account is entered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountAccess {
    /// The account that the session must end up in.
    pub account: AccountId,
    /// The role to assume; none when the process's own identity is in the account already.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for, against the confused deputy.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
    pub external_id: Option<String>,
    /// The name under which CloudTrail shows the calls, `jichitai-<installation>`.
    pub session_name: String,
    /// How many calls AWS takes there, where it differs from the defaults.
    pub rates: Rates,
}

/// All accounts that this process works in. One per process.
#[derive(Debug)]
pub struct Accounts {
    base: SdkConfig,
    guard: Guard,
    calls: Calls,
    lines: Lines,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    /// Rises with every use.
    uses: u64,
    by_access: HashMap<AccountAccess, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    last_use: u64,
    session: Arc<OnceCell<Arc<Session>>>,
}

impl Accounts {
    /// Takes the process's own identity from the standard chain. Calls nothing yet.
    pub async fn new() -> Self {
        Self::with_sts_in(Region::Tokyo).await
    }

    /// The same, with the STS of that Region: what has to work while Tokyo is down asks Osaka's.
    pub async fn with_sts_in(region: Region) -> Self {
        Self {
            base: config::base(region).await,
            guard: Guard::default(),
            calls: Calls::default(),
            lines: Lines::default(),
            sessions: Mutex::default(),
        }
    }

    /// The same, with writes that go out only while something holds.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// The same identity with sessions of its own, and another condition for writes. Calls are counted together,
    /// and share connections.
    #[must_use]
    pub fn beside(&self, guard: Guard) -> Self {
        Self {
            base: self.base.clone(),
            guard,
            calls: self.calls.clone(),
            lines: self.lines.clone(),
            sessions: Mutex::default(),
        }
    }

    /// The calls of all sessions.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The session in an account: a known one, or a new one after its account id was confirmed.
    /// Whoever asks for a session that is just being opened waits for that one.
    ///
    /// # Errors
    /// When the role cannot be assumed, and with the code `AccountMismatch` when the identity turns
    /// out to be in another account. Failures are not kept: the next call tries again.
    pub async fn session(&self, access: &AccountAccess) -> Result<Arc<Session>, Fault> {
        let session = self.entry(access);
        let open = || async {
            Session::open(&self.base, access, &self.calls, &self.lines, &self.guard)
                .await
                .map(Arc::new)
        };
        session.get_or_try_init(open).await.cloned()
    }

    /// Somebody else changed something in an account: what was read of it before is old.
    pub fn disturbed(&self, account: &AccountId) {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let there = sessions
            .by_access
            .iter()
            .filter(|(access, _)| access.account == *account);
        for session in there.filter_map(|(_, entry)| entry.session.get()) {
            session.disturb();
        }
    }

    fn entry(&self, access: &AccountAccess) -> Arc<OnceCell<Arc<Session>>> {
        // Nothing panics while it holds the lock, and a half-done bookkeeping would do no harm.
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.uses += 1;
        let last_use = sessions.uses;
        let new = || Entry {
            last_use,
            session: Arc::default(),
        };
        let entry = sessions.by_access.entry(access.clone()).or_insert_with(new);
        entry.last_use = last_use;
        let session = Arc::clone(&entry.session);
        if sessions.by_access.len() > MAX_SESSIONS {
            let oldest = sessions
                .by_access
                .iter()
                .min_by_key(|(_, entry)| entry.last_use)
                .map(|(access, _)| access.clone());
            oldest.and_then(|oldest| sessions.by_access.remove(&oldest));
        }
        session
    }
}
