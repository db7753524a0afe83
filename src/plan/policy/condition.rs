//! Whether a condition of a policy holds, as far as it can be known.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::collections::BTreeMap;

use crate::policy::document::{Version, Words};

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Unknown,
}

impl From<bool> for Answer {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

impl Answer {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// The same of a question that is not asked where it changes nothing.
    pub(super) fn and_then(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes | Self::Unknown => self.and(other()),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Keys that a request lacks only when there is nothing to say: what is not in the context is absent.
/// Of every other key nothing is known when the context does not have it.
const ABSENT_WHEN_NOT_GIVEN: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:requesttag/",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:tagkeys",
    "kms:encryptioncontext:",
    "kms:viaservice",
    "s3:prefix",
    "s3:tlsversion",
    "s3:x-amz-server-side-encryption",
];

/// An operator without its prefix and suffix.
struct Operator<'a> {
    name: &'a str,
    every: bool,
    if_exists: bool,
}

fn parse(operator: &str) -> Operator<'_> {
    let (every, rest) = match operator.strip_prefix("forallvalues:") {
        Some(rest) => (true, rest),
        None => (false, operator.strip_prefix("foranyvalue:").unwrap_or(operator)),
    };
    let (if_exists, name) = match rest.strip_suffix("ifexists") {
        Some(name) => (true, name),
        None => (false, rest),
    };
    Operator { name, every, if_exists }
}

/// Whether one condition holds for a request.
pub(super) fn holds(
    operator: &str,
    key: &str,
    values: &Words,
    context: &BTreeMap<String, Vec<String>>,
    version: Version,
) -> Answer {
    let lower = operator.to_ascii_lowercase();
    let Operator { name, every, if_exists } = parse(&lower);
    let given = context
        .iter()
        .find(|(one, _)| one.eq_ignore_ascii_case(key))
        .map(|(_, given)| given)
        .filter(|given| !given.is_empty());
    if given.is_none() && !may_be_absent(key) {
        return Answer::Unknown;
    }
    if name == "null" {
        let absent = given.is_none().to_string();
        return Answer::from(values.iter().any(|value| value.eq_ignore_ascii_case(&absent)));
    }
    let Some((compare, negated)) = comparison(name) else {
        return Answer::Unknown;
    };
    if values.iter().any(|value| has_variable(value, version)) {
        return Answer::Unknown;
    }
    let Some(given) = given else {
        let any_value = lower.starts_with("foranyvalue:");
        return Answer::from(every || if_exists || (negated && !any_value));
    };
    let one = |have: &String| {
        let any = values
            .iter()
            .map(|value| compare(have, value))
            .fold(Answer::No, Answer::or);
        if negated { any.not() } else { any }
    };
    let all = every || (negated && !lower.starts_with("foranyvalue:"));
    match all {
        true => given.iter().map(one).fold(Answer::Yes, Answer::and),
        false => given.iter().map(one).fold(Answer::No, Answer::or),
    }
}

fn may_be_absent(key: &str) -> bool {
    let begins = |known: &&str| {
        let start = key.get(..known.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(known))
    };
    // An issuer's key begins with the issuer; without `azp` in a token there is no other audience.
    ABSENT_WHEN_NOT_GIVEN.iter().any(begins) || glob_ignoring_case("*:oaud", key)
}

type Compare = fn(&str, &str) -> Answer;

/// The positive comparison of an operator, and whether the operator negates it. `ArnEquals` and
/// `ArnLike` are the same to IAM.
fn comparison(name: &str) -> Option<(Compare, bool)> {
    let equals: Compare = |have, value| Answer::from(have == value);
    let ignoring_case: Compare = |have, value| Answer::from(have.eq_ignore_ascii_case(value));
    let like: Compare = |have, value| Answer::from(glob(value, have));
    let arn: Compare = |have, value| Answer::from(arn_like(value, have));
    Some(match name {
        "stringequals" => (equals, false),
        "stringnotequals" => (equals, true),
        "stringequalsignorecase" | "bool" => (ignoring_case, false),
        "stringnotequalsignorecase" => (ignoring_case, true),
        "stringlike" => (like, false),
        "stringnotlike" => (like, true),
        "arnequals" | "arnlike" => (arn, false),
        "arnnotequals" | "arnnotlike" => (arn, true),
        "numericequals" => (|a, b| number(a, b, |a, b| a.eq(&b)), false),
        "numericnotequals" => (|a, b| number(a, b, |a, b| a.eq(&b)), true),
        "numericlessthan" => (|a, b| number(a, b, |a, b| a < b), false),
        "numericlessthanequals" => (|a, b| number(a, b, |a, b| a <= b), false),
        "numericgreaterthan" => (|a, b| number(a, b, |a, b| a > b), false),
        "numericgreaterthanequals" => (|a, b| number(a, b, |a, b| a >= b), false),
        _ => return None,
    })
}

fn number(have: &str, value: &str, compare: fn(f64, f64) -> bool) -> Answer {
    match (have.parse(), value.parse()) {
        (Ok(have), Ok(value)) => Answer::from(compare(have, value)),
        _ => Answer::Unknown,
    }
}

/// Part by part: a pattern in one part of an ARN does not reach into the next.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == 6 && parts.len() == 6 && patterns.iter().zip(parts).all(|(pattern, part)| glob(pattern, part))
}

/// Whether a value has a policy variable; the old language has none.
pub(super) fn has_variable(value: &str, version: Version) -> bool {
    version == Version::V2012 && value.contains("${")
}

/// Whether a text fits a pattern with `*` for any characters and `?` for one.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    fits(pattern, text, |one, other| one == other)
}

/// The same, with letters of ASCII in either case.
pub(super) fn glob_ignoring_case(pattern: &str, text: &str) -> bool {
    fits(pattern, text, |one, other| one.eq_ignore_ascii_case(&other))
}

fn fits(mut pattern: &str, mut text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let mut star: Option<(&str, &str)> = None;
    loop {
        let (mut wanted, mut found) = (pattern.chars(), text.chars());
        match (wanted.next(), found.next()) {
            (Some('*'), _) => {
                pattern = wanted.as_str();
                star = Some((pattern, text));
            }
            (Some(one), Some(other)) if one == '?' || same(one, other) => {
                (pattern, text) = (wanted.as_str(), found.as_str());
            }
            (None, None) => return true,
            // The last star takes one character more.
            _ => {
                let Some((after, from)) = star else { return false };
                let mut rest = from.chars();
                if rest.next().is_none() {
                    return false;
                }
                (pattern, text) = (after, rest.as_str());
                star = Some((after, text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "a", true),
            ("a*b", "a", false),
            ("*ab", "aab", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-", false),
            ("?", "県", true),
            ("??", "県", false),
            ("*?", "", false),
            ("s3:Get*", "s3:getobject", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
        assert!(glob_ignoring_case("s3:Get*", "s3:getobject"));
        assert!(!glob_ignoring_case("s3:Get*", "s3:putobject"));
    }
}
