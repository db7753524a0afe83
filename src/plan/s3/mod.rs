//! Buckets, one file per thing that S3 lets one set on a bucket: how it is, how it shall be, and
//! what of the difference takes something away. Objects are never touched here.

pub mod bucket;
pub mod bucket_policy;
pub mod contents;
pub mod encryption;
pub mod lifecycle;
pub mod logging;
pub mod object_lock;
pub mod ownership;
pub mod public_access_block;
pub mod replication;
pub mod setting;
pub mod versioning;
