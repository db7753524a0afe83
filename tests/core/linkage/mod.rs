//! One file-link bucket with what is around it, in memory: the product's own loop, over what AWS has as
//! the observation that its steps are folded into.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::municipality::Environment;
use jichitai_api::{CommonSpec, CommonStatus, FileLinkBucket, Municipality, Region};
use jichitai_plan::context::{Context, Settings, japan_date};
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::ec2::vpc_endpoint::VpcEndpoint;
use jichitai_plan::file_link_bucket::access;
use jichitai_plan::file_link_bucket::goal::Goal;
use jichitai_plan::file_link_bucket::observed::Observed;
use jichitai_plan::file_link_bucket::target::{self, Sources, Target};
use jichitai_plan::file_link_bucket::teardown::Remains;
use jichitai_plan::file_link_bucket::tenancy::Neighbourhood;
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{AccountId, Identity, Owner, Part, Role};
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Action, Created, Effect, Step};
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jichitai_plan::{iam, municipality, s3, transfer};
use jiff::{SignedDuration, Timestamp};

use crate::drive::Driven;

/// The installation.
const INSTALLATION: &str = "test";
/// The operator's role in the account.
const OPERATOR: &str = "arn:aws:iam::111122223333:role/jichitai";

/// A bucket and what is around it. The first municipality is the bucket's.
#[derive(Clone, Debug)]
pub struct Linkage {
    /// The municipalities of the cluster.
    pub municipalities: Vec<Municipality>,
    /// The buckets of the namespace; the first is the one that passes are made over.
    pub buckets: Vec<FileLinkBucket>,
    /// What AWS has.
    pub aws: Observed,
    /// The time.
    pub now: Timestamp,
    /// Whether every plan gets its approval.
    pub approves: bool,
    /// Ids that were given out.
    pub serial: u32,
}

impl Linkage {
    /// With these objects, and an account in which the municipality has made its part.
    #[must_use]
    pub fn new(municipalities: Vec<Municipality>, buckets: Vec<FileLinkBucket>, now: Timestamp) -> Self {
        let mut all = Self {
            municipalities,
            buckets,
            aws: Observed::default(),
            now,
            approves: false,
            serial: 0,
        };
        all.aws.buckets = Region::ALL.map(|region| (region, Ok(Vec::new()))).into();
        all.build_network();
        all.grant();
        all
    }

    /// Whose the bucket is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            installation: INSTALLATION.into(),
            owner: Owner::of(&self.buckets[0]),
        }
    }

    fn tenant(&self) -> target::Tenant {
        target::tenant(&self.municipalities[0], &self.identity())
    }

    fn build_network(&mut self) {
        let (tenant, network) = (self.tenant(), self.municipalities[0].spec.network.clone());
        let tags = |role: &str| tenant.identity.tags(&Role::new(role), &Tags::new());
        self.aws.vpcs = Ok(vec![Vpc {
            id: "vpc-1".into(),
            cidr: network.vpc_cidr.parse().expect("a range"),
            additional: BTreeSet::new(),
            dns_support: Observation::Present(true),
            dns_hostnames: Observation::Present(true),
            tags: tags("vpc"),
        }]);
        let subnets = network.zones.iter().flat_map(|zone| {
            zone.subnets.iter().map(|subnet| Subnet {
                id: format!("subnet-{}-{}", zone.name, subnet.name),
                vpc_id: "vpc-1".into(),
                cidr: subnet.cidr.parse().expect("a range"),
                zone: subnet.availability_zone.clone(),
                zone_id: None,
                public_ip_on_launch: false,
                tags: tags(&format!("subnet.{}.{}", zone.name, subnet.name)),
            })
        });
        self.aws.subnets = Ok(subnets.collect());
        let endpoints = network.endpoints.iter().map(|endpoint| VpcEndpoint {
            id: format!("vpce-{}", endpoint.service),
            vpc_id: "vpc-1".into(),
            service: format!("com.amazonaws.ap-northeast-1.{}", endpoint.service),
            state: "available".into(),
            subnets: BTreeSet::new(),
            security_groups: BTreeSet::new(),
            private_dns: true,
            tags: tags(&format!("endpoint.{}", endpoint.service)),
        });
        self.aws.endpoints = Ok(endpoints.collect());
    }

    /// The municipality's pass: its keys admit whom the objects say now.
    pub fn grant(&mut self) {
        let (tenant, operator) = (self.tenant(), RoleArn::new(OPERATOR));
        let buckets: Vec<&FileLinkBucket> = self.buckets.iter().collect();
        let sources = municipality::target::Sources {
            identity: &tenant.identity,
            buckets: &buckets,
            operator: operator.as_ref(),
            default_tags: &Tags::new(),
            today: japan_date(self.now),
        };
        let target = municipality::target::target(&self.municipalities[0].spec, &sources).expect("a municipality");
        let keys = target.keys.iter().filter(|key| key.alias == tenant.key_alias);
        let account = self.account();
        self.aws.keys = keys
            .map(|key| {
                let region = key.part.region;
                let id = format!("key-{region}");
                let key = Key {
                    arn: format!("arn:aws:kms:{region}:{account}:key/{id}"),
                    id,
                    state: KeyState::Enabled,
                    description: String::new(),
                    policy: Observation::Present(key.want.policy.clone()),
                    rotation_days: Observation::Absent,
                    tags: Tags::new(),
                };
                (region, Observation::Present(key))
            })
            .collect();
    }

    /// The cluster is lost: another one gets the same objects, without status.
    pub fn forget(&mut self) {
        self.buckets.iter_mut().for_each(|bucket| bucket.status = None);
    }

    /// Marks the bucket as being deleted.
    pub fn delete(&mut self) {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(self.now);
        self.buckets[0].metadata.deletion_timestamp = Some(time);
    }

    /// What the bucket's spec asks for.
    ///
    /// # Errors
    /// The faults of the spec.
    pub fn target(&self) -> Result<Target, Vec<SpecFault>> {
        let buckets: Vec<&FileLinkBucket> = self.buckets.iter().collect();
        let operator = RoleArn::new(OPERATOR).expect("a role");
        target::target(
            &self.buckets[0],
            &Sources {
                identity: &self.identity(),
                around: Neighbourhood {
                    municipality: &self.municipalities[0],
                    tenants: &Tenants::of(self.municipalities.iter().cloned().map(Arc::new).collect()),
                    buckets: &buckets,
                    granted: &BTreeSet::from([self.municipalities[0].spec.account_id.clone()]),
                },
                operator: &operator,
                break_glass: &BTreeSet::new(),
                break_glass_before: &BTreeSet::new(),
                default_tags: &Tags::new(),
                businesses: &(1..=39).map(|number| format!("{number:03}")).collect(),
                host_key: None,
                today: japan_date(self.now),
            },
        )
    }

    /// Parts of the bucket that AWS shows, with their ids.
    #[must_use]
    pub fn parts(&self) -> Vec<(Part, String)> {
        let ctx = Context {
            identity: self.identity(),
            now: self.now,
            settings: Settings::default(),
            ledger: Ledger::new(Vec::new()),
            adopt: BTreeMap::new(),
            common_tags: Tags::new(),
        };
        let found = self.aws.find(&self.account(), &ctx).into_iter();
        found.map(|(part, entry)| (part, entry.id)).collect()
    }
}

