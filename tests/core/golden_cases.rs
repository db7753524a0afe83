//! Golden files: what a case shows is kept beside it, and any difference is read before it is kept anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jichitai_api::Municipality;
use jichitai_plan::plan::Halt;
use serde_json::{Value, json};

use crate::drive::{self, Driven};

/// Plays the case of every folder, and compares what it shows with the folder's `plan.txt`, or writes
/// that with `UPDATE_GOLDEN=1`.
///
/// # Panics
///
/// When a case can't be played or differs, or when there are fewer cases than `at_least`.
pub fn compare(cases: &Path, at_least: usize, play: impl Fn(&Path) -> Result<String, String>) {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let folders = folders(cases);
    assert!(folders.len() >= at_least, "cases are missing");
    for folder in folders {
        let shown = match play(&folder) {
            Ok(shown) => shown,
            Err(problem) => {
                wrong.push(format!("{}: {problem}", folder.display()));
                continue;
            }
        };
        let file = folder.join("plan.txt");
        let golden = fs::read_to_string(&file).unwrap_or_default();
        if update {
            fs::write(&file, &shown).expect("the golden file can be written");
        } else if golden != shown {
            wrong.push(format!("{}: {}", file.display(), difference(&golden, &shown)));
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{}\n{count} cases differ; UPDATE_GOLDEN=1 writes them anew",
        wrong.join("\n\n")
    );
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("there are cases");
    let mut all: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    all
}

/// The first line that differs.
fn difference(golden: &str, shown: &str) -> String {
    let mut lines = golden.lines().zip(shown.lines()).enumerate();
    match lines.find(|(_, (golden, shown))| golden != shown) {
        Some((number, (golden, shown))) => format!("line {}\n  golden: {golden}\n  now:    {shown}", number + 1),
        None => format!("{} lines instead of {}", shown.lines().count(), golden.lines().count()),
    }
}

/// An object that all cases of a folder share.
///
/// # Panics
///
/// When it is not there.
#[must_use]
pub fn base(cases: &Path, name: &str) -> Value {
    let text = fs::read_to_string(cases.join(name)).expect("the objects of all cases");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// The municipality that all cases of a folder share with these changes; those after the first get names of
/// their own.
///
/// # Errors
///
/// The first change that makes no sense.
pub fn municipalities<'a>(cases: &Path, changes: impl Iterator<Item = &'a Value>) -> Result<Vec<Municipality>, String> {
    let one = |(index, change): (usize, &Value)| {
        let mut object = merged(base(cases, "municipality.yaml"), "", change);
        if index > 0 {
            object["metadata"]["name"] = json!(format!("other-{index}"));
        }
        serde_json::from_value(object).map_err(|error| error.to_string())
    };
    changes.enumerate().map(one).collect()
}

/// A document with a change merged in at a path; null takes something out.
#[must_use]
pub fn merged(mut base: Value, path: &str, change: &Value) -> Value {
    fn merge(into: &mut Value, change: &Value) {
        match (into, change) {
            (Value::Object(into), Value::Object(change)) => {
                for (key, value) in change {
                    match value {
                        Value::Null => drop(into.remove(key)),
                        value => merge(into.entry(key.clone()).or_insert(Value::Null), value),
                    }
                }
            }
            (into, change) => *into = change.clone(),
        }
    }
    if let Some(place) = base.pointer_mut(path).filter(|_| !change.is_null()) {
        merge(place, change);
    }
    base
}

/// Passes until nothing changes, shown. Others do their part in between, once the object was shown to wait
/// for them.
///
/// # Panics
///
/// Never: nobody kills these passes.
pub fn operate<D: Driven>(driven: &mut D, shown: &mut String) {
    let mut number = 0;
    for _ in 0..40 {
        let done = match drive::pass(driven, None, &mut |_, _| {}) {
            Ok(done) => done,
            Err(faults) => {
                for fault in faults {
                    let _ = writeln!(
                        shown,
                        "fault at {} [{}]: {}",
                        fault.path, fault.reason, fault.message.en
                    );
                }
                return;
            }
        };
        for steps in &done.rounds {
            number += 1;
            let _ = writeln!(shown, "round {number}");
            for step in steps {
                let _ = writeln!(shown, "  {step}");
            }
        }
        let before = driven.observe();
        driven.finish();
        done.is_foreseen_still(driven);
        let ending = done.ending.expect("nobody kills this one");
        if done.rounds.is_empty() && before == driven.observe() || ending.released {
            for (step, reason, _) in &ending.held {
                let _ = writeln!(shown, "held [{reason}]: {step}");
            }
            halts(shown, "waits", &ending.plan.waits);
            halts(shown, "blocked", &ending.plan.blocks);
            halts(shown, "notice", &ending.plan.notices);
            let end = if ending.released { "released" } else { "settled" };
            if ending.held.is_empty() && ending.plan.is_settled() {
                let _ = writeln!(shown, "{end}");
            }
            if !ending.released && !ending.plan.waits.is_empty() {
                driven.others();
                if driven.observe() != before {
                    let _ = writeln!(shown, "({})", D::OTHERS);
                    continue;
                }
            }
            return;
        }
    }
    let _ = writeln!(shown, "no fixed point");
}

fn halts(shown: &mut String, verb: &str, halts: &[Halt]) {
    for Halt {
        part,
        reason,
        message,
        until: _,
    } in halts
    {
        let _ = writeln!(shown, "{verb} [{reason}] {part}: {}", message.en);
    }
}
