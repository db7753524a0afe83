use jichitai_api::{FileLinkBucket, Region};

use super::*;
use crate::identity::Owner;
use crate::ledger::Ledger;
use crate::observation::{Fault, FaultKind};
use crate::policy::document::Statement;
use crate::policy::key_policy::RoleArn;
use crate::step::Effect;

fn identity() -> Identity {
    Identity {
        installation: "main".into(),
        owner: Owner::new::<FileLinkBucket>("tenants", "juki-010"),
    }
}

fn ctx() -> Context {
    Context {
        identity: identity(),
        now: "2026-11-25T00:00:00Z".parse().unwrap(),
        settings: crate::context::Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::new(),
    }
}

fn part() -> Part {
    Part::new(Region::Tokyo, "role.sftp.tax")
}

fn document(sid: &str, actions: &[&str]) -> Document {
    Document::new(vec![Statement::allow(sid, &["someone".into()], actions)])
}

fn want() -> Want {
    Want {
        account: AccountId::new("111122223333").unwrap(),
        name: name("sftp", &identity(), "tax"),
        description: "SFTP".into(),
        trust: document("Trust", &["sts:AssumeRole"]),
        policy: document("Use", &["s3:GetObject", "s3:ListBucket"]),
        max_session_seconds: 3600,
    }
}

/// The role after everything that is wanted was done.
fn settled() -> Role {
    let (mut roles, want) = (Ok(Vec::new()), want());
    drive(&want, &mut roles);
    roles.unwrap().remove(0)
}

fn planned(want: &Want, roles: &Listing<Role>) -> Plan {
    let mut planned = Plan::default();
    plan(want, roles, &part(), &ctx(), &mut planned);
    planned
}

/// Plans and absorbs until nothing is left; the steps in their order.
fn drive(want: &Want, roles: &mut Listing<Role>) -> Vec<Step> {
    let mut done = Vec::new();
    loop {
        let plan = planned(want, roles);
        assert!(plan.blocks.is_empty() && plan.waits.is_empty(), "{plan:?}");
        if plan.steps.is_empty() {
            return done;
        }
        assert!(done.len() < 20, "{done:?}");
        for step in plan.steps {
            let Effect { step, created } = step.predict();
            let crate::step::Action::IamRole(action) = &step.action else {
                panic!("{step}");
            };
            absorb(roles, action, created.as_ref());
            done.push(step);
        }
    }
}

fn kinds(steps: &[Step]) -> Vec<&'static str> {
    let kind = |step: &Step| match &step.action {
        crate::step::Action::IamRole(action) => match action {
            Action::Create { .. } => "create",
            Action::Trust { .. } => "trust",
            Action::Permit { .. } => "permit",
            Action::Withdraw { .. } => "withdraw",
            Action::Detach { .. } => "detach",
            Action::Describe { .. } => "describe",
            Action::Tag { .. } => "tag",
            Action::Delete { .. } => "delete",
        },
        other => panic!("{other}"),
    };
    steps.iter().map(kind).collect()
}

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "iam:GetRolePolicy".into(),
        code: "AccessDenied".into(),
        message: String::new(),
        request_id: None,
    }
}

#[test]
fn names_fit_and_tell_owners_and_purposes_apart() {
    let long = name("a-prefix-that-is-much-longer-than-anything-we-use", &identity(), "tax");
    assert!(long.len() <= 64, "{long}");
    let other = Identity {
        installation: "other".into(),
        ..identity()
    };
    let names = [
        name("sftp", &identity(), "tax"),
        name("sftp", &identity(), "welfare"),
        name("client", &identity(), "tax"),
        name("sftp", &other, "tax"),
    ];
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(names[0].starts_with("jichitai-sftp-") && !names[0].contains("tax"));
}

#[test]
fn a_role_is_created_before_it_may_do_anything() {
    let mut roles = Ok(Vec::new());
    let steps = drive(&want(), &mut roles);
    assert_eq!(kinds(&steps), ["create", "permit"]);
    assert!(steps[0].creation.is_some() && steps.iter().all(|step| !step.is_destructive()));
    let role = &roles.unwrap()[0];
    assert!(want().is_met_by(role));
    assert_eq!(role.arn, want().arn());
}

