//! One write to AWS, as a value: it prints as the sentence a person would say.

use std::fmt;

use crate::cloudformation;
use crate::ec2;
use crate::iam;
use crate::identity::Part;
use crate::kms;
use crate::ram;
use crate::rds;
use crate::route53;
use crate::route53resolver;
use crate::s3;
use crate::transfer;

/// The identity of a creation, fixed before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The client token, sent where AWS takes one.
    pub token: String,
    /// How often this part was confirmed deleted before.
    pub incarnation: u32,
    /// Whether it is the first of its part, and the call gives the first result when it is made again, by its token or because
    /// AWS takes the name once. Then the ledger need not know of it before.
    pub repeatable: bool,
}

impl Creation {
    /// The creation of something that never has a successor; the ledger knows of it before.
    #[must_use]
    pub fn once(token: String) -> Self {
        Self {
            token,
            incarnation: 0,
            repeatable: false,
        }
    }
}

/// A property that differs from the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs, a path within the part.
    pub path: String,
    /// The value that the spec asks for.
    pub want: String,
    /// The value in AWS.
    pub have: String,
}

impl Difference {
    /// A difference.
    #[must_use]
    pub fn new(path: impl Into<String>, want: impl fmt::Display, have: impl fmt::Display) -> Self {
        Self {
            path: path.into(),
            want: want.to_string(),
            have: have.to_string(),
        }
    }
}

/// One AWS write for one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part it belongs to.
    pub part: Part,
    /// The write.
    pub action: Action,
    /// Set for creations that need an entry in the ledger before the call.
    pub creation: Option<Creation>,
    /// What differs from the spec.
    pub difference: Difference,
    /// Set for destructive steps (deletes, detaches, disables, narrows): what is at risk.
    pub risk: Option<String>,
    /// Whether the part is gone afterwards.
    pub removal: bool,
    /// Whether it is what the spec asks for again and again, as copies by schedule and their end by retention
    /// are: no change, so mode Plan and the calendar do not hold it. Where it is destructive all the same, it
    /// takes away earlier than was promised, and that is never the repair of a drift.
    pub routine: bool,
}

impl Step {
    /// The creation of a part.
    pub fn create(part: &Part, action: impl Into<Action>, creation: Creation) -> Self {
        let difference = Difference::new(part.role.as_str(), "present", "absent");
        Self {
            part: part.clone(),
            action: action.into(),
            creation: Some(creation),
            difference,
            risk: None,
            removal: false,
            routine: false,
        }
    }

    /// The change of one property.
    pub fn change(part: &Part, action: impl Into<Action>, difference: Difference) -> Self {
        Self {
            part: part.clone(),
            action: action.into(),
            creation: None,
            difference,
            risk: None,
            removal: false,
            routine: false,
        }
    }

    /// The removal of a part.
    pub fn delete(part: &Part, action: impl Into<Action>, risk: impl Into<String>) -> Self {
        let difference = Difference::new(part.role.as_str(), "absent", "present");
        Self {
            part: part.clone(),
            action: action.into(),
            creation: None,
            difference,
            risk: Some(risk.into()),
            removal: true,
            routine: false,
        }
    }

    /// The same step, marked destructive.
    #[must_use]
    pub fn risking(mut self, risk: impl Into<String>) -> Self {
        self.risk = Some(risk.into());
        self
    }

    /// The same step, marked as routine.
    #[must_use]
    pub fn routinely(mut self) -> Self {
        self.routine = true;
        self
    }

    /// Whether it deletes, detaches, disables or narrows.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.risk.is_some()
    }

    /// The step's outcome without AWS: what a creation will bring, `(known after apply)` for ids.
    #[must_use]
    pub fn predict(&self) -> Effect {
        Effect {
            step: self.clone(),
            created: self.action.brings().then(|| Created {
                id: known_after_apply(&self.part),
                arn: Some(known_after_apply(&self.part)),
                state: None,
            }),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.action, self.part)?;
        match &self.risk {
            Some(risk) => write!(f, " — destructive: {risk}"),
            None => Ok(()),
        }
    }
}

/// What stands for an id that does not exist yet begins so.
pub(crate) const KNOWN_AFTER_APPLY: &str = "(known after apply: ";

