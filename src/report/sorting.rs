//! Finds what belongs to each municipality, once for all of them.
//!
//! This is the one place that decides what a municipality's section may show of objects that serve several: of a shared
//! endpoint or policy it keeps how many others there are, never which.

use std::collections::{HashMap, HashSet};

use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::municipality::Municipality;
use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;
use jichitai_api::resolver_endpoint::ResolverEndpoint;
use jichitai_plan::evidence::{Month, Record};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::book::{Book, Evidence, Objects};
use crate::history::{History, Told, is_of_vpc, namespace_of};
use crate::reach::Reach;
use crate::tenant::{Policy, Tenant, Tenants, name, namespace, vpc};

/// Sorts a book by municipality: every object is looked at once.
pub(crate) fn sort<'a, 'b: 'a>(book: &'a Book<'b>) -> Tenants<'a> {
    let mut sorting = Sorting::of(book);
    let Objects {
        municipalities: _,
        buckets,
        policies,
        endpoints,
    } = &book.objects;
    for bucket in buckets {
        sorting.bucket(bucket);
    }
    for policy in policies {
        sorting.policy(policy);
    }
    for endpoint in endpoints {
        sorting.endpoint(endpoint);
    }
    if let Evidence::Records(records) = &book.evidence {
        sorting.records(records, book.period);
    }
    sorting.done
}

/// The tenants while they are sorted.
struct Sorting<'a> {
    by_name: HashMap<(&'a str, &'a str), usize>,
    by_vpc: HashMap<&'a str, Vec<usize>>,
    by_namespace: HashMap<&'a str, Vec<usize>>,
    /// Objects whose history belongs to one tenant alone.
    owners: HashMap<String, usize>,
    /// Objects that serve several, and which tenants of the book.
    shared: HashMap<String, Vec<usize>>,
    /// Objects of municipalities that are not in the book.
    foreign: HashSet<String>,
    done: Tenants<'a>,
}

impl<'a> Sorting<'a> {
    fn of<'b: 'a>(book: &'a Book<'b>) -> Self {
        let mut sorting = Self {
            by_name: HashMap::new(),
            by_vpc: HashMap::new(),
            by_namespace: HashMap::new(),
            owners: HashMap::new(),
            shared: HashMap::new(),
            foreign: HashSet::new(),
            done: Tenants {
                all: Vec::with_capacity(book.objects.municipalities.len()),
                strays: Vec::new(),
            },
        };
        for municipality in &book.objects.municipalities {
            sorting.municipality(book, municipality);
        }
        sorting
    }

    fn municipality(&mut self, book: &'a Book<'_>, municipality: &'a Municipality) {
        let (namespace, name) = (namespace(&municipality.metadata), name(&municipality.metadata));
        let at = self.done.all.len();
        self.by_name.insert((namespace, name), at);
        self.by_namespace.entry(namespace).or_default().push(at);
        if let Some(vpc) = vpc(municipality) {
            self.by_vpc.entry(vpc).or_default().push(at);
        }
        self.owners.insert(owner("Municipality", &municipality.metadata), at);
        let verdicts = book.verdicts.get(&(namespace.to_owned(), name.to_owned()));
        self.done.all.push(Tenant {
            municipality,
            buckets: Vec::new(),
            policies: Vec::new(),
            endpoints: Vec::new(),
            verdicts: verdicts.map(Vec::as_slice),
            history: History::default(),
        });
    }

    fn bucket(&mut self, bucket: &'a FileLinkBucket) {
        let place = (namespace(&bucket.metadata), bucket.spec.municipality_ref.name.as_str());
        match self.by_name.get(&place) {
            Some(&at) => {
                self.owners.insert(owner("FileLinkBucket", &bucket.metadata), at);
                self.done.all[at].buckets.push(bucket);
            }
            None => self.stray("FileLinkBucket", &bucket.metadata),
        }
    }

