mod keys;

use std::collections::BTreeMap;

use jichitai_api::{FileLinkBucket, Region};

use super::*;
use crate::identity::{Identity, Owner};
use crate::ledger::Ledger;
use crate::observation::{Fault, FaultKind};
use crate::step::{self, Effect};
use crate::tags;
use crate::transfer::host_key::Secret;

fn ctx() -> Context {
    Context {
        identity: Identity {
            installation: "main".into(),
            owner: Owner::new::<FileLinkBucket>("tenants", "juki-010"),
        },
        now: "2026-11-25T00:00:00Z".parse().unwrap(),
        settings: crate::context::Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::new(),
    }
}

fn part() -> Part {
    Part::new(Region::Tokyo, "sftp-server")
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn given(text: &str) -> HostKeySource {
    HostKeySource::Given(Secret::new(text))
}

fn want() -> Want {
    Want {
        vpc_id: "vpc-1".into(),
        subnets: words(&["subnet-a", "subnet-c"]),
        security_group: "sg-1".into(),
        security_policy: "TransferSecurityPolicy-2024-01".into(),
        host_key: None,
    }
}

fn server() -> Server {
    let mut servers = Ok(Vec::new());
    drive(&want(), &mut servers);
    let mut server = servers.unwrap().remove(0);
    server.id = "s-1".into();
    server.endpoint.present_mut().unwrap().id = "vpce-1".into();
    server.host_keys = Observation::Present(vec![host_key("aws", None)]);
    server
}

fn host_key(id: &str, source: Option<&HostKeySource>) -> HostKey {
    HostKey {
        id: id.into(),
        arn: format!("arn:{id}"),
        fingerprint: format!("SHA256:{id}"),
        kind: "ssh-ed25519".into(),
        source: source.map(HostKeySource::source_id),
        imported: None,
    }
}

fn planned(want: &Want, servers: &Listing<Server>) -> (bool, Plan) {
    let mut planned = Plan::default();
    let found = plan(want, servers, &part(), &ctx(), &mut planned).is_some();
    (found, planned)
}

fn apply(servers: &mut Listing<Server>, step: &Step) {
    let Effect { step, created } = step.predict();
    match &step.action {
        step::Action::SftpServer(action) => absorb(servers, action, created.as_ref()),
        step::Action::VpcEndpoint(action) => absorb_endpoint(servers, action),
        other => panic!("{other}"),
    }
}

/// Plans, absorbs and lets AWS finish until nothing is left.
fn drive(want: &Want, servers: &mut Listing<Server>) -> Vec<Step> {
    let mut done: Vec<Step> = Vec::new();
    loop {
        finish_pending(servers);
        let (_, plan) = planned(want, servers);
        assert!(plan.blocks.is_empty() && plan.waits.is_empty(), "{plan:?}");
        if plan.steps.is_empty() {
            return done;
        }
        assert!(done.len() < 20, "{done:?}");
        for step in plan.steps {
            apply(servers, &step);
            done.push(step);
        }
    }
}

fn kinds(steps: &[Step]) -> Vec<&'static str> {
    let kind = |step: &Step| match &step.action {
        step::Action::VpcEndpoint(_) => "groups",
        step::Action::SftpServer(action) => match action {
            Action::Create { .. } => "create",
            Action::Start { .. } => "start",
            Action::Stop { .. } => "stop",
            Action::MoveIntoVpc { .. } => "move",
            Action::ReleaseAddresses { .. } => "release",
            Action::Place { .. } => "place",
            Action::Secure { .. } => "secure",
            Action::ImportHostKey { .. } => "import",
            Action::MarkHostKey { .. } => "mark",
            Action::ForgetHostKeySource { .. } => "forget",
            Action::DeleteHostKey { .. } => "delete-key",
            Action::Tag { .. } => "tag",
            Action::Delete { .. } => "delete",
        },
        other => panic!("{other}"),
    };
    steps.iter().map(kind).collect()
}

#[test]
fn a_server_is_made_closed_and_needs_nothing_else() {
    let mut servers = Ok(Vec::new());
    let steps = drive(&want(), &mut servers);
    assert_eq!(kinds(&steps), ["create"]);
    assert_eq!(planned(&want(), &servers), (true, Plan::default()));
    let server = &servers.unwrap()[0];
    assert!(!server.is_public());
}

