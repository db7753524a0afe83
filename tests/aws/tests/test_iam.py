"""IAM roles and OIDC providers, and who may assume a role."""

import json
import urllib.request

import pytest
from conftest import HUB, TENANT, LocalAws, refused

ROOT = f"arn:aws:iam::{HUB}:root"


@pytest.fixture
def iam(aws: LocalAws):
    return aws.client("iam")


def document(*statements, **changes):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | changes)


def trust(**changes):
    whole = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"} | changes
    return {k: v for k, v in whole.items() if v is not None}


def inline(size=0, **changes):
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b/{'x' * size}"}
    return document(whole | changes)


def make(iam, name="partner", policy=None, **more):
    return iam.create_role(
        RoleName=name, Path="/jichitai/", AssumeRolePolicyDocument=policy or document(trust()), **more
    )["Role"]


def test_a_role_has_what_it_was_made_with(iam):
    tags = [{"Key": "owner", "Value": "file-link"}]
    made = make(iam, MaxSessionDuration=43200, Description="for a partner", Tags=tags)
    assert made["Arn"] == f"arn:aws:iam::{HUB}:role/jichitai/partner"
    role = iam.get_role(RoleName="partner")["Role"]
    assert (role["MaxSessionDuration"], role["Description"], role["Tags"]) == (43200, "for a partner", tags)
    assert role["AssumeRolePolicyDocument"] == json.loads(document(trust()))
    refused("EntityAlreadyExists", make, iam=iam)
    refused("EntityAlreadyExists", make, iam=iam, name="Partner")
    refused("ValidationError", make, iam=iam, name="b", MaxSessionDuration=60)
    refused("ValidationError", make, iam=iam, name="b", MaxSessionDuration=43201)
    refused("ValidationError", make, iam=iam, name="x" * 65)
    refused("NoSuchEntity", iam.get_role, RoleName="b")


@pytest.mark.parametrize(
    "text",
    [
        "{bad",
        document(),
        document(trust(), Version="2020-01-01"),
        document(trust(Effect=None)),
        document(trust(Principal=None)),
        document(trust(Action=None)),
        document(trust(Action="s3:GetObject")),
        document(trust(Resource="*")),
        document(trust(Principal={"AWS": f"arn:aws:iam::{HUB}:role/nobody"})),
        document(trust(Principal={"Service": "transfer"})),
        document(trust(Principal={"Federated": "idp"}, Action="sts:AssumeRoleWithWebIdentity")),
        document(trust(Condition={"StringIs": {"sts:ExternalId": "x"}})),
    ],
)
def test_malformed_trust_policies_are_refused(iam, text):
    refused("MalformedPolicyDocument", make, iam=iam, policy=text)
    refused("NoSuchEntity", iam.get_role, RoleName="partner")
    make(iam)
    refused("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="partner", PolicyDocument=text)


def test_a_trust_policy_changes_whole(iam):
    make(iam)
    service = document(trust(Principal={"Service": "transfer.amazonaws.com"}))
    iam.update_assume_role_policy(RoleName="partner", PolicyDocument=service)
    found = iam.get_role(RoleName="partner")["Role"]["AssumeRolePolicyDocument"]
    assert found == json.loads(service)
    long = document(trust(Condition={"StringEquals": {"sts:ExternalId": "x" * 2048}}))
    refused("LimitExceeded", iam.update_assume_role_policy, RoleName="partner", PolicyDocument=long)
    refused("NoSuchEntity", iam.update_assume_role_policy, RoleName="none", PolicyDocument=service)


def test_a_deleted_principal_becomes_its_id(iam):
    one = make(iam, "one")
    make(iam, "two", document(trust(Principal={"AWS": [one["Arn"], HUB]})))
    iam.delete_role(RoleName="one")
    make(iam, "one")
    for role in (iam.get_role(RoleName="two")["Role"], iam.list_roles()["Roles"][-1]):
        first, second = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]
        assert (first, second) == (one["RoleId"], ROOT)


def test_an_update_keeps_what_it_does_not_name(iam):
    make(iam, Description="one", MaxSessionDuration=7200)
    iam.update_role(RoleName="partner", Description="two")
    role = iam.get_role(RoleName="partner")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("two", 7200)


def test_roles_and_policies_are_listed_in_pages(aws: LocalAws, iam):
    for n in range(3):
        make(iam, f"r{n}")
    aws.role(HUB, "elsewhere")
    first = iam.list_roles(PathPrefix="/jichitai/", MaxItems=2)
    assert ([r["RoleName"] for r in first["Roles"]], first["IsTruncated"]) == (["r0", "r1"], True)
    rest = iam.list_roles(PathPrefix="/jichitai/", MaxItems=2, Marker=first["Marker"])
    assert ([r["RoleName"] for r in rest["Roles"]], rest["IsTruncated"]) == (["r2"], False)
    for n in range(3):
        iam.put_role_policy(RoleName="r0", PolicyName=f"p{n}", PolicyDocument=inline())
    first = iam.list_role_policies(RoleName="r0", MaxItems=2)
    rest = iam.list_role_policies(RoleName="r0", Marker=first["Marker"])
    assert first["PolicyNames"] + rest["PolicyNames"] == ["p0", "p1", "p2"]


def test_documents_are_percent_encoded(aws: LocalAws, iam):
    make(iam)
    for query in ("Action=GetRole&RoleName=partner", "Action=ListRoles"):
        request = urllib.request.Request(aws.endpoint, f"{query}&Version=2010-05-08".encode())
        scope = f"AWS4-HMAC-SHA256 Credential={HUB}/20250101/us-east-1/iam/aws4_request, Signature=x"
        request.add_header("Authorization", scope)
        with urllib.request.urlopen(request) as answer:
            assert b"<AssumeRolePolicyDocument>%7B%22Version%22" in answer.read()


