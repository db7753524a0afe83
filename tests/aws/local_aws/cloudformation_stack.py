"""CloudFormation stacks: templates and parameters checked, secrets hidden, states, tags of their databases.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from typing import Any

import yaml
from moto.cloudformation import models
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.core.exceptions import ServiceException
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, SqsQuerySerializer
from moto.efs.models import FileSystem, efs_backends
from moto.rds.models import RDSBaseModel
from werkzeug.exceptions import HTTPException

from . import clock, dispatch, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call

NAME = re.compile("[a-zA-Z][-a-zA-Z0-9]{0,127}")
BODY = 51_200
TAGS = 50
# Resources that need an acknowledgement → the property whose presence needs the stronger one.
IAM = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
# Refusals by the service of a resource, which end in a rollback.
REFUSALS = (ServiceException, HTTPException)

dispatch.RESPONSES["cloudformation"] = CloudFormationResponse
# It keeps the carriage returns of templates, as XML does not by itself.
SERVICE_SPECIFIC_SERIALIZERS["cloudformation"] = {"query": SqsQuerySerializer}
models.utcnow = clock.utcnow


def backend(call: Call) -> Any:
    """moto's CloudFormation of the caller's account and region."""
    return cloudformation_backends[call.account][call.region]


def invalid(message: str) -> AwsError:
    """The refusal of a request."""
    return AwsError("ValidationError", message)


def _parameters(self: Stack) -> list[dict[str, Any]]:
    """The stack's parameters as they were given; those that are not to be echoed as asterisks."""
    found = []
    for key, slot in (self.template_dict.get("Parameters") or {}).items():
        value = {"ParameterKey": key, "ParameterValue": _text(self.parameters.get(key, slot.get("Default")))}
        if _text(slot.get("NoEcho", False)) == "true":
            value["ParameterValue"] = "****"
        elif slot.get("Type", "").startswith("AWS::SSM::Parameter::"):
            value["ResolvedValue"] = _text(self.resource_map.resolved_parameters[key])
        found.append(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


Stack.parameter_list = property(_parameters)


@correct("cloudformation", "CreateStack")
def create_stack(call: Call, base: Base) -> Any:
    """In progress first; what a resource's service refuses rolls the stack back."""
    params, home = call.params, backend(call)
    template = _template(call)
    _check(params, template)
    before = set(home.stacks)
    reason, last = None, "CREATE_COMPLETE"
    try:
        base()
    except REFUSALS as error:
        if before == set(home.stacks):
            raise
        reason, last = dispatch.as_aws_error(error).message, "ROLLBACK_COMPLETE"
    (made,) = (stack for key, stack in home.stacks.items() if key not in before)
    made.capabilities = list(params.get("Capabilities") or [])
    if reason is None:
        _tag(made)
    elif params.get("DisableRollback") or params.get("OnFailure") == "DO_NOTHING":
        made.stack_status_reason, last = reason, "CREATE_FAILED"
    else:
        made.resource_map.delete()
        made.stack_status_reason = reason
    # A custom resource may keep moto's stack in progress.
    if reason is not None or made.status == last:
        _settle(made, last)
    return {"StackId": made.stack_id}


def _settle(stack: Stack, last: str) -> None:
    stack.status = "CREATE_IN_PROGRESS"

    def finish() -> None:
        if stack.status == "CREATE_IN_PROGRESS":
            stack.status = last

    clock.after(settings.delay("stack"), finish)


def _template(call: Call) -> dict[str, Any]:
    params = call.params
    text = params.get("TemplateBody")
    if bool(text) == bool(params.get("TemplateURL")):
        raise invalid("Either Template URL or Template Body must be specified.")
    if not text:
        text = get_stack_from_s3_url(params["TemplateURL"], account_id=call.account, partition="aws")
    elif len(text.encode()) > BODY:
        constraint = f"failed to satisfy constraint: Member must have length less than or equal to {BODY}"
        raise invalid(f"1 validation error detected: Value at 'templateBody' {constraint}")
    try:
        template = Stack.parse_template(text)
    except (ValueError, yaml.YAMLError):
        raise invalid("Template format error: neither JSON nor YAML") from None
    if not isinstance(template, dict):
        raise invalid("Template format error: unsupported structure.")
    if not template.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    return template


def _check(params: dict[str, Any], template: dict[str, Any]) -> None:
    if not NAME.fullmatch(params["StackName"]):
        why = f"Member must satisfy regular expression pattern: {NAME.pattern}"
        message = f"Value '{params['StackName']}' at 'stackName' failed to satisfy constraint: {why}"
        raise invalid(f"1 validation error detected: {message}")
    slots = template.get("Parameters") or {}
    given = {p["ParameterKey"] for p in params.get("Parameters") or [] if "ParameterValue" in p}
    if unknown := sorted(given - set(slots)):
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if empty := [k for k, slot in slots.items() if k not in given and "Default" not in slot]:
        raise invalid(f"Parameters: [{', '.join(empty)}] must have values")
    keys = [t["Key"] for t in params.get("Tags") or []]
    if len(keys) > TAGS or len(set(keys)) < len(keys) or any(k.startswith("aws:") for k in keys):
        raise invalid(f"Tags must be at most {TAGS}, with keys that differ and do not start with aws:")
    _check_capabilities(set(params.get("Capabilities") or []), template["Resources"].values())


def _check_capabilities(given: set[str], resources: Any) -> None:
    mine = [r for r in resources if r.get("Type") in IAM]
    named = any(IAM[r["Type"]] in (r.get("Properties") or {}) for r in mine)
    needed = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
    if mine and not given & {needed, "CAPABILITY_NAMED_IAM"}:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def _tag(stack: Stack) -> None:
    """Databases and file systems have the stack's tags and CloudFormation's; moto does that in EC2 only."""
    for name, resource in stack.resource_map._parsed_resources.items():
        tags = {
            **stack.tags,
            "aws:cloudformation:stack-name": stack.name,
            "aws:cloudformation:stack-id": stack.stack_id,
            "aws:cloudformation:logical-id": name,
        }
        if isinstance(resource, RDSBaseModel):
            own = {t["Key"] for t in resource.tags}
            resource.add_tags([{"Key": k, "Value": v} for k, v in tags.items() if k not in own])
        elif isinstance(resource, FileSystem):
            tagging = efs_backends[stack.account_id][stack.region_name].tagging_service
            own = tagging.get_tag_dict_for_resource(resource.file_system_id)
            whole = {**tags, **own}
            tagging.tag_resource(resource.file_system_id, [{"Key": k, "Value": v} for k, v in whole.items()])


@correct("cloudformation", "UpdateStack")
def update_stack(call: Call, base: Base) -> Any:
    """The time of the update is known from then on."""
    result = base()
    backend(call).get_stack(call.params["StackName"]).last_updated_time = clock.utcnow()
    return result


@correct("cloudformation", "GetTemplate")
def get_template(call: Call, base: Base) -> Any:
    """Without transforms both stages are the same."""
    return {**base(), "StagesAvailable": ["Original", "Processed"]}


@correct("cloudformation", "ListStackResources")
def list_resources(call: Call, base: Base) -> Any:
    """Also those whose type moto lacks, which have no physical id; none whose condition is false."""
    stack = backend(call).get_stack(call.params["StackName"])
    made, conditions = stack.resource_map._parsed_resources, stack.resource_map.lazy_condition_map
    state = "DELETE_COMPLETE" if stack.status == "DELETE_COMPLETE" else "CREATE_COMPLETE"
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": getattr(made.get(name), "physical_resource_id", None),
                "ResourceType": resource["Type"],
                "LastUpdatedTimestamp": getattr(stack, "last_updated_time", stack.creation_time),
                "ResourceStatus": state,
            }
            for name, resource in stack.resource_map._resource_json_map.items()
            if "Condition" not in resource or conditions[resource["Condition"]]
        ]
    }
