//! What AWS shall be for one bucket, parsed and checked: after this nobody sees a text that could be
//! wrong.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::file_link_bucket::{FileLinkBucket, FileLinkBucketSpec, SftpAccess};
use jichitai_api::municipality::KeyGranularity;
use jichitai_api::{Municipality, Region};
use jiff::civil::Date;

use crate::ec2::security_group::{self, Rule};
use crate::ec2::subnet;
use crate::file_link_bucket::access::{self, Admitted};
use crate::file_link_bucket::tenancy::{self, Neighbourhood};
use crate::file_link_bucket::{checks, grants, iam};
use crate::grant::Expiry;
use crate::identity::{AccountId, Identity, Owner, Part, short_hash};
use crate::municipality::place;
use crate::plan::Halt;
use crate::policy::key_policy::RoleArn;
use crate::s3::lifecycle;
use crate::s3::logging::Logging;
use crate::s3::object_lock::ObjectLock;
use crate::spec_fault::{self, SpecFault};
use crate::tags::{self, Tags};
use crate::transfer::host_key::{HostKeySource, Secret};
use crate::transfer::user::PublicKey;

/// The municipality, as far as a bucket depends on it. It is found in AWS by its tags and aliases, not
/// by its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The object's name.
    pub name: String,
    /// Whose the keys and the network are.
    pub identity: Identity,
    /// The alias of the key for objects, the same in both Regions.
    pub key_alias: String,
    /// The VPC, where it exists already.
    pub vpc_id: Option<String>,
    /// Whether the municipality has an endpoint for S3 of its own.
    pub has_endpoint: bool,
}

/// Where the SFTP server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerTarget {
    /// An own one.
    Own(OwnServer),
    /// That of another bucket.
    Shared(Identity),
}

/// An own SFTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnServer {
    /// Its subnets: by their role in the municipality, or by id.
    pub subnets: BTreeSet<subnet::Name>,
    /// Its security group.
    pub group: security_group::Want,
    /// Its security policy.
    pub security_policy: String,
    /// The secret in Secrets Manager that has its host key.
    pub host_key_arn: Option<String>,
    /// The host key itself, from a Secret of the namespace.
    pub host_key: Option<Secret>,
}

/// An SFTP user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTarget {
    /// Its role: ours, or the given one.
    pub role: RoleArn,
    /// What it may do.
    pub access: SftpAccess,
    /// The beginning of the keys that it sees as its directory.
    pub prefix: String,
    /// Its keys.
    pub keys: BTreeSet<PublicKey>,
}

/// SFTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SftpTarget {
    /// The server.
    pub server: ServerTarget,
    /// Users by name.
    pub users: BTreeMap<String, UserTarget>,
}

/// Federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederationTarget {
    /// The issuer whose tokens AWS itself checks.
    pub provider: Option<iam::Provider>,
    /// Clients by the part of their role.
    pub clients: BTreeMap<String, iam::Client>,
}

/// What AWS shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// The object.
    pub owner: Owner,
    /// The municipality.
    pub tenant: Tenant,
    /// The bucket's name.
    pub bucket: String,
    /// The replica's name, where there is one.
    pub replica: Option<String>,
    /// Whom it admits.
    pub admitted: Admitted,
    /// Whom it would admit if nothing had run out.
    pub before_expiry: Admitted,
    /// The operator's role in the account.
    pub operator: RoleArn,
    /// Who may change policies in an emergency.
    pub break_glass: BTreeSet<RoleArn>,
    /// Those, and who might until lately.
    pub break_glass_before: BTreeSet<RoleArn>,
    /// Whether old versions are kept.
    pub versioning: bool,
    /// The object lock.
    pub object_lock: Option<ObjectLock>,
    /// When objects go.
    pub lifecycle: lifecycle::Want,
    /// Where accesses are logged.
    pub logging: Option<Logging>,
    /// SFTP.
    pub sftp: Option<SftpTarget>,
    /// Federation.
    pub federation: Option<FederationTarget>,
    /// Whether we make the roles.
    pub manage_iam: bool,
    /// Descriptive tags of every part.
    pub tags: Tags,
    /// Grants and exceptions that end within 30 days: path and last day.
    pub ending: Vec<(String, Date)>,
    /// Parts of users and clients whose grant has run out: they go without anybody's leave.
    pub lapsed: BTreeSet<String>,
    /// What somebody should know although nothing is held up.
    pub warnings: Vec<Halt>,
}

