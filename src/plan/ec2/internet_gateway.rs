//! Internet gateways: a closed network has none. The operator never creates, attaches or removes
//! one; it reports what it finds.

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};

/// An internet gateway (or NAT gateway) in a tenant's VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// `igw-…` or `nat-…`.
    pub id: String,
    /// The VPC it is attached to.
    pub vpc_id: String,
}

/// Reports gateways in the tenant's VPC.
pub fn check(gateways: &Listing<Gateway>, vpc_id: &str, part: &Part, plan: &mut Plan) {
    let gateways = match gateways {
        Ok(gateways) => gateways,
        Err(fault) => return plan.unreadable(part, fault),
    };
    for gateway in gateways.iter().filter(|gateway| gateway.vpc_id == vpc_id) {
        plan.block(
            part,
            Reason::PublicExposure,
            Text::new(
                format!(
                    "{} connects {vpc_id} to the internet: find out who attached it, then detach and delete it",
                    gateway.id
                ),
                format!(
                    "{} が {vpc_id} をインターネットに接続しています。設置者を確認し、切り離して削除してください",
                    gateway.id
                ),
            ),
        );
    }
}
