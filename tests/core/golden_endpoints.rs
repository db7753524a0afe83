//! Golden plans of Resolver endpoints: this spec and this AWS give exactly these steps.
//!
//! Each folder under `tests/plan/resolver-endpoint` is a case: `case.yaml` holds the spec and what
//! happens, `plan.txt` what the operator does, round by round up to the fixed point. `UPDATE_GOLDEN=1`
//! writes `plan.txt` anew: read the difference before you commit it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jichitai_api::ResolverEndpoint;
use jichitai_core_tests::drive;
use jichitai_core_tests::golden_cases::{self, merged, operate};
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::ec2::security_group::{SecurityGroup, default_egress};
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::route53resolver::endpoint::Endpoint;
use jichitai_plan::route53resolver::rule::Rule;
use jichitai_plan::route53resolver::rule_association::RuleAssociation;
use jichitai_plan::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// Merged into the municipality of all cases.
    #[serde(default)]
    municipality: Value,
    /// Further municipalities, each merged into the same one under its own name.
    #[serde(default)]
    others: Vec<Value>,
    /// `inbound` (the default) or `outbound`: the spec of all cases that this one's is merged into.
    #[serde(default)]
    direction: Option<String>,
    /// The spec, merged into that.
    #[serde(default)]
    endpoint: Value,
    /// Ids of VPCs that nobody of the cluster made.
    #[serde(default)]
    vpcs: Vec<String>,
    /// Whether every plan is approved.
    #[serde(default)]
    approved: bool,
    /// Whether accounts are in one organization and need not accept.
    #[serde(default)]
    organization: bool,
    /// What happened before, without being shown.
    #[serde(default)]
    before: Vec<Event>,
    /// What happens afterwards; after each of them the operator is shown again.
    #[serde(default)]
    then: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    /// The operator brings AWS to the spec.
    Converge,
    /// The spec changes.
    Apply(Value),
    /// The first of the other municipalities changes.
    Other(Value),
    /// The object is deleted under this policy.
    Delete(String),
    /// The cluster is lost and its status with it.
    LoseLedger,
    /// Time passes until then.
    Wait(String),
    /// Somebody does something in AWS.
    Hand(Deed),
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Deed {
    /// Four endpoints of others.
    FillQuota,
    /// The interface of the first address is deleted.
    BreakAddress,
    /// AWS could not make the newest address.
    FailAddress,
    /// An address that nobody asked for.
    AddAddress,
    StripTags,
    StripTagsUnread,
    AnotherGroup,
    /// A rule of somebody else for the first domain, in the endpoint's VPC.
    RivalRule,
    /// A rule of somebody else through our endpoint.
    ForeignRule,
    /// The endpoint of a network vendor.
    VendorEndpoint,
    ChangeTargets,
    DropAssociations,
    HideRules,
    HideVpcs,
    FailQueryLog,
    ForbidInvitations,
}

#[test]
fn plans_are_as_they_were() {
    golden_cases::compare(&root(), 30, play);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plan/resolver-endpoint")
}

fn object(case: &Case, changes: &[&Value]) -> Result<ResolverEndpoint, String> {
    let file = format!("{}.yaml", case.direction.as_deref().unwrap_or("inbound"));
    let mut object = golden_cases::base(&root(), &file);
    for change in changes {
        object = merged(object, "/spec", change);
    }
    serde_json::from_value(object).map_err(|error| error.to_string())
}

fn play(folder: &Path) -> Result<String, String> {
    let text = fs::read_to_string(folder.join("case.yaml")).map_err(|error| error.to_string())?;
    let case: Case = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    let municipalities = std::iter::once(&case.municipality).chain(&case.others);
    let municipalities = golden_cases::municipalities(&root(), municipalities)?;
    let now = "2027-04-01T09:00:00+09:00".parse().expect("a timestamp");
    let mut resolution = Resolution::new(municipalities, object(&case, &[&case.endpoint])?, now);
    resolution.approves = case.approved;
    resolution.organization = case.organization;
    case.vpcs.iter().for_each(|vpc| resolution.add_vpc(vpc));
    let mut changes = vec![case.endpoint.clone()];
    for event in &case.before {
        happen(&mut resolution, &case, &mut changes, event)?;
    }
    let mut shown = String::new();
    operate(&mut resolution, &mut shown);
    for event in &case.then {
        let _ = writeln!(shown, "\nthen {}", told(event));
        happen(&mut resolution, &case, &mut changes, event)?;
        operate(&mut resolution, &mut shown);
    }
    for refusal in &resolution.refused {
        let _ = writeln!(shown, "AWS refused: {refusal}");
    }
    Ok(shown)
}

