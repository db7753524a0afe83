//! What comes before any pass: may the object use the account, may it change now, and can we get in.

use std::sync::Arc;

use jichitai_api::municipality::Environment;
use jichitai_api::{ConditionType, Municipality, Reason};
use jichitai_aws::accounts::{AccountAccess, Accounts};
use jichitai_aws::session::Session;
use jichitai_plan::calendar::{self, Closed};
use jichitai_plan::identity::AccountId;
use jichitai_plan::plan::Text;
use jichitai_plan::report::{Pace, reason_of};
use jichitai_plan::spec_fault::SpecFault;
use jiff::Timestamp;

use crate::config::{Account, Config};
use crate::kind::Kind;
use crate::obstacle::Obstacle;

/// The entry under which an object may use an account.
///
/// # Errors
/// What the platform team has to add, as a condition.
pub fn granted<'a, K: Kind>(
    config: &'a Config,
    namespace: &str,
    environment: Environment,
    account: &str,
    object: &K,
) -> Result<&'a Account, Obstacle> {
    config.grant(namespace, environment, account).map_err(|text| {
        let going = object.meta().deletion_timestamp.is_some();
        let text = if going { or_retain(&text) } else { text };
        Obstacle::new(
            ConditionType::AccountReady,
            Pace::Stuck,
            Reason::AccountNotGranted,
            text,
        )
    })
}

/// The Municipality that an object names is not there.
#[must_use]
pub fn no_municipality(path: &str, name: &str) -> Obstacle {
    Obstacle::faults(&[SpecFault {
        path: path.to_owned(),
        reason: Reason::ReferenceNotFound,
        message: Text::new(
            format!("there is no Municipality {name} in this namespace: create it, or mend the name"),
            format!("この名前空間に Municipality {name} がありません。作成するか、名前を直してください"),
        ),
    }])
}

/// The configuration's entry of the account of an object that names a Municipality (`reference`: where and
/// which): that one's, or for an object that goes without it, the one in the ledger.
///
/// # Errors
/// What is missing, as a condition.
pub fn entry<'a, K: Kind>(
    object: &K,
    municipality: Option<&Municipality>,
    reference: (&str, &str),
    config: &'a Config,
    namespace: &str,
) -> Result<&'a Account, Obstacle> {
    if let Some(municipality) = municipality {
        let (environment, account) = (municipality.spec.environment, &municipality.spec.account_id);
        return granted(config, namespace, environment, account, object);
    }
    let inventory = object
        .status()
        .into_iter()
        .flat_map(|status| &K::common_status(status).inventory);
    let known = inventory.map(|entry| entry.account.as_str()).next();
    let going = object.meta().deletion_timestamp.is_some();
    let entry = known
        .filter(|_| going)
        .and_then(|id| config.granted(namespace).into_iter().find(|one| one.id == id));
    entry.ok_or_else(|| {
        if !going {
            return no_municipality(reference.0, reference.1);
        }
        let text = Text::new(
            "the Municipality is gone and the account is not known or not granted: apply the Municipality again, or set deletionPolicy: Retain to let the object go without touching AWS",
            "Municipality がなく、アカウントが不明または許可されていません。Municipality を再適用するか、deletionPolicy を Retain にすると AWS に触れずに削除できます",
        );
        Obstacle::new(ConditionType::AccountReady, Pace::Moving, Reason::ReferenceNotFound, text)
    })
}

/// Why the calendar is closed for an object, when it is.
///
/// # Errors
/// The window that cannot be understood.
pub fn closed<K: Kind>(
    object: &K,
    config: &Config,
    namespace: &str,
    now: Timestamp,
) -> Result<Option<Closed>, Obstacle> {
    let common = object.common();
    let hold = config.hold(namespace);
    let closed = calendar::closed(&common.change_windows, &common.freezes, hold.as_ref(), now);
    // A deletion is made from what is owned, whatever the spec says by now.
    let closed = if object.meta().deletion_timestamp.is_some() {
        closed.or(Ok(None))
    } else {
        closed
    };
    closed.map_err(|(index, bad)| {
        let path = format!("spec.changeWindows[{index}].{}", bad.field);
        Obstacle::faults(&[SpecFault::invalid(path, bad.problem.clone(), bad.problem)])
    })
}

/// The way out for an object that cannot be deleted because its account is out of reach.
fn or_retain(text: &Text) -> Text {
    Text::new(
        format!(
            "{}; or set deletionPolicy: Retain to let the object go without touching AWS",
            text.en
        ),
        format!(
            "{}。または deletionPolicy を Retain にすると、AWS に触れずにオブジェクトを削除できます",
            text.ja
        ),
    )
}

/// The session in an account.
///
/// # Errors
/// Why there is none, as a condition.
pub async fn session(entry: &Account, config: &Config, accounts: &Accounts) -> Result<Arc<Session>, Obstacle> {
    let account = AccountId::new(&entry.id);
    let obstacle = |pace, reason, text| Obstacle::new(ConditionType::AccountReady, pace, reason, text);
    let Some(account) = account else {
        let text = Text::new(
            "the account id has not twelve digits",
            "アカウント ID が 12 桁ではありません",
        );
        return Err(obstacle(Pace::Stuck, Reason::InvalidSpec, text));
    };
    let access = AccountAccess {
        account,
        role_arn: entry.role_arn.clone(),
        external_id: entry.external_id.clone(),
        session_name: config.session_name(),
        rates: config.rates(entry),
    };
    accounts.session(&access).await.map_err(|fault| {
        let role = entry.role_arn.as_deref().unwrap_or("the operator's own identity");
        let text = Text::new(
            format!(
                "cannot work in account {} as {role}: {fault}; check the role's trust policy and external id",
                entry.id
            ),
            format!(
                "アカウント {} で {role} として作業できません: {fault}。信頼ポリシーと外部 ID を確認してください",
                entry.id
            ),
        );
        match reason_of(&fault) {
            reason @ (Reason::Throttled | Reason::AwsUnavailable) => obstacle(Pace::Moving, reason, text),
            _ => obstacle(Pace::Stuck, Reason::AssumeRoleFailed, text),
        }
    })
}
