//! The platform team's configuration: which namespace may use which account, and settings.
//!
//! One YAML file, usually a mounted ConfigMap.

mod events;
mod evidence;
mod live;
mod settings;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use jichitai_api::Region;
use jichitai_api::common::Party;
use jichitai_api::municipality::Environment;
use jichitai_aws::Rates;
use jichitai_aws::accounts::AccountAccess;
use jichitai_plan::calendar;
use jichitai_plan::identity::AccountId;
use jichitai_plan::plan::Text;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::tags::Tags;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Deserialize;

pub use self::events::{EventQueues, Queue};
pub use self::evidence::EvidenceStore;
pub use self::live::Live;
pub use self::settings::Times;
use crate::telemetry;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Name of the installation, part of the identity of every AWS resource: lower-case letters,
    /// digits and hyphens, at most 32. Clusters with the same name take over from one another.
    pub installation: String,
    /// Where it stands which cluster writes for the installation; without it nothing keeps two clusters of the same
    /// name apart.
    #[serde(default)]
    pub installation_lock: Option<InstallationLock>,
    /// Language of messages in status and Events.
    #[serde(default)]
    pub language: Language,
    /// Which log lines are written: a level, or levels by module as `info,jichitai=debug`; without it as `RUST_LOG` says.
    #[serde(default)]
    pub log_level: Option<String>,
    /// Accounts that tenants may be in.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// Tags on every AWS resource.
    #[serde(default)]
    pub default_tags: Tags,
    /// Parties that all have to approve a plan; with none, one approval of any party suffices.
    #[serde(default)]
    pub required_approvals: Vec<Party>,
    /// Between which namespaces objects may be moved (`spec.adoptFrom`); within one they always may.
    #[serde(default)]
    pub moves: Vec<Move>,
    /// Holds that stop changes, for example during an incident.
    #[serde(default)]
    pub holds: Vec<Hold>,
    /// Roles that may change bucket policies and settings in an emergency, besides the operator.
    #[serde(default)]
    pub break_glass_roles: Vec<BreakGlass>,
    /// Known 業務ID, besides those that the operator knows.
    #[serde(default)]
    pub businesses: Vec<String>,
    /// Into how many shards accounts are divided among the replicas, 1 to 64. One account is in one shard, and one replica
    /// works in a shard. It is read at the start of the process.
    #[serde(default = "one")]
    pub shards: NonZeroU32,
    /// The queues into which changes of AWS are reported.
    #[serde(default)]
    pub events: Option<EventQueues>,
    /// Where evidence is kept of what was done; without it none is.
    #[serde(default)]
    pub evidence: Option<EvidenceStore>,
    /// Detective checks of accounts.
    #[serde(default)]
    pub detective_checks: DetectiveChecks,
    /// How many calls a second AWS takes in one account and Region, by family, where it differs from the defaults.
    #[serde(default)]
    pub limits: Rates,
    /// Times and quotas.
    #[serde(default)]
    pub settings: Times,
}

/// Detective checks of accounts.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DetectiveChecks {
    /// Whether they are made.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl Default for DetectiveChecks {
    fn default() -> Self {
        Self { enabled: true }
    }
}

fn yes() -> bool {
    true
}

/// The most shards: more than replicas are of no use, and each costs a Lease.
const MOST_SHARDS: u32 = 64;

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The object in S3 that says which cluster writes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallationLock {
    /// The bucket. It has to exist; the operator puts one object, `jichitai/<installation>.json`.
    pub bucket: String,
    /// The account of the bucket and of the operator's own identity; twelve digits, quoted.
    pub account_id: String,
    /// The bucket's Region.
    #[serde(default = "tokyo")]
    pub region: Region,
    /// How long another cluster watches a lock that is not renewed before it takes it, at least 5 minutes.
    #[serde(default = "a_day")]
    pub expires_after: SignedDuration,
}

/// The shortest time after which a lock expires: several times as long as it takes to renew it.
const SHORTEST_EXPIRY: SignedDuration = SignedDuration::from_mins(5);

fn tokyo() -> Region {
    Region::Tokyo
}

fn a_day() -> SignedDuration {
    SignedDuration::from_hours(24)
}

