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
    /// The default key of EBS is one of the uses, and the one that the operator itself takes away.
    pub const EBS_DEFAULT: &'static str = "ebs-default";

    /// Takes the EBS default out of the uses.
    pub fn forget_ebs_default(&mut self) {
        self.uses.retain(|one| one.kind != Self::EBS_DEFAULT);
    }

    /// Whether nothing but the EBS default uses the key, and everything was checked.
    #[must_use]
    pub fn is_unused_but_by_default(&self) -> bool {
        self.unreadable.is_empty() && self.uses.iter().all(|one| one.kind == Self::EBS_DEFAULT)
    }

    /// Whether everything was checked and nothing was found.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.uses.is_empty() && self.unreadable.is_empty()
    }
}
