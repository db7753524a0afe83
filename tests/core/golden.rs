//! Golden plans: these manifests and this AWS give exactly these steps.
//!
//! Each folder under `tests/plan/municipality` is a case: `manifests.yaml` holds the objects of the
//! cluster, `aws.yaml` (optional) says what happened before, `plan.txt` what the operator then does,
//! round by round up to the fixed point. `UPDATE_GOLDEN=1` writes `plan.txt` anew: read the
//! difference before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jichitai_api::{FileLinkBucket, Municipality};
use jichitai_core_tests::cluster::{Circumstances, Cluster, Ending};
use jichitai_core_tests::golden_cases;
use jichitai_core_tests::world::World;
use jichitai_core_tests::world::by_hand::ByHand;
use jichitai_plan::identity::{AccountId, Identity};
use jichitai_plan::plan::Halt;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// What `aws.yaml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Setting {
    /// The time at the beginning; 2027-04-01 in the morning otherwise.
    now: Option<Timestamp>,
    /// Whether every plan is approved.
    approved: bool,
    /// The setting, and AWS's quota.
    network_acl_rule_quota: Option<usize>,
    /// What happened before, without being shown.
    before: Vec<Event>,
    /// What happens afterwards; after each of them the operator is shown again.
    then: Vec<Event>,
}

/// Something that happens around the operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    /// The operator brings AWS to the case's own manifests (before any deletion).
    Converge,
    /// The operator brings AWS to other manifests of the folder.
    ConvergeFrom(String),
    /// Other manifests of the folder replace the objects.
    Apply(String),
    /// The cluster is lost and its status with it.
    LoseLedger,
    /// Somebody does something in AWS.
    Hand(ByHand),
}

