"""One error type for every correction, and each service's own names for the general refusals."""

from moto.core.exceptions import ServiceException

from .identify import Call


class AwsError(ServiceException):
    """A refusal as AWS words it: code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(code, message)
        self.status = status


# EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# KMS: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
# S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
# Config: https://docs.aws.amazon.com/config/latest/APIReference/CommonErrors.html
# GuardDuty: https://docs.aws.amazon.com/guardduty/latest/APIReference/CommonErrors.html
# Service Quotas: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
# Tagging: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
THROTTLED = {
    "acm": ("ThrottlingException", 400),
    "cloudtrail": ("ThrottlingException", 400),
    "config": ("ThrottlingException", 400),
    "directconnect": ("ThrottlingException", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "guardduty": ("TooManyRequestsException", 429),
    "kms": ("ThrottlingException", 400),
    "s3": ("SlowDown", 503),
    "ram": ("ThrottlingException", 429),
    "route53resolver": ("ThrottlingException", 400),
    "sqs": ("RequestThrottled", 400),
    "transfer": ("ThrottlingException", 400),
    "secretsmanager": ("ThrottlingException", 400),
    "securityhub": ("TooManyRequestsException", 429),
    "servicequotas": ("TooManyRequestsException", 400),
    "tagging": ("ThrottledException", 400),
}
DENIED = {
    "acm": ("AccessDeniedException", 400),
    "cloudtrail": ("AccessDeniedException", 400),
    "config": ("AccessDeniedException", 400),
    "directconnect": ("AccessDeniedException", 400),
    "ec2": ("UnauthorizedOperation", 403),
    "guardduty": ("AccessDeniedException", 403),
    "kms": ("AccessDeniedException", 400),
    "ram": ("AccessDeniedException", 403),
    "route53resolver": ("AccessDeniedException", 400),
    "transfer": ("AccessDeniedException", 400),
    "secretsmanager": ("AccessDeniedException", 400),
    "securityhub": ("AccessDeniedException", 403),
    "servicequotas": ("AccessDeniedException", 400),
    "tagging": ("AccessDeniedException", 400),
}
INTERNAL = {
    "directconnect": ("DirectConnectServerException", 400),
    "ec2": ("InternalError", 500),
    "guardduty": ("InternalServerErrorException", 500),
    "kms": ("KMSInternalException", 500),
    "ram": ("ServerInternalException", 500),
    "route53resolver": ("InternalServiceErrorException", 500),
    "s3": ("InternalError", 500),
    "transfer": ("InternalServiceError", 500),
    "secretsmanager": ("InternalServiceError", 500),
    "securityhub": ("InternalException", 500),
    "servicequotas": ("ServiceException", 500),
    "tagging": ("InternalServiceException", 500),
}


def throttled(service: str) -> AwsError:
    """The answer of a service whose request rate is exceeded."""
    code, status = THROTTLED.get(service, ("Throttling", 400))
    message = "Request limit exceeded." if service == "ec2" else "Rate exceeded"
    return AwsError(code, message, status)


def denied(call: Call, policy: str | None = None) -> AwsError:
    """Access denied: by a policy's explicit deny, whose kind the message says, or as none allows it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    code, status = DENIED.get(call.service, ("AccessDenied", 403))
    why = (
        f"with an explicit deny in {policy}"
        if policy
        else f"because no identity-based policy allows the {call.action} action"
    )
    text = f"User: {call.principal} is not authorized to perform: {call.action} on resource: * {why}"
    prefix = "You are not authorized to perform this operation. " if call.service == "ec2" else ""
    return AwsError(code, prefix + text, status)


def internal(service: str) -> AwsError:
    """A failure inside AWS, whose effect the caller cannot know."""
    code, status = INTERNAL.get(service, ("InternalFailure", 500))
    return AwsError(code, "An internal error has occurred", status)
