//! The `ResolverEndpoint`: from the object to everything a pass needs, and its part of status. What is
//! missing becomes a condition.

use std::collections::BTreeSet;
use std::sync::Arc;

use jichitai_api::municipality::Environment;
use jichitai_api::{CommonStatus, ConditionType, Municipality, Reason, ResolverEndpoint, ResolverEndpointStatus};
use jichitai_aws::Depth;
use jichitai_aws::session::Session;
use jichitai_plan::context::Context;
use jichitai_plan::identity::AccountId;
use jichitai_plan::ledger::Ledger;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::pass::Ending;
use jichitai_plan::plan::Text;
use jichitai_plan::ram;
use jichitai_plan::report::Pace;
use jichitai_plan::resolver_endpoint::goal::Goal;
use jichitai_plan::resolver_endpoint::observed::{self, Observed};
use jichitai_plan::resolver_endpoint::target::{self, Sources, VpcName};
use jichitai_plan::resolver_endpoint::teardown::Remains;
use jichitai_plan::resolver_endpoint::{describe, target::Target};
use jichitai_plan::roll::Roll;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Action, Step};
use jichitai_plan::tags::Tags;
use jichitai_plan::tenants::Tenants;
use jiff::Timestamp;
use jiff::civil::Date;
use kube::ResourceExt;

use crate::account::{closed, entry, no_municipality, session};
use crate::config::{Account, Config, Language};
use crate::kind::{Aim, Kind, Prepared, Sharing, destructive};
use crate::obstacle::Obstacle;
use crate::succession::identity;
use crate::world::{Shelf, View, World};

/// The accounts of other VPCs: those that can be entered, and why the others cannot.
pub struct Elsewhere {
    sessions: Vec<Arc<Session>>,
    closed: Vec<(AccountId, Fault)>,
}

impl Kind for ResolverEndpoint {
    type Status = ResolverEndpointStatus;
    type Goal = Goal;
    type Beside = Elsewhere;
    type Index = Roll<Self>;

    fn shelf(view: &View) -> &Shelf<Self, Self::Index> {
        &view.endpoints
    }

    fn status(&self) -> Option<&ResolverEndpointStatus> {
        self.status.as_ref()
    }

    fn common_status(status: &ResolverEndpointStatus) -> &CommonStatus {
        &status.common
    }

    fn common_status_mut(status: &mut ResolverEndpointStatus) -> &mut CommonStatus {
        &mut status.common
    }

    fn account<'a>(&'a self, tenants: &'a Tenants) -> Option<&'a str> {
        let placement = &self.spec.placement;
        if let Some(shared) = &placement.shared {
            return Some(&shared.account_id);
        }
        let name = &placement.municipality_ref.as_ref()?.name;
        Some(&tenants.find(self.metadata.namespace.as_deref()?, name)?.spec.account_id)
    }

    async fn aim(&self, view: &View, now: Timestamp) -> Result<Aim<Self>, Obstacle> {
        aim(self, view, now)
    }

    async fn beside(&self, aim: &Aim<Self>, world: &World) -> Elsewhere {
        let others = match &aim.goal {
            Goal::Present(target) => shared_with(target, &aim.ctx),
            Goal::Absent { policy: _, remains } => remains.others.clone(),
        };
        elsewhere(&others, &world.view.municipalities.read(), &aim.config, world).await
    }

    const SHARES: Sharing = Sharing::FewCalls;

    async fn observe(prepared: &Prepared<Self>, depth: Depth) -> Observed {
        look(prepared, depth).await
    }

