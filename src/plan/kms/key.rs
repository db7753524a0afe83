//! A customer-managed key (CMK): created with its policy, rotated, guarded, and deleted only after
//! everything was checked, a quarantine, and KMS's own waiting period.

use std::fmt;

use jichitai_api::Reason;
use jiff::Timestamp;

use crate::context::Context;
use crate::identity::Part;
use crate::kms::usage::KeyUsage;
use crate::observation::{Listing, Observation};
use crate::plan::{Plan, Text};
use crate::policy::document::Document;
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::{self, Tags};

/// What a key can be used for at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// In service.
    Enabled,
    /// No new use; data keys and attached volumes that are already open go on.
    Disabled,
    /// Unusable, and gone at that moment unless the deletion is cancelled.
    PendingDeletion {
        /// When KMS deletes it.
        at: Option<Timestamp>,
    },
    /// Being created or updated, or a state that we do not plan for.
    Other(String),
}

/// A key in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key id (a UUID).
    pub id: String,
    /// The full ARN, as bucket encryption and copies need it.
    pub arn: String,
    /// Its state.
    pub state: KeyState,
    /// Its description.
    pub description: String,
    /// The key policy.
    pub policy: Observation<Document>,
    /// Days between rotations; absent when rotation is off.
    pub rotation_days: Observation<u32>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Key {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// What the key shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Shown in consoles.
    pub description: String,
    /// The composed policy.
    pub policy: Document,
    /// The policy without regard to grants that have run out: what the spec once admitted. A
    /// narrowing down to `policy` that this explains needs no approval.
    pub policy_before_expiry: Document,
    /// 90 to 2560 days.
    pub rotation_days: u32,
    /// Whether new use is to be stopped; `confirmed` must hold for the step down.
    pub disabled: bool,
    /// Whether the dated confirmation for disabling is valid today.
    pub disable_confirmed: bool,
}

/// Writes to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateKey` with policy and tags.
    Create {
        /// Description.
        description: String,
        /// Key policy.
        policy: Document,
        /// Tags.
        tags: Tags,
    },
    /// `PutKeyPolicy`.
    PutPolicy {
        /// The key.
        id: String,
        /// The whole new policy.
        policy: Document,
    },
    /// `EnableKeyRotation`.
    Rotate {
        /// The key.
        id: String,
        /// Days.
        days: u32,
    },
    /// `UpdateKeyDescription`.
    Describe {
        /// The key.
        id: String,
        /// The text.
        description: String,
    },
    /// `TagResource`.
    Tag {
        /// The key.
        id: String,
        /// Tags to add or change.
        tags: Tags,
    },
    /// `TagResource` with the moment at which the quarantine began.
    Quarantine {
        /// The key.
        id: String,
        /// The moment; no part of the line, which has to read the same in every pass.
        since: Timestamp,
    },
    /// `UntagResource`.
    Untag {
        /// The key.
        id: String,
        /// The tag to remove.
        key: String,
    },
    /// `EnableKey`.
    Enable {
        /// The key.
        id: String,
    },
    /// `DisableKey`.
    Disable {
        /// The key.
        id: String,
    },
    /// `CancelKeyDeletion`; the key is disabled afterwards.
    CancelDeletion {
        /// The key.
        id: String,
    },
    /// `ScheduleKeyDeletion`.
    ScheduleDeletion {
        /// The key.
        id: String,
        /// 7 to 30 days.
        days: u32,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { description, .. } => write!(f, "create key “{description}”"),
            Self::PutPolicy { id, policy } => {
                let digest = crate::identity::short_hash(&policy.to_json(), 8);
                write!(
                    f,
                    "set the policy of key {id} to {} statements (digest {digest})",
                    policy.statements.len()
                )
            }
            Self::Rotate { id, days } => write!(f, "rotate key {id} every {days} days"),
            Self::Describe { id, description } => write!(f, "describe key {id} as “{description}”"),
            Self::Tag { id, tags } => write!(f, "tag key {id} with {}", tags::list(tags)),
            Self::Quarantine { id, .. } => write!(f, "put key {id} into quarantine"),
            Self::Untag { id, key } => write!(f, "remove tag {key} from key {id}"),
            Self::Enable { id } => write!(f, "enable key {id}"),
            Self::Disable { id } => write!(f, "disable key {id}"),
            Self::CancelDeletion { id } => write!(f, "cancel the deletion of key {id}"),
            Self::ScheduleDeletion { id, days } => write!(f, "schedule the deletion of key {id} in {days} days"),
        }
    }
}

