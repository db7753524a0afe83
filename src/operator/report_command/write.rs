//! A report, printed or put into a folder.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use jichitai_report::{Book, csv, html, json, manifest, markdown, svg};

use crate::config::Language;
use crate::report_command::Problem;

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One page that needs nothing else.
    #[default]
    Html,
    /// The same without the drawing.
    Markdown,
    /// For a program.
    Json,
    /// The drawing of one municipality's network.
    Svg,
}

impl From<Language> for jichitai_report::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Ja => Self::Ja,
            Language::En => Self::En,
        }
    }
}

/// Prints it to standard output.
pub fn print(book: &Book<'_>, format: Format, language: Language) -> Result<(), Problem> {
    let text = match format {
        Format::Html => html(book, language.into()),
        Format::Markdown => markdown(book, language.into()),
        Format::Json => format!("{:#}\n", json(book)),
        Format::Svg => drawing(book, language)?,
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Problem::Print),
    }
}

fn drawing(book: &Book<'_>, language: Language) -> Result<String, Problem> {
    match book.objects.municipalities.as_slice() {
        [one] => Ok(svg(
            one,
            &book.objects.endpoints,
            &book.objects.policies,
            language.into(),
        )),
        several => Err(Problem::Several(several.len())),
    }
}

/// Where a municipality's page is in the folder.
pub fn page_of(namespace: &str, name: &str) -> String {
    format!("municipalities/{namespace}/{name}.html")
}

/// Writes all of it.
pub fn into(folder: &Path, book: &Book<'_>, language: Language) -> Result<(), Problem> {
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| Problem::Write(path, error))
    };
    put("index.html", html(book, language.into()).as_bytes())?;
    put("report.md", markdown(book, language.into()).as_bytes())?;
    put("report.json", format!("{:#}\n", json(book)).as_bytes())?;
    let sheets = csv(book).map_err(|error| Problem::Sheet(error.to_string()))?;
    for sheet in &sheets {
        put(&format!("sheets/{}.csv", sheet.name), &sheet.bytes)?;
    }
    // As `sha256sum --check` reads them.
    let sums = manifest(&sheets)
        .into_iter()
        .map(|one| format!("{}  {}.csv\n", one.sha256, one.name));
    put("sheets/SHA256SUMS", sums.collect::<String>().as_bytes())?;
    for page in book.pages() {
        let [one] = page.objects.municipalities.as_slice() else {
            continue;
        };
        let meta = &one.metadata;
        let name = [&meta.namespace, &meta.name]
            .map(|part| part.as_deref().unwrap_or_default())
            .join("/");
        put(
            &format!("municipalities/{name}.html"),
            html(&page, language.into()).as_bytes(),
        )?;
        put(&format!("drawings/{name}.svg"), drawing(&page, language)?.as_bytes())?;
    }
    Ok(())
}