fn happen(resolution: &mut Resolution, case: &Case, changes: &mut Vec<Value>, event: &Event) -> Result<(), String> {
    match event {
        Event::Converge => {
            let approves = std::mem::replace(&mut resolution.approves, true);
            drive::settle(resolution, &mut |_, _| {})?;
            resolution.approves = approves;
        }
        Event::Apply(change) => {
            changes.push(change.clone());
            let status = resolution.object.status.take();
            resolution.object = object(case, &changes.iter().collect::<Vec<_>>())?;
            resolution.object.status = status;
        }
        Event::Other(change) => {
            let first = merged(case.others.first().cloned().unwrap_or_default(), "", change);
            let both = [&case.municipality, &first];
            resolution.municipalities = golden_cases::municipalities(&root(), both.into_iter())?;
        }
        Event::Delete(policy) => {
            resolution.object.spec.common.deletion_policy =
                serde_json::from_value(json!(policy)).map_err(|error| error.to_string())?;
            resolution.delete();
            if drive::lets_go(resolution) {
                return Err("an object that retains is let go without a plan".into());
            }
        }
        Event::LoseLedger => resolution.forget(),
        Event::Wait(until) => resolution.now = until.parse().map_err(|_| format!("{until} is no time"))?,
        Event::Hand(deed) => by_hand(resolution, *deed),
    }
    Ok(())
}

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "route53resolver:ListResolverRules".into(),
        code: "AccessDeniedException".into(),
        message: String::new(),
        request_id: None,
    }
}

fn foreign(id: &str) -> Endpoint {
    Endpoint {
        id: id.into(),
        arn: format!("arn:{id}"),
        request_id: "by-hand".into(),
        direction: Some(jichitai_api::resolver_endpoint::EndpointDirection::Inbound),
        vpc_id: "vpc-chiyoda".into(),
        security_groups: ["sg-by-hand".to_owned()].into(),
        protocols: ["Do53".to_owned()].into(),
        state: "OPERATIONAL".into(),
        message: String::new(),
        addresses: Observation::Absent,
        tags: Tags::new(),
        tags_read: true,
    }
}

fn rule(domain: &str, through: &str) -> Rule {
    Rule {
        id: "rslvr-rr-by-hand".into(),
        arn: "arn:rslvr-rr-by-hand".into(),
        request_id: "by-hand".into(),
        name: "by-hand".into(),
        domain: domain.into(),
        kind: "FORWARD".into(),
        targets: serde_json::from_value(json!([{"ip": "172.16.9.9"}])).expect("a target"),
        endpoint_id: Some(through.into()),
        state: "COMPLETE".into(),
        message: String::new(),
        tags: Tags::new(),
        tags_read: true,
    }
}

fn address(ip: &str, subnet: &str) -> jichitai_plan::route53resolver::address::Address {
    jichitai_plan::route53resolver::address::Address {
        id: "rni-by-hand".into(),
        subnet_id: subnet.into(),
        ip: ip.parse().expect("an address"),
        state: "ATTACHED".into(),
        message: String::new(),
    }
}

