//! What AWS has for one endpoint, and how executed steps change it.

use std::collections::BTreeMap;

use jichitai_api::InventoryEntry;

use crate::context::Context;
use crate::ec2::security_group::SecurityGroup;
use crate::ec2::subnet::Subnet;
use crate::ec2::vpc::Site;
use crate::identity::{AccountId, Identity, Part};
use crate::observation::{Fault, Listing};
use crate::ram::rule_share::{self, Invitation, RuleShare};
use crate::resolve::is_part_of;
use crate::resolver_endpoint::inventory;
use crate::resolver_endpoint::target::VpcName;
use crate::route53::zone_association::{self, ZoneAssociation};
use crate::route53resolver::endpoint::{self, Endpoint};
use crate::route53resolver::query_log::{self, LoggedVpc, QueryLog};
use crate::route53resolver::rule::{self, Rule};
use crate::route53resolver::rule_association::{self, RuleAssociation};
use crate::step::{Action, Effect};
use crate::{ec2, goal};

/// What one account has of VPCs and of rules that hold in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The VPCs of the installation, and those asked for by id.
    pub vpcs: Listing<Site>,
    /// All rules that can hold there, own ones and shared ones.
    pub rules: Listing<Rule>,
    /// Where rules hold.
    pub associations: Listing<RuleAssociation>,
    /// What the account was asked to accept; empty in the endpoint's own.
    pub invitations: Listing<Invitation>,
}

/// Everything that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// All endpoints of the account.
    pub endpoints: Listing<Endpoint>,
    /// The subnets of the endpoint's place.
    pub subnets: Listing<Subnet>,
    /// The security group of our endpoint.
    pub security_groups: Listing<SecurityGroup>,
    /// Accounts: the endpoint's, and those of other VPCs.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Which of them is the endpoint's.
    pub home: Option<AccountId>,
    /// Logs of queries.
    pub query_logs: Listing<QueryLog>,
    /// VPCs whose queries are logged.
    pub logged_vpcs: Listing<LoggedVpc>,
    /// Private zones that answer in the endpoint's VPC.
    pub zones: Listing<ZoneAssociation>,
    /// Our shares.
    pub shares: Listing<RuleShare>,
}

impl Account {
    /// One that cannot be entered.
    #[must_use]
    pub fn unreadable(fault: &Fault) -> Self {
        Self {
            vpcs: Err(fault.clone()),
            rules: Err(fault.clone()),
            associations: Err(fault.clone()),
            invitations: Err(fault.clone()),
        }
    }
}

impl Default for Account {
    fn default() -> Self {
        Self {
            vpcs: Ok(Vec::new()),
            rules: Ok(Vec::new()),
            associations: Ok(Vec::new()),
            invitations: Ok(Vec::new()),
        }
    }
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            endpoints: Ok(Vec::new()),
            subnets: Ok(Vec::new()),
            security_groups: Ok(Vec::new()),
            accounts: BTreeMap::new(),
            home: None,
            query_logs: Ok(Vec::new()),
            logged_vpcs: Ok(Vec::new()),
            zones: Ok(Vec::new()),
            shares: Ok(Vec::new()),
        }
    }
}

/// What is said of rules before anything was read.
static NO_RULES: Listing<Rule> = Ok(Vec::new());

impl Observed {
    /// The rules of the endpoint's account.
    pub fn rules(&self) -> &Listing<Rule> {
        let home = self.home.as_ref().and_then(|home| self.accounts.get(home));
        home.map_or(&NO_RULES, |home| &home.rules)
    }

    fn home_mut(&mut self) -> Option<&mut Account> {
        self.accounts.get_mut(self.home.as_ref()?)
    }

    /// The id of a VPC in an account; none while it is not there.
    ///
    /// # Errors
    /// The fault that kept the account's VPCs from being read.
    pub fn vpc(&self, account: &AccountId, name: &VpcName) -> Result<Option<&Site>, Fault> {
        let Some(account) = self.accounts.get(account) else {
            return Ok(None);
        };
        let vpcs = account.vpcs.as_ref().map_err(Clone::clone)?;
        Ok(vpcs.iter().find(|vpc| is_vpc(vpc, name)))
    }
}

fn is_vpc(site: &Site, name: &VpcName) -> bool {
    match name {
        VpcName::Id(id) => site.id == *id,
        VpcName::Of(owner) => is_part_of(site, owner, VPC),
    }
}

/// The role of a VPC among the parts of its municipality.
const VPC: &str = "vpc";

