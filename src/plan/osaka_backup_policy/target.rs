//! What a policy asks for, parsed and checked: after this nobody sees a text that could be wrong.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::common::Mode;
use jichitai_api::municipality::{Isolation, KeyGranularity};
use jichitai_api::osaka_backup_policy::{
    Consistency, OsakaBackupPolicy, OsakaBackupPolicySpec, RestoreDrill, Stacks, TagSelector,
};
use jichitai_api::{Municipality, Region};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::identity::{AccountId, Identity, short_hash};
use crate::municipality::place;
use crate::osaka_backup_policy::coverage::Coverage;
use crate::osaka_backup_policy::drill::{Drill, Last};
use crate::osaka_backup_policy::retention::Rules;
use crate::osaka_backup_policy::schedule::{Schedules, Slot, crontab, is_label};
use crate::osaka_backup_policy::source::{Medium, Selector};
use crate::osaka_backup_policy::template::{self, Templates};
use crate::policy::role_arn::RoleArn;
use crate::spec_fault::SpecFault;
use crate::tags::{self, Tags};

/// The annotation by which a run is asked for, a [`Slot`] as its value.
pub const RUN_ANNOTATION: &str = "jichitai.dev/run";

/// How a key is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyName {
    /// By the alias that its municipality gave it.
    Alias(String),
    /// By its ARN in the spec.
    Arn(String),
}

/// What belongs to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// Everything in the account.
    Account,
    /// What is encrypted under one of these keys in Tokyo, or has one of these codes in its tags.
    Shared {
        /// Aliases of the keys.
        keys: BTreeSet<String>,
        /// Codes of the municipalities.
        codes: BTreeSet<String>,
    },
}

/// What AWS shall have.
#[derive(Clone, Debug)]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// How sources are found, by kind; without an entry where the spec asks for no such source.
    pub selectors: BTreeMap<Medium, Selector>,
    /// Where templates are kept, where there are any or shall be.
    pub templates: Option<Templates>,
    /// Whether instances are stopped for their image.
    pub reboots: bool,
    /// The key of each kind of copy in Osaka.
    pub keys: BTreeMap<Medium, KeyName>,
    /// When runs are due.
    pub schedules: Schedules,
    /// How long after its time a run may start.
    pub deadline: SignedDuration,
    /// Whether no new run is started.
    pub suspended: bool,
    /// A run that somebody asked for.
    pub requested: Option<Slot>,
    /// The last run that status knows.
    pub last: Option<Slot>,
    /// Since when the object exists: what was due before is none of its business.
    pub since: Timestamp,
    /// Which copies stay in Osaka.
    pub retention: Rules,
    /// Which copies stay in Tokyo.
    pub source_side: Rules,
    /// How old the newest good copy may be.
    pub recovery_point_objective: SignedDuration,
    /// What belongs to the tenant.
    pub tenancy: Tenancy,
    /// What else is copied, and what need not be.
    pub coverage: Coverage,
    /// Whether nothing is begun, and copies are only looked at.
    pub watches: bool,
    /// Restore drills, where the spec asks for them.
    pub drill: Option<Drill>,
    /// The last drill that status knows.
    pub last_drill: Option<Last>,
    /// How long the last drill took that came to its end.
    pub measured: Option<SignedDuration>,
    /// Descriptive tags of every copy.
    pub tags: Tags,
    /// The spec that decides over what AWS shall have, as text: times and runs are no part of it.
    wish: String,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            wish,
            requested,
            last,
            last_drill,
            since,
            ..
        } = self;
        (wish, requested, last, last_drill, since)
            == (
                &other.wish,
                &other.requested,
                &other.last,
                &other.last_drill,
                &other.since,
            )
    }
}

impl Eq for Target {}

impl Target {
    /// The kinds of sources that the spec asks for and whose copies are made in Tokyo.
    pub fn copied(&self) -> impl Iterator<Item = Medium> {
        let asked = |medium: &Medium| self.selectors.contains_key(medium);
        Medium::COPIED.into_iter().filter(asked)
    }

    /// The hash by which a later difference in AWS is told from a change of the spec.
    #[must_use]
    pub fn hash(&self) -> String {
        short_hash(&self.wish, 32)
    }
}