#[test]
fn a_server_on_its_way_is_waited_for() {
    for state in ["STARTING", "STOPPING"] {
        let moving = Server {
            state: state.into(),
            protocols: words(&["FTP"]),
            ..server()
        };
        let (found, plan) = planned(&want(), &Ok(vec![moving]));
        assert!(!found && plan.steps.is_empty());
        assert_eq!(plan.waits[0].reason, Reason::WaitingForAws);
    }
}

#[test]
fn another_subnet_takes_the_server_offline_and_back() {
    let mut servers = Ok(vec![Server {
        subnets: words(&["subnet-a", "subnet-d"]),
        ..server()
    }]);
    let steps = drive(&want(), &mut servers);
    assert_eq!(kinds(&steps), ["stop", "place", "start"]);
    assert!(steps[0].is_destructive() && steps[1].is_destructive() && !steps[2].is_destructive());
    let more = drive(
        &want(),
        &mut Ok(vec![Server {
            subnets: words(&["subnet-a"]),
            ..server()
        }]),
    );
    assert!(!more[1].is_destructive(), "{}", more[1]);
}

#[test]
fn a_stopped_server_is_started() {
    let mut servers = Ok(vec![Server {
        state: "OFFLINE".into(),
        ..server()
    }]);
    assert_eq!(kinds(&drive(&want(), &mut servers)), ["start"]);
}

#[test]
fn a_server_is_started_only_with_its_endpoint_and_with_nothing_but_keys() {
    let mut pending = Server {
        state: "OFFLINE".into(),
        ..server()
    };
    pending.endpoint.present_mut().unwrap().state = "pending".into();
    let (_, plan) = planned(&want(), &Ok(vec![pending]));
    assert_eq!((plan.steps.len(), plan.waits[0].reason), (0, Reason::WaitingForAws));
    let open = Server {
        state: "OFFLINE".into(),
        identity_provider: "AWS_LAMBDA".into(),
        ..server()
    };
    let (_, plan) = planned(&want(), &Ok(vec![open.clone()]));
    assert_eq!(kinds(&plan.steps), ["secure"]);
    assert_eq!(kinds(&drive(&want(), &mut Ok(vec![open]))), ["secure", "start"]);
}

#[test]
fn a_failed_start_is_for_people() {
    let failed = Server {
        state: "START_FAILED".into(),
        ..server()
    };
    let (_, plan) = planned(&want(), &Ok(vec![failed]));
    assert_eq!((plan.steps.len(), plan.blocks[0].reason), (0, Reason::InvalidRequest));
}

#[test]
fn a_public_server_is_stopped_first_and_moved_into_the_vpc() {
    let public = Server {
        endpoint_type: "PUBLIC".into(),
        vpc_id: None,
        endpoint: Observation::Absent,
        subnets: BTreeSet::new(),
        ..server()
    };
    let (found, plan) = planned(&want(), &Ok(vec![public.clone()]));
    assert!(!found, "no user is made on it");
    assert_eq!(plan.notices[0].reason, Reason::PublicExposure);
    assert_eq!(kinds(&plan.steps), ["stop"]);
    let mut servers = Ok(vec![public]);
    assert_eq!(kinds(&drive(&want(), &mut servers)), ["stop", "move", "start"]);
    assert!(planned(&want(), &servers).0);
}

#[test]
fn elastic_ips_go_before_subnets_change() {
    let public = Server {
        address_allocations: words(&["eipalloc-1"]),
        subnets: words(&["subnet-p"]),
        ..server()
    };
    let (found, plan) = planned(&want(), &Ok(vec![public.clone()]));
    assert!(!found);
    assert_eq!(plan.notices[0].reason, Reason::PublicExposure);
    let steps = drive(&want(), &mut Ok(vec![public]));
    assert_eq!(kinds(&steps), ["stop", "release", "place", "start"]);
}

#[test]
fn a_way_to_the_internet_closes_even_where_the_server_is_in_the_wrong_vpc() {
    let wrong = Server {
        vpc_id: Some("vpc-2".into()),
        address_allocations: words(&["eipalloc-1"]),
        state: "OFFLINE".into(),
        ..server()
    };
    let (found, plan) = planned(&want(), &Ok(vec![wrong]));
    assert!(!found);
    assert_eq!(kinds(&plan.steps), ["release"]);
    assert_eq!(plan.blocks[0].reason, Reason::ImmutableInAws);
}

