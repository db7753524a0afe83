//! An operator that is killed at a given write, and started again.

use std::time::{Duration, Instant};

use serde_json::json;

use super::subject::{Life, Subject};
use super::table::Row;
use super::{Boundary, Expected, OPERATIONS};
use crate::api_proxy::ApiProxy;
use crate::cases::crash::Cluster;
use crate::census::Census;
use crate::objects::PATIENCE;
use crate::operator::Operator;
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

/// A cluster whose operator dies and is started again.
pub struct Mortal<'a> {
    rig: &'a Rig,
    cluster: Cluster<'a>,
    proxy: ApiProxy,
    operator: Operator,
}

impl<'a> Mortal<'a> {
    pub async fn start(rig: &'a Rig) -> Outcome<Self> {
        let cluster = Cluster::start(rig).await?;
        let proxy = ApiProxy::start(cluster.client.clone(), cluster.stack.folder()).await?;
        let operator = cluster.operator_through(proxy.kubeconfig())?;
        Ok(Self {
            rig,
            cluster,
            proxy,
            operator,
        })
    }

    pub async fn stop(self) -> Outcome {
        drop(self.operator);
        drop(self.proxy);
        Ok(self.cluster.stack.stop().await?)
    }

    /// A life without a kill.
    pub async fn undisturbed<S: Subject>(&mut self, tenant: &Tenant<'_>) -> Outcome<Vec<Expected>> {
        let life = self.born::<S>(tenant).await?;
        let mut all = Vec::new();
        for operation in OPERATIONS {
            let before = (tenant.writes().await?, self.proxy.writes(&tenant.namespace));
            life.act(operation).await?;
            life.settled(operation).await?;
            all.push(Expected {
                aws: usize::try_from(tenant.writes().await? - before.0)?,
                kubernetes: self.proxy.writes(&tenant.namespace) - before.1,
                census: Census::of(tenant).await?,
            });
        }
        Ok(all)
    }

    /// A life in which each operation is killed after the same number of writes, where it has so many.
    pub async fn dies<S: Subject>(
        &mut self,
        tenant: &Tenant<'_>,
        expected: &[Expected],
        point: usize,
        rows: &mut [Row],
    ) -> Outcome {
        let life = self.born::<S>(tenant).await?;
        for ((operation, expected), row) in OPERATIONS.into_iter().zip(expected).zip(rows) {
            let boundary = row.boundary;
            let armed = point <= expected.writes(boundary);
            if armed {
                self.arm(tenant, boundary, point).await?;
            }
            life.act(operation).await?;
            let died = tokio::select! {
                settled = life.settled(operation) => { settled?; false }
                () = self.operator.death() => true,
            };
            // The last write of all may be seen before the death that follows it.
            let died = died || (armed && boundary == Boundary::Kubernetes && !self.proxy.spare());
            if died {
                row.kills += 1;
                self.operator.ended().await?;
                self.operator = self.cluster.operator_through(self.proxy.kubeconfig())?;
                life.settled(operation).await?;
            } else if armed && boundary == Boundary::Aws {
                // It would be killed by the next operation, at a write that nobody asked for.
                return Ok(());
            }
            for difference in self.differences(tenant, &expected.census).await? {
                row.wrong.push(format!(
                    "{operation}, killed after write {point} to {boundary:?}: {difference}"
                ));
            }
        }
        Ok(())
    }

    async fn born<S: Subject>(&self, tenant: &Tenant<'_>) -> Outcome<Life<S>> {
        self.cluster.stack.create_namespace(&tenant.namespace).await?;
        S::born(self.rig, tenant, &self.cluster.client).await
    }

    async fn arm(&self, tenant: &Tenant<'_>, boundary: Boundary, point: usize) -> Outcome {
        match boundary {
            Boundary::Aws => {
                let rule = json!({"kind": "write", "account": tenant.account, "after": point - 1});
                self.cluster.kill(&self.operator, rule).await
            }
            Boundary::Kubernetes => {
                self.proxy.kill_after(point, &tenant.namespace, self.operator.id());
                Ok(())
            }
        }
    }

    /// What AWS has otherwise than expected, once it had its time.
    async fn differences(&self, tenant: &Tenant<'_>, expected: &Census) -> Outcome<Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let differences = Census::of(tenant).await?.differences(expected);
            if differences.is_empty() || Instant::now() > deadline {
                return Ok(differences);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
