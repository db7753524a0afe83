//! The `FileLinkBucket`: from the object to everything a pass needs, and its part of status. What is
//! missing becomes a condition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::file_link_bucket::SecretKeyRef;
use jichitai_api::municipality::Environment;
use jichitai_api::{CommonStatus, ConditionType, FileLinkBucket, FileLinkBucketStatus, Municipality, Reason, Region};
use jichitai_aws::Depth;
use jichitai_aws::session::Session;
use jichitai_plan::context::{Context, japan_date};
use jichitai_plan::file_link_bucket::goal::Goal;
use jichitai_plan::file_link_bucket::observed::Observed;
use jichitai_plan::file_link_bucket::target::{self, Sources};
use jichitai_plan::file_link_bucket::teardown::Remains;
use jichitai_plan::file_link_bucket::tenancy::Neighbourhood;
use jichitai_plan::file_link_bucket::{access, describe};
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::pass::Ending;
use jichitai_plan::plan::Text;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::report::Pace;
use jichitai_plan::roll::Roll;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jichitai_plan::transfer::host_key::Secret;
use jiff::Timestamp;
use jiff::civil::Date;
use k8s_openapi::api::core::v1;
use kube::{Api, ResourceExt};

use crate::account::{closed, entry, no_municipality, session};
use crate::config::{Account, Language};
use crate::guardrails::{self, Advice};
use crate::kind::{Aim, Kind, Prepared, Sharing, destructive};
use crate::obstacle::Obstacle;
use crate::shared::Shared;
use crate::succession::identity;
use crate::world::{Secrets, Shelf, View, World};

/// Where the spec names its municipality.
const REFERENCE: &str = "spec.municipalityRef";

/// Sessions in other accounts that the namespace may use and whose roles the spec names.
pub struct Elsewhere {
    sessions: Vec<Arc<Session>>,
}

impl Kind for FileLinkBucket {
    type Status = FileLinkBucketStatus;
    type Goal = Goal;
    type Beside = Elsewhere;
    type Index = Roll<Self>;

    fn shelf(view: &View) -> &Shelf<Self, Self::Index> {
        &view.buckets
    }

    fn status(&self) -> Option<&FileLinkBucketStatus> {
        self.status.as_ref()
    }

    fn common_status(status: &FileLinkBucketStatus) -> &CommonStatus {
        &status.common
    }

    fn common_status_mut(status: &mut FileLinkBucketStatus) -> &mut CommonStatus {
        &mut status.common
    }

    fn account<'a>(&'a self, tenants: &'a Tenants) -> Option<&'a str> {
        let municipality = tenants.find(self.metadata.namespace.as_deref()?, &self.spec.municipality_ref.name);
        Some(&municipality?.spec.account_id)
    }

    async fn aim(&self, view: &View, now: Timestamp) -> Result<Aim<Self>, Obstacle> {
        aim(self, view, now).await
    }

    async fn beside(&self, aim: &Aim<Self>, world: &World) -> Elsewhere {
        let namespace = self.namespace().unwrap_or_default();
        elsewhere(aim, &namespace, world).await
    }

    const SHARES: Sharing = Sharing::Lists;

    async fn observe(prepared: &Prepared<Self>, depth: Depth) -> Observed {
        let elsewhere: Vec<&Session> = prepared.beside.sessions.iter().map(AsRef::as_ref).collect();
        let query = prepared.goal.query(&prepared.ctx);
        prepared.session.observe_file_link_at(&query, &elsewhere, depth).await
    }

    fn conflicts(_: &Prepared<Self>, _: &Observed) -> Vec<SpecFault> {
        // Two objects that mean the same bucket meet in its tags.
        Vec::new()
    }

    fn ending(goal: &Goal) -> &[(String, Date)] {
        match goal {
            Goal::Present(target) => &target.ending,
            Goal::Absent { .. } => &[],
        }
    }

    fn describe(goal: &Goal, ending: &Ending<Observed>, _: Language, status: &mut FileLinkBucketStatus) {
        let Goal::Present(target) = goal else { return };
        let (observed, identity) = (&ending.observed, &ending.ctx.identity);
        if observed.buckets.get(&Region::Tokyo).is_some_and(Result::is_ok) {
            status.bucket = describe::bucket_status(target, observed, identity);
        }
        if observed.keys.values().all(|key| key.fault().is_none()) {
            status.access = describe::access(target, observed, identity);
            status.needed_roles = describe::needed_roles(target, observed);
        }
        if observed.servers.is_ok() && observed.users.is_ok() {
            status.sftp = describe::sftp(target, observed, identity);
        }
        status.federation = describe::federation(target, observed);
    }

