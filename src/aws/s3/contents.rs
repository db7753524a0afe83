//! What a bucket holds: one page of versions and one of uploads, names and sizes unread.

use jichitai_plan::observation::Fault;
use jichitai_plan::s3::contents::Contents;

use super::Address;
use crate::error::fault;

/// S3's longest page.
const BOUND: i32 = 1_000;

pub(super) async fn count(at: Address<'_>) -> Result<Contents, Fault> {
    let versions = at.s3.list_object_versions().bucket(at.name).max_keys(BOUND);
    let uploads = at.s3.list_multipart_uploads().bucket(at.name).max_uploads(BOUND);
    let (versions, uploads) = futures::join!(
        versions.expected_bucket_owner(at.owner).send(),
        uploads.expected_bucket_owner(at.owner).send(),
    );
    let (versions, uploads) = (versions.map_err(fault)?, uploads.map_err(fault)?);
    Ok(Contents {
        versions: versions.versions().len(),
        delete_markers: versions.delete_markers().len(),
        uploads: uploads.uploads().len(),
        more: versions.is_truncated == Some(true) || uploads.is_truncated == Some(true),
    })
}
