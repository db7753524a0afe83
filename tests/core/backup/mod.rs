//! One OsakaBackupPolicy with what is around it, in memory: the product's own loop over an AWS that takes its time,
//! lets copies fail, and refuses more of them than it takes at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::municipality::Environment;
use jichitai_api::{CommonSpec, CommonStatus, Municipality, OsakaBackupPolicy, OsakaBackupPolicySpec, Region};
use jichitai_plan::context::{Context, Settings, japan_date};
use jichitai_plan::ec2::{image, snapshot};
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::municipality::place;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::osaka_backup_policy::copy::{Copy, State};
use jichitai_plan::osaka_backup_policy::goal::{Goal, Remains};
use jichitai_plan::osaka_backup_policy::observed::{ImageSnapshot, Observed, medium_of};
use jichitai_plan::osaka_backup_policy::queue::{Demand, Queue};
use jichitai_plan::osaka_backup_policy::source::{Machine, Medium, Source, SourceId};
use jichitai_plan::osaka_backup_policy::target::{self, KeyName, Sources};
use jichitai_plan::osaka_backup_policy::{describe, transfer};
use jichitai_plan::policy::role_arn::RoleArn;
use jichitai_plan::rds;
use jichitai_plan::report::next_look;
use jichitai_plan::s3::bucket;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Action, Created, Effect, Step};
use jichitai_plan::tags::Tags;
use jiff::{SignedDuration, Timestamp};

use crate::drive::{self, Done, Driven};

/// The installation.
const INSTALLATION: &str = "test";
/// The key in Osaka.
pub const KEY: &str = "arn:aws:kms:ap-northeast-3:111122223333:key/osaka";

/// The operator's role in the account.
const OPERATOR: &str = "arn:aws:iam::111122223333:role/jichitai-operator";

/// The key in Tokyo.
pub const TOKYO_KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/tokyo";

/// How AWS fares with a copy.
pub type Fate = fn(&Copy, u32) -> Option<String>;

/// A policy and what is around it.
#[derive(Clone, Debug)]
pub struct Vault {
    /// The municipality.
    pub municipality: Municipality,
    /// The object.
    pub object: OsakaBackupPolicy,
    /// The other policies of the account.
    pub others: Vec<OsakaBackupPolicySpec>,
    /// What AWS has.
    pub aws: Observed,
    /// The time.
    pub now: Timestamp,
    /// Whether every plan gets its approval.
    pub approves: bool,
    /// What the platform team has set.
    pub settings: Settings,
    /// How long AWS takes for a copy in Tokyo, and for one to Osaka.
    pub takes: [SignedDuration; 2],
    /// Which copies come to nothing, and why: asked with the number of the copy when AWS is done with it.
    pub fate: Fate,
    /// Copies that AWS does not list yet, and until when.
    pub hidden: BTreeMap<String, Timestamp>,
    /// How long AWS does not list what is new.
    pub lag: SignedDuration,
    /// What it does not let the operator read.
    pub unreadable: BTreeSet<(Medium, Region)>,
    /// What it refused, in its words.
    pub refused: Vec<String>,
    /// The most copies of one kind that were in flight to Osaka.
    pub most_in_flight: BTreeMap<Medium, usize>,
    tokens: BTreeMap<String, Created>,
    serial: u32,
}