/// Brings the key to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    keys: &'a Listing<Key>,
    named: Option<&str>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Key> {
    let tags = ctx.tags(&part.role);
    match resolve(keys, part, named, "SYMMETRIC_DEFAULT", ctx, plan) {
        Found::Halted => None,
        Found::Absent(creation) => {
            let Want {
                description, policy, ..
            } = want.clone();
            plan.step(Step::create(
                part,
                Action::Create {
                    description,
                    policy,
                    tags,
                },
                creation,
            ));
            None
        }
        Found::Adoptable(key) => {
            let difference = Difference::new("tags", tags::list(&tags), tags::list(&key.tags));
            plan.step(Step::change(
                part,
                Action::Tag {
                    id: key.id.clone(),
                    tags,
                },
                difference,
            ));
            None
        }
        Found::Ours(key) => {
            adjust(want, key, &tags, part, plan);
            Some(key)
        }
    }
}

fn adjust(want: &Want, key: &Key, tags: &Tags, part: &Part, plan: &mut Plan) {
    let Want {
        description,
        policy,
        policy_before_expiry,
        rotation_days,
        disabled,
        disable_confirmed,
    } = want;
    let id = key.id.clone();
    let mut change = |action, path: &str, want: &dyn fmt::Display, have: &dyn fmt::Display| {
        plan.step(Step::change(part, action, Difference::new(path, want, have)));
    };
    match (&key.state, disabled) {
        (KeyState::PendingDeletion { .. }, _) => {
            // Nothing else is accepted before; the key is Disabled afterwards.
            change(Action::CancelDeletion { id }, "state", &"Enabled", &"PendingDeletion");
            return;
        }
        (KeyState::Other(state), _) => {
            let text = Text::new(format!("key {id} is {state}"), format!("キー {id} は {state} の状態です"));
            plan.wait(part, Reason::WaitingForAws, text);
            return;
        }
        (KeyState::Disabled, false) => change(Action::Enable { id: id.clone() }, "state", &"Enabled", &"Disabled"),
        (KeyState::Enabled, true) if *disable_confirmed => {
            let difference = Difference::new("state", "Disabled", "Enabled");
            let risk = "new use of everything encrypted with the key; attached volumes and cached data keys go on until re-attached or expired";
            plan.step(Step::change(part, Action::Disable { id: id.clone() }, difference).risking(risk));
        }
        (KeyState::Enabled, true) => plan.block(
            part,
            Reason::ConfirmationNeeded,
            Text::new(
                "disabling needs spec.encryption.confirmDisable: \"<code>@<today in Japan, YYYY-MM-DD>\"",
                "無効化には spec.encryption.confirmDisable: \"<団体コード>@<日本の本日 YYYY-MM-DD>\" が必要です",
            ),
        ),
        (KeyState::Disabled, true) => plan.notice(
            part,
            Reason::KeyDisabled,
            Text::new(
                "disabled as the spec asks: no new use; attached volumes and cached data keys go on until re-attached or expired",
                "spec のとおり無効です。新たな使用はできません。接続済みのボリュームとキャッシュ済みのデータキーは、再接続または期限切れまで使えます",
            ),
        ),
        (KeyState::Enabled, false) => {}
    }
    let mut change = |action, path: &str, want: &dyn fmt::Display, have: &dyn fmt::Display| {
        plan.step(Step::change(part, action, Difference::new(path, want, have)));
    };
    if key.description != *description {
        let action = Action::Describe {
            id: id.clone(),
            description: description.clone(),
        };
        change(action, "description", description, &key.description);
    }
    let missing = tags::missing(tags, &key.tags);
    if !missing.is_empty() {
        let have = tags::list(&key.tags);
        change(
            Action::Tag {
                id: id.clone(),
                tags: missing.clone(),
            },
            "tags",
            &tags::list(&missing),
            &have,
        );
    }
    if key.tags.contains_key(tags::QUARANTINED_SINCE) {
        let key = tags::QUARANTINED_SINCE.to_owned();
        change(
            Action::Untag { id: id.clone(), key },
            "tags",
            &"not in quarantine",
            &"in quarantine",
        );
    }
    // KMS refuses rotation settings of a disabled key.
    if key.state == KeyState::Enabled && !disabled {
        match &key.rotation_days {
            Observation::Present(days) if days == rotation_days => {}
            Observation::Present(days) => change(
                Action::Rotate {
                    id: id.clone(),
                    days: *rotation_days,
                },
                "rotationPeriodDays",
                rotation_days,
                days,
            ),
            Observation::Absent => change(
                Action::Rotate {
                    id: id.clone(),
                    days: *rotation_days,
                },
                "rotationPeriodDays",
                rotation_days,
                &"off",
            ),
            Observation::Unreadable(fault) => plan.unreadable(part, fault),
        }
    }
    adjust_policy(policy, policy_before_expiry, key, part, plan);
}