/// A role for emergencies.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakGlass {
    /// The role.
    pub role_arn: String,
    /// Why it may.
    pub reason: String,
    /// Last day in Japan, YYYY-MM-DD.
    pub until: Date,
}

/// The 業務ID of the standard specifications: 001 to 039.
const BUSINESSES: std::ops::RangeInclusive<u32> = 1..=39;

/// The language of messages.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    #[default]
    Ja,
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ja" => Ok(Self::Ja),
            "en" => Ok(Self::En),
            other => Err(format!("{other} is not a language of this program; use ja or en")),
        }
    }
}

impl Language {
    /// The sentence in this language.
    #[must_use]
    pub fn of(self, text: &Text) -> &str {
        match self {
            Self::En => &text.en,
            Self::Ja => &text.ja,
        }
    }
}

/// An account and who may use it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Twelve digits, quoted.
    pub id: String,
    /// The role that the operator assumes there; without one its own identity must be in the account.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// The external id of the role's trust policy.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Namespaces whose objects may use it.
    pub namespaces: Vec<String>,
    /// Environments that may be in it.
    pub environments: Vec<Environment>,
    /// How many calls a second AWS takes there, where it differs from those of the installation.
    #[serde(default)]
    pub limits: Rates,
}

/// Leave to take over the AWS resources of objects of another namespace.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// The namespace of the former objects.
    pub from: String,
    /// The namespace of the new ones.
    pub to: String,
}

