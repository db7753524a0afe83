//! What a read of AWS can answer: the thing, that there is none, or that we do not know.

use std::fmt;

/// The kind of an AWS fault, from the one error table in the `aws` crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The named thing does not exist (any more, or not yet visible).
    NotFound,
    /// Something else already has the name, is in use, or depends on it.
    Conflict,
    /// IAM, a resource policy or a service control policy refused the call; retrying cannot help.
    Denied,
    /// AWS asks to slow down.
    Throttled,
    /// The request is wrong; it will be wrong again.
    Invalid,
    /// A service quota is exhausted.
    Limit,
    /// Network, time-out or a 5xx: the effect of a write is unknown.
    Transient,
}

impl FaultKind {
    /// Whether the call certainly had no effect (a definite refusal, as opposed to a time-out).
    #[must_use]
    pub fn is_definite(self) -> bool {
        !matches!(self, Self::Transient)
    }
}

/// Codes of faults of calls that were never sent.
pub const NOT_SENT: [&str; 2] = ["QueueTooLong", "WritesStopped"];

/// The code of a fault that no service of AWS answers: what is to be made is there, and has lost its tags.
pub const OWNERSHIP_LOST: &str = "OwnershipLost";

/// A refused or failed AWS call: what was attempted and what AWS said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The class that decides what happens next.
    pub kind: FaultKind,
    /// `service:Operation`, for example `kms:CreateKey`.
    pub operation: String,
    /// AWS's error code, for example `AccessDeniedException`.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// AWS's request id, when there was an answer.
    pub request_id: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// The three answers of a read. Not knowing is never taken for absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation<T> {
    /// It exists, like this.
    Present(T),
    /// It certainly does not exist.
    Absent,
    /// The read was refused or failed: nothing may be planned from it.
    Unreadable(Fault),
}

impl<T> Observation<T> {
    /// The value, where it is present.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// The same about something of it.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Observation<U> {
        match self {
            Self::Present(value) => Observation::Present(of(value)),
            Self::Absent => Observation::Absent,
            Self::Unreadable(fault) => Observation::Unreadable(fault),
        }
    }

    /// The value for writing, where it is present.
    pub fn present_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// The fault, where the read failed.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Unreadable(fault) => Some(fault),
            Self::Present(_) | Self::Absent => None,
        }
    }
}

/// All things of one type that concern the object (found by tags, inventory and adoption), or the
/// fault that kept us from listing them. An empty list is a certain absence.
pub type Listing<T> = Result<Vec<T>, Fault>;
