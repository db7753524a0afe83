//! How new what is read has to be.

use std::time::{Duration, Instant};

/// How new what is read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Lists that all objects of the account share, of the last half minute, and details that were read within six hours and
    /// have not changed since as far as lists show: to see whether there is anything to do.
    Shared(Known),
    /// Everything of the object, read by itself, and details that were read after that moment: before anything is changed.
    Anew(Instant),
    /// What takes turns even so, as tags in Route 53 Resolver do: before everything is taken away.
    Whole,
}

/// From when on what is shared counts; without it, whatever is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Lists whose reading began after this.
    pub lists: Option<Instant>,
    /// Details that were read after this.
    pub details: Option<Instant>,
    /// Whether many objects have something left to do: then lists are read for all of them together, also where they have
    /// to be as they are now.
    pub crowd: bool,
}

impl Depth {
    /// Whatever is kept.
    #[must_use]
    pub fn shared() -> Self {
        Self::Shared(Known::default())
    }

    /// Everything of the object as it is now.
    #[must_use]
    pub fn fresh() -> Self {
        Self::Anew(Instant::now())
    }

    /// Whether what is shared counts at all.
    #[must_use]
    pub fn is_shared(self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// From when on lists count.
    pub(crate) fn lists(self) -> Option<Instant> {
        match self {
            Self::Shared(known) => known.lists,
            Self::Anew(_) | Self::Whole => Some(Instant::now()),
        }
    }

    /// From when on details count.
    pub(crate) fn details(self) -> Option<Instant> {
        match self {
            Self::Shared(known) => known.details,
            Self::Anew(since) => Some(since),
            Self::Whole => Some(Instant::now()),
        }
    }
}

/// A moment that long ago. A clock younger than that has seen nothing that is older.
pub(crate) fn ago(period: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(period).unwrap_or(now)
}
