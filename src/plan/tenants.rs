//! All municipalities, found by what refers to them: a name, a role, an account.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use jichitai_api::Municipality;

use crate::municipality::claims::Claim;
use crate::policy::key_policy::RoleArn;
use crate::roll::Roll;

/// All municipalities.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    roll: Roll<Municipality>,
    specs: Arc<Specs>,
    claims: OnceLock<Claims>,
}

/// Where they are among all, by what their specs say.
#[derive(Debug, Default)]
struct Specs {
    /// By roles that they name for their keys.
    roles: HashMap<String, Vec<usize>>,
    accounts: HashMap<String, Vec<usize>>,
    vpc_ids: BTreeSet<String>,
}

/// What they claim.
#[derive(Clone, Debug)]
struct Claims {
    /// In the order of all.
    each: Vec<Arc<Claim>>,
    living: Vec<Arc<Claim>>,
}

impl Specs {
    fn of(all: &[Arc<Municipality>]) -> Self {
        let mut specs = Self::default();
        for (index, one) in all.iter().enumerate() {
            let encryption = &one.spec.encryption;
            let users = encryption.users.iter().map(|user| &user.role_arn);
            let roles: BTreeSet<&String> = users
                .chain(encryption.administrators.iter().map(|one| &one.role_arn))
                .collect();
            for role in roles {
                specs.roles.entry(role.clone()).or_default().push(index);
            }
            let account = one.spec.account_id.clone();
            specs.accounts.entry(account).or_default().push(index);
            specs.vpc_ids.extend(one.spec.network.vpc_id.clone());
        }
        specs
    }
}

impl Claims {
    fn of(all: &[Arc<Municipality>], claim: impl Fn(usize, &Arc<Municipality>) -> Arc<Claim>) -> Self {
        let each: Vec<Arc<Claim>> = all.iter().enumerate().map(|(place, one)| claim(place, one)).collect();
        let living = each
            .iter()
            .zip(all)
            .filter(|(_, one)| one.metadata.deletion_timestamp.is_none());
        Self {
            living: living.map(|(claim, _)| Arc::clone(claim)).collect(),
            each,
        }
    }
}

impl Tenants {
    /// Sorts them.
    #[must_use]
    pub fn of(all: Vec<Arc<Municipality>>) -> Self {
        Self {
            specs: Arc::new(Specs::of(&all)),
            claims: OnceLock::new(),
            roll: Roll::of(all),
        }
    }

    /// Sorts them anew, as far as they are others than before.
    #[must_use]
    pub fn after(all: Vec<Arc<Municipality>>, before: &Self) -> Self {
        let roll = Roll::after(all, &before.roll);
        if !roll.asks_the_same(&before.roll) {
            return Self {
                specs: Arc::new(Specs::of(roll.all())),
                claims: OnceLock::new(),
                roll,
            };
        }
        let claims = before.claims.get().map(|known| {
            Claims::of(roll.all(), |place, now| match Arc::ptr_eq(&before.all()[place], now) {
                true => Arc::clone(&known.each[place]),
                false => Arc::new(Claim::of(now)),
            })
        });
        Self {
            specs: Arc::clone(&before.specs),
            claims: claims.map(OnceLock::from).unwrap_or_default(),
            roll,
        }
    }

    /// All of them, by name and place.
    #[must_use]
    pub fn roll(&self) -> &Roll<Municipality> {
        &self.roll
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Arc<Municipality>] {
        self.roll.all()
    }

    /// The one of that name.
    #[must_use]
    pub fn find(&self, namespace: &str, name: &str) -> Option<&Municipality> {
        self.roll.named(namespace, name)
    }

    /// Those in an account.
    pub fn in_account(&self, account: &str) -> impl Iterator<Item = &Municipality> + Clone {
        self.at(self.specs.accounts.get(account))
    }

    /// Those that name the role for their keys; without any, those in its account.
    pub fn homes(&self, role: &RoleArn) -> impl Iterator<Item = &Municipality> + Clone {
        let named = self.specs.roles.get(&role.arn);
        self.at(named.or_else(|| self.specs.accounts.get(role.account.as_str())))
    }

    /// VPCs that they name by their id.
    #[must_use]
    pub fn vpc_ids(&self) -> &BTreeSet<String> {
        &self.specs.vpc_ids
    }

    /// What those claim that are not being deleted.
    pub fn claims(&self) -> &[Arc<Claim>] {
        let claim = |_, one: &Arc<Municipality>| Arc::new(Claim::of(one));
        &self.claims.get_or_init(|| Claims::of(self.all(), claim)).living
    }

    fn at<'a>(&'a self, found: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Municipality> + Clone {
        let indices = found.into_iter().flatten();
        indices.map(|index| &*self.all()[*index])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn municipality(uid: &str, generation: i64, account: &str) -> Arc<Municipality> {
        let object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "Municipality",
            "metadata": {"namespace": "team", "name": uid, "uid": uid, "generation": generation},
            "spec": {"code": "131016", "displayName": "千代田区", "environment": "Verification", "usageModel": "Shared", "isolation": "Network",
                "accountId": account, "deletionPolicy": "Retain", "network": {"vpcCidr": "10.20.0.0/16", "serviceSubnets": [], "zones": []}},
        });
        Arc::new(serde_json::from_value(object).expect("a municipality"))
    }

    fn places(tenants: &Tenants, account: &str) -> Vec<String> {
        tenants
            .in_account(account)
            .map(|one| one.metadata.name.clone().unwrap_or_default())
            .collect()
    }

    #[test]
    fn what_is_sorted_after_is_as_if_it_were_sorted_anew() {
        let (a, b) = (
            municipality("a", 1, "111111111111"),
            municipality("b", 1, "222222222222"),
        );
        let before = Tenants::of(vec![Arc::clone(&a), Arc::clone(&b)]);
        assert_eq!(before.claims().len(), 2);

        // Another status: sorted as before, and only its own claim is read again.
        let mut observed = (*b).clone();
        let status = json!({"observedGeneration": 1, "conditions": [], "inventory": []});
        observed.status = Some(serde_json::from_value(status).expect("a status"));
        let after = Tenants::after(vec![Arc::clone(&a), Arc::new(observed)], &before);
        assert!(Arc::ptr_eq(&before.specs, &after.specs));
        assert!(Arc::ptr_eq(&before.claims()[0], &after.claims()[0]));
        assert_eq!((before.claims()[1].owns, after.claims()[1].owns), (None, Some(false)));
        assert!(after.find("team", "b").is_some_and(|one| one.status.is_some()));

        // Another spec, an object that is going, one more, one less.
        let moved = Tenants::after(vec![Arc::clone(&a), municipality("b", 2, "111111111111")], &after);
        assert_eq!(places(&moved, "111111111111"), ["a", "b"]);
        let mut going = (*a).clone();
        going.metadata.generation = Some(2);
        going.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
            jiff::Timestamp::MIN,
        ));
        let left = Tenants::after(vec![Arc::new(going), Arc::clone(&b)], &after);
        assert_eq!(left.claims().len(), 1);
        let more = Tenants::after(vec![a, b, municipality("c", 1, "222222222222")], &after);
        assert_eq!(places(&more, "222222222222"), ["b", "c"]);
        assert_eq!(places(&Tenants::after(Vec::new(), &more), "222222222222"), [""; 0]);
    }
}