    fn appraise(&self, prepared: &Prepared<Self>, _: &Observed, acted: bool, shared: &Shared) -> Advice {
        guardrails::renew(self, prepared, acted, shared);
        Advice::Stays
    }
}

async fn aim(object: &FileLinkBucket, view: &View, now: Timestamp) -> Result<Aim<FileLinkBucket>, Obstacle> {
    let config = view.config.get();
    let spec = &object.spec;
    let namespace = object.namespace().unwrap_or_default();
    let identity = identity(object, view, &config)?;
    let tenants = view.municipalities.read();
    let municipality = tenants.find(&namespace, &spec.municipality_ref.name);
    let reference_to = (REFERENCE, spec.municipality_ref.name.as_str());
    let entry = entry(object, municipality, reference_to, &config, &namespace)?;
    let closed = closed(object, &config, &namespace, now)?;
    let operator = operator(entry)?;
    let goal = match municipality {
        _ if object.metadata.deletion_timestamp.is_some() => {
            let account =
                AccountId::new(&entry.id).ok_or_else(|| no_municipality(REFERENCE, &spec.municipality_ref.name))?;
            absent(object, municipality, identity.clone(), account, operator, view, now)
        }
        None => return Err(no_municipality(REFERENCE, &spec.municipality_ref.name)),
        Some(municipality) => {
            let host_key = host_key(object, view, &namespace).await?;
            let buckets = view.buckets.read();
            let siblings: Vec<&FileLinkBucket> = buckets.within(&namespace).collect();
            let granted: BTreeSet<String> = config.granted(&namespace).iter().map(|one| one.id.clone()).collect();
            let sources = Sources {
                identity: &identity,
                around: Neighbourhood {
                    municipality,
                    tenants: &tenants,
                    buckets: &siblings,
                    granted: &granted,
                },
                operator: &operator,
                break_glass: &config.break_glass(japan_date(now)),
                break_glass_before: &config.break_glass_before(),
                default_tags: &config.default_tags,
                businesses: &config.known_businesses(),
                host_key,
                today: japan_date(now),
            };
            let target = target::target(object, &sources).map_err(|faults| Obstacle::faults(&faults))?;
            Goal::Present(Box::new(target))
        }
    };
    let environment = municipality.map(|one| one.spec.environment);
    let account = entry.clone();
    let inventory = object.status.as_ref().map(|status| status.common.inventory.clone());
    let ctx = Context {
        identity,
        now,
        settings: config.settings(),
        ledger: Ledger::new(inventory.unwrap_or_default()),
        adopt: spec.common.adopt.clone(),
        common_tags: match &goal {
            Goal::Present(target) => target.tags.clone(),
            Goal::Absent { .. } => Tags::new(),
        },
    };
    Ok(Aim {
        goal,
        ctx,
        account,
        // Without its municipality an object might be one of production.
        destructive: destructive(&spec.common, environment.unwrap_or(Environment::Production)),
        config,
        closed,
    })
}

/// The role that bucket policies spare.
fn operator(entry: &Account) -> Result<RoleArn, Obstacle> {
    entry.role_arn.as_deref().and_then(RoleArn::new).ok_or_else(|| {
        let id = &entry.id;
        let text = Text::new(
            format!("bucket policies have to name the operator's role: ask the platform team to set roleArn for account {id} in the configuration"),
            format!("バケットポリシーにオペレーターのロールを記載する必要があります。設定のアカウント {id} に roleArn を設定するよう基盤担当に依頼してください"),
        );
        Obstacle::new(ConditionType::AccountReady, Pace::Stuck, Reason::AccountNotGranted, text)
    })
}

