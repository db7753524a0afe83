//! Each language is whole: no Japanese in an English page, and no heading left in English in a Japanese one.

use jichitai_report::Language;

use crate::samples::{CASES, Sample, catalogue};

/// Hiragana, katakana and kanji.
fn is_japanese(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// What stands between a tag of that name and its end, without the tags within.
fn contents(page: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let parts = page.split(&open).skip(1).filter(|part| part.starts_with(['>', ' ']));
    parts
        .filter_map(|part| Some(plain(part.split_once(&close)?.0.split_once('>')?.1)))
        .collect()
}

fn plain(html: &str) -> String {
    let texts = html
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    texts.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The page of a sample with everything that people wrote in Latin letters.
fn page(case: &str, language: Language) -> String {
    page_of(Sample::read(case), language)
}

fn page_of(mut sample: Sample, language: Language) -> String {
    for municipality in &mut sample.municipalities {
        let json = serde_json::to_string(municipality).unwrap();
        *municipality = serde_json::from_str(&latin(&json)).unwrap();
    }
    for bucket in &mut sample.buckets {
        let json = serde_json::to_string(bucket).unwrap();
        *bucket = serde_json::from_str(&latin(&json)).unwrap();
    }
    for policy in &mut sample.policies {
        let json = serde_json::to_string(policy).unwrap();
        *policy = serde_json::from_str(&latin(&json)).unwrap();
    }
    for exemption in sample
        .verdicts
        .values_mut()
        .flatten()
        .filter_map(|one| one.exemption.as_mut())
    {
        (exemption.reason, exemption.approved_by) = (latin(&exemption.reason), latin(&exemption.approved_by));
    }
    for record in sample.records.iter_mut().flatten() {
        let json = serde_json::to_string(record).unwrap();
        *record = serde_json::from_str(&latin(&json)).unwrap();
    }
    let catalogue = catalogue();
    jichitai_report::html(&sample.book(&catalogue), language)
}

/// Of each case how things stand, and the month.
fn pages(language: Language) -> Vec<(&'static str, String)> {
    let standing = CASES.iter().map(|case| (*case, page(case, language)));
    let monthly = CASES
        .iter()
        .map(|case| (*case, page_of(Sample::monthly(case), language)));
    standing.chain(monthly).collect()
}

fn latin(text: &str) -> String {
    text.chars()
        .map(|letter| if is_japanese(letter) { 'x' } else { letter })
        .collect()
}

/// Pages name fonts by their own names; the style is no text.
fn body(page: &str) -> &str {
    page.split_once("<body>").unwrap().1
}

#[test]
fn the_english_page_has_no_japanese() {
    for (case, page) in pages(Language::En) {
        let found: Vec<&str> = body(&page)
            .split(['<', '>'])
            .filter(|text| text.contains(is_japanese))
            .collect();
        assert!(found.is_empty(), "{case}: {found:?}");
    }
}

/// Names of products and abbreviations that are the same in Japanese.
const SAME: [&str; 3] = ["AMI", "SFTP", "CIDR"];

#[test]
fn the_japanese_page_has_no_english_heading() {
    for (case, page) in pages(Language::Ja) {
        for tag in ["h1", "h2", "h3", "caption", "dt", "figcaption", "thead"] {
            let untranslated = contents(body(&page), tag)
                .into_iter()
                .filter(|text| !text.contains(is_japanese));
            let untranslated: Vec<String> = untranslated.filter(|text| !SAME.contains(&text.as_str())).collect();
            assert!(untranslated.is_empty(), "{case}: {tag} {untranslated:?}");
        }
    }
}

#[test]
fn column_headings_are_translated_one_by_one() {
    for page in [
        page(CASES[0], Language::Ja),
        page_of(Sample::monthly(CASES[0]), Language::Ja),
    ] {
        for head in contents(body(&page), "thead") {
            assert!(head.contains(is_japanese), "{head}");
        }
        let columns = page
            .split("<th scope=\"col\">")
            .skip(1)
            .filter_map(|part| part.split_once("</th>"));
        for (column, _) in columns {
            assert!(column.contains(is_japanese), "{column}");
        }
    }
}

#[test]
fn the_page_says_its_language() {
    assert!(page(CASES[1], Language::Ja).contains("<html lang=\"ja\">"));
    assert!(page(CASES[1], Language::En).contains("<html lang=\"en\">"));
}
