//! Reading: what AWS has of what a query asks for. Never fails as a whole; each listing carries the
//! fault that kept it from being read.

use jichitai_api::Region;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::query::Query;

use crate::depth::Depth;
use crate::session::Session;
use crate::{ec2, kms};

impl Session {
    /// Reads everything at once, as it is now: keys and EBS defaults in both Regions, the network, keys of others.
    pub async fn observe(&self, query: &Query) -> Observed {
        self.observe_at(query, Depth::fresh()).await
    }

    /// The same, as new as it has to be.
    pub async fn observe_at(&self, query: &Query, depth: Depth) -> Observed {
        let network = async {
            match depth {
                Depth::Shared(_) => Box::pin(ec2::landscape::observe(self, query, depth)).await,
                Depth::Anew(_) | Depth::Whole => Box::pin(ec2::network::observe(self, query, depth)).await,
            }
        };
        let (tokyo, osaka, network, shared_keys) = futures::join!(
            kms::observe(self, Region::Tokyo, query, depth),
            kms::observe(self, Region::Osaka, query, depth),
            network,
            kms::shared_keys(self, query),
        );
        Observed {
            regions: [(Region::Tokyo, tokyo), (Region::Osaka, osaka)].into(),
            network,
            shared_keys,
        }
    }
}
