//! Which features objects use.

use jichitai_api::file_link_bucket::FileLinkBucketSpec;
use jichitai_api::municipality::{MunicipalitySpec, NetworkManagement};
use jichitai_api::osaka_backup_policy::OsakaBackupPolicySpec;
use jichitai_api::resolver_endpoint::ResolverEndpointSpec;

use super::Feature;
use crate::municipality::target::sets_ebs_defaults;

fn used<const N: usize>(all: [(Feature, bool); N]) -> impl Iterator<Item = Feature> {
    all.into_iter()
        .filter_map(|(feature, is_used)| is_used.then_some(feature))
}

/// Those of a Municipality.
pub fn of_municipality(spec: &MunicipalitySpec) -> impl Iterator<Item = Feature> {
    used([
        (Feature::EbsDefaults, sets_ebs_defaults(spec)),
        (Feature::Network, spec.network.management == NetworkManagement::Managed),
    ])
}

/// Those of a FileLinkBucket.
pub fn of_bucket(spec: &FileLinkBucketSpec) -> impl Iterator<Item = Feature> {
    used([
        (Feature::Roles, spec.manage_iam),
        (Feature::Sftp, spec.sftp.is_some()),
        (Feature::Federation, spec.federation.is_some()),
    ])
}

/// Those of an OsakaBackupPolicy.
pub fn of_policy(spec: &OsakaBackupPolicySpec) -> impl Iterator<Item = Feature> {
    used([
        (Feature::Databases, spec.sources.databases.is_some()),
        (Feature::Templates, spec.sources.stacks.is_some()),
        (Feature::Drills, spec.restore_drill.is_some()),
    ])
}

/// Those of a ResolverEndpoint.
pub fn of_endpoint(spec: &ResolverEndpointSpec) -> impl Iterator<Item = Feature> {
    let elsewhere = spec.associations.iter().any(|one| one.municipality_ref.is_some());
    used([
        (Feature::PrivateZones, !spec.private_zones.is_empty()),
        (Feature::QueryLogs, spec.query_log.is_some()),
        (Feature::Shares, elsewhere),
    ])
}
