//! Who may do what with the files of a municipality, as the specification has it: roles, SFTP users, clients.

use std::borrow::Cow;

use jichitai_api::file_link_bucket::{Consumer, FederationClient, FileLinkBucket, Provider, SftpUser};
use jichitai_api::grant::GrantInfo;

use jichitai_plan::file_link_bucket::access::{client_role, user_role};
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_plan::policy::key_policy::RoleArn;

use crate::language::Word;
use crate::names::Named;
use crate::tenant::Tenant;
use crate::words;

/// One right of one role, user or client.
pub(crate) struct Right<'a> {
    pub bucket: &'a FileLinkBucket,
    pub capacity: (&'static str, Word),
    pub who: Cow<'a, str>,
    /// The role that AWS lets in: the one that is named, or that the operator makes.
    pub role: Option<Cow<'a, str>>,
    pub right: (&'static str, Word),
    pub business: Option<&'a str>,
    pub endpoints: &'a [String],
    pub grant: &'a GrantInfo,
}

/// All rights, by organization. The installation is part of the names of the roles that the operator makes.
pub(crate) fn of<'a>(tenant: &Tenant<'a>, installation: &str) -> Vec<Right<'a>> {
    let account = AccountId::new(&tenant.municipality.spec.account_id);
    let mut rights: Vec<Right<'a>> = Vec::new();
    for bucket in &tenant.buckets {
        let place = Place {
            bucket,
            identity: Identity {
                installation: installation.to_owned(),
                owner: Owner::of(*bucket),
            },
            account: account.clone(),
        };
        rights.extend(place.rights());
    }
    rights.sort_by(|a, b| organization(a).cmp(&organization(b)));
    rights
}

/// Those without an organization come last.
fn organization<'a>(right: &Right<'a>) -> (bool, Option<&'a str>) {
    let organization = right.grant.organization.as_deref();
    (organization.is_none(), organization)
}

/// A bucket, and what its roles are named by.
struct Place<'a> {
    bucket: &'a FileLinkBucket,
    identity: Identity,
    account: Option<AccountId>,
}

impl<'a> Place<'a> {
    fn rights(&self) -> Vec<Right<'a>> {
        let spec = &self.bucket.spec;
        let providers = spec.access.providers.iter().map(|one| self.provider(one));
        let consumers = spec.access.consumers.iter().map(|one| self.consumer(one));
        let users = spec.sftp.iter().flat_map(|sftp| &sftp.users);
        let clients = spec.federation.iter().flat_map(|federation| &federation.clients);
        providers
            .chain(consumers)
            .chain(users.map(|one| self.user(one)))
            .chain(clients.map(|one| self.client(one)))
            .collect()
    }

    fn provider(&self, provider: &'a Provider) -> Right<'a> {
        let Provider {
            role_arn,
            vpc_endpoint_ids,
            grant,
        } = provider;
        Right {
            bucket: self.bucket,
            capacity: ("Provider", words::CAPACITY_PROVIDER),
            who: Cow::Borrowed(role_arn),
            role: Some(Cow::Borrowed(role_arn)),
            right: ("Write", words::RIGHT_WRITE),
            business: Some(&self.bucket.spec.business_id),
            endpoints: vpc_endpoint_ids,
            grant,
        }
    }

    fn consumer(&self, consumer: &'a Consumer) -> Right<'a> {
        let Consumer {
            role_arn,
            business_id,
            vpc_endpoint_ids,
            grant,
        } = consumer;
        Right {
            bucket: self.bucket,
            capacity: ("Consumer", words::CAPACITY_CONSUMER),
            who: Cow::Borrowed(role_arn),
            role: Some(Cow::Borrowed(role_arn)),
            right: ("Read", words::RIGHT_READ),
            business: Some(business_id),
            endpoints: vpc_endpoint_ids,
            grant,
        }
    }

    fn user(&self, user: &'a SftpUser) -> Right<'a> {
        let SftpUser {
            name,
            public_keys: _,
            prefix,
            access,
            role_arn: _,
            grant,
        } = user;
        Right {
            bucket: self.bucket,
            capacity: ("SftpUser", words::CAPACITY_SFTP),
            who: match prefix.is_empty() {
                true => Cow::Borrowed(name),
                false => Cow::Owned(format!("{name} ({prefix})")),
            },
            role: self.role(|account| user_role(&self.bucket.spec, user, &self.identity, account)),
            right: (access.key(), access.word()),
            business: None,
            endpoints: &[],
            grant,
        }
    }

    fn client(&self, client: &'a FederationClient) -> Right<'a> {
        let FederationClient {
            client_id,
            client_claim: _,
            scopes: _,
            business_id,
            access,
            role_arn: _,
            grant,
        } = client;
        Right {
            bucket: self.bucket,
            capacity: ("FederationClient", words::CAPACITY_CLIENT),
            who: Cow::Borrowed(client_id),
            role: self.role(|account| client_role(&self.bucket.spec, client, &self.identity, account)),
            right: (access.key(), access.word()),
            business: Some(business_id),
            endpoints: &[],
            grant,
        }
    }

    /// The role that stands for a user or client, as plans name it too.
    fn role(&self, of: impl Fn(&AccountId) -> Option<RoleArn>) -> Option<Cow<'a, str>> {
        let role = of(self.account.as_ref()?)?;
        Some(Cow::Owned(role.arn))
    }
}
