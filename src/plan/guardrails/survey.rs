//! What was read of an account for the checks, once for all tenants in it.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jiff::Timestamp;

use crate::observation::{Fault, Listing, Observation};
use crate::s3::public_access_block::PublicAccessBlock;
use crate::tags::Tags;

/// What several reads brought: what was found, and what could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// Found.
    pub found: Vec<T>,
    /// Why there may be more.
    pub faults: Vec<Fault>,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl<T> FromIterator<Listing<T>> for Read<T> {
    fn from_iter<I: IntoIterator<Item = Listing<T>>>(reads: I) -> Self {
        let mut all = Self::default();
        for read in reads {
            match read {
                Ok(found) => all.found.extend(found),
                Err(fault) => all.faults.push(fault),
            }
        }
        all
    }
}

/// What encrypts data at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing.
    None,
    /// A key that nobody but AWS controls, or none that is named.
    ByAws,
    /// This key: its id, ARN or alias, as the service writes it.
    Key(String),
}

/// Something that holds data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where.
    pub region: Region,
    /// Its id.
    pub id: String,
    /// What encrypts it; none where it cannot be told.
    pub encryption: Option<Encryption>,
    /// Whether everybody may read or reach it.
    pub public: Observation<bool>,
    /// The VPC that it is in.
    pub vpc_id: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Where.
    pub region: Region,
    /// Its default encryption.
    pub encryption: Observation<Encryption>,
    /// Its public-access block.
    pub block: Observation<PublicAccessBlock>,
    /// Whether everybody may read it, by its policy or its ACL.
    pub public: Observation<bool>,
    /// Whether its policy refuses plain HTTP, as [`refuses_plain_http`](super::refuses_plain_http) says. Of the policy
    /// nothing else is needed, and as many as a fleet has would fill the memory.
    pub refuses_plain_http: Observation<bool>,
    /// Its tags.
    pub tags: Observation<Tags>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Where.
    pub region: Region,
    /// Its id.
    pub id: String,
    /// Whether AWS made it with the account.
    pub default: bool,
    /// Its tags.
    pub tags: Tags,
}

/// Something in a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVpc<T> {
    /// Where.
    pub region: Region,
    /// The VPC.
    pub vpc_id: String,
    /// Its id.
    pub id: String,
    /// What of it matters.
    pub what: T,
}

/// A trail of CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// Whether it records all Regions.
    pub all_regions: bool,
    /// Whether its files are signed.
    pub validated: bool,
    /// Whether it records.
    pub logging: Observation<bool>,
}

/// A security service in a Region, and whether it is on; absent where the account does not use it.
pub type Service = (Region, Observation<bool>);

/// A user of IAM, or the root user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Whether it can sign in with a password.
    pub password: bool,
    /// Whether it needs a second factor.
    pub mfa: bool,
    /// Its active access keys.
    pub access_keys: usize,
}

/// A certificate of ACM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its ARN.
    pub arn: String,
    /// Names that it stands for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Its last moment.
    pub not_after: Option<Timestamp>,
    /// Whether AWS renews it.
    pub renews: bool,
    /// Its tags.
    pub tags: Tags,
}

/// A listener of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// `HTTPS`, `TLS`, `HTTP`, `TCP` …
    pub protocol: String,
    /// Its port.
    pub port: i32,
    /// The name of its TLS policy.
    pub policy: Option<String>,
    /// Whether it only sends clients to HTTPS.
    pub redirects: bool,
    /// Whether the load balancer is reachable from the internet.
    pub internet_facing: bool,
}

/// A connection of Direct Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// The building.
    pub location: String,
    /// AWS's device.
    pub device: String,
    /// Whether it is up.
    pub available: bool,
}

/// What a Region has besides Tokyo and Osaka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nothing that has tags.
    Nothing,
    /// This, and perhaps more.
    Something(String),
    /// A service control policy keeps everybody out.
    Closed,
}

/// Something with the tags of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its owner, as its tag says.
    pub owner: String,
    /// The municipality, as its tag says.
    pub municipality: String,
}

