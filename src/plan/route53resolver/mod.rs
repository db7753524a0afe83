//! Route 53 Resolver: endpoints and their addresses, rules and where they hold, query logs.
//!
//! Lists show no tags but the `CreatorRequestId`, which we make so that it says whose a thing is
//! ([`crate::identity::Identity::request_id`]); tags are read in a slow rotation and decide as everywhere.

/// What the things that Resolver makes under a request id have in common.
macro_rules! requested {
    ($thing:ident) => {
        impl $crate::resolve::Resource for $thing {
            fn id(&self) -> &str {
                &self.id
            }
            fn tags(&self) -> &$crate::tags::Tags {
                &self.tags
            }
            // A repeated request id is refused, and lists show what it made: it can be sent again at once.
            const CLIENT_TOKEN: bool = true;
        }

        impl $crate::route53resolver::Requested for $thing {
            fn arn(&self) -> &str {
                &self.arn
            }
            fn request_id(&self) -> &str {
                &self.request_id
            }
            fn tags_read(&self) -> bool {
                self.tags_read
            }
            fn tag(&mut self, tags: $crate::tags::Tags, read: bool) {
                self.tags = tags;
                self.tags_read = read;
            }
        }
    };
}

pub mod address;
pub mod endpoint;
pub mod query_log;
pub mod rule;
pub mod rule_association;
pub mod tags;

use crate::identity::{Identity, Part};
use crate::observation::Listing;
use crate::resolve::Resource;
use crate::tags::Tags;

/// A thing that was made under a request id.
pub trait Requested: Resource {
    /// Its ARN.
    fn arn(&self) -> &str;
    /// The request id that its creation carried.
    fn request_id(&self) -> &str;
    /// Whether its tags were read; else they are what its request id says of its owner.
    fn tags_read(&self) -> bool;
    /// Notes its tags.
    fn tag(&mut self, tags: Tags, read: bool);
}

/// The id of the thing that was made for this part, whatever became of its tags.
fn made_for<'a, T: Requested>(things: &'a Listing<T>, part: &Part, identity: &Identity) -> Option<&'a str> {
    let mut things = things.iter().flatten();
    let made = |thing: &&T| identity.issued(thing.request_id()).as_ref() == Some(&part.role);
    things.find(made).map(Resource::id)
}

/// A name in the characters that Resolver takes; its part's role, which says what it is for.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverRule.html>
fn name(part: &Part) -> String {
    part.role.as_str().replace('.', "-")
}
