//! Conditions with their times: a transition keeps its moment until the answer changes.

use jichitai_plan::report::{Answer, Aspect};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::config::Language;

/// Most characters of a message; the API takes 32,768, a person reads less.
const MAX_MESSAGE: usize = 1024;

/// The conditions for status, in a stable order, with the times of those that did not change.
#[must_use]
pub fn conditions(
    aspects: &[Aspect],
    before: &[Condition],
    generation: Option<i64>,
    language: Language,
    now: Timestamp,
) -> Vec<Condition> {
    aspects
        .iter()
        .map(|aspect| condition(aspect, before, generation, language, now))
        .collect()
}

fn condition(
    aspect: &Aspect,
    before: &[Condition],
    generation: Option<i64>,
    language: Language,
    now: Timestamp,
) -> Condition {
    let Aspect {
        kind,
        answer,
        pace: _,
        reason,
        message,
    } = aspect;
    let status = match answer {
        Answer::True => "True",
        Answer::False => "False",
        Answer::Unknown => "Unknown",
    };
    let same = before
        .iter()
        .find(|old| old.type_ == kind.as_str() && old.status == status);
    let text: String = language.of(message).chars().take(MAX_MESSAGE).collect();
    // AWS gives every refusal a new request id: the first one stays, or each try would write status.
    let said =
        same.filter(|old| old.reason == reason.as_str() && without_requests(&old.message) == without_requests(&text));
    let message = said.map_or(text, |old| old.message.clone());
    // Seconds are what the API keeps; more would make every pass differ from what was stored.
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Condition {
        type_: kind.as_str().to_owned(),
        status: status.to_owned(),
        reason: reason.as_str().to_owned(),
        message,
        observed_generation: generation,
        last_transition_time: same.map_or(Time(seconds), |old| old.last_transition_time.clone()),
    }
}

/// The message without the request ids in it.
fn without_requests(message: &str) -> String {
    let mut parts = message.split(" (request ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(')').map_or(part, |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use jichitai_api::{ConditionType, Reason};
    use jichitai_plan::plan::Text;
    use jichitai_plan::report::{Answer, Aspect, Pace};
    use jiff::Timestamp;

    use super::conditions;
    use crate::config::Language;

    fn refused(message: &str) -> Aspect {
        let message = Text::new(message, message);
        Aspect {
            kind: ConditionType::Ready,
            answer: Answer::False,
            pace: Pace::Stuck,
            reason: Reason::AccessDenied,
            message,
        }
    }

    #[test]
    fn another_request_id_is_no_change() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = conditions(
            &[refused("ec2:CreateVpc: Denied (request 1-a); ask")],
            &[],
            Some(1),
            Language::En,
            at(10),
        );
        let again = conditions(
            &[refused("ec2:CreateVpc: Denied (request 2-b); ask")],
            &first,
            Some(1),
            Language::En,
            at(20),
        );
        assert_eq!(again, first);
        let other = conditions(
            &[refused("ec2:CreateSubnet: Denied (request 2-b); ask")],
            &first,
            Some(1),
            Language::En,
            at(20),
        );
        assert_ne!(other, first);
        assert_eq!(
            other[0].last_transition_time, first[0].last_transition_time,
            "the answer is still the same"
        );
    }
}
