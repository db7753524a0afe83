//! What a tenant has to back up, its policies, and the copies that AWS has.

use std::collections::BTreeMap;
use std::ops::Deref;

use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, Filter, Image, InstanceType, ResourceType, Snapshot, Tag, TagSpecification,
};
use aws_sdk_rds::types::DbSnapshot;
use jichitai_api::{Municipality, OsakaBackupPolicy};
use kube::Client;
use serde_json::{Value, json};

use crate::aws::Person;
use crate::cases::{OSAKA, TOKYO};
use crate::objects::Objects;
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

/// The name of the municipality of every policy here.
pub const MUNICIPALITY: &str = "chiyoda";
/// The name of every policy here.
pub const POLICY: &str = "daily";

/// The backups of one tenant.
pub struct Backups<'a> {
    /// The tenant.
    pub tenant: &'a Tenant<'a>,
    /// The account's root in Tokyo.
    pub tokyo: Person,
    /// The account's root in Osaka.
    pub osaka: Person,
    policies: Objects<OsakaBackupPolicy>,
    municipalities: Objects<Municipality>,
}

impl Deref for Backups<'_> {
    type Target = Objects<OsakaBackupPolicy>;

    fn deref(&self) -> &Self::Target {
        &self.policies
    }
}

impl<'a> Backups<'a> {
    /// The backups of a tenant in whatever cluster.
    pub fn in_cluster(tenant: &'a Tenant<'a>, client: &Client) -> Outcome<Self> {
        Ok(Self {
            tenant,
            tokyo: tenant.person(TOKYO)?,
            osaka: tenant.person(OSAKA)?,
            policies: Objects::new(client, &tenant.namespace),
            municipalities: Objects::new(client, &tenant.namespace),
        })
    }

    /// The same, with a Ready municipality.
    pub async fn of(tenant: &'a Tenant<'a>, client: &Client) -> Outcome<Self> {
        let backups = Self::in_cluster(tenant, client)?;
        let municipality = tenant.municipality(MUNICIPALITY, |object| {
            object["spec"]["network"]["endpoints"] = json!([]);
        });
        backups.municipalities.apply(&municipality).await?;
        backups
            .municipalities
            .condition(MUNICIPALITY, "Ready", "True", "")
            .await?;
        Ok(backups)
    }

