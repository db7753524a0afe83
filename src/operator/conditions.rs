//! Conditions with their times: a transition keeps its moment until the answer changes.

use jichitai_plan::municipality::report::{Answer, Aspect};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::config::Language;

/// Most characters of a message; the API takes 32,768, a person reads less.
const MAX_MESSAGE: usize = 1024;

/// The conditions for status, in a stable order, with the times of those that did not change.
#[must_use]
pub fn conditions(aspects: &[Aspect], before: &[Condition], generation: Option<i64>, language: Language, now: Timestamp) -> Vec<Condition> {
    aspects.iter().map(|aspect| condition(aspect, before, generation, language, now)).collect()
}

fn condition(aspect: &Aspect, before: &[Condition], generation: Option<i64>, language: Language, now: Timestamp) -> Condition {
    let Aspect { kind, answer, pace: _, reason, message } = aspect;
    let status = match answer {
        Answer::True => "True",
        Answer::False => "False",
        Answer::Unknown => "Unknown",
    };
    let same = before.iter().find(|old| old.type_ == kind.as_str() && old.status == status);
    // Seconds are what the API keeps; more would make every pass differ from what was stored.
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Condition {
        type_: kind.as_str().to_owned(),
        status: status.to_owned(),
        reason: reason.as_str().to_owned(),
        message: language.of(message).chars().take(MAX_MESSAGE).collect(),
        observed_generation: generation,
        last_transition_time: same.map_or(Time(seconds), |old| old.last_transition_time.clone()),
    }
}
