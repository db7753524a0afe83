//! The platform team's configuration: which namespace may use which account, and settings.
//!
//! One YAML file, usually a mounted ConfigMap. It is read again whenever it changes; a version that
//! cannot be understood is reported and the last good one stays in force.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jichitai_api::Region;
use jichitai_api::common::Party;
use jichitai_api::municipality::Environment;
use jichitai_plan::calendar;
use jichitai_plan::context::Settings;
use jichitai_plan::identity::AccountId;
use jichitai_plan::plan::Text;
use jichitai_plan::policy::key_policy::RoleArn;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Deserialize;

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
    pub default_tags: BTreeMap<String, String>,
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
    /// Times and limits.
    #[serde(default)]
    pub settings: Times,
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

/// Times and limits, with durations like `5m` or `168h`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Times {
    /// How long a new AWS resource may be missing from AWS's answers.
    pub consistency_window: SignedDuration,
    /// How long a key stays disabled before its deletion is scheduled.
    pub key_quarantine: SignedDuration,
    /// KMS's waiting period, 7 to 30 days.
    pub key_deletion_window_days: u32,
    /// Rules per direction of a network ACL, as the account's quota allows.
    pub network_acl_rule_quota: usize,
    /// Resolver endpoints per account and Region, as the account's quota allows.
    pub resolver_endpoint_quota: usize,
    /// Addresses per Resolver endpoint, as the account's quota allows.
    pub resolver_address_quota: usize,
    /// Copies of EBS snapshots to Osaka in flight per account, as the account's quota allows.
    pub snapshot_copy_quota: usize,
    /// Copies of machine images to Osaka in flight per account, likewise.
    pub image_copy_quota: usize,
    /// Copies of database snapshots to Osaka in flight per account, likewise.
    pub database_copy_quota: usize,
    /// How often a settled object is looked at.
    pub resync: SignedDuration,
}

impl Default for Times {
    fn default() -> Self {
        let Settings {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
        } = Settings::default();
        Self {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
            resync: SignedDuration::from_hours(1),
        }
    }
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

    /// Accounts that a namespace may use, in whatever environment.
    #[must_use]
    pub fn granted(&self, namespace: &str) -> Vec<&Account> {
        let to_it = |account: &&Account| account.namespaces.iter().any(|one| one == namespace);
        self.accounts.iter().filter(to_it).collect()
    }

    /// The settings that change what is planned.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let Times {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
            resync: _,
        } = self.settings.clone();
        Settings {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
        }
    }
}

/// The configuration in force, kept up to date with its file.
#[derive(Debug)]
pub struct Live {
    /// Where it is read again; a fixed one is nowhere.
    path: Option<PathBuf>,
    current: ArcSwap<Config>,
}

impl Live {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`Config::parse`], and when the file cannot be read.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            path: Some(path.to_owned()),
            current: ArcSwap::from_pointee(read(path)?),
        })
    }

    /// One that never changes.
    #[must_use]
    pub fn fixed(config: Config) -> Self {
        Self {
            path: None,
            current: ArcSwap::from_pointee(config),
        }
    }

    /// What is in force now.
    #[must_use]
    pub fn get(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// Reads the file again. Returns whether something changed.
    ///
    /// # Errors
    /// When the new version was refused; the last good one stays.
    pub fn reload(&self) -> Result<bool, ConfigError> {
        let Some(path) = &self.path else { return Ok(false) };
        let new = read(path)?;
        if new.installation != self.get().installation {
            let problem = "the installation is part of the identity of every AWS resource: under another name none of them would be recognised; restart the operator if that is really meant";
            return Err(ConfigError::Invalid {
                path: "installation".into(),
                problem: problem.into(),
            });
        }
        let changed = new != *self.get();
        if changed {
            if new.log_level != self.get().log_level {
                telemetry::set_levels(new.log_level.as_deref());
            }
            self.current.store(Arc::new(new));
        }
        Ok(changed)
    }

    /// Follows the file for ever, and tells `changed` of every new version.
    pub async fn follow(self: Arc<Self>, changed: tokio::sync::watch::Sender<u64>) {
        // A mounted ConfigMap is replaced by a change of symbolic links that file events miss.
        let mut tick = tokio::time::interval(Duration::from_secs(2));
        let mut last_problem = String::new();
        loop {
            tick.tick().await;
            match self.reload() {
                Ok(true) => {
                    tracing::info!("configuration changed");
                    changed.send_modify(|version| *version += 1);
                }
                Ok(false) => last_problem.clear(),
                Err(error) if error.to_string() != last_problem => {
                    tracing::error!(%error, "new configuration refused; the last good one stays in force");
                    last_problem = error.to_string();
                }
                Err(_) => {}
            }
        }
    }
}

fn read(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    Config::parse(&text)
}

#[cfg(test)]
mod tests {
    use jichitai_api::municipality::Environment;

    use super::{Config, Live};

    const GOOD: &str = r#"
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
    fn a_running_operator_keeps_its_installation_and_its_last_good_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, GOOD).unwrap();
        let live = Live::open(&path).unwrap();
        for refused in [GOOD.replace("asp-east", "asp-west"), "installation: [".to_owned()] {
            std::fs::write(&path, refused).unwrap();
            assert!(live.reload().is_err());
            assert_eq!(live.get().installation, "asp-east");
        }
        std::fs::write(&path, GOOD.replace("language: en", "language: ja")).unwrap();
        assert!(live.reload().unwrap());
        assert!(!live.reload().unwrap(), "the same again is no change");
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
        ] {
            let error = Config::parse(&GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(path), "{path}: {error}");
        }
    }
}
