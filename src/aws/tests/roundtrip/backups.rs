//! Copies, and what is made of them: everything that a policy or a restore writes, as `absorb` says it and as it is
//! then seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jichitai_api::{OsakaBackupPolicy, Region};
use jichitai_aws::RestoreQuery;
use jichitai_plan::cloudformation::template::{self, Place};
use jichitai_plan::ec2::{image, instance, snapshot, volume};
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{Identity, Owner};
use jichitai_plan::observation::FaultKind;
use jichitai_plan::osaka_backup_policy::copy::{Copy, Label, State, snapshot_tags};
use jichitai_plan::osaka_backup_policy::observed::Observed;
use jichitai_plan::osaka_backup_policy::query::Query;
use jichitai_plan::osaka_backup_policy::source::{Medium, SourceId};
use jichitai_plan::rds::database::{self, Placement};
use jichitai_plan::rds::snapshot::{self as db_snapshot, Of};
use jichitai_plan::s3::bucket;
use jichitai_plan::step::{Action, Created};
use jichitai_plan::tags::{self, Tags};

use crate::tenant::{Tenant, others, step};

/// What there is to copy, and the key in Osaka.
const GROUND: &str = "
ec2, rds, kms = client('ec2'), client('rds'), client('kms', 'ap-northeast-3')
image = ec2.describe_images(Owners=['amazon'])['Images'][0]['ImageId']
run = ec2.run_instances(ImageId=image, InstanceType='t3.micro', MinCount=1, MaxCount=1)['Instances'][0]
volume = ec2.create_volume(AvailabilityZone='ap-northeast-1a', Size=10, Encrypted=True)['VolumeId']
rds.create_db_instance(DBInstanceIdentifier='residents', DBInstanceClass='db.t3.micro', Engine='postgres',
    AllocatedStorage=20, MasterUsername='postgres', ManageMasterUserPassword=True, StorageEncrypted=True)
rds.get_waiter('db_instance_available').wait(DBInstanceIdentifier='residents', WaiterConfig={'Delay': 1})
subnets = [one['SubnetId'] for one in ec2.describe_subnets()['Subnets'][:2]]
rds.create_db_subnet_group(DBSubnetGroupName='group', DBSubnetGroupDescription='x', SubnetIds=subnets)
key = kms.create_key()['KeyMetadata']['Arn']
print(' '.join([run['InstanceId'], run['SubnetId'], volume, key]))
";

struct Backup {
    tenant: Tenant,
    instance: String,
    subnet: String,
    volume: String,
    key: String,
    known: Observed,
}

fn policy() -> Identity {
    Identity {
        installation: "test".into(),
        owner: Owner::new::<OsakaBackupPolicy>("tenants", "daily"),
    }
}

fn slot() -> String {
    "after-batch@20270331T200000Z".to_owned()
}

impl Backup {
    async fn new(account: &'static str) -> Self {
        let tenant = Tenant::new(account).await;
        let ground = others(account, GROUND);
        let [instance, subnet, volume, key] = ground.split(' ').collect::<Vec<_>>()[..] else {
            unreachable!("four words: {ground}");
        };
        Self {
            tenant,
            instance: instance.into(),
            subnet: subnet.into(),
            volume: volume.into(),
            key: key.into(),
            known: Observed::default(),
        }
    }

    async fn run(&mut self, region: Region, action: impl Into<Action>) -> Option<Created> {
        let effect = self.tenant.session.execute(&step(region, action)).await.unwrap();
        self.known.absorb(&effect);
        effect.created
    }

    fn query(templates: Option<&str>) -> Query {
        Query {
            identity: policy(),
            sources: BTreeMap::new(),
            templates: templates.map(str::to_owned),
            counts: true,
            keys: BTreeSet::new(),
            tokyo_keys: BTreeSet::new(),
            quota: BTreeMap::new(),
            drill: false,
            tenancy: None,
        }
    }

