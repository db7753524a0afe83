//! A cluster in memory: objects with their status, and passes over them as the operator makes them.
//!
//! [`Cluster::pass`] is the operator's loop (plan, write the ledger, execute, absorb, plan again)
//! with [`World`] in the place of AWS, and with everything that can go wrong on the way as an
//! argument: a crash after any write, answers that get lost, any order within a round.

mod pass;

use jichitai_api::{FileLinkBucket, Municipality};
use jichitai_plan::approval::{Held, Verdict};
use jichitai_plan::context::{Context, Settings, japan_date};
use jichitai_plan::goal::Goal as _;
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::municipality::goal::Goal;
use jichitai_plan::municipality::target::{self, Sources};
use jichitai_plan::municipality::teardown::Remains;
use jichitai_plan::observation::Fault;
use jichitai_plan::plan::Plan;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::Step;
use jichitai_plan::tags::Tags;
use jiff::Timestamp;

use crate::world::World;

/// The objects of a cluster, and the platform team's configuration.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The installation's name.
    pub installation: String,
    /// Municipalities with their status, which is all that the operator remembers.
    pub municipalities: Vec<Municipality>,
    /// File link buckets.
    pub buckets: Vec<FileLinkBucket>,
    /// The operator's role in the account.
    pub operator: Option<RoleArn>,
    /// Tags on everything.
    pub default_tags: Tags,
    /// Settings.
    pub settings: Settings,
    /// Whether every plan gets its approval.
    pub approves: bool,
}

/// Sees the account after each write.
pub type Witness<'a> = &'a mut dyn FnMut(&World, &Step);

/// What goes wrong during a pass, and who looks on.
#[derive(Default)]
pub struct Circumstances<'a> {
    /// The operator is killed after so many writes.
    pub crash_after: Option<usize>,
    /// Writes of a round run in this order instead of the plan's.
    pub order: Option<u64>,
    /// Every so-manieth write has its effect, but the answer gets lost.
    pub lose_every: Option<usize>,
    /// Sees the account after each write.
    pub witness: Option<Witness<'a>>,
}

/// What a pass ended with.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Why there was no pass.
    pub faults: Vec<SpecFault>,
    /// What a dry run said before.
    pub predicted: Vec<Step>,
    /// What ran, by rounds.
    pub rounds: Vec<Vec<Step>>,
    /// The decision over it.
    pub verdict: Verdict,
    /// Whether an approved plan has run to its end.
    pub spent: bool,
    /// What AWS refused.
    pub failed: Vec<(Step, Fault)>,
    /// What was not allowed to run.
    pub held: Vec<Held>,
    /// The plan that is left.
    pub plan: Plan,
    /// Whether the object went.
    pub released: bool,
    /// Whether the operator was killed.
    pub crashed: bool,
}

impl Ending {
    /// Everything that ran.
    pub fn done(&self) -> impl Iterator<Item = &Step> {
        self.rounds.iter().flatten()
    }
}

impl Cluster {
    /// A cluster with these objects and nothing remembered.
    pub fn new(municipalities: Vec<Municipality>, buckets: Vec<FileLinkBucket>) -> Self {
        Self {
            installation: "test".into(),
            municipalities,
            buckets,
            operator: RoleArn::new("arn:aws:iam::111122223333:role/jichitai"),
            default_tags: Tags::new(),
            settings: Settings::default(),
            approves: false,
        }
    }

    /// The identity of an object.
    pub fn identity(&self, object: &Municipality) -> Identity {
        Identity {
            installation: self.installation.clone(),
            owner: owner_of(object),
        }
    }

    /// Everybody's identity, in the order of the objects.
    pub fn identities(&self) -> Vec<Identity> {
        self.municipalities.iter().map(|object| self.identity(object)).collect()
    }

    /// The cluster is lost: another one gets the same objects, without status.
    pub fn forget(&mut self) {
        self.municipalities.iter_mut().for_each(|object| object.status = None);
    }

