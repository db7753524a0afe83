//! Listings that AWS refuses to answer.

use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::resolver_endpoint::observed::{Account, Observed};

/// What can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// `ListResolverEndpoints`.
    Endpoints,
    /// `ListResolverEndpointIpAddresses`.
    Addresses,
    /// `DescribeSubnets`.
    Subnets,
    /// `DescribeSecurityGroups`.
    SecurityGroups,
    /// `ListResolverRules`, in the endpoint's account.
    Rules,
    /// The same in the others.
    RulesElsewhere,
    /// `ListResolverRuleAssociations`, in the endpoint's account.
    Associations,
    /// The same in the others.
    AssociationsElsewhere,
    /// `DescribeVpcs`, in the endpoint's account.
    Vpcs,
    /// The same in the others.
    VpcsElsewhere,
    /// `GetResourceShareInvitations`.
    Invitations,
    /// The other accounts cannot be entered at all.
    Elsewhere,
    /// `ListResolverQueryLogConfigs`.
    QueryLogs,
    /// `ListResolverQueryLogConfigAssociations`.
    LoggedVpcs,
    /// `ListHostedZonesByVPC`.
    Zones,
    /// `GetResourceShares`.
    Shares,
}

impl Listed {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Endpoints,
        Self::Addresses,
        Self::Subnets,
        Self::SecurityGroups,
        Self::Rules,
        Self::RulesElsewhere,
        Self::Associations,
        Self::AssociationsElsewhere,
        Self::Vpcs,
        Self::VpcsElsewhere,
        Self::Invitations,
        Self::Elsewhere,
        Self::QueryLogs,
        Self::LoggedVpcs,
        Self::Zones,
        Self::Shares,
    ];

    fn fault(self) -> Fault {
        Fault {
            kind: FaultKind::Denied,
            operation: format!("{self:?}"),
            code: "AccessDeniedException".into(),
            message: String::new(),
            request_id: None,
        }
    }

    /// Takes the answer away.
    pub(super) fn hide(self, seen: &mut Observed) {
        let fault = self.fault();
        let home = seen.home.clone();
        let is_home = |id: &AccountId| Some(id) == home.as_ref();
        let accounts = |at_home: bool| move |(id, _): &(&AccountId, &mut Account)| is_home(id) == at_home;
        let mut with = |at_home: bool, change: &dyn Fn(&mut Account)| {
            let chosen = seen.accounts.iter_mut().filter(|one| accounts(at_home)(one));
            chosen.for_each(|(_, account)| change(account));
        };
        match self {
            Self::Rules => with(true, &|account| account.rules = Err(fault.clone())),
            Self::RulesElsewhere => with(false, &|account| account.rules = Err(fault.clone())),
            Self::Associations => with(true, &|account| account.associations = Err(fault.clone())),
            Self::AssociationsElsewhere => with(false, &|account| account.associations = Err(fault.clone())),
            Self::Vpcs => with(true, &|account| account.vpcs = Err(fault.clone())),
            Self::VpcsElsewhere => with(false, &|account| account.vpcs = Err(fault.clone())),
            Self::Invitations => with(false, &|account| account.invitations = Err(fault.clone())),
            Self::Elsewhere => with(false, &|account| *account = Account::unreadable(&fault)),
            Self::Endpoints => seen.endpoints = Err(fault),
            Self::Subnets => seen.subnets = Err(fault),
            Self::SecurityGroups => seen.security_groups = Err(fault),
            Self::QueryLogs => seen.query_logs = Err(fault),
            Self::LoggedVpcs => seen.logged_vpcs = Err(fault),
            Self::Zones => seen.zones = Err(fault),
            Self::Shares => seen.shares = Err(fault),
            Self::Addresses => {
                for one in seen.endpoints.iter_mut().flatten() {
                    one.addresses = Observation::Unreadable(fault.clone());
                }
            }
        }
    }
}
