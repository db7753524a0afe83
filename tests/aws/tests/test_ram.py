"""RAM: shares, what they hold, invitations, tokens, lists."""

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused, soon

UNKNOWN, BAD, MALFORMED = "UnknownResourceException", "InvalidParameterException", "MalformedArnException"
DAY = 86_400


@pytest.fixture
def ram(aws: LocalAws):
    return aws.client("ram")


@pytest.fixture
def tenant(aws: LocalAws):
    return aws.client("ram", TENANT)


@pytest.fixture
def rules(aws: LocalAws) -> list[str]:
    """ARNs of two rules of the hub's."""
    resolver = aws.client("route53resolver")
    return [
        resolver.create_resolver_rule(CreatorRequestId=name, RuleType="SYSTEM", DomainName=f"{name}.example")[
            "ResolverRule"
        ]["Arn"]
        for name in "ab"
    ]


def create(ram, **more):
    return ram.create_resource_share(**{"name": "dns", **more})["resourceShare"]


def arn_of(ram, **more) -> str:
    return create(ram, **more)["resourceShareArn"]


def shares(client, owner="SELF", **more):
    return client.get_resource_shares(resourceOwner=owner, **more)["resourceShares"]


def statuses(client, kind, **more):
    found = client.get_resource_share_associations(associationType=kind, **more)
    return {a["associatedEntity"]: a["status"] for a in found["resourceShareAssociations"]}


def invitations(client, **more):
    return client.get_resource_share_invitations(**more)["resourceShareInvitations"]


def test_a_share_has_what_it_was_made_with(aws: LocalAws, ram, rules):
    aws.settings(delay={"ramShare": 0.2})
    tags = [{"key": "owner", "value": "city"}]
    made = create(ram, resourceArns=rules[:1], principals=[TENANT], tags=tags)
    assert made["resourceShareArn"].startswith(f"arn:aws:ram:{TOKYO}:{HUB}:resource-share/")
    assert (made["name"], made["owningAccountId"], made["status"]) == ("dns", HUB, "ACTIVE")
    assert (made["allowExternalPrincipals"], made["tags"]) == (True, tags)
    (found,) = shares(ram)
    assert found == made
    assert statuses(ram, "RESOURCE") == {rules[0]: "ASSOCIATING"}
    soon(lambda: statuses(ram, "RESOURCE") == {rules[0]: "ASSOCIATED"})
    assert statuses(ram, "PRINCIPAL") == {TENANT: "ASSOCIATING"}
    for other in (aws.client("ram", TENANT), aws.client("ram", region=OSAKA)):
        assert shares(other) == []
        assert shares(other, "OTHER-ACCOUNTS") == []


def test_an_invitation_is_accepted(aws: LocalAws, ram, tenant, rules):
    share = arn_of(ram, resourceArns=rules, principals=[TENANT], tags=[{"key": "a", "value": "b"}])
    (invitation,) = invitations(tenant)
    assert (invitation["status"], invitation["resourceShareArn"]) == ("PENDING", share)
    assert (invitation["senderAccountId"], invitation["receiverAccountId"]) == (HUB, TENANT)
    assert invitations(aws.client("ram", OTHER)) == invitations(aws.client("ram", TENANT, OSAKA)) == []
    arn = {"resourceShareInvitationArn": invitation["resourceShareInvitationArn"]}
    error = "ResourceShareInvitationArnNotFoundException"
    refused(error, aws.client("ram", OTHER).accept_resource_share_invitation, **arn)
    accepted = tenant.accept_resource_share_invitation(**arn)["resourceShareInvitation"]
    assert accepted["status"] == invitations(tenant)[0]["status"] == "ACCEPTED"
    assert statuses(ram, "PRINCIPAL") == {TENANT: "ASSOCIATED"}
    (seen,) = shares(tenant, "OTHER-ACCOUNTS")
    assert (seen["resourceShareArn"], seen["owningAccountId"], "tags" in seen) == (share, HUB, False)
    assert shares(tenant) == []
    for call in (tenant.accept_resource_share_invitation, tenant.reject_resource_share_invitation):
        refused("ResourceShareInvitationAlreadyAcceptedException", call, **arn)
    refused(MALFORMED, tenant.accept_resource_share_invitation, resourceShareInvitationArn="x")


