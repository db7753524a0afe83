//! What of a municipality's environment comes to its end: objects that are being deleted, and grants that are over.

use jichitai_api::InventoryEntry;
use jichitai_api::common::{CommonSpec, DeletionPolicy};
use jichitai_api::status::CommonStatus;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::reader::Reader;
use crate::rights;
use crate::standing::Standing;
use crate::tenant::{Tenant, name, namespace};

/// An object that is being deleted.
#[derive(Clone, Debug)]
pub(crate) struct Leaving<'a> {
    /// `Kind/namespace/name`, as records have it.
    pub object: String,
    pub since: Timestamp,
    pub policy: DeletionPolicy,
    pub inventory: &'a [InventoryEntry],
}

/// A grant whose last day is over.
#[derive(Clone, Debug)]
pub(crate) struct Over {
    pub who: String,
    pub organization: Option<String>,
    pub contract: Option<String>,
    pub until: String,
    /// Whether AWS lets it in all the same; none where status does not tell.
    pub is_let_in: Option<bool>,
}

/// Objects of the municipality alone that are being deleted. One that serves others too is theirs as well.
pub(crate) fn objects<'a>(tenant: &Tenant<'a>) -> Vec<Leaving<'a>> {
    let one = tenant.municipality;
    let mut all = Vec::new();
    let status = one.status.as_ref().map(|status| &status.common);
    all.extend(of("Municipality", &one.metadata, &one.spec.common, status));
    for one in &tenant.buckets {
        let status = one.status.as_ref().map(|status| &status.common);
        all.extend(of("FileLinkBucket", &one.metadata, &one.spec.common, status));
    }
    for one in tenant
        .policies
        .iter()
        .filter(|one| one.others == 0)
        .map(|one| one.policy)
    {
        let status = one.status.as_ref().map(|status| &status.common);
        all.extend(of("OsakaBackupPolicy", &one.metadata, &one.spec.common, status));
    }
    for reach in tenant.endpoints.iter().filter(|reach| !reach.is_shared()) {
        let one = reach.endpoint;
        let status = one.status.as_ref().map(|status| &status.common);
        all.extend(of("ResolverEndpoint", &one.metadata, &one.spec.common, status));
    }
    all
}

fn of<'a>(kind: &str, meta: &ObjectMeta, spec: &CommonSpec, status: Option<&'a CommonStatus>) -> Option<Leaving<'a>> {
    let since = meta.deletion_timestamp.as_ref()?.0;
    Some(Leaving {
        object: format!("{kind}/{}/{}", namespace(meta), name(meta)),
        since,
        policy: spec.deletion_policy,
        inventory: status.map(|status| status.inventory.as_slice()).unwrap_or_default(),
    })
}

/// Grants that are over, of files and of keys.
pub(crate) fn grants(tenant: &Tenant<'_>, installation: &str, reader: Reader) -> Vec<Over> {
    let rights = rights::of(tenant, installation);
    let files = rights.iter().map(|right| {
        let status = right.bucket.status.as_ref();
        let is_let_in = status.zip(right.role.as_deref()).map(|(status, role)| {
            let known = status.access.iter().find(|one| one.principal == role);
            known.is_some_and(|one| one.bucket_policy || one.key_policy)
        });
        (right.who.as_ref(), right.grant, is_let_in)
    });
    let encryption = &tenant.municipality.spec.encryption;
    let administrators = encryption.administrators.iter().map(|one| (&one.role_arn, &one.grant));
    let users = encryption.users.iter().map(|one| (&one.role_arn, &one.grant));
    let keys = administrators
        .chain(users)
        .map(|(role, grant)| (role.as_str(), grant, None));
    let all = keys.chain(files).filter_map(|(who, grant, is_let_in)| {
        let until = grant.valid_until.clone()?;
        let is_over = reader.until(Some(&until)).0 == Standing::Bad;
        is_over.then(|| Over {
            who: who.to_owned(),
            organization: grant.organization.clone(),
            contract: grant.contract_ref.clone(),
            until,
            is_let_in,
        })
    });
    all.collect()
}
