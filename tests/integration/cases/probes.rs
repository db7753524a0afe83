//! What the probes of a pod are told.

use std::time::{Duration, Instant};

use jichitai_stack::{Options, Stack};

use crate::objects::PATIENCE;
use crate::operator::Operator;
use crate::rig::{Outcome, Rig, config, root};

/// Waits until a replica is ready.
async fn ready(operator: &Operator) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while let Err(why) = operator.probe("/readyz").await? {
        if Instant::now() > deadline {
            return Err(format!("never ready: {why}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

pub async fn a_replica_is_ready_once_everything_is_listed(rig: &Rig) -> Outcome {
    let stack = Stack::start(Options {
        aws: false,
        ..Options::default()
    })
    .await?;
    let path = stack.folder().join("config.yaml");
    std::fs::write(&path, config("tests", ""))?;
    let aws = rig.stack.aws_environment()?;
    let replica = |name| Operator::start(name, stack.folder(), stack.kubeconfig(), &path, &aws);
    // There are no definitions yet: nothing can be listed, and whoever is asked to end does so even then.
    let hasty = replica("hasty")?;
    hasty.says("this replica works").await?;
    hasty.stop().await?;
    let first = replica("first")?;
    first.says("this replica works").await?;
    let why = first.probe("/readyz").await?.err().ok_or("it is ready")?;
    assert!(why.contains("not listed yet"), "{why}");
    assert_eq!(first.probe("/livez").await?, Ok(()));
    stack.apply_crds(&root().join("crds")).await?;
    ready(&first).await?;

    // Another stands by: it is as good, so that an update may take the first away.
    let second = replica("second")?;
    second.says("waiting for the lease of a shard").await?;
    ready(&second).await?;
    assert!(first.metrics().await?.contains("\njichitai_leader 1\n"));
    assert!(second.metrics().await?.contains("\njichitai_leader 0\n"));
    drop(first);
    second.says("this replica works").await?;
    ready(&second).await?;
    assert_eq!(second.probe("/livez").await?, Ok(()));
    drop(second);
    stack.stop().await?;
    Ok(())
}
