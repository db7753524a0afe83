//! Numbers of what happened in the month, over all municipalities of a book.

use jichitai_plan::evidence::{Outcome, RecordKind};
use jiff::SignedDuration;

use crate::backups;
use crate::language::Word;
use crate::month_backups::MonthOfBackups;
use crate::month_words;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::tables::month;
use crate::tenant::{Tenant, Tenants};

/// What a reader wants to know of the month before everything else.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MonthNumbers {
    pub done: usize,
    pub refused: usize,
    pub approvals: usize,
    pub repaired: usize,
    /// None where no repair tells since when it was due.
    pub longest: Option<SignedDuration>,
    /// Runs that succeeded.
    pub good_runs: usize,
    /// Runs that were due.
    pub due_runs: usize,
    pub good_drills: usize,
    pub drills: usize,
}

/// Counts over all municipalities.
pub(crate) fn numbers(tenants: &Tenants<'_>, reader: Reader) -> MonthNumbers {
    let mut numbers = MonthNumbers::default();
    for tenant in &tenants.all {
        numbers.add(tenant, reader);
    }
    numbers
}

/// A number, what it counts, and how it stands.
pub(crate) type Tile = (Word, String, Standing);

/// The numbers as they are told; none where there are no records to count, or no month is reported.
pub(crate) fn tiles(tenants: &Tenants<'_>, reader: Reader) -> Vec<Tile> {
    let has_records = tenants.all.iter().any(|tenant| !tenant.history.is_empty());
    match reader.period.is_some() && has_records {
        true => numbers(tenants, reader).tiles(reader),
        false => Vec::new(),
    }
}

impl MonthNumbers {
    fn add(&mut self, tenant: &Tenant<'_>, reader: Reader) {
        let history = &tenant.history;
        let writes = history.writes();
        let is_done = |outcome| outcome == Some(Outcome::Done);
        self.done += writes.iter().filter(|one| is_done(one.record.outcome)).count();
        self.refused += writes.iter().filter(|one| one.is_refused()).count();
        self.approvals += history.of(&[RecordKind::Approval]).len();
        let repairs = history.of(&[RecordKind::Repair]);
        self.repaired += repairs.len();
        let longest = repairs.iter().filter_map(|one| one.took()).max();
        self.longest = self.longest.max(longest);
        let policies = backups::freshness(tenant, reader);
        for one in &policies {
            let object = month::policy_object(one);
            if let Some(month) = MonthOfBackups::of(one, history, &object, reader) {
                self.good_runs += month.good;
                self.due_runs += month.expected.unwrap_or_default();
            }
        }
        for drill in history.of(&[RecordKind::Drill]) {
            let objective = month::drill_objective(drill, &policies);
            self.drills += 1;
            self.good_drills += usize::from(month::drill_standing(drill, objective) == Standing::Good);
        }
    }

    fn tiles(self, reader: Reader) -> Vec<Tile> {
        let MonthNumbers {
            done,
            refused,
            approvals,
            repaired,
            longest,
            good_runs,
            due_runs,
            good_drills,
            drills,
        } = self;
        let some = |count: usize| if count == 0 { Standing::Absent } else { Standing::Good };
        let of = |good: usize, all: usize| match all {
            0 => Standing::Absent,
            all if good >= all => Standing::Good,
            _ => Standing::Bad,
        };
        let longest_text = longest.map_or_else(|| "–".to_owned(), |one| reader.length(one));
        vec![
            (month_words::TILE_CHANGES, done.to_string(), some(done)),
            (
                month_words::TILE_REFUSED,
                refused.to_string(),
                Standing::of_unwanted(refused),
            ),
            (month_words::TILE_APPROVALS, approvals.to_string(), some(approvals)),
            (month_words::TILE_REPAIRS, repaired.to_string(), some(repaired)),
            (
                month_words::TILE_LONGEST,
                longest_text,
                some(usize::from(longest.is_some())),
            ),
            (
                month_words::TILE_RUNS,
                format!("{good_runs} / {due_runs}"),
                of(good_runs, due_runs),
            ),
            (
                month_words::TILE_DRILLS,
                format!("{good_drills} / {drills}"),
                of(good_drills, drills),
            ),
        ]
    }
}
