//! Reading: what AWS has of what a query asks for. Never fails as a whole; each listing carries the
//! fault that kept it from being read.

use jichitai_api::Region;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::query::Query;

use crate::session::Session;
use crate::{ec2, kms};

impl Session {
    /// Reads everything at once: keys and EBS defaults in both Regions, the network, keys of others.
    pub async fn observe(&self, query: &Query) -> Observed {
        let (tokyo, osaka, network, shared_keys) = futures::join!(
            kms::observe(self, Region::Tokyo, query),
            kms::observe(self, Region::Osaka, query),
            ec2::network::observe(self, query),
            kms::shared_keys(self, query),
        );
        Observed {
            regions: [(Region::Tokyo, tokyo), (Region::Osaka, osaka)].into(),
            network,
            shared_keys,
        }
    }
}
