"""Transfer Family: servers in a VPC, host keys, users, tags."""

import base64
import hashlib

import pytest
from conftest import OSAKA, TENANT, TOKYO, LocalAws, refused, soon
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

TAGS = [{"Key": "owner", "Value": "file-link"}]
INVALID, GONE, EXISTS = "InvalidRequestException", "ResourceNotFoundException", "ResourceExistsException"
ROLE = "arn:aws:iam::123456789012:role/jichitai/partner"


@pytest.fixture
def transfer(aws: LocalAws):
    return aws.client("transfer")


@pytest.fixture
def group(ec2, vpc) -> str:
    return ec2.create_security_group(GroupName="sftp", Description="sftp", VpcId=vpc)["GroupId"]


@pytest.fixture
def wanted(vpc, subnets, group):
    details = {"VpcId": vpc, "SubnetIds": subnets[:2], "SecurityGroupIds": [group]}
    return {"EndpointType": "VPC", "EndpointDetails": details, "Protocols": ["SFTP"], "Tags": TAGS}


@pytest.fixture
def sftp(transfer, wanted) -> str:
    return transfer.create_server(**wanted, SecurityPolicyName="TransferSecurityPolicy-2024-01")["ServerId"]


def described(transfer, sftp):
    return transfer.describe_server(ServerId=sftp)["Server"]


def offline(transfer, sftp):
    transfer.stop_server(ServerId=sftp)
    soon(lambda: described(transfer, sftp)["State"] == "OFFLINE")


def test_a_server_in_a_vpc_has_an_endpoint_with_interfaces(transfer, ec2, vpc, subnets, group, sftp):
    found = described(transfer, sftp)
    details = found["EndpointDetails"]
    assert (details["VpcId"], details["SubnetIds"]) == (vpc, subnets[:2])
    assert "SecurityGroupIds" not in details
    assert (found["EndpointType"], found["Protocols"], found["Tags"]) == ("VPC", ["SFTP"], TAGS)
    assert found["SecurityPolicyName"] == "TransferSecurityPolicy-2024-01"
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[details["VpcEndpointId"]])["VpcEndpoints"]
    assert (endpoint["RequesterManaged"], endpoint["VpcEndpointType"]) == (True, "Interface")
    assert [g["GroupId"] for g in endpoint["Groups"]] == [group]
    ids = endpoint["NetworkInterfaceIds"]
    enis = ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    assert {e["SubnetId"] for e in enis} == set(subnets[:2])
    assert all(e["RequesterManaged"] and e["PrivateIpAddress"].startswith("10.20.") for e in enis)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    transfer.delete_server(ServerId=sftp)
    refused(GONE, transfer.describe_server, ServerId=sftp)
    left = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert (left, ec2.describe_network_interfaces()["NetworkInterfaces"]) == ([], [])
    ec2.delete_security_group(GroupId=group)


def test_a_server_that_aws_refuses(transfer, ec2, vpc, subnets, wanted):
    details = wanted["EndpointDetails"]
    for changes in (
        {"EndpointType": "VPC_ENDPOINT"},
        {"EndpointType": "PUBLIC"},
        {"EndpointDetails": {**details, "SubnetIds": []}},
        {"EndpointDetails": {**details, "SubnetIds": ["subnet-00000000000000000"]}},
        {"EndpointDetails": {**details, "VpcId": "vpc-00000000000000000"}},
        {"EndpointDetails": {**details, "SecurityGroupIds": ["sg-00000000000000000"]}},
        {"Protocols": ["FTP"]},
        {"HostKey": "no key"},
        {"Tags": [{"Key": "aws:x", "Value": "1"}]},
    ):
        refused(INVALID, transfer.create_server, **{**wanted, **changes})
    assert transfer.list_servers()["Servers"] == []
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_states_take_their_time(aws: LocalAws, transfer, wanted):
    aws.settings(delay={"sftpServer": 0.2})
    sftp = transfer.create_server(**wanted)["ServerId"]
    assert described(transfer, sftp)["State"] == "STARTING"
    refused(INVALID, transfer.stop_server, ServerId=sftp)
    soon(lambda: described(transfer, sftp)["State"] == "ONLINE")
    transfer.stop_server(ServerId=sftp)
    assert described(transfer, sftp)["State"] == "STOPPING"
    refused(INVALID, transfer.start_server, ServerId=sftp)
    soon(lambda: described(transfer, sftp)["State"] == "OFFLINE")
    transfer.start_server(ServerId=sftp)
    soon(lambda: described(transfer, sftp)["State"] == "ONLINE")


