//! Times and days as people in Japan write them: Asia/Tokyo, and the fiscal year from April to March (年度).
//!
//! The moment of the report is an argument; there is no clock here.

use std::fmt::Write as _;

use jichitai_plan::evidence::Month;
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::language::Language;
use crate::words;

/// Hours by which Japan is ahead of UTC; Japan has no summer time.
const JAPAN: i8 = 9;

/// The year before the first of Reiwa (令和).
const BEFORE_REIWA: i16 = 2018;

fn japan(time: Timestamp) -> jiff::Zoned {
    time.to_zoned(TimeZone::fixed(tz::offset(JAPAN)))
}

/// The day in Japan.
pub(crate) fn day(time: Timestamp) -> Date {
    japan(time).date()
}

/// `2027-04-01 09:30`, in Japan.
pub(crate) fn minute(time: Timestamp) -> String {
    japan(time).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The time of the report with its zone, and in Japanese the fiscal year too.
pub(crate) fn moment(time: Timestamp, language: Language) -> String {
    let local = japan(time);
    match language {
        Language::En => local.strftime("%-d %B %Y, %H:%M (Asia/Tokyo)").to_string(),
        Language::Ja => local.strftime("%Y年%-m月%-d日 %H:%M(日本時間)").to_string(),
    }
}

/// The fiscal year of a day: `令和9年度(2027年度)` or `April 2027 – March 2028`.
pub(crate) fn fiscal_year(day: Date, language: Language) -> String {
    let year = if day.month() >= 4 { day.year() } else { day.year() - 1 };
    match language {
        Language::En => format!("April {year} – March {}", year + 1),
        Language::Ja => match year - BEFORE_REIWA {
            reiwa @ 2.. => format!("令和{reiwa}年度({year}年度)"),
            _ => format!("{year}年度"),
        },
    }
}

/// The first moment of a month in Japan, and the first one after it.
pub(crate) fn bounds(month: Month) -> (Timestamp, Timestamp) {
    let begin = |day: Date| {
        day.to_zoned(TimeZone::fixed(tz::offset(JAPAN)))
            .map(|zoned| zoned.timestamp())
    };
    let begun = begin(month.first()).unwrap_or(Timestamp::MIN);
    let next = month.last().tomorrow().and_then(begin).unwrap_or(Timestamp::MAX);
    (begun, next)
}

/// `令和8年4月(2026年4月)` or `April 2026`.
pub(crate) fn month(month: Month, language: Language) -> String {
    let Month { year, month: number } = month;
    match language {
        Language::En => month.first().strftime("%B %Y").to_string(),
        Language::Ja => match year - BEFORE_REIWA {
            reiwa @ 2.. => format!("令和{reiwa}年{number}月({year}年{number}月)"),
            _ => format!("{year}年{number}月"),
        },
    }
}

/// `26 h 5 min`, in whole minutes; days from 48 hours on.
pub(crate) fn length(duration: SignedDuration, language: Language) -> String {
    let minutes = duration.as_mins().max(0);
    let (days, hours, rest) = match minutes / 60 {
        hours @ 48.. => (hours / 24, hours % 24, 0),
        hours => (0, hours, minutes % 60),
    };
    let units = [(days, words::DAYS), (hours, words::HOURS), (rest, words::MINUTES)];
    let mut text = String::new();
    for (count, unit) in units.into_iter().filter(|(count, _)| *count > 0) {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a String does not fail.
        let _ = write!(text, "{space}{}", unit.with(language, &[&count.to_string()]));
    }
    match text.is_empty() {
        true => words::UNDER_A_MINUTE.say(language).to_owned(),
        false => text,
    }
}

/// Whole days from one day to another; negative when it is over.
pub(crate) fn between(today: Date, last: Date) -> i32 {
    last.since(today).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{between, bounds, fiscal_year, length, minute, moment, month};
    use crate::Language::{En, Ja};

    #[test]
    fn the_fiscal_year_begins_in_april() {
        assert_eq!(fiscal_year(date(2027, 3, 31), Ja), "令和8年度(2026年度)");
        assert_eq!(fiscal_year(date(2027, 4, 1), Ja), "令和9年度(2027年度)");
        assert_eq!(fiscal_year(date(2027, 3, 31), En), "April 2026 – March 2027");
    }

    #[test]
    fn a_month_is_japans() {
        let april = "2026-04".parse().unwrap();
        let (begun, next) = bounds(april);
        assert_eq!(begun.to_string(), "2026-03-31T15:00:00Z");
        assert_eq!(next.to_string(), "2026-04-30T15:00:00Z");
        assert_eq!(month(april, Ja), "令和8年4月(2026年4月)");
        assert_eq!(month(april, En), "April 2026");
    }

    #[test]
    fn times_are_those_of_japan() {
        let time = "2027-03-31T15:30:00Z".parse().unwrap();
        assert_eq!(minute(time), "2027-04-01 00:30");
        assert_eq!(moment(time, Ja), "2027年4月1日 00:30(日本時間)");
        assert_eq!(moment(time, En), "1 April 2027, 00:30 (Asia/Tokyo)");
    }

    #[test]
    fn lengths_read_like_speech() {
        assert_eq!(length("26h5m".parse().unwrap(), En), "26 h 5 min");
        assert_eq!(length("26h".parse().unwrap(), Ja), "26時間");
        assert_eq!(length("100h".parse().unwrap(), Ja), "4日 4時間");
        assert_eq!(length("20s".parse().unwrap(), En), "under 1 min");
        assert_eq!(between(date(2027, 4, 1), date(2027, 3, 30)), -2);
    }
}
