"""IAM's summary of an account: what its root user has, which is nothing where an organization manages it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html
"""

from typing import Any

from moto.iam.models import iam_backends

from . import settings
from .corrections import Base, correct
from .identify import Call

# How the summary calls what `rootUsers` of `/local-aws/settings` says of an account.
PARTS = {
    "password": "AccountPasswordPresent",
    "mfa": "AccountMFAEnabled",
    "accessKeys": "AccountAccessKeysPresent",
}


@correct("iam", "GetAccountSummary")
def summary(call: Call, base: Base) -> Any:
    """moto's counts, and what the test says of the root user."""
    counts = iam_backends[call.account]["aws"].account_summary.summary_map
    has = settings.root_user(call.account)
    root = {name: int(bool(has[part])) for part, name in PARTS.items()}
    return {"SummaryMap": counts | root}
