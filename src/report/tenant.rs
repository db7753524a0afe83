//! A municipality with everything that is its own, or serves it.

use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::municipality::Municipality;
use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::book::{Book, Verdict};
use crate::history::History;
use crate::reach::Reach;
use crate::sorting;

/// One municipality with everything that is its own, or serves it.
#[derive(Debug)]
pub(crate) struct Tenant<'a> {
    pub municipality: &'a Municipality,
    pub buckets: Vec<&'a FileLinkBucket>,
    pub policies: Vec<Policy<'a>>,
    pub endpoints: Vec<Reach<'a>>,
    pub verdicts: Option<&'a [Verdict]>,
    pub history: History<'a>,
}

/// A policy, and how many other municipalities it serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<'a> {
    pub policy: &'a OsakaBackupPolicy,
    pub others: usize,
}

/// Everything of a book by municipality, and what belongs to none.
#[derive(Debug)]
pub(crate) struct Tenants<'a> {
    pub all: Vec<Tenant<'a>>,
    /// Kind, namespace and name of objects whose municipality is not in the book.
    pub strays: Vec<(&'static str, &'a str, &'a str)>,
}

/// The namespace of an object.
pub(crate) fn namespace(meta: &ObjectMeta) -> &str {
    meta.namespace.as_deref().unwrap_or_default()
}

/// The name of an object.
pub(crate) fn name(meta: &ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or_default()
}

/// The VPC of a municipality, once it is known.
pub(crate) fn vpc(municipality: &Municipality) -> Option<&str> {
    let status = municipality.status.as_ref().and_then(|status| status.network.as_ref());
    let known = status.and_then(|network| network.vpc_id.as_deref());
    known.or(municipality.spec.network.vpc_id.as_deref())
}

impl<'a> Tenants<'a> {
    /// Sorts a book by municipality: every object is looked at once.
    pub fn of<'b: 'a>(book: &'a Book<'b>) -> Self {
        sorting::sort(book)
    }
}
