"""DB instances and DB clusters: keys, states, identifiers, networks, lists in pages.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
"""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import DBCluster, DBInstance, DBInstanceClustered, DBSubnetGroup

from . import clock, lag, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .rds_resource import backend, checked_tags, combination, invalid, key_arn, missing, new_id, paged, plain


def _status(self: DBCluster) -> str:
    # moto's are available as soon as somebody has looked once.
    if getattr(self, "creating", False):
        return "creating"
    return "available" if self._status == "creating" else self._status


DBCluster.status = property(_status, lambda self, value: setattr(self, "_status", value))
# moto's instances have all the same.
DBInstance.dbi_resource_id = property(
    lambda self: self._own_resource_id, lambda self, _: setattr(self, "_own_resource_id", new_id("db-"))
)


def describe_instance(instance: DBInstance) -> dict[str, Any]:
    """While it is created it has neither an address nor a time."""
    found = plain(instance, "DBInstance")
    if "DBSubnetGroup" not in found and (group := _default_group(instance)) is not None:
        found["DBSubnetGroup"] = plain(group, "DBSubnetGroup")
    if instance.status == "creating":
        found = {k: v for k, v in found.items() if k not in ("Endpoint", "InstanceCreateTime")}
    return found


def _default_group(instance: DBInstance) -> DBSubnetGroup | None:
    """The group of the instance's cluster; else the one that RDS makes of the default VPC."""
    home = instance.backend
    if is_member(instance) and instance.cluster.db_subnet_group_name in home.subnet_groups:
        return home.subnet_groups[instance.cluster.db_subnet_group_name]
    network = ec2_backends[home.account_id][home.region_name]
    vpc = network.get_default_vpc()
    subnets = [s for s in network.describe_subnets() if vpc is not None and s.vpc_id == vpc.id]
    return DBSubnetGroup(home, "default", "default", subnets, []) if subnets else None


def describe_cluster(cluster: DBCluster) -> dict[str, Any]:
    """As moto has it."""
    return plain(cluster, "DBCluster")


@correct("rds", "CreateDBInstance")
def create_instance(call: Call, base: Base) -> Any:
    """Creating first; encrypted under a key that works."""
    params, home = call.params, backend(call)
    key = checked_key(call)
    checked_tags(params.get("Tags"))
    groups = network(call)
    member = params.get("DBClusterIdentifier")
    if member and member not in home.clusters:
        raise missing("cluster", member)
    instance = base()["DBInstance"]
    if member or params.get("BackupRetentionPeriod") == 0:
        forget_automated(home.database_snapshots, "db_instance_identifier", instance.db_instance_identifier)
    elif key:
        instance.kms_key_id = key
        for snapshot in home.database_snapshots.values():
            if snapshot.db_instance_identifier == instance.db_instance_identifier:
                snapshot.kms_key_id = snapshot.database.kms_key_id = key
    if groups and not member:
        instance.vpc_security_group_ids = groups
    start_instance(call, instance)
    return {"DBInstance": describe_instance(instance)}


@correct("rds", "CreateDBCluster")
def create_cluster(call: Call, base: Base) -> Any:
    """Creating first; its name is new."""
    home, params = backend(call), call.params
    if params["DBClusterIdentifier"] in home.clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    key = checked_key(call)
    checked_tags(params.get("Tags"))
    groups = network(call)
    cluster = base()["DBCluster"]
    if key:
        cluster.kms_key_id = key
        for snapshot in home.cluster_snapshots.values():
            if snapshot.db_cluster_identifier == cluster.db_cluster_identifier:
                snapshot.kms_key_id = snapshot.cluster.kms_key_id = key
    start_cluster(call, cluster, groups)
    return {"DBCluster": describe_cluster(cluster)}


def checked_key(call: Call) -> str | None:
    """The ARN of the key that the call names, for storage that is encrypted."""
    if not call.params.get("KmsKeyId"):
        return None
    if call.params.get("StorageEncrypted") is False:
        raise combination("KmsKeyId can't be specified when StorageEncrypted is false")
    return key_arn(call, call.params["KmsKeyId"])