/// Everything that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// When.
    pub at: Timestamp,
    /// Keys by id: their aliases.
    pub aliases: BTreeMap<String, BTreeSet<String>>,
    /// Why there may be more.
    pub alias_faults: Vec<Fault>,
    /// EBS volumes.
    pub volumes: Read<Stored>,
    /// Snapshots of volumes.
    pub snapshots: Read<Stored>,
    /// Machine images.
    pub images: Read<Stored>,
    /// Databases and clusters.
    pub databases: Read<Stored>,
    /// Their snapshots that people or backups made.
    pub database_snapshots: Read<Stored>,
    /// Buckets.
    pub buckets: Read<Bucket>,
    /// Whether new volumes are encrypted.
    pub ebs_defaults: Vec<(Region, Observation<bool>)>,
    /// VPCs.
    pub vpcs: Read<Vpc>,
    /// Security groups with the rules that admit the whole world.
    pub groups: Read<InVpc<Vec<String>>>,
    /// Internet gateways and NAT gateways.
    pub gateways: Read<InVpc<()>>,
    /// Flow logs by what they log.
    pub flow_logs: Read<String>,
    /// Trails.
    pub trails: Read<Trail>,
    /// Recorders of AWS Config.
    pub recorders: Vec<Service>,
    /// Detectors of GuardDuty.
    pub detectors: Vec<Service>,
    /// Security Hub.
    pub hubs: Vec<Service>,
    /// Users.
    pub users: Read<User>,
    /// Certificates.
    pub certificates: Read<Certificate>,
    /// Listeners of load balancers.
    pub listeners: Read<InVpc<Listener>>,
    /// Connections of Direct Connect.
    pub connections: Read<Connection>,
    /// Quotas by code.
    pub quotas: Read<(String, u64)>,
    /// Other Regions.
    pub elsewhere: Read<(String, Elsewhere)>,
    /// What carries the installation's tags.
    pub tagged: Read<Tagged>,
}

impl Survey {
    /// Everything that could not be read.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        let Self {
            at: _,
            aliases: _,
            alias_faults,
            volumes,
            snapshots,
            images,
            databases,
            database_snapshots,
            buckets,
            ebs_defaults,
            vpcs,
            groups,
            gateways,
            flow_logs,
            trails,
            recorders,
            detectors,
            hubs,
            users,
            certificates,
            listeners,
            connections,
            quotas,
            elsewhere,
            tagged,
        } = self;
        let stored = [volumes, snapshots, images, databases, database_snapshots]
            .into_iter()
            .flat_map(|read| &read.faults);
        let services = [ebs_defaults, recorders, detectors, hubs].into_iter().flatten();
        stored
            .chain(alias_faults)
            .chain(&buckets.faults)
            .chain(&vpcs.faults)
            .chain(&groups.faults)
            .chain(&gateways.faults)
            .chain(&flow_logs.faults)
            .chain(&trails.faults)
            .chain(&users.faults)
            .chain(&certificates.faults)
            .chain(&listeners.faults)
            .chain(&connections.faults)
            .chain(&quotas.faults)
            .chain(&elsewhere.faults)
            .chain(&tagged.faults)
            .chain(services.filter_map(|(_, have)| have.fault()))
    }

    /// A survey of an account without anything.
    #[must_use]
    pub fn empty(at: Timestamp) -> Self {
        Self {
            at,
            aliases: BTreeMap::new(),
            alias_faults: Vec::new(),
            volumes: Read::default(),
            snapshots: Read::default(),
            images: Read::default(),
            databases: Read::default(),
            database_snapshots: Read::default(),
            buckets: Read::default(),
            ebs_defaults: Vec::new(),
            vpcs: Read::default(),
            groups: Read::default(),
            gateways: Read::default(),
            flow_logs: Read::default(),
            trails: Read::default(),
            recorders: Vec::new(),
            detectors: Vec::new(),
            hubs: Vec::new(),
            users: Read::default(),
            certificates: Read::default(),
            listeners: Read::default(),
            connections: Read::default(),
            quotas: Read::default(),
            elsewhere: Read::default(),
            tagged: Read::default(),
        }
    }
}
