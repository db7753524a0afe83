"""Flow logs: tokens, duplicates, destinations in other accounts.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFlowLogs.html
"""

from typing import Any

from moto.ec2.models.flow_logs import FlowLogs
from moto.ec2.utils import random_flow_log_id
from moto.s3.models import s3_backends

from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_token import once
from .errors import AwsError
from .identify import Call

FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


@correct("ec2", "CreateFlowLogs")
def create_flow_logs(call: Call, base: Base) -> Any:
    """A bucket may be another account's and carry a prefix, which moto does not find."""
    return once(call, "FlowLogs", lambda: _create(call))


def _create(call: Call) -> Any:
    home, params = backend(call), call.params
    kind = params.get("LogDestinationType", "cloud-watch-logs")
    destination, group = params.get("LogDestination"), params.get("LogGroupName")
    interval = params.get("MaxAggregationInterval", 600)
    if interval not in (60, 600):
        raise AwsError("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")
    if kind == "cloud-watch-logs" and not params.get("DeliverLogsPermissionArn"):
        raise AwsError(
            "InvalidParameter",
            "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
        )
    if not destination and not group:
        raise AwsError("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
    if params["ResourceType"] in ("VPC", "Subnet", "NetworkInterface") and not params.get("TrafficType"):
        raise AwsError("MissingParameter", "The request must contain the parameter TrafficType")
    made, failed = [], []
    for resource in params["ResourceIds"]:
        _find(home, params["ResourceType"], resource)
        for other in home.flow_logs.values():
            if (other.resource_id, other.log_group_name, other.log_destination) == (
                resource,
                group,
                destination,
            ):
                message = (
                    "Error. There is an existing Flow Log with the same configuration and log destination."
                )
                raise AwsError("FlowLogAlreadyExists", message)
        if kind == "s3" and not _bucket_exists(destination):
            message = f"LogDestination: {destination.split(':::')[-1].split('/')[0]} does not exist."
            failed.append({"ResourceId": resource, "Error": {"Code": "400", "Message": message}})
            continue
        log = FlowLogs(
            home, random_flow_log_id(), resource, params.get("TrafficType"), destination, group,
            params.get("DeliverLogsPermissionArn"), interval, kind, params.get("LogFormat") or FORMAT,
        )  # fmt: skip
        home.flow_logs[log.id] = log
        made.append(log.id)
    return {"FlowLogIds": made, "Unsuccessful": failed, "ClientToken": params.get("ClientToken")}


def _find(home: Any, kind: str, resource: str) -> None:
    finders = {"VPC": home.get_vpc, "Subnet": home.get_subnet, "NetworkInterface": home.get_network_interface}
    if kind in finders:
        finders[kind](resource)


def _bucket_exists(arn: str) -> bool:
    name = arn.split(":::")[-1].split("/")[0]
    return any(name in account["aws"].buckets for account in s3_backends.values())


@correct("ec2", "DeleteFlowLogs")
def delete_flow_logs(call: Call, base: Base) -> Any:
    """Unknown ids are answered one by one."""
    home, failed = backend(call), []
    for wanted in call.params["FlowLogIds"]:
        if home.flow_logs.pop(wanted, None) is None:
            error = {
                "Code": "InvalidFlowLogId.NotFound",
                "Message": f"These flow log ids are not found: {wanted}",
            }
            failed.append({"ResourceId": wanted, "Error": error})
        home.tags.pop(wanted, None)
    return {"Unsuccessful": failed}
