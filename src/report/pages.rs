//! A book of many municipalities, taken apart into one for each.

use std::collections::BTreeMap;

use crate::book::{Book, Evidence, Objects};
use crate::tenant::{Tenant, Tenants, name, namespace};

impl<'a> Book<'a> {
    /// A book for each municipality, in their order, with nothing in it but what is its own or serves it. Takes time in
    /// proportion to what is in the book, not to its square.
    #[must_use]
    pub fn pages(&self) -> Vec<Book<'_>> {
        let tenants = Tenants::of(self);
        tenants.all.iter().map(|tenant| self.page(tenant)).collect()
    }

    fn page<'b>(&'b self, tenant: &Tenant<'b>) -> Book<'b> {
        let Self {
            made_at,
            period,
            since,
            installation,
            operator_version,
            objects: _,
            checks,
            verdicts: _,
            evidence,
            page_of: _,
            details: _,
        } = self;
        Book {
            made_at: *made_at,
            period: *period,
            since: *since,
            installation,
            operator_version,
            objects: Objects {
                municipalities: vec![tenant.municipality],
                buckets: tenant.buckets.clone(),
                policies: tenant.policies.iter().map(|one| one.policy).collect(),
                endpoints: tenant.endpoints.iter().map(|one| one.endpoint).collect(),
            },
            checks,
            verdicts: verdicts(tenant),
            evidence: match evidence {
                Evidence::Missing(why) => Evidence::Missing(why.clone()),
                Evidence::Records(_) => Evidence::Records(tenant.history.of_a_page()),
            },
            page_of: None,
            details: true,
        }
    }
}

fn verdicts(tenant: &Tenant<'_>) -> BTreeMap<crate::book::Key, Vec<crate::book::Verdict>> {
    let meta = &tenant.municipality.metadata;
    let key = (namespace(meta).to_owned(), name(meta).to_owned());
    tenant
        .verdicts
        .map(|verdicts| (key, verdicts.to_vec()))
        .into_iter()
        .collect()
}
