//! Kubernetes Events: on transitions only, under the same reasons as conditions.

use jichitai_api::Reason;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};

/// What an Event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether somebody should look at it.
    pub warning: bool,
    /// Whether this process says it only once about an object.
    pub once: bool,
    /// The stable word.
    pub reason: Reason,
    /// What was done, a verb.
    pub action: &'static str,
    /// For people.
    pub message: String,
}

/// Records Events.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
}

/// Longest note that the API takes, in bytes.
const MAX_NOTE: usize = 1024;

impl Events {
    /// Records under the operator's name and, as instance, this process's.
    #[must_use]
    pub fn new(client: Client, instance: &str) -> Self {
        let reporter = Reporter {
            controller: "jichitai-operator".into(),
            instance: Some(instance.to_owned()),
        };
        Self {
            recorder: Recorder::new(client, reporter),
        }
    }

    /// Publishes notices about an object. An Event that cannot be written is logged: it never stops
    /// the work it tells of.
    pub async fn publish<K>(&self, object: &K, notices: Vec<Notice>)
    where
        K: Resource<DynamicType = ()>,
    {
        let reference = object.object_ref(&());
        for Notice {
            warning,
            once: _,
            reason,
            action,
            message,
        } in notices
        {
            let mut end = message.len().min(MAX_NOTE);
            while !message.is_char_boundary(end) {
                end -= 1;
            }
            let event = Event {
                type_: if warning { EventType::Warning } else { EventType::Normal },
                reason: reason.as_str().to_owned(),
                note: Some(message[..end].to_owned()),
                action: action.to_owned(),
                secondary: None,
            };
            if let Err(error) = self.recorder.publish(&event, &reference).await {
                tracing::warn!(%error, reason = %reason, "could not write an Event");
            }
        }
    }
}