fn by_hand(resolution: &mut Resolution, deed: Deed) {
    let own = resolution
        .aws
        .endpoints
        .iter()
        .flatten()
        .next()
        .map(|one| one.id.clone());
    let own = own.unwrap_or_default();
    let aws = &mut resolution.aws;
    match deed {
        Deed::FillQuota => {
            let all = (1..=4).map(|n| foreign(&format!("rslvr-in-other-{n}")));
            aws.endpoints.as_mut().expect("readable").extend(all);
        }
        Deed::VendorEndpoint => {
            aws.security_groups.as_mut().expect("readable").push(SecurityGroup {
                id: "sg-by-hand".into(),
                vpc_id: "vpc-chiyoda".into(),
                name: "by-hand".into(),
                rules: BTreeSet::from([default_egress()]),
                tags: Tags::new(),
            });
            let addresses = vec![
                address("10.20.0.10", "subnet-app-a"),
                address("10.20.1.99", "subnet-app-c"),
            ];
            aws.endpoints.as_mut().expect("readable").push(Endpoint {
                addresses: Observation::Present(addresses),
                ..foreign("rslvr-in-vendor")
            });
        }
        Deed::BreakAddress | Deed::FailAddress | Deed::AddAddress => {
            for one in aws.endpoints.iter_mut().flatten() {
                let Observation::Present(addresses) = &mut one.addresses else {
                    continue;
                };
                match deed {
                    Deed::AddAddress => addresses.push(address("10.20.0.77", "subnet-app-a")),
                    Deed::BreakAddress => {
                        addresses[0].state = "FAILED_RESOURCE_GONE".into();
                        one.state = "ACTION_NEEDED".into();
                        one.message = "one address is gone".into();
                    }
                    _ => {
                        let last = addresses.len() - 1;
                        addresses[last].state = "FAILED_CREATION".into();
                        addresses[last].message = "the address is in use".into();
                    }
                }
            }
        }
        Deed::StripTags | Deed::StripTagsUnread => {
            for one in aws.endpoints.iter_mut().flatten() {
                if let Deed::StripTags = deed {
                    one.tags = Tags::new();
                } else {
                    // As after a restart: nothing was read yet but the request id.
                    one.tags_read = false;
                }
            }
        }
        Deed::AnotherGroup => {
            for one in aws.endpoints.iter_mut().flatten() {
                one.security_groups = ["sg-by-hand".to_owned()].into();
            }
        }
        Deed::RivalRule => {
            let home = resolution.home();
            home.rules
                .as_mut()
                .expect("readable")
                .push(rule("city.chiyoda.lg.jp", "rslvr-out-other"));
            home.associations.as_mut().expect("readable").push(RuleAssociation {
                rule_id: "rslvr-rr-by-hand".into(),
                vpc_id: "vpc-chiyoda".into(),
                state: "COMPLETE".into(),
                message: String::new(),
            });
        }
        Deed::ForeignRule => {
            let through = if own.is_empty() {
                "rslvr-in-vendor".to_owned()
            } else {
                own
            };
            let home = resolution.home();
            home.rules
                .as_mut()
                .expect("readable")
                .push(rule("by-hand.example.jp", &through));
        }
        Deed::ChangeTargets => {
            for one in resolution
                .home()
                .rules
                .iter_mut()
                .flatten()
                .filter(|one| one.kind == "FORWARD")
            {
                one.targets = serde_json::from_value(json!([{"ip": "172.16.9.9"}])).expect("a target");
            }
        }
        Deed::DropAssociations => resolution.home().associations.as_mut().expect("readable").clear(),
        Deed::HideRules => resolution.home().rules = Err(fault()),
        Deed::HideVpcs => resolution.home().vpcs = Err(fault()),
        Deed::FailQueryLog => {
            for one in aws.logged_vpcs.iter_mut().flatten() {
                one.state = "FAILED".into();
                one.message = "ACCESS_DENIED".into();
            }
        }
        Deed::ForbidInvitations => {
            let other = AccountId::new("444455556666").expect("twelve digits");
            if let Some(other) = aws.accounts.get_mut(&other) {
                other.invitations = Err(fault());
            }
        }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Converge => "converged".into(),
        Event::Apply(change) => format!("the spec changes: {change}"),
        Event::Other(change) => format!("the other municipality changes: {change}"),
        Event::Delete(policy) => format!("deleted with {policy}"),
        Event::LoseLedger => "the cluster is lost".into(),
        Event::Wait(until) => format!("it is {until}"),
        Event::Hand(deed) => format!("by hand: {deed:?}"),
    }
}
