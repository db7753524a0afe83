//! Numbers of the month, before everything else.

use maud::{Markup, html};

use super::summary::{Tile, must_be_none, tile};
use crate::month_numbers::{MonthNumbers, numbers};
use crate::month_words;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::tenant::Tenants;

/// The numbers; nothing where there are no records to count, which the parts say.
pub(super) fn month_tiles(tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let has_records = tenants.all.iter().any(|tenant| !tenant.history.is_empty());
    html! {
        @if reader.period.is_some() && has_records {
            ul class="tiles" {
                @for one in tiles(numbers(tenants, reader), reader) { (tile(&one, reader)) }
            }
        }
    }
}

fn tiles(numbers: MonthNumbers, reader: Reader) -> Vec<Tile> {
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
    } = numbers;
    let some = |count: usize| if count == 0 { Standing::Absent } else { Standing::Good };
    let of = |good: usize, all: usize| match all {
        0 => Standing::Absent,
        all if good >= all => Standing::Good,
        _ => Standing::Bad,
    };
    let longest_text = longest.map_or_else(|| "–".to_owned(), |one| reader.length(one));
    vec![
        (month_words::TILE_CHANGES, done.to_string(), some(done)),
        (month_words::TILE_REFUSED, refused.to_string(), must_be_none(refused)),
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