/// What a target is made from besides the object.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Installation and owner.
    pub identity: &'a Identity,
    /// The municipalities that the spec refers to.
    pub municipalities: &'a [&'a Municipality],
    /// The other policies of the account.
    pub others: &'a [&'a OsakaBackupPolicySpec],
    /// The day in Japan.
    pub today: Date,
    /// Tags that the platform team puts on everything.
    pub default_tags: &'a Tags,
    /// The operator's role in the account, where it is configured.
    pub operator: Option<&'a RoleArn>,
    /// Roles for emergencies.
    pub break_glass: &'a BTreeSet<RoleArn>,
    /// The same with those that have ended.
    pub break_glass_before: &'a BTreeSet<RoleArn>,
}

/// Parses and checks the spec.
///
/// # Errors
/// Every fault with its path and what to do, when there is any.
pub fn target(object: &OsakaBackupPolicy, from: &Sources<'_>) -> Result<Target, Vec<SpecFault>> {
    let spec = &object.spec;
    let mut faults = Vec::new();
    let schedules = keep(Schedules::parse(spec), &mut faults);
    let retention = keep(Rules::parse(&spec.retention, &spec.holds), &mut faults);
    let objective = duration(
        "spec.recoveryPointObjective",
        &spec.recovery_point_objective,
        &mut faults,
    );
    not_there_yet(spec, &mut faults);
    let templates = templates(object, from, &mut faults);
    let keys = keys(spec, from, &mut faults);
    let drill = drill(spec, from, &mut faults);
    let account = account(from, &mut faults);
    let requested = object
        .metadata
        .annotations
        .as_ref()
        .and_then(|all| all.get(RUN_ANNOTATION));
    let requested = requested.and_then(|text| match text.parse::<Slot>() {
        Ok(slot) if is_label(&slot.label) => Some(slot),
        _ => {
            let path = format!("metadata.annotations[{RUN_ANNOTATION}]");
            let en = format!("{text} names no run: write a label of at most 64 letters, digits, spaces and + - = . _ : /, then @ and the time as 20270331T200000Z, or use jichitai backup run");
            let ja = format!("{text} は実行の名前ではありません。64 文字以内のラベル、@、20270331T200000Z の形の時刻を続けて書くか、jichitai backup run を使ってください");
            faults.push(SpecFault::invalid(path, en, ja));
            None
        }
    });
    let (Some(account), Some(schedules), Some(retention), Some(objective), true) =
        (account, schedules, retention, objective, faults.is_empty())
    else {
        return Err(faults);
    };
    let status = object.status.as_ref();
    let last = status.and_then(|status| status.last_run.as_ref()).map(|run| Slot {
        time: run.time.0,
        label: run.label.clone(),
    });
    let created = object.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let tags = common_tags(spec, from);
    let holders = templates.as_ref().map(|one| (&one.operator, &one.break_glass));
    let wish = format!("{:?}", (&account, wish(spec), &keys, &tags, holders));
    Ok(Target {
        account,
        selectors: selectors(spec),
        templates,
        reboots: spec.sources.consistency == Consistency::Stopped,
        keys,
        schedules,
        deadline: SignedDuration::from_secs(i64::from(spec.starting_deadline_seconds)),
        suspended: spec.suspend,
        requested,
        last,
        since: created.unwrap_or(Timestamp::MIN),
        source_side: retention.clone().source_side(&spec.retention),
        retention,
        recovery_point_objective: objective,
        tenancy: tenancy(from),
        coverage: Coverage::new(spec, from.others, from.today),
        watches: spec.common.mode == Mode::Observe,
        drill,
        last_drill: status.and_then(|status| status.last_drill.as_ref()).map(|last| Last {
            begun: last.time.0,
            run: last.run.clone(),
            completed: last.completed.as_ref().map(|time| time.0),
        }),
        measured: status
            .and_then(|status| status.measured_restore_time.as_ref())
            .and_then(|text| text.parse().ok()),
        tags,
        wish,
    })
}

fn keep<T>(result: Result<T, Vec<SpecFault>>, faults: &mut Vec<SpecFault>) -> Option<T> {
    result.map_err(|more| faults.extend(more)).ok()
}

