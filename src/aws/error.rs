//! The one error table: what AWS's error codes mean to the operator. No other file knows codes.
//!
//! Codes: [EC2](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html),
//! [KMS](https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html),
//! [S3](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html),
//! [RDS](https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html),
//! [IAM](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html),
//! [Transfer](https://docs.aws.amazon.com/transfer/latest/APIReference/API_CreateServer.html),
//! [Resolver](https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverEndpoint.html),
//! [Route 53](https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html),
//! [RAM](https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html),
//! [Secrets Manager](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html).

use std::error::Error;
use std::fmt;

use aws_sdk_ec2::types::{UnsuccessfulItem, UnsuccessfulItemError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jichitai_plan::observation::{Fault, FaultKind};

/// Codes by what they mean; the first match counts. A `*` stands for any beginning or end.
const TABLE: &[(FaultKind, &[&str])] = &[
    (
        FaultKind::Throttled,
        &[
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "Throttl*",
            "EC2Throttled*",
            "RequestThrottled*",
            "TooManyRequests*",
            "SlowDown",
            "PriorRequestNotComplete",
            // IAM is still at another call for the same thing, and refuses for certain.
            "ConcurrentModification*",
            "EntityTemporarilyUnmodifiable*",
        ],
    ),
    (
        // The credentials ran out or the clocks differ for a moment: the next attempt has new ones.
        FaultKind::Transient,
        &[
            "ExpiredToken*",
            "RequestExpired",
            "TokenRefreshRequired",
            "RequestTimeTooSkewed",
        ],
    ),
    (
        FaultKind::Transient,
        &[
            "Internal*",
            "ServiceUnavailable*",
            "Unavailable",
            "RequestTimeout*",
            "ServerBusy",
            "DependencyTimeout*",
            "KMSInternal*",
            "KeyUnavailable*",
        ],
    ),
    (
        FaultKind::Denied,
        &[
            "AccessDenied*",
            "AllAccessDisabled",
            "MethodNotAllowed",
            "UnauthorizedOperation",
            "UnauthorizedAccess",
            "NotAuthorized*",
            "AuthFailure",
            "Blocked",
            "OptInRequired",
            "PendingVerification",
            "AccountProblem",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "UnrecognizedClient*",
            "MissingAuthenticationToken*",
            "SignatureDoesNotMatch",
            "InvalidSignature*",
            "IncompleteSignature*",
        ],
    ),
    (
        FaultKind::Limit,
        &[
            "*LimitExceeded*",
            "*QuotaExceeded*",
            "TooManyBuckets",
            "InsufficientFreeAddressesInSubnet",
        ],
    ),
    (
        FaultKind::Conflict,
        &[
            "DependencyViolation",
            "IncorrectState*",
            "Incorrect*State",
            "Invalid*State",
            "InvalidStateTransition",
            "KMSInvalidState*",
            "Disabled*",
            "ConflictException",
            "OperationAborted",
            "IdempotentParameterMismatch*",
            "*AlreadyExist*",
            "*AlreadyAssociated",
            "*AlreadyOwnedByYou",
            "*.Duplicate",
            "*.InUse",
            "*InUse*",
            "*.Conflict",
            // Route 53: another zone of this name answers in the VPC; the zone would be left without a VPC.
            "ConflictingDomainExists",
            "LastVPCAssociation",
            "DeleteConflict*",
            "ResourceExists*",
            "DuplicateTransitGatewayAttachment*",
            "BucketNotEmpty",
        ],
    ),
    (
        FaultKind::NotFound,
        &[
            "*.NotFound",
            "*NotFound",
            "*NotFoundException",
            "*NotFoundFault",
            "*NotFoundError",
            "UnknownResource*",
            "*.Unknown",
            // An image that was deregistered a while ago.
            "InvalidAMIID.Unavailable",
            "NoSuch*",
        ],
    ),
    (
        // The status says forbidden, and no permission would help.
        FaultKind::Invalid,
        &["CrossLocationLoggingProhibit*"],
    ),
];

/// What S3 says when it is the bucket that does not exist, and not one of its settings.
const NO_BUCKET: &str = "NoSuchBucket";

/// What AWS says when an organization forbids a call, whatever the code.
const ORGANIZATION_DENIES: &str = "explicit deny in a service control policy";

/// The `Fault` of a failed call.
pub(crate) fn fault<E>(error: SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(Refused(fault)) = find_refusal(&error) {
        return fault.clone();
    }
    let operation = operation::<E>();
    let request_id = error.request_id().map(str::to_owned);
    let local = |kind, code: &str, message| Fault {
        kind,
        operation: operation.clone(),
        code: code.to_owned(),
        message,
        request_id: request_id.clone(),
    };
    match &error {
        SdkError::ServiceError(context) => {
            let (code, message) = (context.err().code(), context.err().message().unwrap_or_default());
            let status = context.raw().status().as_u16();
            let shown = code.map_or_else(|| format!("Http{status}"), str::to_owned);
            local(
                kind(code.unwrap_or_default(), status, message),
                &shown,
                message.to_owned(),
            )
        }
        SdkError::TimeoutError(_) => local(FaultKind::Transient, "Timeout", chain(&error)),
        SdkError::ConstructionFailure(_) => local(FaultKind::Invalid, "RequestNotBuilt", chain(&error)),
        SdkError::ResponseError(_) => local(FaultKind::Transient, "UnreadableResponse", chain(&error)),
        _ => local(FaultKind::Transient, "NotDispatched", chain(&error)),
    }
}

/// The fault of an answer that lacks what it must have: whether the call had an effect is unknown.
pub(crate) fn incomplete(operation: &str, missing: &str) -> Fault {
    Fault {
        kind: FaultKind::Transient,
        operation: operation.to_owned(),
        code: "IncompleteAnswer".to_owned(),
        message: format!("AWS's answer has no {missing}"),
        request_id: None,
    }
}

/// The fault of a request that lacks what it must have: nothing was sent.
pub(crate) fn unbuilt(operation: &str, why: impl fmt::Display) -> Fault {
    Fault {
        kind: FaultKind::Invalid,
        operation: operation.to_owned(),
        code: "RequestNotBuilt".to_owned(),
        message: why.to_string(),
        request_id: None,
    }
}

/// Whether the bucket itself is not there.
pub(crate) fn names_no_bucket(fault: &Fault) -> bool {
    fault.code == NO_BUCKET
}

/// Whether the account does not use the service.
pub(crate) fn is_not_subscribed(fault: &Fault) -> bool {
    fault.code == "InvalidAccessException" && fault.message.contains("not subscribed")
}

/// Whether a conditional write found that there is something already.
pub(crate) fn is_there(fault: &Fault) -> bool {
    fault.code == "PreconditionFailed"
}

/// Whether a conditional write found something else than what it was to replace, or met another write.
pub(crate) fn is_overtaken(fault: &Fault) -> bool {
    ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"].contains(&fault.code.as_str())
}

/// The fault in an answer that is a success as a whole and lists what was refused.
pub(crate) fn unsuccessful(operation: &str, items: Vec<UnsuccessfulItem>) -> Result<(), Fault> {
    let Some(item) = items.into_iter().next() else {
        return Ok(());
    };
    let error = item.error.unwrap_or_else(|| UnsuccessfulItemError::builder().build());
    Err(refused(operation, error.code, error.message))
}

/// The fault of one item of such an answer.
pub(crate) fn refused(operation: &str, code: Option<String>, message: Option<String>) -> Fault {
    let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
    Fault {
        kind: kind(&code, 400, &message),
        operation: operation.to_owned(),
        code,
        message,
        request_id: None,
    }
}

/// What the error means: its code, else the HTTP status.
fn kind(code: &str, status: u16, message: &str) -> FaultKind {
    if message.contains(ORGANIZATION_DENIES) {
        return FaultKind::Denied;
    }
    let by_code = TABLE
        .iter()
        .find(|(_, patterns)| patterns.iter().any(|pattern| matches(pattern, code)));
    match (by_code, status) {
        (Some((kind, _)), _) => *kind,
        (None, 401 | 403) => FaultKind::Denied,
        (None, 404) => FaultKind::NotFound,
        (None, 409 | 412) => FaultKind::Conflict,
        (None, 429) => FaultKind::Throttled,
        (None, 400..=499) => FaultKind::Invalid,
        (None, _) => FaultKind::Transient,
    }
}

/// Whether the code has the pattern's pieces in their order, anchored where there is no `*`.
fn matches(pattern: &str, code: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| code.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(middle) = last.replace(piece) {
            match rest.split_once(middle) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

/// `kms:CreateKey`, read from the SDK's error type (`aws_sdk_kms::operation::create_key::CreateKeyError`).
/// For people only, as [`std::any::type_name`] promises no more; nothing branches on it.
fn operation<E>() -> String {
    let name = std::any::type_name::<E>();
    let service = name
        .strip_prefix("aws_sdk_")
        .and_then(|rest| rest.split("::").next())
        .unwrap_or("aws");
    let operation = name.rsplit("::").next().unwrap_or(name);
    format!("{service}:{}", operation.strip_suffix("Error").unwrap_or(operation))
}

/// A fault on its way through the SDK, which asks for credentials in the middle of a call.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Fault);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}

fn find_refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refused> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The error and its causes in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The error, its source, the source's source …
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn source<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        (*error).source()
    }
    std::iter::successors(Some(error), source)
}

#[cfg(test)]
mod tests {
    use FaultKind::{Conflict, Denied, Invalid, Limit, NotFound, Throttled, Transient};

    use super::*;

    #[test]
    fn codes_mean_what_the_table_says() {
        for (code, want) in [
            ("InvalidVpcID.NotFound", NotFound),
            ("InvalidSubnetID.NotFound", NotFound),
            ("InvalidGroup.NotFound", NotFound),
            ("InvalidPermission.NotFound", NotFound),
            ("InvalidAssociationID.NotFound", NotFound),
            ("NotFoundException", NotFound),
            ("NoSuchBucket", NotFound),
            ("NoSuchEntity", NotFound),
            ("NoSuchBucketPolicy", NotFound),
            ("NoSuchPublicAccessBlockConfiguration", NotFound),
            ("NoSuchLifecycleConfiguration", NotFound),
            ("NoSuchTagSet", NotFound),
            ("OwnershipControlsNotFoundError", NotFound),
            ("ReplicationConfigurationNotFoundError", NotFound),
            ("ObjectLockConfigurationNotFoundError", NotFound),
            ("ServerSideEncryptionConfigurationNotFoundError", NotFound),
            ("DBInstanceNotFound", NotFound),
            ("DBClusterNotFoundFault", NotFound),
            ("InvalidAMIID.Unavailable", NotFound),
            ("ResourceInUseException", Conflict),
            ("ResourceExistsException", Conflict),
            ("ConflictingDomainExists", Conflict),
            ("LastVPCAssociation", Conflict),
            ("IdempotentParameterMismatchException", Conflict),
            ("NoSuchHostedZone", NotFound),
            ("VPCAssociationNotFound", NotFound),
            ("UnknownResourceException", NotFound),
            ("DependencyViolation", Conflict),
            ("KMSInvalidStateException", Conflict),
            ("AlreadyExistsException", Conflict),
            ("DisabledException", Conflict),
            ("RouteAlreadyExists", Conflict),
            ("NetworkAclEntryAlreadyExists", Conflict),
            ("FlowLogAlreadyExists", Conflict),
            ("InvalidPermission.Duplicate", Conflict),
            ("InvalidGroup.Duplicate", Conflict),
            ("InvalidGroup.InUse", Conflict),
            ("InvalidSubnet.Conflict", Conflict),
            ("Resource.AlreadyAssociated", Conflict),
            ("IncorrectState", Conflict),
            ("IncorrectInstanceState", Conflict),
            ("DuplicateTransitGatewayAttachmentError", Conflict),
            ("BucketAlreadyOwnedByYou", Conflict),
            ("EntityAlreadyExists", Conflict),
            ("DeleteConflict", Conflict),
            ("ResourceExistsException", Conflict),
            ("ConcurrentModification", Throttled),
            ("EntityTemporarilyUnmodifiable", Throttled),
            ("ResourceNotFoundException", NotFound),
            ("MalformedPolicyDocument", Invalid),
            ("InvalidRequestException", Invalid),
            ("InternalServiceError", Transient),
            ("ServiceUnavailableException", Transient),
            ("BucketAlreadyExists", Conflict),
            ("BucketNotEmpty", Conflict),
            ("InvalidBucketState", Conflict),
            ("OperationAborted", Conflict),
            ("TooManyBuckets", Limit),
            ("MethodNotAllowed", Denied),
            ("CrossLocationLoggingProhibitted", Invalid),
            ("InvalidTargetBucketForLogging", Invalid),
            ("MalformedPolicy", Invalid),
            ("UnauthorizedOperation", Denied),
            ("AccessDenied", Denied),
            ("AccessDeniedException", Denied),
            ("AuthFailure", Denied),
            ("InvalidClientTokenId", Denied),
            ("RequestLimitExceeded", Throttled),
            ("Throttling", Throttled),
            ("ThrottlingException", Throttled),
            ("ThrottledException", Throttled),
            ("TooManyRequestsException", Throttled),
            ("SlowDown", Throttled),
            ("VpcLimitExceeded", Limit),
            ("RulesPerSecurityGroupLimitExceeded", Limit),
            ("NetworkAclEntryLimitExceeded", Limit),
            ("LimitExceededException", Limit),
            ("InsufficientFreeAddressesInSubnet", Limit),
            ("MalformedPolicyDocumentException", Invalid),
            ("InvalidParameterValue", Invalid),
            ("InvalidVpcRange", Invalid),
            ("InvalidSubnet.Range", Invalid),
            ("UnsupportedOperationException", Invalid),
            ("TagException", Invalid),
            ("SomethingNew", Invalid),
            ("ExpiredToken", Transient),
            ("ExpiredTokenException", Transient),
            ("RequestExpired", Transient),
            ("InternalError", Transient),
            ("InternalFailure", Transient),
            ("Unavailable", Transient),
            ("KMSInternalException", Transient),
            ("DependencyTimeoutException", Transient),
        ] {
            assert_eq!(kind(code, 400, ""), want, "{code}");
        }
    }

    #[test]
    fn without_a_known_code_the_status_decides() {
        for (status, want) in [
            (403, Denied),
            (404, NotFound),
            (409, Conflict),
            (418, Invalid),
            (429, Throttled),
            (500, Transient),
            (503, Transient),
        ] {
            assert_eq!(kind("", status, ""), want, "{status}");
        }
    }

    #[test]
    fn a_service_control_policy_denies_under_any_code() {
        let message = "User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized to perform: x with an explicit deny in a service control policy";
        assert_eq!(kind("SomethingNew", 400, message), Denied);
    }

    #[test]
    fn patterns_are_anchored() {
        assert!(matches("Invalid*State", "InvalidVpcState"));
        assert!(!matches("Invalid*State", "InvalidStateX"));
        assert!(!matches("SlowDown", "SlowDownMore"));
        assert!(matches("*InUse*", "InvalidGroup.InUseBy"));
        assert!(!matches("Throttl*", "NotThrottling"));
    }

    #[test]
    fn operations_are_named_like_iam_actions() {
        assert_eq!(
            operation::<aws_sdk_kms::operation::create_key::CreateKeyError>(),
            "kms:CreateKey"
        );
        assert_eq!(
            operation::<aws_sdk_rds::operation::describe_db_clusters::DescribeDBClustersError>(),
            "rds:DescribeDBClusters"
        );
    }

    #[test]
    fn a_refusal_inside_the_sdk_is_found() {
        let fault = incomplete("sts:AssumeRole", "credentials");
        let error = aws_credential_types::provider::error::CredentialsError::provider_error(Refused(fault.clone()));
        let error: SdkError<aws_sdk_kms::operation::create_key::CreateKeyError, HttpResponse> =
            SdkError::construction_failure(error);
        assert_eq!(super::fault(error), fault);
    }
}