    /// What AWS has, once it is done with all of it.
    async fn see(&self, templates: Option<&str>) -> Observed {
        loop {
            let seen = self.tenant.session.observe_backup(&Self::query(templates)).await;
            let settled = |region| seen.side(region).all(|copy| copy.state != State::Pending);
            if Region::ALL.into_iter().all(settled) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What is known is what is seen: which copies there are, of what, under which key, with which tags.
    async fn compare(&self, templates: Option<&str>) -> Observed {
        type Same<'a> = (
            Medium,
            Region,
            &'a Option<Label>,
            &'a BTreeSet<String>,
            Vec<(&'a str, &'a str)>,
        );
        fn same(copy: &Copy) -> Same<'_> {
            // Only copies say beforehand under which key they are.
            let none = const { &BTreeSet::new() };
            let keys = if copy.tags.contains_key(tags::KEY) {
                &copy.keys
            } else {
                none
            };
            let ours = copy.tags.iter().filter(|(key, _)| key.starts_with("jichitai:"));
            (copy.medium, copy.region, &copy.label, keys, ours.collect())
        }
        let seen = self.see(templates).await;
        for region in Region::ALL {
            let known: BTreeSet<Same<'_>> = self.known.side(region).map(same).collect();
            assert_eq!(known, seen.side(region).map(same).collect(), "{region}");
        }
        seen
    }

    fn label(&self, medium: Medium) -> Label {
        let id = match medium {
            Medium::Image => &self.instance,
            Medium::Snapshot => &self.volume,
            _ => "residents",
        };
        Label {
            source: SourceId { medium, id: id.into() },
            slot: slot().parse().unwrap(),
            attempt: 1,
        }
    }

    fn tags(&self, medium: Medium) -> Tags {
        let label = self.label(medium);
        let mut all = policy().tags(&jichitai_plan::identity::Role::new(medium.as_str()), &Tags::new());
        all.insert(tags::RUN, slot());
        all.insert(tags::SOURCE, label.source.id);
        all.insert(tags::ATTEMPT, "1");
        all.insert(tags::BEGUN, "20270331T200000Z");
        all
    }

    /// The same of a copy in Osaka.
    fn tags_there(&self, medium: Medium) -> Tags {
        let mut all = self.tags(medium);
        all.insert(tags::KEY, self.key.clone());
        all
    }

    /// A copy of each kind in Tokyo.
    async fn in_tokyo(&mut self) {
        let (image, tokyo) = (self.tags(Medium::Image), Region::Tokyo);
        let (instance_id, volume_id) = (self.instance.clone(), self.volume.clone());
        let (of_volume, of_database) = (self.tags(Medium::Snapshot), self.tags(Medium::Database));
        let create = image::Action::Create {
            instance_id,
            name: "image-1".into(),
            reboot: false,
            snapshot_tags: snapshot_tags(&image),
            tags: image,
        };
        self.run(tokyo, create).await;
        let tags = of_volume;
        self.run(tokyo, snapshot::Action::Create { volume_id, tags }).await;
        let create = db_snapshot::Action::Create {
            of: Of::Instance,
            database: "residents".into(),
            id: "database-1".into(),
            tags: of_database,
        };
        self.run(tokyo, create.clone()).await;
        // A name stands for one: asked for again, it is the one that is there.
        assert_eq!(self.tenant.run(tokyo, create).await.unwrap().id, "database-1");
    }

