"""Launch templates: lists in pages, versions of all templates, what a version takes from another.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
"""

from typing import Any

from moto.ec2.models import launch_templates

from . import clock
from .corrections import Base, correct
from .ec2_describe import KINDS, Kind, backend, describe, like
from .errors import AwsError
from .identify import Call
from .paging import page

PAGE = 200
KINDS["DescribeLaunchTemplates"] = Kind(
    "LaunchTemplates", "LaunchTemplateIds", "InvalidLaunchTemplateId.NotFound", "launch-template-id"
)
# Filter of versions → where the version has it.
FILTERS = {"image-id": "ImageId", "instance-type": "InstanceType", "is-default-version": ""}
launch_templates.utcnow = clock.utcnow


def _whole(call: Call, base: Base) -> Any:
    # moto cuts its lists, at 15 where no size is given, and has no token for the rest.
    size = call.params.get("MaxResults")
    call.params["MaxResults"] = 1_000_000
    try:
        return base()
    finally:
        call.params.pop("MaxResults")
        if size is not None:
            call.params["MaxResults"] = size


@correct("ec2", "DescribeLaunchTemplates")
def describe_launch_templates(call: Call, base: Base) -> Any:
    """In pages, with the tags of now."""
    result = describe(call, lambda: _whole(call, base))
    tags = backend(call).tags
    for template in result["LaunchTemplates"]:
        own = tags.get(template["LaunchTemplateId"], {})
        template["Tags"] = [{"Key": k, "Value": v} for k, v in own.items()]
    return result


@correct("ec2", "DescribeLaunchTemplateVersions")
def describe_launch_template_versions(call: Call, base: Base) -> Any:
    """In pages, by filters; a version that is the latest and the default is there once."""
    items = {
        (v["LaunchTemplateId"], v["VersionNumber"]): v
        for v in _whole(call, base)["LaunchTemplateVersions"]
    }
    found = list(items.values())
    for wanted in call.params.get("Filters") or []:
        if wanted["Name"] not in FILTERS:
            raise AwsError("InvalidParameterValue", f"The filter '{wanted['Name']}' is invalid")
        found = [v for v in found if any(like(_value(v, wanted["Name"]), p) for p in wanted["Values"])]
    part, rest = page(call, found, PAGE)
    return {"LaunchTemplateVersions": part, "NextToken": rest}


def _value(version: dict[str, Any], name: str) -> str:
    if name == "is-default-version":
        return str(version["DefaultVersion"]).lower()
    return version["LaunchTemplateData"].get(FILTERS[name]) or ""


@correct("ec2", "CreateLaunchTemplateVersion")
def create_launch_template_version(call: Call, base: Base) -> Any:
    """Takes from the source version what it does not say itself."""
    home, params = backend(call), call.params
    if params.get("SourceVersion"):
        named = {n: params[n] for n in ("LaunchTemplateId", "LaunchTemplateName") if params.get(n)}
        source = home._get_template_from_args(named | {"Version": params["SourceVersion"]})
        params["LaunchTemplateData"] = source.data | (params.get("LaunchTemplateData") or {})
    return base()
