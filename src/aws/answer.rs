//! What an answer of AWS means where nothing more is wanted of it.

use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::step::Created;

/// `NotFound` as an answer instead of a fault.
pub(crate) fn if_found<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The effect of a write that brings nothing new.
pub(crate) fn done<T>(result: Result<T, Fault>) -> Result<Option<Created>, Fault> {
    result.map(|_| None)
}

/// The effect of a deletion. What is not found has been deleted already; should AWS merely not show it
/// yet, the next observation does.
pub(crate) fn gone<T>(result: Result<T, Fault>) -> Result<Option<Created>, Fault> {
    match result {
        Err(fault) if fault.kind == FaultKind::NotFound => {
            tracing::debug!(%fault, "nothing left to delete");
            Ok(None)
        }
        other => done(other),
    }
}

/// A moment that AWS tells, to the second.
pub(crate) fn moment(time: aws_smithy_types::DateTime) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(time.secs()).ok()
}
