//! What is wrong with a spec together with its municipality, and what in it should be known.

use std::collections::BTreeSet;

use jichitai_api::file_link_bucket::{FileLinkBucketSpec, SftpServer};
use jichitai_api::municipality::{Direction, MunicipalitySpec, Protocol, Zone};
use jichitai_api::{Municipality, Reason, Region};

use crate::ec2::subnet;
use crate::identity::Part;
use crate::municipality::place;
use crate::plan::{Halt, Text};
use crate::spec_fault::SpecFault;

/// The port of SFTP.
const SSH: u16 = 22;

/// The municipality's account id makes no sense.
pub(super) fn account_of_municipality() -> SpecFault {
    SpecFault {
        path: "spec.municipalityRef".into(),
        reason: Reason::ReferenceNotReady,
        message: Text::new(
            "the Municipality's accountId has not twelve digits: mend it there",
            "参照先の Municipality の accountId が 12 桁ではありません。そちらを修正してください",
        ),
    }
}

/// Faults of the spec that only show together with the municipality.
pub(super) fn spec(spec: &FileLinkBucketSpec, municipality: &Municipality, faults: &mut Vec<SpecFault>) {
    let zones = &municipality.spec.network.zones;
    let Some(zone) = zones.iter().find(|zone| zone.name == spec.zone) else {
        let names: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
        let names = names.join(", ");
        faults.push(SpecFault {
            path: "spec.zone".into(),
            reason: Reason::ReferenceNotFound,
            message: Text::new(
                format!("the Municipality has no zone {:?}; it has: {names}", spec.zone),
                format!(
                    "Municipality に領域 {:?} がありません。あるのは {names} です",
                    spec.zone
                ),
            ),
        });
        return;
    };
    if let Some(server) = spec.sftp.as_ref().and_then(|sftp| sftp.server.as_ref()) {
        server_in(server, zone, &municipality.spec, faults);
    }
    // The operator can neither overwrite nor hand out what it cannot reach.
    if let Some(mine) = spec.access_logs.as_ref().filter(|logs| logs.bucket == spec.bucket_name) {
        faults.push(SpecFault::invalid(
            "spec.accessLogs.bucket",
            format!("{} cannot log into itself: name another bucket", mine.bucket),
            format!(
                "{} 自身へはログを出力できません。別のバケットを指定してください",
                mine.bucket
            ),
        ));
    }
}

/// A bucket is found by its name, so one that is taken over has to be named as it is.
pub(super) fn adopted_bucket(spec: &FileLinkBucketSpec, faults: &mut Vec<SpecFault>) {
    if let Some(name) = spec
        .common
        .adopt
        .get("bucket")
        .filter(|name| **name != spec.bucket_name)
    {
        faults.push(SpecFault::invalid(
            "spec.adopt.bucket",
            format!("a bucket cannot be renamed: to take over {name}, write bucketName: {name}, too"),
            format!("バケット名は変更できません。{name} を引き継ぐには bucketName: {name} も指定してください"),
        ));
    }
}

fn server_in(server: &SftpServer, zone: &Zone, municipality: &MunicipalitySpec, faults: &mut Vec<SpecFault>) {
    let inside = zone.subnets.iter().chain(&municipality.network.service_subnets);
    let inside: Vec<_> = inside.collect();
    let mut availability = BTreeSet::new();
    for (i, name) in server.subnets.iter().enumerate() {
        let path = format!("spec.sftp.server.subnets[{i}]");
        let Some(subnet) = inside.iter().find(|subnet| subnet.name == *name) else {
            let names: Vec<&str> = inside.iter().map(|subnet| subnet.name.as_str()).collect();
            let (names, zone) = (names.join(", "), &zone.name);
            faults.push(SpecFault {
                path,
                reason: Reason::ReferenceNotFound,
                message: Text::new(
                    format!("zone {zone} has no subnet {name:?}; it has, with the service subnets: {names}"),
                    format!(
                        "領域 {zone} にサブネット {name:?} がありません。共通サブネットを含めてあるのは {names} です"
                    ),
                ),
            });
            continue;
        };
        if !availability.insert(&subnet.availability_zone) {
            let az = &subnet.availability_zone;
            faults.push(SpecFault::invalid(
                path,
                format!("a server takes one subnet per availability zone, and another one is in {az} already"),
                format!("サーバーのサブネットは AZ ごとに 1 つです。{az} のサブネットがすでに指定されています"),
            ));
        }
    }
}