    /// A policy whose schedule never comes, as `edit` changes it, with a run that is asked for now.
    pub fn policy(&self, edit: impl FnOnce(&mut Value)) -> Value {
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let selector = json!({"matchTags": {"backup": "osaka"}});
        let mut object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "OsakaBackupPolicy",
            "metadata": {
                "name": POLICY, "namespace": self.tenant.namespace,
                "annotations": {"jichitai.dev/run": format!("by-hand@{now}")},
            },
            "spec": {
                "municipalityRef": {"name": MUNICIPALITY},
                "schedules": [{"name": "yearly", "cron": "0 0 29 2 *"}],
                "sources": {"instances": {"matchTags": {"image": "osaka"}}, "volumes": selector, "databases": selector},
            },
        });
        edit(&mut object);
        object
    }

    /// An instance with a root volume and one more, tagged so.
    pub async fn instance(&self, key: &str, volumes_key: &str) -> Outcome<String> {
        let tags = |kind, key: &str| {
            let tag = Tag::builder().key(key).value("osaka").build();
            TagSpecification::builder().resource_type(kind).tags(tag).build()
        };
        let images = self.tokyo.ec2.describe_images().owners("amazon").send().await?;
        let image = images.images().first().and_then(Image::image_id).ok_or("an image")?;
        let disk = EbsBlockDevice::builder().volume_size(8).encrypted(true).build();
        let answer = self
            .tokyo
            .ec2
            .run_instances()
            .image_id(image)
            .instance_type(InstanceType::T3Micro)
            .min_count(1)
            .max_count(1)
            .block_device_mappings(BlockDeviceMapping::builder().device_name("/dev/sdb").ebs(disk).build())
            .tag_specifications(tags(ResourceType::Instance, key))
            .tag_specifications(tags(ResourceType::Volume, volumes_key))
            .send()
            .await?;
        let id = answer.instances().first().and_then(|one| one.instance_id());
        Ok(id.ok_or("an instance")?.to_owned())
    }

    /// A database, tagged for the policy.
    pub async fn database(&self, id: &str) -> Outcome {
        let tag = aws_sdk_rds::types::Tag::builder().key("backup").value("osaka").build();
        self.tokyo
            .rds
            .create_db_instance()
            .db_instance_identifier(id)
            .db_instance_class("db.t3.micro")
            .engine("postgres")
            .allocated_storage(20)
            .master_username("postgres")
            .manage_master_user_password(true)
            .storage_encrypted(true)
            .tags(tag)
            .send()
            .await?;
        Ok(())
    }

    /// Waits until the object is Ready for its present generation.
    pub async fn ready(&self) -> Outcome<OsakaBackupPolicy> {
        self.condition(POLICY, "Ready", "True", "").await
    }

    /// Waits until the last run has ended.
    pub async fn run_ended(&self) -> Outcome<OsakaBackupPolicy> {
        let ended = |object: &OsakaBackupPolicy| {
            let run = object.status.as_ref().and_then(|status| status.last_run.as_ref());
            run.is_some_and(|run| run.completed.is_some())
        };
        let found = self
            .until(POLICY, "its run has ended", |object| object.is_some_and(ended))
            .await?;
        found.ok_or_else(|| "the object is gone".into())
    }

    /// The name of the last run.
    pub async fn last_run(&self) -> Outcome<Option<String>> {
        let run = self.get(POLICY).await?.status.and_then(|status| status.last_run);
        Ok(run.map(|run| format!("{}@{}", run.label, run.time.0.strftime("%Y%m%dT%H%M%SZ"))))
    }

    /// The first copy of a snapshot of this account to Osaka comes to nothing.
    pub async fn copies_fail(&self, rig: &Rig, message: &str) -> Outcome {
        rig.copies_fail(json!({"account": self.tenant.account, "region": OSAKA, "times": 1, "message": message}))
            .await
    }

    /// Our snapshots in a Region, with those of images.
    pub async fn snapshots(&self, person: &Person) -> Outcome<Vec<Snapshot>> {
        let answer = person
            .ec2
            .describe_snapshots()
            .owner_ids("self")
            .filters(ours())
            .send()
            .await?;
        Ok(answer.snapshots.unwrap_or_default())
    }

    /// Our images in a Region.
    pub async fn images(&self, person: &Person) -> Outcome<Vec<Image>> {
        let answer = person
            .ec2
            .describe_images()
            .owners("self")
            .filters(ours())
            .send()
            .await?;
        Ok(answer.images.unwrap_or_default())
    }

    /// Snapshots of databases in a Region, but for those that RDS takes by itself.
    pub async fn db_snapshots(&self, person: &Person) -> Outcome<Vec<DbSnapshot>> {
        let answer = person
            .rds
            .describe_db_snapshots()
            .snapshot_type("manual")
            .send()
            .await?;
        Ok(answer.db_snapshots.unwrap_or_default())
    }

    /// The key that copies are encrypted under in Osaka.
    pub async fn osaka_key(&self) -> Outcome<String> {
        let keys = self.osaka.kms.list_keys().send().await?;
        let arns: Vec<&str> = keys.keys().iter().filter_map(|key| key.key_arn()).collect();
        let [arn] = arns[..] else {
            return Err(format!("one key is expected: {arns:?}").into());
        };
        Ok(arn.to_owned())
    }
}

/// The tags of something as a map.
pub fn tags(of: &[Tag]) -> BTreeMap<&str, &str> {
    of.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

fn ours() -> Filter {
    Filter::builder().name("tag-key").values("jichitai:run").build()
}