#[test]
fn a_role_of_somebody_else_under_our_name_is_left_alone() {
    let mut role = settled();
    role.tags.insert(tags::OWNER, "FileLinkBucket/tenants/other");
    role.trust = Observation::Present(document("Else", &["sts:AssumeRole"]));
    let plan = planned(&want(), &Ok(vec![role]));
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocks[0].reason, Reason::Conflict);
}

#[test]
fn where_trust_and_permissions_change_the_old_permissions_go_first_and_the_new_come_last() {
    let mut changed = want();
    changed.trust = document("Other", &["sts:AssumeRoleWithWebIdentity"]);
    changed.policy = document("Put", &["s3:PutObject"]);
    let mut roles = Ok(vec![settled()]);
    let steps = drive(&changed, &mut roles);
    assert_eq!(kinds(&steps), ["withdraw", "trust", "permit"]);
    assert!(steps[0].is_destructive() && steps[1].is_destructive());
    assert!(changed.is_met_by(&roles.unwrap()[0]));
}

#[test]
fn no_moment_pairs_a_new_trust_with_an_old_permission_or_the_reverse() {
    let old = want();
    let mut new = want();
    new.trust = document("Other", &["sts:AssumeRole"]);
    new.policy = document("Put", &["s3:PutObject"]);
    let mut roles = Ok(vec![settled()]);
    loop {
        let plan = planned(&new, &roles);
        let Some(step) = plan.steps.first() else { break };
        // Steps of one plan may run in any order, so each has to be safe by itself.
        assert_eq!(plan.steps.len(), 1);
        let Effect { step, created } = step.predict();
        let crate::step::Action::IamRole(action) = &step.action else {
            panic!("{step}")
        };
        absorb(&mut roles, action, created.as_ref());
        let role = &roles.as_ref().unwrap()[0];
        let trust = role.trust.present().unwrap();
        if let Some(policy) = role.inline.present().unwrap().get(POLICY) {
            assert_eq!(
                trust.means_the_same(&old.trust),
                policy.means_the_same(&old.policy),
                "{step}"
            );
        }
    }
    assert!(new.is_met_by(&roles.unwrap()[0]));
}

