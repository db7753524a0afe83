//! Reads what one ResolverEndpoint needs: lists that all objects of an account share, and of its own
//! things what lists do not show. Never fails as a whole; each listing carries the fault that kept it
//! from being read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use aws_sdk_route53resolver::Client;
use jichitai_api::Region;
use jichitai_plan::ec2::security_group::SecurityGroup;
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::vpc::Site;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::resolve::{is_of, is_part_of};
use jichitai_plan::resolver_endpoint::observed::{Account, Observed};
use jichitai_plan::resolver_endpoint::query::Query;
use jichitai_plan::resolver_endpoint::target::VpcName;
use jichitai_plan::route53::zone_association::ZoneAssociation;
use jichitai_plan::route53resolver::Requested;
use jichitai_plan::route53resolver::endpoint::Endpoint;
use jichitai_plan::route53resolver::query_log::QueryLog;
use jichitai_plan::route53resolver::rule::Rule;
use jichitai_plan::tags::Tags;

use crate::answer::if_found;
use crate::config::Purpose;
use crate::depth::{Depth, ago};
use crate::kept::{FULL_CHECK, WINDOW};
use crate::route53resolver::Since;
use crate::route53resolver::endpoint::Record;
use crate::session::Session;
use crate::{ec2, ram, route53};

/// Resolver endpoints are in Tokyo.
const REGION: Region = Region::Tokyo;

impl Depth {
    fn since(self) -> Since {
        let now = Instant::now();
        match self {
            // AWS takes five calls a second: lists of the last half minute do whatever the object waits for.
            Self::Shared(_) => Since {
                lists: ago(WINDOW),
                addresses: now.checked_sub(FULL_CHECK).unwrap_or_else(|| ago(WINDOW)),
                tags: None,
            },
            Self::Anew(_) => Since {
                lists: now,
                addresses: now,
                tags: None,
            },
            Self::Whole => Since {
                lists: now,
                addresses: now,
                tags: Some(now),
            },
        }
    }
}

impl Session {
    /// Reads everything at once. `elsewhere` are sessions in the accounts of other VPCs.
    pub async fn observe_resolver(&self, query: &Query, depth: Depth, elsewhere: &[&Session]) -> Observed {
        let since = depth.since();
        let resolver = self.route53resolver(REGION, Purpose::Read);
        let ec2 = self.ec2(REGION, Purpose::Read);
        // Large ones are kept out of this future: it is polled on stacks of two megabytes.
        let (endpoints, subnets, security_groups, home, query_logs, logged_vpcs, shares) = futures::join!(
            Box::pin(endpoints(self, &resolver, query, since)),
            Box::pin(subnets(&ec2, query)),
            Box::pin(security_groups(&ec2, query)),
            Box::pin(account(self, query, since)),
            Box::pin(query_logs(self, &resolver, query, since)),
            Box::pin(self.resolver.logged_vpcs(&resolver, since)),
            Box::pin(async {
                match query.shares {
                    true => ram::rule_share::list(&self.ram(REGION, Purpose::Read), &query.identity).await,
                    false => Ok(Vec::new()),
                }
            }),
        );
        let home = Account {
            rules: Box::pin(rules(self, &resolver, query, home.rules, &endpoints, since)).await,
            ..home
        };
        let zones = Box::pin(zones(self, query, &home.vpcs)).await;
        let mut accounts = BTreeMap::from([(self.account().clone(), home)]);
        for other in elsewhere {
            let mut account = Box::pin(account(other, query, since)).await;
            account.invitations = ram::rule_share::invitations(&other.ram(REGION, Purpose::Read)).await;
            accounts.insert(other.account().clone(), account);
        }
        Observed {
            endpoints,
            subnets,
            security_groups,
            accounts,
            home: Some(self.account().clone()),
            query_logs,
            logged_vpcs,
            zones,
            shares,
        }
    }
}

/// What one account has of VPCs and rules.
async fn account(session: &Session, query: &Query, since: Since) -> Account {
    let resolver = session.route53resolver(REGION, Purpose::Read);
    let (vpcs, rules, associations) = futures::join!(
        vpcs(session, query),
        session.resolver.rules(&resolver, since),
        session.resolver.associations(&resolver, since),
    );
    Account {
        vpcs,
        rules,
        associations,
        invitations: Ok(Vec::new()),
    }
}

async fn vpcs(session: &Session, query: &Query) -> Listing<Site> {
    let ec2 = session.ec2(REGION, Purpose::Read);
    let tagged = ec2::tags::with_role(&query.identity.installation, "vpc");
    let mut all = ec2::vpc::sites(&ec2, tagged).await?;
    let known: BTreeSet<&String> = all.iter().map(|vpc| &vpc.id).collect();
    let asked = query.vpcs.get(session.account()).into_iter().flatten();
    let missing: Vec<String> = asked.filter(|id| !known.contains(id)).cloned().collect();
    if !missing.is_empty() {
        all.extend(ec2::vpc::sites(&ec2, vec![ec2::filter("vpc-id", missing)]).await?);
    }
    Ok(all)
}

async fn subnets(ec2: &aws_sdk_ec2::Client, query: &Query) -> Listing<Subnet> {
    let mut all = Vec::new();
    if let Some(owner) = &query.subnets_of {
        all = ec2::subnet::list(ec2, ec2::tags::filters(owner)).await?;
    }
    if !query.subnets.is_empty() {
        all.extend(ec2::subnet::list(ec2, vec![ec2::filter("subnet-id", &query.subnets)]).await?);
    }
    Ok(all)
}

