//! When changes may be made: change windows, freezes, and the platform team's holds.

use cronexpr::Crontab;
use jichitai_api::Reason;
use jichitai_api::common::{ChangeWindow, Freeze};
use jiff::{SignedDuration, Timestamp};

use crate::plan::Text;

/// A hold that the platform team has set, for example during an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: String,
}

/// Why no change is made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The stable word.
    pub reason: Reason,
    /// For people.
    pub message: Text,
    /// When it ends, where that is known.
    pub until: Option<Timestamp>,
}

/// Why a window of the spec cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadWindow {
    /// `cron`, `duration` or `timeZone`.
    pub field: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// Whether changes are closed at `now`, and why.
///
/// # Errors
/// The index of a change window that cannot be understood, and why; nothing is open then.
pub fn closed(
    windows: &[ChangeWindow],
    freezes: &[Freeze],
    hold: Option<&Hold>,
    now: Timestamp,
) -> Result<Option<Closed>, (usize, BadWindow)> {
    if let Some(Hold { reason }) = hold {
        let message = Text::new(format!("on hold: {reason}"), format!("保留中: {reason}"));
        return Ok(Some(Closed {
            reason: Reason::OnHold,
            message,
            until: None,
        }));
    }
    if let Some(freeze) = freezes
        .iter()
        .find(|freeze| freeze.from.0 <= now && now < freeze.until.0)
    {
        let (reason, until) = (&freeze.reason, freeze.until.0);
        let message = Text::new(
            format!("frozen until {until}: {reason}"),
            format!("{until} まで変更凍結: {reason}"),
        );
        return Ok(Some(Closed {
            reason: Reason::Frozen,
            message,
            until: Some(until),
        }));
    }
    let mut next: Option<Timestamp> = None;
    for (index, window) in windows.iter().enumerate() {
        match open(window, now).map_err(|bad| (index, bad))? {
            None => return Ok(None),
            Some(opens) => next = Some(next.map_or(opens, |earlier| earlier.min(opens))),
        }
    }
    Ok(next.map(|opens| Closed {
        reason: Reason::OutsideChangeWindow,
        message: Text::new(
            format!("the next change window opens at {opens}"),
            format!("次の作業時間帯は {opens} に始まります"),
        ),
        until: Some(opens),
    }))
}

/// Five cron fields in a time zone.
///
/// # Errors
/// What is wrong with them.
pub fn crontab(cron: &str, time_zone: &str) -> Result<Crontab, cronexpr::Error> {
    format!("{cron} {time_zone}").parse()
}

/// `None` while the window is open, otherwise when it opens next.
fn open(window: &ChangeWindow, now: Timestamp) -> Result<Option<Timestamp>, BadWindow> {
    let ChangeWindow {
        cron,
        duration,
        time_zone,
    } = window;
    let bad = |field| move |problem: String| BadWindow { field, problem };
    let length: SignedDuration = duration
        .parse()
        .map_err(|error: jiff::Error| bad("duration")(error.to_string()))?;
    let cron = crontab(cron, time_zone).map_err(|error| bad("cron")(error.to_string()))?;
    let next = |after: Timestamp| {
        let found = cron.find_next(after).map_err(|error| bad("cron")(error.to_string()))?;
        Ok::<_, BadWindow>(found.timestamp())
    };
    // The last opening that could still be in force lies within one length before now.
    let earliest = now
        .checked_sub(length)
        .map_err(|error| bad("duration")(error.to_string()))?;
    if next(earliest)? <= now {
        Ok(None)
    } else {
        next(now).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use jichitai_api::Reason;
    use jichitai_api::common::{ChangeWindow, Freeze};
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::{Hold, closed};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn nights() -> Vec<ChangeWindow> {
        vec![ChangeWindow {
            cron: "0 22 * * *".into(),
            duration: "4h".into(),
            time_zone: "Asia/Tokyo".into(),
        }]
    }

    #[test]
    fn a_window_is_open_from_its_start_for_its_length() {
        let reason = |now: &str| {
            closed(&nights(), &[], None, at(now))
                .expect("valid")
                .map(|closed| closed.reason)
        };
        assert_eq!(reason("2026-11-22T21:59:59+09:00"), Some(Reason::OutsideChangeWindow));
        assert_eq!(reason("2026-11-22T22:00:00+09:00"), None);
        assert_eq!(reason("2026-11-23T01:59:59+09:00"), None);
        assert_eq!(reason("2026-11-23T02:00:01+09:00"), Some(Reason::OutsideChangeWindow));
    }

    #[test]
    fn a_closed_window_tells_when_it_opens() {
        let found = closed(&nights(), &[], None, at("2026-11-22T12:00:00+09:00"))
            .expect("valid")
            .expect("closed");
        assert_eq!(found.until, Some(at("2026-11-22T22:00:00+09:00")));
    }

    #[test]
    fn freezes_and_holds_close_an_open_window() {
        let freeze = Freeze {
            from: Time(at("2026-11-22T00:00:00Z")),
            until: Time(at("2026-11-24T00:00:00Z")),
            reason: "選挙".into(),
        };
        let inside = at("2026-11-22T23:00:00+09:00");
        let found = closed(&nights(), &[freeze], None, inside)
            .expect("valid")
            .expect("closed");
        assert_eq!(
            (found.reason, found.until),
            (Reason::Frozen, Some(at("2026-11-24T00:00:00Z")))
        );
        let hold = Hold {
            reason: "incident 42".into(),
        };
        let found = closed(&nights(), &[], Some(&hold), inside)
            .expect("valid")
            .expect("closed");
        assert_eq!(found.reason, Reason::OnHold);
    }

    #[test]
    fn a_window_that_cannot_be_understood_is_never_open() {
        let mut windows = nights();
        windows[0].cron = "whenever".into();
        let (index, bad) = closed(&windows, &[], None, at("2026-11-22T23:00:00+09:00")).expect_err("refused");
        assert_eq!((index, bad.field), (0, "cron"));
    }
}