#[test]
fn one_of_the_two_changes_by_itself() {
    let mut trust = want();
    trust.trust = document("Other", &["sts:AssumeRole"]);
    assert_eq!(kinds(&drive(&trust, &mut Ok(vec![settled()]))), ["trust"]);
    let mut policy = want();
    policy.policy = document("Use", &["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
    let wider = drive(&policy, &mut Ok(vec![settled()]));
    assert_eq!(kinds(&wider), ["permit"]);
    assert!(!wider[0].is_destructive(), "{}", wider[0]);
    policy.policy = document("Use", &["s3:GetObject"]);
    let narrower = drive(&policy, &mut Ok(vec![settled()]));
    assert_eq!(kinds(&narrower), ["permit"]);
    assert!(narrower[0].is_destructive(), "{}", narrower[0]);
}

#[test]
fn what_others_permit_goes_and_before_a_new_trust() {
    let mut role = settled();
    role.inline
        .present_mut()
        .unwrap()
        .insert("extra".into(), document("All", &["*"]));
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    role.attached
        .present_mut()
        .unwrap()
        .insert(admin.into(), Observation::Absent);
    let plan = planned(&want(), &Ok(vec![role.clone()]));
    assert_eq!(kinds(&plan.steps), ["detach", "withdraw"]);
    assert!(plan.steps.iter().all(Step::is_destructive));
    let mut changed = want();
    changed.trust = document("Other", &["sts:AssumeRole"]);
    let steps = drive(&changed, &mut Ok(vec![role]));
    assert_eq!(kinds(&steps), ["detach", "withdraw", "trust"]);
}

#[test]
fn description_session_and_tags_are_mended() {
    let mut role = settled();
    role.description = "?".into();
    role.max_session_seconds = 43_200;
    role.tags.remove("Name");
    let steps = drive(&want(), &mut Ok(vec![role]));
    assert_eq!(kinds(&steps), ["tag", "describe"]);
    assert!(!steps[0].is_destructive());
    assert_eq!(steps[1].risk.as_deref(), Some("sessions longer than 3600 seconds"));
}

#[test]
fn a_path_cannot_change() {
    let mut role = settled();
    role.path = "/".into();
    role.trust = Observation::Present(document("Else", &["sts:AssumeRole"]));
    let plan = planned(&want(), &Ok(vec![role]));
    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocks[0].reason, Reason::ImmutableInAws);
}

#[test]
fn unreadable_policies_change_neither_trust_nor_permissions() {
    let mut role = settled();
    role.inline = Observation::Unreadable(fault());
    role.trust = Observation::Present(document("Else", &["sts:AssumeRole"]));
    role.description = "?".into();
    let plan = planned(&want(), &Ok(vec![role.clone()]));
    assert_eq!(kinds(&plan.steps), ["describe"]);
    assert_eq!(plan.blocks[0].reason, Reason::Unreadable);
    let mut gone = Plan::default();
    remove(&role, &part(), &mut gone);
    assert_eq!(gone.steps, []);
    assert_eq!(gone.blocks[0].reason, Reason::Unreadable);
}

#[test]
fn a_role_goes_after_what_it_permits() {
    let mut role = settled();
    role.attached
        .present_mut()
        .unwrap()
        .insert("arn:aws:iam::aws:policy/X".into(), Observation::Absent);
    let mut first = Plan::default();
    remove(&role, &part(), &mut first);
    assert_eq!(kinds(&first.steps), ["detach", "withdraw"]);
    assert!(first.steps.iter().all(|step| !step.removal));
    let mut roles = Ok(vec![role]);
    for step in &first.steps {
        let crate::step::Action::IamRole(action) = &step.action else {
            panic!("{step}")
        };
        absorb(&mut roles, action, None);
    }
    let mut second = Plan::default();
    remove(&roles.unwrap()[0], &part(), &mut second);
    assert_eq!(kinds(&second.steps), ["delete"]);
    assert!(second.steps[0].removal && second.steps[0].is_destructive());
}

fn given() -> RoleArn {
    RoleArn::new(&want().arn()).unwrap()
}

fn checked(observed: &Observation<Role>) -> (bool, Plan) {
    let mut plan = Plan::default();
    let will_do = check(&given(), &want(), observed, &part(), &mut plan);
    assert_eq!(plan.steps, []);
    (will_do, plan)
}

#[test]
fn a_given_role_will_do_when_its_policies_together_cover_what_is_needed() {
    let mut role = settled();
    role.tags = Tags::new();
    let inline = role.inline.present_mut().unwrap();
    let ours = inline.remove(POLICY).unwrap();
    role.attached
        .present_mut()
        .unwrap()
        .insert("arn:aws:iam::111122223333:policy/p".into(), Observation::Present(ours));
    assert_eq!(checked(&Observation::Present(role)), (true, Plan::default()));
}

#[test]
fn a_given_role_that_does_not_exist_is_said_so() {
    let elsewhere = Role {
        arn: arn(&AccountId::new("111122223333").unwrap(), "another"),
        ..settled()
    };
    for observed in [Observation::Absent, Observation::Present(elsewhere)] {
        let (will_do, plan) = checked(&observed);
        assert!(!will_do);
        assert_eq!(plan.blocks[0].reason, Reason::PrincipalNotFound);
    }
}

#[test]
fn what_a_given_role_lacks_is_named_to_be_copied() {
    let mut role = settled();
    role.trust = Observation::Present(Document::default());
    role.inline = Observation::Present(BTreeMap::new());
    let (will_do, plan) = checked(&Observation::Present(role));
    assert!(!will_do);
    let [trust, right] = plan.blocks.as_slice() else {
        panic!("{:?}", plan.blocks)
    };
    assert_eq!(
        (trust.reason, right.reason),
        (Reason::ReferenceNotReady, Reason::ReferenceNotReady)
    );
    assert!(
        trust.message.en.contains(&want().trust.to_json()),
        "{}",
        trust.message.en
    );
    assert!(
        right.message.ja.contains(&want().policy.to_json()),
        "{}",
        right.message.ja
    );
}

#[test]
fn an_unread_policy_of_a_given_role_may_hold_what_is_missing() {
    let mut role = settled();
    role.inline = Observation::Present(BTreeMap::new());
    role.attached
        .present_mut()
        .unwrap()
        .insert("arn:p".into(), Observation::Unreadable(fault()));
    let (will_do, plan) = checked(&Observation::Present(role));
    assert!(!will_do);
    let reasons: Vec<Reason> = plan.blocks.iter().map(|block| block.reason).collect();
    assert_eq!(reasons, [Reason::Unreadable]);
}
