//! AWS's answers make no sense: a proxy on the way, a cut connection, a service with a bug.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use kube::Client;
use serde_json::{Value, json};

use super::matrix::subject::{OfBucket, OfEndpoint, OfMunicipality, OfPolicy, Subject};
use super::{OSAKA, TOKYO};
use crate::census::Census;
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

/// Answers to reads that make no sense; `PROPERTIES_TIMES` tries so many times more.
const ANSWERS: u64 = 3_300;
/// The same where AWS takes five calls a second.
const FEW_ANSWERS: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

pub async fn a_municipality_outlives_nonsense(rig: &Rig) -> Outcome {
    outlives::<OfMunicipality>(rig, ANSWERS).await
}

pub async fn a_bucket_outlives_nonsense(rig: &Rig) -> Outcome {
    outlives::<OfBucket>(rig, ANSWERS).await
}

pub async fn a_policy_outlives_nonsense(rig: &Rig) -> Outcome {
    outlives::<OfPolicy>(rig, ANSWERS).await
}

pub async fn a_resolver_endpoint_outlives_nonsense(rig: &Rig) -> Outcome {
    outlives::<OfEndpoint>(rig, FEW_ANSWERS).await
}

/// Things in the account that are nobody's business, one like each that a kind deals with.
async fn neighbours(tenant: &Tenant<'_>) -> Outcome<Census> {
    for region in [TOKYO, OSAKA] {
        let person = tenant.person(region)?;
        person.kms.create_key().description("a neighbour").send().await?;
        let vpc = person.ec2.create_vpc().cidr_block("10.20.0.0/16").send().await?;
        let vpc = vpc.vpc().and_then(|vpc| vpc.vpc_id()).ok_or("a VPC")?;
        person
            .ec2
            .create_subnet()
            .vpc_id(vpc)
            .cidr_block("10.20.0.0/24")
            .send()
            .await?;
        person.ec2.create_route_table().vpc_id(vpc).send().await?;
        person.ec2.create_network_acl().vpc_id(vpc).send().await?;
        let group = person.ec2.create_security_group().vpc_id(vpc);
        group.group_name("neighbour").description("a neighbour").send().await?;
        let place = BucketLocationConstraint::from(region);
        let place = CreateBucketConfiguration::builder().location_constraint(place);
        let bucket = person
            .s3
            .create_bucket()
            .bucket(format!("neighbour-{}-{region}", tenant.account));
        bucket.create_bucket_configuration(place.build()).send().await?;
    }
    Census::of(tenant).await
}

async fn outlives<S: Subject>(rig: &Rig, answers: u64) -> Outcome {
    let tenant = rig.tenant()?;
    let client: &Client = &rig.client;
    let neighbours = neighbours(&tenant).await?;
    let life = S::born(rig, &tenant, client).await?;
    life.act("create").await?;
    life.settled("create").await?;
    let seed = number("PROPERTIES_SEED").unwrap_or_default();
    for round in 0..number("PROPERTIES_TIMES").unwrap_or(1) {
        garble(rig, &tenant, answers, seed + round).await?;
        // How long all of them take depends on the machine and on what else runs; that it goes on does not.
        let mut so_far = 0;
        while so_far < answers {
            let more = async || {
                life.poke().await?;
                Ok(garbled(rig, &tenant, seed + round).await? > so_far)
            };
            life.eventually("more answers were garbled", more).await?;
            so_far = garbled(rig, &tenant, seed + round).await?;
        }
    }
    assert!(!rig.operator_says("panicked"), "{}", rig.operator_log(20));
    let lost = Census::of(&tenant).await?.lost(&neighbours);
    assert!(lost.is_empty(), "gone from the account: {lost:?}");
    // What makes sense again is understood again.
    life.poke().await?;
    life.settled("create").await
}

async fn garble(rig: &Rig, tenant: &Tenant<'_>, times: u64, seed: u64) -> Outcome {
    let rule = json!({"account": tenant.account, "kind": "read", "action": "garble", "times": times, "seed": seed});
    rig.fault(rule).await
}

/// How many answers were garbled.
async fn garbled(rig: &Rig, tenant: &Tenant<'_>, seed: u64) -> Outcome<u64> {
    let rules = rig.stack.aws_get("faults").await?;
    let mut rules = rules.as_array().into_iter().flatten();
    let mine = |rule: &&Value| {
        rule["action"] == "garble" && rule["account"] == tenant.account.as_str() && rule["seed"] == seed
    };
    Ok(rules
        .find(mine)
        .and_then(|rule| rule["acted"].as_u64())
        .unwrap_or_default())
}
