//! What all four kinds have, whatever one of them is.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{CommonSpec, FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};

/// An object of one of the four kinds.
pub trait Object {
    /// The kind's name.
    const KIND: &'static str;

    /// Its metadata.
    fn object_meta(&self) -> &ObjectMeta;

    /// The part of its spec that all kinds share.
    fn common(&self) -> &CommonSpec;
}

macro_rules! objects {
    ($($kind:ident),*) => {
        $(impl Object for $kind {
            const KIND: &'static str = stringify!($kind);

            fn object_meta(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn common(&self) -> &CommonSpec {
                &self.spec.common
            }
        })*

        /// The names of all kinds.
        pub const KINDS: [&str; 4] = [$($kind::KIND),*];
    };
}

objects!(Municipality, FileLinkBucket, OsakaBackupPolicy, ResolverEndpoint);
