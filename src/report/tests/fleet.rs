//! All municipalities of Japan in one book.

use std::time::{Duration, Instant};

use jichitai_report::Language;
use serde_json::{Value, json};

use crate::samples::{Sample, catalogue};

const ALL: usize = 1741;
/// How many municipalities share one endpoint.
const SHARING: usize = 100;
/// Generous for an unoptimised build on a busy machine; an optimised one takes a small part of it.
const BOUND: Duration = Duration::from_secs(120);

fn fleet() -> Sample {
    let template = Sample::read("full");
    let mut fleet = Sample::default();
    let spec = |value: &Value, i: usize| -> Value {
        let text = value
            .to_string()
            .replace("chiyoda", &format!("town-{i}"))
            .replace("千代田区", &format!("第{i}町"));
        text.parse().unwrap()
    };
    let municipality = serde_json::to_value(&template.municipalities[0]).unwrap();
    let bucket = serde_json::to_value(&template.buckets[0]).unwrap();
    let policy = serde_json::to_value(&template.policies[0]).unwrap();
    for i in 0..ALL {
        fleet
            .municipalities
            .push(serde_json::from_value(spec(&municipality, i)).unwrap());
        fleet.buckets.push(serde_json::from_value(spec(&bucket, i)).unwrap());
        fleet.policies.push(serde_json::from_value(spec(&policy, i)).unwrap());
        let verdicts = template.verdicts.values().next().unwrap();
        fleet
            .verdicts
            .insert((format!("town-{i}"), format!("town-{i}")), verdicts.clone());
    }
    let endpoint = serde_json::to_value(template.endpoints.last().unwrap()).unwrap();
    for first in (0..ALL).step_by(SHARING) {
        let mut endpoint = endpoint.clone();
        let towns = first..(first + SHARING).min(ALL);
        endpoint["metadata"]["name"] = json!(format!("hub-{first}"));
        endpoint["spec"]["associations"] = towns
            .map(|i| json!({"municipalityRef": {"namespace": format!("town-{i}"), "name": format!("town-{i}")}}))
            .collect();
        fleet.endpoints.push(serde_json::from_value(endpoint).unwrap());
    }
    fleet
}

#[test]
fn all_of_japan_takes_seconds() {
    let (fleet, catalogue) = (fleet(), catalogue());
    let mut book = fleet.book(&catalogue);
    book.details = false;
    let begun = Instant::now();
    let overview = jichitai_report::html(&book, Language::Ja);
    let overviewed = begun.elapsed();
    let pages = book.pages();
    let size: usize = pages
        .iter()
        .map(|page| jichitai_report::html(page, Language::Ja).len())
        .sum();
    let took = begun.elapsed();
    eprintln!(
        "{ALL} municipalities: an overview of {} KiB in {overviewed:?}, {} pages of {} KiB in {:?}",
        overview.len() / 1024,
        pages.len(),
        size / 1024 / pages.len(),
        took - overviewed,
    );
    assert_eq!(pages.len(), ALL);
    assert!(took < BOUND, "{took:?}");
}

#[test]
fn the_overview_has_everybody_once() {
    let (fleet, catalogue) = (fleet(), catalogue());
    let mut book = fleet.book(&catalogue);
    book.details = false;
    let overview = jichitai_report::html(&book, Language::En);
    let matrix = overview.split("id=\"summary-matrix\"").nth(1).unwrap();
    let matrix = matrix.split("</table>").next().unwrap();
    assert_eq!(matrix.matches("<tr>").count(), ALL + 1);
    assert!(
        !overview.contains("class=\"municipality\""),
        "details were not asked for"
    );
}
