//! Not knowing is a third answer: what cannot be read is neither made nor changed nor taken away.

use jichitai_core_tests::resolution::Listed;
use jichitai_plan::ec2::security_group;
use jichitai_plan::identity::AccountId;
use jichitai_plan::ram::rule_share;
use jichitai_plan::route53resolver::rule_association::Action as Association;
use jichitai_plan::route53resolver::{endpoint, query_log, rule};
use jichitai_plan::step::{Action, Step};
use proptest::prelude::*;
use proptest::sample::select;

use super::drafts::{HOME, MUNICIPALITIES, around, changes, retire};
use super::portrait::portrait;
use super::rig::{Rig, steps};
use crate::rig::check;

/// What the operator is about to do when a listing is refused.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Creation,
    Change,
    Deletion,
}

/// A listing that is refused, whenever that is: nothing is done about what it would show, and what depends
/// on it; and once it is answered again, everything is as if it had never been refused.
#[test]
fn unreadable_listings_plan_nothing() {
    let stages = select(vec![Stage::Creation, Stage::Change, Stage::Deletion]);
    let when = (stages, 0_usize..14, any::<bool>());
    let strategy = (changes(), retire(), around(), when, select(Listed::ALL.to_vec()));
    check(400, strategy, |((old, new), retire, around, when, listed)| {
        let (stage, after, finishes) = when;
        let mut rig = Rig::new(&old, around);
        if !matches!(stage, Stage::Creation) {
            rig.settle()?;
        }
        match stage {
            Stage::Creation => {}
            Stage::Change => rig.apply(&new, &retire),
            Stage::Deletion => rig.resolution.delete(),
        }
        let mut seeing = rig.clone();
        seeing.settle()?;
        rig.kill_after(after, finishes)?;
        rig.resolution.unreadable.insert(listed);
        let passes = rig.run()?;
        rig.is_well()?;
        let blind = Blind {
            going: matches!(stage, Stage::Deletion),
            names_home: names(&rig, HOME),
            names_far: MUNICIPALITIES
                .iter()
                .any(|(_, account)| *account != HOME && names(&rig, account)),
        };
        for step in steps(&passes) {
            prop_assert!(!blind.without(listed, step), "{stage:?} without {listed:?}: {step}");
        }
        let last = passes.last().and_then(|done| done.ending.as_ref());
        let released = last.is_some_and(|ending| ending.released);
        prop_assert!(!released || !needed_to_go(listed), "let go without {listed:?}");
        rig.resolution.unreadable.clear();
        rig.settle()?;
        prop_assert_eq!(portrait(&rig.resolution), portrait(&seeing.resolution));
        Ok(())
    });
}

/// Whether the spec has rules hold in VPCs of an account.
fn names(rig: &Rig, account: &str) -> bool {
    let named = rig.resolution.object.spec.associations.iter();
    let mut named = named.filter_map(|one| one.municipality_ref.as_ref());
    named.any(|one| MUNICIPALITIES.contains(&(one.name.as_str(), account)))
}

/// Whether something of ours may be there that does not show.
fn needed_to_go(listed: Listed) -> bool {
    match listed {
        Listed::Endpoints
        | Listed::SecurityGroups
        | Listed::Rules
        | Listed::Associations
        | Listed::AssociationsElsewhere
        | Listed::Elsewhere
        | Listed::Vpcs
        | Listed::QueryLogs
        | Listed::LoggedVpcs
        | Listed::Zones
        | Listed::Shares => true,
        Listed::Addresses | Listed::Subnets | Listed::RulesElsewhere | Listed::VpcsElsewhere | Listed::Invitations => {
            false
        }
    }
}

/// What decides whether a step is one in the dark.
struct Blind {
    /// Whether everything goes, whoever has the VPCs.
    going: bool,
    /// Whether the spec has rules hold in VPCs of the endpoint's account, or of another.
    names_home: bool,
    names_far: bool,
}

/// What a step does, as far as it matters here.
struct Deed<'a> {
    role: &'a str,
    action: &'a Action,
}

