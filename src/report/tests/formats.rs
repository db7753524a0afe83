//! Sheets, JSON, Markdown and the page itself.

use std::collections::BTreeSet;

use jichitai_api::file_link_bucket::{AccessStatus, GrantedAccess};
use jichitai_plan::file_link_bucket::access::user_role;
use jichitai_plan::identity::{AccountId, Identity, Owner};
use jichitai_report::{Book, Language};

use crate::samples::{CASES, Sample, catalogue};

#[test]
fn every_table_is_a_sheet() {
    let (sample, catalogue) = (Sample::many(CASES), catalogue());
    let sheets = jichitai_report::csv(&sample.book(&catalogue)).unwrap();
    let names: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    for name in [
        "conditions",
        "guardrails",
        "keys",
        "access",
        "recovery-points",
        "networks",
        "drift",
        "endings",
    ] {
        assert!(names.contains(name), "{name} of {names:?}");
    }
    for sheet in sheets {
        let text = String::from_utf8(sheet.bytes).unwrap();
        let heading = text
            .strip_prefix('\u{feff}')
            .and_then(|text| text.lines().next())
            .unwrap();
        assert!(
            heading.starts_with("namespace,municipality,code,displayName,"),
            "{heading}"
        );
    }
}

#[test]
fn sheets_and_json_have_the_same_names() {
    let (sample, catalogue) = (Sample::read("full"), catalogue());
    let book = sample.book(&catalogue);
    let json = jichitai_report::json(&book);
    let access = json["municipalities"][0]["access"][0].as_object().unwrap();
    let sheets = jichitai_report::csv(&book).unwrap();
    let sheet = sheets.iter().find(|sheet| sheet.name == "access").unwrap();
    let heading = String::from_utf8(sheet.bytes.clone()).unwrap();
    let columns: BTreeSet<&str> = heading.lines().next().unwrap().split(',').skip(4).collect();
    assert_eq!(columns, access.keys().map(String::as_str).collect());
}

/// The names that programs read are written down where the function is.
#[test]
fn every_field_of_json_is_documented() {
    let documented = include_str!("../lib.rs");
    let samples = CASES
        .iter()
        .flat_map(|case| [Sample::read(case), Sample::monthly(case)]);
    for sample in samples {
        let catalogue = catalogue();
        let json = jichitai_report::json(&sample.book(&catalogue));
        let tables = json["municipalities"][0].as_object().unwrap();
        for (table, rows) in tables {
            let fields = rows
                .as_array()
                .into_iter()
                .flatten()
                .chain(rows.is_object().then_some(rows));
            for field in fields.filter_map(|row| row.as_object()).flat_map(|row| row.keys()) {
                let names = [format!("`{field}`"), format!("`{field}[]`")];
                assert!(names.iter().any(|name| documented.contains(name)), "{table}.{field}");
            }
        }
    }
}

#[test]
fn what_others_wrote_never_becomes_markup() {
    let (mut sample, catalogue) = (Sample::read("minimal"), catalogue());
    "<script>alert('|')</script>".clone_into(&mut sample.municipalities[0].spec.display_name);
    let book = sample.book(&catalogue);
    for language in [Language::Ja, Language::En] {
        assert!(!jichitai_report::html(&book, language).contains("<script"));
        assert!(!jichitai_report::markdown(&book, language).contains("<script"));
        assert!(!jichitai_report::svg(book.objects.municipalities[0], &[], &[], language).contains("<script"));
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let (sample, catalogue) = (Sample::read("full"), catalogue());
    let page = jichitai_report::html(&sample.book(&catalogue), Language::Ja);
    for loads in ["<script", "<link", "<img", "@import", "src=", "href=\"http"] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<main").count(), 1);
}

/// A reader of a screen reads captions, scopes and titles.
#[test]
fn every_table_and_drawing_has_a_name() {
    let (sample, catalogue) = (Sample::read("full"), catalogue());
    let page = jichitai_report::html(&sample.book(&catalogue), Language::En);
    let tables = page.matches("<table>").count();
    assert!(tables > 10, "{tables} tables");
    assert_eq!(page.matches("<caption").count(), tables);
    assert_eq!(page.matches("role=\"group\" tabindex=\"0\"").count(), tables + 1);
    assert_eq!(page.matches("<svg").count(), page.matches("role=\"img\"").count());
    let (sample, catalogue) = (Sample::many(CASES), catalogue);
    let page = jichitai_report::html(&sample.book(&catalogue), Language::En);
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "an id is there twice"
    );
}

