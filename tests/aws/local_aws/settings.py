"""What `/local-aws/settings` sets: delays, lag, quotas, sharing, rate limits, the clock."""

import copy
from typing import Any

from . import clock

DEFAULTS: dict[str, Any] = {
    # Seconds that each asynchronous state lasts; `default` where a name is not given. A certificate waits
    # for somebody's record in the DNS.
    "delay": {"default": 0.1, "certificate": 60},
    # Seconds that a new resource is missing from lists and from describes by filter.
    "lag": 0.0,
    # Seconds that AssumeRole takes to answer.
    "tokenLatency": 0.0,
    # Quotas that tests want small or large.
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
    "quota": {
        "vpcs": 200,
        "keys": 100_000,
        "networkAclEntries": 20,
        "resolverEndpoints": 4,
        "resolverIps": 6,
        "resolverRules": 1000,
        "resolverTargetIps": 6,
        "resolverRuleAssociations": 2000,
        "resolverQueryLogConfigs": 20,
        "resolverQueryLogAssociations": 100,
        # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
        "pendingSnapshots": 100,
        "volumeSnapshots": 5,
        "snapshotCopies": 20,
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html
        "imageCopies": 100,
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html: of each kind
        "dbSnapshots": 100,
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html: both together
        "dbSnapshotCopies": 20,
    },
    # [{"account", "region", "source", "times", "message"}]: copies of snapshots and images that fail.
    # `region` is where they are copied to, `source` a glob of ids; what is left out matches all, and without
    # `times` always.
    "copyErrors": [],
    # The same for copies of databases' snapshots, which say no message; `source` a glob of names or ARNs.
    "dbCopyErrors": [],
    # [{"id": "tgw-…", "owner": "account", "accounts": ["…"]}]: resource shares of transit gateways.
    "sharedTransitGateways": [],
    # Accounts of one organization that RAM shares with: among them nobody is invited.
    "ramSharingWithOrganization": [],
    # Accounts of one organization for CloudTrail, the management account first: its trails are theirs too.
    "organization": [],
    # {"account": {"password": bool, "mfa": bool, "accessKeys": number}}: what root users have; by default
    # nothing, as those of accounts that an organization makes.
    "rootUsers": {},
    # Whether S3 calls of roles' sessions are decided by policies.
    "authorize": False,
    # {"kms:CreateKey": [burst, per second]}: token buckets per account and region; `service:*` is one bucket
    # of all operations. What a test sets replaces these: Resolver answers five requests a second.
    "buckets": {"route53resolver:*": [5, 5]},
    # Accounts that no bucket holds back.
    "unthrottled": [],
}
ROOT_USER = {"password": False, "mfa": False, "accessKeys": 0}
COPY_ERROR = {"account", "region", "source", "times", "message"}
COPY_ERRORS = {"copyErrors": COPY_ERROR, "dbCopyErrors": COPY_ERROR - {"message"}}
_values: dict[str, Any] = copy.deepcopy(DEFAULTS)


def get(name: str) -> Any:
    """The value of one setting."""
    return _values[name]


def delay(name: str) -> float:
    """How long the asynchronous state `name` lasts, in seconds."""
    delays = _values["delay"]
    return float(delays.get(name, delays["default"]))


def root_user(account: str) -> dict[str, Any]:
    """What the root user of an account has."""
    return ROOT_USER | _values["rootUsers"].get(account, {})


def change(wanted: dict[str, Any]) -> dict[str, Any]:
    """Sets what `wanted` names; maps are merged. Unknown names are refused, so a typo does not pass."""
    wanted = dict(wanted)
    if "now" in wanted:
        clock.offset = float(wanted.pop("now") or 0)
    unknown = set(wanted) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown settings: {sorted(unknown)}; known: {sorted(DEFAULTS)} and now")
    for name, known in COPY_ERRORS.items():
        for rule in wanted.get(name, []):
            if strange := set(rule) - known:
                raise ValueError(f"unknown in {name}: {sorted(strange)}; known: {sorted(known)}")
    for has in wanted.get("rootUsers", {}).values():
        if strange := set(has) - set(ROOT_USER):
            raise ValueError(f"unknown in rootUsers: {sorted(strange)}; known: {sorted(ROOT_USER)}")
    for name, value in wanted.items():
        if isinstance(DEFAULTS[name], dict) and name != "buckets":
            _values[name].update(value)
        else:
            _values[name] = value
    return current()


def current() -> dict[str, Any]:
    """All settings, with the clock's offset as `now`."""
    return {**_values, "now": clock.offset}


def reset() -> None:
    """Back to the defaults."""
    _values.clear()
    _values.update(copy.deepcopy(DEFAULTS))
