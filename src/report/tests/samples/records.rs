//! Records of an evidence store: what happened in Chiyoda in March 2027, and at its edges.

use jichitai_api::common::Party;
use jichitai_plan::evidence::{Approved, Outcome, Record, RecordKind};

const TENANT: &str = "Municipality/chiyoda/chiyoda";
const FILES: &str = "FileLinkBucket/chiyoda/resident-record";
const DAILY: &str = "OsakaBackupPolicy/chiyoda/daily";
const SHARED: &str = "ResolverEndpoint/network/to-office";
const PLAN: &str = "5f2c1e0b9a8d7c64";

/// A record with nothing in it but what every record has.
pub fn record(time: &str, kind: RecordKind, object: &str, summary: &str) -> Record {
    Record {
        time: time.parse().unwrap(),
        installation: "hub-tokyo".to_owned(),
        object: object.to_owned(),
        account: "111122223333".to_owned(),
        kind,
        part: None,
        summary: summary.to_owned(),
        outcome: None,
        detail: None,
        destructive: false,
        plan_hash: None,
        approvals: Vec::new(),
        request_id: None,
        since: None,
    }
}

/// A write that AWS took.
pub fn write(time: &str, object: &str, part: &str, summary: &str) -> Record {
    Record {
        part: Some(format!("{part} in ap-northeast-1")),
        outcome: Some(Outcome::Done),
        request_id: Some(format!(
            "0d8f3c5e-1b2a-4c3d-9e8f-{}",
            &time[5..16].replace([':', '-', 'T'], "")
        )),
        ..record(time, RecordKind::Write, object, summary)
    }
}

/// A run or a drill that ended so many minutes after it began.
pub fn run(kind: RecordKind, ended: &str, minutes: i64, outcome: Outcome, summary: &str) -> Record {
    let mut record = record(ended, kind, DAILY, summary);
    let began = record.time - jiff::SignedDuration::from_mins(minutes);
    record.since = Some(began);
    record.part = Some(began.strftime("after-batch@%Y%m%dT%H%M%SZ").to_string());
    record.outcome = Some(outcome);
    record
}

fn approved() -> Vec<Approved> {
    let approver = |party, approver: &str, ticket: Option<&str>| Approved {
        party,
        approver: approver.to_owned(),
        ticket: ticket.map(str::to_owned),
    };
    vec![
        approver(Party::Municipality, "情報政策課長", Some("千総情第12号")),
        approver(Party::Asp, "運用責任者", None),
    ]
}

fn of_plan(record: Record) -> Record {
    Record {
        plan_hash: Some(PLAN.to_owned()),
        approvals: approved(),
        ..record
    }
}

/// Everything.
pub fn of_march() -> Vec<Record> {
    [changes(), differences(), backups(), elsewhere()].concat()
}

fn changes() -> Vec<Record> {
    vec![
        of_plan(record(
            "2027-03-02T01:00:00Z",
            RecordKind::Approval,
            TENANT,
            "plan 5f2c1e0b9a8d7c64 is approved and begins",
        )),
        of_plan(write(
            "2027-03-02T01:04:00Z",
            TENANT,
            "network-acl.mynumber",
            "create network ACL acl-013101600000000c1",
        )),
        of_plan(Record {
            outcome: Some(Outcome::Refused),
            detail: Some("kms:PutKeyPolicy: AccessDeniedException".to_owned()),
            ..write(
                "2027-03-02T01:05:00Z",
                TENANT,
                "key.all",
                "set the policy of key 13101600-0000-4000-8000-000000000001 to 6 statements (digest 0a1b2c3d)",
            )
        }),
        of_plan(Record {
            destructive: true,
            ..write(
                "2027-03-16T00:00:30Z",
                FILES,
                "bucket",
                "put the policy of bucket fl-7d3f0c91aa52be40d1c6 (5 statements)",
            )
        }),
        write(
            "2027-03-20T02:00:00Z",
            FILES,
            "bucket",
            "keep old versions in bucket fl-7d3f0c91aa52be40d1c6",
        ),
    ]
}

fn differences() -> Vec<Record> {
    let rule = "take the rule 0.0.0.0/0 tcp 22 out";
    vec![
        Record {
            kind: RecordKind::Repair,
            since: Some("2027-03-12T11:00:00Z".parse().unwrap()),
            detail: Some("want 172.16.10.0/24 tcp 443, had 0.0.0.0/0 tcp 22".to_owned()),
            ..write("2027-03-12T11:42:00Z", TENANT, "security-group.mynumber", rule)
        },
        Record {
            part: Some("security-group.mynumber in ap-northeast-1".to_owned()),
            since: Some("2027-03-30T22:10:00Z".parse().unwrap()),
            ..record(
                "2027-03-30T22:10:00Z",
                RecordKind::Drift,
                TENANT,
                "AWS differs, and is left so (OutsideChangeWindow): take the rule out",
            )
        },
    ]
}

fn backups() -> Vec<Record> {
    let run_of = |ended: &str, outcome, summary: &str| run(RecordKind::Run, ended, 72, outcome, summary);
    vec![
        run_of("2027-03-14T21:12:00Z", Outcome::Done, "31 copies are complete"),
        Record {
            detail: Some("1 of 31 copies failed: The key is disabled".to_owned()),
            ..run_of("2027-03-15T21:12:00Z", Outcome::Refused, "30 of 31 copies are complete")
        },
        run_of("2027-03-16T21:12:00Z", Outcome::Done, "31 copies are complete"),
        run(
            RecordKind::Drill,
            "2027-03-20T01:30:00Z",
            330,
            Outcome::Done,
            "everything was restored and checked",
        ),
    ]
}

/// The month before and after in Japan, other municipalities, and objects that serve several.
fn elsewhere() -> Vec<Record> {
    let vpc = "rule-association.chiyoda.vpc-013101600000000a1";
    vec![
        write("2027-02-28T14:59:59Z", TENANT, "vpc", "tag vpc of February"),
        write("2027-02-28T15:00:00Z", TENANT, "vpc", "tag vpc of the first moment"),
        write("2027-03-31T14:59:59Z", TENANT, "vpc", "tag vpc of the last moment"),
        write("2027-03-31T15:00:00Z", TENANT, "vpc", "tag vpc of April"),
        write(
            "2027-03-05T00:00:00Z",
            SHARED,
            vpc,
            "associate rule rslvr-rr-0999900000000001 with vpc-013101600000000a1",
        ),
        write(
            "2027-03-05T00:00:00Z",
            SHARED,
            "rule-association.elsewhere.vpc-0elsewhere",
            "associate rule rslvr-rr-2 with vpc-0elsewhere",
        ),
        write(
            "2027-03-16T00:00:00Z",
            "Municipality/elsewhere/elsewhere",
            "vpc",
            "of another municipality",
        ),
        write(
            "2027-03-16T00:00:00Z",
            "FileLinkBucket/chiyoda/gone",
            "bucket",
            "of an object that is gone",
        ),
    ]
}
