//! Tags: how a resource says whose it is.

mod set;

use jichitai_api::municipality::MunicipalitySpec;

use crate::identity::Identity;

pub use set::Tags;

/// The name of the installation that manages the resource.
pub const INSTALLATION: &str = "jichitai:installation";
/// The owning object, `Kind/namespace/name`.
pub const OWNER: &str = "jichitai:owner";
/// Which part of the owner the resource is.
pub const ROLE: &str = "jichitai:role";
/// The municipality code (団体コード).
pub const MUNICIPALITY: &str = "jichitai:municipality";
/// The environment (本番, 検証 …).
pub const ENVIRONMENT: &str = "jichitai:environment";
/// The system name within the municipality.
pub const SYSTEM: &str = "jichitai:system";
/// When a key was disabled ahead of its deletion (RFC 3339); kept on the key because AWS does not
/// tell the time of a disabling and `status` may be lost.
pub const QUARANTINED_SINCE: &str = "jichitai:quarantined-since";
/// The run that made a copy, as [`Slot`](crate::osaka_backup_policy::schedule::Slot) prints it.
pub const RUN: &str = "jichitai:run";
/// What a copy is a copy of: the id of a volume or an instance, the name of a database or a stack.
pub const SOURCE: &str = "jichitai:source";
/// Which attempt of its run a copy is, from 1.
pub const ATTEMPT: &str = "jichitai:attempt";
/// When a copy was asked for.
pub const BEGUN: &str = "jichitai:begun";
/// The size that a copy has to have, in GiB.
pub const SIZE: &str = "jichitai:size";
/// ARN of the key that a copy has to be encrypted under.
pub const KEY: &str = "jichitai:key";
/// How long a copy was promised to stay when it was made; see
/// [`Promise`](crate::osaka_backup_policy::retention::Promise).
pub const KEEP: &str = "jichitai:keep";
/// On a copy that a person keeps, with the reason as its value: no retention takes it away.
pub const HOLD: &str = "jichitai:hold";
/// Set by AWS on everything that a CloudFormation stack created.
pub const STACK: &str = "aws:cloudformation:stack-name";

/// What tells of which tenant a resource is.
#[must_use]
pub fn of_tenant(spec: &MunicipalitySpec) -> [(&'static str, &str); 3] {
    [
        (MUNICIPALITY, spec.code.as_str()),
        (ENVIRONMENT, spec.environment.as_str()),
        (SYSTEM, spec.system_name.as_str()),
    ]
}

/// What the tags say about who a resource belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership<'a> {
    /// This object's part with this role; empty where none is recorded.
    Ours(&'a str),
    /// Another object, of this or another installation.
    Other {
        /// `Kind/namespace/name` of the other owner.
        owner: &'a str,
        /// The installation it belongs to.
        installation: &'a str,
    },
    /// A CloudFormation stack manages it.
    Stack(&'a str),
    /// No owner is recorded.
    Nobody,
}

/// Reads the ownership of a resource from its tags.
#[must_use]
pub fn ownership<'a>(tags: &'a Tags, identity: &Identity) -> Ownership<'a> {
    if let Some(stack) = tags.get(STACK) {
        return Ownership::Stack(stack);
    }
    match (tags.get(INSTALLATION), tags.get(OWNER)) {
        (Some(installation), Some(owner)) => {
            if *installation == identity.installation && identity.owner.is(owner) {
                Ownership::Ours(tags.get(ROLE).unwrap_or_default())
            } else {
                Ownership::Other { owner, installation }
            }
        }
        _ => Ownership::Nobody,
    }
}

/// Whether all of these tags are among those, with exactly these values.
#[must_use]
pub fn has_all(tags: &Tags, selector: &Tags) -> bool {
    selector.iter().all(|(key, value)| tags.get(key) == Some(value))
}

/// The tags of `want` that `have` lacks or has with another value. Tags that others added stay.
#[must_use]
pub fn missing(want: &Tags, have: &Tags) -> Tags {
    want.iter()
        .filter(|(key, value)| have.get(key) != Some(*value))
        .collect()
}

/// The tags as one line for people, `key=value` separated by commas.
#[must_use]
pub fn list(tags: &Tags) -> String {
    tags.iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(", ")
}
