//! What a person asks to be restored, and where: a file beside the command.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jichitai_api::Region;
use jichitai_api::municipality::Environment;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::osaka_backup_policy::source::Medium;
use crate::spec_fault::SpecFault;
use crate::tags::Tags;

/// The order. Every image and snapshot of the recovery point is copied back; of those that are named here, and of
/// templates, more is made.
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
    /// The same for databases, where they have a key of their own.
    #[serde(default)]
    pub database_kms_key_arn: Option<String>,
    /// Raised to have something made again that was deleted after it was restored: AWS answers the same request with
    /// what it made the first time.
    #[serde(default = "first")]
    pub attempt: u32,
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
    /// CloudFormation stacks.
    #[serde(default)]
    pub stacks: Vec<Stack>,
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
    /// Its tags, for example those that make it a source of the policy again.
    #[serde(default)]
    pub tags: Tags,
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
    /// Its tags, for example those that make it a source of the policy again.
    #[serde(default)]
    pub tags: Tags,
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
    /// Its tags, for example those that make it a source of the policy again.
    #[serde(default)]
    pub tags: Tags,
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
    /// Its tags, for example those that make it a source of the policy again.
    #[serde(default)]
    pub tags: Tags,
}

/// A stack, made of its template in Osaka.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stack {
    /// The stack whose template was kept.
    pub source: String,
    /// The name of the new one.
    pub name: String,
    /// Parameters that have another value, and those that AWS hides (`NoEcho`): no copy knows them.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What is acknowledged, for example `CAPABILITY_NAMED_IAM`; without any, what the old one had.
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
    /// Full ARN of the role that CloudFormation acts in; without it, the one that the old one had.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// Its tags, besides those of the old one.
    #[serde(default)]
    pub tags: Tags,
}

/// What is known of a stack besides what stays in AWS until it is made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptStack {
    /// Parameters with `NoEcho`: AWS told nobody their values.
    pub hidden_parameters: BTreeSet<String>,
    /// The role that CloudFormation acted in.
    pub role_arn: Option<String>,
}

fn tokyo() -> Region {
    Region::Tokyo
}

