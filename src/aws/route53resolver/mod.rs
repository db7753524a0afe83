//! Route 53 Resolver. AWS takes five requests a second per account and Region over all calls, so what
//! all objects of an account need is listed once and shared.
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-resolver>

/// All entries of a list, page by page: `$call` makes the request but for its page.
macro_rules! every_page {
    ($call:expr, $entries:ident) => {{
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let call = $call.max_results($crate::route53resolver::PAGE).set_next_token(next);
            let answer = call.send().await.map_err($crate::error::fault)?;
            all.extend(answer.$entries.unwrap_or_default());
            next = answer.next_token;
            if next.is_none() {
                break all;
            }
        }
    }};
}

/// The result of a creation. Resolver refuses a repeated request id instead of giving the first result, so
/// that is looked up.
macro_rules! once {
    ($created:expr, $found:expr) => {
        match $created {
            Err(refused) if refused.kind == jichitai_plan::observation::FaultKind::Conflict => {
                match $found.into_iter().next() {
                    Some(found) => Ok(found),
                    None => Err(refused),
                }
            }
            other => other,
        }
    };
}

pub(crate) mod endpoint;
mod query_log;
mod rule;
mod rule_association;
mod shared;
mod tags;

use aws_sdk_route53resolver::Client;
use jichitai_plan::observation::Fault;
use jichitai_plan::route53resolver as plan;
use jichitai_plan::step::{Action, Created};
use jichitai_plan::tags::Tags;

pub(crate) use shared::{Shared, Since};

/// Entries in one answer, the most that Resolver gives.
const PAGE: i32 = 100;

/// Performs one write.
pub(crate) async fn execute(resolver: &Client, shared: &Shared, action: &Action) -> Result<Option<Created>, Fault> {
    let result = match action {
        Action::ResolverEndpoint(action) => endpoint::execute(resolver, action).await,
        Action::ResolverRule(action) => rule::execute(resolver, action).await,
        Action::RuleAssociation(action) => rule_association::execute(resolver, action).await,
        Action::QueryLog(action) => query_log::execute(resolver, action).await,
        Action::ResolverTags(action) => tags::execute(resolver, shared, action).await,
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