impl Driven for Linkage {
    type Goal = Goal;

    fn goal(&self) -> Result<Goal, Vec<SpecFault>> {
        let (spec, identity, account) = (&self.buckets[0].spec, self.identity(), self.account());
        if self.buckets[0].metadata.deletion_timestamp.is_none() {
            return self.target().map(|target| Goal::Present(Box::new(target)));
        }
        let remains = Remains {
            account: account.clone(),
            tenant: Some(self.tenant()),
            buckets: BTreeMap::from([
                (Region::Tokyo, access::bucket_name(spec, &identity, &account)),
                (Region::Osaka, access::replica_name(&identity, &account)),
            ]),
            operator: RoleArn::new(OPERATOR).expect("a role"),
            break_glass: BTreeSet::new(),
            roles: BTreeSet::new(),
            issuer: None,
            shared_server: None,
            users: BTreeSet::new(),
        };
        Ok(Goal::Absent {
            policy: spec.common.deletion_policy,
            remains: Box::new(remains),
        })
    }

    fn context(&self, goal: &Goal, ledger: Ledger) -> Context {
        Context {
            identity: self.identity(),
            now: self.now,
            settings: Settings::default(),
            ledger,
            adopt: self.common().adopt.clone(),
            common_tags: match goal {
                Goal::Present(target) => target.tags.clone(),
                Goal::Absent { .. } => Tags::new(),
            },
        }
    }

    fn common(&self) -> &CommonSpec {
        &self.buckets[0].spec.common
    }

    fn status(&self) -> Option<&CommonStatus> {
        self.buckets[0].status.as_ref().map(|status| &status.common)
    }

    fn status_mut(&mut self) -> &mut CommonStatus {
        &mut self.buckets[0].status.get_or_insert_default().common
    }

    fn environment(&self) -> Environment {
        self.municipalities[0].spec.environment
    }

    fn account(&self) -> AccountId {
        AccountId::new(&self.municipalities[0].spec.account_id).expect("twelve digits")
    }

    fn approves(&self) -> bool {
        self.approves
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn observe(&self) -> Observed {
        self.aws.clone()
    }

    fn apply(&mut self, step: &Step) -> Result<Effect, Fault> {
        self.serial += 1;
        let new = |prefix: &str| format!("{prefix}-{}", self.serial);
        let id = match &step.action {
            Action::Bucket(s3::bucket::Action::Create { name, .. }) => (name.clone(), Some(s3::bucket::arn(name))),
            Action::IamRole(iam::role::Action::Create { name, arn, .. }) => (name.clone(), Some(arn.clone())),
            Action::OidcProvider(iam::oidc_provider::Action::Create { arn, .. }) => (arn.clone(), Some(arn.clone())),
            Action::SftpUser(transfer::user::Action::Create { server_id, name, .. }) => {
                let id = transfer::user::id(server_id, name);
                (id.clone(), Some(format!("arn:user/{id}")))
            }
            Action::SftpServer(_) => (new("s"), Some(format!("arn:server/{}", self.serial))),
            _ => (new("sg"), None),
        };
        let created = step.action.brings().then_some(Created {
            id: id.0,
            arn: id.1,
            state: None,
        });
        let effect = Effect {
            step: step.clone(),
            created,
        };
        self.aws.absorb(&effect);
        Ok(effect)
    }

    fn finish(&mut self) {
        self.aws.finish_pending();
    }

    fn others(&mut self) {
        self.grant();
        self.now += SignedDuration::from_mins(10);
    }

    const OTHERS: &'static str = "the municipality's keys follow";
}
