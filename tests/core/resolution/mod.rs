//! One ResolverEndpoint with what is around it, in memory: the product's own loop over an AWS that
//! refuses what the real one does: fewer than two addresses, changes of an endpoint that is changing,
//! rules that still hold, and a second rule for a domain in one VPC.

mod listed;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::municipality::Environment;
use jichitai_api::{CommonSpec, CommonStatus, Municipality, ResolverEndpoint};
use jichitai_plan::context::{Context, Settings};
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::vpc::Site;
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{AccountId, Identity, Owner, Part, Role};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::municipality::place;
use jichitai_plan::observation::Fault;
use jichitai_plan::ram::rule_share::{self, Invitation};
use jichitai_plan::resolver_endpoint::goal::Goal;
use jichitai_plan::resolver_endpoint::observed::{Account, Observed};
use jichitai_plan::resolver_endpoint::target::{self, Sources};
use jichitai_plan::resolver_endpoint::teardown::Remains;
use jichitai_plan::route53::zone_association;
use jichitai_plan::route53resolver::rule::Rule;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Action, Created, Effect, Step};
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jiff::{SignedDuration, Timestamp};

use crate::drive::Driven;

pub use listed::Listed;

/// The installation.
const INSTALLATION: &str = "test";

/// An endpoint and what is around it. The first municipality is the one in which it stands.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The municipalities of the cluster.
    pub municipalities: Vec<Municipality>,
    /// The object.
    pub object: ResolverEndpoint,
    /// What AWS has.
    pub aws: Observed,
    /// The time.
    pub now: Timestamp,
    /// Whether every plan gets its approval.
    pub approves: bool,
    /// Whether accounts take part in one organization, and need not accept.
    pub organization: bool,
    /// What the platform team has set.
    pub settings: Settings,
    /// Ids that were given out.
    pub serial: u32,
    /// What AWS refused, in its words.
    pub refused: Vec<String>,
    /// What it does not let the operator read.
    pub unreadable: BTreeSet<Listed>,
}

