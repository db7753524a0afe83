//! What still needs a key. KMS cannot tell, so the uses are computed from the services that
//! encrypt with it; a use that could not be checked counts as a reason to wait.

use crate::observation::Fault;

/// One thing that needs the key to be readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// What it is: `volume`, `snapshot`, `image`, `bucket`, `database`, `grant`, `ebs-default` …
    pub kind: String,
    /// Its id or name.
    pub id: String,
}

/// The uses of one key, and how far we could look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// Kinds of things that were checked completely.
    pub checked: Vec<String>,
    /// What was found.
    pub uses: Vec<Use>,
    /// Checks that failed: the key may be in use there.
    pub unreadable: Vec<Fault>,
}

impl KeyUsage {
    /// Whether everything was checked and nothing was found.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.uses.is_empty() && self.unreadable.is_empty()
    }
}
