//! What carries the installation's tags and belongs to no object: listed for people, and left alone.

use std::collections::BTreeSet;

use jichitai_api::{FileLinkBucket, KINDS, Object, OsakaBackupPolicy, Region};

use crate::iam::oidc_provider;
use crate::identity::Owner;
use crate::tags::{self, Tags};

/// Something of the installation, as AWS lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its Region, unless it has none.
    pub region: Option<Region>,
    /// Its tags.
    pub tags: Tags,
}

/// Why nobody looks after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There is no object of that name.
    NoObject,
    /// Its tags do not say whose it is.
    NoOwner,
}

/// Something that belongs to no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// What it is.
    pub thing: Tagged,
    /// The owner, as its tag says.
    pub owner: String,
    /// Which part of it.
    pub role: String,
    /// Why it counts.
    pub why: Why,
    /// Whether it is data, or data cannot be read without it.
    pub holds_data: bool,
}

/// What of these belongs to none of the living objects, by owner and ARN. What was restored belongs to people. What a drill
/// made belongs to its policy, and what is shared to everybody of its kind.
#[must_use]
pub fn orphans(found: Vec<Tagged>, living: &BTreeSet<Owner>) -> Vec<Orphan> {
    let mut all: Vec<Orphan> = found.into_iter().filter_map(|thing| orphan(thing, living)).collect();
    all.sort_by(|a, b| (&a.owner, &a.thing.arn).cmp(&(&b.owner, &b.thing.arn)));
    all
}

fn orphan(thing: Tagged, living: &BTreeSet<Owner>) -> Option<Orphan> {
    let tag = |key: &str| thing.tags.get(key).unwrap_or_default().to_owned();
    let (owner, role) = (tag(tags::OWNER), tag(tags::ROLE));
    let why = match Owner::parse(&owner) {
        None => Some(Why::NoOwner),
        Some(owner) => (!is_cared_for(&owner, &thing, living)).then_some(Why::NoObject),
    }?;
    Some(Orphan {
        holds_data: holds_data(&thing.arn),
        owner,
        role,
        why,
        thing,
    })
}

/// Who looks after the things of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// This object.
    Object(Owner),
    /// All objects of this kind: it is shared.
    Every(&'static str),
    /// People: it was restored.
    People,
}

/// Who looks after the things of an owner; nobody where no object can be of that name.
#[must_use]
pub fn keeper(owner: &Owner, installation: &str) -> Option<Keeper> {
    let policy = Owner::new::<OsakaBackupPolicy>(&owner.namespace, &owner.name);
    match owner {
        owner if KINDS.contains(&owner.kind.as_str()) => Some(Keeper::Object(owner.clone())),
        owner if *owner == Owner::restore_drill(&owner.namespace, &owner.name) => Some(Keeper::Object(policy)),
        owner if *owner == oidc_provider::shared(installation).owner => Some(Keeper::Every(FileLinkBucket::KIND)),
        owner if *owner == Owner::restore(&owner.namespace, &owner.name) => Some(Keeper::People),
        _ => None,
    }
}

fn is_cared_for(owner: &Owner, thing: &Tagged, living: &BTreeSet<Owner>) -> bool {
    let installation = thing.tags.get(tags::INSTALLATION);
    match keeper(owner, installation.unwrap_or_default()) {
        Some(Keeper::Object(object)) => living.contains(&object),
        Some(Keeper::Every(kind)) => living.iter().any(|one| one.kind == kind),
        Some(Keeper::People) => true,
        None => false,
    }
}

/// Keys, buckets, snapshots, images, volumes, databases and what is in front of files.
fn holds_data(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    let kind = resource.split(['/', ':']).next().unwrap_or_default();
    match service {
        "kms" | "s3" | "rds" => true,
        "ec2" => matches!(kind, "snapshot" | "image" | "volume" | "instance"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jichitai_api::Municipality;

    use super::*;

    const VPC: &str = "arn:aws:ec2:ap-northeast-1:111122223333:vpc/vpc-1";

    fn thing(arn: &str, owner: &str) -> Tagged {
        let mut all = Tags::from([(tags::INSTALLATION.to_owned(), "asp-east".to_owned())]);
        if !owner.is_empty() {
            all.insert(tags::OWNER, owner);
        }
        Tagged {
            arn: arn.into(),
            region: Some(Region::Tokyo),
            tags: all,
        }
    }

    fn said(owner: &str) -> Option<Why> {
        let living = BTreeSet::from([
            Owner::new::<Municipality>("a", "chiyoda"),
            Owner::new::<OsakaBackupPolicy>("a", "daily"),
        ]);
        orphans(vec![thing(VPC, owner)], &living).first().map(|one| one.why)
    }

    #[test]
    fn what_no_object_looks_after_is_an_orphan() {
        for (owner, want) in [
            ("Municipality/a/chiyoda", None),
            ("Municipality/a/minato", Some(Why::NoObject)),
            ("Municipality/b/chiyoda", Some(Why::NoObject)),
            ("FileLinkBucket/a/chiyoda", Some(Why::NoObject)),
            ("RestoreDrill/a/daily", None),
            ("RestoreDrill/a/weekly", Some(Why::NoObject)),
            // People have it now, whatever became of the policy.
            ("Restore/a/weekly", None),
            ("Somebody/a/b", Some(Why::NoObject)),
            ("chiyoda", Some(Why::NoOwner)),
            ("", Some(Why::NoOwner)),
        ] {
            assert_eq!(said(owner), want, "{owner:?}");
        }
    }

    #[test]
    fn a_provider_is_shared_by_all_buckets() {
        let provider = oidc_provider::shared("asp-east").owner.to_string();
        let all = || vec![thing("arn:aws:iam::111122223333:oidc-provider/a", &provider)];
        let bucket = BTreeSet::from([Owner::new::<FileLinkBucket>("a", "tax")]);
        assert!(orphans(all(), &bucket).is_empty());
        assert_eq!(orphans(all(), &BTreeSet::new()).len(), 1);
    }

    #[test]
    fn what_holds_data_is_marked_and_owners_stand_together() {
        let arns = [
            (VPC, false),
            ("arn:aws:ec2:ap-northeast-3::snapshot/snap-1", true),
            ("arn:aws:kms:ap-northeast-1:111122223333:key/1", true),
            ("arn:aws:rds:ap-northeast-3:111122223333:snapshot:a", true),
            ("arn:aws:s3:::a-bucket", true),
            (
                "arn:aws:route53resolver:ap-northeast-1:111122223333:resolver-rule/rslvr-rr-1",
                false,
            ),
        ];
        let found = arns.iter().enumerate();
        let found = found.map(|(i, (arn, _))| thing(arn, &format!("Municipality/a/{}", i % 2)));
        let all = orphans(found.collect(), &BTreeSet::new());
        assert!(all.is_sorted_by_key(|one| (&one.owner, &one.thing.arn)));
        for (arn, data) in arns {
            let one = all.iter().find(|one| one.thing.arn == arn).expect("an orphan");
            assert_eq!(one.holds_data, data, "{arn}");
        }
    }
}
