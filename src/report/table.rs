//! One table, whatever it is rendered as: what a cell holds for programs, and how it is shown to people.
//!
//! Pages, Markdown, sheets and JSON are made of the same rows, so they cannot tell different things.

use jiff::Timestamp;
use serde_json::Value;

use crate::days;
use crate::language::Word;
use crate::standing::Standing;

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its name in data: of the sheet and of the field.
    pub key: &'static str,
    /// Its caption.
    pub title: Word,
    /// What is said when it has no rows.
    pub empty: Word,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// Where a column appears.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// On pages and in data.
    Everywhere,
    /// In data alone: the page tells it within another column.
    Data,
    /// On pages alone: it is put together from others.
    Page,
    /// On pages alone, as a heading over the rows that have the same in it.
    Group,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The name in data, in camelCase.
    pub key: &'static str,
    /// The heading.
    pub word: Word,
    /// Where it appears.
    pub place: Place,
}

impl Column {
    /// Whether programs read it.
    pub fn is_data(&self) -> bool {
        matches!(self.place, Place::Everywhere | Place::Data)
    }

    /// Whether people see it as a column.
    pub fn is_shown(&self) -> bool {
        matches!(self.place, Place::Everywhere | Place::Page)
    }
}

/// One piece of what a cell shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    /// Words.
    Text(String),
    /// An id, range or name of AWS.
    Code(String),
    /// How it stands, and the word for it.
    Mark(Standing, String),
    /// Something beside it, in small print.
    Note(String),
}

/// A cell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cell {
    /// What programs read: the same in both languages.
    pub value: Value,
    /// What people read, one piece a line.
    pub pieces: Vec<Piece>,
}

/// A column on pages and in data.
pub(crate) fn both(key: &'static str, word: Word) -> Column {
    let place = Place::Everywhere;
    Column { key, word, place }
}

/// A column in data alone.
pub(crate) fn data(key: &'static str, word: Word) -> Column {
    let place = Place::Data;
    Column { key, word, place }
}

/// A column on pages alone.
pub(crate) fn page(key: &'static str, word: Word) -> Column {
    let place = Place::Page;
    Column { key, word, place }
}

/// A heading over rows, on pages alone.
pub(crate) fn group(key: &'static str, word: Word) -> Column {
    let place = Place::Group;
    Column { key, word, place }
}

impl Table {
    /// Its rows with the heading over them; all in one where there are no headings.
    pub fn groups(&self) -> Vec<(Option<&Cell>, Vec<&Vec<Cell>>)> {
        let at = self.columns.iter().position(|column| column.place == Place::Group);
        let mut groups: Vec<(Option<&Cell>, Vec<&Vec<Cell>>)> = Vec::new();
        for row in &self.rows {
            let heading = at.map(|at| &row[at]);
            match groups.last_mut() {
                Some((known, rows)) if *known == heading => rows.push(row),
                _ => groups.push((heading, vec![row])),
            }
        }
        groups
    }
}

impl Cell {
    /// Nothing.
    pub fn none() -> Self {
        Self::new(Value::Null, Vec::new())
    }

    /// A value and what is shown of it.
    pub fn new(value: impl Into<Value>, pieces: Vec<Piece>) -> Self {
        let value = value.into();
        Self { value, pieces }
    }

    /// Words that are the same for programs and people.
    pub fn text(text: impl Into<String>) -> Self {
        Self::one(text.into(), Piece::Text)
    }

    /// Words, where there are any.
    pub fn text_of(text: Option<&str>) -> Self {
        text.map_or_else(Self::none, Self::text)
    }

    /// An id, range or name of AWS.
    pub fn code(text: impl Into<String>) -> Self {
        Self::one(text.into(), Piece::Code)
    }

    /// An id, where there is one.
    pub fn code_of(text: Option<&str>) -> Self {
        text.map_or_else(Self::none, Self::code)
    }

    fn one(text: String, piece: fn(String) -> Piece) -> Self {
        match text.is_empty() {
            true => Self::none(),
            false => Self::new(text.clone(), vec![piece(text)]),
        }
    }

    /// Several ids.
    pub fn codes<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        Self::new(texts.clone(), texts.into_iter().map(Piece::Code).collect())
    }

    /// Several words, each with its name for programs.
    pub fn words(words: Vec<(&'static str, String)>) -> Self {
        let (values, shown): (Vec<&str>, Vec<String>) = words.into_iter().unzip();
        let pieces = match shown.is_empty() {
            true => Vec::new(),
            false => vec![Piece::Text(shown.join(", "))],
        };
        Self::new(values, pieces)
    }

    /// A name of the API, shown as a word.
    pub fn word(value: &'static str, shown: impl Into<String>) -> Self {
        Self::new(value, vec![Piece::Text(shown.into())])
    }

    /// How it stands.
    pub fn mark(standing: Standing, value: impl Into<Value>, shown: impl Into<String>) -> Self {
        Self::new(value, vec![Piece::Mark(standing, shown.into())])
    }

    /// A number.
    pub fn number(number: impl Into<u64>) -> Self {
        let number = number.into();
        Self::new(number, vec![Piece::Text(number.to_string())])
    }

    /// A moment: for programs as ISO 8601, for people in Japan's time.
    pub fn time(time: Timestamp) -> Self {
        Self::new(time.to_string(), vec![Piece::Text(days::minute(time))])
    }

    /// A moment, where there is one.
    pub fn time_of(time: Option<Timestamp>) -> Self {
        time.map_or_else(Self::none, Self::time)
    }

    /// How many there are, where there should be none.
    pub fn none_wanted(count: usize) -> Self {
        Self::mark(Standing::of_unwanted(count), count as u64, count.to_string())
    }

    /// What is shown alone: programs have it elsewhere.
    pub fn shown(pieces: Vec<Piece>) -> Self {
        Self::new(Value::Null, pieces)
    }

    /// With something more in small print.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        let note = note.into();
        if !note.is_empty() {
            self.pieces.push(Piece::Note(note));
        }
        self
    }
}
