"""One error type for every correction, and each service's own names for the general refusals."""

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """A refusal as AWS words it: code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(code, message)
        self.status = status


# EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# KMS: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
# S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
THROTTLED = {
    "ec2": ("RequestLimitExceeded", 503),
    "kms": ("ThrottlingException", 400),
    "s3": ("SlowDown", 503),
    "ram": ("ThrottlingException", 429),
    "route53resolver": ("ThrottlingException", 400),
    "sqs": ("RequestThrottled", 400),
    "transfer": ("ThrottlingException", 400),
    "secretsmanager": ("ThrottlingException", 400),
}
DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "kms": ("AccessDeniedException", 400),
    "ram": ("AccessDeniedException", 403),
    "route53resolver": ("AccessDeniedException", 400),
    "transfer": ("AccessDeniedException", 400),
    "secretsmanager": ("AccessDeniedException", 400),
}
INTERNAL = {
    "ec2": ("InternalError", 500),
    "kms": ("KMSInternalException", 500),
    "ram": ("ServerInternalException", 500),
    "route53resolver": ("InternalServiceErrorException", 500),
    "s3": ("InternalError", 500),
    "transfer": ("InternalServiceError", 500),
    "secretsmanager": ("InternalServiceError", 500),
}


def throttled(service: str) -> AwsError:
    """The answer of a service whose request rate is exceeded."""
    code, status = THROTTLED.get(service, ("Throttling", 400))
    message = "Request limit exceeded." if service == "ec2" else "Rate exceeded"
    return AwsError(code, message, status)


def denied(service: str, operation: str, principal: str, by_scp: bool = False) -> AwsError:
    """Access denied; by a service control policy the message says so.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    code, status = DENIED.get(service, ("AccessDenied", 403))
    why = (
        "with an explicit deny in a service control policy"
        if by_scp
        else f"because no identity-based policy allows the {service}:{operation} action"
    )
    text = f"User: {principal} is not authorized to perform: {service}:{operation} on resource: * {why}"
    prefix = "You are not authorized to perform this operation. " if service == "ec2" else ""
    return AwsError(code, prefix + text, status)


def internal(service: str) -> AwsError:
    """A failure inside AWS, whose effect the caller cannot know."""
    code, status = INTERNAL.get(service, ("InternalFailure", 500))
    return AwsError(code, "An internal error has occurred", status)
