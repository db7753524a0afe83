//! The objects of one municipality, whatever kind they are: what all of them report alike.

use jichitai_api::status::CommonStatus;

use crate::tenant::{Policy, Tenant, name};

/// An object with the part of its status that all kinds share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub status: Option<&'a CommonStatus>,
    /// Whether it serves other municipalities too: then its own sentences may name them, and are left out.
    pub is_shared: bool,
}

/// All objects, the Municipality first.
pub(crate) fn of<'a>(tenant: &Tenant<'a>) -> Vec<Object<'a>> {
    let municipality = tenant.municipality;
    let mut all = vec![Object {
        kind: "Municipality",
        name: name(&municipality.metadata),
        status: municipality.status.as_ref().map(|status| &status.common),
        is_shared: false,
    }];
    all.extend(tenant.buckets.iter().map(|bucket| Object {
        kind: "FileLinkBucket",
        name: name(&bucket.metadata),
        status: bucket.status.as_ref().map(|status| &status.common),
        is_shared: false,
    }));
    all.extend(tenant.policies.iter().map(|Policy { policy, others }| Object {
        kind: "OsakaBackupPolicy",
        name: name(&policy.metadata),
        status: policy.status.as_ref().map(|status| &status.common),
        is_shared: *others > 0,
    }));
    all.extend(tenant.endpoints.iter().map(|reach| Object {
        kind: "ResolverEndpoint",
        name: name(&reach.endpoint.metadata),
        status: reach.status().map(|status| &status.common),
        is_shared: reach.is_shared(),
    }));
    all
}
