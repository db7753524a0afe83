//! Writing: one step is one write, sent once.

use jichitai_plan::cloudformation::stack;
use jichitai_plan::kms::key;
use jichitai_plan::observation::Fault;
use jichitai_plan::step::{Action, Effect, Step};

use crate::config::Purpose;
use crate::session::Session;
use crate::{cloudformation, ec2, iam, kms, ram, rds, route53, route53resolver, s3, transfer};

impl Session {
    /// Performs the step's write and returns what it did. A write that finds its goal reached (a
    /// rule that is there already, a thing to delete that is gone) is a success.
    ///
    /// # Errors
    /// AWS's refusal, or a transient fault after which the effect is unknown. Nothing is retried
    /// here: what to do next is decided from a new observation.
    pub async fn execute(&self, step: &Step) -> Result<Effect, Fault> {
        let Step {
            part,
            action,
            creation,
            difference: _,
            risk: _,
            removal: _,
            routine: _,
        } = step;
        let kms = || self.kms(part.region, Purpose::Write);
        let ec2 = || self.ec2(part.region, Purpose::Write);
        let iam = || self.iam(Purpose::Write);
        let transfer = || self.transfer(part.region, Purpose::Write);
        let s3 = || self.s3(part.region, Purpose::Write);
        let token = creation.as_ref().map(|creation| creation.token.as_str());
        self.forget(action);
        self.writes();
        // The largest are kept out of this future: it is polled on stacks of two megabytes.
        let created = match action {
            Action::KmsKey(action) => kms::key::execute(&kms(), action).await,
            Action::KmsAlias(action) => kms::alias::execute(&kms(), action).await,
            Action::EbsDefaults(action) => ec2::ebs_defaults::execute(&ec2(), action).await,
            Action::Ec2Tags(action) => ec2::tags::execute(&ec2(), action).await,
            Action::Vpc(action) => ec2::vpc::execute(&ec2(), action).await,
            Action::Subnet(action) => ec2::subnet::execute(&ec2(), action).await,
            Action::RouteTable(action) => ec2::route_table::execute(&ec2(), action, token).await,
            Action::NetworkAcl(action) => ec2::network_acl::execute(&ec2(), action, token).await,
            Action::SecurityGroup(action) => ec2::security_group::execute(&ec2(), action).await,
            Action::VpcEndpoint(action) => ec2::vpc_endpoint::execute(&ec2(), action, token).await,
            Action::FlowLog(action) => ec2::flow_log::execute(&ec2(), action, token).await,
            Action::TransitGatewayAttachment(action) => ec2::transit_gateway_attachment::execute(&ec2(), action).await,
            Action::IamRole(action) => iam::role::execute(&iam(), action).await,
            Action::OidcProvider(action) => iam::oidc_provider::execute(&iam(), action).await,
            Action::SftpServer(action) => transfer::server::execute(self, part.region, action).await,
            Action::SftpUser(action) => transfer::user::execute(&transfer(), action).await,
            Action::ResolverEndpoint(_)
            | Action::ResolverRule(_)
            | Action::RuleAssociation(_)
            | Action::QueryLog(_)
            | Action::ResolverTags(_) => {
                let resolver = self.route53resolver(part.region, Purpose::Write);
                route53resolver::execute(&resolver, &self.resolver, action).await
            }
            Action::ZoneAssociation(action) => {
                let route53 = self.route53(Purpose::Write);
                route53::zone_association::execute(&route53, part.region, action).await
            }
            Action::RuleShare(action) => {
                let ram = self.ram(part.region, Purpose::Write);
                ram::rule_share::execute(&ram, action, token).await
            }
            Action::Snapshot(action) => {
                Box::pin(ec2::snapshot::execute(
                    &ec2(),
                    action,
                    token,
                    &self.presigner(part.region),
                ))
                .await
            }
            Action::Image(action) => Box::pin(ec2::image::execute(&ec2(), action, token)).await,
            Action::DatabaseSnapshot(action) => {
                Box::pin(rds::snapshot::execute(&self.rds(part.region, Purpose::Write), action)).await
            }
            Action::Volume(action) => Box::pin(ec2::volume::execute(&ec2(), action, token)).await,
            Action::Instance(action) => Box::pin(ec2::instance::execute(&ec2(), action, token)).await,
            Action::Database(action) => {
                Box::pin(rds::restored::execute(&self.rds(part.region, Purpose::Write), action)).await
            }
            Action::Template(action) => Box::pin(s3::template::execute(self, action)).await,
            Action::Stack(action @ stack::Action::Create { place, .. }) => {
                let kept = Box::pin(s3::template::kept(self, place)).await?;
                let cloudformation = self.cloudformation(part.region, Purpose::Write);
                Box::pin(cloudformation::stack::execute(&cloudformation, action, kept, token)).await
            }
            Action::Bucket(action) => s3::bucket::execute(&s3(), self.account(), action).await,
        };
        self.forget(action);
        if let (Ok(Some(made)), Action::KmsKey(key::Action::Create { tags, .. })) = (&created, action) {
            self.keys[&part.region].made(&made.id, tags);
        }
        Ok(Effect {
            step: step.clone(),
            created: created?,
        })
    }

    /// What is known of a thing does not outlive a write to it, also one that failed: it may have had an effect.
    fn forget(&self, action: &Action) {
        use jichitai_plan::ec2::vpc::Action as Vpc;
        use key::Action as Key;
        match action {
            Action::Vpc(Vpc::EnableDnsSupport { id } | Vpc::EnableDnsHostnames { id }) => {
                self.networks.attributes.forget(id);
            }
            Action::KmsKey(
                Key::Rotate { id, .. } | Key::Tag { id, .. } | Key::Untag { id, .. } | Key::Quarantine { id, .. },
            ) => self.keys.values().for_each(|keys| keys.details.forget(id)),
            Action::Bucket(action) => self.buckets.forget(action.name()),
            Action::IamRole(action) => self.roles.forget(action.name()),
            _ => {}
        }
    }
}
