//! How new what is read has to be.

/// How new what is read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Lists of the last half minute, which all objects of the account share, and details that were read within six hours and
    /// have not changed since as far as lists show: to see whether there is anything to do.
    Shared,
    /// Everything of the object as it is now: before anything is changed.
    Fresh,
    /// What takes turns even so, as tags in Route 53 Resolver do: before everything is taken away.
    Whole,
}
