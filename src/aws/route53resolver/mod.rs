//! Route 53 Resolver. AWS takes five requests a second per account and Region over all calls, so what
//! all objects of an account need is listed once and shared, and every call takes its turn.
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-resolver>

pub(crate) mod endpoint;
mod query_log;
mod rule;
mod rule_association;
mod shared;
mod tags;

use jichitai_api::Region;
use jichitai_plan::observation::Fault;
use jichitai_plan::route53resolver as plan;
use jichitai_plan::step::{Action, Created};
use jichitai_plan::tags::Tags;

use crate::config::Purpose;
use crate::session::Session;

pub(crate) use shared::{FULL_CHECK, Shared, Since, WINDOW};

/// Entries in one answer, the most that Resolver gives.
const PAGE: i32 = 100;

/// Performs one write, when it is its turn.
pub(crate) async fn execute(session: &Session, region: Region, action: &Action) -> Result<Option<Created>, Fault> {
    let shared = &session.resolver;
    shared.turn(Purpose::Write).await;
    let resolver = session.route53resolver(region, Purpose::Write);
    let result = match action {
        Action::ResolverEndpoint(action) => endpoint::execute(&resolver, shared, action).await,
        Action::ResolverRule(action) => rule::execute(&resolver, shared, action).await,
        Action::RuleAssociation(action) => rule_association::execute(&resolver, action).await,
        Action::QueryLog(action) => query_log::execute(&resolver, shared, action).await,
        Action::ResolverTags(action) => tags::execute(&resolver, shared, action).await,
        // Other services' things never come here.
        _ => Ok(None),
    };
    shared.wrote();
    if let (Ok(Some(Created { arn: Some(arn), .. })), Some(tags)) = (&result, tags_of(action)) {
        shared.made(arn, tags);
    }
    result
}

/// The tags that a creation gives.
fn tags_of(action: &Action) -> Option<&Tags> {
    match action {
        Action::ResolverEndpoint(plan::endpoint::Action::Create { tags, .. })
        | Action::ResolverRule(plan::rule::Action::Create { tags, .. })
        | Action::QueryLog(plan::query_log::Action::Create { tags, .. }) => Some(tags),
        _ => None,
    }
}