impl Target {
    /// The hash by which a later difference in AWS is told from a change of the spec.
    #[must_use]
    pub fn hash(&self) -> String {
        // What a date lets end, and what is only said, is no property of AWS.
        let mut target = self.clone();
        target.ending.clear();
        target.warnings.clear();
        target.lapsed.clear();
        target.before_expiry = target.admitted.clone();
        target.break_glass_before.clear();
        short_hash(&format!("{target:?}"), 32)
    }

    /// Roles that people name as providers or consumers.
    #[must_use]
    pub fn named(&self) -> BTreeSet<RoleArn> {
        self.admitted.ways.keys().cloned().collect()
    }

    /// The part that stands for the bucket in a Region.
    #[must_use]
    pub fn bucket_part(region: Region) -> Part {
        Part::new(region, "bucket")
    }
}

/// What a target is made from besides the object.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Installation and owner.
    pub identity: &'a Identity,
    /// The municipality, and what is around.
    pub around: Neighbourhood<'a>,
    /// The operator's role in the tenant's account.
    pub operator: &'a RoleArn,
    /// Who may change policies in an emergency today.
    pub break_glass: &'a BTreeSet<RoleArn>,
    /// Those, and whose last day is over: to tell a planned ending from a narrowing.
    pub break_glass_before: &'a BTreeSet<RoleArn>,
    /// Tags that the platform team puts on everything.
    pub default_tags: &'a Tags,
    /// Known 業務ID.
    pub businesses: &'a BTreeSet<String>,
    /// The host key from a Secret of the namespace.
    pub host_key: Option<Secret>,
    /// Today in Japan.
    pub today: Date,
}

/// Parses and checks the object.
///
/// # Errors
/// Every fault with its path and what to do, when there is any.
pub fn target(bucket: &FileLinkBucket, sources: &Sources<'_>) -> Result<Target, Vec<SpecFault>> {
    let Sources {
        identity,
        around,
        operator,
        break_glass,
        break_glass_before,
        default_tags,
        businesses,
        host_key: _,
        today,
    } = sources;
    let (spec, municipality) = (&bucket.spec, around.municipality);
    let mut faults = tenancy::faults(bucket, around);
    checks::spec(spec, municipality, &mut faults);
    let Some(account) = AccountId::new(&municipality.spec.account_id) else {
        faults.push(checks::account_of_municipality());
        return Err(faults);
    };
    spec_fault::adoptions(&spec.common.adopt, &adoptable(spec), &mut faults);
    checks::adopted_bucket(spec, &mut faults);
    let admitted = |expiry| access::admitted(spec, identity, &account, *today, expiry);
    let target = Target {
        owner: identity.owner.clone(),
        tenant: tenant(municipality, identity),
        bucket: access::bucket_name(spec, identity, &account),
        replica: spec.replication.osaka.then(|| access::replica_name(identity, &account)),
        admitted: admitted(Expiry::Respected),
        before_expiry: admitted(Expiry::Ignored),
        operator: (*operator).clone(),
        break_glass: (*break_glass).clone(),
        break_glass_before: (*break_glass_before).clone(),
        versioning: spec.versioning,
        object_lock: spec
            .object_lock
            .as_ref()
            .map(|lock| ObjectLock::new(lock.mode, lock.days)),
        lifecycle: lifecycle::Want {
            expire_after_days: spec.lifecycle.expire_after_days,
            noncurrent_days: spec.lifecycle.noncurrent_days,
            abort_multipart_days: spec.lifecycle.abort_multipart_days,
        },
        logging: spec.access_logs.as_ref().map(|logs| Logging {
            bucket: logs.bucket.clone(),
            prefix: logs.prefix.clone(),
        }),
        sftp: sftp(spec, sources, &account),
        federation: iam::federation(spec, identity, &account, *today),
        manage_iam: spec.manage_iam,
        tags: common_tags(spec, municipality, default_tags),
        ending: access::ending(spec, *today),
        lapsed: access::lapsed(spec, *today),
        warnings: checks::warnings(spec, municipality, businesses),
        account,
    };
    grants::check_sizes(&target, &mut faults);
    iam::check_sizes(&target, &mut faults);
    if faults.is_empty() { Ok(target) } else { Err(faults) }
}