/// A stop of all changes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// Only objects of this namespace; without one, all.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Why.
    pub reason: String,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not the expected YAML.
    #[error("the configuration is not valid YAML of the expected shape: {0}")]
    Parse(String),
    /// A value is wrong.
    #[error("{path}: {problem}")]
    Invalid {
        /// JSON path of the field.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// With the field, what is wrong, and what to do.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_saphyr::from_str(text).map_err(|error| ConfigError::Parse(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |path: String, problem: &str| {
            Err(ConfigError::Invalid {
                path,
                problem: problem.into(),
            })
        };
        let name = &self.installation;
        let fits = (1..=32).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            return invalid(
                "installation".into(),
                "use 1 to 32 lower-case letters, digits and hyphens",
            );
        }
        if let Some(Err(problem)) = self.log_level.as_deref().map(telemetry::check_levels) {
            return invalid(
                "logLevel".into(),
                &format!("write a level (error, warn, info, debug, trace), or levels by module: {problem}"),
            );
        }
        if let Some(lock) = &self.installation_lock {
            let path = |field: &str| format!("installationLock.{field}");
            if !(3..=63).contains(&lock.bucket.len()) {
                return invalid(path("bucket"), "name a bucket that exists, 3 to 63 characters");
            }
            if AccountId::new(&lock.account_id).is_none() {
                return invalid(path("accountId"), "an account id has twelve digits; quote it");
            }
            if lock.expires_after < SHORTEST_EXPIRY {
                return invalid(
                    path("expiresAfter"),
                    "at least 5m: a lock that is in use is renewed every minute",
                );
            }
        }
        if let Some(Err((path, problem))) = self.evidence.as_ref().map(EvidenceStore::check) {
            return invalid(path, problem);
        }
        for (index, account) in self.accounts.iter().enumerate() {
            let path = |field: &str| format!("accounts[{index}].{field}");
            if AccountId::new(&account.id).is_none() {
                return invalid(path("id"), "an account id has twelve digits; quote it");
            }
            if self.accounts[..index].iter().any(|other| other.id == account.id) {
                return invalid(path("id"), "this account is listed twice; merge the entries");
            }
            if let Some(arn) = &account.role_arn
                && RoleArn::new(arn).is_none_or(|role| role.account.as_str() != account.id)
            {
                return invalid(
                    path("roleArn"),
                    "name a role of this very account, arn:aws:iam::<id>:role/<name>",
                );
            }
        }
        for (index, role) in self.break_glass_roles.iter().enumerate() {
            if RoleArn::new(&role.role_arn).is_none() {
                return invalid(
                    format!("breakGlassRoles[{index}].roleArn"),
                    "name a role, arn:aws:iam::<account>:role/<name>",
                );
            }
            if role.reason.trim().is_empty() {
                return invalid(
                    format!("breakGlassRoles[{index}].reason"),
                    "say why the role may change policies",
                );
            }
        }
        for (index, id) in self.businesses.iter().enumerate() {
            let (main, sub) = id.split_once('-').unwrap_or((id, "0"));
            let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
            if !digits(main, 3) || !digits(sub, 1) {
                return invalid(
                    format!("businesses[{index}]"),
                    "a business id has three digits, and perhaps a sub-id: \"040\" or \"022-0\"; quote it",
                );
            }
        }
        if self.shards.get() > MOST_SHARDS {
            return invalid("shards".into(), "use 1 to 64: one or two for each replica");
        }
        if let Some(Err((path, problem))) = self.events.as_ref().map(EventQueues::check) {
            return invalid(path, problem);
        }
        if !(7..=30).contains(&self.settings.key_deletion_window_days) {
            return invalid("settings.keyDeletionWindowDays".into(), "KMS takes 7 to 30 days");
        }
        Ok(())
    }

    /// The entry under which an object may use an account.
    ///
    /// # Errors
    /// What the platform team has to add.
    pub fn grant(&self, namespace: &str, environment: Environment, account: &str) -> Result<&Account, Text> {
        let Some(entry) = self.accounts.iter().find(|entry| entry.id == account) else {
            return Err(Text::new(
                format!(
                    "account {account} is not in the operator's configuration: ask the platform team to add it for namespace {namespace}"
                ),
                format!(
                    "アカウント {account} はオペレーターの設定にありません。名前空間 {namespace} への追加を基盤担当に依頼してください"
                ),
            ));
        };
        if !entry.namespaces.iter().any(|one| one == namespace) {
            return Err(Text::new(
                format!("account {account} is not granted to namespace {namespace}: ask the platform team"),
                format!("アカウント {account} は名前空間 {namespace} に許可されていません。基盤担当に依頼してください"),
            ));
        }
        if !entry.environments.contains(&environment) {
            let environment = environment.as_str();
            return Err(Text::new(
                format!(
                    "account {account} is not granted for {environment}: production and verification use separate accounts"
                ),
                format!(
                    "アカウント {account} は {environment} には許可されていません。本番と検証は別のアカウントを使います"
                ),
            ));
        }
        Ok(entry)
    }

    /// Whether an object of the one namespace may take over what a former object of the other has in AWS.
    #[must_use]
    pub fn may_move(&self, from: &str, to: &str) -> bool {
        self.moves.iter().any(|one| one.from == from && one.to == to)
    }

    /// The hold over a namespace's objects, when there is one.
    #[must_use]
    pub fn hold(&self, namespace: &str) -> Option<calendar::Hold> {
        let over = |hold: &&Hold| hold.namespace.as_deref().is_none_or(|one| one == namespace);
        self.holds.iter().find(over).map(|hold| calendar::Hold {
            reason: hold.reason.clone(),
        })
    }

    /// Roles that may change policies in an emergency on that day.
    #[must_use]
    pub fn break_glass(&self, today: Date) -> BTreeSet<RoleArn> {
        let holding = self.break_glass_roles.iter().filter(|role| today <= role.until);
        holding.filter_map(|role| RoleArn::new(&role.role_arn)).collect()
    }

    /// The same with those whose last day is over.
    #[must_use]
    pub fn break_glass_before(&self) -> BTreeSet<RoleArn> {
        let all = self.break_glass_roles.iter();
        all.filter_map(|role| RoleArn::new(&role.role_arn)).collect()
    }

    /// All known 業務ID.
    #[must_use]
    pub fn known_businesses(&self) -> BTreeSet<String> {
        let standard = BUSINESSES.map(|number| format!("{number:03}"));
        standard.chain(self.businesses.iter().cloned()).collect()
    }

    /// The name under which CloudTrail shows the operator's calls.
    #[must_use]
    pub fn session_name(&self) -> String {
        format!("jichitai-{}", self.installation)
    }

    /// How the operator's own identity is in its account.
    #[must_use]
    pub fn own_access(&self, account: AccountId) -> AccountAccess {
        AccountAccess {
            account,
            role_arn: None,
            external_id: None,
            session_name: self.session_name(),
            rates: self.limits.clone(),
        }
    }

    /// How many calls AWS takes in an account, where it differs from the defaults.
    #[must_use]
    pub fn rates(&self, account: &Account) -> Rates {
        let mut rates = self.limits.clone();
        rates.extend(&account.limits);
        rates
    }

    /// Accounts that a namespace may use, in whatever environment.
    #[must_use]
    pub fn granted(&self, namespace: &str) -> Vec<&Account> {
        let to_it = |account: &&Account| account.namespaces.iter().any(|one| one == namespace);
        self.accounts.iter().filter(to_it).collect()
    }
}