/// What was before is not told, and a reader must not take that for nothing.
#[test]
fn since_when_evidence_is_told_is_said() {
    let (mut sample, catalogue) = (Sample::read("full"), catalogue());
    let said = |sample: &Sample, language| {
        let book = sample.book(&catalogue);
        let mut all: Vec<String> = book
            .pages()
            .iter()
            .map(|page| jichitai_report::html(page, language))
            .collect();
        all.push(jichitai_report::html(&book, language));
        let words = match language {
            Language::En => "What happened is told since March 2027",
            Language::Ja => "令和9年3月(2027年3月) 以降",
        };
        (all.iter().filter(|page| page.contains(words)).count(), all.len())
    };
    assert_eq!(said(&sample, Language::En), (0, 2));
    sample.since = Some("2027-03".parse().unwrap());
    assert_eq!(
        (said(&sample, Language::En), said(&sample, Language::Ja)),
        ((2, 2), (2, 2))
    );
    assert_eq!(jichitai_report::json(&sample.book(&catalogue))["since"], "2027-03");
}

#[test]
fn missing_evidence_is_said() {
    let (sample, catalogue) = (Sample::read("minimal"), catalogue());
    let mut book = sample.book(&catalogue);
    assert!(jichitai_report::html(&book, Language::En).contains("This report holds no history"));
    assert!(jichitai_report::markdown(&book, Language::Ja).contains("履歴は、この報告に含まれません"));
    assert_eq!(jichitai_report::json(&book)["evidence"], "missing");
    // Since when it would be told is not to be said then.
    book.since = Some("2027-01".parse().unwrap());
    assert!(!jichitai_report::html(&book, Language::En).contains("What happened is told since"));
    // On a page of several without details, too.
    book.objects.municipalities.push(book.objects.municipalities[0]);
    book.details = false;
    assert!(jichitai_report::html(&book, Language::En).contains("This report holds no history"));
}

#[test]
fn published_results_are_said_to_be_so() {
    let (mut sample, catalogue) = (Sample::read("full"), catalogue());
    sample.verdicts.clear();
    let book = sample.book(&catalogue);
    assert!(jichitai_report::html(&book, Language::En).contains("the results that the operator published last"));
    assert_eq!(
        jichitai_report::json(&book)["municipalities"][0]["guardrailsAsOf"],
        "status"
    );
    assert_eq!(jichitai_report::json(&book)["summary"]["guardrails"]["passed"], 30);
}

/// Roles that the operator makes for SFTP users and clients are found in status by the names that plans give them.
#[test]
fn rights_of_users_are_known_to_be_in_effect() {
    let (mut sample, catalogue) = (Sample::read("full"), catalogue());
    let bucket = &mut sample.buckets[0];
    let identity = Identity {
        installation: "hub-tokyo".to_owned(),
        owner: Owner::of(&*bucket),
    };
    let account = AccountId::new("111122223333").unwrap();
    let user = &bucket.spec.sftp.as_ref().unwrap().users[0];
    let role = user_role(&bucket.spec, user, &identity, &account).unwrap();
    bucket.status.as_mut().unwrap().access.push(AccessStatus {
        principal: role.arn,
        access: GrantedAccess::Read,
        bucket_policy: true,
        key_policy: true,
        reason: None,
    });
    let json = jichitai_report::json(&sample.book(&catalogue));
    let rights = json["municipalities"][0]["access"].as_array().unwrap();
    let user = rights.iter().find(|right| right["capacity"] == "SftpUser").unwrap();
    assert_eq!(
        (&user["bucketPolicy"], &user["keyPolicy"]),
        (&true.into(), &true.into())
    );
}

/// 1 April 2027: what is over, what ends within 30 days, and the rest, in the order of the days.
#[test]
fn endings_are_told_in_order_and_marked() {
    let (sample, catalogue) = (Sample::read("full"), catalogue());
    let json = jichitai_report::json(&sample.book(&catalogue));
    let endings = json["municipalities"][0]["endings"].as_array().unwrap();
    let told: Vec<(&str, &str)> = endings
        .iter()
        .filter_map(|one| Some((one["until"].as_str()?, one["standing"].as_str()?)))
        .collect();
    assert!(told.is_sorted(), "{told:?}");
    for (day, standing) in told {
        let right = match day {
            day if day < "2027-04-01" => "bad",
            day if day <= "2027-05-01" => "moving",
            _ => "good",
        };
        assert_eq!(standing, right, "{day}");
    }
}

/// A recovery point that was young enough when the operator looked is too old by the time of the report.
#[test]
fn time_goes_on_after_the_operators_look() {
    let (sample, catalogue) = (Sample::read("full"), catalogue());
    let mut book = sample.book(&catalogue);
    let standing = |book: &Book<'_>| {
        let json = jichitai_report::json(book);
        json["municipalities"][0]["recoveryPoints"][0]["standing"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(standing(&book), "good");
    book.made_at = "2027-04-03T00:00:00Z".parse().unwrap();
    assert_eq!(standing(&book), "bad");
}