impl Vault {
    /// With these objects, in an account that has no source yet.
    #[must_use]
    pub fn new(municipality: Municipality, object: OsakaBackupPolicy, now: Timestamp) -> Self {
        let mut object = object;
        object.metadata.creation_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now));
        let mut aws = Observed::default();
        for medium in Medium::COPIED {
            for region in Region::ALL {
                aws.copies.insert((medium, region), Ok(Vec::new()));
            }
        }
        aws.copies.insert((Medium::Template, Region::Osaka), Ok(Vec::new()));
        for region in Region::ALL {
            aws.image_snapshots.insert(region, Ok(Vec::new()));
        }
        aws.drill = Some(jichitai_plan::restore::observed::Observed {
            osaka: BTreeMap::new(),
            tokyo: Medium::COPIED
                .into_iter()
                .map(|medium| (medium, Ok(Vec::new())))
                .collect(),
            image_snapshots: Ok(Vec::new()),
            things: Ok(Vec::new()),
            room: BTreeMap::new(),
        });
        Self {
            municipality,
            object,
            others: Vec::new(),
            aws,
            now,
            approves: false,
            settings: Settings::default(),
            takes: [SignedDuration::from_mins(5), SignedDuration::from_mins(20)],
            fate: |_, _| None,
            hidden: BTreeMap::new(),
            lag: SignedDuration::ZERO,
            unreadable: BTreeSet::new(),
            refused: Vec::new(),
            most_in_flight: BTreeMap::new(),
            tokens: BTreeMap::new(),
            serial: 0,
        }
    }

    /// Whose the copies are.
    ///
    /// # Panics
    /// Never: the objects of tests have names.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let metadata = &self.object.metadata;
        let (namespace, name) = (metadata.namespace.as_deref(), metadata.name.as_deref());
        Identity {
            installation: INSTALLATION.into(),
            owner: Owner::new::<OsakaBackupPolicy>(namespace.expect("a namespace"), name.expect("a name")),
        }
    }

    /// Another source that exists since now.
    pub fn add(&mut self, medium: Medium, id: &str, size: u64) -> &mut Source {
        let source = Source {
            id: SourceId { medium, id: id.into() },
            size: (medium != Medium::Cluster).then_some(size),
            since: self.now,
            ready: true,
            machine: None,
        };
        let all = self.aws.sources.entry(medium).or_insert_with(|| Ok(Vec::new()));
        let all = all.as_mut().expect("readable");
        all.push(source);
        all.last_mut().expect("just added")
    }

    /// An instance with a root volume and further ones, all of them sources.
    pub fn add_machine(&mut self, id: &str, volumes: &[&str]) {
        let machine = Machine {
            id: id.into(),
            root: volumes.first().map(|root| (*root).to_owned()),
            volumes: volumes.iter().map(|volume| (*volume).to_owned()).collect(),
        };
        for volume in volumes {
            self.add(Medium::Snapshot, volume, 10).machine = Some(machine.clone());
        }
    }

    /// The copies of a kind on one side.
    ///
    /// # Panics
    /// Never: they can be read here.
    pub fn copies(&mut self, medium: Medium, region: Region) -> &mut Vec<Arc<Copy>> {
        let listing = self
            .aws
            .copies
            .entry((medium, region))
            .or_insert_with(|| Ok(Vec::new()));
        listing.as_mut().expect("readable")
    }

    /// The cluster is lost: another one gets the same object, without status, and made anew.
    pub fn forget(&mut self) {
        self.object.status = None;
        self.object.metadata.creation_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(self.now));
    }

    /// Marks the object as being deleted.
    pub fn delete(&mut self) {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(self.now);
        self.object.metadata.deletion_timestamp = Some(time);
    }

    /// AWS does not let the operator list sources of a kind any more. Returns those that are there.
    ///
    /// # Panics
    /// Where it did not before, either.
    pub fn hide_sources(&mut self, medium: Medium) -> Vec<Source> {
        let before = self.aws.sources.insert(medium, Err(denied()));
        before.expect("sources of this kind").expect("readable")
    }

    /// Somebody disables the key in Osaka.
    pub fn disable_key(&mut self) {
        let disabled = Key {
            state: KeyState::Disabled,
            ..key(KEY)
        };
        self.aws.keys.insert(self.key_name(), Observation::Present(disabled));
    }

    fn key_name(&self) -> KeyName {
        let owner = place::identity(&self.municipality, INSTALLATION);
        KeyName::Alias(owner.alias(&self.municipality.spec.code, "all"))
    }

    /// Time passes, and AWS ends what is due.
    pub fn pass_time(&mut self, until: Timestamp) {
        self.now = until.max(self.now);
        let (now, takes, fate) = (self.now, self.takes, self.fate);
        let mut serial = self.serial;
        for ((_, region), copies) in &mut self.aws.copies {
            let takes = takes[usize::from(*region == Region::Osaka)];
            for copy in copies.iter_mut().flatten() {
                if copy.state == State::Pending && now >= copy.started + takes {
                    serial += 1;
                    Arc::make_mut(copy).state = fate(copy, serial).map_or(State::Complete, State::Failed);
                }
            }
        }
        self.serial = serial;
        if let Some(drill) = &mut self.aws.drill {
            for copy in drill.tokyo.values_mut().flatten().flatten() {
                if copy.state == State::Pending && now >= copy.started + takes[1] {
                    Arc::make_mut(copy).state = State::Complete;
                }
            }
            for thing in drill.things.iter_mut().flatten() {
                thing.state = State::Complete;
            }
        }
        self.hidden.retain(|_, until| now < *until);
    }

    /// When AWS ends the next copy.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        let all = self.aws.copies.iter().flat_map(|((_, region), copies)| {
            let takes = self.takes[usize::from(*region == Region::Osaka)];
            let pending = copies.iter().flatten().filter(|copy| copy.state == State::Pending);
            pending.map(move |copy| copy.started + takes)
        });
        let drill = self
            .aws
            .drill
            .iter()
            .flat_map(|drill| drill.tokyo.values().flatten().flatten());
        let back = drill
            .filter(|copy| copy.state == State::Pending)
            .map(|copy| copy.started + self.takes[1]);
        all.chain(back).min()
    }

    /// One pass, killed after so many writes, with the status that the operator writes after it.
    ///
    /// # Errors
    /// The faults of the spec.
    pub fn pass(&mut self, crash_after: Option<usize>) -> Result<Done<Self>, Vec<SpecFault>> {
        let done = drive::pass(self, crash_after, &mut |_, _| {})?;
        if let (Some(ending), Ok(Goal::Present(target))) = (&done.ending, self.goal()) {
            let mut status = self.object.status.clone().unwrap_or_default();
            describe::status(&target, &ending.observed, &ending.ctx, &mut status);
            self.object.status = Some(status);
        }
        Ok(done)
    }

    /// Passes and time, as the operator asks for them, until a moment. Returns how many passes that took.
    ///
    /// # Errors
    /// The faults of the spec, or that there is no end.
    ///
    /// # Panics
    /// Never: nobody kills these passes.
    pub fn live(&mut self, until: Timestamp) -> Result<usize, String> {
        let mut passes = 0;
        while self.now < until {
            let done = self.pass(None).map_err(|faults| format!("{faults:?}"))?;
            passes += 1;
            let ending = done.ending.expect("nobody kills this one");
            let look = next_look(&ending.plan).unwrap_or(Timestamp::MAX);
            // Whoever looks every few seconds sees nothing new before AWS is done.
            let look = self.next_end().map_or(look, |end| look.max(end));
            let soonest = self.now + SignedDuration::from_secs(1);
            self.pass_time(look.max(soonest).min(until));
            if passes > 100_000 {
                return Err("no end".into());
            }
        }
        Ok(passes)
    }

    fn room(&self, goal: &Goal, seen: &mut Observed) {
        let Goal::Present(target) = goal else { return };
        let ctx = self.context(goal, Ledger::default());
        for medium in target.copied() {
            let in_flight = transfer::in_flight(medium, seen);
            let demand = Demand {
                of_all: in_flight,
                in_flight,
                waiting: transfer::waiting(medium, seen, &ctx),
            };
            let quota = transfer::quota(medium, &ctx);
            let room = Queue::default().take("this", demand, quota, self.now);
            seen.room.insert(medium, room);
        }
    }

    fn refusal(&self, step: &Step) -> Option<Fault> {
        let fault = |kind, code: &str| Fault {
            kind,
            operation: "ec2:CopySnapshot".into(),
            code: code.into(),
            message: format!("{step}"),
            request_id: None,
        };
        let medium = match &step.action {
            Action::Snapshot(snapshot::Action::Copy { .. }) => Medium::Snapshot,
            Action::Image(image::Action::Copy { .. }) => Medium::Image,
            Action::DatabaseSnapshot(rds::snapshot::Action::Copy { of, .. }) => medium_of(*of),
            _ => return None,
        };
        let in_flight = transfer::in_flight(medium, &self.aws);
        let quota = match medium {
            Medium::Image => self.settings.image_copy_quota,
            Medium::Snapshot => self.settings.snapshot_copy_quota,
            Medium::Database | Medium::Cluster => self.settings.database_copy_quota,
            Medium::Template => usize::MAX,
        };
        (in_flight >= quota).then(|| fault(FaultKind::Limit, "ResourceLimitExceeded"))
    }

    /// What of a creation is there afterwards besides what the operator expects: snapshots of images.
    fn note(&mut self, step: &Step) {
        let region = step.part.region;
        let mut image_snapshots = Vec::new();
        let fate = self.fate;
        for copies in self.aws.copies.values_mut() {
            let new = |copy: &&mut Arc<Copy>| copy.started == Timestamp::MAX;
            for copy in copies.iter_mut().flatten().rev().take_while(new) {
                let copy = Arc::make_mut(copy);
                copy.started = self.now;
                if copy.medium == Medium::Template {
                    // S3 is done when it answers.
                    copy.state = fate(copy, self.serial).map_or(State::Complete, State::Failed);
                    continue;
                }
                if copy.medium == Medium::Image {
                    let id = format!("snap-of-{}", copy.id);
                    copy.snapshots.insert(id.clone());
                    image_snapshots.push(Arc::new(ImageSnapshot {
                        id,
                        started: self.now,
                        tags: jichitai_plan::osaka_backup_policy::copy::snapshot_tags(&copy.tags),
                    }));
                }
                if self.lag.is_positive() {
                    self.hidden.insert(copy.id.clone(), self.now + self.lag);
                }
            }
        }
        if let Some(drill) = &mut self.aws.drill {
            for copy in drill.tokyo.values_mut().flatten().flatten() {
                if copy.started == Timestamp::MAX {
                    let copy = Arc::make_mut(copy);
                    copy.started = self.now;
                    copy.arn = Some(format!("arn:{}", copy.id));
                }
            }
        }
        if let Some(Ok(all)) = self.aws.image_snapshots.get_mut(&region) {
            all.extend(image_snapshots);
        }
        for medium in Medium::COPIED {
            let now = transfer::in_flight(medium, &self.aws);
            let most = self.most_in_flight.entry(medium).or_default();
            *most = now.max(*most);
        }
    }
}

