//! From the object to everything a pass needs: account, target, context. What is missing becomes
//! a condition.

use std::collections::BTreeMap;
use std::sync::Arc;

use jichitai_api::common::{DeletionPolicy, DestructiveChanges};
use jichitai_api::municipality::Environment;
use jichitai_api::{ConditionType, FileLinkBucket, Municipality, Reason};
use jichitai_aws::accounts::AccountAccess;
use jichitai_aws::session::Session;
use jichitai_plan::calendar;
use jichitai_plan::context::{Context, japan_date};
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::municipality::checks::SpecFault;
use jichitai_plan::municipality::claims::Claim;
use jichitai_plan::municipality::report::{Answer, Aspect, Pace, reason_of};
use jichitai_plan::municipality::target::{self, Sources, Target};
use jichitai_plan::municipality::teardown::Remains;
use jichitai_plan::plan::Text;
use jichitai_plan::policy::key_policy::RoleArn;
use jiff::Timestamp;
use kube::ResourceExt;

use crate::config::{Account, Config};
use crate::shared::Shared;

/// What the object asks of AWS.
pub enum Goal {
    /// To be like this.
    Present(Box<Target>),
    /// To go, as the policy says.
    Absent {
        /// How far.
        policy: DeletionPolicy,
        /// Names that only we can compute.
        remains: Remains,
    },
}

/// Everything a pass needs.
pub struct Prepared {
    /// What is asked.
    pub goal: Goal,
    /// The plan's context.
    pub ctx: Context,
    /// The account.
    pub account: AccountId,
    /// AWS.
    pub session: Arc<Session>,
    /// The configuration of this pass.
    pub config: Arc<Config>,
    /// What this object and all others claim.
    pub claims: (Claim, Vec<Claim>),
    /// Why the calendar is closed.
    pub closed: Option<calendar::Closed>,
    /// Whether destructive steps need an approval.
    pub destructive: DestructiveChanges,
}

/// Why no pass is made.
pub struct Obstacle {
    /// The condition that says so.
    pub aspect: Aspect,
}

impl Obstacle {
    fn new(kind: ConditionType, pace: Pace, reason: Reason, message: Text) -> Self {
        Self {
            aspect: Aspect {
                kind,
                answer: Answer::False,
                pace,
                reason,
                message,
            },
        }
    }

    /// The faults of a spec, as one condition.
    pub fn faults(faults: &[SpecFault]) -> Self {
        let line = |text: fn(&SpecFault) -> &str| {
            faults
                .iter()
                .map(|fault| format!("{}: {}", fault.path, text(fault)))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let message = Text::new(line(|fault| &fault.message.en), line(|fault| &fault.message.ja));
        let reason = faults.first().map_or(Reason::InvalidSpec, |fault| fault.reason);
        Self::new(ConditionType::SpecValid, Pace::Stuck, reason, message)
    }
}

/// Gathers everything.
///
/// # Errors
/// The first obstacle, as a condition.
pub async fn prepare(object: &Municipality, shared: &Shared, now: Timestamp) -> Result<Prepared, Obstacle> {
    let config = shared.config.get();
    let spec = &object.spec;
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let identity = Identity {
        installation: config.installation.clone(),
        owner: Owner::municipality(&namespace, &name),
    };
    let entry = config.grant(&namespace, spec.environment, &spec.account_id);
    let entry = entry.map_err(|text| {
        let text = if object.metadata.deletion_timestamp.is_some() {
            or_retain(&text)
        } else {
            text
        };
        Obstacle::new(
            ConditionType::AccountReady,
            Pace::Stuck,
            Reason::AccountNotGranted,
            text,
        )
    })?;
    let closed = calendar::closed(
        &spec.common.change_windows,
        &spec.common.freezes,
        config.hold(&namespace).as_ref(),
        now,
    );
    // A deletion is made from what is owned, whatever the spec says by now.
    let closed = if object.metadata.deletion_timestamp.is_some() {
        closed.or(Ok(None))
    } else {
        closed
    };
    let closed = closed.map_err(|(index, bad)| {
        let path = format!("spec.changeWindows[{index}].{}", bad.field);
        Obstacle::faults(&[SpecFault::invalid(path, bad.problem.clone(), bad.problem)])
    })?;
    let goal = goal(object, shared, &config, &identity, entry, now)?;
    let session = session(entry, &config, shared).await?;
    let common_tags = match &goal {
        Goal::Present(target) => target.tags.clone(),
        Goal::Absent { .. } => BTreeMap::new(),
    };
    let inventory = object
        .status
        .as_ref()
        .map(|status| status.common.inventory.clone())
        .unwrap_or_default();
    let ctx = Context {
        identity,
        now,
        settings: config.settings(),
        ledger: Ledger::new(inventory),
        adopt: spec.common.adopt.clone(),
        common_tags,
    };
    let others = shared
        .municipalities
        .state()
        .iter()
        .filter(|other| other.metadata.deletion_timestamp.is_none())
        .map(|other| Claim::of(other))
        .collect();
    let default = if spec.environment == Environment::Production {
        DestructiveChanges::RequireApproval
    } else {
        DestructiveChanges::Allow
    };
    Ok(Prepared {
        goal,
        ctx,
        account: session.account().clone(),
        session,
        claims: (Claim::of(object), others),
        closed,
        destructive: spec.common.destructive_changes.unwrap_or(default),
        config,
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

fn goal(
    object: &Municipality,
    shared: &Shared,
    config: &Config,
    identity: &Identity,
    entry: &Account,
    now: Timestamp,
) -> Result<Goal, Obstacle> {
    let spec = &object.spec;
    if object.metadata.deletion_timestamp.is_some() {
        let names = target::purposes(spec.encryption.key_granularity).iter();
        let aliases = names
            .map(|(_, name)| (format!("key.{name}"), identity.alias(&spec.code, name)))
            .collect();
        let remains = Remains {
            aliases,
            account: AccountId::new(&spec.account_id),
        };
        return Ok(Goal::Absent {
            policy: spec.common.deletion_policy,
            remains,
        });
    }
    let buckets = shared.buckets.state();
    let mine = |bucket: &&Arc<FileLinkBucket>| {
        bucket.namespace() == object.namespace() && bucket.spec.municipality_ref.name == object.name_any()
    };
    let buckets: Vec<&FileLinkBucket> = buckets.iter().filter(mine).map(AsRef::as_ref).collect();
    let operator = entry.role_arn.as_deref().and_then(RoleArn::new);
    let sources = Sources {
        identity,
        buckets: &buckets,
        operator: operator.as_ref(),
        default_tags: &config.default_tags,
        today: japan_date(now),
    };
    target::target(spec, &sources)
        .map(|target| Goal::Present(Box::new(target)))
        .map_err(|faults| Obstacle::faults(&faults))
}

async fn session(entry: &Account, config: &Config, shared: &Shared) -> Result<Arc<Session>, Obstacle> {
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
        session_name: format!("jichitai-{}", config.installation),
    };
    shared.accounts.session(&access).await.map_err(|fault| {
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
