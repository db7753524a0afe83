//! By which request a write was done: what CloudTrail shows of it under the same id.

use std::cell::RefCell;

use jichitai_plan::observation::Fault;
use jichitai_plan::step::{Effect, Step};

use crate::session::Session;

tokio::task_local! {
    /// The id of the last write of a step.
    static LAST: RefCell<Option<String>>;
}

/// Notes the id of a request; nothing where nobody asks for it.
pub(crate) fn note(request_id: Option<&str>) {
    // It is not asked for outside of `perform`.
    let _unasked = LAST.try_with(|last| *last.borrow_mut() = request_id.map(str::to_owned));
}

impl Session {
    /// The same as [`Session::execute`], and AWS's id of the request where it answered.
    pub async fn perform(&self, step: &Step) -> (Result<Effect, Fault>, Option<String>) {
        let done = async {
            let result = self.execute(step).await;
            (result, LAST.with(RefCell::take))
        };
        LAST.scope(RefCell::default(), done).await
    }
}
