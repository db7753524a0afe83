//! How the backups of one policy went in a month, against what was promised.

use jichitai_plan::evidence::{Outcome, Record, RecordKind};
use jiff::{SignedDuration, Timestamp};

use crate::backups::Freshness;
use crate::history::{History, took};
use crate::reader::Reader;
use crate::standing::Standing;
use crate::{days, expected};

/// One policy in one month.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthOfBackups {
    /// How many runs the schedules called for; none where they cannot be understood.
    pub expected: Option<usize>,
    pub recorded: usize,
    pub good: usize,
    pub failed: usize,
    /// The longest time without a new point: at least that, as the last one before the month is not looked for.
    pub gap: Option<SignedDuration>,
    pub points: Standing,
    pub drills: usize,
    pub slowest: Option<SignedDuration>,
    pub restores: Standing,
}

impl MonthOfBackups {
    /// Times that are due are counted until the report was made.
    pub fn of(one: &Freshness<'_>, history: &History<'_>, object: &str, reader: Reader) -> Option<Self> {
        let (begun, next) = days::bounds(reader.period?);
        let until = next.min(reader.now).max(begun);
        let runs = history.at(object, RecordKind::Run);
        let drills = history.at(object, RecordKind::Drill);
        let good = runs.iter().filter(|run| run.outcome == Some(Outcome::Done)).count();
        let failed = count_refused(&runs);
        let gap = gap(&runs, begun, until);
        let slowest = drills.iter().filter_map(|drill| took(drill)).max();
        Some(Self {
            expected: expected::runs(one.policy, begun, until),
            recorded: runs.len(),
            good,
            failed,
            gap,
            points: judged(gap, one.objective),
            drills: drills.len(),
            slowest,
            restores: match count_refused(&drills) {
                0 => judged(slowest, one.restore_objective),
                _ => Standing::Bad,
            },
        })
    }

    /// Runs that the schedules called for and that have no record.
    pub fn missing(&self) -> Option<usize> {
        self.expected.map(|expected| expected.saturating_sub(self.recorded))
    }
}

fn count_refused(all: &[&Record]) -> usize {
    all.iter().filter(|one| one.outcome == Some(Outcome::Refused)).count()
}

/// Nothing measured is nothing known.
fn judged(what: Option<SignedDuration>, objective: Option<SignedDuration>) -> Standing {
    match (what, objective) {
        (Some(what), Some(objective)) if what <= objective => Standing::Good,
        (Some(_), Some(_)) => Standing::Bad,
        _ => Standing::Unknown,
    }
}

/// The longest time in which no good run's point was added; none without any good run. A point is as old as the time
/// its run was for.
fn gap(runs: &[&Record], begun: Timestamp, until: Timestamp) -> Option<SignedDuration> {
    let good = runs.iter().filter(|run| run.outcome == Some(Outcome::Done));
    let mut points: Vec<Timestamp> = good.map(|run| run.since.unwrap_or(run.time)).collect();
    if points.is_empty() {
        return None;
    }
    points.extend([begun, until]);
    points.sort_unstable();
    points.windows(2).map(|pair| pair[1].duration_since(pair[0])).max()
}