    fn session<'a>(prepared: &'a Prepared<Self>, step: &Step) -> &'a Session {
        let account = match &step.action {
            Action::RuleAssociation(action) => Some(action.account()),
            Action::RuleShare(ram::rule_share::Action::Accept { account, arn: _ }) => Some(account),
            _ => None,
        };
        let mut others = prepared.beside.sessions.iter();
        let other = others.find(|session| Some(session.account()) == account);
        other.map_or(&prepared.session, |session| session)
    }

    fn conflicts(_: &Prepared<Self>, _: &Observed) -> Vec<SpecFault> {
        // Two objects that mean the same thing meet in its tags and in its VPC.
        Vec::new()
    }

    fn ending(_: &Goal) -> &[(String, Date)] {
        &[]
    }

    fn describe(goal: &Goal, ending: &Ending<Observed>, _: Language, status: &mut ResolverEndpointStatus) {
        if let Goal::Present(target) = goal {
            describe::status(target, &ending.observed, &ending.ctx, status);
        }
    }
}

async fn look(prepared: &Prepared<ResolverEndpoint>, depth: Depth) -> Observed {
    let Elsewhere { sessions, closed } = &prepared.beside;
    let sessions: Vec<&Session> = sessions.iter().map(AsRef::as_ref).collect();
    let query = prepared.goal.query(&prepared.ctx);
    let mut seen = prepared.session.observe_resolver(&query, depth, &sessions).await;
    for (account, fault) in closed {
        seen.accounts
            .insert(account.clone(), observed::Account::unreadable(fault));
    }
    seen
}

fn aim(object: &ResolverEndpoint, view: &View, now: Timestamp) -> Result<Aim<ResolverEndpoint>, Obstacle> {
    let config = view.config.get();
    let spec = &object.spec;
    let namespace = object.namespace().unwrap_or_default();
    let identity = identity(object, view, &config)?;
    let tenants = view.municipalities.read();
    let reference = spec.placement.municipality_ref.as_ref().map(|one| one.name.as_str());
    let municipality = reference.and_then(|name| tenants.find(&namespace, name));
    let entry = match reference {
        Some(name) => {
            let path = "spec.placement.municipalityRef";
            entry(object, municipality, (path, name), &config, &namespace)?
        }
        None => of_shared(object, &config, &namespace)?,
    };
    let account = AccountId::new(&entry.id).ok_or_else(|| Obstacle::faults(&[bad_account()]))?;
    let closed = closed(object, &config, &namespace, now)?;
    let inventory = object.status.as_ref().map(|status| status.common.inventory.clone());
    let mut ctx = Context {
        identity,
        now,
        settings: config.settings(),
        ledger: Ledger::new(inventory.unwrap_or_default()),
        adopt: spec.common.adopt.clone(),
        common_tags: Tags::new(),
    };
    let going = object.metadata.deletion_timestamp.is_some();
    let goal = if going {
        Goal::Absent {
            policy: spec.common.deletion_policy,
            remains: Box::new(remains(object, account, municipality, &tenants, &ctx)),
        }
    } else {
        if let (Some(name), None) = (reference, municipality) {
            return Err(no_municipality("spec.placement.municipalityRef", name));
        }
        let sources = Sources {
            identity: &ctx.identity,
            municipality,
            tenants: &tenants,
            default_tags: &config.default_tags,
        };
        let target = target::target(object, &sources).map_err(|faults| Obstacle::faults(&faults))?;
        ctx.common_tags = target.tags.clone();
        Goal::Present(Box::new(target))
    };
    let environment = municipality.map_or_else(|| strictest(entry), |one| one.spec.environment);
    Ok(Aim {
        goal,
        ctx,
        account: entry.clone(),
        destructive: destructive(&spec.common, environment),
        config,
        closed,
    })
}

fn bad_account() -> SpecFault {
    SpecFault::invalid(
        "accounts.id",
        "the account id in the configuration has not twelve digits",
        "設定のアカウント ID が 12 桁ではありません",
    )
}

/// The entry of a shared placement's account: it may hold tenants of several environments.
fn of_shared<'a>(object: &ResolverEndpoint, config: &'a Config, namespace: &str) -> Result<&'a Account, Obstacle> {
    let account = object
        .spec
        .placement
        .shared
        .as_ref()
        .map(|shared| shared.account_id.as_str());
    let account = account.unwrap_or_default();
    let found = config.granted(namespace).into_iter().find(|entry| entry.id == account);
    found.ok_or_else(|| {
        let text = config.grant(namespace, Environment::Production, account).err();
        let text = text.unwrap_or_else(|| Text::new("the account is not granted", "アカウントが許可されていません"));
        Obstacle::new(
            ConditionType::AccountReady,
            Pace::Stuck,
            Reason::AccountNotGranted,
            text,
        )
    })
}

