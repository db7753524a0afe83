//! Who an AWS resource belongs to: computed from the installation and the owner, never from a UID,
//! so that a new cluster with the same YAML finds everything again.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use jichitai_api::{Object, Region};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::tags::{self, Tags};

/// A twelve-digit AWS account id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// Parses twelve ASCII digits; `None` for anything else.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        (id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())).then(|| Self(id.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ARN that stands for the account in a policy's `Principal`.
    #[must_use]
    pub fn root_arn(&self) -> String {
        format!("arn:aws:iam::{}:root", self.0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The Kubernetes object that owns a resource, written `Kind/namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// `Municipality`, `FileLinkBucket`, `OsakaBackupPolicy` or `ResolverEndpoint`.
    pub kind: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name, at most 63 characters.
    pub name: String,
}

impl Owner {
    /// An object of the kind `K`.
    #[must_use]
    pub fn new<K: Object>(namespace: &str, name: &str) -> Self {
        Self {
            kind: K::KIND.into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The object itself, as the cluster knows it.
    #[must_use]
    pub fn itself<K: Object>(object: &K) -> Self {
        let ObjectMeta { namespace, name, .. } = object.object_meta();
        Self::new::<K>(
            namespace.as_deref().unwrap_or_default(),
            name.as_deref().unwrap_or_default(),
        )
    }

    /// Whether a text names it.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        parts(text) == Some([&self.kind, &self.namespace, &self.name])
    }

    /// Who the object is in AWS: itself, or the former object whose place it took (`spec.adoptFrom`). Names, tags and
    /// request ids of AWS cannot all be changed, so what was renamed or moved keeps the name it was made under.
    #[must_use]
    pub fn of<K: Object>(object: &K) -> Self {
        let former = object.common().adopt_from.as_deref().and_then(Self::parse);
        let former = former.filter(|former| former.kind == K::KIND);
        former.unwrap_or_else(|| Self::itself(object))
    }

    /// Reads `Kind/namespace/name`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [kind, namespace, name] = parts(text)?.map(Into::into);
        Some(Self { kind, namespace, name })
    }

    /// What was restored of an `OsakaBackupPolicy`. There is no object of this kind: it is people who own it.
    #[must_use]
    pub fn restore(namespace: &str, name: &str) -> Self {
        Self {
            kind: "Restore".into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// What a restore drill of an `OsakaBackupPolicy` makes, and takes away again.
    #[must_use]
    pub fn restore_drill(namespace: &str, name: &str) -> Self {
        Self {
            kind: "RestoreDrill".into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// Kind, namespace and name.
fn parts(text: &str) -> Option<[&str; 3]> {
    let (kind, rest) = text.split_once('/')?;
    let (namespace, name) = rest.split_once('/')?;
    Some([kind, namespace, name])
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// Which part of its owner a resource is, for example `vpc` or `subnet.mynumber.app-a`. With the
/// Region it is unique within the owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(String);

impl Role {
    /// A role by its text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that stands in the tag and in the inventory.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of an object: a role in a Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The Region it lives in.
    pub region: Region,
    /// Its role.
    pub role: Role,
}

impl Part {
    /// A part.
    #[must_use]
    pub fn new(region: Region, role: impl Into<String>) -> Self {
        Self {
            region,
            role: Role::new(role),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.role, self.region.as_str())
    }
}

/// Installation and owner: all that identity is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The installation's name, the same for every cluster that may take over from this one.
    pub installation: String,
    /// The object.
    pub owner: Owner,
}

impl Identity {
    /// The identifying tags of one part, over the descriptive ones in `common`.
    #[must_use]
    pub fn tags(&self, role: &Role, common: &Tags) -> Tags {
        let mut tags = common.clone();
        tags.extend([
            (tags::INSTALLATION, self.installation.clone()),
            (tags::OWNER, self.owner.to_string()),
            (tags::ROLE, role.to_string()),
            ("Name", format!("{}.{}", self.owner.name, role)),
        ]);
        tags
    }

    /// The client token of a creation: the same for every attempt at the same thing, another one
    /// after a confirmed delete (the incarnation rises) or for other immutable parameters.
    #[must_use]
    pub fn token(&self, part: &Part, immutable: &str, incarnation: u32) -> String {
        let text = format!(
            "{}\n{}\n{}\n{}\n{immutable}\n{incarnation}",
            self.installation,
            self.owner,
            part.region.as_str(),
            part.role
        );
        short_hash(&text, 32)
    }

    /// The request id of a creation where AWS's lists show it: it says whose the thing is, and for what.
    /// Route 53 Resolver takes 255 characters.
    #[must_use]
    pub fn request_id(&self, role: &Role, incarnation: u32) -> String {
        format!("{}{role}:{incarnation}", self.requests())
    }

    /// The role that a thing was made for, when its request id is one of ours.
    #[must_use]
    pub fn issued(&self, request_id: &str) -> Option<Role> {
        let (role, incarnation) = request_id.strip_prefix(&self.requests())?.rsplit_once(':')?;
        incarnation.parse::<u32>().ok().map(|_| Role::new(role))
    }

    fn requests(&self) -> String {
        format!("jichitai:{}:{}:", self.installation, self.owner)
    }

    /// A KMS alias that only this owner computes. Alias names show in CloudTrail and consoles of
    /// whole accounts, so they carry the code and a hash, no names of people or places.
    #[must_use]
    pub fn alias(&self, code: &str, purpose: &str) -> String {
        let hash = short_hash(&format!("{}\n{}", self.installation, self.owner), 10);
        format!("alias/jichitai/{}/{code}-{hash}-{purpose}", self.installation)
    }
}

/// The first `length` hexadecimal digits of the text's SHA-256.
#[must_use]
pub fn short_hash(text: &str, length: usize) -> String {
    let mut hex = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    hex.truncate(length);
    hex
}

/// A hash in letters and digits only, for statement ids (`Sid`).
#[must_use]
pub fn sid_hash(text: &str) -> String {
    let mut hash = BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes()));
    hash.truncate(16);
    hash
}

#[cfg(test)]
mod tests {
    use jichitai_api::Municipality;

    use super::Owner;

    #[test]
    fn an_owner_is_named_by_its_whole_text() {
        let owner = Owner::new::<Municipality>("tenants", "chiyoda");
        assert!(owner.is(&owner.to_string()));
        assert_eq!(Owner::parse("Municipality/tenants/chiyoda"), Some(owner.clone()));
        for other in [
            "Municipality/tenants/chiyoda2",
            "Municipality/tenants/chiyoda/2",
            "Municipality/tenants",
            "FileLinkBucket/tenants/chiyoda",
            "Municipality//chiyoda",
            "",
        ] {
            assert!(!owner.is(other), "{other}");
        }
    }
}
