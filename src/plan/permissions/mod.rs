//! What the operator's role in a tenant's account needs, and nothing else: the actions of every call that it makes, and
//! those that AWS asks for besides (tags at a creation, roles that are passed, what a service does in the caller's name).
//!
//! The source of an action is the page of its service in the
//! [service authorization reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).

mod features;
mod file_link_bucket;
mod guardrails;
mod municipality;
mod osaka_backup_policy;
mod recovery;
mod resolver_endpoint;

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use serde_json::{Map, Value, json};

use crate::tags::INSTALLATION;

pub use features::{of_bucket, of_endpoint, of_municipality, of_policy};

/// What a role is for: one managed policy each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Municipalities.
    Municipality,
    /// FileLinkBuckets.
    FileLinkBucket,
    /// OsakaBackupPolicies.
    OsakaBackupPolicy,
    /// ResolverEndpoints.
    ResolverEndpoint,
    /// Detective checks of accounts.
    Guardrails,
    /// `jichitai restore`, by a role of its own.
    Recovery,
}

impl Purpose {
    /// All, in the order of their names in documents.
    pub const ALL: [Self; 6] = [
        Self::Municipality,
        Self::FileLinkBucket,
        Self::OsakaBackupPolicy,
        Self::ResolverEndpoint,
        Self::Guardrails,
        Self::Recovery,
    ];

    /// The end of the policy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Municipality => "municipality",
            Self::FileLinkBucket => "file-link-bucket",
            Self::OsakaBackupPolicy => "osaka-backup-policy",
            Self::ResolverEndpoint => "resolver-endpoint",
            Self::Guardrails => "guardrails",
            Self::Recovery => "recovery",
        }
    }

    /// What it needs.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Municipality => municipality::ALL,
            Self::FileLinkBucket => file_link_bucket::ALL,
            Self::OsakaBackupPolicy => osaka_backup_policy::ALL,
            Self::ResolverEndpoint => resolver_endpoint::ALL,
            Self::Guardrails => guardrails::ALL,
            Self::Recovery => recovery::ALL,
        }
    }
}

/// What only some objects use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// EBS defaults of an account of its own: `isolation: Account`.
    EbsDefaults,
    /// A network that the operator makes: `network.management: Managed`.
    Network,
    /// Roles that the operator makes: `manageIam: true`.
    Roles,
    /// SFTP.
    Sftp,
    /// Web identity and credential brokers.
    Federation,
    /// Backups of databases.
    Databases,
    /// Templates of CloudFormation stacks.
    Templates,
    /// Restore drills.
    Drills,
    /// Private hosted zones.
    PrivateZones,
    /// Query logs of a Resolver.
    QueryLogs,
    /// Rules that hold in other accounts.
    Shares,
}

impl Feature {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::EbsDefaults,
        Self::Network,
        Self::Roles,
        Self::Sftp,
        Self::Federation,
        Self::Databases,
        Self::Templates,
        Self::Drills,
        Self::PrivateZones,
        Self::QueryLogs,
        Self::Shares,
    ];
}

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing changes: what `mode: Observe` and `jichitai plan` need.
    Read,
    /// Things are made and changed.
    Write,
    /// Things go.
    Delete,
}

/// What a permission is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Anything in Tokyo and Osaka.
    Regions,
    /// Anything, of services without Regions.
    Everywhere,
    /// Roles that the operator makes.
    OwnRoles,
    /// Roles that the operator makes, and those that specs give, handed to these services.
    Passed(&'static [&'static str]),
    /// Roles that an order gives, handed to these services.
    GivenPassed(&'static [&'static str]),
    /// Buckets that the operator makes, and names that are given.
    Buckets,
    /// Buckets of templates, and what is in them.
    TemplateBuckets,
    /// What carries the tag of the installation.
    Ours,
}

/// Actions that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The statement's id.
    pub sid: &'static str,
    /// Who needs it: everybody, or objects that use a feature.
    pub feature: Option<Feature>,
    /// How far it goes.
    pub access: Access,
    /// The actions that are called.
    pub actions: &'static [&'static str],
    /// What AWS asks for besides, without a call of ours.
    pub besides: &'static [&'static str],
    /// What it is over.
    pub over: Over,
}

/// Which permissions are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The installation.
    pub installation: String,
    /// What the role is for.
    pub purposes: BTreeSet<Purpose>,
    /// Features that objects use.
    pub features: BTreeSet<Feature>,
    /// How far it may go.
    pub access: Access,
    /// Names of buckets that specs give, besides those that the operator makes up.
    pub buckets: Vec<String>,
    /// ARNs of roles that specs and orders give to services.
    pub roles: Vec<String>,
}

impl Choice {
    fn takes(&self, permission: &Permission) -> bool {
        let wanted = permission
            .feature
            .is_none_or(|feature| self.features.contains(&feature));
        let is_empty = matches!(permission.over, Over::GivenPassed(_)) && self.roles.is_empty();
        wanted && !is_empty && permission.access <= self.access
    }
}

