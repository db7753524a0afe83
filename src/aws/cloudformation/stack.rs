//! Stacks: as sources, as what was restored, and made anew.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Stack, StackStatus, Tag};
use jichitai_plan::cloudformation::stack::Action;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::State;
use jichitai_plan::osaka_backup_policy::source::{Medium, Source, SourceId};
use jichitai_plan::restore::observed::{Thing, ThingKind};
use jichitai_plan::step::Created;
use jichitai_plan::tags::ROLE;

use super::tags;
use crate::answer::moment;
use crate::error::{fault, incomplete};
use crate::s3::template::Kept;

/// Characters of a template that CloudFormation takes in the request; what is longer it reads from S3.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST_BODY: usize = 51_200;

/// All stacks of the account.
async fn list(cloudformation: &Client) -> Listing<Stack> {
    let pages = cloudformation.describe_stacks().into_paginator().items().send();
    pages.try_collect().await.map_err(fault)
}

/// The stacks of these names.
pub(crate) async fn named(cloudformation: &Client, names: &BTreeSet<String>) -> Listing<Source> {
    let all = list(cloudformation).await?;
    let named = all
        .into_iter()
        .filter(|stack| stack.stack_name.as_ref().is_some_and(|name| names.contains(name)));
    // A change set for a stack that does not exist yet makes one without a template.
    let real = named.filter(|stack| stack.stack_status != Some(StackStatus::ReviewInProgress));
    real.map(source).collect()
}

fn source(stack: Stack) -> Result<Source, Fault> {
    let operation = "cloudformation:DescribeStacks";
    let status = stack.stack_status.as_ref().map(StackStatus::as_str);
    Ok(Source {
        ready: !is_moving(status.unwrap_or_default()),
        id: SourceId {
            medium: Medium::Template,
            id: stack.stack_name.ok_or_else(|| incomplete(operation, "StackName"))?,
        },
        size: None,
        since: stack
            .creation_time
            .and_then(moment)
            .ok_or_else(|| incomplete(operation, "CreationTime"))?,
        machine: None,
    })
}

fn is_moving(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS")
}

/// The stacks that say of themselves that they were restored.
pub(crate) async fn restored(cloudformation: &Client) -> Listing<Thing> {
    let read = |stack: Stack| {
        let (tags, status) = (tags(stack.tags), stack.stack_status?);
        let why = stack.stack_status_reason.unwrap_or_default();
        let role = tags.get(ROLE);
        (role == Some(ThingKind::Stack.as_str())).then_some(Thing {
            kind: ThingKind::Stack,
            id: stack.stack_name?,
            state: state(status.as_str(), &why),
            tags,
        })
    };
    Ok(list(cloudformation).await?.into_iter().filter_map(read).collect())
}

/// How far a stack is that was made anew, and may have been updated by somebody since.
fn state(status: &str, why: &str) -> State {
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_COMPLETE" => State::Complete,
        "ROLLBACK_IN_PROGRESS" | "DELETE_IN_PROGRESS" => State::Failed(format!("{status} {why}")),
        moving if is_moving(moving) => State::Pending,
        other => State::Failed(format!("{other} {why}").trim_end().to_owned()),
    }
}

/// A stack as it is, and its template as it was handed in.
pub(crate) async fn whole(cloudformation: &Client, name: &str) -> Result<(Stack, String), Fault> {
    let found = cloudformation.describe_stacks().stack_name(name);
    let template = cloudformation.get_template().stack_name(name);
    let template = template.template_stage(aws_sdk_cloudformation::types::TemplateStage::Original);
    let (found, template) = futures::join!(found.send(), template.send());
    let stack = found.map_err(fault)?.stacks.unwrap_or_default().into_iter().next();
    let template = template.map_err(fault)?.template_body;
    Ok((
        stack.ok_or_else(|| incomplete("cloudformation:DescribeStacks", "Stacks"))?,
        template.ok_or_else(|| incomplete("cloudformation:GetTemplate", "TemplateBody"))?,
    ))
}

/// Makes a stack of what was kept.
pub(crate) async fn execute(
    cloudformation: &Client,
    action: &Action,
    kept: Kept,
    token: Option<&str>,
) -> Result<Option<Created>, Fault> {
    let Action::Create {
        name,
        place: _,
        parameters,
        capabilities,
        role_arn,
        tags,
    } = action;
    let Kept {
        template,
        url,
        description,
    } = kept;
    let mut all = description.tags.clone();
    all.retain(|key, _| !key.starts_with("aws:"));
    all.extend(tags);
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let call = cloudformation
        .create_stack()
        .stack_name(name)
        .set_client_request_token(token.map(str::to_owned))
        .set_parameters(Some(description.parameters(parameters)))
        .set_capabilities(Some(description.capabilities(capabilities)))
        .set_role_arn(role_arn.clone())
        .set_tags(Some(all.iter().map(tag).collect()));
    let call = if template.len() <= LONGEST_BODY {
        call.template_body(template)
    } else {
        call.template_url(url)
    };
    let arn = call.send().await.map_err(fault)?.stack_id;
    Ok(Some(Created {
        id: name.clone(),
        arn,
        state: Some("CREATE_IN_PROGRESS".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use jichitai_plan::osaka_backup_policy::copy::State;

    use super::state;

    #[test]
    fn what_is_rolled_back_has_failed() {
        assert_eq!(state("CREATE_COMPLETE", ""), State::Complete);
        assert_eq!(state("CREATE_IN_PROGRESS", ""), State::Pending);
        assert_eq!(state("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""), State::Pending);
        for failed in ["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED"] {
            let expected = State::Failed(format!("{failed} quota"));
            assert_eq!(state(failed, "quota"), expected);
        }
    }
}
