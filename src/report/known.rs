//! Ids that AWS gave to the parts of a network, wherever status has them.

use jichitai_api::InventoryState;
use jichitai_api::municipality::{
    Municipality, NetworkManagement, NetworkStatus, Subnet, VpcEndpointStatus, ZoneStatus,
};
use jichitai_plan::municipality::target::SERVICE;

use crate::language::Word;
use crate::words;

/// What keeps a zone apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Filter {
    RouteTable,
    NetworkAcl,
    SecurityGroup,
}

/// The parts of one municipality's network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    municipality: &'a Municipality,
}

impl<'a> Known<'a> {
    pub fn of(municipality: &'a Municipality) -> Self {
        Self { municipality }
    }

    /// Whether somebody else makes the network; then the operator knows no ids but those of the specification.
    pub fn is_existing(self) -> bool {
        self.municipality.spec.network.management == NetworkManagement::Existing
    }

    /// What is said in place of an id that is not known.
    pub fn unknown(self) -> Word {
        match self.is_existing() {
            true => words::NOT_RECORDED,
            false => words::NOT_CREATED,
        }
    }

    fn network(self) -> Option<&'a NetworkStatus> {
        self.municipality.status.as_ref()?.network.as_ref()
    }

    fn zone(self, zone: &str) -> Option<&'a ZoneStatus> {
        self.network()?.zones.iter().find(|one| one.name == zone)
    }

    fn inventory(self, role: &str) -> Option<&'a str> {
        let status = self.municipality.status.as_ref()?;
        let mut all = status.common.inventory.iter();
        let entry = all.find(|one| one.role == role && one.state == InventoryState::Present)?;
        Some(entry.id.as_str()).filter(|id| !id.is_empty())
    }

    /// The id of a subnet; `zone` is none for a service subnet.
    pub fn subnet(self, zone: Option<&str>, subnet: &'a Subnet) -> Option<&'a str> {
        let listed = zone.and_then(|zone| self.zone(zone));
        let listed = listed.and_then(|zone| zone.subnets.iter().find(|one| one.name == subnet.name));
        listed
            .map(|one| one.id.as_str())
            .or(subnet.subnet_id.as_deref())
            .or_else(|| self.inventory(&format!("subnet.{}.{}", zone.unwrap_or(SERVICE), subnet.name)))
    }

    /// The id of what keeps a zone, or the service subnets, apart.
    pub fn filter(self, zone: Option<&str>, filter: Filter) -> Option<&'a str> {
        let listed = zone.and_then(|zone| self.zone(zone));
        let (listed, part) = match filter {
            Filter::RouteTable => (listed.and_then(|one| one.route_table_id.as_deref()), "route-table"),
            Filter::NetworkAcl => (listed.and_then(|one| one.network_acl_id.as_deref()), "network-acl"),
            Filter::SecurityGroup => (
                listed.and_then(|one| one.security_group_id.as_deref()),
                "security-group",
            ),
        };
        listed.or_else(|| self.inventory(&format!("{part}.{}", zone.unwrap_or(SERVICE))))
    }

    /// An interface endpoint as AWS has it.
    pub fn endpoint(self, service: &str) -> Option<&'a VpcEndpointStatus> {
        self.network()?.endpoints.iter().find(|one| one.service == service)
    }

    /// The attachment to the transit gateway: its id and state.
    pub fn attachment(self) -> Option<(&'a str, &'a str)> {
        let attachment = self.network()?.transit_gateway_attachment.as_ref()?;
        Some((&attachment.id, &attachment.state))
    }
}
