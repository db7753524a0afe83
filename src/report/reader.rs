//! For whom, in which language, as of when and of which month a report is told.

use jichitai_plan::evidence::Month;
use jichitai_plan::plan::Text;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::book::Book;
use crate::days;
use crate::language::{Language, Word};
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, both, data};
use crate::words;

/// Days before its end from which on a grant or exception is marked.
pub(crate) const ANNOUNCED_DAYS: i32 = 30;

/// The language, the moment as of which everything is told, and the month of what happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub language: Language,
    pub now: Timestamp,
    pub today: Date,
    pub period: Option<Month>,
}

impl Reader {
    pub fn of(book: &Book<'_>, language: Language) -> Self {
        let now = book.made_at;
        let today = days::day(now);
        Self {
            language,
            now,
            today,
            period: book.period,
        }
    }

    pub fn say(self, word: Word) -> String {
        word.say(self.language).to_owned()
    }

    pub fn with(self, word: Word, values: &[&str]) -> String {
        word.with(self.language, values)
    }

    pub fn text(self, text: &Text) -> String {
        self.language.of(text).to_owned()
    }

    pub fn length(self, duration: SignedDuration) -> String {
        days::length(duration, self.language)
    }

    /// A column that people see in a monthly report alone.
    pub fn of_month(self, key: &'static str, word: Word) -> Column {
        match self.period {
            Some(_) => both(key, word),
            None => data(key, word),
        }
    }

    /// How long ago it was.
    pub fn age(self, time: Timestamp) -> SignedDuration {
        self.now.duration_since(time).max(SignedDuration::ZERO)
    }

    /// How something with a last day stands: it is over, it ends soon, or it holds.
    pub fn until(self, last: Option<&str>) -> (Standing, Word, Option<i32>) {
        let Some(last) = last else {
            return (Standing::Good, words::WITHOUT_END, None);
        };
        let Ok(day) = last.parse::<Date>() else {
            return (Standing::Unknown, words::END_UNREADABLE, None);
        };
        match days::between(self.today, day) {
            left if left < 0 => (Standing::Bad, words::IS_OVER, Some(left)),
            left if left <= ANNOUNCED_DAYS => (Standing::Moving, words::ENDS_SOON, Some(left)),
            left => (Standing::Good, words::HOLDS, Some(left)),
        }
    }

    /// The last day, and whether it is near or over.
    pub fn last_day(self, last: Option<&str>) -> Cell {
        let (standing, word, _) = self.until(last);
        let mut cell = Cell::text_of(last);
        match standing {
            Standing::Good if last.is_none() => cell.pieces.push(Piece::Text(self.say(word))),
            Standing::Good => {}
            standing => cell.pieces.push(Piece::Mark(standing, self.say(word))),
        }
        cell
    }

    /// Yes or no, without judging it.
    pub fn yes_no(self, answer: Option<bool>) -> Cell {
        match answer {
            Some(true) => Cell::new(true, vec![Piece::Text(self.say(words::YES))]),
            Some(false) => Cell::new(false, vec![Piece::Text(self.say(words::NO))]),
            None => Cell::none(),
        }
    }

    /// Yes as good, no as bad.
    pub fn must(self, answer: bool) -> Cell {
        match answer {
            true => Cell::mark(Standing::Good, true, self.say(words::YES)),
            false => Cell::mark(Standing::Bad, false, self.say(words::NO)),
        }
    }
}