def test_inline_policies_have_a_limit_together(iam):
    make(iam)
    names = {"RoleName": "partner"}
    iam.put_role_policy(**names, PolicyName="a", PolicyDocument=inline(6000))
    refused("LimitExceeded", iam.put_role_policy, **names, PolicyName="b", PolicyDocument=inline(5000))
    iam.put_role_policy(**names, PolicyName="a", PolicyDocument=inline(10000))
    bad = inline(Effect="Maybe")
    refused("MalformedPolicyDocument", iam.put_role_policy, **names, PolicyName="b", PolicyDocument=bad)
    bad = inline(Principal="*")
    refused("MalformedPolicyDocument", iam.put_role_policy, **names, PolicyName="b", PolicyDocument=bad)
    found = iam.get_role_policy(**names, PolicyName="a")["PolicyDocument"]
    assert found == json.loads(inline(10000))
    refused("NoSuchEntity", iam.get_role_policy, **names, PolicyName="b")
    refused("NoSuchEntity", iam.delete_role_policy, **names, PolicyName="b")


def test_a_role_with_policies_is_not_deleted(iam):
    make(iam)
    iam.put_role_policy(RoleName="partner", PolicyName="a", PolicyDocument=inline())
    refused("DeleteConflict", iam.delete_role, RoleName="partner")
    iam.delete_role_policy(RoleName="partner", PolicyName="a")
    made = iam.create_policy(PolicyName="m", PolicyDocument=inline())["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="partner", PolicyArn=made)
    attached = iam.list_attached_role_policies(RoleName="partner")["AttachedPolicies"]
    assert [p["PolicyArn"] for p in attached] == [made]
    refused("DeleteConflict", iam.delete_role, RoleName="partner")
    iam.detach_role_policy(RoleName="partner", PolicyArn=made)
    iam.delete_role(RoleName="partner")
    refused("NoSuchEntity", iam.delete_role, RoleName="partner")


def test_tags_of_a_role(iam):
    make(iam, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_role(RoleName="partner", Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName="partner", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="partner")["Tags"] == [{"Key": "b", "Value": "2"}]


URL = "https://oidc.example.jp/realms/one"


def test_a_provider_needs_no_thumbprint(iam):
    tags = [{"Key": "a", "Value": "1"}]
    arn = iam.create_open_id_connect_provider(Url=URL, ClientIDList=["c1"], Tags=tags)[
        "OpenIDConnectProviderArn"
    ]
    assert arn == f"arn:aws:iam::{HUB}:oidc-provider/oidc.example.jp/realms/one"
    names = {"OpenIDConnectProviderArn": arn}
    found = iam.get_open_id_connect_provider(**names)
    assert (found["Url"], found["ClientIDList"]) == ("oidc.example.jp/realms/one", ["c1"])
    assert (found["Tags"], len(found["ThumbprintList"][0])) == (tags, 40)
    refused("EntityAlreadyExists", iam.create_open_id_connect_provider, Url=URL)
    for url in ("http://oidc.example.jp", "oidc.example.jp", "https://"):
        refused("ValidationError", iam.create_open_id_connect_provider, Url=url)
    for client in ("c2", "c2"):
        iam.add_client_id_to_open_id_connect_provider(**names, ClientID=client)
    for client in ("c1", "none"):
        iam.remove_client_id_from_open_id_connect_provider(**names, ClientID=client)
    assert iam.get_open_id_connect_provider(**names)["ClientIDList"] == ["c2"]
    iam.tag_open_id_connect_provider(**names, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**names, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(**names)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    for _ in range(2):
        iam.delete_open_id_connect_provider(**names)
    refused("NoSuchEntity", iam.get_open_id_connect_provider, **names)
    refused("NoSuchEntity", iam.add_client_id_to_open_id_connect_provider, **names, ClientID="c")


def test_a_role_trusts_the_principals_that_its_conditions_name(aws: LocalAws, iam):
    partner, stranger = aws.role(TENANT, "partner"), aws.role(TENANT, "stranger")
    who = {"AWS": f"arn:aws:iam::{TENANT}:root"}
    tagged = {
        "ArnEquals": {"aws:PrincipalArn": partner},
        "StringEquals": {"aws:RequestTag/municipality": "132012"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["municipality"]},
    }
    role = make(
        iam,
        "linked",
        document(trust(Principal=who, Action=["sts:AssumeRole", "sts:TagSession"], Condition=tagged)),
    )["Arn"]

    def assume(by, *tags):
        session = aws.client("sts").assume_role(RoleArn=by, RoleSessionName="linking")["Credentials"]
        sts = aws.client("sts", token=session)
        return sts.assume_role(
            RoleArn=role, RoleSessionName="linking", Tags=[{"Key": k, "Value": v} for k, v in tags]
        )

    good = ("municipality", "132012")
    assert assume(partner, good)["AssumedRoleUser"]["Arn"].endswith("assumed-role/linked/linking")
    refused("AccessDenied", assume, by=stranger)
    for by, tags in (
        (stranger, [good]),
        (partner, []),
        (partner, [("municipality", "132021")]),
        (partner, [good, ("extra", "1")]),
    ):
        refused("AccessDenied", lambda by=by, tags=tags: assume(by, *tags))
    no_tags = trust(Principal=who, Condition={"ArnEquals": {"aws:PrincipalArn": partner}})
    iam.update_assume_role_policy(RoleName="linked", PolicyDocument=document(no_tags))
    assume(partner)
    refused("AccessDenied", lambda: assume(partner, good))
