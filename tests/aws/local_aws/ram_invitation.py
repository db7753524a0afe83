"""RAM's invitations: an account outside of the owner's organization uses a share once it has accepted.

https://docs.aws.amazon.com/ram/latest/userguide/working-with-shared-invitations.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourceShareInvitations.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_AcceptResourceShareInvitation.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_RejectResourceShareInvitation.html
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import clock
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .ram_share import ARN, Association, Share, today, turn

# "You have seven days to accept", for what has Resolver rules in it.
SECONDS = 7 * 86_400


@dataclass
class Invitation:
    """An invitation to one account."""

    arn: str
    share: Share
    association: Association
    sent: datetime
    answer: str = "PENDING"

    @property
    def open(self) -> bool:
        """Whether the principal still waits for this invitation's answer."""
        return self.share.status == "ACTIVE" and self.association.status == "ASSOCIATING"

    def described(self) -> dict[str, Any]:
        """As AWS answers it."""
        return {
            "resourceShareInvitationArn": self.arn,
            "resourceShareName": self.share.name,
            "resourceShareArn": self.share.arn,
            "senderAccountId": self.share.owner,
            "receiverAccountId": self.association.entity,
            "invitationTimestamp": self.sent,
            "status": self.answer,
        }


_invitations: dict[str, Invitation] = {}


@on_reset
def reset() -> None:
    """Nobody is invited."""
    _invitations.clear()


def invite(share: Share, association: Association) -> None:
    """Invites the principal; without an answer in time it is as if it declined."""
    arn = f"arn:aws:ram:{share.region}:{share.owner}:resource-share-invitation/{uuid.uuid4()}"
    _invitations[arn] = invitation = Invitation(arn, share, association, today())
    clock.after(SECONDS, lambda: _answer(invitation, "EXPIRED", "DISASSOCIATED"))


def _answer(invitation: Invitation, answer: str, status: str) -> None:
    if invitation.answer == "PENDING":
        invitation.answer = answer
        if invitation.open:
            invitation.association.change(status)


def _received(call: Call) -> list[Invitation]:
    """The caller's invitations; a pending one ends with the share, or with the principal's place in it."""
    here = [i for i in _invitations.values() if i.share.region == call.region]
    return [i for i in here if i.association.entity == call.account and (i.open or i.answer != "PENDING")]


@correct("ram", "GetResourceShareInvitations")
def get_invitations(call: Call, base: Base) -> Any:
    """Those that the caller has received, in pages."""
    found, params = _received(call), call.params
    for arn in params.get("resourceShareInvitationArns") or []:
        if arn not in [i.arn for i in found]:
            raise _missing(arn)
    by_arn, by_share = params.get("resourceShareInvitationArns"), params.get("resourceShareArns")
    found = [
        i for i in found if (not by_arn or i.arn in by_arn) and (not by_share or i.share.arn in by_share)
    ]
    part, rest = turn(call, found)
    return {"resourceShareInvitations": [i.described() for i in part], **rest}


def _missing(arn: str) -> AwsError:
    return AwsError("ResourceShareInvitationArnNotFoundException", f"Invitation {arn} could not be found.")


@correct("ram", "AcceptResourceShareInvitation", "RejectResourceShareInvitation")
def accept_or_reject(call: Call, base: Base) -> Any:
    """Once, by the account that is invited."""
    arn = call.params["resourceShareInvitationArn"]
    if not ARN.fullmatch(arn):
        raise AwsError("MalformedArnException", f"The specified invitation ARN {arn} is not valid.")
    invitation = next((i for i in _received(call) if i.arn == arn), None)
    if invitation is None:
        raise _missing(arn)
    if invitation.answer != "PENDING":
        how = {"ACCEPTED": "AlreadyAccepted", "REJECTED": "AlreadyRejected"}.get(invitation.answer, "Expired")
        text = f"Invitation {arn} is {invitation.answer.lower()}."
        raise AwsError(f"ResourceShareInvitation{how}Exception", text)
    if call.operation.startswith("Accept"):
        _answer(invitation, "ACCEPTED", "ASSOCIATED")
    else:
        _answer(invitation, "REJECTED", "DISASSOCIATED")
    return {"resourceShareInvitation": invitation.described()}