impl Deed<'_> {
    /// The account in which a rule begins to hold.
    fn makes(&self) -> Option<&AccountId> {
        match self.action {
            Action::RuleAssociation(Association::Associate(pair)) => Some(&pair.account),
            _ => None,
        }
    }

    /// The account in which a rule ceases to hold.
    fn leaves(&self) -> Option<&AccountId> {
        match self.action {
            Action::RuleAssociation(Association::Disassociate(pair)) => Some(&pair.account),
            _ => None,
        }
    }

    /// Whether a port is closed to what comes in, or to what goes out.
    fn closes(&self, egress: bool) -> bool {
        match self.action {
            Action::SecurityGroup(security_group::Action::Revoke { id: _, rule }) => {
                rule.egress == egress && *rule != security_group::default_egress()
            }
            _ => false,
        }
    }

    fn deletes_group(&self) -> bool {
        matches!(
            self.action,
            Action::SecurityGroup(security_group::Action::Delete { .. })
        )
    }

    fn deletes_endpoint(&self) -> bool {
        matches!(self.action, Action::ResolverEndpoint(endpoint::Action::Delete { .. }))
    }

    fn changes_endpoint(&self) -> bool {
        let create = matches!(self.action, Action::ResolverEndpoint(endpoint::Action::Create { .. }));
        self.role == "resolver-endpoint" && !create && !self.deletes_endpoint()
    }

    fn deletes_rule(&self) -> bool {
        matches!(self.action, Action::ResolverRule(rule::Action::Delete { .. }))
    }

    /// Whether a rule is led through the endpoint.
    fn forwards(&self) -> bool {
        matches!(
            self.action,
            Action::ResolverRule(rule::Action::Direct { .. } | rule::Action::Create { forward: Some(_), .. })
        )
    }

    fn narrows_share(&self) -> bool {
        matches!(
            self.action,
            Action::RuleShare(rule_share::Action::Remove { .. } | rule_share::Action::Delete { .. })
        )
    }

    fn is_of(&self, word: &str) -> bool {
        self.role.starts_with(word)
    }
}

impl Blind {
    /// Whether a step is about what a listing would have shown, or about what depends on it.
    fn without(&self, listed: Listed, step: &Step) -> bool {
        let deed = Deed {
            role: step.part.role.as_str(),
            action: &step.action,
        };
        let here = |account: Option<&AccountId>| account.is_some_and(|account| account.as_str() == HOME);
        let far = |account: Option<&AccountId>| account.is_some_and(|account| account.as_str() != HOME);
        let stays = !self.going;
        let opens = deed.role == "resolver-endpoint" && !deed.deletes_endpoint();
        match listed {
            // Who asks from outside shows in the endpoint, whom we ask in the rules.
            Listed::Endpoints => {
                let open = deed.closes(false) || deed.deletes_group();
                deed.is_of("resolver-endpoint") || open || deed.forwards()
            }
            Listed::Rules => {
                let of_rules = ["resolver-rule", "rule-association", "rule-share"];
                of_rules.iter().any(|word| deed.is_of(word)) || deed.deletes_endpoint() || deed.closes(true)
            }
            Listed::Addresses => deed.changes_endpoint(),
            Listed::Subnets => opens && !matches!(&step.action, Action::ResolverTags(_)),
            Listed::SecurityGroups => deed.is_of("security-group") || opens,
            Listed::RulesElsewhere => false,
            Listed::Associations => here(deed.makes()) || here(deed.leaves()) || deed.deletes_rule(),
            Listed::AssociationsElsewhere | Listed::Elsewhere => {
                let leaves = far(deed.leaves())
                    || deed.leaves().is_some() && stays && self.names_far && listed == Listed::Elsewhere;
                far(deed.makes()) || leaves || deed.deletes_rule() || deed.narrows_share() && stays
            }
            Listed::Vpcs => {
                let stands = deed.is_of("resolver-endpoint") || deed.is_of("security-group");
                let leaves = deed.leaves().is_some() && self.names_home;
                here(deed.makes()) || deed.is_of("private-zone") || stays && (leaves || stands)
            }
            Listed::VpcsElsewhere => far(deed.makes()) || deed.leaves().is_some() && stays && self.names_far,
            Listed::Invitations => matches!(&step.action, Action::RuleShare(rule_share::Action::Accept { .. })),
            Listed::QueryLogs => deed.is_of("query-log"),
            Listed::LoggedVpcs => {
                let creates = matches!(&step.action, Action::QueryLog(query_log::Action::Create { .. }));
                deed.is_of("query-log") && !creates
            }
            Listed::Zones => deed.is_of("private-zone"),
            Listed::Shares => deed.is_of("rule-share") || far(deed.makes()),
        }
    }
}