def test_servers_are_listed_in_pages(aws: LocalAws, transfer, wanted):
    made = {transfer.create_server(**wanted)["ServerId"] for _ in range(3)}
    first = transfer.list_servers(MaxResults=2)
    rest = transfer.list_servers(NextToken=first["NextToken"])
    assert {s["ServerId"] for s in first["Servers"] + rest["Servers"]} == made
    assert "Tags" not in first["Servers"][0]
    for other in (aws.client("transfer", TENANT), aws.client("transfer", region=OSAKA)):
        assert other.list_servers()["Servers"] == []


def test_the_endpoint_moves_only_offline(transfer, ec2, subnets, group, sftp):
    transfer.update_server(ServerId=sftp, SecurityPolicyName="TransferSecurityPolicy-2025-03")
    assert described(transfer, sftp)["SecurityPolicyName"] == "TransferSecurityPolicy-2025-03"
    assert described(transfer, sftp)["Protocols"] == ["SFTP"]
    other = {"SubnetIds": [subnets[1]]}
    refused(INVALID, transfer.update_server, ServerId=sftp, EndpointDetails=other)
    offline(transfer, sftp)
    transfer.update_server(ServerId=sftp, EndpointDetails=other)
    details = described(transfer, sftp)["EndpointDetails"]
    assert details["SubnetIds"] == [subnets[1]]
    names = {"VpcEndpointIds": [details["VpcEndpointId"]]}
    (endpoint,) = ec2.describe_vpc_endpoints(**names)["VpcEndpoints"]
    assert (endpoint["SubnetIds"], len(endpoint["NetworkInterfaceIds"])) == ([subnets[1]], 1)
    for bad in (
        {"SecurityGroupIds": [group]},
        {"VpcId": "vpc-00000000000000000"},
        {"SubnetIds": []},
        {"SubnetIds": ["subnet-00000000000000000"]},
    ):
        refused(INVALID, transfer.update_server, ServerId=sftp, EndpointDetails=bad)
    transfer.update_server(ServerId=sftp, EndpointType="PUBLIC")
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
    assert "EndpointDetails" not in described(transfer, sftp)


def test_the_endpoints_security_groups_change_in_ec2(transfer, ec2, vpc, group, sftp):
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    endpoint = described(transfer, sftp)["EndpointDetails"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint, AddSecurityGroupIds=[other], RemoveSecurityGroupIds=[group]
    )
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert [g["GroupId"] for g in found["Groups"]] == [other]


def test_a_pending_endpoint_refuses_updates(aws: LocalAws, transfer, wanted):
    aws.settings(delay={"vpcEndpoint": 5})
    sftp = transfer.create_server(**wanted)["ServerId"]
    refused("ConflictException", transfer.update_server, ServerId=sftp, Protocols=["SFTP"])


def pem(key, form=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def fingerprint(key):
    blob = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]
    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(blob)).digest()).decode()


