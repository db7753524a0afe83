//! The queues into which changes of AWS are reported.

use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use serde::Deserialize;

/// Queues of SQS that EventBridge fills with CloudTrail's management events: one in each Region, because a rule can only
/// fill one of its own.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventQueues {
    /// The queues' URLs, `https://sqs.<region>.amazonaws.com/<account>/<name>`. The operator's own identity reads them.
    pub queue_urls: Vec<String>,
}

/// What a queue's URL tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The whole.
    pub url: String,
    /// Its Region.
    pub region: Region,
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
}

impl EventQueues {
    /// The queues, as far as their URLs are right.
    pub fn queues(&self) -> impl Iterator<Item = Queue> {
        self.queue_urls.iter().filter_map(|url| Queue::read(url))
    }

    /// Whether the URLs make sense.
    ///
    /// # Errors
    /// Where, and what is expected.
    pub(super) fn check(&self) -> Result<(), (String, &'static str)> {
        let mut regions = Vec::new();
        for (index, url) in self.queue_urls.iter().enumerate() {
            let path = format!("events.queueUrls[{index}]");
            let Some(queue) = Queue::read(url) else {
                return Err((path, WANTED));
            };
            if regions.contains(&queue.region) {
                return Err((
                    path,
                    "there is a queue of this Region already: one is enough for all accounts",
                ));
            }
            regions.push(queue.region);
        }
        match regions.is_empty() {
            true => Err(("events.queueUrls".into(), "name a queue, or leave events out")),
            false => Ok(()),
        }
    }
}

const WANTED: &str = "write https://sqs.ap-northeast-1.amazonaws.com/<account>/<name>, in Tokyo or Osaka";

impl Queue {
    /// The queue of an URL.
    fn read(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://sqs.")?;
        let (region, rest) = rest.split_once(".amazonaws.com/")?;
        let (account, name) = rest.split_once('/')?;
        let is_name = !name.is_empty() && !name.contains('/');
        Some(Self {
            url: url.to_owned(),
            region: Region::ALL.into_iter().find(|one| one.as_str() == region)?,
            account: AccountId::new(account)?,
            name: is_name.then(|| name.to_owned())?,
        })
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:sqs:{}:{}:{}", self.region, self.account, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_says_where_it_is() {
        let osaka = Queue::read("https://sqs.ap-northeast-3.amazonaws.com/111122223333/jichitai-events");
        let arn = osaka.map(|queue| queue.arn());
        assert_eq!(
            arn.as_deref(),
            Some("arn:aws:sqs:ap-northeast-3:111122223333:jichitai-events")
        );
        for wrong in [
            "http://sqs.ap-northeast-1.amazonaws.com/111122223333/q",
            "https://sqs.us-east-1.amazonaws.com/111122223333/q",
            "https://sqs.ap-northeast-1.amazonaws.com/1111/q",
            "https://sqs.ap-northeast-1.amazonaws.com/111122223333/",
            "https://sqs.ap-northeast-1.amazonaws.com/111122223333",
        ] {
            assert_eq!(Queue::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_region_has_one_queue() {
        let tokyo = "https://sqs.ap-northeast-1.amazonaws.com/111122223333/a";
        let check = |urls: &[&str]| {
            let queue_urls = urls.iter().map(|&url| url.to_owned()).collect();
            EventQueues { queue_urls }.check().map_err(|(path, _)| path)
        };
        assert_eq!(check(&[tokyo, &tokyo.replace("northeast-1", "northeast-3")]), Ok(()));
        assert_eq!(check(&[tokyo, tokyo]), Err("events.queueUrls[1]".into()));
        assert_eq!(check(&[]), Err("events.queueUrls".into()));
    }
}
