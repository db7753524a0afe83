//! What a matrix has shown.

use super::Boundary;

/// One kind, operation and boundary.
#[derive(Clone, Debug)]
pub struct Row {
    kind: &'static str,
    operation: &'static str,
    /// To whom the writes go.
    pub boundary: Boundary,
    /// How many there are without a kill.
    pub writes: usize,
    /// How often the operator was killed.
    pub kills: usize,
    /// What AWS had afterwards that it has not without a kill, or the other way round.
    pub wrong: Vec<String>,
}

impl Row {
    pub fn new(kind: &'static str, operation: &'static str, boundary: Boundary, writes: usize) -> Self {
        Self {
            kind,
            operation,
            boundary,
            writes,
            kills: 0,
            wrong: Vec::new(),
        }
    }
}

/// The rows as a table, with everything that is wrong below it.
pub fn text(rows: &[Row]) -> String {
    let mut lines = vec![
        "| kind | operation | killed after a write to | writes | kills | differences |".to_owned(),
        "|---|---|---|--:|--:|--:|".to_owned(),
    ];
    lines.extend(rows.iter().map(|row| {
        let Row {
            kind,
            operation,
            boundary,
            writes,
            kills,
            wrong,
        } = row;
        format!(
            "| {kind} | {operation} | {boundary:?} | {writes} | {kills} | {} |",
            wrong.len()
        )
    }));
    lines.extend(rows.iter().flat_map(|row| &row.wrong).cloned());
    lines.join("\n")
}