fn first() -> u32 {
    1
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
        let sources: [(&str, Vec<&str>); 5] = [
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
            ("stacks", self.stacks.iter().map(|one| one.source.as_str()).collect()),
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

    /// Completes the stacks by what was kept of them, by their source. Returns what no copy knows and the order does
    /// not tell: left out, CloudFormation would take the template's default for it in silence.
    pub fn complete(&mut self, kept: &BTreeMap<String, KeptStack>) -> Vec<SpecFault> {
        let mut faults = Vec::new();
        for (index, stack) in self.stacks.iter_mut().enumerate() {
            let Some(KeptStack {
                hidden_parameters,
                role_arn,
            }) = kept.get(&stack.source)
            else {
                continue;
            };
            if stack.role_arn.is_none() {
                stack.role_arn.clone_from(role_arn);
            }
            let untold = hidden_parameters
                .iter()
                .filter(|name| !stack.parameters.contains_key(*name));
            faults.extend(untold.map(|name| {
                SpecFault::invalid(
                    format!("stacks[{index}].parameters.{name}"),
                    format!(
                        "missing: {name} of {} has NoEcho, so no copy knows its value: write it",
                        stack.source
                    ),
                    format!(
                        "必須です。{} の {name} は NoEcho のため値がコピーにありません。指定してください",
                        stack.source
                    ),
                )
            }));
        }
        faults
    }

    /// The key in Tokyo that a kind of copy is encrypted under there.
    #[must_use]
    pub fn key(&self, medium: Medium) -> Option<&str> {
        let own = match medium {
            Medium::Image | Medium::Snapshot | Medium::Template => None,
            Medium::Database | Medium::Cluster => self.database_kms_key_arn.as_deref(),
        };
        own.or(self.kms_key_arn.as_deref())
    }

    fn check_key(&self, faults: &mut Vec<SpecFault>) {
        let prefix = format!("arn:aws:kms:{}:", Region::Tokyo.as_str());
        let given = [
            ("kmsKeyArn", &self.kms_key_arn),
            ("databaseKmsKeyArn", &self.database_kms_key_arn),
        ];
        for (path, arn) in given.into_iter().filter_map(|(path, arn)| Some((path, arn.as_ref()?))) {
            if self.region == Region::Osaka {
                faults.push(SpecFault::invalid(
                    path,
                    "nothing is copied for a restore in Osaka, so the key stays what it is: remove it",
                    "大阪での復旧ではコピーしないため、鍵は変わりません。削除してください",
                ));
            } else if !arn.starts_with(&prefix) || !arn.contains(":key/") {
                faults.push(SpecFault::invalid(
                    path,
                    format!("{arn} is no ARN of a key in Tokyo: {prefix}…:key/… is expected"),
                    format!("{arn} は東京の鍵の ARN({prefix}…:key/…)ではありません"),
                ));
            }
        }
        if self.region == Region::Tokyo && self.kms_key_arn.is_none() {
            faults.push(SpecFault::invalid(
                "kmsKeyArn",
                "missing: write the ARN of the key in Tokyo that the copies are encrypted under there",
                "必須です。東京で使う鍵の ARN を指定してください",
            ));
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::{KeptStack, Order};

    fn paths(order: &Value, copied: Option<&str>) -> Vec<String> {
        let order: Order = serde_json::from_value(order.clone()).expect("an order");
        let faults = order.faults(copied, date(2027, 4, 1));
        faults.into_iter().map(|fault| fault.path).collect()
    }

    fn order(changes: &Value) -> Value {
        let mut order = json!({
            "environment": "Production",
            "kmsKeyArn": "arn:aws:kms:ap-northeast-1:111122223333:key/tokyo",
        });
        for (key, value) in changes.as_object().expect("a map") {
            order[key] = value.clone();
        }
        order
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_key_is_in_tokyo_and_only_for_tokyo() {
        assert_eq!(paths(&order(&json!({})), Some("Production")), NONE);
        let osaka = "arn:aws:kms:ap-northeast-3:111122223333:key/osaka";
        for wrong in [
            "alias/tokyo",
            osaka,
            "arn:aws:kms:ap-northeast-1:111122223333:alias/tokyo",
        ] {
            assert_eq!(
                paths(&order(&json!({"kmsKeyArn": wrong})), Some("Production")),
                ["kmsKeyArn"],
                "{wrong}"
            );
        }
        assert_eq!(
            paths(&order(&json!({"kmsKeyArn": null})), Some("Production")),
            ["kmsKeyArn"]
        );
        let database = json!({"databaseKmsKeyArn": osaka});
        assert_eq!(paths(&order(&database), Some("Production")), ["databaseKmsKeyArn"]);
        let there = json!({"region": "ap-northeast-3"});
        assert_eq!(paths(&order(&there), Some("Production")), ["kmsKeyArn"]);
        assert_eq!(
            paths(
                &order(&json!({"region": "ap-northeast-3", "kmsKeyArn": null})),
                Some("Production")
            ),
            NONE
        );
    }

    #[test]
    fn another_environment_needs_an_exception_that_is_not_over() {
        for copied in [Some("Verification"), None] {
            assert_eq!(paths(&order(&json!({})), copied), ["environment"], "{copied:?}");
        }
        let exception = |reason: &str, until: &str| {
            let exception = json!({"reason": reason, "approvedBy": "課長", "until": until});
            paths(&order(&json!({ "exception": exception })), Some("Verification"))
        };
        assert_eq!(exception("rehearsal", "2027-04-01"), NONE, "the last day counts");
        assert_eq!(exception("rehearsal", "2027-03-31"), ["exception.until"]);
        assert_eq!(exception(" ", "2027-04-01"), ["exception"]);
    }

    #[test]
    fn a_hidden_parameter_has_to_be_told_and_a_role_is_kept() {
        let stack = |name: &str| json!({"source": name, "name": format!("{name}-2"), "parameters": {"Told": "x"}});
        let mut own = stack("own");
        own["roleArn"] = json!("arn:aws:iam::111122223333:role/own");
        let order = order(&json!({"stacks": [stack("batch"), own, stack("unknown")]}));
        let mut order: Order = serde_json::from_value(order).expect("an order");
        let kept = |hidden: &[&str]| KeptStack {
            hidden_parameters: hidden.iter().map(ToString::to_string).collect(),
            role_arn: Some("arn:aws:iam::111122223333:role/before".into()),
        };
        let kept = [
            ("batch".to_owned(), kept(&["Told", "Untold"])),
            ("own".to_owned(), kept(&["Told"])),
        ];
        let faults = order.complete(&kept.into());
        let paths: Vec<_> = faults.into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["stacks[0].parameters.Untold"]);
        let roles: Vec<_> = order.stacks.iter().map(|stack| stack.role_arn.as_deref()).collect();
        let (before, own) = (
            "arn:aws:iam::111122223333:role/before",
            "arn:aws:iam::111122223333:role/own",
        );
        assert_eq!(roles, [Some(before), Some(own), None]);
    }

    #[test]
    fn a_source_is_named_once() {
        let volume = json!({"source": "vol-1", "availabilityZone": "ap-northeast-1a"});
        let twice = json!({"volumes": [volume, volume]});
        assert_eq!(paths(&order(&twice), Some("Production")), ["volumes[1].source"]);
    }
}