/// What stands for the id of a part that does not exist yet.
#[must_use]
pub fn known_after_apply(part: &Part) -> String {
    format!("{KNOWN_AFTER_APPLY}{part})")
}

/// What an executed step did: the step itself, and for creations what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The step that ran.
    pub step: Step,
    /// What AWS made up: an id, an ARN, a state.
    pub created: Option<Created>,
}

/// What only AWS could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The new id.
    pub id: String,
    /// The ARN, where there is one.
    pub arn: Option<String>,
    /// The state that AWS answered with; predicted creations are ready at once.
    pub state: Option<String>,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident($type:ty) of $service:literal),* $(,)?) => {
        /// Every write the operator can make, by AWS thing.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $variant($type)),*
        }

        impl Action {
            /// The AWS service that is called.
            #[must_use]
            pub fn service(&self) -> &'static str {
                match self { $(Self::$variant(_) => $service),* }
            }

            /// Whether AWS's answer carries something new (an id) that later steps need.
            #[must_use]
            pub fn brings(&self) -> bool {
                match self { $(Self::$variant(action) => action.brings()),* }
            }
        }

        impl fmt::Display for Action {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(action) => action.fmt(f)),* }
            }
        }

        $(impl From<$type> for Action {
            fn from(action: $type) -> Self { Self::$variant(action) }
        })*
    };
}

actions! {
    /// A customer-managed key.
    KmsKey(kms::key::Action) of "kms",
    /// The alias of a key.
    KmsAlias(kms::alias::Action) of "kms",
    /// The account's EBS encryption defaults in a Region.
    EbsDefaults(ec2::ebs_defaults::Action) of "ec2",
    /// Tags of an EC2 resource.
    Ec2Tags(ec2::tags::Action) of "ec2",
    /// A VPC.
    Vpc(ec2::vpc::Action) of "ec2",
    /// A subnet.
    Subnet(ec2::subnet::Action) of "ec2",
    /// A route table.
    RouteTable(ec2::route_table::Action) of "ec2",
    /// A network ACL.
    NetworkAcl(ec2::network_acl::Action) of "ec2",
    /// A security group.
    SecurityGroup(ec2::security_group::Action) of "ec2",
    /// A VPC endpoint.
    VpcEndpoint(ec2::vpc_endpoint::Action) of "ec2",
    /// A flow log.
    FlowLog(ec2::flow_log::Action) of "ec2",
    /// A transit gateway attachment.
    TransitGatewayAttachment(ec2::transit_gateway_attachment::Action) of "ec2",
    /// A snapshot of an EBS volume.
    Snapshot(ec2::snapshot::Action) of "ec2",
    /// A machine image.
    Image(ec2::image::Action) of "ec2",
    /// A snapshot of a database.
    DatabaseSnapshot(rds::snapshot::Action) of "rds",
    /// A volume.
    Volume(ec2::volume::Action) of "ec2",
    /// An instance.
    Instance(ec2::instance::Action) of "ec2",
    /// A database.
    Database(rds::database::Action) of "rds",
    /// The template of a stack.
    Template(cloudformation::template::Action) of "s3",
    /// A stack.
    Stack(cloudformation::stack::Action) of "cloudformation",
    /// A bucket.
    Bucket(s3::bucket::Action) of "s3",
    /// A role.
    IamRole(iam::role::Action) of "iam",
    /// The account's trust in an authorization server.
    OidcProvider(iam::oidc_provider::Action) of "iam",
    /// An SFTP server.
    SftpServer(transfer::server::Action) of "transfer",
    /// A user of an SFTP server.
    SftpUser(transfer::user::Action) of "transfer",
    /// A Resolver endpoint.
    ResolverEndpoint(route53resolver::endpoint::Action) of "route53resolver",
    /// A Resolver rule.
    ResolverRule(route53resolver::rule::Action) of "route53resolver",
    /// Where a Resolver rule holds.
    RuleAssociation(route53resolver::rule_association::Action) of "route53resolver",
    /// A log of DNS queries.
    QueryLog(route53resolver::query_log::Action) of "route53resolver",
    /// Tags of Resolver's things.
    ResolverTags(route53resolver::tags::Action) of "route53resolver",
    /// Where a private hosted zone answers.
    ZoneAssociation(route53::zone_association::Action) of "route53",
    /// Rules that are shared with another account.
    RuleShare(ram::rule_share::Action) of "ram",
}