    fn policy(&mut self, policy: &'a OsakaBackupPolicy) {
        let spec = &policy.spec;
        let named: Vec<&str> = spec
            .municipality_ref
            .iter()
            .chain(&spec.municipality_refs)
            .map(|one| one.name.as_str())
            .collect();
        let others = named.len().saturating_sub(1);
        let space = namespace(&policy.metadata);
        let places: Vec<usize> = named
            .iter()
            .filter_map(|name| self.by_name.get(&(space, *name)).copied())
            .collect();
        for &at in &places {
            self.done.all[at].policies.push(Policy { policy, others });
        }
        match (places.as_slice(), others) {
            ([], _) => self.stray("OsakaBackupPolicy", &policy.metadata),
            ([at], 0) => {
                self.owners.insert(owner("OsakaBackupPolicy", &policy.metadata), *at);
            }
            _ => {
                self.shared.insert(owner("OsakaBackupPolicy", &policy.metadata), places);
            }
        }
    }

    fn endpoint(&mut self, endpoint: &'a ResolverEndpoint) {
        let home = endpoint.spec.placement.municipality_ref.as_ref();
        let home = home.and_then(|home| {
            let place = (namespace(&endpoint.metadata), home.name.as_str());
            self.by_name.get(&place).copied()
        });
        let reached = self.reached(endpoint);
        let total = endpoint.spec.associations.len();
        let mut places: Vec<usize> = home.into_iter().chain(reached.keys().copied()).collect();
        places.sort_unstable();
        places.dedup();
        for &at in &places {
            let mine = reached.get(&at).cloned().unwrap_or_default();
            let others = total.saturating_sub(mine.len());
            let is_home = home == Some(at);
            let object = owner("ResolverEndpoint", &endpoint.metadata);
            if is_home && others == 0 {
                self.owners.insert(object, at);
            } else {
                self.shared.entry(object).or_default().push(at);
            }
            self.done.all[at].endpoints.push(Reach {
                endpoint,
                is_home,
                mine,
                others,
            });
        }
        if places.is_empty() {
            self.stray("ResolverEndpoint", &endpoint.metadata);
        }
    }

    /// Which municipalities' VPCs an endpoint's rules are associated with, by which entries.
    fn reached(&self, endpoint: &'a ResolverEndpoint) -> HashMap<usize, Vec<usize>> {
        let mut reached: HashMap<usize, Vec<usize>> = HashMap::new();
        for (entry, association) in endpoint.spec.associations.iter().enumerate() {
            let named = association.municipality_ref.as_ref();
            let named = named.and_then(|one| self.by_name.get(&(one.namespace.as_str(), one.name.as_str())));
            let by_vpc = association.vpc_id.as_deref().and_then(|vpc| self.by_vpc.get(vpc));
            for &at in named.into_iter().chain(by_vpc.into_iter().flatten()) {
                reached.entry(at).or_default().push(entry);
            }
        }
        reached
    }

    fn records(&mut self, records: &'a [Record], period: Option<Month>) {
        let told = records
            .iter()
            .filter(|record| period.is_none_or(|month| month.holds(record.time)));
        for record in told {
            self.record(record);
        }
    }

    /// A record goes where its object does. Of an object that serves several, that of a tenant's own VPC is its own; the
    /// others are counted, as are those whose object is not known here.
    fn record(&mut self, record: &'a Record) {
        let object = record.object.as_str();
        if let Some(&at) = self.owners.get(object) {
            let is_shared = false;
            self.done.all[at].history.told.push(Told { record, is_shared });
        } else if let Some(places) = self.shared.get(object) {
            for &at in places {
                let tenant = &mut self.done.all[at];
                match vpc(tenant.municipality).is_some_and(|vpc| is_of_vpc(record, vpc)) {
                    true => tenant.history.told.push(Told {
                        record,
                        is_shared: true,
                    }),
                    false => tenant.history.withheld.push(record),
                }
            }
        } else if !self.foreign.contains(object) {
            let here = self.by_namespace.get(namespace_of(object));
            for &at in here.into_iter().flatten() {
                self.done.all[at].history.unplaced.push(record);
            }
        }
    }

    fn stray(&mut self, kind: &'static str, meta: &'a ObjectMeta) {
        self.foreign.insert(owner(kind, meta));
        self.done.strays.push((kind, namespace(meta), name(meta)));
    }
}

fn owner(kind: &str, meta: &ObjectMeta) -> String {
    format!("{kind}/{}/{}", namespace(meta), name(meta))
}
