//! Where records are kept: by installation, namespace and month in Japan, so that a tenant's month is one prefix.

use std::str::FromStr;
use std::{fmt, iter};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::context::japan_date;
use crate::identity::{Owner, short_hash};

/// A month in Japan.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

/// A text that is no month.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a month is written like 2026-04")]
pub struct NoMonth;

impl Month {
    /// The month of a moment.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        let day = japan_date(moment);
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        // A month that was parsed, or taken from a date, has a first day.
        Date::new(self.year, self.month, 1).unwrap_or(Date::MIN)
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self {
                year: self.year.saturating_add(1),
                month: 1,
            },
            month => Self {
                month: month + 1,
                ..self
            },
        }
    }

    /// It and those that follow, with the last; none if the last is before it.
    pub fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }

    /// The fiscal year (年度), which begins in April.
    #[must_use]
    pub fn fiscal_year(self) -> i16 {
        if self.month < 4 { self.year - 1 } else { self.year }
    }

    /// Whether a moment is in it.
    #[must_use]
    pub fn holds(self, moment: Timestamp) -> bool {
        Self::of(moment) == self
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let parts = text
            .split_once('-')
            .filter(|(year, month)| year.len() == 4 && month.len() == 2);
        let (year, month) = parts.ok_or(NoMonth)?;
        let (year, month) = (year.parse().map_err(|_| NoMonth)?, month.parse().map_err(|_| NoMonth)?);
        Date::new(year, month, 1).map_err(|_| NoMonth)?;
        Ok(Self { year, month })
    }
}

/// What the keys of a namespace's month begin with.
#[must_use]
pub fn prefix(installation: &str, namespace: &str, month: Month) -> String {
    format!("{installation}/{namespace}/{month}/")
}

/// The key of records about an object. The same records have the same key, so that an answer that was lost is harmless.
#[must_use]
pub fn key(installation: &str, object: &Owner, moment: Timestamp, content: &str) -> String {
    let prefix = prefix(installation, &object.namespace, Month::of(moment));
    let at = moment.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S%3fZ").to_string();
    let hash = short_hash(content, 12);
    format!("{prefix}{at}-{}-{}-{hash}.jsonl", object.kind, object.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_one_of_japan() {
        let april: Month = "2026-04".parse().unwrap();
        assert!(april.holds(at("2026-03-31T15:00:00Z")) && !april.holds(at("2026-03-31T14:59:59Z")));
        assert!(april.holds(at("2026-04-30T14:59:59Z")) && !april.holds(at("2026-04-30T15:00:00Z")));
        assert_eq!(
            (april.first().to_string(), april.last().to_string()),
            ("2026-04-01".into(), "2026-04-30".into())
        );
        assert_eq!(
            (april.fiscal_year(), "2027-03".parse::<Month>().unwrap().fiscal_year()),
            (2026, 2026)
        );
        assert_eq!(
            (
                april.next().to_string(),
                "2026-12".parse::<Month>().unwrap().next().to_string()
            ),
            ("2026-05".into(), "2027-01".into())
        );
        let months = |from: &str, to: &str| -> Vec<String> {
            let all = from.parse::<Month>().unwrap().up_to(to.parse().unwrap());
            all.map(|month| month.to_string()).collect()
        };
        assert_eq!(months("2026-11", "2027-01"), ["2026-11", "2026-12", "2027-01"]);
        assert_eq!(months("2026-11", "2026-10"), Vec::<String>::new());
        for bad in ["2026-13", "2026-00", "2026-4", "26-04", "2026-04-01", "April", ""] {
            assert_eq!(bad.parse::<Month>(), Err(NoMonth), "{bad}");
        }
    }

    #[test]
    fn keys_sort_by_time_and_hold_the_tenants_month_together() {
        let object = Owner::parse("Municipality/chiyoda/chiyoda").unwrap();
        let of = |moment: &str, content: &str| key("asp-east", &object, at(moment), content);
        let first = of("2026-03-31T15:00:00.123Z", "a");
        assert!(
            first.starts_with("asp-east/chiyoda/2026-04/20260331T150000123Z-Municipality-chiyoda-"),
            "{first}"
        );
        assert_eq!(first, of("2026-03-31T15:00:00.123Z", "a"));
        assert_ne!(first, of("2026-03-31T15:00:00.123Z", "b"));
        assert!(first < of("2026-03-31T15:00:00.124Z", "a"));
    }
}
