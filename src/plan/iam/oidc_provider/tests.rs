use std::collections::BTreeMap;

use jichitai_api::{FileLinkBucket, InventoryEntry, Region};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::*;
use crate::ledger::Ledger;
use crate::observation::{Fault, FaultKind};

const ISSUER: &str = "https://idp.example.jp/realms/city";

fn now() -> Timestamp {
    "2026-11-25T00:00:00Z".parse().unwrap()
}

fn ctx() -> Context {
    Context {
        identity: Identity {
            installation: "main".into(),
            owner: Owner::new::<FileLinkBucket>("tenants", "juki-010"),
        },
        now: now(),
        settings: crate::context::Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::from([(tags::MUNICIPALITY, "131016")]),
    }
}

fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

fn part() -> Part {
    Part::new(Region::Tokyo, ROLE)
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn provider() -> OidcProvider {
    OidcProvider {
        arn: arn(&account(), ISSUER),
        url: "idp.example.jp/realms/city".into(),
        client_ids: words(&["a"]),
        trusted_by: None,
        tags: shared("main").tags(&Role::new(ROLE), &Tags::new()),
    }
}

fn planned(audiences: &[&str], observed: &Observation<OidcProvider>, ctx: &Context) -> (bool, Plan) {
    let mut planned = Plan::default();
    let found = plan(
        &account(),
        ISSUER,
        &words(audiences),
        observed,
        &part(),
        ctx,
        &mut planned,
    );
    (found.is_some(), planned)
}

fn apply(observed: &mut Observation<OidcProvider>, plan: &Plan) {
    for step in &plan.steps {
        let crate::step::Action::OidcProvider(action) = &step.action else {
            panic!("{step}")
        };
        absorb(observed, action, None);
    }
}

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "iam:ListRoles".into(),
        code: "AccessDenied".into(),
        message: String::new(),
        request_id: None,
    }
}

#[test]
fn the_place_of_a_provider_is_its_issuer() {
    assert_eq!(
        provider().arn,
        "arn:aws:iam::111122223333:oidc-provider/idp.example.jp/realms/city"
    );
}

#[test]
fn a_provider_is_made_for_the_installation_and_not_for_the_object() {
    let mut observed = Observation::Absent;
    let (found, plan) = planned(&["a"], &observed, &ctx());
    assert!(!found && plan.steps[0].creation.is_some());
    apply(&mut observed, &plan);
    assert_eq!(observed, Observation::Present(provider()));
    assert_eq!(
        provider().tags.get(tags::OWNER).expect("a tag"),
        "Shared/-/oidc-provider"
    );
    assert_eq!(planned(&["a"], &observed, &ctx()), (true, Plan::default()));
}

#[test]
fn a_creation_without_an_answer_is_repeated_and_an_answered_one_awaited() {
    let entry = |state| InventoryEntry {
        role: ROLE.into(),
        service: "iam".into(),
        region: Region::Tokyo,
        account: account().to_string(),
        id: String::new(),
        arn: None,
        state,
        token: None,
        incarnation: 0,
        since: Some(Time(now())),
    };
    let with = |state| Context {
        ledger: Ledger::new([entry(state)]),
        ..ctx()
    };
    let (_, plan) = planned(&["a"], &Observation::Absent, &with(InventoryState::Intended));
    assert_eq!(plan.steps.len(), 1);
    let (_, plan) = planned(&["a"], &Observation::Absent, &with(InventoryState::Present));
    assert_eq!(plan.steps, []);
    assert_eq!(plan.waits[0].reason, Reason::WaitingForConsistency);
}

#[test]
fn missing_audiences_come_and_others_stay() {
    let mut observed = Observation::Present(provider());
    let (found, plan) = planned(&["b", "c"], &observed, &ctx());
    assert!(!found);
    assert_eq!(plan.steps.len(), 2);
    apply(&mut observed, &plan);
    assert_eq!(observed.present().unwrap().client_ids, words(&["a", "b", "c"]));
}

#[test]
fn a_provider_of_others_is_used_and_never_changed() {
    let stack = Tags::from([(tags::STACK, "idp")]);
    for (tags, reason) in [
        (Tags::new(), Reason::Conflict),
        (shared("other").tags(&Role::new(ROLE), &Tags::new()), Reason::Conflict),
        (stack, Reason::ManagedElsewhere),
    ] {
        let foreign = Observation::Present(OidcProvider { tags, ..provider() });
        assert_eq!(planned(&["a"], &foreign, &ctx()), (true, Plan::default()));
        let (found, plan) = planned(&["a", "b"], &foreign, &ctx());
        assert!(!found && plan.steps.is_empty());
        assert_eq!(plan.blocks[0].reason, reason);
        assert!(
            plan.blocks[0].message.en.contains("audiences b "),
            "{:?}",
            plan.blocks[0]
        );
    }
}

#[test]
fn a_lost_role_tag_is_put_back() {
    let mut lost = provider();
    lost.tags.remove(tags::ROLE);
    let mut observed = Observation::Present(lost);
    let (_, plan) = planned(&["a"], &observed, &ctx());
    apply(&mut observed, &plan);
    assert_eq!(observed, Observation::Present(provider()));
}

#[test]
fn nothing_is_planned_from_what_could_not_be_read() {
    let (found, plan) = planned(&["a"], &Observation::Unreadable(fault()), &ctx());
    assert!(!found && plan.steps.is_empty());
    assert_eq!(plan.blocks[0].reason, Reason::Unreadable);
}

fn removed(provider: OidcProvider, going: &[&str]) -> Plan {
    let mut plan = Plan::default();
    remove_if_unused(
        &Observation::Present(provider),
        &words(going),
        &part(),
        &ctx(),
        &mut plan,
    );
    plan
}

#[test]
fn a_provider_goes_only_when_no_role_that_stays_trusts_it() {
    let trusted = |roles: &[&str]| OidcProvider {
        trusted_by: Some(Observation::Present(words(roles))),
        ..provider()
    };
    let plan = removed(trusted(&["ours"]), &["ours"]);
    assert!(plan.steps[0].removal && plan.steps[0].is_destructive());
    assert_eq!(removed(trusted(&[]), &[]).steps.len(), 1);
    assert_eq!(removed(trusted(&["ours", "theirs"]), &["ours"]), Plan::default());
    assert_eq!(removed(provider(), &[]), Plan::default());
    let unread = OidcProvider {
        trusted_by: Some(Observation::Unreadable(fault())),
        ..provider()
    };
    let plan = removed(unread, &[]);
    assert_eq!((plan.steps.len(), plan.blocks[0].reason), (0, Reason::Unreadable));
    let foreign = OidcProvider {
        tags: Tags::new(),
        ..trusted(&[])
    };
    assert_eq!(removed(foreign, &[]), Plan::default());
}
