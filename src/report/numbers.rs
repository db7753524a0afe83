//! Numbers over all municipalities of a book.

use crate::areas::Area;
use crate::backups;
use crate::ends;
use crate::guardrails::{self, Counts};
use crate::objects;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::tenant::{Tenant, Tenants};

/// Numbers that are told before everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub municipalities: usize,
    pub good: usize,
    pub bad: usize,
    /// How the one stands that stands worst.
    pub whole: Standing,
    pub checks: Counts,
    /// How the checks of that one stand that stands worst.
    pub guardrails: Standing,
    pub drift: usize,
    /// How that one stands in drift that stands worst.
    pub drifted: Standing,
    /// Policies whose newest recovery point is too old or not known.
    pub late_points: usize,
    pub policies: usize,
    /// How the policy stands that stands worst.
    pub points: Standing,
    pub ends_soon: usize,
    pub over: usize,
}

/// Counts over all municipalities.
pub(crate) fn numbers(tenants: &Tenants<'_>, reader: Reader) -> Numbers {
    let mut numbers = Numbers {
        municipalities: tenants.all.len(),
        good: 0,
        bad: 0,
        whole: Standing::Absent,
        checks: Counts::default(),
        guardrails: Standing::Absent,
        drift: 0,
        drifted: Standing::Absent,
        late_points: 0,
        policies: 0,
        points: Standing::Absent,
        ends_soon: 0,
        over: 0,
    };
    for tenant in &tenants.all {
        count(&mut numbers, tenant, reader);
    }
    numbers
}

fn count(numbers: &mut Numbers, tenant: &Tenant<'_>, reader: Reader) {
    let whole = Area::Whole.standing(tenant);
    numbers.whole = numbers.whole.max(whole);
    match whole {
        Standing::Good => numbers.good += 1,
        Standing::Bad => numbers.bad += 1,
        _ => {}
    }
    numbers.checks.add(guardrails::counts(tenant).unwrap_or_default());
    numbers.guardrails = numbers.guardrails.max(Area::Guardrails.standing(tenant));
    numbers.drifted = numbers.drifted.max(Area::Drift.standing(tenant));
    let objects = objects::of(tenant);
    let drift = objects.iter().filter_map(|object| object.status);
    numbers.drift += drift.map(|status| status.drift.len()).sum::<usize>();
    let points = backups::freshness(tenant, reader);
    numbers.policies += points.len();
    numbers.points = points
        .iter()
        .map(|one| one.standing)
        .fold(numbers.points, Standing::max);
    numbers.late_points += points.iter().filter(|one| one.standing != Standing::Good).count();
    for end in ends::of(tenant) {
        match reader.until(Some(end.until)).0 {
            Standing::Bad => numbers.over += 1,
            Standing::Moving => numbers.ends_soon += 1,
            _ => {}
        }
    }
}
