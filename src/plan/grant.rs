//! When grants and exceptions hold: dates are days in Japan, the last one included.

use jichitai_api::grant::{ExceptionInfo, GrantInfo};
use jiff::civil::Date;

/// Days ahead for which the end of a grant is announced.
const ANNOUNCED_DAYS: i64 = 30;

/// Whether grants that have run out count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// They have ended with their last day in Japan.
    Respected,
    /// As if they had not run out: to tell a planned ending from a narrowing.
    Ignored,
}

/// Whether a grant holds on that day.
#[must_use]
pub fn holds(grant: &GrantInfo, today: Date, expiry: Expiry) -> bool {
    let GrantInfo {
        organization: _,
        contract_ref: _,
        valid_from,
        valid_until,
    } = grant;
    let day = |text: &Option<String>| text.as_deref().and_then(|day| day.parse::<Date>().ok());
    let begun = day(valid_from).is_none_or(|first| first <= today);
    let ended = day(valid_until).is_some_and(|last| last < today);
    begun && (!ended || expiry == Expiry::Ignored)
}

/// Whether an exception holds on that day. A last day that cannot be read admits nothing.
#[must_use]
pub fn excepted(exception: &ExceptionInfo, today: Date, expiry: Expiry) -> bool {
    let ExceptionInfo {
        reason: _,
        approved_by: _,
        until,
    } = exception;
    let last = until.parse::<Date>().ok();
    last.is_some_and(|last| today <= last || expiry == Expiry::Ignored)
}

/// The last day of something that ends within 30 days.
#[must_use]
pub fn soon(last: Option<&str>, today: Date) -> Option<Date> {
    let last = last?.parse::<Date>().ok()?;
    let announced = today
        .checked_add(jiff::Span::new().days(ANNOUNCED_DAYS))
        .unwrap_or(Date::MAX);
    (today..=announced).contains(&last).then_some(last)
}