fn absent(
    object: &FileLinkBucket,
    municipality: Option<&Municipality>,
    identity: Identity,
    account: AccountId,
    operator: RoleArn,
    view: &View,
    now: Timestamp,
) -> Goal {
    let config = view.config.get();
    let spec = &object.spec;
    let bucket = access::bucket_name(spec, &identity, &account);
    let replica = access::replica_name(&identity, &account);
    let sftp = spec.sftp.as_ref();
    let users: BTreeSet<String> = sftp
        .iter()
        .flat_map(|sftp| &sftp.users)
        .map(|user| user.name.clone())
        .collect();
    let clients = spec.federation.iter().flat_map(|federation| &federation.clients);
    let of_users = users.iter().map(|name| access::user_role_name(&identity, name));
    let of_clients = clients.map(|client| access::client_role_name(&identity, &client.client_id));
    let roles = of_users
        .chain(of_clients)
        .chain([access::replication_role_name(&identity)]);
    let shared = sftp.and_then(|sftp| sftp.server_ref.as_ref()).map(|other| {
        let namespace = object.namespace().unwrap_or_default();
        let sibling = view.buckets.read();
        let sibling = sibling.named(&namespace, &other.name);
        Identity {
            installation: identity.installation.clone(),
            owner: sibling.map_or_else(|| Owner::new::<FileLinkBucket>(&namespace, &other.name), Owner::of),
        }
    });
    let remains = Remains {
        roles: roles.collect(),
        tenant: municipality.map(|municipality| target::tenant(municipality, &identity)),
        buckets: BTreeMap::from([(Region::Tokyo, bucket), (Region::Osaka, replica)]),
        operator,
        break_glass: config.break_glass(japan_date(now)),
        issuer: spec
            .federation
            .as_ref()
            .and_then(|federation| federation.issuer.clone()),
        shared_server: shared,
        users,
        account,
    };
    Goal::Absent {
        policy: spec.common.deletion_policy,
        remains: Box::new(remains),
    }
}

/// The host key in a Secret of the namespace, read for this pass and kept nowhere.
async fn host_key(object: &FileLinkBucket, view: &View, namespace: &str) -> Result<Option<Secret>, Obstacle> {
    let server = object.spec.sftp.as_ref().and_then(|sftp| sftp.server.as_ref());
    let reference = server
        .and_then(|server| server.host_key.as_ref())
        .and_then(|key| key.secret_ref.as_ref());
    let Some(SecretKeyRef { name, key }) = reference else {
        return Ok(None);
    };
    let path = "spec.sftp.server.hostKey.secretRef";
    let fault = |reason, message| {
        Obstacle::faults(&[SpecFault {
            path: path.into(),
            reason,
            message,
        }])
    };
    let Secrets::In(client) = &view.secrets else {
        if matches!(view.secrets, Secrets::Unread) {
            return Ok(None);
        }
        let text = Text::new(
            format!("the Secret {name} is in the cluster: give --cluster, so that it is read there"),
            format!("Secret {name} はクラスターにあります。--cluster を指定して読み取ってください"),
        );
        return Err(fault(Reason::ReferenceNotReady, text));
    };
    let secrets: Api<v1::Secret> = Api::namespaced(client.clone(), namespace);
    let secret = match secrets.get_opt(name).await {
        Ok(secret) => secret,
        Err(error) => {
            let text = Text::new(
                format!(
                    "the Secret {name} cannot be read: {error}; have the chart's hostKeySecrets name this namespace, or use secretsManagerArn"
                ),
                format!(
                    "Secret {name} を読み取れません: {error}。チャートの hostKeySecrets にこの名前空間を追加するか、secretsManagerArn を使ってください"
                ),
            );
            return Err(fault(Reason::ReferenceNotReady, text));
        }
    };
    let bytes = secret.and_then(|mut secret| secret.data.as_mut()?.remove(key));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.0).ok());
    match text {
        Some(text) => Ok(Some(Secret::new(&text))),
        None => {
            let text = Text::new(
                format!(
                    "there is no Secret {name} with a text under {key} in this namespace: create it, or take hostKey out"
                ),
                format!(
                    "この名前空間に、キー {key} を持つ Secret {name} がありません。作成するか、hostKey を外してください"
                ),
            );
            Err(fault(Reason::ReferenceNotFound, text))
        }
    }
}

/// Sessions for roles of other accounts, where the namespace may use them. What cannot be entered is
/// left out: then nothing is said of its roles.
async fn elsewhere(aim: &Aim<FileLinkBucket>, namespace: &str, world: &World) -> Elsewhere {
    let Aim {
        goal, config, account, ..
    } = aim;
    let Goal::Present(target) = goal else {
        return Elsewhere { sessions: Vec::new() };
    };
    let accounts: BTreeSet<AccountId> = target.named().into_iter().map(|role| role.account).collect();
    let mut sessions = Vec::new();
    for entry in config.granted(namespace) {
        let wanted = AccountId::new(&entry.id).filter(|id| entry.id != account.id && accounts.contains(id));
        if wanted.is_some() {
            sessions.extend(session(entry, config, &world.accounts).await.ok());
        }
    }
    Elsewhere { sessions }
}