fn adjust_policy(want: &Document, before_expiry: &Document, key: &Key, part: &Part, plan: &mut Plan) {
    let have = match &key.policy {
        Observation::Present(have) => have,
        Observation::Absent => &Document::default(),
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    if want.means_the_same(have) {
        return;
    }
    let action = Action::PutPolicy {
        id: key.id.clone(),
        policy: want.clone(),
    };
    let step = Step::change(part, action, Difference::new("policy", want.summary(), have.summary()));
    // Whoever wrote a statement, somebody may live by it. Repairing a drift needs no approval anyway.
    let lost = have.statements.iter().filter(|old| !before_expiry.covers(old)).count();
    plan.step(match lost {
        0 => step,
        n => step.risking(format!(
            "{n} statements admit less: principals lose access to what the key encrypts"
        )),
    });
}

/// Towards deletion: checked, disabled, quarantined, scheduled. Returns whether nothing is left to do.
pub fn teardown(
    keys: &Listing<Key>,
    named: Option<&str>,
    usage: impl Fn(&str) -> Option<KeyUsage>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) {
    let key = match resolve(keys, part, named, "", ctx, plan) {
        Found::Ours(key) => key,
        Found::Halted | Found::Absent(_) | Found::Adoptable(_) => return,
    };
    let id = key.id.clone();
    if matches!(key.state, KeyState::PendingDeletion { .. }) {
        return;
    }
    if let Some(unchecked) = unchecked_users(key) {
        let text = Text::new(
            format!(
                "what {unchecked} encrypt with key {id} cannot be listed: make sure that nothing needs it, set deletionPolicy: Retain, apply the object again without those services in spec.encryption.users, then delete it"
            ),
            format!(
                "{unchecked} がキー {id} で暗号化したものは一覧できません。不要であることを確認し、deletionPolicy を Retain にして、spec.encryption.users から該当サービスを外したオブジェクトを再適用してから削除してください"
            ),
        );
        return plan.block(part, Reason::KeyInUse, text);
    }
    let Some(usage) = usage(&id) else {
        let text = Text::new(
            "the uses of the key are being computed",
            "キーの使用状況を確認しています",
        );
        return plan.wait(part, Reason::DeletionBlocked, text);
    };
    if !usage.is_unused() {
        return blocked(&usage, part, plan);
    }
    let since = key
        .tags
        .get(tags::QUARANTINED_SINCE)
        .and_then(|at| at.parse::<Timestamp>().ok());
    let risk = "everything that was ever encrypted with the key, should one use have escaped the checks";
    let toward = |state| Difference::new("state", state, format!("{:?}", key.state));
    // The quarantine begins once the key is disabled, never before: the disabling may be refused, or
    // wait for its approval, and somebody may enable the key again in between.
    match (&key.state, since) {
        (KeyState::Enabled, None) => {
            plan.step(Step::change(part, Action::Disable { id }, toward("Disabled")).risking(risk))
        }
        (KeyState::Enabled, Some(_)) => {
            let difference = Difference::new("tags", "not in quarantine", "in quarantine");
            let key = tags::QUARANTINED_SINCE.to_owned();
            plan.step(Step::change(part, Action::Untag { id, key }, difference).risking(risk));
        }
        (_, None) => {
            let difference = Difference::new("tags", "in quarantine", "not in quarantine");
            plan.step(Step::change(part, Action::Quarantine { id, since: ctx.now }, difference).risking(risk));
        }
        (_, Some(since)) => {
            let until = since.checked_add(ctx.settings.key_quarantine).unwrap_or(Timestamp::MAX);
            if ctx.now < until {
                let text = Text::new(
                    format!(
                        "key {id} is disabled and in quarantine until {until}; to bring it back, set deletionPolicy: Retain and apply the object again once it is gone"
                    ),
                    format!(
                        "キー {id} は無効化され、{until} まで隔離されています。元に戻すには deletionPolicy を Retain に変更し、オブジェクトの削除後に再適用してください"
                    ),
                );
                return plan.wait_until(part, Reason::KeyQuarantined, text, until);
            }
            let days = ctx.settings.key_deletion_window_days;
            plan.step(
                Step::change(part, Action::ScheduleDeletion { id, days }, toward("PendingDeletion")).risking(risk),
            );
        }
    }
}

/// Services that the live policy admits and whose use of the key the checks do not cover.
fn unchecked_users(key: &Key) -> Option<String> {
    let statements = &key.policy.present()?.statements;
    let admitted = |sid: &str| statements.iter().any(|statement| statement.sid == sid);
    let services = [
        ("UseLogs", "CloudWatch Logs"),
        ("UseSecretsManager", "Secrets Manager"),
        ("UseEfs", "EFS"),
    ];
    let found: Vec<&str> = services
        .into_iter()
        .filter(|(sid, _)| admitted(sid))
        .map(|(_, name)| name)
        .collect();
    (!found.is_empty()).then(|| found.join(", "))
}

fn blocked(usage: &KeyUsage, part: &Part, plan: &mut Plan) {
    for fault in &usage.unreadable {
        plan.unreadable(part, fault);
    }
    if usage.uses.is_empty() {
        return;
    }
    let shown: Vec<String> = usage
        .uses
        .iter()
        .take(10)
        .map(|one| format!("{} {}", one.kind, one.id))
        .collect();
    let (n, shown) = (usage.uses.len(), shown.join(", "));
    let text = Text::new(
        format!("the key is still used by {n}: {shown}; remove or re-encrypt them first"),
        format!("キーは {n} 件で使用中です: {shown}。先に削除または再暗号化してください"),
    );
    plan.block(part, Reason::KeyInUse, text);
}

/// Folds an executed write into what is known.
pub fn absorb(keys: &mut Listing<Key>, action: &Action, created: Option<&Created>) {
    let Ok(keys) = keys else { return };
    if let (
        Action::Create {
            description,
            policy,
            tags,
        },
        Some(created),
    ) = (action, created)
    {
        keys.push(Key {
            id: created.id.clone(),
            arn: created.arn.clone().unwrap_or_default(),
            state: KeyState::Enabled,
            description: description.clone(),
            policy: Observation::Present(policy.clone()),
            rotation_days: Observation::Absent,
            tags: tags.clone(),
        });
        return;
    }
    let mut with = |id: &String, change: &dyn Fn(&mut Key)| {
        if let Some(key) = keys.iter_mut().find(|key| key.id == *id) {
            change(key);
        }
    };
    match action {
        Action::Create { .. } => {}
        Action::PutPolicy { id, policy } => with(id, &|key| key.policy = Observation::Present(policy.clone())),
        Action::Rotate { id, days } => with(id, &|key| key.rotation_days = Observation::Present(*days)),
        Action::Describe { id, description } => with(id, &|key| key.description.clone_from(description)),
        Action::Tag { id, tags } => with(id, &|key| key.tags.extend(tags)),
        Action::Quarantine { id, since } => with(id, &|key| {
            key.tags.insert(tags::QUARANTINED_SINCE, since.to_string());
        }),
        Action::Untag { id, key: tag } => with(id, &|key| {
            key.tags.remove(tag);
        }),
        Action::Enable { id } => with(id, &|key| key.state = KeyState::Enabled),
        Action::Disable { id } | Action::CancelDeletion { id } => with(id, &|key| key.state = KeyState::Disabled),
        Action::ScheduleDeletion { id, .. } => with(id, &|key| key.state = KeyState::PendingDeletion { at: None }),
    }
}
