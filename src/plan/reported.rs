//! Changes of AWS as CloudTrail reports them through EventBridge: who changed what.
//! ([events of API calls](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html),
//! [contents of a record](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html))
//!
//! What was changed is not told by a table of operations: whatever stands in a call's parameters and answer is a name, and
//! an object is concerned where one of them is in its inventory. A name too many costs a look and no more.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::identity::AccountId;

/// A change, by whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// CloudTrail's id of the call: an event that comes twice has the same.
    pub id: String,
    /// The account.
    pub account: AccountId,
    /// For example `s3:PutBucketPolicy`.
    pub operation: String,
    /// The ARN of who did it; empty where a service did.
    pub by: String,
    /// When it was done.
    pub at: Timestamp,
    /// What may have been changed: ids, names, and the last parts of ARNs and paths.
    names: BTreeSet<String>,
}

/// Why a message is no event.
#[derive(Debug, thiserror::Error)]
pub enum NotAnEvent {
    /// It is not JSON, or lacks what every event has.
    #[error("it is not an event of EventBridge: {0}")]
    Shape(#[from] serde_json::Error),
    /// The account has not twelve digits.
    #[error("its account has not twelve digits")]
    Account,
}

/// The kind of event that the rule lets through.
const CALL: &str = "AWS API Call via CloudTrail";
/// Names are not longer: ids, names of buckets, roles and users, aliases.
const LONGEST: usize = 256;
/// CloudTrail's ids have 36 characters; they stand in annotations.
const LONGEST_ID: usize = 64;
/// More names than this are not looked for in one event.
const MOST: usize = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope {
    account: String,
    detail_type: String,
    detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(rename = "eventID")]
    event_id: String,
    event_source: String,
    event_name: String,
    event_time: Timestamp,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    user_identity: UserIdentity,
    #[serde(default)]
    request_parameters: Value,
    #[serde(default)]
    response_elements: Value,
    #[serde(default)]
    resources: Value,
}

#[derive(Default, Deserialize)]
struct UserIdentity {
    #[serde(default)]
    arn: Option<String>,
}

impl Change {
    /// Reads an event; none where it tells of no change: a read, a call that failed, an event of another kind.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn read(message: &str) -> Result<Option<Self>, NotAnEvent> {
        let envelope: Envelope = serde_json::from_str(message)?;
        if envelope.detail_type != CALL {
            return Ok(None);
        }
        let detail: Detail = serde_json::from_value(envelope.detail)?;
        let account = AccountId::new(&envelope.account).ok_or(NotAnEvent::Account)?;
        if detail.read_only || detail.error_code.is_some() {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for part in [&detail.request_parameters, &detail.response_elements, &detail.resources] {
            collect(part, &mut names);
        }
        let service = detail.event_source.split('.').next().unwrap_or_default();
        Ok(Some(Self {
            id: detail.event_id.chars().take(LONGEST_ID).collect(),
            account,
            operation: format!("{service}:{}", detail.event_name),
            by: detail.user_identity.arn.unwrap_or_default(),
            at: detail.event_time,
            names,
        }))
    }

    /// Whether it may concern a thing of this id, as it stands in an inventory.
    #[must_use]
    pub fn concerns(&self, id: &str) -> bool {
        self.names.contains(id) || last_part(id).is_some_and(|last| self.names.contains(last))
    }
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        _ if names.len() >= MOST => {}
        Value::String(text) if text.len() <= LONGEST => {
            names.extend(last_part(text).map(str::to_owned));
            names.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|one| collect(one, names)),
        Value::Object(all) => all.values().for_each(|one| collect(one, names)),
        _ => {}
    }
}

/// What comes last in an ARN or a path.
fn last_part(text: &str) -> Option<&str> {
    let (_, last) = text.rsplit_once(['/', ':'])?;
    (!last.is_empty()).then_some(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(detail: Value) -> String {
        let mut whole = json!({
            "eventID": "e-1", "eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy",
            "eventTime": "2026-04-01T00:00:00Z", "readOnly": false,
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/admin/tanaka"},
        });
        let all = whole.as_object_mut().expect("an object");
        all.extend(detail.as_object().expect("an object").clone());
        json!({"version": "0", "account": "111122223333", "detail-type": CALL, "detail": whole}).to_string()
    }

    fn read(detail: Value) -> Option<Change> {
        Change::read(&event(detail)).expect("an event")
    }

    #[test]
    fn whatever_a_call_names_is_concerned() {
        let key = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd";
        for (parameters, id) in [
            (json!({"bucketName": "jichitai-files", "Host": "x"}), "jichitai-files"),
            (json!({"keyId": key}), "1234abcd"),
            (json!({"aliasName": "alias/jichitai/a"}), "alias/jichitai/a"),
            (json!({"resourcesSet": {"items": [{"resourceId": "vpc-1"}]}}), "vpc-1"),
            (
                json!({"groupId": "sg-1", "ipPermissions": {"items": [{"fromPort": 22}]}}),
                "sg-1",
            ),
            (json!({"serverId": "s-1", "userName": "tax"}), "s-1/tax"),
            (json!({"roleName": "jichitai-tax"}), "jichitai-tax"),
        ] {
            let change = read(json!({"requestParameters": parameters})).expect("a change");
            assert!(change.concerns(id), "{id}");
            assert!(!change.concerns("vpc-2"), "{id}");
        }
        let made = read(json!({"responseElements": {"internetGateway": {"internetGatewayId": "igw-1"}}}));
        assert!(made.expect("a change").concerns("igw-1"));
    }

    #[test]
    fn it_says_who_did_what_and_when() {
        let change = read(json!({})).expect("a change");
        assert_eq!(change.operation, "s3:PutBucketPolicy");
        assert_eq!(change.by, "arn:aws:sts::111122223333:assumed-role/admin/tanaka");
        assert_eq!((change.id.as_str(), change.account.as_str()), ("e-1", "111122223333"));
    }

    #[test]
    fn what_changed_nothing_is_no_change() {
        assert_eq!(read(json!({"readOnly": true})), None);
        assert_eq!(read(json!({"errorCode": "AccessDenied"})), None);
        let other =
            json!({"account": "111122223333", "detail-type": "EC2 Instance State-change Notification", "detail": {}});
        assert_eq!(Change::read(&other.to_string()).expect("an event"), None);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for wrong in ["", "hello", "{}", "[]", r#"{"account": "1", "detail-type": 3}"#] {
            assert!(Change::read(wrong).is_err(), "{wrong}");
        }
        let account = event(json!({})).replace("\"account\":\"111122223333\"", "\"account\":\"1\"");
        assert!(matches!(Change::read(&account), Err(NotAnEvent::Account)));
    }

    #[test]
    fn an_event_without_end_is_read_to_a_bound() {
        let many: Vec<String> = (0..10_000).map(|number| format!("i-{number}")).collect();
        let change = read(json!({"requestParameters": {"ids": many, "long": "x".repeat(10_000)}})).expect("a change");
        assert!(change.names.len() <= MOST + 1);
    }
}
