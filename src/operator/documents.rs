//! Files with YAML, document by document.
//!
//! A line that begins with `---` ends a document wherever it stands
//! ([YAML 1.2.2, 9.1.2](https://yaml.org/spec/1.2.2/#912-document-markers)), so a stream is cut there: documents are read
//! side by side, and one that is no YAML hides no other.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jichitai_plan::plan::Text;
use jichitai_validate::place::{Place, Places};
use serde_json::Value;

use crate::config::Language;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {0}")]
pub struct ReadError(PathBuf, #[source] std::io::Error);

/// A document, or several that one marker does not part.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file; `-` for standard input.
    pub file: Arc<Path>,
    /// Lines of the file before it.
    lines_before: u64,
    text: Arc<str>,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: Arc<Path>,
    /// Where in the file.
    pub place: Place,
    /// Kind, namespace and name of the object.
    pub object: String,
    /// Path in the object.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: Text,
}

impl Problem {
    /// One line, as compilers write it.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let Self {
            file,
            place: Place { line, column },
            object,
            path,
            message,
        } = self;
        let parts = [object.as_str(), path, language.of(message)];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}:{line}:{column}: {}", file.display(), parts.join(": "))
    }
}

/// What every object of ours has in it.
const GROUP: &str = "jichitai.dev/";

impl Document {
    /// Reads files, and of folders every `.yaml`, `.yml` and `.json` at any depth; `-` is standard input. What cannot hold
    /// an object of ours is left out.
    ///
    /// # Errors
    /// With the file.
    pub fn read(files: &[PathBuf]) -> Result<Vec<Self>, ReadError> {
        let mut all = Vec::new();
        for file in spread(files)? {
            let text = text_of(&file).map_err(|error| ReadError(file.clone(), error))?;
            let file: Arc<Path> = file.into();
            let cut = cut(&text).into_iter().filter(|(_, text)| text.contains(GROUP));
            all.extend(cut.map(|(lines_before, text)| Self {
                file: Arc::clone(&file),
                lines_before,
                text: text.into(),
            }));
        }
        Ok(all)
    }

    /// What is written in it, read as kubectl does: an unquoted `011002` is the octal number 4610.
    ///
    /// # Errors
    /// It is not YAML.
    pub fn values(&self) -> Result<Vec<Value>, Box<Problem>> {
        serde_saphyr::from_multiple_with_options(&self.text, options()).map_err(|error| {
            let place = error.location().map_or(Place { line: 1, column: 1 }, |at| Place {
                line: at.line(),
                column: at.column(),
            });
            let problem = error.without_snippet().to_string();
            // Its place is that in the document, not in the file.
            let relative = format!(" at line {}, column {}", place.line, place.column);
            let problem = problem.strip_suffix(&relative).unwrap_or(&problem);
            Box::new(Problem {
                file: Arc::clone(&self.file),
                place: self.of_file(place),
                object: String::new(),
                path: String::new(),
                message: Text::new(
                    format!("this is not YAML: {problem}"),
                    format!("YAML として読めません: {problem}"),
                ),
            })
        })
    }

    /// Places in the file, for the paths in one of its values.
    #[must_use]
    pub fn places<'a>(&self, value: usize, paths: impl Iterator<Item = &'a str>) -> Vec<Place> {
        let all = Places::of(&self.text, options()).unwrap_or_default();
        let nowhere = Place { line: 1, column: 1 };
        let find = |path: &str| all.get(value).map_or(nowhere, |places| places.find(path));
        paths.map(|path| self.of_file(find(path))).collect()
    }

    fn of_file(&self, place: Place) -> Place {
        Place {
            line: place.line + self.lines_before,
            ..place
        }
    }
}

fn options() -> serde_saphyr::Options {
    // The files are the user's own: whatever their size, they are meant.
    serde_saphyr::options! { legacy_octal_numbers: true, budget: None, with_snippet: false }
}

/// The documents of a text, each with the number of lines before it.
fn cut(text: &str) -> Vec<(u64, &str)> {
    let is_marker = |line: &str| {
        line.strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let (mut all, mut begin, mut begin_line) = (Vec::new(), 0, 0);
    let mut at = 0;
    for (number, line) in (0_u64..).zip(text.split_inclusive('\n')) {
        if is_marker(line) && at > begin {
            all.push((begin_line, text.get(begin..at).unwrap_or_default()));
            (begin, begin_line) = (at, number);
        }
        at += line.len();
    }
    all.push((begin_line, text.get(begin..).unwrap_or_default()));
    all
}

/// Files, and those in folders, in the order of their names.
fn spread(files: &[PathBuf]) -> Result<Vec<PathBuf>, ReadError> {
    let mut all = Vec::new();
    for file in files {
        if !file.is_dir() {
            all.push(file.clone());
            continue;
        }
        let refused = |error| ReadError(file.clone(), error);
        let entries: Result<Vec<_>, _> = std::fs::read_dir(file).map_err(refused)?.collect();
        let mut inside: Vec<PathBuf> = entries
            .map_err(refused)?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        let is_manifest = |path: &PathBuf| {
            let kind = path.extension().and_then(std::ffi::OsStr::to_str);
            path.is_dir() || matches!(kind, Some("yaml" | "yml" | "json"))
        };
        inside.retain(is_manifest);
        inside.sort();
        all.extend(spread(&inside)?);
    }
    Ok(all)
}

fn text_of(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_stream_is_cut_at_its_markers_and_nowhere_else() {
        let text = "a: 1\n--- # two\nb: |\n  ---\n  x\n---\n---\nc: 1\n----\n";
        let all = cut(text);
        assert_eq!(
            all,
            [
                (0, "a: 1\n"),
                (1, "--- # two\nb: |\n  ---\n  x\n"),
                (5, "---\n"),
                (6, "---\nc: 1\n----\n")
            ]
        );
        assert_eq!(all.iter().map(|(_, text)| *text).collect::<String>(), text);
    }
}
