//! How a monthly report is read: its head, the box for signatures, its parts, its sheets; and what it says where nothing
//! is known.

use jichitai_report::{Language, manifest};

use crate::samples::{CASES, Sample, catalogue};

fn html(sample: &Sample, language: Language) -> String {
    let catalogue = catalogue();
    jichitai_report::html(&sample.book(&catalogue), language)
}

fn headings(page: &str) -> Vec<&str> {
    let parts = page.split("<h3 ").skip(1);
    parts
        .filter_map(|part| Some(part.split_once('>')?.1.split_once("</h3>")?.0))
        .collect()
}

#[test]
fn the_head_says_the_month_in_both_calendars() {
    let page = html(&Sample::monthly("full"), Language::Ja);
    for told in [
        "<h1>千代田区(131016)月次報告書 令和9年3月(2027年3月)</h1>",
        "令和8年度(2026年度)",
        "2027年4月1日 09:30(日本時間)",
        "hub-tokyo",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(html(&Sample::monthly("full"), Language::En).contains("April 2026 – March 2027"));
}

/// Those who made, checked and approved it sign; on paper the box stays whole and keeps room for a seal.
#[test]
fn there_is_a_box_for_signatures_in_print_too() {
    let page = html(&Sample::monthly("full"), Language::Ja);
    let signatures = page
        .split("id=\"signatures\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    let signers: Vec<&str> = signatures
        .split("<dt>")
        .skip(1)
        .filter_map(|part| part.split('<').next())
        .collect();
    assert_eq!(signers, ["作成者", "確認者", "承認者"]);
    assert_eq!(signatures.matches("class=\"seal\"").count(), 3);
    let print = page.split("@media print{").nth(1).unwrap();
    assert!(print.contains(".signatures{break-inside:avoid}"), "the box may break");
    assert!(
        print.contains(".signatures .seal{min-height:24mm}"),
        "no room for a seal"
    );
    let hidden = print.split("display:none").next().unwrap();
    assert!(
        !hidden.rsplit('}').next().unwrap().contains("signatures"),
        "the box is hidden in print"
    );
    assert!(!html(&Sample::read("full"), Language::Ja).contains("id=\"signatures\""));
}

#[test]
fn parts_are_in_the_order_of_the_officers_questions() {
    let page = html(&Sample::monthly("full"), Language::Ja);
    let expected = [
        "1. 環境の概要",
        "2. 変更",
        "3. 承認",
        "4. 逸脱と是正",
        "5. 大阪への遠隔地バックアップ",
        "6. 権限",
        "7. 例外措置・付与とその期限",
        "8. 契約終了・廃止",
        "9. ガードレールの点検結果",
        "10. 構成の状態",
        "11. ネットワーク構成",
        "12. 台帳",
        "13. 課金対象の数量",
        "14. 確認できなかったもの",
    ];
    assert_eq!(headings(&page), expected);
    let nothing_ended = html(&Sample::monthly("minimal"), Language::Ja);
    assert!(
        headings(&nothing_ended)
            .iter()
            .all(|heading| !heading.contains("契約終了"))
    );
}

/// A reader of a screen gets names and headings of all tables, and of groups of rows.
#[test]
fn every_table_has_a_name_and_every_group_a_heading() {
    for case in CASES {
        let page = html(&Sample::monthly(case), Language::En);
        let tables = page.matches("<table>").count();
        assert_eq!(page.matches("<caption").count(), tables, "{case}");
        assert_eq!(page.matches("<h1").count(), 1);
        let ids = page.split(" id=\"").skip(1).filter_map(|part| part.split('"').next());
        let mut ids: Vec<&str> = ids.collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{case}: an id is there twice");
        let links = page.split("href=\"#").skip(1).filter_map(|part| part.split('"').next());
        for link in links {
            assert!(ids.contains(&link), "{case}: nothing is at {link}");
        }
    }
    let page = html(&Sample::monthly("full"), Language::En);
    assert_eq!(page.matches("scope=\"rowgroup\"").count(), 2);
}

#[test]
fn parts_say_of_when_they_are() {
    let page = html(&Sample::monthly("full"), Language::Ja);
    assert!(page.contains("2027年4月1日 09:30(日本時間) 時点の状態です。"));
    assert!(page.contains("令和9年3月(2027年3月)の1日から末日まで(日本時間)の記録です。"));
    assert!(!html(&Sample::read("full"), Language::Ja).contains("時点の状態です"));
}

/// Without evidence, and in a month without records, each part of what happened says so.
#[test]
fn where_nothing_is_known_each_part_says_so() {
    let mut sample = Sample::monthly("full");
    sample.period = Some("2026-01".parse().unwrap());
    let empty = html(&sample, Language::En);
    let said = empty
        .matches("has no record of this environment for this month")
        .count();
    assert_eq!(said, 6, "changes, approvals, drift, backups, rights, end of contract");
    sample.records = None;
    let missing = html(&sample, Language::En);
    // In those parts, and among what could not be confirmed.
    assert_eq!(missing.matches("This report holds no history").count(), 7);
    let markdown = jichitai_report::markdown(&sample.book(&catalogue()), Language::Ja);
    assert_eq!(
        markdown
            .matches("> 変更・承認・逸脱・訓練の履歴は、この報告に含まれません")
            .count(),
        6
    );
}

#[test]
fn sheets_are_listed_with_their_checksums() {
    let (sample, catalogue) = (Sample::monthly("full"), catalogue());
    let book = sample.book(&catalogue);
    let checksums = manifest(&jichitai_report::csv(&book).unwrap());
    let changes = checksums.iter().find(|one| one.name == "changes").unwrap();
    assert_eq!(changes.rows, 8);
    let (page, markdown, json) = (
        jichitai_report::html(&book, Language::Ja),
        jichitai_report::markdown(&book, Language::En),
        jichitai_report::json(&book),
    );
    for one in &checksums {
        assert!(
            page.contains(&one.sha256) && markdown.contains(&one.sha256),
            "{}",
            one.name
        );
        let listed = json["sheets"].as_array().unwrap();
        assert!(listed.iter().any(|sheet| sheet["sha256"] == one.sha256), "{}", one.name);
    }
    assert_eq!(json["period"], "2027-03");
    assert_eq!(json["summary"]["month"]["longestRepairSeconds"], 42 * 60);
}

#[test]
fn the_same_book_gives_the_same_bytes() {
    let (sample, catalogue) = (Sample::monthly("full"), catalogue());
    let book = sample.book(&catalogue);
    assert_eq!(
        jichitai_report::html(&book, Language::Ja),
        jichitai_report::html(&book, Language::Ja)
    );
    assert_eq!(
        jichitai_report::csv(&book).unwrap(),
        jichitai_report::csv(&book).unwrap()
    );
    // A page that is taken out of a book of many tells the same as one that was asked for alone.
    let alone = jichitai_report::html(&book.pages()[0], Language::Ja);
    assert_eq!(alone, jichitai_report::html(&book, Language::Ja));
}