/// The subnets of a server, as they are found in AWS.
pub(super) fn subnets(server: &SftpServer, zone: &str, municipality: &Municipality) -> BTreeSet<subnet::Name> {
    let all = place::subnets(zone, municipality);
    // The zone may have a name that the service subnets have, too: its own counts.
    let find = |name: &String| all.iter().find(|(subnet, _)| subnet.name == *name);
    server
        .subnets
        .iter()
        .filter_map(find)
        .map(|(_, name)| name.clone())
        .collect()
}

/// What should be known although nothing is held up.
pub(super) fn warnings(
    spec: &FileLinkBucketSpec,
    municipality: &Municipality,
    businesses: &BTreeSet<String>,
) -> Vec<Halt> {
    let mut all = unknown_businesses(spec, municipality, businesses);
    let notice = |role: &str, reason, message| Halt {
        part: Part::new(Region::Tokyo, role),
        reason,
        message,
        until: None,
    };
    if spec.lifecycle.expire_after_days.is_none() {
        all.push(notice(
            "bucket",
            Reason::ExpiryUnset,
            Text::new(
                "objects never expire: set spec.lifecycle.expireAfterDays once the retention is known",
                "オブジェクトの保存期限が未設定です。保存期間が決まったら spec.lifecycle.expireAfterDays を設定してください",
            ),
        ));
    }
    if let Some(server) = spec.sftp.as_ref().and_then(|sftp| sftp.server.as_ref()) {
        let ssh = (Protocol::Tcp, SSH);
        let closed = place::closed(&server.allowed_cidrs, ssh, Direction::Inbound, &spec.zone, municipality);
        let closed: Vec<String> = closed.iter().map(ToString::to_string).collect();
        if !closed.is_empty() {
            let (ranges, zone) = (closed.join(", "), &spec.zone);
            all.push(notice(
                "sftp-server",
                Reason::ReferenceNotAccepted,
                Text::new(
                    format!(
                        "zone {zone} lets nobody in from {ranges} on port {SSH}: add a peer with that port to the Municipality, direction Inbound"
                    ),
                    format!(
                        "領域 {zone} は {ranges} からの {SSH} 番ポートを許可していません。Municipality の peers にそのポート(Inbound)を追加してください"
                    ),
                ),
            ));
        }
    }
    all
}

fn unknown_businesses(spec: &FileLinkBucketSpec, municipality: &Municipality, known: &BTreeSet<String>) -> Vec<Halt> {
    let consumers = spec.access.consumers.iter().map(|one| &one.business_id);
    let clients = spec.federation.iter().flat_map(|federation| &federation.clients);
    let clients = clients.map(|client| &client.business_id);
    let all: BTreeSet<&String> = std::iter::once(&spec.business_id)
        .chain(consumers)
        .chain(clients)
        .collect();
    let warn = |message| Halt {
        part: Part::new(Region::Tokyo, "access"),
        reason: Reason::UnknownBusiness,
        message,
        until: None,
    };
    // A sub-id (`022-0`) belongs to the business of its first three digits.
    let is_known = |id: &str| known.contains(id) || id.split('-').next().is_some_and(|main| known.contains(main));
    let unknown = all.into_iter().filter(|id| !is_known(id)).map(|id| {
        warn(Text::new(
            format!("business id {id} is not in the configured table: check it, or have the table extended"),
            format!("業務 ID {id} は設定の一覧にありません。確認するか、一覧への追加を依頼してください"),
        ))
    });
    let serves = &municipality.spec.businesses;
    let elsewhere = (!serves.is_empty() && !serves.contains(&spec.business_id)).then(|| {
        let id = &spec.business_id;
        warn(Text::new(
            format!("the Municipality does not list business {id} in spec.businesses: check it, or add it there"),
            format!("Municipality の spec.businesses に業務 {id} がありません。確認するか、そちらに追加してください"),
        ))
    });
    unknown.chain(elsewhere).collect()
}
