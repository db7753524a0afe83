//! The page of reasons is made from the reasons themselves: `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use jichitai_api::Reason;

const EN: &str = "# Troubleshooting, by reason

What stands as `reason` in a condition or an Event, and as a label of metrics. The message beside it says what it is about;
`jichitai explain REASON` prints the same as here, `jichitai describe KIND NAME` the object's conditions with it.

[日本語](../ja/troubleshooting.md) · [Operations](operations.md) · [Municipality](municipality.md#status)

| reason | meaning, and what to do | effect | who acts |
|---|---|---|---|
";
const JA: &str = "# 理由から調べる

状態(condition)と Event の `reason`、メトリクスのラベルに現れる語です。何についてかは、隣のメッセージにあります。`jichitai explain 理由` はここと同じ内容を、`jichitai describe 種類 名前` はオブジェクトの状態とあわせて表示します。

[English](../en/troubleshooting.md) · [運用](operations.md) · [Municipality](municipality.md#状態conditionsと理由)

| 理由 | 意味と対応 | 影響 | 対応する人 |
|---|---|---|---|
";

fn page(lang: &str) -> String {
    let mut page = if lang == "en" { EN } else { JA }.to_owned();
    for reason in Reason::ALL {
        let (effect, actors) = reason.guide();
        let (en, ja): (Vec<_>, Vec<_>) = actors.iter().map(|one| (one.en(), one.ja())).unzip();
        let (text, effect, actors) = match lang {
            "en" => (reason.explain_en(), effect.en(), en.join(", ")),
            _ => (reason.explain_ja(), effect.ja(), ja.join("、")),
        };
        writeln!(page, "| `{reason}` | {text} | {effect} | {actors} |").expect("text");
    }
    page
}

#[test]
fn every_reason_has_an_entry_that_is_true() {
    for lang in ["en", "ja"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/{lang}/troubleshooting.md"));
        super::is_up_to_date(&file, &page(lang));
    }
}

#[test]
fn explain_says_what_it_means_and_who_acts() {
    let said = |lang: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
            .args(["explain", "AwaitingNetworkOperator", "--lang", lang])
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let en = said("en");
    assert!(
        en.contains("Effect: this part is held up, the others go on.\nWho acts: the network operator."),
        "{en}"
    );
    assert!(said("ja").contains("対応: 回線運用管理補助者。"));
}