fn duration(path: &str, text: &str, faults: &mut Vec<SpecFault>) -> Option<SignedDuration> {
    let parsed = text.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    if parsed.is_none() {
        let en = format!("{text} is no duration: write it as 26h or 90m");
        let ja = format!("{text} は期間ではありません。26h や 90m の形で書いてください");
        faults.push(SpecFault::invalid(path, en, ja));
    }
    parsed
}

/// What of the spec decides over AWS: not when runs are due, nor how the operator acts.
fn wish(spec: &OsakaBackupPolicySpec) -> String {
    let OsakaBackupPolicySpec {
        municipality_ref: _,
        municipality_refs: _,
        schedules: _,
        starting_deadline_seconds: _,
        suspend: _,
        sources,
        destination,
        retention,
        holds,
        recovery_point_objective,
        recovery_time_objective,
        restore_drill,
        coverage_exceptions: _,
        common: _,
    } = spec;
    format!(
        "{:?}",
        (
            sources,
            destination,
            retention,
            holds,
            recovery_point_objective,
            recovery_time_objective,
            restore_drill
        )
    )
}

/// Fields of the API that this version does not act on: better refused than passed over in silence.
fn not_there_yet(spec: &OsakaBackupPolicySpec, faults: &mut Vec<SpecFault>) {
    if !spec.common.adopt.is_empty() {
        faults.push(SpecFault::invalid(
            "spec.adopt",
            "this version does not act on this field: remove it",
            "このバージョンはこの項目に対応していません。削除してください",
        ));
    }
}

/// The bucket of templates: while stacks are asked for, and as long as there is one.
fn templates(object: &OsakaBackupPolicy, from: &Sources<'_>, faults: &mut Vec<SpecFault>) -> Option<Templates> {
    let spec = &object.spec;
    let kept = object.status.iter().flat_map(|status| &status.common.inventory);
    let part = template::part();
    let mut kept = kept.filter(|entry| (entry.region, entry.role.as_str()) == (part.region, part.role.as_str()));
    let asked = spec.sources.stacks.is_some();
    if !asked && kept.next().is_none() {
        return None;
    }
    if from.operator.is_none() && asked {
        faults.push(SpecFault::invalid(
            "spec.sources.stacks",
            "templates are kept in a bucket that is only for the operator's role in the account: write accounts[].roleArn in the operator's configuration",
            "テンプレートのバケットはアカウント内のオペレーターのロール専用です。オペレーターの設定に accounts[].roleArn を書いてください",
        ));
    }
    Some(Templates {
        bucket: template::bucket_name(spec, from.identity),
        operator: from.operator?.clone(),
        break_glass: from.break_glass.clone(),
        break_glass_before: from.break_glass_before.clone(),
    })
}

/// How the sources that a spec asks for are found.
pub(crate) fn selectors(spec: &OsakaBackupPolicySpec) -> BTreeMap<Medium, Selector> {
    let sources = &spec.sources;
    let of = |medium, selector: &Option<TagSelector>| {
        let tags = selector.as_ref().map(|one| one.match_tags.clone());
        tags.map(|tags| (medium, Selector::Tags(tags.into())))
    };
    let names = |stacks: &Stacks| Selector::Names(stacks.names.iter().cloned().collect());
    let all = [
        of(Medium::Image, &sources.instances),
        of(Medium::Snapshot, &sources.volumes),
        of(Medium::Database, &sources.databases),
        of(Medium::Cluster, &sources.databases),
        sources.stacks.as_ref().map(|stacks| (Medium::Template, names(stacks))),
    ];
    all.into_iter().flatten().collect()
}

fn keys(spec: &OsakaBackupPolicySpec, from: &Sources<'_>, faults: &mut Vec<SpecFault>) -> BTreeMap<Medium, KeyName> {
    let given = &spec.destination.kms_key_arn;
    let name = |medium: Medium| {
        if !given.is_empty() {
            return Some(KeyName::Arn(given.clone()));
        }
        let [municipality] = from.municipalities else {
            return None;
        };
        Some(own_key(municipality, medium, from))
    };
    if given.is_empty() && from.municipalities.len() != 1 {
        faults.push(SpecFault::invalid(
            "spec.destination.kmsKeyArn",
            "copies of several municipalities need a key that is named: write the ARN of a key in Osaka",
            "複数の団体の場合は、大阪の鍵の ARN を指定してください",
        ));
    }
    Medium::ALL
        .into_iter()
        .filter_map(|medium| Some((medium, name(medium)?)))
        .collect()
}

