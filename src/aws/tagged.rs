//! Reads everything that carries the tag of the installation.

use aws_sdk_resourcegroupstagging::types::TagFilter;
use jichitai_api::Region;
use jichitai_plan::observation::Listing;
use jichitai_plan::orphans::Tagged;
use jichitai_plan::tags;

use crate::config::Purpose;
use crate::error::fault;
use crate::iam::role;
use crate::session::Session;

/// AWS takes 1 to 100.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
const PAGE: i32 = 100;

impl Session {
    /// Everything of the installation in Tokyo and Osaka, and its roles, which AWS does not list by tags.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn of_installation(&self, installation: &str) -> Listing<Tagged> {
        let mut all = Vec::new();
        for region in Region::ALL {
            all.extend(self.tagged(region, installation).await?);
        }
        let ours = |role: &Tagged| {
            role.tags
                .get(tags::INSTALLATION)
                .is_some_and(|name| name == installation)
        };
        all.extend(role::made(self).await?.into_iter().filter(ours));
        Ok(all)
    }

    /// Everything of the installation in a Region.
    pub(crate) async fn tagged(&self, region: Region, installation: &str) -> Listing<Tagged> {
        let ours = TagFilter::builder()
            .key(tags::INSTALLATION)
            .values(installation)
            .build();
        let client = self.resource_groups_tagging(region, Purpose::Read);
        let call = client.get_resources().tag_filters(ours).resources_per_page(PAGE);
        let pages = call.into_paginator().items().send();
        let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
        let one = |found: aws_sdk_resourcegroupstagging::types::ResourceTagMapping| {
            let tags = found.tags.into_iter().flatten().map(|tag| (tag.key, tag.value));
            Some(Tagged {
                arn: found.resource_arn?,
                region: Some(region),
                tags: tags.collect(),
            })
        };
        Ok(found.into_iter().filter_map(one).collect())
    }
}