def test_an_invitation_is_rejected_or_expires_and_comes_again(aws: LocalAws, ram, tenant, rules):
    share = arn_of(ram, resourceArns=rules, principals=[TENANT])
    arn = {"resourceShareInvitationArn": invitations(tenant)[0]["resourceShareInvitationArn"]}
    tenant.reject_resource_share_invitation(**arn)
    assert invitations(tenant)[0]["status"] == "REJECTED"
    assert statuses(ram, "PRINCIPAL") == {TENANT: "DISASSOCIATED"}
    refused("ResourceShareInvitationAlreadyRejectedException", tenant.accept_resource_share_invitation, **arn)
    ram.associate_resource_share(resourceShareArn=share, principals=[TENANT])
    assert statuses(ram, "PRINCIPAL") == {TENANT: "ASSOCIATING"}
    aws.settings(now=8 * DAY)
    assert [i["status"] for i in invitations(tenant)] == ["REJECTED", "EXPIRED"]
    assert statuses(ram, "PRINCIPAL") == {TENANT: "DISASSOCIATED"}
    arn = {"resourceShareInvitationArn": invitations(tenant)[1]["resourceShareInvitationArn"]}
    refused("ResourceShareInvitationExpiredException", tenant.accept_resource_share_invitation, **arn)
    assert shares(tenant, "OTHER-ACCOUNTS") == []
    first = tenant.get_resource_share_invitations(maxResults=1)
    rest = tenant.get_resource_share_invitations(nextToken=first["nextToken"])
    assert len(first["resourceShareInvitations"] + rest["resourceShareInvitations"]) == 2
    assert len(invitations(tenant, resourceShareInvitationArns=list(arn.values()))) == 1
    assert len(invitations(tenant, resourceShareArns=[share])) == 2
    refused(
        "ResourceShareInvitationArnNotFoundException",
        tenant.get_resource_share_invitations,
        resourceShareInvitationArns=[share],
    )


def test_in_one_organization_nobody_is_invited(aws: LocalAws, ram, tenant, rules):
    aws.settings(ramSharingWithOrganization=[HUB, TENANT])
    inside = {"resourceArns": rules, "principals": [TENANT], "allowExternalPrincipals": False}
    share = arn_of(ram, **inside)
    assert statuses(ram, "PRINCIPAL") == {TENANT: "ASSOCIATED"}
    assert invitations(tenant) == []
    assert [s["resourceShareArn"] for s in shares(tenant, "OTHER-ACCOUNTS")] == [share]
    outside = {"resourceShareArn": share, "principals": [OTHER]}
    refused("OperationNotPermittedException", ram.associate_resource_share, **outside)
    refused("OperationNotPermittedException", create, ram=ram, **{**inside, "principals": [OTHER]})
    ram.update_resource_share(resourceShareArn=share, allowExternalPrincipals=True)
    (added,) = ram.associate_resource_share(**outside)["resourceShareAssociations"]
    assert (added["status"], added["external"]) == ("ASSOCIATING", True)
    found = ram.get_resource_share_associations(associationType="PRINCIPAL")["resourceShareAssociations"]
    assert {a["associatedEntity"]: a["external"] for a in found} == {TENANT: False, OTHER: True}


def test_resources_and_principals_come_and_go(aws: LocalAws, ram, tenant, rules):
    aws.settings(ramSharingWithOrganization=[HUB, TENANT], delay={"ramShare": 0.2})
    share = arn_of(ram, resourceArns=rules[:1])
    both = {"resourceShareArn": share, "resourceArns": rules, "principals": [TENANT]}
    added = ram.associate_resource_share(**both)["resourceShareAssociations"]
    assert {a["associatedEntity"] for a in added} == {*rules, TENANT}
    soon(lambda: statuses(ram, "RESOURCE") == dict.fromkeys(rules, "ASSOCIATED"))
    ended = ram.disassociate_resource_share(resourceShareArn=share, resourceArns=rules[:1])
    assert [a["status"] for a in ended["resourceShareAssociations"]] == ["DISASSOCIATING"]
    resolver = aws.client("route53resolver", TENANT)
    assert len(resolver.list_resolver_rules()["ResolverRules"]) == 2
    soon(lambda: statuses(ram, "RESOURCE")[rules[0]] == "DISASSOCIATED")
    assert statuses(ram, "RESOURCE", associationStatus="ASSOCIATED") == {rules[1]: "ASSOCIATED"}
    again = {"resourceShareArn": share, "resourceArns": rules[:1]}
    refused(UNKNOWN, ram.disassociate_resource_share, **again)
    refused(UNKNOWN, ram.disassociate_resource_share, resourceShareArn=share, principals=[OTHER])
    ram.associate_resource_share(**again)
    soon(lambda: statuses(ram, "RESOURCE") == dict.fromkeys(rules, "ASSOCIATED"))
    ram.disassociate_resource_share(resourceShareArn=share, principals=[TENANT])
    assert shares(tenant, "OTHER-ACCOUNTS") == []
    soon(lambda: statuses(ram, "PRINCIPAL") == {TENANT: "DISASSOCIATED"})