/// Without a municipality an object counts as of production when its account may have that.
fn strictest(entry: &Account) -> Environment {
    let production = entry.environments.contains(&Environment::Production);
    let other = entry.environments.first().copied().filter(|_| !production);
    other.unwrap_or(Environment::Production)
}

fn shared_with(target: &Target, ctx: &Context) -> BTreeSet<AccountId> {
    let mut all = target.other_accounts();
    all.extend(describe::shared_with(ctx));
    all
}

fn remains(
    object: &ResolverEndpoint,
    account: AccountId,
    municipality: Option<&Municipality>,
    tenants: &Tenants,
    ctx: &Context,
) -> Remains {
    let spec = &object.spec;
    let shared = spec
        .placement
        .shared
        .as_ref()
        .map(|shared| VpcName::Id(shared.vpc_id.clone()));
    let own = municipality.map(|one| target::vpc_of(one, &ctx.identity.installation));
    let seen = object.status.as_ref().and_then(|status| status.host_vpc_id.clone());
    let named = spec.associations.iter().filter_map(|one| one.municipality_ref.as_ref());
    let named = named.filter_map(|one| {
        let found = tenants.find(&one.namespace, &one.name)?;
        AccountId::new(&found.spec.account_id)
    });
    let mut others: BTreeSet<AccountId> = named.collect();
    others.extend(describe::shared_with(ctx));
    others.remove(&account);
    Remains {
        account,
        vpc: shared.or(own).or(seen.map(VpcName::Id)),
        others,
    }
}

/// Sessions in other accounts. Each is entered on behalf of a municipality that is in it, under what the
/// platform team grants to that one's namespace.
async fn elsewhere(accounts: &BTreeSet<AccountId>, tenants: &Tenants, config: &Config, world: &World) -> Elsewhere {
    let mut all = Elsewhere {
        sessions: Vec::new(),
        closed: Vec::new(),
    };
    for account in accounts {
        match enter(account, tenants, config, world).await {
            Ok(session) => all.sessions.push(session),
            Err(text) => all.closed.push((
                account.clone(),
                Fault {
                    kind: FaultKind::Denied,
                    operation: "sts:AssumeRole".into(),
                    code: "AccountNotEntered".into(),
                    message: text.en,
                    request_id: None,
                },
            )),
        }
    }
    all
}

async fn enter(account: &AccountId, tenants: &Tenants, config: &Config, world: &World) -> Result<Arc<Session>, Text> {
    let mut refused = Text::new(
        format!("no Municipality of this cluster is in account {account}"),
        format!("アカウント {account} の Municipality がこのクラスターにありません"),
    );
    for one in tenants.in_account(account.as_str()) {
        let namespace = one.namespace().unwrap_or_default();
        match config.grant(&namespace, one.spec.environment, account.as_str()) {
            Ok(entry) => {
                return session(entry, config, &world.accounts)
                    .await
                    .map_err(|obstacle| obstacle.aspect.message);
            }
            Err(text) => refused = text,
        }
    }
    Err(refused)
}

/// Whether an object is about a municipality: it stands in it, or its rules hold there.
#[must_use]
pub fn refers(object: &ResolverEndpoint, namespace: &str, name: &str) -> bool {
    let placed = object.spec.placement.municipality_ref.as_ref();
    let here = object.metadata.namespace.as_deref() == Some(namespace) && placed.is_some_and(|one| one.name == name);
    let mut associated = object
        .spec
        .associations
        .iter()
        .filter_map(|one| one.municipality_ref.as_ref());
    here || associated.any(|one| one.namespace == namespace && one.name == name)
}