def test_host_keys_have_the_fingerprints_of_their_keys(transfer, wanted):
    old, new = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    sftp = transfer.create_server(**wanted, HostKey=pem(old, PrivateFormat.OpenSSH))["ServerId"]
    assert described(transfer, sftp)["HostKeyFingerprint"] == fingerprint(old)
    (first,) = transfer.list_host_keys(ServerId=sftp)["HostKeys"]
    names = {"ServerId": sftp}
    refused(INVALID, transfer.delete_host_key, **names, HostKeyId=first["HostKeyId"])
    made = transfer.import_host_key(**names, HostKeyBody=pem(new), Description="new", Tags=TAGS)["HostKeyId"]
    found = transfer.describe_host_key(**names, HostKeyId=made)["HostKey"]
    assert (found["HostKeyFingerprint"], found["Type"]) == (fingerprint(new), "ssh-ed25519")
    assert (found["Description"], found["Tags"]) == ("new", TAGS)
    assert found["DateImported"].year > 2024
    assert described(transfer, sftp)["HostKeyFingerprint"] == fingerprint(old)
    refused(EXISTS, transfer.import_host_key, **names, HostKeyBody=pem(new))
    refused(INVALID, transfer.import_host_key, **names, HostKeyBody="no key")
    transfer.update_host_key(**names, HostKeyId=made, Description="newer")
    transfer.delete_host_key(**names, HostKeyId=first["HostKeyId"])
    (left,) = transfer.list_host_keys(**names)["HostKeys"]
    assert (left["HostKeyId"], left["Description"]) == (made, "newer")
    assert described(transfer, sftp)["HostKeyFingerprint"] == fingerprint(new)
    refused(GONE, transfer.describe_host_key, **names, HostKeyId=first["HostKeyId"])


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("ssh-rsa", lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        ("ecdsa-sha2-nistp256", lambda: ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_host_keys_of_other_types(transfer, sftp, kind, make):
    key = make()
    body = pem(key, PrivateFormat.TraditionalOpenSSL)
    made = transfer.import_host_key(ServerId=sftp, HostKeyBody=body)["HostKeyId"]
    found = transfer.describe_host_key(ServerId=sftp, HostKeyId=made)["HostKey"]
    assert (found["Type"], found["HostKeyFingerprint"]) == (kind, fingerprint(key))


def public(comment="partner"):
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + f" {comment}"


MAPPINGS = [{"Entry": "/", "Target": "/linked-files/partner"}]


def make_user(transfer, sftp, name="partner", **changes):
    whole = {"Role": ROLE, "HomeDirectoryType": "LOGICAL", "HomeDirectoryMappings": MAPPINGS} | changes
    given = {k: v for k, v in whole.items() if v is not None}
    return transfer.create_user(ServerId=sftp, UserName=name, **given)


def test_a_user_has_what_it_was_made_with(transfer, sftp):
    body = public()
    make_user(transfer, sftp, Tags=TAGS, SshPublicKeyBody=body)
    names = {"ServerId": sftp, "UserName": "partner"}
    user = transfer.describe_user(**names)["User"]
    assert user["Arn"] == f"arn:aws:transfer:{TOKYO}:123456789012:user/{sftp}/partner"
    assert (user["Role"], user["HomeDirectoryType"], user["Tags"]) == (ROLE, "LOGICAL", TAGS)
    assert user["HomeDirectoryMappings"] == MAPPINGS
    assert [k["SshPublicKeyBody"] for k in user["SshPublicKeys"]] == [body]
    refused(EXISTS, make_user, transfer=transfer, sftp=sftp)
    refused(INVALID, make_user, transfer=transfer, sftp=sftp, name="two", HomeDirectoryMappings=None)
    refused(INVALID, make_user, transfer=transfer, sftp=sftp, name="two", HomeDirectoryType="PATH")
    refused("ValidationException", make_user, transfer=transfer, sftp=sftp, name="two", Role="role")
    refused("ValidationException", make_user, transfer=transfer, sftp=sftp, name="no spaces")
    make_user(transfer, sftp, "another")
    first = transfer.list_users(ServerId=sftp, MaxResults=1)
    rest = transfer.list_users(ServerId=sftp, NextToken=first["NextToken"])
    assert [u["UserName"] for u in first["Users"] + rest["Users"]] == ["another", "partner"]
    assert described(transfer, sftp)["UserCount"] == 2
    other = ROLE + "-other"
    transfer.update_user(**names, Role=other)
    user = transfer.describe_user(**names)["User"]
    assert (user["Role"], user["HomeDirectoryMappings"]) == (other, MAPPINGS)
    transfer.update_user(**names, Policy="{}")
    assert transfer.describe_user(**names)["User"]["Policy"] == "{}"
    transfer.delete_user(**names)
    for call in (transfer.describe_user, transfer.delete_user, transfer.update_user):
        refused(GONE, call, **names)


def test_a_users_keys_are_new_well_formed_and_at_most_ten(transfer, sftp):
    make_user(transfer, sftp)
    names = {"ServerId": sftp, "UserName": "partner"}
    body = public()
    made = transfer.import_ssh_public_key(**names, SshPublicKeyBody=body)["SshPublicKeyId"]
    same = body.replace(" partner", " another comment")
    refused(EXISTS, transfer.import_ssh_public_key, **names, SshPublicKeyBody=same)
    kind, blob, _ = body.split()
    for bad in ("garbage", f"ssh-rsa {blob}", f"{kind} {blob[:40]}", f"ssh-dss {blob}"):
        refused(INVALID, transfer.import_ssh_public_key, **names, SshPublicKeyBody=bad)
    for _ in range(9):
        transfer.import_ssh_public_key(**names, SshPublicKeyBody=public())
    refused(INVALID, transfer.import_ssh_public_key, **names, SshPublicKeyBody=public())
    transfer.delete_ssh_public_key(**names, SshPublicKeyId=made)
    refused(GONE, transfer.delete_ssh_public_key, **names, SshPublicKeyId=made)
    keys = transfer.describe_user(**names)["User"]["SshPublicKeys"]
    assert len(keys) == 9
    assert made not in [k["SshPublicKeyId"] for k in keys]


def test_servers_users_and_host_keys_have_tags(transfer, sftp):
    make_user(transfer, sftp)
    user = transfer.describe_user(ServerId=sftp, UserName="partner")["User"]["Arn"]
    key = transfer.list_host_keys(ServerId=sftp)["HostKeys"][0]["Arn"]
    for arn in (described(transfer, sftp)["Arn"], user, key):
        transfer.tag_resource(Arn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "owner", "Value": "x"}])
        transfer.untag_resource(Arn=arn, TagKeys=["a", "none"])
        assert transfer.list_tags_for_resource(Arn=arn)["Tags"] == [{"Key": "owner", "Value": "x"}]
    refused(GONE, transfer.tag_resource, Arn=user + "x", Tags=TAGS)