#[test]
fn a_server_for_another_storage_cannot_become_ours() {
    let efs = Server {
        domain: "EFS".into(),
        ..server()
    };
    let (found, plan) = planned(&want(), &Ok(vec![efs]));
    assert!(!found);
    assert_eq!((plan.steps.len(), plan.blocks[0].reason), (0, Reason::ImmutableInAws));
}

#[test]
fn protocols_logins_ciphers_and_workflows_are_mended_while_it_runs() {
    let base = server();
    for changed in [
        Server {
            protocols: words(&["SFTP", "FTPS"]),
            ..base.clone()
        },
        Server {
            identity_provider: "API_GATEWAY".into(),
            ..base.clone()
        },
        Server {
            security_policy: "TransferSecurityPolicy-2018-11".into(),
            ..base.clone()
        },
        Server {
            workflows: words(&["w-1"]),
            ..base.clone()
        },
    ] {
        let mut servers = Ok(vec![changed]);
        let steps = drive(&want(), &mut servers);
        assert_eq!(kinds(&steps), ["secure"]);
        assert!(steps[0].is_destructive());
        assert_eq!(servers.unwrap()[0], base);
    }
}

#[test]
fn security_groups_change_at_the_endpoint() {
    let mut changed = server();
    changed.endpoint.present_mut().unwrap().security_groups = words(&["sg-1", "sg-x"]);
    let mut servers = Ok(vec![changed]);
    let steps = drive(&want(), &mut servers);
    assert_eq!(kinds(&steps), ["groups"]);
    assert_eq!(steps[0].risk.as_deref(), Some("what sg-x lets in"));
    assert_eq!(steps[0].action.to_string(), "change endpoint vpce-1: -sg-x");
}

#[test]
fn an_unreadable_endpoint_holds_up_what_depends_on_it_alone() {
    let fault = Fault {
        kind: FaultKind::Denied,
        operation: "ec2:DescribeVpcEndpoints".into(),
        code: "UnauthorizedOperation".into(),
        message: String::new(),
        request_id: None,
    };
    let blind = Server {
        endpoint: Observation::Unreadable(fault),
        subnets: words(&["subnet-a"]),
        security_policy: "old".into(),
        ..server()
    };
    let (found, plan) = planned(&want(), &Ok(vec![blind]));
    assert!(found);
    assert_eq!(kinds(&plan.steps), ["secure"]);
    assert_eq!(plan.blocks[0].reason, Reason::Unreadable);
}

#[test]
fn tags_are_put_back_and_those_of_others_stay() {
    let mut changed = server();
    changed.tags.remove("Name");
    changed.tags.insert("theirs", "x");
    let mut servers = Ok(vec![changed]);
    assert_eq!(kinds(&drive(&want(), &mut servers)), ["tag"]);
    assert_eq!(servers.unwrap()[0].tags.get("theirs").expect("a tag"), "x");
}

#[test]
fn a_server_with_users_of_others_does_not_go() {
    let removed = |others: Observation<BTreeSet<String>>| {
        let mut plan = Plan::default();
        remove(&server(), &others, &part(), &mut plan);
        plan
    };
    let plan = removed(Observation::Present(words(&["tax (FileLinkBucket/tenants/other)"])));
    assert_eq!((plan.steps.len(), plan.blocks[0].reason), (0, Reason::DeletionBlocked));
    assert!(plan.blocks[0].message.en.contains("tax (FileLinkBucket/tenants/other)"));
    let fault = Fault {
        kind: FaultKind::Throttled,
        operation: "transfer:ListUsers".into(),
        code: "ThrottlingException".into(),
        message: String::new(),
        request_id: None,
    };
    let plan = removed(Observation::Unreadable(fault));
    assert_eq!((plan.steps.len(), plan.blocks[0].reason), (0, Reason::Unreadable));
    let plan = removed(Observation::Present(BTreeSet::new()));
    assert!(plan.steps[0].removal && plan.steps[0].is_destructive());
}

#[test]
fn a_server_of_another_object_is_none_of_ours() {
    let mut theirs = server();
    theirs.tags.insert(tags::OWNER, "FileLinkBucket/tenants/other");
    theirs.protocols = words(&["FTP"]);
    let (_, plan) = planned(&want(), &Ok(vec![theirs]));
    assert_eq!(kinds(&plan.steps), ["create"]);
}
