//! The room that AWS leaves for copies: the quota holds, and everybody gets there.

use jichitai_plan::osaka_backup_policy::queue::{Demand, Queue};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn demand(of_all: usize, in_flight: usize, waiting: usize) -> Demand {
    Demand {
        of_all,
        in_flight,
        waiting,
    }
}

proptest! {
    /// Whatever comes in whichever order, no more is in flight than AWS takes, and nobody waits for ever.
    #[test]
    fn the_quota_holds_and_everybody_gets_there(
        mut waiting in prop::collection::vec(0_usize..60, 1..6),
        order in prop::collection::vec((0_usize..6, 0_usize..4), 800),
        foreign in 0_usize..19,
    ) {
        let mut queue = Queue::default();
        let mut in_flight = vec![0; waiting.len()];
        for (step, (who, ended)) in order.into_iter().enumerate() {
            let who = who % waiting.len();
            in_flight[who] -= ended.min(in_flight[who]);
            let all = foreign + in_flight.iter().sum::<usize>();
            let now = at(i64::try_from(step).expect("a small number"));
            let demand = demand(all, in_flight[who], waiting[who]);
            let room = queue.take(&who.to_string(), demand, 20, now);
            prop_assert!(room <= waiting[who]);
            in_flight[who] += room;
            waiting[who] -= room;
            prop_assert!(foreign + in_flight.iter().sum::<usize>() <= 20);
        }
        for round in 0..2_000 {
            for who in 0..waiting.len() {
                in_flight[who] = 0;
                let all = foreign + in_flight.iter().sum::<usize>();
                let now = at(1_000 + round);
                let room = queue.take(&who.to_string(), demand(all, 0, waiting[who]), 20, now);
                in_flight[who] = room;
                waiting[who] -= room;
            }
        }
        prop_assert!(waiting.iter().all(|left| *left == 0), "{waiting:?}");
    }
}
