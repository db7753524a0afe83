//! Keys in both Regions, and what is kept in Osaka.

use jichitai_api::Region;
use jichitai_api::municipality::{KeyStatus, KeyStatusState, Municipality};
use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;

use super::ink::Look;
use super::node::{BODY, GAP, HEAD, NAME, Node, SMALL, Say};
use super::sizes::{BAND, HALF};
use crate::days;
use crate::language::Language;
use crate::names::Named;
use crate::tenant::name;
use crate::words;

/// The keys of a Region, two in a row.
pub(super) fn keys(municipality: &Municipality, region: Region, language: Language) -> Vec<Node> {
    let status = municipality.status.as_ref();
    let keys = status.map(|status| status.keys.as_slice()).unwrap_or_default();
    let of_region: Vec<Node> = keys
        .iter()
        .filter(|key| key.region == region)
        .map(|one| key(one, language))
        .collect();
    match of_region.is_empty() {
        true => vec![nothing(language)],
        false => of_region,
    }
}

fn nothing(language: Language) -> Node {
    let says = [
        Say(NAME, words::DRAW_KEY.say(language).to_owned()),
        Say(SMALL, words::NOT_CREATED.say(language).to_owned()),
    ];
    Node::card(Look::Card, HALF, 0, &says).missing(true)
}

fn key(key: &KeyStatus, language: Language) -> Node {
    let purpose = key.purpose.word().say(language);
    let state = key.state.word().say(language);
    let arn = key.arn.as_deref().unwrap_or(words::NOT_CREATED.say(language));
    // The account and the Region stand on the frame around it.
    let id = arn.rsplit('/').next().unwrap_or(arn);
    let says = [
        Say(NAME, format!("{} {purpose}", words::DRAW_KEY.say(language))),
        Say(BODY, state.to_owned()),
        Say(SMALL, id.to_owned()),
    ];
    Node::card(Look::Card, HALF, 0, &says).missing(key.state == KeyStatusState::Absent || key.arn.is_none())
}

/// Osaka: its keys, and the newest copies of each policy.
pub(super) fn osaka(municipality: &Municipality, policies: &[&OsakaBackupPolicy], language: Language) -> Node {
    let spec = &municipality.spec;
    let says = [
        Say(HEAD, words::DRAW_OSAKA.say(language).to_owned()),
        Say(SMALL, words::DRAW_ACCOUNT.with(language, &[&spec.account_id])),
    ];
    let mut node = Node::card(Look::Frame, BAND, 0, &says);
    let mut boxes = keys(municipality, Region::Osaka, language);
    match policies {
        [] => boxes.push(no_copies(language)),
        some => boxes.extend(some.iter().map(|one| copies(one, language))),
    }
    let top = node.rect.h;
    node.hold(boxes, GAP + 2, top, 2);
    node
}

fn no_copies(language: Language) -> Node {
    let says = [Say(SMALL, words::DRAW_NO_POLICY.say(language).to_owned())];
    Node::card(Look::Card, HALF, 0, &says).missing(true)
}

fn copies(policy: &OsakaBackupPolicy, language: Language) -> Node {
    let status = policy.status.as_ref();
    let point = status.and_then(|status| status.newest_recovery_point.as_ref());
    let newest = point.map(|point| words::DRAW_POINT.with(language, &[&days::minute(point.time.0)]));
    let objective = words::DRAW_RPO.with(language, &[&policy.spec.recovery_point_objective]);
    let says = [
        Say(
            NAME,
            format!("{} {}", words::DRAW_COPIES.say(language), name(&policy.metadata)),
        ),
        Say(BODY, newest.unwrap_or_else(|| words::NO_POINT.say(language).to_owned())),
        Say(SMALL, objective),
    ];
    Node::card(Look::Card, HALF, 0, &says).missing(point.is_none())
}
