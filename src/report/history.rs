//! What happened to one municipality's environment: the records of its own objects, and how many others there are that
//! concern it but may not be told.

use jichitai_plan::evidence::{Approved, Outcome, Record, RecordKind};
use jiff::SignedDuration;

/// Stands in the place of an object that a municipality may not be told of.
const NOBODY: &str = "Unknown";

/// The records of one municipality: of a month, where the report is of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct History<'a> {
    /// Its own, in the order of the evidence.
    pub told: Vec<Told<'a>>,
    /// Of objects that serve others too, about which one cannot tell whom they concern.
    pub withheld: Vec<&'a Record>,
    /// Of objects in its namespace that are not in the book: they were deleted, or are another's.
    pub unplaced: Vec<&'a Record>,
}

/// A record that is a municipality's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub record: &'a Record,
    /// Whether its object serves others too: then who approved, and what differed, may be theirs.
    pub is_shared: bool,
}

impl<'a> History<'a> {
    /// Whether nothing at all was recorded.
    pub fn is_empty(&self) -> bool {
        let Self {
            told,
            withheld,
            unplaced,
        } = self;
        told.is_empty() && withheld.is_empty() && unplaced.is_empty()
    }

    /// Records of some kinds, the earliest first.
    pub fn of(&self, kinds: &[RecordKind]) -> Vec<Told<'a>> {
        let all = self.told.iter().filter(|one| kinds.contains(&one.record.kind));
        let mut all: Vec<Told<'a>> = all.copied().collect();
        all.sort_by_key(|one| one.record.time);
        all
    }

    /// What was changed in AWS, or was tried to.
    pub fn writes(&self) -> Vec<Told<'a>> {
        self.of(&[RecordKind::Write, RecordKind::Repair])
    }

    /// Times and endings of one kind at one object, those that are not told too: they hold nobody's name.
    pub fn at(&self, object: &str, kind: RecordKind) -> Vec<&'a Record> {
        let told = self.told.iter().map(|one| one.record);
        let all = told.chain(self.withheld.iter().copied());
        let mut all: Vec<&Record> = all.filter(|one| one.object == object && one.kind == kind).collect();
        all.sort_by_key(|one| one.time);
        all
    }

    /// Copies for a book of this municipality alone; of what it may not be told no more than that it is.
    pub fn of_a_page(&self) -> Vec<Record> {
        let Self {
            told,
            withheld,
            unplaced,
        } = self;
        let told = told.iter().map(|one| Record {
            account: one.account().to_owned(),
            approvals: one.approvals().to_vec(),
            detail: one.detail().map(str::to_owned),
            ..one.record.clone()
        });
        let withheld = withheld.iter().map(|record| silent(record, record.object.clone()));
        let unplaced = unplaced.iter().map(|record| {
            let namespace = namespace_of(&record.object);
            silent(record, format!("{NOBODY}/{namespace}/{NOBODY}"))
        });
        told.chain(withheld).chain(unplaced).collect()
    }
}

impl<'a> Told<'a> {
    /// Who approved, where that may be told.
    pub fn approvals(&self) -> &'a [Approved] {
        if self.is_shared { &[] } else { &self.record.approvals }
    }

    /// Why AWS refused, or what differed, where that may be told.
    pub fn detail(&self) -> Option<&'a str> {
        let is_own = !self.is_shared || self.record.outcome == Some(Outcome::Refused);
        self.record.detail.as_deref().filter(|_| is_own)
    }

    /// From when it was known, or began, until it was over.
    pub fn took(&self) -> Option<SignedDuration> {
        took(self.record)
    }

    pub fn is_refused(&self) -> bool {
        self.record.outcome == Some(Outcome::Refused)
    }

    /// The account, where it is surely its own.
    pub fn account(&self) -> &'a str {
        if self.is_shared { "" } else { &self.record.account }
    }

    /// Its object as it may be told: one that serves others may stand in another's namespace.
    pub fn object_name(&self) -> String {
        let (kind, name) = self.object();
        match self.is_shared {
            true => format!("{kind}/{name}"),
            false => self.record.object.clone(),
        }
    }

    /// Kind and name of its object.
    pub fn object(&self) -> (&'a str, &'a str) {
        let mut parts = self.record.object.split('/');
        let kind = parts.next().unwrap_or_default();
        (kind, parts.nth(1).unwrap_or_default())
    }
}

/// From when it was known, or began, until it was over.
pub(crate) fn took(record: &Record) -> Option<SignedDuration> {
    let began = record.since?;
    Some(record.time.duration_since(began).max(SignedDuration::ZERO))
}

/// The namespace of `Kind/namespace/name`.
pub(crate) fn namespace_of(object: &str) -> &str {
    object.split('/').nth(1).unwrap_or_default()
}

/// The role of a part, without its Region.
pub(crate) fn role_of(part: &str) -> &str {
    part.split_once(" in ").map_or(part, |(role, _)| role)
}

/// Whether it is about the association of a rule with this VPC: `rule-association.NAME.VPC in REGION`.
pub(crate) fn is_of_vpc(record: &Record, vpc: &str) -> bool {
    let role = record.part.as_deref().map(role_of);
    let association = role.and_then(|role| role.strip_prefix("rule-association."));
    association.is_some_and(|rest| rest.rsplit('.').next() == Some(vpc))
}

/// That something happened, how and when; not what.
fn silent(record: &Record, object: String) -> Record {
    Record {
        object,
        account: String::new(),
        part: None,
        summary: String::new(),
        detail: None,
        plan_hash: None,
        approvals: Vec::new(),
        request_id: None,
        ..record.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{namespace_of, role_of};

    #[test]
    fn objects_and_parts_are_taken_apart() {
        assert_eq!(namespace_of("Municipality/chiyoda/tenant"), "chiyoda");
        assert_eq!(namespace_of(""), "");
        assert_eq!(role_of("sftp-user.health in ap-northeast-1"), "sftp-user.health");
        assert_eq!(role_of("vpc"), "vpc");
    }
}