/// By tags, and by id whatever their tags.
async fn security_groups(ec2: &aws_sdk_ec2::Client, query: &Query) -> Listing<SecurityGroup> {
    let known = query.known.iter().filter(|id| id.starts_with("sg-"));
    ec2::security_group::owned_or_known(ec2, &query.identity, &known.cloned().collect()).await
}

/// All endpoints with their tags, and ours with their addresses.
async fn endpoints(session: &Session, resolver: &Client, query: &Query, since: Since) -> Listing<Endpoint> {
    let shared = &session.resolver;
    let records = shared.endpoints(resolver, since).await?;
    shared.keep_only(
        ":resolver-endpoint/",
        &records.iter().map(|record| record.endpoint.arn.as_str()).collect(),
    );
    let mut all = Vec::new();
    for record in records {
        let Record { endpoint, stamp: _ } = &record;
        let Some((tags, tags_read)) = tags(session, resolver, query, endpoint, since).await? else {
            continue;
        };
        let asked = query.known.contains(&endpoint.id) || is_of(&tags, &query.identity);
        let addresses = match asked {
            true => match shared.addresses(resolver, &record, since).await {
                Ok(addresses) => Observation::Present(addresses),
                Err(fault) => Observation::Unreadable(fault),
            },
            false => Observation::Absent,
        };
        all.push(Endpoint {
            addresses,
            tags,
            tags_read,
            ..record.endpoint
        });
    }
    Ok(all)
}

/// The tags of a thing, and whether they were read: of what its request id says that it is ours they are
/// read in their turn only. None for a thing that is gone by now.
async fn tags(
    session: &Session,
    resolver: &Client,
    query: &Query,
    thing: &impl Requested,
    since: Since,
) -> Result<Option<(Tags, bool)>, Fault> {
    let issued = query.identity.issued(thing.request_id());
    // Of what is certainly another's, tags are no matter of a deletion.
    let since = match (&issued, query.known.contains(thing.id())) {
        (None, false) => Since { tags: None, ..since },
        _ => since,
    };
    let read = session
        .resolver
        .tags(resolver, thing.arn(), issued.is_none(), since)
        .await;
    Ok(match (if_found(read)?, issued) {
        (None, _) => None,
        (Some(Some(tags)), issued) => {
            // What was made by us has lost its tags: whether it has them back is not looked for in six hours only.
            if issued.is_some() && !is_of(&tags, &query.identity) {
                session.resolver.forget_tags(thing.arn());
            }
            Some((tags, true))
        }
        (Some(None), Some(role)) => Some((query.identity.tags(&role, &Tags::new()), false)),
        (Some(None), None) => Some((Tags::new(), false)),
    })
}

/// Adds the tags of those that concern the object, and leaves out what is gone by now.
async fn tagged<T: Requested>(
    session: &Session,
    resolver: &Client,
    query: &Query,
    things: Vec<T>,
    concerns: impl Fn(&T) -> bool,
    since: Since,
) -> Listing<T> {
    let mut all = Vec::new();
    for mut thing in things {
        if concerns(&thing) {
            let Some((tags, read)) = tags(session, resolver, query, &thing, since).await? else {
                continue;
            };
            thing.tag(tags, read);
        }
        all.push(thing);
    }
    Ok(all)
}

/// Whether a thing may be ours by request id or ledger.
fn is_mine(query: &Query, thing: &impl Requested) -> bool {
    query.known.contains(thing.id()) || query.identity.issued(thing.request_id()).is_some()
}

/// All rules; with tags those that may be ours: by request id or ledger, or because they stand for a
/// domain of ours or lead through our endpoint.
async fn rules(
    session: &Session,
    resolver: &Client,
    query: &Query,
    rules: Listing<Rule>,
    endpoints: &Listing<Endpoint>,
    since: Since,
) -> Listing<Rule> {
    let of_ours = endpoints.iter().flatten();
    let of_ours = of_ours.filter(|one| is_of(&one.tags, &query.identity));
    let through: BTreeSet<&str> = of_ours.map(|one| one.id.as_str()).collect();
    let all = rules?;
    let shared = &session.resolver;
    shared.keep_only(":resolver-rule/", &all.iter().map(|rule| rule.arn.as_str()).collect());
    let concerns = |rule: &Rule| {
        let leads = rule.endpoint_id.as_deref().is_some_and(|id| through.contains(id));
        // What others share with the account does not show its tags.
        let own = rule.arn.contains(session.account().as_str());
        own && (is_mine(query, rule) || query.domains.contains(&rule.domain) || leads)
    };
    tagged(session, resolver, query, all, concerns, since).await
}

async fn query_logs(session: &Session, resolver: &Client, query: &Query, since: Since) -> Listing<QueryLog> {
    let all = session.resolver.query_logs(resolver, since).await?;
    tagged(session, resolver, query, all, |log| is_mine(query, log), since).await
}

/// The private zones that answer in the endpoint's VPC. Of one that is not there nothing is known.
async fn zones(session: &Session, query: &Query, vpcs: &Listing<Site>) -> Listing<ZoneAssociation> {
    let Some(name) = &query.zones_in else {
        return Ok(Vec::new());
    };
    let found = vpcs.as_ref().map_err(Clone::clone)?;
    let id = match name {
        VpcName::Id(id) => Some(id.as_str()),
        VpcName::Of(owner) => found
            .iter()
            .find(|vpc| is_part_of(*vpc, owner, "vpc"))
            .map(|vpc| vpc.id.as_str()),
    };
    match id {
        Some(id) => route53::zone_association::list(&session.route53(Purpose::Read), REGION, id).await,
        None => Ok(Vec::new()),
    }
}