/// The names under which `spec.adopt` can take something over.
fn adoptable(spec: &FileLinkBucketSpec) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["bucket".to_owned()]);
    if spec.sftp.as_ref().is_some_and(|sftp| sftp.server.is_some()) {
        names.extend(["sftp-server".to_owned(), "security-group.sftp".to_owned()]);
    }
    names
}

/// How the municipality's keys and network are found.
#[must_use]
pub fn tenant(municipality: &Municipality, identity: &Identity) -> Tenant {
    let spec = &municipality.spec;
    let owner = place::identity(municipality, &identity.installation);
    let purpose = match spec.encryption.key_granularity {
        KeyGranularity::PerMunicipality => "all",
        KeyGranularity::PerService => "s3",
    };
    Tenant {
        name: Owner::itself(municipality).name,
        key_alias: owner.alias(&spec.code, purpose),
        identity: owner,
        vpc_id: spec.network.vpc_id.clone(),
        has_endpoint: spec.network.endpoints.iter().any(|endpoint| endpoint.service == "s3"),
    }
}

fn common_tags(spec: &FileLinkBucketSpec, municipality: &Municipality, defaults: &Tags) -> Tags {
    let mut all = defaults.clone();
    all.extend(&spec.common.tags);
    all.extend(tags::of_tenant(&municipality.spec));
    all
}

fn sftp(spec: &FileLinkBucketSpec, sources: &Sources<'_>, account: &AccountId) -> Option<SftpTarget> {
    let sftp = spec.sftp.as_ref()?;
    let (identity, municipality) = (sources.identity, sources.around.municipality);
    let server = match (&sftp.server, &sftp.server_ref) {
        (Some(server), _) => ServerTarget::Own(OwnServer {
            subnets: checks::subnets(server, &spec.zone, municipality),
            group: group(&server.allowed_cidrs, identity),
            security_policy: server.security_policy.clone(),
            host_key_arn: server.host_key.as_ref().and_then(|key| key.secrets_manager_arn.clone()),
            host_key: sources.host_key.clone(),
        }),
        (None, Some(other)) => {
            let sibling = |one: &&&FileLinkBucket| one.metadata.name.as_deref() == Some(&other.name);
            let named = || Owner::new::<FileLinkBucket>(&identity.owner.namespace, &other.name);
            ServerTarget::Shared(Identity {
                installation: identity.installation.clone(),
                owner: sources
                    .around
                    .buckets
                    .iter()
                    .find(sibling)
                    .map_or_else(named, |one| Owner::of(*one)),
            })
        }
        (None, None) => return None,
    };
    let users = access::users(spec, sources.today, Expiry::Respected).filter_map(|user| {
        let target = UserTarget {
            role: access::user_role(spec, user, identity, account)?,
            access: user.access,
            prefix: user.prefix.clone(),
            keys: user.public_keys.iter().map(|line| PublicKey::new(line)).collect(),
        };
        Some((user.name.clone(), target))
    });
    Some(SftpTarget {
        server,
        users: users.collect(),
    })
}

/// SFTP from the allowed ranges and nothing else, in either direction.
fn group(allowed: &[String], identity: &Identity) -> security_group::Want {
    let from = |cidr: &Ipv4Net| Rule {
        egress: false,
        peer: cidr.to_string(),
        protocol: "tcp".into(),
        ports: Some((22, 22)),
    };
    let ranges = allowed.iter().filter_map(|text| text.parse::<Ipv4Net>().ok());
    security_group::Want {
        // Names are unique in a VPC, which may have several servers.
        name: format!("jichitai.sftp.{}", short_hash(&identity.owner.to_string(), 10)),
        description: "SFTP server of file linkage".into(),
        rules: ranges.map(|range| from(&range)).collect(),
    }
}

impl OwnServer {
    /// The host key that the server shall have, once the version of its secret is known.
    #[must_use]
    pub fn host_key_source(&self, version: Option<&str>) -> Option<HostKeySource> {
        match (&self.host_key, &self.host_key_arn, version) {
            (Some(key), _, _) => Some(HostKeySource::Given(key.clone())),
            (None, Some(arn), Some(version)) => Some(HostKeySource::SecretsManager {
                arn: arn.clone(),
                version: version.to_owned(),
            }),
            (None, Some(_) | None, _) => None,
        }
    }
}
