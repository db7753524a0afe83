//! What is encrypted with the tenant's keys. KMS does not know; the services that encrypt do.
//!
//! Everything of the account and Region is listed once, whatever the number of keys, and matched
//! afterwards. Deletion waits for whatever could not be listed.

mod bucket;
mod database;
mod ebs;
mod grant;

use std::collections::BTreeMap;

use jichitai_api::Region;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::Key;
use jichitai_plan::kms::usage::{KeyUsage, Use};
use jichitai_plan::observation::{Fault, Listing};

use crate::config::Purpose;
use crate::session::Session;

/// One thing and the key it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encrypted {
    /// The thing.
    pub(super) id: String,
    /// The key as the service writes it: an ARN, an id, or an alias.
    pub(super) key: String,
}

impl Encrypted {
    /// The thing, where it has an id and names a key.
    fn new(id: Option<String>, key: Option<String>) -> Option<Self> {
        Some(Self { id: id?, key: key? })
    }
}

/// All encrypted things of one kind, or why they could not be listed.
pub(super) type Check = (&'static str, Listing<Encrypted>);

/// The uses of each key, by key id.
pub(super) async fn observe(
    session: &Session,
    region: Region,
    keys: &[Key],
    aliases: &[Alias],
) -> BTreeMap<String, KeyUsage> {
    let (ec2, kms) = (session.ec2(region, Purpose::Read), session.kms(region, Purpose::Read));
    let (rds, s3) = (session.rds(region, Purpose::Read), session.s3(region, Purpose::Read));
    let (ebs, buckets, databases, grants) = futures::join!(
        ebs::checks(&ec2),
        bucket::check(&s3, session.account(), region),
        database::checks(&rds),
        grant::check(&kms, keys),
    );
    let checks: Vec<Check> = ebs.into_iter().chain(databases).chain([buckets, grants]).collect();
    keys.iter()
        .map(|key| (key.id.clone(), usage(key, &checks, aliases)))
        .collect()
}

fn usage(key: &Key, checks: &[Check], aliases: &[Alias]) -> KeyUsage {
    let mut usage = KeyUsage::default();
    for (kind, things) in checks {
        match things {
            Ok(things) => {
                usage.checked.push((*kind).to_owned());
                let with_key = things.iter().filter(|thing| names(&thing.key, key, aliases));
                usage.uses.extend(with_key.map(|thing| Use {
                    kind: (*kind).to_owned(),
                    id: thing.id.clone(),
                }));
            }
            Err(fault) => usage.unreadable.push(fault.clone()),
        }
    }
    usage.uses.sort();
    usage.uses.dedup();
    usage
}

/// Whether the text names the key: by ARN, by id, or by the name or ARN of an alias.
fn names(text: &str, key: &Key, aliases: &[Alias]) -> bool {
    // arn:aws:kms:<region>:<account>:key/<id>; an alias is resolved where it is used, here.
    let alias = match text.strip_prefix("arn:") {
        Some(arn) => arn.splitn(5, ':').nth(4).unwrap_or_default(),
        None => text,
    };
    text == key.arn
        || text == key.id
        || aliases
            .iter()
            .any(|known| known.name == alias && known.key_id == key.id)
}

/// The same fault for a check that needs what another one could not list.
fn same<T>(fault: &Fault) -> Listing<T> {
    Err(fault.clone())
}

#[cfg(test)]
mod tests {
    use jichitai_plan::kms::key::KeyState;
    use jichitai_plan::observation::Observation;
    use jichitai_plan::tags::Tags;

    use super::*;
    use crate::error::incomplete;

    fn key() -> Key {
        Key {
            id: "1234".into(),
            arn: "arn:aws:kms:ap-northeast-1:111122223333:key/1234".into(),
            state: KeyState::Enabled,
            description: String::new(),
            policy: Observation::Absent,
            rotation_days: Observation::Absent,
            tags: Tags::new(),
        }
    }

    fn aliases() -> Vec<Alias> {
        vec![
            Alias {
                name: "alias/data".into(),
                key_id: "1234".into(),
            },
            Alias {
                name: "alias/other".into(),
                key_id: "5678".into(),
            },
        ]
    }

    #[test]
    fn a_key_has_many_names() {
        for (text, want) in [
            ("arn:aws:kms:ap-northeast-1:111122223333:key/1234", true),
            ("1234", true),
            ("alias/data", true),
            ("arn:aws:kms:ap-northeast-1:111122223333:alias/data", true),
            ("arn:aws:kms:ap-northeast-3:111122223333:key/1234", false),
            ("alias/other", false),
            ("alias/aws/ebs", false),
            ("12345", false),
        ] {
            assert_eq!(names(text, &key(), &aliases()), want, "{text}");
        }
    }

    #[test]
    fn a_failed_check_is_not_an_unused_key() {
        let thing = Encrypted {
            id: "vol-1".into(),
            key: "1234".into(),
        };
        let checks: Vec<Check> = vec![
            ("volume", Ok(vec![thing])),
            ("bucket", Err(incomplete("s3:ListBuckets", "answer"))),
        ];
        let usage = usage(&key(), &checks, &aliases());
        assert_eq!(usage.checked, ["volume"]);
        assert_eq!(
            usage.uses,
            [Use {
                kind: "volume".into(),
                id: "vol-1".into()
            }]
        );
        assert_eq!(usage.unreadable.len(), 1);
    }
}
