//! The age of the newest recovery points against their objectives, as horizontal bars.

use jiff::SignedDuration;
use maud::{Markup, html};

use crate::backups::{self, Freshness};
use crate::measure::fit;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::tenant::Tenant;
use crate::words;

const WIDTH: i64 = 760;
const NAME: i64 = 150;
/// Where bars begin, and how long the longest is.
const START: i64 = NAME + 10;
const LENGTH: i64 = 270;
const ROW: i64 = 34;
const BAR: i64 = 14;
const TOP: i64 = 8;
const SIZE: i32 = 12;

/// The chart; nothing where there are no policies.
pub(super) fn chart(tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
    let all = backups::freshness(tenant, reader);
    if all.is_empty() {
        return html! {};
    }
    let rows = i64::try_from(all.len()).unwrap_or(1);
    let height = TOP + rows * ROW + TOP;
    let longest = all.iter().flat_map(|one| [one.age, one.objective]).flatten().max();
    let longest = longest.map_or(1, |one| one.as_secs().max(1));
    let id = format!("{id}-chart");
    html! {
        figure class="chart" {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) role="img"
                aria-labelledby=(format!("{id}-title {id}-desc")) font-size=(SIZE) {
                title id=(format!("{id}-title")) { (reader.say(words::CHART)) }
                desc id=(format!("{id}-desc")) { (described(&all, reader)) }
                defs {
                    pattern id=(format!("{id}-late")) width="6" height="6" patternUnits="userSpaceOnUse" {
                        rect width="6" height="6" fill="#b3261e" {}
                        path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="#ffffff" stroke-width="1.2" {}
                    }
                }
                @for (at, one) in (0..).zip(&all) { (bar(one, TOP + at * ROW, longest, &id, reader)) }
            }
            figcaption { (reader.say(words::CHART_CAPTION)) }
        }
    }
}

fn described(all: &[Freshness<'_>], reader: Reader) -> String {
    let lines: Vec<String> = all
        .iter()
        .map(|one| format!("{}: {}", one.name, told(one, reader)))
        .collect();
    lines.join("; ")
}

/// Age, objective, and whether it is met.
fn told(one: &Freshness<'_>, reader: Reader) -> String {
    let length = |duration: Option<SignedDuration>| duration.map_or_else(|| "–".to_owned(), |one| reader.length(one));
    let against = reader.with(words::AGE_AGAINST, &[&length(one.age), &length(one.objective)]);
    format!(
        "{} {}, {against}",
        one.standing.symbol(),
        reader.say(one.standing.word())
    )
}

fn scaled(duration: SignedDuration, longest: i64) -> i64 {
    // Ages are at most some years of seconds: no overflow.
    (duration.as_secs().max(0) * LENGTH / longest).max(1)
}

fn bar(one: &Freshness<'_>, y: i64, longest: i64, id: &str, reader: Reader) -> Markup {
    let middle = y + ROW / 2;
    let fill = match one.standing {
        Standing::Good => "#2c4a8c".to_owned(),
        _ => format!("url(#{id}-late)"),
    };
    let mark = one.objective.map(|objective| START + scaled(objective, longest));
    let room = i32::try_from(NAME).unwrap_or_default();
    html! {
        text x=(NAME) y=(middle + 4) text-anchor="end" fill="#1b2430" { (fit(one.name, SIZE, false, room)) title { (one.name) } }
        rect x=(START) y=(middle - BAR / 2) width=(LENGTH) height=(BAR) fill="#eef1f4" {}
        @if let Some(age) = one.age {
            rect x=(START) y=(middle - BAR / 2) width=(scaled(age, longest)) height=(BAR) fill=(fill) {}
        }
        @if let Some(x) = mark {
            path d=(format!("M{x},{} v{}", middle - BAR, 2 * BAR)) stroke="#1b2430" stroke-width="2" {}
        }
        text x=(START + LENGTH + 12) y=(middle + 4) fill="#1b2430" { (told(one, reader)) }
    }
}
