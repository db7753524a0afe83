//! Whose a role is: of another zone, another municipality or another environment, as far as the objects
//! of the cluster show it. Such a role is admitted only by an explicit exception.
//!
//! A role belongs where it is named as a key user or administrator, or else where its account does;
//! within a municipality to the zone of the first bucket that names it as a provider. What no object
//! shows is taken for the own: the spec's author answers for it.

use std::collections::BTreeSet;

use jichitai_api::file_link_bucket::{Access, FileLinkBucket};
use jichitai_api::{Municipality, Reason};
use jiff::Timestamp;

use crate::plan::Text;
use crate::policy::key_policy::RoleArn;
use crate::spec_fault::SpecFault;
use crate::tenants::Tenants;

/// What the cluster shows around a bucket.
#[derive(Clone, Debug)]
pub struct Neighbourhood<'a> {
    /// The bucket's municipality.
    pub municipality: &'a Municipality,
    /// All municipalities.
    pub tenants: &'a Tenants,
    /// All buckets of the namespace.
    pub buckets: &'a [&'a FileLinkBucket],
    /// Accounts that the platform team grants to the namespace: whose tenants it may refer to.
    pub granted: &'a BTreeSet<String>,
}

/// Roles that belong elsewhere and are not excepted, and exceptions that refer to what the namespace has
/// no say in.
#[must_use]
pub fn faults(bucket: &FileLinkBucket, around: &Neighbourhood<'_>) -> Vec<SpecFault> {
    let access = &bucket.spec.access;
    let mut faults = Vec::new();
    let providers = access.providers.iter().map(|one| &one.role_arn).enumerate();
    let consumers = access.consumers.iter().map(|one| &one.role_arn).enumerate();
    let named = providers
        .map(|(i, arn)| (format!("spec.access.providers[{i}].roleArn"), arn))
        .chain(consumers.map(|(i, arn)| (format!("spec.access.consumers[{i}].roleArn"), arn)));
    for (path, arn) in named {
        let Some(role) = RoleArn::new(arn) else {
            faults.push(SpecFault::invalid(
                path,
                format!("{arn:?} is not the ARN of a role (arn:aws:iam::<account>:role/<name>)"),
                format!("{arn:?} はロールの ARN(arn:aws:iam::<アカウント>:role/<名前>)ではありません"),
            ));
            continue;
        };
        faults.extend(stranger(&path, &role, bucket, access, around));
    }
    faults.extend(references(access, around));
    faults
}

fn stranger(
    path: &str,
    role: &RoleArn,
    bucket: &FileLinkBucket,
    access: &Access,
    around: &Neighbourhood<'_>,
) -> Option<SpecFault> {
    let excepted = |list: &str| match list {
        // The exception has to name the very municipality that the role belongs to.
        "crossMunicipality" => access.cross_municipality.iter().any(|one| {
            let reference = &one.municipality_ref;
            let named = around.tenants.find(&reference.namespace, &reference.name);
            let belongs = named.is_some_and(|named| around.tenants.homes(role).any(|home| std::ptr::eq(home, named)));
            one.role_arn == role.arn && belongs
        }),
        "crossEnvironment" => access.cross_environment.iter().any(|one| one.role_arn == role.arn),
        _ => access.cross_zone.iter().any(|one| one.role_arn == role.arn),
    };
    let foreign = [
        ("crossMunicipality", is_of_another_municipality(role, around)),
        ("crossEnvironment", is_of_another_environment(role, around)),
        ("crossZone", is_of_another_zone(role, bucket, around)),
    ];
    let (list, (en, ja)) = foreign.into_iter().find_map(|(list, foreign)| {
        let words = match list {
            "crossMunicipality" => ("municipality", "団体"),
            "crossEnvironment" => ("environment", "環境"),
            _ => ("zone", "領域"),
        };
        (foreign && !excepted(list)).then_some((list, words))
    })?;
    Some(SpecFault {
        path: path.to_owned(),
        reason: Reason::ReferenceNotAccepted,
        message: Text::new(
            format!(
                "{} belongs to another {en}: name it in spec.access.{list} with reason, approvedBy and until, or take it out",
                role.arn
            ),
            format!(
                "{} は別の{ja}のロールです。理由・承認者・期限とともに spec.access.{list} に記載するか、削除してください",
                role.arn
            ),
        ),
    })
}

fn is_of_another_municipality(role: &RoleArn, around: &Neighbourhood<'_>) -> bool {
    let mut homes = around.tenants.homes(role).peekable();
    homes.peek().is_some() && homes.all(|one| one.spec.code != around.municipality.spec.code)
}

fn is_of_another_environment(role: &RoleArn, around: &Neighbourhood<'_>) -> bool {
    let mine = around.municipality.spec.environment;
    let mut homes = around.tenants.homes(role).peekable();
    homes.peek().is_some() && homes.all(|one| one.spec.environment != mine)
}

/// Whether the first bucket of the municipality that names the role as a provider is in another zone.
fn is_of_another_zone(role: &RoleArn, bucket: &FileLinkBucket, around: &Neighbourhood<'_>) -> bool {
    let provides = |one: &&FileLinkBucket| one.spec.access.providers.iter().any(|it| it.role_arn == role.arn);
    let sibling = |one: &&FileLinkBucket| one.spec.municipality_ref == bucket.spec.municipality_ref;
    let age = |one: &FileLinkBucket| {
        let created = one.metadata.creation_timestamp.as_ref();
        (created.map_or(Timestamp::MAX, |time| time.0), one.metadata.name.clone())
    };
    let buckets = around.buckets.iter().copied().filter(sibling).filter(provides);
    let first = buckets.min_by_key(|one| age(one));
    first.is_some_and(|first| first.spec.zone != bucket.spec.zone)
}

/// An exception may refer to tenants of the own namespace, and to those in accounts that the platform
/// team grants to it.
fn references(access: &Access, around: &Neighbourhood<'_>) -> Vec<SpecFault> {
    let own = around.municipality.metadata.namespace.as_deref();
    let mut faults = Vec::new();
    for (i, exception) in access.cross_municipality.iter().enumerate() {
        let reference = &exception.municipality_ref;
        let outside = Some(reference.namespace.as_str()) != own;
        let found = around.tenants.find(&reference.namespace, &reference.name);
        let granted = found.is_some_and(|one| around.granted.contains(&one.spec.account_id));
        if outside && !granted {
            let message = Text::new(
                "this namespace may refer only to tenants of its own: have the platform team grant the other tenant's account to it, or refer to one in this namespace",
                "この名前空間から参照できるのは自身のテナントだけです。相手テナントのアカウントの許可を基盤担当に依頼するか、この名前空間内の団体を指定してください",
            );
            faults.push(SpecFault {
                path: format!("spec.access.crossMunicipality[{i}].municipalityRef"),
                reason: Reason::ReferenceNotAccepted,
                message,
            });
        }
    }
    faults
}
