//! Changes of AWS that are reported: whoever owns what was changed looks at once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use jichitai_aws::Received;
use jichitai_aws::accounts::Accounts;
use jichitai_plan::identity::Owner;
use jichitai_plan::reported::Change;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::config::{Config, EventQueues, Queue};
use crate::heard::Outcome;
use crate::kind::{Kind, account};
use crate::publish;
use crate::shared::Shared;
use crate::wakes::{Everybody, Wakes};

/// How many events are remembered, so that one which comes twice is heard once.
const REMEMBERED: usize = 10_000;
/// How long to wait after a queue could not be read.
const PAUSE: Duration = Duration::from_secs(10);

/// Events that were heard, the last of them.
#[derive(Debug, Default)]
struct Heard {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Heard {
    /// Whether an event is heard for the first time.
    fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// Hears of changes until it is dropped. `accounts` is the operator's own identity.
pub async fn follow(
    shared: Arc<Shared>,
    everybody: Everybody,
    accounts: Arc<Accounts>,
    mut reloads: watch::Receiver<u64>,
) {
    let heard = Mutex::default();
    let mut changes = shared.shards.changes();
    while shared.is_ready().await {
        let config = shared.world.view.config.get();
        let queues: Vec<Queue> = config.events.iter().flat_map(EventQueues::queues).collect();
        let listens = async {
            // Who works nowhere leaves the events to others.
            match shared.shards.holds_any() {
                true => {
                    join_all(
                        queues
                            .iter()
                            .map(|queue| listen(&shared, &everybody, &accounts, queue, &heard)),
                    )
                    .await
                }
                false => Vec::new(),
            };
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listens => {}
            Ok(()) = reloads.changed() => {}
            Ok(()) = changes.changed() => {}
            else => return,
        }
    }
}

/// Hears what one queue has, for ever.
async fn listen(shared: &Shared, everybody: &Everybody, accounts: &Accounts, queue: &Queue, heard: &Mutex<Heard>) {
    let config = shared.world.view.config.get();
    loop {
        let messages = match accounts.session(&config.own_access(queue.account.clone())).await {
            Ok(session) => session.receive(queue.region, &queue.url).await,
            Err(fault) => Err(fault),
        };
        let messages = match messages {
            Ok(messages) => messages,
            Err(fault) => {
                let url = &queue.url;
                tracing::warn!(url, %fault, "events cannot be read; changes are found when objects are looked at");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let mut understood = Vec::new();
        for message in messages {
            let outcome = hear(shared, everybody, &config, heard, &message).await;
            shared.reports.count(outcome);
            if outcome != Outcome::Unreadable {
                understood.push(message);
            }
        }
        remove(accounts, &config, queue, &understood).await;
    }
}

async fn remove(accounts: &Accounts, config: &Config, queue: &Queue, messages: &[Received]) {
    let removed = match accounts.session(&config.own_access(queue.account.clone())).await {
        Ok(session) => session.remove(queue.region, &queue.url, messages).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = removed {
        tracing::warn!(queue = queue.url, %fault, "events that were heard stay in the queue");
    }
}

/// Whether the operator itself made a change: in the session that it opens by its role in that account.
fn is_own(config: &Config, change: &Change) -> bool {
    let entry = config.accounts.iter().find(|entry| entry.id == change.account.as_str());
    let role = entry.and_then(|entry| entry.role_arn.as_deref());
    let name = role.and_then(|arn| arn.rsplit('/').next());
    name.is_some_and(|name| {
        let session = config.session_name();
        change.by == format!("arn:aws:sts::{}:assumed-role/{name}/{session}", change.account)
    })
}

async fn hear(
    shared: &Shared,
    everybody: &Everybody,
    config: &Config,
    heard: &Mutex<Heard>,
    message: &Received,
) -> Outcome {
    let change = match Change::read(&message.body) {
        Ok(Some(change)) => change,
        Ok(None) => return Outcome::NoChange,
        Err(error) => {
            tracing::warn!(%error, "a message among the events cannot be understood; it is left to the dead letters");
            return Outcome::Unreadable;
        }
    };
    if is_own(config, &change) {
        return Outcome::Own;
    }
    if !heard.lock().unwrap_or_else(PoisonError::into_inner).is_new(&change.id) {
        return Outcome::Duplicate;
    }
    let age = Duration::try_from(Timestamp::now().duration_since(change.at)).unwrap_or_default();
    shared.reports.ages.observe(age.as_secs_f64());
    let woken = [
        tell(&everybody.municipalities, shared, &change).await,
        tell(&everybody.buckets, shared, &change).await,
        tell(&everybody.policies, shared, &change).await,
        tell(&everybody.endpoints, shared, &change).await,
    ];
    match woken.iter().sum::<usize>() {
        0 => Outcome::Unrelated,
        objects => {
            let Change {
                operation, account, by, ..
            } = &change;
            tracing::info!(operation, %account, by, objects, "a change was reported");
            Outcome::Woke
        }
    }
}

/// Tells every object of a kind that is concerned; returns how many.
async fn tell<K: Kind>(wakes: &Wakes<K>, shared: &Shared, change: &Change) -> usize {
    let is_concerned = |object: &&Arc<K>| {
        let inventory = object.status().map(|status| &K::common_status(status).inventory);
        let mut entries = inventory.into_iter().flatten();
        entries.any(|entry| entry.account == change.account.as_str() && change.concerns(&entry.id))
    };
    let concerned: Vec<Arc<K>> = wakes.store.state().iter().filter(is_concerned).cloned().collect();
    for object in &concerned {
        if shared.shards.is_mine(&account(&**object, &shared.world.view)) {
            shared.world.accounts.disturbed(&change.account);
            wakes.reported(object);
        } else if let Err(error) = publish::reported(&shared.client, &**object, &change.id).await {
            // Another replica works in that account, and hears by the object itself.
            let object = Owner::itself(&**object);
            tracing::warn!(%object, %error, "a change was not passed on; it is found at the next look");
        }
    }
    concerned.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONFIG: &str = r#"
installation: asp-east
accounts:
  - id: "111122223333"
    roleArn: arn:aws:iam::111122223333:role/ops/jichitai-operator
    namespaces: [tenants]
    environments: [Production]
"#;

    fn by(arn: &str) -> Change {
        let detail = json!({
            "eventID": "e", "eventSource": "kms.amazonaws.com", "eventName": "PutKeyPolicy",
            "eventTime": "2026-04-01T00:00:00Z", "userIdentity": {"arn": arn},
        });
        let event = json!({"account": "111122223333", "detail-type": "AWS API Call via CloudTrail", "detail": detail});
        Change::read(&event.to_string()).expect("an event").expect("a change")
    }

    #[test]
    fn only_what_its_own_session_did_is_its_own() {
        let config = Config::parse(CONFIG).expect("a configuration");
        let session = "arn:aws:sts::111122223333:assumed-role/jichitai-operator/jichitai-asp-east";
        assert!(is_own(&config, &by(session)));
        for other in [
            "arn:aws:sts::111122223333:assumed-role/jichitai-operator/tanaka",
            "arn:aws:sts::111122223333:assumed-role/admin/jichitai-asp-east",
            "arn:aws:sts::444455556666:assumed-role/jichitai-operator/jichitai-asp-east",
            "",
        ] {
            assert!(!is_own(&config, &by(other)), "{other}");
        }
    }

    #[test]
    fn an_event_that_comes_twice_is_heard_once() {
        let mut heard = Heard::default();
        assert!(heard.is_new("first"));
        assert!(!heard.is_new("first"));
        for number in 0..REMEMBERED {
            assert!(heard.is_new(&number.to_string()));
        }
        assert_eq!(heard.ids.len(), REMEMBERED, "not more is remembered");
        assert!(heard.is_new("first"), "long ago");
    }
}
