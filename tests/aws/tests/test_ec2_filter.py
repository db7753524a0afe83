"""Security groups and network ACLs."""

import pytest
from conftest import by_tag, refused, tagged


@pytest.fixture
def group(ec2, vpc) -> str:
    return ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]


@pytest.fixture
def acl(ec2, vpc) -> str:
    return ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]


def https(cidr="10.0.0.0/8", **more):
    peer = {"CidrIp": cidr, **more}
    return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [peer]}]


def rules(ec2, group):
    return ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])[
        "SecurityGroupRules"
    ]


def test_group_names_and_descriptions(ec2, vpc, group):
    create = ec2.create_security_group
    refused("InvalidGroup.Duplicate", create, GroupName="g", Description="d", VpcId=vpc)
    refused("InvalidParameterValue", create, GroupName="h", Description="日本語", VpcId=vpc)
    refused("InvalidParameterValue", create, GroupName="sg-h", Description="d", VpcId=vpc)
    refused("InvalidVpcID.NotFound", create, GroupName="h", Description="d", VpcId="vpc-0")
    made = create(
        GroupName="h", Description="d", VpcId=vpc, TagSpecifications=tagged("security-group", a="b")
    )
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]
    assert len(ec2.describe_security_groups(Filters=by_tag(a="b"))["SecurityGroups"]) == 1


def test_a_new_group_lets_everything_out(ec2, group):
    (rule,) = rules(ec2, group)
    assert (rule["IsEgress"], rule["CidrIpv4"], rule["IpProtocol"]) == (True, "0.0.0.0/0", "-1")


def test_rules_are_added_all_or_none_with_description_and_tags(ec2, group):
    tags = tagged("security-group-rule", a="b")
    both = https("10.1.0.0/16", Description="one") + [
        {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "UserIdGroupPairs": [{"GroupId": group, "Description": "self"}],
        }
    ]
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=both, TagSpecifications=tags)
    assert [r["Description"] for r in made["SecurityGroupRules"]] == ["one", "self"]
    assert all(r["Tags"] == [{"Key": "a", "Value": "b"}] for r in made["SecurityGroupRules"])
    found = ec2.describe_security_group_rules(Filters=by_tag(a="b"))["SecurityGroupRules"]
    assert {r["SecurityGroupRuleId"] for r in found} == {
        r["SecurityGroupRuleId"] for r in made["SecurityGroupRules"]
    }
    again = https("10.2.0.0/16") + https("10.1.0.0/16")
    refused(
        "InvalidPermission.Duplicate",
        ec2.authorize_security_group_ingress,
        GroupId=group,
        IpPermissions=again,
    )
    assert len(rules(ec2, group)) == 3
    bad = https("10.3.0.0/16", Description="é")
    refused("InvalidParameterValue", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=bad)


def test_revoking_unknown_rules(ec2, group):
    refused(
        "InvalidPermission.NotFound", ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=https()
    )
    unknown = {"GroupId": group, "SecurityGroupRuleIds": ["sgr-0"]}
    refused("InvalidSecurityGroupRuleId.NotFound", ec2.revoke_security_group_egress, **unknown)
    (rule,) = rules(ec2, group)
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert rules(ec2, group) == []


def test_a_group_in_use_stays(ec2, vpc, group, subnets):
    other = ec2.create_security_group(GroupName="o", Description="d", VpcId=vpc)["GroupId"]
    reference = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=reference)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=reference)
    interface = ec2.create_network_interface(SubnetId=subnets[0], Groups=[group])["NetworkInterface"]
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    ec2.delete_security_group(GroupId=group)
    wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    default = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"][0]["GroupId"]
    refused("CannotDelete", ec2.delete_security_group, GroupId=default)


def entry(number=100, **more):
    base = {
        "RuleNumber": number,
        "Protocol": "6",
        "RuleAction": "allow",
        "Egress": False,
        "CidrBlock": "10.0.0.0/8",
    }
    return base | {"PortRange": {"From": 443, "To": 443}} | more


def test_a_new_acl_denies_everything(ec2, acl):
    (have,) = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    assert {(e["RuleNumber"], e["RuleAction"], e["Egress"]) for e in have["Entries"]} == {
        (32767, "deny", True),
        (32767, "deny", False),
    }


def test_acl_entries(ec2, acl):
    create = ec2.create_network_acl_entry
    create(NetworkAclId=acl, **entry())
    refused("NetworkAclEntryAlreadyExists", create, NetworkAclId=acl, **entry())
    for bad in (0, 32767):
        refused("InvalidParameterValue", create, NetworkAclId=acl, **entry(bad))
    refused("InvalidParameterValue", create, NetworkAclId=acl, **entry(5, PortRange={}))
    refused("InvalidNetworkAclEntry.NotFound", ec2.replace_network_acl_entry, NetworkAclId=acl, **entry(7))
    missing = {"NetworkAclId": acl, "RuleNumber": 7, "Egress": False}
    refused("InvalidNetworkAclEntry.NotFound", ec2.delete_network_acl_entry, **missing)
    ec2.replace_network_acl_entry(NetworkAclId=acl, **entry(RuleAction="deny"))
    for number in range(101, 120):
        create(NetworkAclId=acl, **entry(number))
    refused("NetworkAclEntryLimitExceeded", create, NetworkAclId=acl, **entry(200))
    create(NetworkAclId=acl, **entry(200, Egress=True))


def test_acl_associations(ec2, vpc, acl, subnets):
    wanted = [{"Name": "association.subnet-id", "Values": [subnets[0]]}]
    (default,) = ec2.describe_network_acls(Filters=wanted)["NetworkAcls"]
    assert default["IsDefault"]
    old = next(a for a in default["Associations"] if a["SubnetId"] == subnets[0])["NetworkAclAssociationId"]
    new = ec2.replace_network_acl_association(AssociationId=old, NetworkAclId=acl)["NewAssociationId"]
    assert new != old
    refused(
        "InvalidAssociationID.NotFound",
        ec2.replace_network_acl_association,
        AssociationId=old,
        NetworkAclId=acl,
    )
    refused("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    refused("InvalidParameterValue", ec2.delete_network_acl, NetworkAclId=default["NetworkAclId"])
