//! How much fits into what AWS takes.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::file_link_bucket::ClientClaim;
use jichitai_api::{FileLinkBucket, Region};
use jichitai_plan::identity::Owner;
use jichitai_plan::policy::bucket_policy::{self, BucketAccess, From};
use jichitai_plan::policy::key_policy::{self, BucketGrant, KeyAccess, RoleArn};
use jichitai_plan::policy::role_policy::{INLINE_MAX, TRUST_MAX, broker_trust, scope_tag, size, web_identity_trust};

use crate::world;

/// A role whose ARN has 60 characters.
fn numbered(index: usize) -> RoleArn {
    let arn = format!("arn:aws:iam::444455556666:role/asp/file-link-consumer-{index:06}");
    assert_eq!(arn.len(), 60);
    RoleArn::new(&arn).expect("a role")
}

fn readers(count: usize, path: Option<&From>) -> BucketAccess {
    let readers: BTreeSet<RoleArn> = (0..count).map(numbered).collect();
    let paths = path.map_or_else(BTreeMap::new, |path| {
        readers.iter().map(|role| (role.clone(), path.clone())).collect()
    });
    BucketAccess {
        readers,
        paths,
        writers: BTreeSet::new(),
        ..world::source()
    }
}

/// The count that fits is the largest one: one more is too many.
#[test]
fn so_many_roles_fit_into_a_bucket_policy() {
    let endpoint = From::Endpoints(BTreeSet::from(["vpce-0123456789abcdef0".to_owned()]));
    for (path, expected) in [(None, BUCKET_WITHOUT_PATH), (Some(&endpoint), BUCKET_WITH_PATH)] {
        let fits = bucket_policy::fitting(&readers(300, path));
        let bytes = |count| bucket_policy::compose(&readers(count, path)).to_json().len();
        assert!(bytes(fits) <= bucket_policy::MAX_BYTES && bytes(fits + 1) > bucket_policy::MAX_BYTES);
        assert_eq!(fits, expected);
        assert_eq!(
            bucket_policy::fitting(&readers(fits - 1, path)),
            fits - 1,
            "what is named and fits"
        );
    }
}

/// A role stands in three lists of a bucket policy, in a fourth with a path, and in one of a key policy.
const BUCKET_WITHOUT_PATH: usize = 86;
const BUCKET_WITH_PATH: usize = 63;
const KEY: usize = 372;

#[test]
fn so_many_roles_fit_into_a_key_policy() {
    let access = |count: usize| KeyAccess {
        buckets: (0..count)
            .collect::<Vec<_>>()
            .chunks(20)
            .map(|chunk| BucketGrant {
                owner: Owner::new::<FileLinkBucket>("files", &format!("b-{}", chunk[0])),
                bucket: format!("fl-{:040}", chunk[0]),
                roles: chunk.iter().map(|&index| numbered(index)).collect(),
            })
            .collect(),
        ..KeyAccess::default()
    };
    let home = world::account(world::HOME);
    let fits = key_policy::fitting(&home, Region::Tokyo, &access(900));
    let bytes = |count| {
        key_policy::compose(&home, Region::Tokyo, &access(count))
            .to_json()
            .len()
    };
    assert!(bytes(fits) <= key_policy::MAX_BYTES && bytes(fits + 1) > key_policy::MAX_BYTES);
    assert_eq!(fits, KEY);
}

/// The policies of the roles stay below IAM's limits with room for the longest names.
#[test]
fn policies_of_roles_fit() {
    for (name, document) in world::documents() {
        let limit = match name.starts_with("trust policy") {
            true => TRUST_MAX,
            false if name.starts_with("policy of") => INLINE_MAX,
            false => continue,
        };
        assert!(size(&document) <= limit, "{name}: {}", size(&document));
    }
    // Each scope stands twice in a trust policy: twenty short ones fit, twenty of the longest do not.
    let scopes = |length: usize| (0..20).map(|i| format!("{i:0length$}")).collect::<Vec<_>>();
    let trust = |length| {
        let (issuer, audiences) = ("https://auth.example.jp/realms/files", ["files-api".to_owned()]);
        let scopes = scopes(length);
        let web = web_identity_trust(
            world::PROVIDER,
            issuer,
            &audiences,
            ClientClaim::Azp,
            "client-7",
            &scopes,
        );
        let broker = broker_trust(&world::role("111122223333/broker"), "client-7", &scopes);
        size(&web).max(size(&broker))
    };
    assert!(trust(16) <= TRUST_MAX, "{}", trust(16));
    assert!(trust(128) > TRUST_MAX);
}

/// A scope that no session tag can carry has no tag.
#[test]
fn scopes_are_tags() {
    assert_eq!(scope_tag("files.read").as_deref(), Some("scope:files.read"));
    assert_eq!(
        scope_tag("urn:files/read=1+2@x-y_z").as_deref(),
        Some("scope:urn:files/read=1+2@x-y_z")
    );
    for scope in ["", "files*", "a\"b", "a,b", &"x".repeat(123)] {
        assert_eq!(scope_tag(scope), None, "{scope}");
    }
}

/// An ARN that could be a pattern or a variable is no role.
#[test]
fn a_role_is_one_role() {
    for arn in [
        "arn:aws:iam::444455556666:role/*",
        "arn:aws:iam::444455556666:role/reader?",
        "arn:aws:iam::444455556666:role/${aws:username}",
        "arn:aws:iam::444455556666:role/",
        "arn:aws:iam::444455556666:role/path/",
        "arn:aws:iam::444455556666:user/somebody",
        "arn:aws:iam::44445555666:role/reader",
    ] {
        assert_eq!(RoleArn::new(arn), None, "{arn}");
    }
    assert!(RoleArn::new("arn:aws:iam::444455556666:role/a/b/Reader_1+=,.@-").is_some());
}
