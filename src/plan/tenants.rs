//! All municipalities, found by what refers to them: a name, a role, an account.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use jichitai_api::Municipality;

use crate::identity::Owner;
use crate::municipality::claims::Claim;
use crate::policy::key_policy::RoleArn;
use crate::succession::Heirs;

/// All municipalities.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    all: Vec<Arc<Municipality>>,
    /// By namespace and name.
    names: HashMap<String, HashMap<String, usize>>,
    /// By roles that they name for their keys.
    roles: HashMap<String, Vec<usize>>,
    accounts: HashMap<String, Vec<usize>>,
    vpc_ids: BTreeSet<String>,
    claims: OnceLock<Vec<Claim>>,
    heirs: Heirs<Municipality>,
}

impl Tenants {
    /// Sorts them.
    #[must_use]
    pub fn of(all: Vec<Arc<Municipality>>) -> Self {
        let mut tenants = Self::default();
        for (index, one) in all.iter().enumerate() {
            let namespace = one.metadata.namespace.clone().unwrap_or_default();
            let name = one.metadata.name.clone().unwrap_or_default();
            tenants.names.entry(namespace).or_default().insert(name, index);
            let encryption = &one.spec.encryption;
            let users = encryption.users.iter().map(|user| &user.role_arn);
            let roles: BTreeSet<&String> = users
                .chain(encryption.administrators.iter().map(|one| &one.role_arn))
                .collect();
            for role in roles {
                tenants.roles.entry(role.clone()).or_default().push(index);
            }
            let account = one.spec.account_id.clone();
            tenants.accounts.entry(account).or_default().push(index);
            tenants.vpc_ids.extend(one.spec.network.vpc_id.clone());
        }
        tenants.heirs = Heirs::of(&all);
        tenants.all = all;
        tenants
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Arc<Municipality>] {
        &self.all
    }

    /// The one of that name.
    #[must_use]
    pub fn find(&self, namespace: &str, name: &str) -> Option<&Municipality> {
        let index = self.names.get(namespace)?.get(name)?;
        self.all.get(*index).map(Arc::as_ref)
    }

    /// Those that take the place of a former one.
    #[must_use]
    pub fn heirs(&self, place: &Owner) -> &[Arc<Municipality>] {
        self.heirs.to(place)
    }

    /// Those in an account.
    pub fn in_account(&self, account: &str) -> impl Iterator<Item = &Municipality> + Clone {
        self.at(self.accounts.get(account))
    }

    /// Those that name the role for their keys; without any, those in its account.
    pub fn homes(&self, role: &RoleArn) -> impl Iterator<Item = &Municipality> + Clone {
        let named = self.roles.get(&role.arn);
        self.at(named.or_else(|| self.accounts.get(role.account.as_str())))
    }

    /// VPCs that they name by their id.
    #[must_use]
    pub fn vpc_ids(&self) -> &BTreeSet<String> {
        &self.vpc_ids
    }

    /// What those claim that are not being deleted.
    pub fn claims(&self) -> &[Claim] {
        self.claims.get_or_init(|| {
            let living = self.all.iter().filter(|one| one.metadata.deletion_timestamp.is_none());
            living.map(|one| Claim::of(one)).collect()
        })
    }

    fn at<'a>(&'a self, found: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Municipality> + Clone {
        let indices = found.into_iter().flatten();
        indices.filter_map(|index| self.all.get(*index).map(Arc::as_ref))
    }
}
