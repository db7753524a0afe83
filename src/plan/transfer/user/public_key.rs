//! The public half of a key with which a user logs in.

use std::cmp::Ordering;
use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256};

/// An SSH public key. Type and body make the key; the comment means nothing.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kind: String,
    body: String,
    comment: String,
}

impl PublicKey {
    /// Reads a line of an `authorized_keys` file without options: type, body, comment.
    #[must_use]
    pub fn new(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (kind, body) = (word(), word());
        let comment = words.collect::<Vec<_>>().join(" ");
        Self { kind, body, comment }
    }

    /// The line for AWS.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { kind, body, comment } = self;
        format!("{kind} {body} {comment}").trim_end().to_owned()
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it; of a body that is no Base64, of its text.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let bytes = BASE64.decode(self.body.as_bytes());
        let bytes = bytes.unwrap_or_else(|_| self.body.clone().into_bytes());
        format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(bytes)))
    }

    fn identity(&self) -> (&str, &str) {
        (&self.kind, &self.body)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}