impl Driven for Vault {
    type Goal = Goal;

    fn goal(&self) -> Result<Goal, Vec<SpecFault>> {
        if self.object.metadata.deletion_timestamp.is_some() {
            return Ok(Goal::Absent {
                policy: self.object.spec.common.deletion_policy,
                remains: Box::new(Remains::of(&self.object.spec, &self.identity())),
            });
        }
        let operator = RoleArn::new(OPERATOR);
        let sources = Sources {
            identity: &self.identity(),
            municipalities: &[&self.municipality],
            others: &self.others.iter().collect::<Vec<_>>(),
            today: japan_date(self.now),
            default_tags: &Tags::new(),
            operator: operator.as_ref(),
            break_glass: &BTreeSet::new(),
            break_glass_before: &BTreeSet::new(),
        };
        target::target(&self.object, &sources).map(|target| Goal::Present(Box::new(target)))
    }

    fn context(&self, goal: &Goal, ledger: Ledger) -> Context {
        Context {
            identity: self.identity(),
            now: self.now,
            settings: self.settings.clone(),
            ledger,
            adopt: BTreeMap::new(),
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
        self.municipality.spec.environment
    }

    fn account(&self) -> AccountId {
        AccountId::new(&self.municipality.spec.account_id).expect("twelve digits")
    }

    fn approves(&self) -> bool {
        self.approves
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn observe(&self) -> Observed {
        let mut seen = self.aws.clone();
        for copies in seen.copies.values_mut().flatten() {
            copies.retain(|copy| !self.hidden.contains_key(&copy.id));
        }
        seen.tokyo_keys
            .insert(self.key_name(), Observation::Present(key(TOKYO_KEY)));
        if let Some(drill) = &mut seen.drill {
            let osaka = Medium::COPIED
                .into_iter()
                .map(|medium| (medium, seen.copies[&(medium, Region::Osaka)].clone()));
            drill.osaka = osaka.collect();
            drill.room = Medium::COPIED.into_iter().map(|medium| (medium, 20)).collect();
        }
        seen.keys
            .entry(self.key_name())
            .or_insert_with(|| Observation::Present(key(KEY)));
        for hidden in &self.unreadable {
            seen.copies.insert(*hidden, Err(denied()));
        }
        if let Ok(goal) = self.goal() {
            // Kinds that the spec does not ask for are not read.
            if let Goal::Present(target) = &goal {
                seen.sources.retain(|medium, _| target.selectors.contains_key(medium));
                for medium in target.selectors.keys() {
                    seen.sources.entry(*medium).or_insert_with(|| Ok(Vec::new()));
                }
            }
            self.room(&goal, &mut seen);
        }
        seen
    }

    fn apply(&mut self, step: &Step) -> Result<Effect, Fault> {
        if let Some(fault) = self.refusal(step) {
            self.refused.push(format!("{step}: {}", fault.code));
            return Err(fault);
        }
        // A copy of an image that is asked for again under the same token is the one that is there.
        let token = match (&step.action, &step.creation) {
            (Action::Image(image::Action::Copy { .. }), Some(creation)) => Some(creation.token.clone()),
            _ => None,
        };
        if let Some(created) = token.as_ref().and_then(|token| self.tokens.get(token)) {
            return Ok(Effect {
                step: step.clone(),
                created: Some(created.clone()),
            });
        }
        self.serial += 1;
        let prefix = match &step.action {
            Action::Snapshot(_) => "snap",
            Action::Image(_) => "ami",
            _ => "db-snap",
        };
        let id = match &step.action {
            Action::DatabaseSnapshot(
                rds::snapshot::Action::Create { id, .. } | rds::snapshot::Action::Copy { id, .. },
            ) => id.clone(),
            Action::Bucket(bucket::Action::Create { name, .. }) => name.clone(),
            _ => format!("{prefix}-{}", self.serial),
        };
        let created = step.action.brings().then(|| Created {
            arn: Some(format!("arn:{id}")),
            id,
            state: None,
        });
        if let (Some(token), Some(created)) = (token, &created) {
            self.tokens.insert(token, created.clone());
        }
        let effect = Effect {
            step: step.clone(),
            created,
        };
        self.aws.absorb(&effect);
        self.note(step);
        Ok(effect)
    }

    fn finish(&mut self) {
        let ends = self.next_end();
        self.pass_time(ends.unwrap_or(self.now));
    }

    fn others(&mut self) {
        self.pass_time(self.now + SignedDuration::from_mins(10));
    }

    const OTHERS: &'static str = "time passes";
}

/// What AWS answers who may not read.
#[must_use]
pub fn denied() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "ec2:DescribeSnapshots".into(),
        code: "UnauthorizedOperation".into(),
        message: String::new(),
        request_id: None,
    }
}

fn key(arn: &str) -> Key {
    Key {
        id: "osaka".into(),
        arn: arn.into(),
        state: KeyState::Enabled,
        description: String::new(),
        policy: Observation::Absent,
        rotation_days: Observation::Absent,
        tags: Tags::new(),
    }
}
