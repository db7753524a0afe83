//! Whether a role that people name will do. Nothing is ever written to it.

use jichitai_api::Reason;

use super::{Role, Want, readable};
use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::policy::document::{Document, Statement};
use crate::policy::key_policy::RoleArn;

/// Compares a role that people name with what it is needed for; never plans a write. Returns
/// whether it will do. `want` is what we would have made.
pub fn check(given: &RoleArn, want: &Want, observed: &Observation<Role>, part: &Part, plan: &mut Plan) -> bool {
    let role = match observed {
        Observation::Present(role) if role.arn == given.arn => role,
        Observation::Present(_) | Observation::Absent => {
            let text = Text::new(
                format!("{} does not exist: create it, or name another role", given.arn),
                format!("{} が存在しません。作成するか、別のロールを指定してください", given.arn),
            );
            plan.block(part, Reason::PrincipalNotFound, text);
            return false;
        }
        Observation::Unreadable(fault) => {
            plan.unreadable(part, fault);
            return false;
        }
    };
    let Some((trust, inline, attached)) = readable(role, part, plan) else {
        return false;
    };
    for fault in attached.values().filter_map(Observation::fault) {
        plan.unreadable(part, fault);
    }
    let permissions = Document::new(
        inline
            .values()
            .chain(attached.values().filter_map(Observation::present))
            .flat_map(|document| document.statements.iter().cloned())
            .collect(),
    );
    let no_trust = uncovered(&want.trust, trust);
    let no_right = uncovered(&want.policy, &permissions);
    let unread = attached.values().any(|document| document.fault().is_some());
    if let Some(missing) = &no_trust {
        let text = Text::new(
            format!("add to the trust policy of {}: {missing}", given.arn),
            format!("{} の信頼ポリシーに追加してください: {missing}", given.arn),
        );
        plan.block(part, Reason::ReferenceNotReady, text);
    }
    // What could not be read may hold it.
    if let Some(missing) = no_right.as_ref().filter(|_| !unread) {
        let text = Text::new(
            format!("add to a policy of {}: {missing}", given.arn),
            format!("{} のポリシーに追加してください: {missing}", given.arn),
        );
        plan.block(part, Reason::ReferenceNotReady, text);
    }
    no_trust.is_none() && no_right.is_none()
}

/// The statements of `want` that `have` does not cover, as a policy to copy.
fn uncovered(want: &Document, have: &Document) -> Option<String> {
    let statements: Vec<Statement> = want
        .statements
        .iter()
        .filter(|statement| !have.covers(statement))
        .cloned()
        .collect();
    (!statements.is_empty()).then(|| Document::new(statements).to_json())
}
