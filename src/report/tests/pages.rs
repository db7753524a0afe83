//! Writes pages of the samples into a folder, to look at: `cargo run -p jichitai-report --example pages -- FOLDER`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "samples that cannot be read are a fault of the samples"
)]

use std::path::PathBuf;
use std::{env, fs, io};

use jichitai_report::{Book, Language};

mod samples;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    fs::create_dir_all(&folder)?;
    for case in samples::CASES {
        let sample = samples::Sample::read(case);
        let catalogue = samples::catalogue();
        write(&folder, case, &sample.book(&catalogue))?;
        let sample = samples::Sample::monthly(case);
        write(&folder, &format!("month-{case}"), &sample.book(&catalogue))?;
    }
    let sample = samples::Sample::many(samples::CASES);
    let catalogue = samples::catalogue();
    let mut book = sample.book(&catalogue);
    book.details = false;
    write(&folder, "fleet", &book)
}

fn write(folder: &std::path::Path, name: &str, book: &Book<'_>) -> io::Result<()> {
    for (tag, language) in [("ja", Language::Ja), ("en", Language::En)] {
        fs::write(
            folder.join(format!("{name}.{tag}.html")),
            jichitai_report::html(book, language),
        )?;
        fs::write(
            folder.join(format!("{name}.{tag}.md")),
            jichitai_report::markdown(book, language),
        )?;
    }
    fs::write(
        folder.join(format!("{name}.json")),
        format!("{:#}", jichitai_report::json(book)),
    )
}