impl Resolution {
    /// With these objects, and accounts in which the municipalities have made their networks.
    ///
    /// # Panics
    /// When a municipality makes no sense.
    #[must_use]
    pub fn new(municipalities: Vec<Municipality>, object: ResolverEndpoint, now: Timestamp) -> Self {
        let mut aws = Observed::default();
        for (index, one) in municipalities.iter().enumerate() {
            let account = AccountId::new(&one.spec.account_id).expect("twelve digits");
            let tenant = place::identity(one, INSTALLATION);
            let vpc = format!("vpc-{}", tenant.owner.name);
            let sites = aws.accounts.entry(account.clone()).or_default();
            sites.vpcs.as_mut().expect("readable").push(Site {
                id: vpc.clone(),
                tags: tenant.tags(&Role::new("vpc"), &Tags::new()),
            });
            if index == 0 {
                aws.home = Some(account);
                aws.subnets = Ok(subnets(one, &tenant, &vpc));
            }
        }
        Self {
            municipalities,
            object,
            aws,
            now,
            approves: false,
            organization: false,
            settings: Settings::default(),
            serial: 0,
            refused: Vec::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Whose the endpoint is.
    ///
    /// # Panics
    /// Never: the objects of tests have names.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let metadata = &self.object.metadata;
        let (namespace, name) = (metadata.namespace.as_deref(), metadata.name.as_deref());
        Identity {
            installation: INSTALLATION.into(),
            owner: Owner::new::<ResolverEndpoint>(namespace.expect("a namespace"), name.expect("a name")),
        }
    }

    /// Another VPC that nobody of the cluster made.
    ///
    /// # Panics
    /// When the account is not readable.
    pub fn add_vpc(&mut self, id: &str) {
        self.home().vpcs.as_mut().expect("readable").push(Site {
            id: id.into(),
            tags: Tags::new(),
        });
    }

    /// The endpoint's account.
    ///
    /// # Panics
    /// Never: there is one from the beginning.
    pub fn home(&mut self) -> &mut Account {
        let home = self.aws.home.clone().expect("an account");
        self.aws.accounts.entry(home).or_default()
    }

    /// The cluster is lost: another one gets the same objects, without status.
    pub fn forget(&mut self) {
        self.object.status = None;
    }

    /// Marks the object as being deleted.
    pub fn delete(&mut self) {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(self.now);
        self.object.metadata.deletion_timestamp = Some(time);
    }

    /// Rules that another account sees, too: what was shared with it, and was accepted.
    fn shared(&self) -> Vec<(AccountId, Rule)> {
        let rules = || self.aws.rules().iter().flatten();
        let shares = self.aws.shares.iter().flatten();
        let all = shares.flat_map(|share| {
            let accounts = share.principals.iter().filter(|(_, state)| state == "ASSOCIATED");
            let accounts = accounts.filter_map(|(account, _)| AccountId::new(account));
            accounts.flat_map(|account| {
                let of_share = rules().filter(|rule| share.rules.contains(&rule.arn));
                of_share
                    .map(move |rule| (account.clone(), rule.clone()))
                    .collect::<Vec<_>>()
            })
        });
        all.collect()
    }

    /// What AWS would say against a step now.
    #[must_use]
    pub fn refusal(&self, step: &Step) -> Option<String> {
        refusals::refusal(&self.aws, step).map(|fault| fault.message)
    }

    /// Parts of the object that AWS shows, with their ids.
    #[must_use]
    pub fn parts(&self) -> Vec<(Part, String)> {
        let inventory = self.status().map(|status| status.inventory.clone());
        let ctx = Context {
            identity: self.identity(),
            now: self.now,
            settings: self.settings.clone(),
            ledger: Ledger::new(inventory.unwrap_or_default()),
            adopt: BTreeMap::new(),
            common_tags: Tags::new(),
        };
        let found = self.aws.find(&self.account(), &ctx).into_iter();
        found.map(|(part, entry)| (part, entry.id)).collect()
    }
}

fn subnets(municipality: &Municipality, tenant: &Identity, vpc: &str) -> Vec<Subnet> {
    let zones = municipality.spec.network.zones.iter();
    let all = zones.flat_map(|zone| {
        zone.subnets.iter().map(|subnet| Subnet {
            id: format!("subnet-{}", subnet.name),
            vpc_id: vpc.to_owned(),
            cidr: subnet.cidr.parse().expect("a range"),
            zone: subnet.availability_zone.clone(),
            zone_id: Some(subnet.availability_zone.replace("ap-northeast-1", "apne1-az-")),
            public_ip_on_launch: false,
            tags: tenant.tags(
                &Role::new(format!("subnet.{}.{}", zone.name, subnet.name)),
                &Tags::new(),
            ),
        })
    });
    all.collect()
}

impl Driven for Resolution {
    type Goal = Goal;

    fn goal(&self) -> Result<Goal, Vec<SpecFault>> {
        let municipalities: Vec<&Municipality> = self.municipalities.iter().collect();
        let placed = self.object.spec.placement.municipality_ref.is_some();
        if self.object.metadata.deletion_timestamp.is_some() {
            let mut others: BTreeSet<AccountId> = self.aws.accounts.keys().cloned().collect();
            others.remove(&self.account());
            return Ok(Goal::Absent {
                policy: self.object.spec.common.deletion_policy,
                remains: Box::new(Remains {
                    account: self.account(),
                    vpc: Some(target::vpc_of(&self.municipalities[0], INSTALLATION)),
                    others,
                }),
            });
        }
        let sources = Sources {
            identity: &self.identity(),
            municipality: municipalities.first().copied().filter(|_| placed),
            tenants: &Tenants::of(self.municipalities.iter().cloned().map(Arc::new).collect()),
            default_tags: &Tags::new(),
        };
        target::target(&self.object, &sources).map(|target| Goal::Present(Box::new(target)))
    }

    fn context(&self, goal: &Goal, ledger: Ledger) -> Context {
        Context {
            identity: self.identity(),
            now: self.now,
            settings: self.settings.clone(),
            ledger,
            adopt: self.common().adopt.clone(),
            common_tags: match goal {
                Goal::Present(target) => target.tags.clone(),
                Goal::Absent { .. } => Tags::new(),
            },
        }
    }