/// The restore drills that the spec asks for.
fn drill(spec: &OsakaBackupPolicySpec, from: &Sources<'_>, faults: &mut Vec<SpecFault>) -> Option<Drill> {
    let RestoreDrill {
        schedule,
        time_zone,
        delete_after,
    } = spec.restore_drill.as_ref()?;
    let cron = keep(
        crontab("spec.restoreDrill.schedule", schedule, time_zone).map_err(|fault| vec![fault]),
        faults,
    );
    let delete_after = duration("spec.restoreDrill.deleteAfter", delete_after, faults);
    let objective = duration("spec.recoveryTimeObjective", &spec.recovery_time_objective, faults);
    let [municipality] = from.municipalities else {
        faults.push(SpecFault::invalid(
            "spec.restoreDrill",
            "a drill needs the key in Tokyo of one municipality: write a policy for each, or leave it out",
            "訓練には東京の鍵が 1 つ必要です。団体ごとにポリシーを分けるか、削除してください",
        ));
        return None;
    };
    let keys = Medium::COPIED
        .into_iter()
        .map(|medium| (medium, own_key(municipality, medium, from)));
    let network = &municipality.spec.network;
    let zones = network.zones.iter().flat_map(|zone| &zone.subnets);
    let zone = zones.map(|subnet| &subnet.availability_zone).next();
    Some(Drill {
        cron: cron?,
        delete_after: delete_after?,
        objective: objective?,
        availability_zone: zone.cloned().unwrap_or_else(|| format!("{}a", Region::Tokyo.as_str())),
        keys: keys.collect(),
    })
}

/// The alias of a municipality's key for a kind of copy: the same in both Regions.
fn own_key(municipality: &Municipality, medium: Medium, from: &Sources<'_>) -> KeyName {
    let purpose = match municipality.spec.encryption.key_granularity {
        KeyGranularity::PerMunicipality => "all",
        KeyGranularity::PerService => medium.key_purpose(),
    };
    let owner = place::identity(municipality, &from.identity.installation);
    KeyName::Alias(owner.alias(&municipality.spec.code, purpose))
}

fn account(from: &Sources<'_>, faults: &mut Vec<SpecFault>) -> Option<AccountId> {
    let ids: BTreeSet<&String> = from.municipalities.iter().map(|one| &one.spec.account_id).collect();
    let [id] = ids.iter().collect::<Vec<_>>()[..] else {
        faults.push(SpecFault::invalid(
            "spec.municipalityRefs",
            "the municipalities are in different accounts: write one policy for each account",
            "団体のアカウントが異なります。アカウントごとにポリシーを分けてください",
        ));
        return None;
    };
    AccountId::new(id)
}

fn tenancy(from: &Sources<'_>) -> Tenancy {
    if let [one] = from.municipalities
        && one.spec.isolation == Isolation::Account
    {
        return Tenancy::Account;
    }
    let aliases = from.municipalities.iter().flat_map(|one| {
        let owner = place::identity(one, &from.identity.installation);
        let purposes = crate::municipality::target::purposes(one.spec.encryption.key_granularity);
        purposes.iter().map(move |(_, name)| owner.alias(&one.spec.code, name))
    });
    Tenancy::Shared {
        keys: aliases.collect(),
        codes: from.municipalities.iter().map(|one| one.spec.code.clone()).collect(),
    }
}

/// The tags of the municipality, where there is one; several have only the environment in common.
fn common_tags(spec: &OsakaBackupPolicySpec, from: &Sources<'_>) -> Tags {
    let mut all = from.default_tags.clone();
    all.extend(&spec.common.tags);
    let values = |of: fn(&Municipality) -> &str| from.municipalities.iter().map(|one| of(one)).collect::<BTreeSet<_>>();
    let common = [
        (tags::MUNICIPALITY, values(|one| &one.spec.code)),
        (tags::ENVIRONMENT, values(|one| one.spec.environment.as_str())),
        (tags::SYSTEM, values(|one| &one.spec.system_name)),
    ];
    for (key, values) in common {
        if let [value] = values.into_iter().collect::<Vec<_>>()[..] {
            all.insert(key, value);
        }
    }
    all
}
