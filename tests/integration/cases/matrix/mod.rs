//! An object of each kind is made, changed and deleted while its operator is killed right after a write, for every
//! write to AWS and to Kubernetes in turn. What AWS has afterwards is compared with a life without a kill.
//!
//! `make crash` does it for every write; the tests do it for some of them.

mod mortal;
pub mod subject;
mod table;

use crate::census::Census;
use crate::rig::{Outcome, Rig, is_full};
use mortal::Mortal;
use subject::{OfBucket, OfEndpoint, OfMunicipality, OfPolicy, Subject};
use table::Row;

/// What is done with an object, in this order.
const OPERATIONS: [&str; 3] = ["create", "change", "delete"];
/// Kill points of each boundary when not all are taken.
const SOME: usize = 2;

pub async fn a_municipality_survives_a_kill_after_any_write(rig: &Rig) -> Outcome {
    lives::<OfMunicipality>(rig).await
}

pub async fn a_file_link_bucket_survives_a_kill_after_any_write(rig: &Rig) -> Outcome {
    lives::<OfBucket>(rig).await
}

pub async fn a_backup_policy_survives_a_kill_after_any_write(rig: &Rig) -> Outcome {
    lives::<OfPolicy>(rig).await
}

pub async fn a_resolver_endpoint_survives_a_kill_after_any_write(rig: &Rig) -> Outcome {
    lives::<OfEndpoint>(rig).await
}

/// To whom the write went after which the operator is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Boundary {
    Aws,
    Kubernetes,
}

/// What one operation came to without a kill.
#[derive(Clone, Debug)]
struct Expected {
    aws: usize,
    kubernetes: usize,
    census: Census,
}

impl Expected {
    fn writes(&self, boundary: Boundary) -> usize {
        match boundary {
            Boundary::Aws => self.aws,
            Boundary::Kubernetes => self.kubernetes,
        }
    }
}

async fn lives<S: Subject>(rig: &Rig) -> Outcome {
    let mut mortal = Mortal::start(rig).await?;
    let expected = mortal.undisturbed::<S>(&rig.tenant()?).await?;
    let mut rows = Vec::new();
    for boundary in [Boundary::Aws, Boundary::Kubernetes] {
        let counts = expected.iter().map(|one| one.writes(boundary));
        let most = counts.clone().max().unwrap_or_default();
        let row = |(operation, writes)| Row::new(S::KIND, operation, boundary, writes);
        let mut of_boundary: Vec<Row> = OPERATIONS.into_iter().zip(counts).map(row).collect();
        for point in points(most) {
            let tenant = rig.tenant()?;
            mortal.dies::<S>(&tenant, &expected, point, &mut of_boundary).await?;
        }
        rows.extend(of_boundary);
    }
    mortal.stop().await?;
    let text = table::text(&rows);
    if is_full() {
        println!("{text}");
    }
    // A matrix without a kill proves nothing.
    let killed = rows.iter().all(|row| row.kills > 0 || row.writes == 0 || !is_full());
    assert!(killed && rows.iter().any(|row| row.kills > 0), "{text}");
    assert!(rows.iter().all(|row| row.wrong.is_empty()), "{text}");
    Ok(())
}

/// Kill points among so many writes: all of them, or some that are spread.
fn points(writes: usize) -> Vec<usize> {
    if is_full() || writes <= SOME {
        return (1..=writes).collect();
    }
    (1..=SOME).map(|index| index * writes / (SOME + 1)).collect()
}