    fn common(&self) -> &CommonSpec {
        &self.object.spec.common
    }

    fn status(&self) -> Option<&CommonStatus> {
        self.object.status.as_ref().map(|status| &status.common)
    }

    fn status_mut(&mut self) -> &mut CommonStatus {
        &mut self.object.status.get_or_insert_default().common
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
        let mut seen = self.aws.clone();
        for (account, rule) in self.shared() {
            let other = seen.accounts.get_mut(&account).map(|account| &mut account.rules);
            other.into_iter().flatten().for_each(|rules| rules.push(rule.clone()));
        }
        self.unreadable.iter().for_each(|listed| listed.hide(&mut seen));
        seen
    }

    fn apply(&mut self, step: &Step) -> Result<Effect, Fault> {
        if let Some(fault) = refusals::refusal(&self.aws, step) {
            self.refused.push(format!("{step}: {}", fault.message));
            return Err(fault);
        }
        self.serial += 1;
        let (prefix, state) = match &step.action {
            Action::ResolverEndpoint(_) => ("rslvr-in", Some("CREATING")),
            Action::ResolverRule(_) => ("rslvr-rr", Some("COMPLETE")),
            Action::QueryLog(_) => ("rqlc", Some("CREATING")),
            Action::RuleShare(_) => ("share", None),
            _ => ("sg", None),
        };
        let id = format!("{prefix}-{}", self.serial);
        let created = step.action.brings().then(|| Created {
            arn: Some(format!("arn:{id}")),
            id: id.clone(),
            state: state.map(str::to_owned),
        });
        let effect = Effect {
            step: step.clone(),
            created,
        };
        self.aws.absorb(&effect);
        self.note(step, &id);
        Ok(effect)
    }

    fn finish(&mut self) {
        let waiting: Vec<_> = self.aws.shares.clone().into_iter().flatten().collect();
        let accounts = self.aws.accounts.values();
        let invited: Vec<_> = accounts.map(|account| account.invitations.clone()).collect();
        self.aws.finish_pending();
        // Who is invited is known here, and not foreseen.
        for (other, invited) in self.aws.accounts.values_mut().zip(invited) {
            other.invitations = invited;
        }
        if self.organization {
            // Nobody has to accept.
            let shares = self.aws.shares.iter_mut().flatten();
            for (_, state) in shares.flat_map(|share| &mut share.principals) {
                "ASSOCIATED".clone_into(state);
            }
            return;
        }
        // Nobody accepts by waiting.
        let accepted = |arn: &str| {
            let all = self
                .aws
                .accounts
                .values()
                .flat_map(|account| account.invitations.iter().flatten());
            all.into_iter()
                .any(|one| one.share_arn == arn && one.state == "ACCEPTED")
        };
        let open: Vec<_> = waiting.into_iter().filter(|share| !accepted(&share.arn)).collect();
        for share in self.aws.shares.iter_mut().flatten() {
            if let Some(before) = open.iter().find(|before| before.arn == share.arn) {
                share.principals.clone_from(&before.principals);
            }
        }
    }

    fn others(&mut self) {
        self.now += SignedDuration::from_mins(10);
    }

    const OTHERS: &'static str = "time passes";
}

impl Resolution {
    /// What AWS does besides: a zone shows its domain, and who is to take part in a share is invited.
    fn note(&mut self, step: &Step, id: &str) {
        match &step.action {
            Action::ZoneAssociation(zone_association::Action::Associate { zone_id, .. }) => {
                let all = self.aws.zones.iter_mut().flatten();
                let domain = format!("{}.example.jp", zone_id.to_lowercase());
                all.filter(|one| one.zone_id == *zone_id)
                    .for_each(|one| one.domain.clone_from(&domain));
            }
            Action::RuleShare(rule_share::Action::Create { account, .. }) if !self.organization => {
                let other = self.aws.accounts.entry(account.clone()).or_default();
                if let Ok(invitations) = &mut other.invitations {
                    invitations.push(Invitation {
                        arn: format!("invitation-{id}"),
                        share_arn: id.to_owned(),
                        state: "PENDING".into(),
                    });
                }
            }
            _ => {}
        }
    }
}
