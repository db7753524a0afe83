//! What the operator may do is what it did.

use std::collections::BTreeSet;

use jichitai_plan::permissions::{Permission, Purpose};
use serde_json::Value;

use crate::rig::{OPERATOR_ROLE, Outcome, RECOVERY_ROLE, Rig};

/// Whether every action that `jichitai iam-policy` prints was used while all cases ran.
///
/// # Panics
/// With the actions that were not.
pub async fn all_are_needed(rig: &Rig) -> Outcome {
    let used = rig.stack.aws_get("actions").await?;
    let of = |role: &str| -> BTreeSet<String> {
        let actions = used[role].as_array().into_iter().flatten();
        actions.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut needless = Vec::new();
    for purpose in Purpose::ALL {
        let used = match purpose {
            // Templates are read by the operator's role.
            Purpose::Recovery => of(RECOVERY_ROLE).union(&of(OPERATOR_ROLE)).cloned().collect(),
            _ => of(OPERATOR_ROLE),
        };
        for Permission { sid, actions, .. } in purpose.permissions() {
            let unused = actions.iter().filter(|action| !used.contains(**action));
            needless.extend(unused.map(|action| format!("{} {sid}: {action}", purpose.name())));
        }
    }
    assert!(needless.is_empty(), "nobody needed these:\n{}", needless.join("\n"));
    Ok(())
}
