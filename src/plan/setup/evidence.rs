//! The bucket of evidence: what is put there cannot be changed or removed for years, by anybody
//! ([compliance mode](https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes)).

use serde_json::{Value, json};

/// For how long records are locked by default, in days: five years, counted from the end of the fiscal year that they are of.
const DAYS: u32 = 2_192;

/// The parameter by which an administrator says for how long.
pub(super) fn parameter() -> Value {
    json!({
        "Type": "Number",
        "Default": DAYS,
        "MinValue": 1,
        "MaxValue": 36500,
        "Description": "For how many days a record can be removed by nobody; a change holds for later records only",
    })
}

/// The bucket.
pub(super) fn bucket(name: &str) -> Value {
    let mut bucket = super::closed_bucket(name);
    let properties = &mut bucket["Properties"];
    properties["VersioningConfiguration"] = json!({"Status": "Enabled"});
    properties["ObjectLockEnabled"] = json!(true);
    properties["ObjectLockConfiguration"] = json!({
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": {"Ref": "EvidenceDays"}}},
    });
    bucket
}

/// What the operator may do with it: put records of its installation, and see whether they are locked.
pub(super) fn statements(arn: &str, installation: &str) -> [Value; 2] {
    [
        json!({
            "Sid": "Evidence",
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": format!("{arn}/{installation}/*"),
        }),
        json!({
            "Sid": "EvidenceIsLocked",
            "Effect": "Allow",
            "Action": ["s3:GetBucketObjectLockConfiguration"],
            "Resource": arn,
        }),
    ]
}
