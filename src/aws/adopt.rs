//! Reads what may be taken over.

use aws_sdk_ec2::types::Filter;
use jichitai_api::Region;
use jichitai_plan::ec2::vpc::Site;
use jichitai_plan::observation::Listing;

use crate::config::Purpose;
use crate::ec2;
use crate::session::Session;

impl Session {
    /// VPCs in Tokyo that carry a tag of this key.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn vpcs_with_tag(&self, key: &str) -> Listing<Site> {
        let client = self.ec2(Region::Tokyo, Purpose::Read);
        let with_tag = Filter::builder().name("tag-key").values(key).build();
        ec2::vpc::sites(&client, vec![with_tag]).await
    }
}
