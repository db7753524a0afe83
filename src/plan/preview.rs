//! What a pass would do, for people and for pull requests: the same dry run that status and approvals are made of.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ec2::{transit_gateway_attachment, vpc_endpoint};
use crate::goal::Goal;
use crate::kms::key;
use crate::pass::Ending;
use crate::plan::{Halt, Text};
use crate::route53resolver::endpoint;
use crate::step::{Action, Step};
use crate::transfer::server;

/// What would become of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The account.
    pub account: String,
    /// The hash that an approval has to name, where steps wait for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Every step to the end, in their order.
    pub changes: Vec<Change>,
    /// What AWS bills for, and how many more or less.
    pub billable: BTreeMap<&'static str, i64>,
    /// What does not go on, or should be known.
    pub remarks: Vec<Remark>,
}

/// What a step does to the thing that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// It is made.
    Create,
    /// It becomes another.
    Change,
    /// It goes.
    Delete,
    /// It is what the spec asks for again and again, as backups: no change.
    Routine,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What it does.
    pub verb: Verb,
    /// The part's role.
    pub part: String,
    /// The Region.
    pub region: &'static str,
    /// The service that is called.
    pub service: &'static str,
    /// The sentence.
    pub action: String,
    /// What differs: a path within the part.
    pub property: String,
    /// As the spec asks.
    pub want: String,
    /// As AWS has it.
    pub have: String,
    /// What is at risk, where it deletes, detaches, disables or narrows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
    /// Why it would not run now: a reason and a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<(String, String)>,
}

/// Something that does not go on, or should be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// `blocks`, `waits` or `note`.
    pub kind: &'static str,
    /// The part.
    pub part: String,
    /// The reason.
    pub reason: String,
    /// The sentence.
    pub message: String,
}

/// The preview of a pass that has begun and done nothing yet.
#[must_use]
pub fn of<G: Goal>(goal: &G, begun: &Ending<G::Observed>, say: impl Fn(&Text) -> &str) -> Preview {
    let held: BTreeMap<String, (String, String)> = begun
        .held
        .iter()
        .map(|(step, reason, text)| (step.to_string(), (reason.to_string(), say(text).to_owned())))
        .collect();
    let change = |step: &Step| Change {
        verb: verb(step),
        part: step.part.role.to_string(),
        region: step.part.region.as_str(),
        service: step.action.service(),
        action: step.action.to_string(),
        property: step.difference.path.clone(),
        want: step.difference.want.clone(),
        have: step.difference.have.clone(),
        risk: step.risk.clone(),
        held: held.get(&step.to_string()).cloned(),
    };
    let plan = goal.plan(&begun.observed, &begun.ctx);
    let remarks = [
        ("blocks", &plan.blocks),
        ("waits", &plan.waits),
        ("note", &plan.notices),
    ];
    let remark = |kind: &'static str, halt: &Halt| Remark {
        kind,
        part: halt.part.to_string(),
        reason: halt.reason.to_string(),
        message: say(&halt.message).to_owned(),
    };
    Preview {
        account: begun.account.to_string(),
        hash: (!held.is_empty()).then(|| begun.verdict.hash.clone()),
        changes: begun.predicted.iter().map(change).collect(),
        billable: billable(&begun.predicted),
        remarks: remarks
            .into_iter()
            .flat_map(|(kind, halts)| halts.iter().map(move |halt| (kind, halt)))
            .map(|(kind, halt)| remark(kind, halt))
            .collect(),
    }
}

fn verb(step: &Step) -> Verb {
    match step {
        Step { routine: true, .. } => Verb::Routine,
        Step { creation: Some(_), .. } => Verb::Create,
        Step { removal: true, .. } => Verb::Delete,
        _ => Verb::Change,
    }
}

/// What AWS bills by the hour or the month, as far as steps make more or less of it: the thing, and how many.
///
/// Prices: [KMS](https://aws.amazon.com/kms/pricing/), [PrivateLink](https://aws.amazon.com/privatelink/pricing/),
/// [Transit Gateway](https://aws.amazon.com/transit-gateway/pricing/), [Transfer](https://aws.amazon.com/aws-transfer-family/pricing/),
/// [Route 53](https://aws.amazon.com/route53/pricing/).
fn billable(steps: &[Step]) -> BTreeMap<&'static str, i64> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut all = BTreeMap::new();
    for step in steps {
        let (thing, more) = match &step.action {
            Action::KmsKey(key::Action::Create { .. }) => ("customer-managed keys", 1),
            Action::KmsKey(key::Action::ScheduleDeletion { .. }) => ("customer-managed keys", -1),
            Action::VpcEndpoint(vpc_endpoint::Action::Create { .. }) => ("interface endpoints", 1),
            Action::VpcEndpoint(vpc_endpoint::Action::Delete { .. }) => ("interface endpoints", -1),
            Action::TransitGatewayAttachment(transit_gateway_attachment::Action::Create { .. }) => {
                ("transit gateway attachments", 1)
            }
            Action::TransitGatewayAttachment(transit_gateway_attachment::Action::Delete { .. }) => {
                ("transit gateway attachments", -1)
            }
            Action::SftpServer(server::Action::Create { .. }) => ("SFTP servers", 1),
            Action::SftpServer(server::Action::Delete { .. }) => ("SFTP servers", -1),
            Action::ResolverEndpoint(endpoint::Action::Create { addresses, .. }) => {
                ("Resolver addresses", number(addresses.len()))
            }
            Action::ResolverEndpoint(endpoint::Action::AddAddress { .. }) => ("Resolver addresses", 1),
            Action::ResolverEndpoint(endpoint::Action::RemoveAddress { .. }) => ("Resolver addresses", -1),
            _ => continue,
        };
        *all.entry(thing).or_default() += more;
    }
    all.retain(|_, more| *more != 0);
    all
}

/// What all previews come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Objects with changes.
    pub objects: usize,
    /// Things that are made.
    pub create: usize,
    /// Steps that change one.
    pub change: usize,
    /// Things that go.
    pub delete: usize,
    /// Steps that put something at risk.
    pub destructive: usize,
    /// Steps that would not run now.
    pub held: usize,
    /// What AWS bills for, and how many more or less.
    pub billable: BTreeMap<&'static str, i64>,
    /// Writes by service.
    pub writes: BTreeMap<&'static str, usize>,
}

impl Summary {
    /// Counts a preview in.
    pub fn add(&mut self, preview: &Preview) {
        let changes = || preview.changes.iter().filter(|change| change.verb != Verb::Routine);
        let count = |verb| changes().filter(|change| change.verb == verb).count();
        self.objects += usize::from(changes().next().is_some());
        self.create += count(Verb::Create);
        self.change += count(Verb::Change);
        self.delete += count(Verb::Delete);
        self.destructive += changes().filter(|change| change.risk.is_some()).count();
        self.held += changes().filter(|change| change.held.is_some()).count();
        for change in changes() {
            *self.writes.entry(change.service).or_default() += 1;
        }
        for (thing, more) in &preview.billable {
            *self.billable.entry(thing).or_default() += more;
        }
    }

    /// Whether AWS would be changed.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.objects > 0
    }
}