/// Whether the VPC is a municipality's, by its tags; then it accepts for itself.
#[must_use]
pub fn is_of_a_municipality(site: &Site, identity: &Identity) -> bool {
    let tag = |name| site.tags.get(name);
    tag(crate::tags::INSTALLATION) == Some(identity.installation.as_str())
        && tag(crate::tags::OWNER).is_some_and(|owner| owner.starts_with("Municipality/"))
}

impl goal::Observed for Observed {
    fn absorb(&mut self, effect: &Effect) {
        let Effect { step, created } = effect;
        let created = created.as_ref();
        match &step.action {
            Action::ResolverEndpoint(action) => endpoint::absorb(&mut self.endpoints, action, created),
            Action::ResolverRule(action) => {
                if let Some(home) = self.home_mut() {
                    rule::absorb(&mut home.rules, action, created);
                }
            }
            Action::RuleAssociation(action) => {
                if let Some(account) = self.accounts.get_mut(action.account()) {
                    rule_association::absorb(&mut account.associations, action);
                }
            }
            Action::QueryLog(action) => {
                query_log::absorb(&mut self.query_logs, &mut self.logged_vpcs, action, created);
            }
            Action::ZoneAssociation(action) => zone_association::absorb(&mut self.zones, action),
            Action::RuleShare(action) => {
                let invitations = match action {
                    rule_share::Action::Accept { account, arn: _ } => self.accounts.get_mut(account),
                    _ => None,
                };
                let invitations = invitations.map(|account| &mut account.invitations);
                rule_share::absorb(&mut self.shares, invitations, action, created);
            }
            Action::ResolverTags(action) => self.tag(action),
            Action::SecurityGroup(action) => {
                ec2::security_group::absorb(&mut self.security_groups, action, created);
            }
            Action::Ec2Tags(ec2::tags::Action { id, tags }) => {
                let groups = self.security_groups.iter_mut().flatten();
                groups
                    .filter(|group| group.id == *id)
                    .for_each(|group| group.tags.extend(tags));
            }
            // Other kinds' things, which this one never writes.
            Action::KmsKey(_)
            | Action::KmsAlias(_)
            | Action::EbsDefaults(_)
            | Action::Vpc(_)
            | Action::Subnet(_)
            | Action::RouteTable(_)
            | Action::NetworkAcl(_)
            | Action::VpcEndpoint(_)
            | Action::FlowLog(_)
            | Action::TransitGatewayAttachment(_)
            | Action::Bucket(_)
            | Action::IamRole(_)
            | Action::OidcProvider(_)
            | Action::SftpServer(_)
            | Action::Snapshot(_)
            | Action::Image(_)
            | Action::DatabaseSnapshot(_)
            | Action::Volume(_)
            | Action::Instance(_)
            | Action::Database(_)
            | Action::Template(_)
            | Action::Stack(_)
            | Action::SftpUser(_) => {}
        }
    }

    fn finish_pending(&mut self) {
        endpoint::finish_pending(&mut self.endpoints);
        query_log::finish_pending(&mut self.query_logs, &mut self.logged_vpcs);
        let others = self.accounts.iter_mut();
        let invitations = others.filter_map(|(account, it)| Some((account.to_string(), it.invitations.as_mut().ok()?)));
        rule_share::finish_pending(&mut self.shares, invitations.collect());
        for account in self.accounts.values_mut() {
            rule::finish_pending(&mut account.rules);
            rule_association::finish_pending(&mut account.associations);
        }
    }

    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
        inventory::find(self, account, ctx)
    }

    fn shows(&self, id: &str) -> bool {
        inventory::shows(self, id)
    }

    fn is_readable(&self, part: &Part) -> bool {
        inventory::is_readable(self, part)
    }
}

impl Observed {
    fn tag(&mut self, action: &crate::route53resolver::tags::Action) {
        let crate::route53resolver::tags::Action { id, arn: _, tags } = action;
        let endpoints = self.endpoints.iter_mut().flatten();
        let endpoints = endpoints.filter(|one| one.id == *id).map(|one| &mut one.tags);
        let logs = self.query_logs.iter_mut().flatten();
        let logs = logs.filter(|one| one.id == *id).map(|one| &mut one.tags);
        let rules = self
            .accounts
            .values_mut()
            .flat_map(|account| account.rules.iter_mut().flatten());
        let rules = rules.filter(|one| one.id == *id).map(|one| &mut one.tags);
        endpoints.chain(logs).chain(rules).for_each(|have| have.extend(tags));
    }
}
