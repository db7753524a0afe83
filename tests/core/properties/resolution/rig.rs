//! The life of one endpoint: what happens to it, and the operator's passes in between, all of it watched.

use jichitai_api::common::Mode;
use jichitai_core_tests::drive::{self, Done, Driven as _};
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::step::Step;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::drafts::{Around, Draft, Retirement, municipality};
use super::portrait::foreigners;
use super::witness::Witness;

/// An endpoint with what is around it, and who watches.
#[derive(Clone)]
pub struct Rig {
    /// The object and its AWS.
    pub resolution: Resolution,
    /// What must hold all the while.
    pub witness: Witness,
    /// The environment of its municipality.
    environment: &'static str,
}

impl Rig {
    /// An object that has nothing yet.
    pub fn new(draft: &Draft, around: Around) -> Self {
        Self::within(draft, around, "Verification")
    }

    /// The same in an environment.
    pub fn within(draft: &Draft, around: Around, environment: &'static str) -> Self {
        let all = around.accepts.iter().enumerate();
        let municipalities = all.map(|(number, accepts)| municipality(number, environment, *accepts));
        let now: Timestamp = "2027-04-01T09:00:00+09:00".parse().expect("a timestamp");
        let mut resolution = Resolution::new(municipalities.collect(), draft.object(), now);
        resolution.organization = around.organization;
        Self {
            resolution,
            witness: Witness::default(),
            environment,
        }
    }

    /// Others have things of their own from the beginning.
    pub fn among(mut self, settle: impl FnOnce(&mut Resolution)) -> Self {
        settle(&mut self.resolution);
        self.witness.foreign = Some(foreigners(&self.resolution));
        self
    }

    /// The spec changes.
    pub fn apply(&mut self, draft: &Draft, retire: &Retirement) {
        let mut object = draft.object();
        object.spec.retire = retire.list(draft);
        object.spec.common = self.resolution.object.spec.common.clone();
        object.status = self.resolution.object.status.take();
        self.resolution.object = object;
    }

    /// A municipality accepts, or no longer.
    pub fn answer(&mut self, number: usize, accepts: bool) {
        self.resolution.municipalities[number] = municipality(number, self.environment, accepts);
    }

    /// The mode changes.
    pub fn set_mode(&mut self, mode: Mode) {
        self.resolution.object.spec.common.mode = mode;
    }

    /// One pass, killed after so many writes. Steps of one round run at the same time, so none may need
    /// another of them.
    pub fn pass(&mut self, crash_after: Option<usize>) -> Result<Done<Resolution>, TestCaseError> {
        let mut before = self.resolution.clone();
        let witness = &mut self.witness;
        let done = drive::pass(&mut self.resolution, crash_after, &mut |now, step| {
            witness.after(now, step);
        })
        .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        for round in &done.rounds {
            for step in round {
                let refusal = before.refusal(step);
                prop_assert!(refusal.is_none(), "{step} needs another step of its round: {refusal:?}");
            }
            for step in round {
                drop(before.apply(step));
            }
        }
        Ok(done)
    }

    /// AWS finishes what it has begun, and time passes.
    pub fn finish(&mut self) {
        self.resolution.finish();
        self.witness.look(&self.resolution, "AWS has finished");
        self.resolution.others();
    }

    /// Killed after so many writes, again and again; AWS finishes its work in between, or not yet.
    pub fn crash(&mut self, kills: &[(usize, bool)]) -> Result<(), TestCaseError> {
        for (last, finishes) in kills {
            self.pass(Some(*last))?;
            if *finishes {
                self.finish();
            }
        }
        Ok(())
    }

    /// Killed after the write of this number, counted over all passes; then AWS finishes its work, or not yet.
    pub fn kill_after(&mut self, last: usize, finishes: bool) -> Result<(), TestCaseError> {
        let mut left = last;
        loop {
            let done = self.pass(Some(left))?;
            // The steps of the last round have not all run when it was killed there.
            let Some(_) = done.ending else { break };
            let writes: usize = done.rounds.iter().map(Vec::len).sum();
            if writes == 0 {
                break;
            }
            left -= writes;
            self.finish();
        }
        if finishes {
            self.finish();
        }
        Ok(())
    }

    /// Passes until nothing changes; two at least, because after a crash the first may wait for what AWS does
    /// not list yet. Returns all of them.
    pub fn run(&mut self) -> Result<Vec<Done<Resolution>>, TestCaseError> {
        let mut all = Vec::new();
        for _ in 0..40 {
            let done = self.pass(None)?;
            let before = self.resolution.observe();
            self.finish();
            let settled = done.rounds.is_empty() && before == self.resolution.observe();
            all.push(done);
            if settled && all.len() > 1 {
                return Ok(all);
            }
        }
        let last = all.last().map(|done| &done.rounds);
        Err(TestCaseError::fail(format!("no fixed point; last: {last:?}")))
    }

    /// The same, and nothing that must hold was broken. Returns the last pass.
    pub fn settle(&mut self) -> Result<Done<Resolution>, TestCaseError> {
        let last = self.run()?.pop();
        self.is_well()?;
        last.ok_or_else(|| TestCaseError::fail("no pass was made"))
    }

    /// Nothing that must hold was broken, and AWS refused nothing.
    pub fn is_well(&self) -> Result<(), TestCaseError> {
        let faults = &self.witness.faults;
        prop_assert!(faults.is_empty(), "{faults:#?}");
        prop_assert!(self.resolution.refused.is_empty(), "{:#?}", self.resolution.refused);
        Ok(())
    }
}

/// The steps of passes, in their order.
pub fn steps(passes: &[Done<Resolution>]) -> impl Iterator<Item = &Step> {
    passes.iter().flat_map(|done| &done.rounds).flatten()
}
