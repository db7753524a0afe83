//! Tables for people.

use std::io::Write;

/// Columns as wide as their widest value.
pub fn table<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let row = |line: &[String; N]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(row).collect()
}

/// Writes to standard output; whoever reads may have seen enough.
pub fn print(text: &str) {
    let _closed = std::io::stdout().write_all(text.as_bytes());
}
