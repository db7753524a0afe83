//! The attachment of the tenant's VPC to the transit gateway, which usually another company
//! operates: what that company has to do is said with the exact values to hand over.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// An attachment in AWS. Those that are deleted already are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// `tgw-attach-…`.
    pub id: String,
    /// The transit gateway.
    pub transit_gateway_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// `pendingAcceptance`, `pending`, `available`, `rejected`, `deleting` …
    pub state: String,
    /// Its subnets, at most one per availability zone.
    pub subnets: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Attachment {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// What the attachment shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// The transit gateway.
    pub transit_gateway_id: String,
    /// One subnet per availability zone.
    pub subnets: BTreeSet<String>,
    /// The tenant's ranges, for the request to the network's operator.
    pub cidrs: String,
    /// The tenant's account, likewise.
    pub account: String,
}

/// Writes to an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateTransitGatewayVpcAttachment` with tags.
    Create {
        /// The transit gateway.
        transit_gateway_id: String,
        /// The VPC.
        vpc_id: String,
        /// Subnets.
        subnets: BTreeSet<String>,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyTransitGatewayVpcAttachment`.
    Modify {
        /// The attachment.
        id: String,
        /// Subnets to add.
        add: BTreeSet<String>,
        /// Subnets to remove.
        remove: BTreeSet<String>,
    },
    /// `DeleteTransitGatewayVpcAttachment`.
    Delete {
        /// The attachment.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create {
                transit_gateway_id,
                vpc_id,
                ..
            } => write!(f, "attach {vpc_id} to {transit_gateway_id}"),
            Self::Modify { id, add, remove } => {
                write!(f, "change attachment {id}:")?;
                let added = add.iter().map(|id| format!(" +{id}"));
                let removed = remove.iter().map(|id| format!(" -{id}"));
                added.chain(removed).try_for_each(|change| f.write_str(&change))
            }
            Self::Delete { id } => write!(f, "delete attachment {id}"),
        }
    }
}

/// Brings the attachment to what is wanted; returns it where it is ours and carries traffic.
pub fn plan<'a>(
    want: &Want,
    vpc_id: &str,
    attachments: &'a Listing<Attachment>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Attachment> {
    let Want {
        transit_gateway_id,
        subnets,
        cidrs,
        account,
    } = want;
    let tags = ctx.tags(&part.role);
    // AWS takes no second attachment of a VPC to the same transit gateway.
    let there = |one: &&Attachment| one.vpc_id == vpc_id && one.transit_gateway_id == *transit_gateway_id;
    let there = attachments
        .as_ref()
        .ok()
        .and_then(|list| list.iter().find(there))
        .map(|one| one.id.as_str());
    let attachment = match resolve(
        attachments,
        part,
        there,
        &format!("{vpc_id} {transit_gateway_id}"),
        ctx,
        plan,
    ) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let (transit_gateway_id, vpc_id) = (transit_gateway_id.clone(), vpc_id.to_owned());
            let action = Action::Create {
                transit_gateway_id,
                vpc_id,
                subnets: subnets.clone(),
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(attachment) | Found::Ours(attachment) => attachment,
    };
    let id = &attachment.id;
    if attachment.transit_gateway_id != *transit_gateway_id {
        let text = Text::new(
            format!(
                "{id} belongs to {}, the spec says {transit_gateway_id}: take the transit gateway out of the spec first, wait until the attachment is gone, then name the new one",
                attachment.transit_gateway_id
            ),
            format!(
                "{id} は {} のものですが spec は {transit_gateway_id} です。いったん spec から外し、アタッチメントが消えてから新しいものを指定してください",
                attachment.transit_gateway_id
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    ec2::tags::plan(attachment, &tags, part, plan);
    match attachment.state.as_str() {
        "available" => {}
        "pendingAcceptance" => {
            let text = Text::new(
                format!(
                    "the network's operator has to accept {id} (transit gateway {transit_gateway_id}, account {account}, {vpc_id}) and route {cidrs} to it"
                ),
                format!(
                    "回線運用管理補助者に次の作業を依頼してください: トランジットゲートウェイ {transit_gateway_id} でアタッチメント {id}(アカウント {account}、{vpc_id})を承認し、{cidrs} の経路を追加"
                ),
            );
            plan.wait(part, Reason::AwaitingNetworkOperator, text);
            return None;
        }
        "rejected" | "failed" => {
            let text = Text::new(
                format!(
                    "{id} is {}: ask the network's operator why, then delete it and it is made again",
                    attachment.state
                ),
                format!(
                    "{id} は {} です。回線運用管理補助者に理由を確認し、削除すると再作成されます",
                    attachment.state
                ),
            );
            plan.block(part, Reason::AwaitingNetworkOperator, text);
            return None;
        }
        state => {
            let text = Text::new(format!("{id} is {state}"), format!("{id} は {state} の状態です"));
            plan.wait(part, Reason::WaitingForAws, text);
            return None;
        }
    }
    if attachment.subnets != *subnets {
        let show = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("+");
        let difference = Difference::new("subnets", show(subnets), show(&attachment.subnets));
        let add: BTreeSet<String> = subnets - &attachment.subnets;
        let remove: BTreeSet<String> = &attachment.subnets - subnets;
        let detaches = !remove.is_empty();
        let step = Step::change(
            part,
            Action::Modify {
                id: id.clone(),
                add,
                remove,
            },
            difference,
        );
        plan.step(if detaches {
            step.risking("the connection over the removed subnets")
        } else {
            step
        });
    }
    Some(attachment)
}

/// Takes an attachment of ours away.
pub fn remove(attachment: &Attachment, part: &Part, plan: &mut Plan) {
    let Attachment {
        id,
        state,
        transit_gateway_id,
        ..
    } = attachment;
    // While AWS works on an attachment it refuses to delete it.
    if matches!(
        state.as_str(),
        "deleting" | "pending" | "modifying" | "initiating" | "initiatingRequest"
    ) {
        let text = Text::new(format!("{id} is {state}"), format!("{id} は {state} の状態です"));
        return plan.wait(part, Reason::WaitingForAws, text);
    }
    let risk = format!("the tenant's connection over {transit_gateway_id}");
    plan.step(Step::delete(part, Action::Delete { id: id.clone() }, risk));
}

/// Folds an executed write into what is known.
pub fn absorb(attachments: &mut Listing<Attachment>, action: &Action, created: Option<&Created>) {
    let Ok(attachments) = attachments else { return };
    match action {
        Action::Create {
            transit_gateway_id,
            vpc_id,
            subnets,
            tags,
        } => {
            attachments.extend(created.map(|created| Attachment {
                id: created.id.clone(),
                transit_gateway_id: transit_gateway_id.clone(),
                vpc_id: vpc_id.clone(),
                state: created.state.clone().unwrap_or_else(|| "available".into()),
                subnets: subnets.clone(),
                tags: tags.clone(),
            }));
        }
        Action::Modify { id, add, remove } => {
            for attachment in attachments.iter_mut().filter(|attachment| attachment.id == *id) {
                attachment.subnets = &(&attachment.subnets - remove) | add;
            }
        }
        Action::Delete { id } => {
            attachments
                .iter_mut()
                .filter(|attachment| attachment.id == *id)
                .for_each(|attachment| "deleting".clone_into(&mut attachment.state));
        }
    }
}
