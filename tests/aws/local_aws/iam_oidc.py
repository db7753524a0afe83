"""IAM OIDC providers: optional thumbprints, audiences that come and go, https only.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html
"""

import hashlib
from typing import Any

from .corrections import Base, correct
from .errors import AwsError
from .iam_role import home_of, no_entity
from .identify import Call

CLIENT_IDS = 100


def provider_of(call: Call) -> Any:
    """moto's provider that the call names."""
    arn = call.params["OpenIDConnectProviderArn"]
    provider = home_of(call).open_id_providers.get(arn)
    if provider is None:
        raise no_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return provider


@correct("iam", "CreateOpenIDConnectProvider")
def create_provider(call: Call, base: Base) -> Any:
    """One per URL; without a thumbprint IAM fetches the one of the issuer's certificate authority."""
    params = call.params
    url = params["Url"]
    if not url.startswith("https://") or not url.removeprefix("https://").strip("/"):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    issuer = url.removeprefix("https://").rstrip("/")
    taken = {p.url.rstrip("/") for p in home_of(call).open_id_providers.values()}
    if issuer in taken:
        message = f"Provider with url {url} already exists."
        raise AwsError("EntityAlreadyExists", message, 409)
    result = base()
    provider = home_of(call).open_id_providers[result["OpenIDConnectProviderArn"]]
    if not provider.thumbprint_list:
        provider.thumbprint_list = [hashlib.sha1(issuer.encode()).hexdigest()]
    return {**result, "Tags": provider.tag_list_type}


@correct("iam", "AddClientIDToOpenIDConnectProvider")
def add_client_id(call: Call, base: Base) -> Any:
    """An audience that is there already stays."""
    provider, wanted = provider_of(call), call.params["ClientID"]
    if wanted not in provider.client_id_list:
        if len(provider.client_id_list) >= CLIENT_IDS:
            message = f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_IDS}"
            raise AwsError("LimitExceeded", message, 409)
        provider.client_id_list.append(wanted)
    return {}


@correct("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id(call: Call, base: Base) -> Any:
    """An audience that is not there need not go."""
    provider = provider_of(call)
    provider.client_id_list = [c for c in provider.client_id_list if c != call.params["ClientID"]]
    return {}


@correct("iam", "DeleteOpenIDConnectProvider")
def delete_provider(call: Call, base: Base) -> Any:
    """A provider that is not there need not go."""
    home_of(call).open_id_providers.pop(call.params["OpenIDConnectProviderArn"], None)
    return {}
