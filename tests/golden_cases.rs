//! Golden files: what a case shows is kept beside it, and any difference is read before it is kept anew.

use std::fs;
use std::path::{Path, PathBuf};

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
