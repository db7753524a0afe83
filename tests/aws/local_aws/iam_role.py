"""IAM roles: trust policies that IAM refuses, sizes of policies, changes that keep what they do not name.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import re
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse

from . import policy_form
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page
from .sts import as_list

TRUST_LIMIT = 2_048
INLINE_LIMIT = 10_240
TRUST_ACTIONS = re.compile(r"(?i)sts:(AssumeRole(WithSAML|WithWebIdentity)?|TagSession|SetSourceIdentity|\*)")
FEDERATED = re.compile(
    r"arn:aws:iam::\d{12}:(oidc|saml)-provider/.+"
    r"|cognito-identity\.amazonaws\.com|www\.amazon\.com|graph\.facebook\.com|accounts\.google\.com"
)
# Documents are answered percent-encoded; moto forgets it in the list.
IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER["ListRolesResponse.Roles.Role.AssumeRolePolicyDocument"] = (
    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER["GetRoleResponse.Role.AssumeRolePolicyDocument"]
)


def home_of(call: Call) -> Any:
    """moto's IAM of the caller's account."""
    return iam_backends[call.account]["aws"]


def no_entity(message: str) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("NoSuchEntity", message, 404)


def role_of(call: Call) -> Any:
    """moto's role that the call names."""
    name = call.params["RoleName"]
    role = next((r for r in home_of(call).roles.values() if r.name == name), None)
    if role is None:
        raise no_entity(f"The role with name {name} cannot be found.")
    return role


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def check_trust(text: str) -> dict[str, Any]:
    """The trust policy, when IAM would take it."""
    policy = policy_form.parse(text, _malformed)
    if _size(text) > TRUST_LIMIT:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}", 409)
    for statement in as_list(policy["Statement"]):
        for name in ("Resource", "NotResource", "NotPrincipal"):
            if name in statement:
                raise _malformed(f"Has prohibited field {name}")
        policy_form.check_statement(statement, _malformed, resource=False)
        policy_form.check_principals(statement, _malformed)
        for action in as_list(statement.get("Action")) + as_list(statement.get("NotAction")):
            if not TRUST_ACTIONS.fullmatch(action):
                raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        principals = statement["Principal"]
        for name in as_list(principals.get("Federated")) if isinstance(principals, dict) else []:
            if not FEDERATED.fullmatch(name):
                raise _malformed(f'Federated principals must be valid domain names or ARNs: "{name}"')
    return policy


def _size(text: str) -> int:
    # Whitespace does not count.
    return len(re.sub(r"\s", "", text))


def trust_of(role: Any) -> str:
    """The trust policy as IAM answers it: gone principals are their ids, accounts their roots' ARNs."""
    text = role.assume_role_policy_document
    policy = json.loads(text)
    answered = policy_form.compact(policy, getattr(role, "trust_ids", {}))
    names = [_principals(p) for p in (policy, answered)]
    return text if names[0] == names[1] else json.dumps(answered, separators=(",", ":"))


def _principals(policy: dict[str, Any]) -> list[Any]:
    return [
        {k: as_list(v) for k, v in s["Principal"].items()} if isinstance(s.get("Principal"), dict) else None
        for s in as_list(policy["Statement"])
    ]


@correct("iam", "CreateRole")
def create_role(call: Call, base: Base) -> Any:
    """Names are unique whatever their case; the trust policy is checked before the role exists."""
    name = call.params["RoleName"]
    if any(r.name.lower() == name.lower() for r in home_of(call).roles.values()):
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    policy = check_trust(call.params["AssumeRolePolicyDocument"])
    result = base()
    result["Role"].trust_ids = policy_form.role_ids(policy)
    return result


@correct("iam", "GetRole", "ListRoles")
def show_trust(call: Call, base: Base) -> Any:
    """Trust policies as IAM answers them."""
    if call.operation == "ListRoles":
        roles = [
            r
            for r in sorted(home_of(call).roles.values(), key=lambda r: r.name)
            if r.path.startswith(call.params.get("PathPrefix") or "/")
        ]
        shown, marker = page(call, roles, 100, "MaxItems", "Marker", "ValidationError")
        for role in shown:
            role.assume_role_policy_document = trust_of(role)
        return {"Roles": shown, "IsTruncated": bool(marker), "Marker": marker}
    role = role_of(call)
    role.assume_role_policy_document = trust_of(role)
    return base()


@correct("iam", "UpdateAssumeRolePolicy")
def update_trust(call: Call, base: Base) -> Any:
    """Replaces the trust policy."""
    role = role_of(call)
    policy = check_trust(call.params["PolicyDocument"])
    role.assume_role_policy_document = call.params["PolicyDocument"]
    role.trust_ids = policy_form.role_ids(policy)
    return {}


@correct("iam", "UpdateRole")
def update_role(call: Call, base: Base) -> Any:
    """What is not named stays."""
    role = role_of(call)
    for name in ("Description", "MaxSessionDuration"):
        if name in call.params:
            setattr(role, camelcase_to_underscores(name), call.params[name])
    return {}


@correct("iam", "PutRolePolicy")
def put_role_policy(call: Call, base: Base) -> Any:
    """All inline policies of a role together have a limit."""
    role, name = role_of(call), call.params["PolicyName"]
    text = call.params["PolicyDocument"]
    policy = policy_form.parse(text, _malformed)
    for statement in as_list(policy["Statement"]):
        policy_form.check_statement(statement, _malformed, principal=False)
    others = sum(_size(t) for n, t in role.policies.items() if n != name)
    if others + _size(text) > INLINE_LIMIT:
        message = f"Maximum policy size of {INLINE_LIMIT} bytes exceeded for role {role.name}"
        raise AwsError("LimitExceeded", message, 409)
    return base()


@correct("iam", "DeleteRolePolicy")
def delete_role_policy(call: Call, base: Base) -> Any:
    """Only a policy that is there is deleted."""
    role, name = role_of(call), call.params["PolicyName"]
    if name not in role.policies:
        raise no_entity(f"The role policy with name {name} cannot be found.")
    return base()


@correct("iam", "ListRolePolicies")
def list_role_policies(call: Call, base: Base) -> Any:
    """Names in pages."""
    names, marker = page(call, sorted(role_of(call).policies), 100, "MaxItems", "Marker", "ValidationError")
    return {"PolicyNames": names, "IsTruncated": bool(marker), "Marker": marker}