def test_a_principal_that_is_taken_out_is_no_longer_invited(ram, tenant, rules):
    share = arn_of(ram, resourceArns=rules, principals=[TENANT])
    ram.disassociate_resource_share(resourceShareArn=share, principals=[TENANT])
    assert invitations(tenant) == []


def test_shares_that_aws_refuses(aws: LocalAws, ram, rules):
    foreign = rules[0].replace(HUB, TENANT)
    for code, changes in (
        (MALFORMED, {"resourceArns": ["rule"]}),
        (MALFORMED, {"resourceArns": [f"arn:aws:sqs:{TOKYO}:{HUB}:queue/x"]}),
        (UNKNOWN, {"resourceArns": [rules[0] + "0"]}),
        (UNKNOWN, {"resourceArns": [foreign]}),
        (UNKNOWN, {"resourceArns": [rules[0].replace(TOKYO, OSAKA)]}),
        (BAD, {"principals": ["4711"]}),
        (BAD, {"name": None}),
        (BAD, {"tags": [{"key": "aws:x", "value": "1"}]}),
        ("TagLimitExceededException", {"tags": [{"key": str(n), "value": ""} for n in range(51)]}),
    ):
        wanted = {k: v for k, v in {"name": "dns", **changes}.items() if v is not None}
        refused(code, ram.create_resource_share, **wanted)
    assert shares(ram) == []
    refused(BAD, ram.get_resource_shares, resourceOwner="ANYBODY")
    for call, more in (
        (ram.delete_resource_share, {}),
        (ram.update_resource_share, {"name": "x"}),
        (ram.associate_resource_share, {"resourceArns": rules}),
        (ram.tag_resource, {"tags": []}),
    ):
        arn = f"arn:aws:ram:{TOKYO}:{HUB}:resource-share/none"
        refused(UNKNOWN, call, resourceShareArn=arn, **more)
        refused(MALFORMED, call, resourceShareArn="none", **more)
    share = arn_of(ram)
    refused(UNKNOWN, aws.client("ram", TENANT).delete_resource_share, resourceShareArn=share)


def test_a_deleted_share_stays_in_the_list(aws: LocalAws, ram, tenant, rules):
    aws.settings(ramSharingWithOrganization=[HUB, TENANT])
    share = arn_of(ram, resourceArns=rules, principals=[TENANT])
    pending = arn_of(ram, principals=[OTHER])
    assert ram.delete_resource_share(resourceShareArn=share)["returnValue"] is True
    ram.delete_resource_share(resourceShareArn=pending)
    assert {s["status"] for s in shares(ram)} == {"DELETED"}
    assert shares(ram, resourceShareStatus="ACTIVE") == []
    assert shares(tenant, "OTHER-ACCOUNTS") == invitations(aws.client("ram", OTHER)) == []
    assert statuses(ram, "RESOURCE") == dict.fromkeys(rules, "DISASSOCIATED")
    refused(UNKNOWN, ram.delete_resource_share, resourceShareArn=share)
    refused(UNKNOWN, ram.associate_resource_share, resourceShareArn=share, principals=[OTHER])


def test_a_token_makes_one_share(ram, rules):
    wanted = {"resourceArns": rules, "clientToken": "one"}
    first = ram.create_resource_share(name="dns", **wanted)
    again = ram.create_resource_share(name="dns", **wanted)
    assert first["resourceShare"] == again["resourceShare"]
    assert first["clientToken"] == "one"
    refused("IdempotentParameterMismatchException", ram.create_resource_share, name="other", **wanted)
    assert len(shares(ram)) == 1
    assert arn_of(ram, clientToken="two") != arn_of(ram)
    share = {"resourceShareArn": first["resourceShare"]["resourceShareArn"], "clientToken": "end"}
    for _ in range(2):
        ram.delete_resource_share(**share)


def test_names_and_tags_change(ram):
    share = {"resourceShareArn": arn_of(ram, tags=[{"key": "a", "value": "1"}])}
    assert ram.update_resource_share(**share, name="new")["resourceShare"]["name"] == "new"
    ram.tag_resource(**share, tags=[{"key": "a", "value": "2"}, {"key": "b", "value": "3"}])
    ram.untag_resource(**share, tagKeys=["b", "none"])
    (found,) = shares(ram)
    assert (found["name"], found["tags"]) == ("new", [{"key": "a", "value": "2"}])
    refused(BAD, ram.tag_resource, **share, tags=[{"key": "aws:a", "value": "2"}])