#[test]
fn plans_are_as_they_were() {
    golden_cases::compare(&root().join("plan/municipality"), 60, |folder| {
        Case::open(folder).and_then(Case::run)
    });
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A case that is being played.
struct Case {
    folder: PathBuf,
    setting: Setting,
    cluster: Cluster,
    world: World,
    subject: Identity,
    shown: String,
}

impl Case {
    fn open(folder: &Path) -> Result<Self, String> {
        let setting = match fs::read_to_string(folder.join("aws.yaml")) {
            Ok(text) => serde_saphyr::from_str(&text).map_err(|error| format!("aws.yaml: {error}"))?,
            Err(_) => Setting::default(),
        };
        let (municipalities, buckets) = objects(&folder.join("manifests.yaml"))?;
        let subject = municipalities
            .first()
            .ok_or("manifests.yaml has no Municipality")?
            .clone();
        let account = AccountId::new(&subject.spec.account_id).ok_or("the account id is wrong")?;
        let now = setting.now.unwrap_or(at("2027-04-01T09:00:00+09:00"));
        let mut world = World::new(account, now, None);
        let mut cluster = Cluster::new(municipalities, buckets);
        cluster.approves = setting.approved;
        if let Some(quota) = setting.network_acl_rule_quota {
            cluster.settings.network_acl_rule_quota = quota;
            world.acl_quota = quota;
        }
        let subject = cluster.identity(&subject);
        Ok(Self {
            folder: folder.to_owned(),
            setting,
            cluster,
            world,
            subject,
            shown: String::new(),
        })
    }

    fn run(mut self) -> Result<String, String> {
        for event in std::mem::take(&mut self.setting.before) {
            self.happen(&event)?;
        }
        self.operate()?;
        for event in std::mem::take(&mut self.setting.then) {
            self.line(&format!("\nthen {}", told(&event)));
            self.happen(&event)?;
            self.operate()?;
        }
        let left = &self.world.trespasses;
        if left.is_empty() {
            Ok(self.shown)
        } else {
            Err(format!("writes to what others own: {left:?}"))
        }
    }

    fn happen(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Converge => self.converge("manifests.yaml"),
            Event::ConvergeFrom(file) => self.converge(file),
            Event::Apply(file) => self.apply(file),
            Event::LoseLedger => {
                self.cluster.forget();
                Ok(())
            }
            Event::Hand(deed) => self.world.by_hand(&self.subject, deed),
        }
    }

    /// Brings AWS to the objects of a file and puts the case's own objects back, with the status
    /// that came of it. An hour passes, so that nothing is new any more.
    fn converge(&mut self, file: &str) -> Result<(), String> {
        let own = (self.cluster.municipalities.clone(), self.cluster.buckets.clone());
        self.apply(file)?;
        for object in &mut self.cluster.municipalities {
            object.metadata.deletion_timestamp = None;
        }
        self.cluster.approves = true;
        let now = self.world.now;
        self.cluster.settle(&mut self.world, now)?;
        self.cluster.approves = self.setting.approved;
        let mut converged = std::mem::replace(&mut self.cluster.municipalities, own.0);
        self.cluster.buckets = own.1;
        for object in &mut self.cluster.municipalities {
            let same = converged
                .iter_mut()
                .find(|one| one.metadata.name == object.metadata.name);
            object.status = same.and_then(|one| one.status.take());
        }
        self.world.now = self
            .world
            .now
            .checked_add(SignedDuration::from_hours(1))
            .map_err(|error| error.to_string())?;
        Ok(())
    }

    fn apply(&mut self, file: &str) -> Result<(), String> {
        let (mut municipalities, buckets) = objects(&self.folder.join(file))?;
        for object in &mut municipalities {
            let known = self
                .cluster
                .municipalities
                .iter()
                .find(|one| one.metadata.name == object.metadata.name);
            object.status = known.and_then(|one| one.status.clone());
        }
        self.cluster.municipalities = municipalities;
        self.cluster.buckets = buckets;
        Ok(())
    }

    /// Passes until nothing changes, shown; then another one, which must do nothing.
    fn operate(&mut self) -> Result<(), String> {
        let mut round = 0;
        let mut last = self.pass();
        for pass in 0.. {
            if pass > 20 {
                return Err(format!("no fixed point:\n{}", self.shown));
            }
            for steps in last.rounds.iter().filter(|steps| !steps.is_empty()) {
                round += 1;
                self.line(&format!("round {round}"));
                steps.iter().for_each(|step| self.line(&format!("  {step}")));
            }
            for (step, fault) in &last.failed {
                self.line(&format!("refused: {step}: {fault}"));
            }
            if last.released {
                self.line("released");
                return Ok(());
            }
            let moved = last.done().next().is_some();
            if !self.world.tick() && !moved {
                break;
            }
            last = self.pass();
        }
        self.end(&last);
        let again = self.pass();
        match again.done().next() {
            Some(step) => Err(format!("planned again after the fixed point: {step}")),
            None => Ok(()),
        }
    }

    fn pass(&mut self) -> Ending {
        self.cluster
            .pass(&mut self.world, &self.subject.owner, &mut Circumstances::default())
    }

    fn end(&mut self, last: &Ending) {
        for fault in &last.faults {
            self.line(&format!(
                "fault at {} [{}]: {}",
                fault.path, fault.reason, fault.message.en
            ));
        }
        for (step, reason, _) in &last.held {
            self.line(&format!("held [{reason}]: {step}"));
        }
        self.halts("waits", &last.plan.waits);
        self.halts("blocked", &last.plan.blocks);
        self.halts("notice", &last.plan.notices);
        if last.faults.is_empty() && last.held.is_empty() && last.plan.is_settled() {
            self.line("settled");
        }
    }

    fn halts(&mut self, verb: &str, halts: &[Halt]) {
        for Halt {
            part,
            reason,
            message,
            until,
        } in halts
        {
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            self.line(&format!("{verb} [{reason}]{until} {part}: {}", message.en));
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.shown, "{text}");
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn told(event: &Event) -> String {
    match event {
        Event::Converge => "converged".into(),
        Event::ConvergeFrom(file) => format!("converged to {file}"),
        Event::Apply(file) => format!("{file} is applied"),
        Event::LoseLedger => "the cluster is lost".into(),
        Event::Hand(deed) => format!("by hand: {deed:?}"),
    }
}

/// The objects of a file, in its order. The namespace is `tenants` unless they say otherwise.
fn objects(file: &Path) -> Result<(Vec<Municipality>, Vec<FileLinkBucket>), String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| problem(&error))?;
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).map_err(|error| problem(&error))?;
    let (mut municipalities, mut buckets) = (Vec::new(), Vec::new());
    for mut document in documents {
        if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.entry("namespace").or_insert_with(|| "tenants".into());
        }
        match document.get("kind").and_then(Value::as_str) {
            Some("Municipality") => {
                municipalities.push(serde_json::from_value(document).map_err(|error| problem(&error))?)
            }
            Some("FileLinkBucket") => buckets.push(serde_json::from_value(document).map_err(|error| problem(&error))?),
            other => return Err(problem(&format!("{other:?} is no kind of these tests"))),
        }
    }
    Ok((municipalities, buckets))
}