#[cfg(test)]
mod tests {
    use jichitai_api::municipality::Environment;
    use jichitai_aws::{Family, Rate};

    use super::Config;

    pub(super) const GOOD: &str = r#"
installation: asp-east
language: en
accounts:
  - id: "111122223333"
    roleArn: arn:aws:iam::111122223333:role/jichitai-operator
    externalId: chiyoda-7f3a
    namespaces: [tenants]
    environments: [Production]
settings: { keyQuarantine: 1h }
"#;

    #[test]
    fn an_account_is_granted_by_namespace_and_environment() {
        let config = Config::parse(GOOD).unwrap();
        assert!(config.grant("tenants", Environment::Production, "111122223333").is_ok());
        for (namespace, environment, account, word) in [
            (
                "tenants",
                Environment::Production,
                "999999999999",
                "not in the operator's configuration",
            ),
            (
                "others",
                Environment::Production,
                "111122223333",
                "not granted to namespace",
            ),
            (
                "tenants",
                Environment::Verification,
                "111122223333",
                "separate accounts",
            ),
        ] {
            let refused = config.grant(namespace, environment, account).unwrap_err();
            assert!(refused.en.contains(word), "{}", refused.en);
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_its_path() {
        for (from, to, path) in [
            ("asp-east", "ASP East", "installation"),
            ("\"111122223333\"", "\"1111\"", "accounts[0].id"),
            ("role/jichitai", "user/jichitai", "accounts[0].roleArn"),
            (
                "keyQuarantine: 1h",
                "keyDeletionWindowDays: 3",
                "settings.keyDeletionWindowDays",
            ),
            ("namespaces:", "nameSpaces:", "nameSpaces"),
            ("language: en", "shards: 65", "shards"),
            ("language: en", "shards: 0", "shards"),
            (
                "language: en",
                "limits: { ec3-read: { perSecond: 1, burst: 1 } }",
                "ec3-read",
            ),
            (
                "language: en",
                "limits: { ec2-read: { perSecond: 0, burst: 1 } }",
                "perSecond",
            ),
            (
                "language: en",
                "events: { queueUrls: [\"https://example.com/q\"] }",
                "events.queueUrls[0]",
            ),
        ] {
            let error = Config::parse(&GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(path), "{path}: {error}");
        }
    }
    #[test]
    fn limits_of_an_account_go_before_those_of_the_installation() {
        let limits = "limits: { ec2-read: { perSecond: 40, burst: 200 }, kms-write: { perSecond: 7, burst: 7 } }";
        let text = GOOD.replace("language: en", limits).replace(
            "namespaces:",
            "limits: { ec2-read: { perSecond: 60, burst: 300 } }\n    namespaces:",
        );
        let config = Config::parse(&text).unwrap();
        let rates = config.rates(&config.accounts[0]);
        assert_eq!(rates.get(&Family::Ec2Read), Some(&Rate::new(60, 300)));
        assert_eq!(rates.get(&Family::KmsWrite), Some(&Rate::new(7, 7)));
        assert_eq!(rates.get(&Family::Resolver), None);
    }

    #[test]
    fn with_events_a_settled_object_is_looked_at_less_often() {
        let hours = |text: &str| Config::parse(text).unwrap().resync().as_secs_f64() / 3600.0;
        let queue =
            "events: { queueUrls: [\"https://sqs.ap-northeast-1.amazonaws.com/111122223333/jichitai-events\"] }";
        let with = GOOD.replace("language: en", queue);
        assert!((hours(GOOD) - 1.0).abs() < f64::EPSILON);
        assert!((hours(&with) - 12.0).abs() < f64::EPSILON);
        let said = with.replace("keyQuarantine: 1h", "resync: 30m");
        assert!((hours(&said) - 0.5).abs() < f64::EPSILON);
    }
}
