//! How many differences were repaired in the month, and how long that took.

use jichitai_plan::evidence::RecordKind;
use jiff::SignedDuration;

use super::repairs::left;
use crate::month_words;
use crate::objects;
use crate::reader::Reader;
use crate::table::{Cell, Table, both};
use crate::tables::told;
use crate::tenant::Tenant;

/// Numbers of a month's repairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub repaired: usize,
    /// Repairs of differences that were known before: only of these one knows how long they lasted.
    pub timed: usize,
    pub longest: Option<SignedDuration>,
    pub median: Option<SignedDuration>,
    /// Differences that were seen in the month and left.
    pub left: usize,
    /// Differences that status tells of.
    pub open: usize,
}

impl Figures {
    pub fn of(tenant: &Tenant<'_>) -> Self {
        let repairs = tenant.history.of(&[RecordKind::Repair]);
        let mut times: Vec<SignedDuration> = repairs.iter().filter_map(|one| one.took()).collect();
        times.sort_unstable();
        let objects = objects::of(tenant);
        let open = objects.iter().filter_map(|one| one.status).map(|one| one.drift.len());
        Self {
            repaired: repairs.len(),
            timed: times.len(),
            longest: times.last().copied(),
            median: median(&times),
            left: left(tenant).len(),
            open: open.sum(),
        }
    }
}

/// The one in the middle; of an even number, what lies half-way between the two in the middle.
fn median(sorted: &[SignedDuration]) -> Option<SignedDuration> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some((*lower + *upper) / 2)
}

/// One row.
pub(crate) fn repair_figures(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let Figures {
        repaired,
        timed,
        longest,
        median,
        left,
        open,
    } = Figures::of(tenant);
    Table {
        key: "repairFigures",
        title: month_words::TABLE_REPAIR_FIGURES,
        empty: month_words::NONE_REPAIRS,
        columns: vec![
            both("repaired", month_words::COLUMN_REPAIRS),
            both("timed", month_words::COLUMN_TIMED),
            both("longestSeconds", month_words::COLUMN_LONGEST),
            both("medianSeconds", month_words::COLUMN_MEDIAN),
            both("left", month_words::COLUMN_LEFT),
            both("open", month_words::COLUMN_OPEN),
        ],
        rows: vec![vec![
            Cell::number(repaired as u64),
            Cell::number(timed as u64),
            told::length(longest, reader),
            told::length(median, reader),
            Cell::number(left as u64),
            Cell::none_wanted(open),
        ]],
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::median;

    #[test]
    fn the_median_lies_in_the_middle() {
        let of = |minutes: &[i64]| {
            let all: Vec<_> = minutes.iter().map(|one| SignedDuration::from_mins(*one)).collect();
            median(&all).map(|one| one.as_mins())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[42]), Some(42));
        assert_eq!(of(&[2, 42]), Some(22));
        assert_eq!(of(&[2, 3, 42]), Some(3));
    }
}
