//! What a person asks to be restored, and where: a file beside the command.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use jichitai_api::Region;
use jichitai_api::municipality::Environment;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::spec_fault::SpecFault;

/// The order. Every image and snapshot of the recovery point is copied back; of those that are named here, more is
/// made.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The environment that is restored into. Another one than the copies are of needs an exception.
    pub environment: Environment,
    /// The Region: Tokyo, after it has recovered; Osaka for checking data, or into a network there that is reachable.
    #[serde(default = "tokyo")]
    pub region: Region,
    /// Full ARN of the key in Tokyo that everything is encrypted under there. Not for Osaka, where the copies are.
    #[serde(default)]
    pub kms_key_arn: Option<String>,
    /// Why data may go into another environment.
    #[serde(default)]
    pub exception: Option<Exception>,
    /// Volumes.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// Instances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// RDS instances.
    #[serde(default)]
    pub databases: Vec<Database>,
    /// Aurora and Multi-AZ clusters.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
}

/// Why data may go into another environment.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub approved_by: String,
    /// The last day in Japan on which a restore may begin.
    pub until: Date,
}

/// A volume.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Volume {
    /// The volume that was copied.
    pub source: String,
    /// Where the new one is.
    pub availability_zone: String,
    /// Its type.
    #[serde(default = "gp3")]
    pub volume_type: String,
}

/// An instance.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// The instance that was copied.
    pub source: String,
    /// The type of the new one.
    pub instance_type: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its address there.
    #[serde(default)]
    pub private_ip_address: Option<Ipv4Addr>,
    /// Its security groups.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
    /// The name of its instance profile.
    #[serde(default)]
    pub instance_profile: Option<String>,
}

/// An RDS instance.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Database {
    /// The database that was copied.
    pub source: String,
    /// The identifier of the new one.
    pub identifier: String,
    /// Its class.
    pub instance_class: String,
    /// Its DB subnet group.
    pub subnet_group: String,
    /// Its security groups.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
}

/// A cluster, with one instance.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The cluster that was copied.
    pub source: String,
    /// The identifier of the new one; its instance has it with `-1` after it.
    pub identifier: String,
    /// For example `aurora-postgresql`.
    pub engine: String,
    /// The class of its instance.
    pub instance_class: String,
    /// Its DB subnet group.
    pub subnet_group: String,
    /// Its security groups.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
}

fn tokyo() -> Region {
    Region::Tokyo
}

fn gp3() -> String {
    "gp3".to_owned()
}

impl Order {
    /// What is wrong with it, as far as it can be told without AWS. `copied` is the environment of the copies, where
    /// their tags tell one; `today` the day in Japan.
    #[must_use]
    pub fn faults(&self, copied: Option<&str>, today: Date) -> Vec<SpecFault> {
        let mut faults = Vec::new();
        self.check_key(&mut faults);
        self.check_environment(copied, today, &mut faults);
        let sources: [(&str, Vec<&str>); 4] = [
            ("volumes", self.volumes.iter().map(|one| one.source.as_str()).collect()),
            (
                "instances",
                self.instances.iter().map(|one| one.source.as_str()).collect(),
            ),
            (
                "databases",
                self.databases.iter().map(|one| one.source.as_str()).collect(),
            ),
            (
                "clusters",
                self.clusters.iter().map(|one| one.source.as_str()).collect(),
            ),
        ];
        for (kind, sources) in sources {
            let mut seen = BTreeSet::new();
            for (index, source) in sources.into_iter().enumerate() {
                if !seen.insert(source) {
                    faults.push(SpecFault::invalid(
                        format!("{kind}[{index}].source"),
                        format!("{source} is named twice: name it once"),
                        format!("{source} が重複しています。1 つにしてください"),
                    ));
                }
            }
        }
        faults
    }

    fn check_key(&self, faults: &mut Vec<SpecFault>) {
        let prefix = format!("arn:aws:kms:{}:", Region::Tokyo.as_str());
        let (path, region) = ("kmsKeyArn", self.region);
        match (&self.kms_key_arn, region) {
            (Some(arn), Region::Tokyo) if !arn.starts_with(&prefix) || !arn.contains(":key/") => {
                faults.push(SpecFault::invalid(
                    path,
                    format!("{arn} is no ARN of a key in Tokyo: {prefix}…:key/… is expected"),
                    format!("{arn} は東京の鍵の ARN({prefix}…:key/…)ではありません"),
                ));
            }
            (None, Region::Tokyo) => faults.push(SpecFault::invalid(
                path,
                "missing: write the ARN of the key in Tokyo that the copies are encrypted under there",
                "必須です。東京で使う鍵の ARN を指定してください",
            )),
            (Some(_), Region::Osaka) => faults.push(SpecFault::invalid(
                path,
                "nothing is copied for a restore in Osaka, so the key stays what it is: remove it",
                "大阪での復旧ではコピーしないため、鍵は変わりません。削除してください",
            )),
            (Some(_), Region::Tokyo) | (None, Region::Osaka) => {}
        }
    }

    fn check_environment(&self, copied: Option<&str>, today: Date, faults: &mut Vec<SpecFault>) {
        let wanted = self.environment.as_str();
        if copied == Some(wanted) {
            return;
        }
        let copied = copied.unwrap_or("of no known environment");
        match &self.exception {
            None => faults.push(SpecFault::invalid(
                "environment",
                format!("the copies are {copied}, and this is {wanted}: write an exception with reason, approvedBy and until"),
                format!("コピーの環境は {copied}、復旧先は {wanted} です。exception に reason、approvedBy、until を書いてください"),
            )),
            Some(Exception { until, .. }) if *until < today => faults.push(SpecFault::invalid(
                "exception.until",
                format!("the exception ended on {until}: have it approved again"),
                format!("例外の期限({until})が過ぎています。改めて承認を受けてください"),
            )),
            Some(Exception {
                reason, approved_by, ..
            }) if reason.trim().is_empty() || approved_by.trim().is_empty() => {
                faults.push(SpecFault::invalid(
                    "exception",
                    "reason and approvedBy have to say something",
                    "reason と approvedBy を記入してください",
                ));
            }
            Some(_) => {}
        }
    }
}
