//! The table of checks in the documentation is made from the catalogue: `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use jichitai_plan::guardrails::{CHECKS, Severity};

const BEGIN: &str = "<!-- checks -->\n";
const END: &str = "<!-- /checks -->\n";

fn table(lang: &str) -> String {
    let mut table = match lang {
        "en" => "| check | what has to be so | source | severity | when it is not so | AWS Config, Security Hub |\n",
        _ => "| 項目 | 求められること | 根拠 | 重要度 | 不適合のときの対応 | AWS Config・Security Hub |\n",
    }
    .to_owned();
    table.push_str("|---|---|---|---|---|---|\n");
    for check in CHECKS {
        let severity = match (check.severity, lang) {
            (Severity::High, "en") => "high",
            (Severity::Medium, "en") => "medium",
            (Severity::Low, "en") => "low",
            (Severity::High, _) => "高",
            (Severity::Medium, _) => "中",
            (Severity::Low, _) => "低",
        };
        let (title, remedy) = match lang {
            "en" => (check.title.en, check.remedy.en),
            _ => (check.title.ja, check.remedy.ja),
        };
        let controls: Vec<String> = check.controls.iter().map(|control| format!("`{control}`")).collect();
        let controls = if controls.is_empty() {
            "–".to_owned()
        } else {
            controls.join(", ")
        };
        let (id, source) = (check.id, check.source);
        writeln!(
            table,
            "| `{id}` | {title} | {source} | {severity} | {remedy} | {controls} |"
        )
        .expect("text");
    }
    table
}

#[test]
fn every_check_is_in_the_documentation() {
    for lang in ["en", "ja"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/{lang}/guardrails.md"));
        let page = std::fs::read_to_string(&file).expect("the page");
        let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
        let (_, after) = rest.split_once(END).expect("where it ends");
        super::is_up_to_date(&file, &format!("{before}{BEGIN}\n{}\n{END}{after}", table(lang)));
    }
}
