//! Calls that are under way at the same time. Each is a connection with its buffers, so their number decides how much
//! memory the process needs; a few serve, as what may go out each second is limited anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jichitai_api::Region;

use crate::lane::{Desk, Lane, Place};

/// Calls of one service in one Region.
const AT_ONCE: usize = 20;
/// Those of them that are kept for what a person waits for.
const KEPT_FOR_EDITS: usize = 4;
/// Its calls mostly wait for messages, one for each queue.
const WAITS: &str = "SQS";

/// The places of the process, for all accounts: by service, so that one that hangs holds up no other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<Mutex<HashMap<(String, Region), Desk>>>);

impl Lines {
    /// Waits for a place; what waits for messages needs none.
    pub(crate) async fn place(&self, service: &str, region: Region, lane: Lane) -> Option<Place> {
        if service == WAITS {
            return None;
        }
        let desk = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Desk::new(AT_ONCE, KEPT_FOR_EDITS);
            all.entry((service.to_owned(), region)).or_insert_with(new).clone()
        };
        Some(desk.place(lane, "").await)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_service_that_hangs_holds_up_neither_edits_nor_other_services() {
        let lines = Lines::default();
        let asks = |service, region, lane| lines.place(service, region, lane).now_or_never();
        let polls: Vec<_> = (0..).map_while(|_| asks("KMS", Region::Tokyo, Lane::Poll)).collect();
        assert_eq!(polls.len(), AT_ONCE - KEPT_FOR_EDITS);
        assert!(asks("KMS", Region::Tokyo, Lane::Creation).is_none());
        assert!(asks("KMS", Region::Tokyo, Lane::Edit).is_some());
        assert!(asks("KMS", Region::Osaka, Lane::Poll).is_some());
        assert!(asks("EC2", Region::Tokyo, Lane::Poll).is_some());
        drop(polls);
        assert!(asks("KMS", Region::Tokyo, Lane::Poll).is_some());
    }
}