/// The most that a managed policy may have, white space not counted
/// ([IAM quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)).
pub const MANAGED_POLICY_LIMIT: usize = 6_144;

/// The policies, by their names: each can be a managed policy of its own.
#[must_use]
pub fn policies(choice: &Choice) -> BTreeMap<String, Value> {
    let of = |purpose: &Purpose| {
        let statements: Vec<Value> = purpose
            .permissions()
            .iter()
            .filter(|permission| choice.takes(permission))
            .map(|permission| statement(permission, choice))
            .collect();
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        (format!("jichitai-{}-{}", choice.installation, purpose.name()), document)
    };
    choice.purposes.iter().map(of).collect()
}

fn statement(permission: &Permission, choice: &Choice) -> Value {
    let own_roles = format!("arn:aws:iam::*:role{}*", crate::iam::role::PATH);
    let tag = format!("aws:ResourceTag/{INSTALLATION}");
    let condition = |operator: &str, key: &str, value: Value| json!({operator: {key: value}});
    let (resource, condition) = match permission.over {
        Over::Regions => {
            let regions: Vec<&str> = Region::ALL.iter().map(|region| region.as_str()).collect();
            let here = condition("StringEquals", "aws:RequestedRegion", json!(regions));
            (json!("*"), Some(here))
        }
        Over::Everywhere => (json!("*"), None),
        Over::OwnRoles => (json!(own_roles), None),
        Over::Passed(services) | Over::GivenPassed(services) => {
            let to = condition("StringEquals", "iam:PassedToService", json!(services));
            let own = Some(own_roles).filter(|_| matches!(permission.over, Over::Passed(_)));
            let roles: Vec<String> = own.into_iter().chain(choice.roles.iter().cloned()).collect();
            (json!(roles), Some(to))
        }
        Over::Buckets => {
            let names = ["fl-*"].into_iter().chain(choice.buckets.iter().map(String::as_str));
            let arns: Vec<String> = names.map(|name| format!("arn:aws:s3:::{name}")).collect();
            (json!(arns), None)
        }
        Over::TemplateBuckets => {
            let bucket = format!("arn:aws:s3:::{}*", crate::cloudformation::template::BUCKET_PREFIX);
            (json!([bucket]), None)
        }
        Over::Ours => (
            json!("*"),
            Some(condition("StringEquals", &tag, json!(choice.installation))),
        ),
    };
    let actions: BTreeSet<&str> = permission.actions.iter().chain(permission.besides).copied().collect();
    let mut statement = Map::from_iter([
        ("Sid".to_owned(), json!(permission.sid)),
        ("Effect".to_owned(), json!("Allow")),
        ("Action".to_owned(), json!(actions)),
        ("Resource".to_owned(), resource),
    ]);
    if let Some(condition) = condition {
        statement.insert("Condition".to_owned(), condition);
    }
    Value::Object(statement)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Access, Choice, Feature, MANAGED_POLICY_LIMIT, Purpose, policies};

    fn everything() -> Choice {
        Choice {
            installation: "a".repeat(32),
            purposes: BTreeSet::from(Purpose::ALL),
            features: BTreeSet::from(Feature::ALL),
            access: Access::Delete,
            buckets: vec!["b".repeat(63)],
            roles: vec![format!("arn:aws:iam::111122223333:role/{}", "r".repeat(64))],
        }
    }

    #[test]
    fn each_fits_into_a_managed_policy_and_names_nothing_twice() {
        for (name, policy) in policies(&everything()) {
            let text: String = policy.to_string().split_whitespace().collect();
            assert!(text.len() <= MANAGED_POLICY_LIMIT, "{name}: {}", text.len());
            let statements = policy["Statement"].as_array().expect("statements");
            let sids: BTreeSet<&str> = statements.iter().filter_map(|one| one["Sid"].as_str()).collect();
            assert_eq!(sids.len(), statements.len(), "{name}");
            assert!(!text.contains("\"*:"), "{name}");
        }
    }

    #[test]
    fn less_is_asked_for_where_less_is_used() {
        let reading = policies(&Choice {
            access: Access::Read,
            features: BTreeSet::new(),
            ..everything()
        });
        for (name, policy) in &reading {
            for statement in policy["Statement"].as_array().expect("statements") {
                for action in statement["Action"].as_array().expect("actions") {
                    let action = action
                        .as_str()
                        .expect("a name")
                        .split(':')
                        .nth(1)
                        .expect("an operation");
                    let reads = ["Describe", "Generate", "Get", "List", "Decrypt"];
                    assert!(reads.iter().any(|word| action.starts_with(word)), "{name}: {action}");
                }
            }
        }
        let without = policies(&Choice {
            access: Access::Write,
            ..everything()
        });
        let text = format!("{without:?}");
        for action in [
            "ScheduleKeyDeletion",
            "DeleteVpc",
            "s3:DeleteBucket",
            "DeleteSnapshot",
            "DeleteServer",
        ] {
            assert!(!text.contains(action), "{action}");
        }
    }
}