    /// A copy of each of them in Osaka.
    async fn copy_to_osaka(&mut self) {
        let seen = self.see(None).await;
        let one = |medium| seen.of(medium, Region::Tokyo).next().unwrap().clone();
        let (from, key_arn) = (Region::Tokyo, self.key.clone());
        let tags = self.tags_there(Medium::Image);
        let copy = image::Action::Copy {
            from,
            source: one(Medium::Image).id,
            name: "image-1".into(),
            key_arn: key_arn.clone(),
            snapshot_tags: snapshot_tags(&tags),
            tags,
        };
        let first = self.run(Region::Osaka, copy.clone()).await.unwrap();
        let again = self.tenant.run(Region::Osaka, copy).await.unwrap();
        assert_eq!(first.id, again.id, "the token stands for one image");
        let copy = snapshot::Action::Copy {
            from,
            source: one(Medium::Snapshot).id,
            key_arn: key_arn.clone(),
            tags: self.tags_there(Medium::Snapshot),
        };
        self.run(Region::Osaka, copy).await;
        let copy = db_snapshot::Action::Copy {
            of: Of::Instance,
            from,
            source_arn: one(Medium::Database).arn.unwrap(),
            id: "database-1".into(),
            key_arn,
            tags: self.tags_there(Medium::Database),
        };
        self.run(Region::Osaka, copy).await;
    }
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn copies_are_made_and_taken_away() {
    let mut backup = Backup::new("777777777701").await;
    backup.in_tokyo().await;
    let seen = backup.compare(None).await;
    assert_eq!(seen.side(Region::Tokyo).filter(|copy| copy.is_good()).count(), 3);
    backup.copy_to_osaka().await;
    let seen = backup.compare(None).await;
    for copy in seen.side(Region::Osaka) {
        assert!(copy.is_good(), "{:?}", copy.verdict());
    }
    assert_eq!(seen.image_snapshots[&Region::Osaka].as_ref().unwrap().len(), 1);

    // What is gone is gone, however often it is asked for.
    for copy in seen.side(Region::Osaka) {
        let delete = jichitai_plan::osaka_backup_policy::prune::delete(copy);
        backup.tenant.run(Region::Osaka, delete.clone()).await;
        backup.run(Region::Osaka, known(&backup.known, copy, delete)).await;
    }
    let left = backup.see(None).await;
    assert_eq!(left.side(Region::Osaka).count(), 0);
    for one in left.image_snapshots[&Region::Osaka].iter().flatten() {
        let id = one.id.clone();
        backup.run(Region::Osaka, snapshot::Action::Delete { id }).await;
    }
    let left = backup.compare(None).await;
    assert_eq!(left.image_snapshots[&Region::Osaka], Ok(Vec::new()));
    assert_eq!(left.side(Region::Tokyo).count(), 3);
}

/// The deletion of what stands for a copy in what is known.
fn known(observed: &Observed, copy: &Copy, delete: Action) -> Action {
    let found = observed
        .of(copy.medium, copy.region)
        .find(|one| one.label == copy.label);
    found.map_or(delete, jichitai_plan::osaka_backup_policy::prune::delete)
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn volumes_instances_and_databases_are_made_of_copies() {
    let mut backup = Backup::new("777777777702").await;
    backup.in_tokyo().await;
    let seen = backup.see(None).await;
    let one = |medium| seen.of(medium, Region::Tokyo).next().unwrap().id.clone();
    let restore = Identity {
        installation: "test".into(),
        owner: Owner::restore("tenants", "daily"),
    };
    let tags = |role: &str| {
        let mut all = restore.tags(&jichitai_plan::identity::Role::new(role), &Tags::new());
        all.insert(tags::RUN, slot());
        all.insert(tags::SOURCE, role);
        all.insert(tags::ATTEMPT, "1");
        all
    };
    let placement = Placement {
        subnet_group: "group".into(),
        security_group_ids: Vec::new(),
    };
    let actions: [Action; 3] = [
        volume::Action::Create {
            snapshot_id: one(Medium::Snapshot),
            availability_zone: "ap-northeast-1a".into(),
            volume_type: "gp3".into(),
            tags: tags("volume"),
        }
        .into(),
        instance::Action::Run {
            image_id: one(Medium::Image),
            instance_type: "t3.micro".into(),
            subnet_id: backup.subnet.clone(),
            private_ip_address: None,
            security_group_ids: Vec::new(),
            instance_profile: None,
            tags: tags("instance"),
        }
        .into(),
        database::Action::Restore {
            snapshot_id: one(Medium::Database),
            id: "residents-again".into(),
            class: "db.t3.micro".into(),
            placement,
            tags: tags("restored-database"),
        }
        .into(),
    ];
    let query = RestoreQuery {
        policy: policy(),
        restore: restore.clone(),
        region: Region::Tokyo,
        stacks: true,
        quota: BTreeMap::new(),
    };
    let session = &backup.tenant.session;
    let mut known = session.observe_restored(&query).await;
    for action in &actions[..2] {
        let first = session.execute(&step(Region::Tokyo, action.clone())).await.unwrap();
        let again = session.execute(&step(Region::Tokyo, action.clone())).await.unwrap();
        assert_eq!(
            first.created.as_ref().unwrap().id,
            again.created.unwrap().id,
            "{action}"
        );
        known.absorb(&first);
    }
    let restored = session.execute(&step(Region::Tokyo, actions[2].clone())).await.unwrap();
    known.absorb(&restored);
    let again = session
        .execute(&step(Region::Tokyo, actions[2].clone()))
        .await
        .unwrap_err();
    assert_eq!(again.kind, FaultKind::Conflict, "{again}");
    let seen = loop {
        let seen = session.observe_restored(&query).await;
        if seen.things.iter().flatten().all(|thing| thing.state == State::Complete) {
            break seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let same = |observed: &jichitai_plan::restore::observed::Observed| -> BTreeSet<_> {
        let all = observed.things.iter().flatten();
        all.map(|thing| {
            (
                thing.kind,
                thing.id.clone(),
                thing.tags.get(tags::SOURCE).map(str::to_owned),
            )
        })
        .collect()
    };
    assert_eq!(same(&known), same(&seen));
    let volume = seen
        .things
        .iter()
        .flatten()
        .find(|thing| thing.id.starts_with("vol-"))
        .unwrap();
    for _ in 0..2 {
        let id = volume.id.clone();
        session
            .execute(&step(Region::Tokyo, volume::Action::Delete { id }))
            .await
            .unwrap();
    }
    assert_eq!(session.observe_restored(&query).await.things.unwrap().len(), 2);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_cluster_is_copied_and_restored() {
    let mut backup = Backup::new("777777777704").await;
    others(backup.tenant.id, CLUSTER);
    let tags = |medium: Medium, source: &str| {
        let mut all = backup.tags(medium);
        all.insert(tags::SOURCE, source);
        all
    };
    let (here, mut there) = (tags(Medium::Cluster, "ledger"), tags(Medium::Cluster, "ledger"));
    there.insert(tags::KEY, backup.key.clone());
    let create = db_snapshot::Action::Create {
        of: Of::Cluster,
        database: "ledger".into(),
        id: "cluster-1".into(),
        tags: here,
    };
    backup.run(Region::Tokyo, create).await;
    let seen = backup.compare(None).await;
    let source = seen.of(Medium::Cluster, Region::Tokyo).next().unwrap().clone();
    let copy = db_snapshot::Action::Copy {
        of: Of::Cluster,
        from: Region::Tokyo,
        source_arn: source.arn.clone().unwrap(),
        id: "cluster-1".into(),
        key_arn: backup.key.clone(),
        tags: there,
    };
    backup.run(Region::Osaka, copy).await;
    let seen = backup.compare(None).await;
    let copied = seen.of(Medium::Cluster, Region::Osaka).next().unwrap();
    assert!(copied.is_good(), "{:?}", copied.verdict());
    let delete = jichitai_plan::osaka_backup_policy::prune::delete(copied);
    backup.run(Region::Osaka, known(&backup.known, copied, delete)).await;

    let restored = Tags::from([("jichitai:role".to_owned(), "restored".to_owned())]);
    let restore = database::Action::RestoreCluster {
        snapshot_id: source.id.clone(),
        id: "ledger-again".into(),
        engine: "aurora-postgresql".into(),
        placement: Placement {
            subnet_group: "group".into(),
            security_group_ids: Vec::new(),
        },
        tags: restored.clone(),
    };
    let session = &backup.tenant.session;
    session.execute(&step(Region::Tokyo, restore)).await.unwrap();
    let member = database::Action::AddToCluster {
        cluster: "ledger-again".into(),
        id: "ledger-again-1".into(),
        class: "db.r6g.large".into(),
        engine: "aurora-postgresql".into(),
        tags: restored,
    };
    session.execute(&step(Region::Tokyo, member)).await.unwrap();
    assert_eq!(backup.see(None).await.side(Region::Osaka).count(), 0);
}

/// An Aurora cluster.
const CLUSTER: &str = "
rds = client('rds')
rds.create_db_cluster(DBClusterIdentifier='ledger', Engine='aurora-postgresql', MasterUsername='postgres',
    ManageMasterUserPassword=True, StorageEncrypted=True)
rds.get_waiter('db_cluster_available').wait(DBClusterIdentifier='ledger', WaiterConfig={'Delay': 1})
";

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn templates_are_kept_deleted_and_purged() {
    let account = "777777777703";
    let key = others(
        account,
        "body = json.dumps({'Resources': {'Batch': {'Type': 'AWS::Logs::LogGroup'}}})\n\
         client('cloudformation').create_stack(StackName='batch', TemplateBody=body)\n\
         print(client('kms', 'ap-northeast-3').create_key()['KeyMetadata']['Arn'])",
    );
    let mut backup = Backup {
        tenant: Tenant::new(account).await,
        instance: String::new(),
        subnet: String::new(),
        volume: String::new(),
        key: key.clone(),
        known: Observed::default(),
    };
    let name = "jichitai-templates-roundtrip";
    let create = bucket::Action::Create {
        name: name.into(),
        region: Region::Osaka,
        tags: policy().tags(&jichitai_plan::identity::Role::new("bucket.templates"), &Tags::new()),
        object_lock: false,
    };
    backup.run(Region::Osaka, create).await;
    others(
        account,
        &format!(
            "client('s3', 'ap-northeast-3').put_bucket_versioning(Bucket='{name}', VersioningConfiguration={{'Status': 'Enabled'}})"
        ),
    );
    let place = |run: &str| Place {
        bucket: name.into(),
        prefix: format!("batch/{run}/1"),
    };
    let keep = |run: &str, backup: &Backup| template::Action::Keep {
        stack: "batch".into(),
        place: place(run),
        key_arn: key.clone(),
        tags: backup.tags_there(Medium::Template),
    };
    for run in ["first", "second"] {
        backup.run(Region::Osaka, keep(run, &backup)).await;
    }
    let seen = backup.compare(Some(name)).await;
    let copies: Vec<&Copy> = seen.of(Medium::Template, Region::Osaka).collect();
    assert_eq!(copies.len(), 2);
    assert!(
        copies
            .iter()
            .all(|copy| copy.is_good() && copy.state == State::Complete)
    );

    // A template alone is half written, and what is there of it can be taken away.
    others(
        account,
        &format!("client('s3', 'ap-northeast-3').delete_object(Bucket='{name}', Key='batch/second/1/stack.json')"),
    );
    let seen = backup.see(Some(name)).await;
    let states: BTreeMap<&str, bool> = seen
        .of(Medium::Template, Region::Osaka)
        .map(|copy| (copy.id.as_str(), copy.is_good()))
        .collect();
    let ids = ["first", "second"].map(|run| place(run).to_string());
    assert_eq!(states, [(ids[0].as_str(), true), (ids[1].as_str(), false)].into());
    for _ in 0..2 {
        backup
            .run(Region::Osaka, template::Action::Delete { place: place("second") })
            .await;
    }
    backup.compare(Some(name)).await;

    backup
        .run(Region::Osaka, template::Action::Purge { bucket: name.into() })
        .await;
    let seen = backup.compare(Some(name)).await;
    let contents = seen.buckets.as_ref().unwrap()[0].contents.clone().unwrap().unwrap();
    assert!(contents.is_empty(), "{contents:?}");
    backup
        .run(Region::Osaka, bucket::Action::Delete { name: name.into() })
        .await;
    assert_eq!(backup.see(Some(name)).await.buckets, Ok(Vec::new()));
}