def test_shares_are_listed_in_pages_and_by_filters(aws: LocalAws, ram):
    made = [arn_of(ram, name=n, tags=[{"key": "kind", "value": n}]) for n in ("one", "two", "three")]
    first = ram.get_resource_shares(resourceOwner="SELF", maxResults=2)
    rest = ram.get_resource_shares(resourceOwner="SELF", nextToken=first["nextToken"])
    assert [s["resourceShareArn"] for s in first["resourceShares"] + rest["resourceShares"]] == made
    refused("InvalidNextTokenException", shares, client=ram, nextToken="x")
    refused(BAD, shares, client=ram, maxResults=501)

    def found(**more):
        return [s["name"] for s in shares(ram, **more)]

    assert found(tagFilters=[{"tagKey": "kind", "tagValues": ["one", "two"]}]) == ["one", "two"]
    assert found(tagFilters=[{"tagKey": "kind"}]) == ["one", "two", "three"]
    assert found(tagFilters=[{"tagKey": "none"}]) == []
    assert found(name="two") == found(resourceShareArns=[made[1]]) == ["two"]
    refused(UNKNOWN, found, resourceShareArns=[made[0], made[0] + "0"])
    aws.settings(lag=30)
    late = arn_of(ram, name="late")
    assert "late" not in found()
    assert found(resourceShareArns=[late]) == ["late"]
    aws.settings(now=31)
    assert "late" in found()


def test_associations_are_listed_in_pages_and_by_filters(ram, rules):
    share, other = arn_of(ram, resourceArns=rules, principals=[TENANT]), arn_of(ram, resourceArns=rules[:1])
    wanted = {"associationType": "RESOURCE"}
    first = ram.get_resource_share_associations(**wanted, maxResults=2)
    rest = ram.get_resource_share_associations(**wanted, nextToken=first["nextToken"])
    found = first["resourceShareAssociations"] + rest["resourceShareAssociations"]
    assert [(a["resourceShareArn"], a["associatedEntity"]) for a in found] == [
        (share, rules[0]),
        (share, rules[1]),
        (other, rules[0]),
    ]
    assert {(a["associationType"], a["resourceShareName"]) for a in found} == {("RESOURCE", "dns")}
    assert set(statuses(ram, "RESOURCE", resourceShareArns=[other])) == {rules[0]}
    assert set(statuses(ram, "RESOURCE", resourceArn=rules[1])) == {rules[1]}
    assert statuses(ram, "PRINCIPAL", principal=OTHER) == {}
    refused(BAD, statuses, client=ram, kind="PRINCIPAL", resourceArn=rules[0])
    refused(BAD, statuses, client=ram, kind="RESOURCE", principal=TENANT)
    refused(BAD, statuses, client=ram, kind="ANYTHING")
    refused(UNKNOWN, statuses, client=ram, kind="RESOURCE", resourceShareArns=[share + "0"])


def test_resources_are_listed(aws: LocalAws, ram, tenant, rules):
    aws.settings(ramSharingWithOrganization=[HUB, TENANT])
    share = arn_of(ram, resourceArns=rules, principals=[TENANT])
    for client, owner in ((ram, "SELF"), (tenant, "OTHER-ACCOUNTS")):
        found = client.list_resources(resourceOwner=owner)["resources"]
        assert [(r["arn"], r["type"]) for r in found] == [(a, "route53resolver:ResolverRule") for a in rules]
        assert {r["resourceShareArn"] for r in found} == {share}
    one = ram.list_resources(resourceOwner="SELF", resourceArns=rules[:1])["resources"]
    assert [r["arn"] for r in one] == rules[:1]
    assert tenant.list_resources(resourceOwner="SELF")["resources"] == []


def test_calls_are_counted(aws: LocalAws, ram, rules):
    share = arn_of(ram, principals=[TENANT])
    aws.side("POST", "calls/reset")
    tenant = aws.client("ram", TENANT)
    arn = invitations(tenant)[0]["resourceShareInvitationArn"]
    tenant.accept_resource_share_invitation(resourceShareInvitationArn=arn)
    ram.delete_resource_share(resourceShareArn=share)
    refused(UNKNOWN, ram.delete_resource_share, resourceShareArn=share)
    counts = {
        (c["account"], c["region"], c["service"], c["operation"], c["kind"], c["outcome"])
        for c in aws.side("GET", "calls")
    }
    assert counts == {
        (TENANT, TOKYO, "ram", "GetResourceShareInvitations", "read", "ok"),
        (TENANT, TOKYO, "ram", "AcceptResourceShareInvitation", "write", "ok"),
        (HUB, TOKYO, "ram", "DeleteResourceShare", "write", "ok"),
        (HUB, TOKYO, "ram", "DeleteResourceShare", "write", UNKNOWN),
    }