def network(call: Call) -> list[str]:
    """The security groups of the call, by default its subnet group's VPC's default one; both are checked."""
    name, wanted = call.params.get("DBSubnetGroupName"), call.params.get("VpcSecurityGroupIds") or []
    group = backend(call).subnet_groups.get(name) if name else None
    if name and name != "default" and group is None:
        raise missing("subgrp", name)
    home = ec2_backends[call.account][call.region]
    known = {g: vpc for vpc, groups in home.groups.items() for g in groups}
    for security_group in wanted:
        if security_group not in known:
            raise invalid(f"Invalid security group , groupId= {security_group}, groupName=.")
        if group is not None and known[security_group] != group.vpc_id:
            message = f"The DB instance and EC2 security group are in different VPCs. {security_group} is in"
            raise combination(f"{message} {known[security_group]}, the DB subnet group in {group.vpc_id}.")
    if not wanted:
        vpc = group.vpc_id if group is not None else home.default_vpc and home.default_vpc.id
        wanted = [home.get_default_security_group(vpc).id] if vpc else []
    return list(wanted)


def start_instance(call: Call, instance: DBInstance) -> None:
    """The instance is being created for a time."""
    instance.status = "creating"
    lag.note(call, instance.arn)

    def finish() -> None:
        if instance.status == "creating":
            instance.status = "available"

    clock.after(settings.delay("dbInstance"), finish)


def start_cluster(call: Call, cluster: DBCluster, groups: list[str]) -> None:
    """The cluster is being created for a time; it lies in the groups."""
    cluster.creating, cluster.vpc_security_group_ids = True, groups
    lag.note(call, cluster.arn)
    clock.after(settings.delay("dbInstance"), lambda: setattr(cluster, "creating", False))


def forget_automated(snapshots: Any, member: str, name: str) -> None:
    """Takes away the automated snapshots of an instance or a cluster."""
    for snapshot in list(snapshots.values()):
        if snapshot.snapshot_type == "automated" and getattr(snapshot, member) == name:
            del snapshots[snapshot.resource_id]


@correct("rds", "DeleteDBCluster")
def delete_cluster(call: Call, base: Base) -> Any:
    """Its automated snapshots go with it."""
    cluster = base()["DBCluster"]
    forget_automated(backend(call).cluster_snapshots, "db_cluster_identifier", cluster.db_cluster_identifier)
    return {"DBCluster": {**describe_cluster(cluster), "Status": "deleting"}}


@correct("rds", "DescribeDBInstances")
def describe_instances(call: Call, base: Base) -> Any:
    """In pages; of a name or an ARN, of a cluster's name or ARN."""
    filters = _filters(call)
    if clusters := filters.get("db-cluster-id"):
        filters["db-cluster-id"] = [c.split(":cluster:")[-1] for c in clusters]
    found = backend(call).describe_db_instances(_own(call, "db", "DBInstanceIdentifier"), filters)
    shown, marker = paged(call, _seen(call, found, "DBInstanceIdentifier"))
    return {"DBInstances": [describe_instance(i) for i in shown], "Marker": marker}


@correct("rds", "DescribeDBClusters")
def describe_clusters(call: Call, base: Base) -> Any:
    """In pages; of a name or an ARN."""
    found = backend(call).describe_db_clusters(_own(call, "cluster", "DBClusterIdentifier"), _filters(call))
    shown, marker = paged(call, _seen(call, found, "DBClusterIdentifier"))
    return {"DBClusters": [describe_cluster(c) for c in shown], "Marker": marker}


def _filters(call: Call) -> dict[str, list[str]]:
    return {f["Name"]: list(f["Values"]) for f in call.params.get("Filters") or []}


def _own(call: Call, kind: str, member: str) -> str | None:
    """The name or ARN that the call wants; it is refused unless the account has it."""
    name = call.params.get(member)
    home = backend(call)
    known = home.databases if kind == "db" else home.clusters
    if name and name not in known and not any(item.arn == name for item in known.values()):
        raise missing(kind, name)
    return name


def _seen(call: Call, found: list[Any], member: str) -> list[Any]:
    return found if call.params.get(member) else [i for i in found if lag.visible(i.arn)]


def is_member(instance: DBInstance) -> bool:
    """Whether the instance is a cluster's, which has the storage."""
    return isinstance(instance, DBInstanceClustered)
