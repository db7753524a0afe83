//! What a monthly report tells: a month with approvals, a refusal, a repair, a failed run, a slow drill, a grant that ended.

use jichitai_report::Language;
use serde_json::{Value, json};

use crate::samples::{Sample, catalogue};

/// The only municipality of the first case, as programs read it.
fn march() -> Value {
    of(&Sample::monthly("full"))
}

fn of(sample: &Sample) -> Value {
    let catalogue = catalogue();
    jichitai_report::json(&sample.book(&catalogue))["municipalities"][0].clone()
}

/// The named fields of the rows of a table.
fn rows(of: &Value, table: &str, fields: &[&str]) -> Vec<Vec<Value>> {
    let rows = of[table].as_array().unwrap().iter();
    rows.map(|row| fields.iter().map(|field| row[*field].clone()).collect())
        .collect()
}

fn summaries(of: &Value, table: &str) -> Vec<String> {
    let rows = rows(of, table, &["summary"]);
    rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn changes_go_by_plan_with_who_approved_them() {
    let march = march();
    let told = rows(
        &march,
        "changes",
        &["planHash", "outcome", "destructive", "party", "ticket", "detail"],
    );
    let (parties, ticket) = ("Municipality; Asp", "千総情第12号");
    let plan = "5f2c1e0b9a8d7c64";
    let refusal = "kms:PutKeyPolicy: AccessDeniedException";
    assert_eq!(json!(told[0]), json!([plan, "Done", false, parties, ticket, null]));
    assert_eq!(
        json!(told[1]),
        json!([plan, "Refused", false, parties, ticket, refusal])
    );
    assert_eq!(json!(told[2]), json!([plan, "Done", true, parties, ticket, null]));
    assert_eq!(json!(told[3]), json!([null, "Done", false, null, null, null]));
}

#[test]
fn an_approval_says_what_became_of_its_plan() {
    let told = rows(&march(), "approvals", &["planHash", "approver", "done", "refused"]);
    let approvers = "情報政策課長; 運用責任者";
    assert_eq!(json!(told), json!([["5f2c1e0b9a8d7c64", approvers, 2, 1]]));
}

/// Midnight in Japan is 15:00 of the day before in UTC.
#[test]
fn the_month_is_one_of_japan() {
    let told = summaries(&march(), "changes").join("\n");
    assert!(
        told.contains("of the first moment") && told.contains("of the last moment"),
        "{told}"
    );
    assert!(!told.contains("of February") && !told.contains("of April"), "{told}");
    let mut sample = Sample::monthly("full");
    sample.period = Some("2027-04".parse().unwrap());
    assert_eq!(summaries(&of(&sample), "evidence"), ["tag vpc of April"]);
}

#[test]
fn a_repair_says_how_long_it_took() {
    let march = march();
    let told = rows(&march, "repairs", &["repairedAfterSeconds", "standing"]);
    assert_eq!(json!(told), json!([[42 * 60, "repaired"], [null, "open"]]));
    let figures = rows(
        &march,
        "repairFigures",
        &["repaired", "longestSeconds", "medianSeconds", "left", "open"],
    );
    assert_eq!(json!(figures), json!([[1, 42 * 60, 42 * 60, 1, 1]]));
}

#[test]
fn backups_are_told_against_their_objectives() {
    let march = march();
    let fields = [
        "policy",
        "expected",
        "recorded",
        "good",
        "failed",
        "notRecorded",
        "pointStanding",
        "restoreStanding",
    ];
    let told = rows(&march, "backupMonth", &fields);
    assert_eq!(json!(told[0]), json!(["daily", 31, 3, 2, 1, 28, "bad", "bad"]));
    assert_eq!(
        json!(told[1]),
        json!(["weekly-archive", 0, 0, 0, 0, 0, "unknown", "unknown"])
    );
    let runs = rows(&march, "runs", &["run", "outcome", "tookSeconds"]);
    assert_eq!(
        json!(runs[1]),
        json!(["after-batch@20270315T200000Z", "Refused", 72 * 60])
    );
    let drills = rows(&march, "drills", &["measuredSeconds", "objectiveSeconds", "standing"]);
    assert_eq!(json!(drills), json!([[330 * 60, 240 * 60, "bad"]]));
}

/// Of a month that goes on, only the runs that are over are due.
#[test]
fn what_is_due_is_due_by_now() {
    let (sample, catalogue) = (Sample::monthly("full"), catalogue());
    let mut book = sample.book(&catalogue);
    book.made_at = "2027-03-10T00:00:00Z".parse().unwrap();
    let json = jichitai_report::json(&book);
    assert_eq!(json["municipalities"][0]["backupMonth"][0]["expected"], 10);
    assert!(jichitai_report::html(&book, Language::En).contains("the month was not over"));
}

#[test]
fn changes_of_rights_are_told_apart() {
    let told = rows(&march(), "permissionChanges", &["what", "outcome"]);
    assert_eq!(json!(told), json!([["KeyPolicy", "Refused"], ["BucketPolicy", "Done"]]));
}

#[test]
fn endings_of_the_month_are_marked() {
    let march = march();
    let told = rows(&march, "endings", &["until", "inMonth"]);
    let of = |day: &str| told.iter().find(|row| row[0] == day).map(|row| row[1].clone());
    assert_eq!(of("2027-03-15"), Some(json!("ended")));
    assert_eq!(of("2027-03-31"), Some(json!("ended")));
    assert_eq!(of("2027-04-15"), Some(Value::Null));
}

/// A grant that ended is told with whether AWS still lets its role in, and what took rights away.
#[test]
fn a_grant_that_ended_is_told_with_what_was_revoked() {
    let told = rows(&march(), "disposal", &["what", "detail", "requestId"]);
    let revoked = "put the policy of bucket fl-7d3f0c91aa52be40d1c6 (5 statements)";
    assert_eq!(json!(told[0]), json!(["grantOver", "letIn", null]));
    assert_eq!(
        json!(told[1]),
        json!(["revoked", revoked, "0d8f3c5e-1b2a-4c3d-9e8f-03160000"])
    );
    assert!(
        of(&Sample::monthly("minimal"))["disposal"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_is_deleted_is_told_with_what_stays() {
    let mut sample = Sample::monthly("full");
    let meta = &mut sample.municipalities[0].metadata;
    meta.deletion_timestamp = Some(serde_json::from_value(json!("2027-03-31T00:00:00Z")).unwrap());
    let told = rows(&of(&sample), "disposal", &["what", "subject"]);
    assert_eq!(json!(told[0]), json!(["deleting", "Municipality/chiyoda/chiyoda"]));
    assert!(told.iter().any(|row| row[0] == "stays"), "{told:?}");
}

#[test]
fn what_is_charged_for_is_counted() {
    let mut sample = Sample::monthly("full");
    let tags = &mut sample.municipalities[0].spec.common.tags;
    tags.insert("cost-center".to_owned(), "131016".to_owned());
    let told = rows(&of(&sample), "billable", &["item", "count", "object", "tags"]);
    let expected = [
        json!(["keysTokyo", 1, "chiyoda", ["cost-center=131016"]]),
        // Four endpoints in the two zones of the service subnets.
        json!(["interfaceEndpointZones", 8, "chiyoda", ["cost-center=131016"]]),
        json!(["buckets", 1, "resident-record", []]),
        json!(["snapshots", 22, "daily", []]),
        json!(["resolverAddresses", 3, "office-to-aws", []]),
    ];
    for row in expected {
        assert!(told.iter().any(|one| json!(one) == row), "{row} is not in {told:?}");
    }
}

#[test]
fn what_could_not_be_confirmed_is_told() {
    let told = rows(&march(), "unread", &["what", "subject"]);
    let of = |what: &str| told.iter().filter(|row| row[0] == what).count();
    assert_eq!((of("check"), of("refused")), (1, 1));
    // The record of the shared endpoint, and that of an object which is gone.
    assert!(told.contains(&vec![json!("withheld"), json!("1")]), "{told:?}");
    assert!(told.contains(&vec![json!("unplaced"), json!("1")]), "{told:?}");
}

/// Certificates that are well are counted, not listed.
#[test]
fn certificates_that_need_attention_are_listed() {
    let mut sample = Sample::monthly("full");
    let verdicts = sample.verdicts.values_mut().next().unwrap();
    let mut verdict = verdicts[0].clone();
    "certificates".clone_into(&mut verdict.check);
    verdicts.push(verdict);
    let (told, catalogue) = (rows(&of(&sample), "certificates", &["finding", "outcome"]), catalogue());
    assert_eq!(json!(told), json!([["plain HTTP is not refused", "Failed"]]));
    let page = jichitai_report::html(&sample.book(&catalogue), Language::En);
    assert!(page.contains("7 were looked at"), "how many were looked at is not told");
}

/// The day on which a record tells that a key was let in is all that is known of its age.
#[test]
fn the_age_of_a_public_key_is_not_invented() {
    let mut sample = Sample::monthly("full");
    let user = &mut sample.buckets[0].spec.sftp.as_mut().unwrap().users[0];
    user.public_keys = vec!["ssh-ed25519 AAAA taro".to_owned(), "ssh-ed25519 BBBB hanako".to_owned()];
    let known = jichitai_plan::transfer::user::PublicKey::new("ssh-ed25519 AAAA").fingerprint();
    sample.records.as_mut().unwrap().push(crate::samples::records::write(
        "2027-03-08T00:00:00Z",
        "FileLinkBucket/chiyoda/resident-record",
        "sftp-user.health-management",
        &format!("let health-management log in to s-1 with key {known}"),
    ));
    let march = of(&sample);
    let told = rows(&march, "sftpUsers", &["keysAdded"]);
    assert_eq!(json!(told), json!([[["2027-03-08T00:00:00Z", ""]]]));
    assert!(!march.to_string().contains("taro"), "the comment of a key is told");
}
