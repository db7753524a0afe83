//! What the operator may do is what it did.

use std::collections::BTreeSet;

use jichitai_plan::permissions::{Permission, Purpose};
use serde_json::Value;

use crate::rig::{OPERATOR_ROLE, Outcome, RECOVERY_ROLE, Rig, root};

/// Whether every action that `jichitai iam-policy` prints was used while all cases ran, or is one that the round trips of
/// `src/aws` call, as they see to.
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
    let elsewhere = std::fs::read_to_string(root().join("tests/actions-of-round-trips.txt"))?;
    let elsewhere: BTreeSet<&str> = elsewhere.lines().filter_map(|line| line.split(' ').next()).collect();
    needless.retain(|line| !elsewhere.contains(line.rsplit(' ').next().unwrap_or_default()));
    assert!(needless.is_empty(), "nobody needed these:\n{}", needless.join("\n"));
    Ok(())
}