    /// Marks an object as being deleted.
    pub fn delete(&mut self, owner: &Owner, now: Timestamp) {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now);
        let objects = self
            .municipalities
            .iter_mut()
            .filter(|object| owner_of(object) == *owner);
        objects.for_each(|object| object.metadata.deletion_timestamp = Some(time.clone()));
    }

    fn object(&self, owner: &Owner) -> Option<&Municipality> {
        self.municipalities.iter().find(|object| owner_of(object) == *owner)
    }

    fn context(&self, object: &Municipality, goal: &Goal, now: Timestamp) -> Context {
        let inventory = object
            .status
            .as_ref()
            .map(|status| status.common.inventory.clone())
            .unwrap_or_default();
        Context {
            identity: self.identity(object),
            now,
            settings: self.settings.clone(),
            ledger: Ledger::new(inventory),
            adopt: object.spec.common.adopt.clone(),
            common_tags: match goal {
                Goal::Present(target) => target.tags.clone(),
                Goal::Absent { .. } => Tags::new(),
            },
        }
    }

    fn goal(&self, object: &Municipality, now: Timestamp) -> Result<Goal, Vec<SpecFault>> {
        let (spec, identity) = (&object.spec, self.identity(object));
        if object.metadata.deletion_timestamp.is_some() {
            let names = target::purposes(spec.encryption.key_granularity).iter();
            let aliases = names.map(|(_, name)| (format!("key.{name}"), identity.alias(&spec.code, name)));
            let remains = Remains {
                aliases: aliases.collect(),
                account: AccountId::new(&spec.account_id),
            };
            let policy = spec.common.deletion_policy;
            let remains = Box::new(remains);
            return Ok(Goal::Absent { policy, remains });
        }
        let mine = |bucket: &&FileLinkBucket| {
            bucket.metadata.namespace == object.metadata.namespace
                && Some(&bucket.spec.municipality_ref.name) == object.metadata.name.as_ref()
        };
        let buckets: Vec<&FileLinkBucket> = self.buckets.iter().filter(mine).collect();
        let sources = Sources {
            identity: &identity,
            buckets: &buckets,
            operator: self.operator.as_ref(),
            default_tags: &self.default_tags,
            today: japan_date(now),
        };
        target::target(spec, &sources).map(|target| Goal::Present(Box::new(target)))
    }

    /// What an owner's pass would plan now, without making it.
    ///
    /// # Errors
    /// The faults of the spec.
    pub fn plan(&self, world: &World, owner: &Owner) -> Result<Plan, Vec<SpecFault>> {
        let Some(object) = self.object(owner) else {
            return Ok(Plan::default());
        };
        let goal = self.goal(object, world.now)?;
        let ctx = self.context(object, &goal, world.now);
        Ok(goal.plan(&world.view(&goal.query(&ctx)), &ctx))
    }

    /// Makes passes over every object, and lets AWS finish its part, until nothing changes any
    /// more. Time passes as far as `horizon`.
    ///
    /// # Errors
    /// Why there is no end.
    pub fn settle(&mut self, world: &mut World, horizon: Timestamp) -> Result<Vec<Ending>, String> {
        let mut all = Vec::new();
        for _ in 0..60 {
            let mut moved = false;
            let mut until: Option<Timestamp> = None;
            for identity in self.identities() {
                let ending = self.pass(world, &identity.owner, &mut Circumstances::default());
                moved |= ending.done().next().is_some() || ending.released;
                let known = ending.plan.waits.iter().filter_map(|halt| halt.until);
                until = known.chain(until).min();
                all.push(ending);
            }
            moved |= world.tick();
            if moved {
                continue;
            }
            match until.filter(|until| *until <= horizon) {
                Some(until) => world.pass_time(until),
                None => return Ok(all),
            }
        }
        let last = all
            .last()
            .map(|ending| (&ending.rounds, &ending.failed, &ending.plan.waits));
        Err(format!("no fixed point; last: {last:#?}"))
    }
}

/// The owner that an object is.
pub fn owner_of(object: &Municipality) -> Owner {
    let (namespace, name) = (object.metadata.namespace.as_deref(), object.metadata.name.as_deref());
    Owner::new::<Municipality>(namespace.unwrap_or_default(), name.unwrap_or_default())
}
