//! The queue in which changes of AWS are reported.

use std::time::Duration;

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use jichitai_api::Region;
use jichitai_plan::observation::Fault;

use crate::config::{Purpose, READ_TIMEOUT};
use crate::error::{fault, unbuilt};
use crate::session::Session;

/// How long a question for messages waits for some: shorter than an answer may take.
pub const LONG_POLL: Duration = Duration::from_secs(8);
const _: () = assert!(LONG_POLL.as_secs() < READ_TIMEOUT.as_secs());
/// Messages in one answer, the most that SQS gives.
const BATCH: i32 = 10;

/// A message that was received; it comes again unless it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its text.
    pub body: String,
    /// What removes it.
    receipt: String,
}

impl Session {
    /// Messages of a queue of this account; waits for some for a while.
    ///
    /// # Errors
    /// The queue cannot be read.
    pub async fn receive(&self, region: Region, queue_url: &str) -> Result<Vec<Received>, Fault> {
        let wait = i32::try_from(LONG_POLL.as_secs()).unwrap_or_default();
        let call = self.sqs(region, Purpose::Read).receive_message().queue_url(queue_url);
        let call = call.max_number_of_messages(BATCH).wait_time_seconds(wait);
        let answer = call.send().await.map_err(fault)?;
        let read = |message: Message| {
            Some(Received {
                body: message.body?,
                receipt: message.receipt_handle?,
            })
        };
        Ok(answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(read)
            .collect())
    }

    /// Removes messages from a queue. One that stays comes again, and does no harm.
    ///
    /// # Errors
    /// SQS does not take the request.
    pub async fn remove(&self, region: Region, queue_url: &str, messages: &[Received]) -> Result<(), Fault> {
        if messages.is_empty() {
            return Ok(());
        }
        let entry = |(index, message): (usize, &Received)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(&message.receipt).build()
        };
        let entries: Result<Vec<_>, _> = messages.iter().enumerate().map(entry).collect();
        let entries = entries.map_err(|error| unbuilt("sqs:DeleteMessageBatch", error))?;
        let call = self
            .sqs(region, Purpose::Read)
            .delete_message_batch()
            .queue_url(queue_url);
        call.set_entries(Some(entries)).send().await.map_err(fault)?;
        Ok(())
    }
}
