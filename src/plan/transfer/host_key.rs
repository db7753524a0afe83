//! Host keys: by what a server proves that it is itself.
//!
//! A server has up to ten. Of each type (RSA, ECDSA, ED25519) clients are shown the oldest, and they
//! choose among types by their own preference; so a key that shall be seen has to be the only one.
//! <https://docs.aws.amazon.com/transfer/latest/userguide/server-host-key-add.html>
//!
//! - A server is created with its key (`CreateServer.HostKey`) and so is never seen with another. A
//!   host key has its own tags, which that call cannot give: until they are there, a tag of the server
//!   says where the key came from.
//! - Another key is imported with its tag, and then the others go. A new key of the same type is seen
//!   from the moment when the old one goes, one of another type from its import.
//! - AWS documents no refusal to delete the last host key
//!   (<https://docs.aws.amazon.com/transfer/latest/APIReference/API_DeleteHostKey.html>), so it is
//!   never asked for: a key goes only while the wanted one is seen beside it, and nothing goes where
//!   the spec names no key.

use std::fmt;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::step::{Difference, Step};
use crate::transfer::server::{Action, Server};

/// The tag that says where a host key came from, [`HostKeySource::source_id`].
pub const SOURCE: &str = "jichitai:host-key-source";

/// A text that nobody sees: its digest stands for it.
#[derive(Clone)]
pub struct Secret {
    text: String,
    digest: String,
}

impl Secret {
    /// Takes the text in. White space around it means nothing; a key's last line ends, as parsers want.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self {
            text: format!("{text}\n"),
            digest: HEXLOWER.encode(&Sha256::digest(text.as_bytes())),
        }
    }

    /// The text itself, for the one call that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of the text, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.shown())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret {}", self.shown())
    }
}

impl Secret {
    fn shown(&self) -> &str {
        self.digest.get(..12).unwrap_or_default()
    }
}

/// Where a host key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKeySource {
    /// A version of a secret in Secrets Manager; its value is read only when it is imported.
    SecretsManager {
        /// The secret.
        arn: String,
        /// The version's id.
        version: String,
    },
    /// Given as it is.
    Given(Secret),
}

impl HostKeySource {
    /// What stands for the source in a tag: 64 hexadecimal digits, another for every key.
    #[must_use]
    pub fn source_id(&self) -> String {
        match self {
            Self::SecretsManager { arn, version } => {
                HEXLOWER.encode(&Sha256::digest(format!("{arn}#{version}").as_bytes()))
            }
            Self::Given(secret) => secret.digest().to_owned(),
        }
    }
}

impl fmt::Display for HostKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager { arn, version } => write!(f, "version {version} of {arn}"),
            Self::Given(secret) => secret.fmt(f),
        }
    }
}

/// A host key of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// `hostkey-…`.
    pub id: String,
    /// Its ARN, by which it is tagged.
    pub arn: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// `ssh-rsa`, `ecdsa-sha2-…` or `ssh-ed25519`.
    pub kind: String,
    /// Where it came from, by its tag.
    pub source: Option<String>,
    /// When it came.
    pub imported: Option<Timestamp>,
}

/// Makes the key of this source the server's only one.
pub(crate) fn plan(want: &HostKeySource, server: &Server, part: &Part, plan: &mut Plan) {
    let keys = match &server.host_keys {
        Observation::Present(keys) => keys.as_slice(),
        Observation::Absent => &[],
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    let source = want.source_id();
    let server_id = server.id.clone();
    if let Some(right) = keys.iter().find(|key| key.source.as_ref() == Some(&source)) {
        if server.tags.contains_key(SOURCE) {
            let difference = Difference::new("hostKey", "known by its own tag", "known by the server's tag");
            let arn = server.arn.clone();
            let action = Action::ForgetHostKeySource { server_id, arn };
            plan.step(Step::change(part, action, difference));
        }
        for other in keys.iter().filter(|key| key.id != right.id) {
            let difference = Difference::new("hostKey", &right.fingerprint, &other.fingerprint);
            let action = Action::DeleteHostKey {
                server_id: server.id.clone(),
                id: other.id.clone(),
                fingerprint: other.fingerprint.clone(),
            };
            let risk = format!("clients that know the server by {} only", other.fingerprint);
            plan.step(Step::change(part, action, difference).risking(risk));
        }
        return;
    }
    let difference = Difference::new("hostKey", want, "absent");
    let action = match from_creation(&source, keys, server) {
        Some(key) => Action::MarkHostKey {
            server_id,
            arn: key.arn.clone(),
            source,
        },
        None => Action::ImportHostKey {
            server_id,
            source: want.clone(),
        },
    };
    plan.step(Step::change(part, action, difference));
}

/// The key that the server was created with, as long as that is certain.
fn from_creation<'a>(source: &str, keys: &'a [HostKey], server: &Server) -> Option<&'a HostKey> {
    let created_with = server.tags.get(SOURCE).is_some_and(|tag| tag == source);
    let untagged = || keys.iter().filter(|key| key.source.is_none());
    let shown = untagged().find(|key| server.host_key_fingerprint.as_ref() == Some(&key.fingerprint));
    let only = untagged().next().filter(|_| keys.len() == 1);
    shown.or(only).filter(|_| created_with)
}
