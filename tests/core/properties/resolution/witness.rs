//! What must hold after every write and after everything that AWS finishes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection};
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::context::japan_date;
use jichitai_plan::ec2::security_group::{self, default_egress};
use jichitai_plan::ram::rule_share;
use jichitai_plan::resolve::is_of;
use jichitai_plan::resolver_endpoint::observed::Observed;
use jichitai_plan::route53resolver::endpoint;
use jichitai_plan::route53resolver::rule::{FORWARD, SYSTEM};
use jichitai_plan::route53resolver::rule_association::{self, Pair};
use jichitai_plan::step::{Action, Step};

use super::portrait::{addresses, associations, endpoint as own, foreigners, role, rules};

/// Watches, and remembers what was wrong.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// What was wrong.
    pub faults: Vec<String>,
    /// Others' things, which must stay as they are.
    pub foreign: Option<Observed>,
    /// Rules and VPCs that were wanted all the time since the first of them was made: there, nothing is
    /// forwarded that shall stay inside AWS, not for a moment.
    pub always: BTreeSet<(String, String)>,
    /// Tokens of creations.
    tokens: BTreeMap<String, String>,
}

/// Whether a domain is below another.
pub fn is_below(domain: &str, above: &str) -> bool {
    domain.ends_with(&format!(".{above}"))
}

/// The names of rules and the VPCs in which the spec wants them and whoever has the VPC accepts them.
pub fn wanted(resolution: &Resolution) -> BTreeSet<(String, String)> {
    let spec = &resolution.object.spec;
    if resolution.object.metadata.deletion_timestamp.is_some() {
        return BTreeSet::new();
    }
    let accepted = spec.associations.iter().filter_map(|one| {
        let name = &one.municipality_ref.as_ref()?.name;
        let all = resolution.municipalities.iter();
        let (place, found) = all
            .enumerate()
            .find(|(_, one)| one.metadata.name.as_ref() == Some(name))?;
        let mut from = found.spec.dns.iter().flat_map(|dns| &dns.accept_from);
        (place == 0 || from.any(|them| them.name == "office")).then_some((one, format!("vpc-{name}")))
    });
    let pairs = accepted.flat_map(|(one, vpc)| {
        let names = spec.rules.iter().map(|rule| &rule.name);
        let chosen = names.filter(|name| one.rules.is_empty() || one.rules.contains(name));
        chosen.map(move |name| (name.clone(), vpc.clone())).collect::<Vec<_>>()
    });
    pairs.collect()
}

/// Rules that forward in a VPC what shall stay inside AWS there, of those that are wanted.
pub fn exposed(resolution: &Resolution, wanted: &BTreeSet<(String, String)>) -> Vec<String> {
    let ours: BTreeMap<&str, (&str, &str)> = rules(resolution)
        .into_values()
        .map(|(name, rule)| (name, (rule.domain.as_str(), rule.kind.as_str())))
        .collect();
    let held = associations(resolution);
    let holds = |name: &str, vpc: &str| held.contains(&(name, vpc, "COMPLETE"));
    let mut all = Vec::new();
    for (name, vpc, state) in &held {
        let Some((domain, FORWARD)) = ours.get(name) else {
            continue;
        };
        for (other, place) in wanted.iter().filter(|(_, place)| place == vpc) {
            let stays = resolution.object.spec.rules.iter().find(|rule| rule.name == *other);
            let known = ours
                .get(other.as_str())
                .map(|(domain, kind)| (*domain, *kind == SYSTEM));
            let spec = stays.map(|rule| (rule.domain.as_str(), rule.targets.is_empty()));
            let below = known
                .or(spec)
                .is_some_and(|(lower, stays)| stays && is_below(lower, domain));
            if *state != "DELETING" && below && !holds(other, place) {
                all.push(format!("{name} forwards in {vpc} what {other} shall keep"));
            }
        }
    }
    all
}

impl Witness {
    fn fault(&mut self, after: &dyn std::fmt::Display, what: impl std::fmt::Display) {
        self.faults.push(format!("after “{after}”: {what}"));
    }

    /// After a write.
    pub fn after(&mut self, now: &Resolution, step: &Step) {
        self.step(now, step);
        self.look(now, &step.to_string());
    }

    /// How AWS is.
    pub fn look(&mut self, now: &Resolution, after: &str) {
        if let Some(endpoint) = own(now) {
            let attached = addresses(endpoint).into_values().filter(|state| *state == "ATTACHED");
            let attached = attached.count();
            if endpoint.state != "CREATING" && attached < 2 {
                self.fault(&after, format!("{attached} addresses answer"));
            }
            for (name, rule) in rules(now).into_values() {
                let mut asked = rule.targets.iter().map(|target| target.protocol.as_str());
                if asked.any(|protocol| !endpoint.protocols.contains(protocol)) {
                    self.fault(&after, format!("the endpoint does not speak what {name} asks by"));
                }
            }
        }
        for (role, count) in counted(now) {
            if count > 1 {
                self.fault(&after, format!("{count} things are {role}"));
            }
        }
        for one in exposed(now, &self.always) {
            self.fault(&after, one);
        }
        let others = foreigners(now);
        if self.foreign.as_ref().is_some_and(|before| *before != others) {
            self.fault(&after, format!("others' things have changed: {others:#?}"));
        }
    }

    fn step(&mut self, now: &Resolution, step: &Step) {
        if let (Some(creation), false) = (&step.creation, matches!(step.action, Action::ZoneAssociation(_)))
            && step.action.service() != "ec2"
            && let Some(first) = self.tokens.insert(creation.token.clone(), step.to_string())
        {
            self.fault(&step, format!("its token has made “{first}”"));
        }
        match &step.action {
            Action::ResolverEndpoint(endpoint::Action::RemoveAddress { ip, .. }) => self.removal(now, *ip, step),
            Action::RuleAssociation(rule_association::Action::Associate(pair)) => self.forwarding(now, pair, step),
            Action::RuleAssociation(rule_association::Action::Disassociate(pair)) => self.leaving(now, pair, step),
            Action::RuleShare(rule_share::Action::Delete { arn: _ }) => {
                let ours = rules(now).into_values().map(|(_, rule)| rule.arn.clone());
                self.unshared(now, &ours.collect(), step);
            }
            Action::RuleShare(rule_share::Action::Remove { arn: _, rules }) => self.unshared(now, rules, step),
            Action::SecurityGroup(security_group::Action::Revoke { id: _, rule })
                if *rule != default_egress() && asked(now).contains(&(rule.protocol.clone(), rule.ports)) =>
            {
                self.fault(&step, "that is still asked for");
            }
            _ => {}
        }
    }

    /// An address that the office asks goes only when that was confirmed.
    fn removal(&mut self, now: &Resolution, ip: Ipv4Addr, step: &Step) {
        let spec = &now.object.spec;
        let written = ip.to_string();
        if spec.ip_addresses.iter().any(|one| one.ip == written) {
            return self.fault(&step, "the spec has it");
        }
        let today = japan_date(now.now).to_string();
        let day_has_come = |day: &Option<String>| day.as_ref().is_none_or(|day| *day <= today);
        let mut retire = spec.retire.iter();
        let confirmed = retire.any(|one| one.ip == written && day_has_come(&one.not_before));
        if spec.direction == EndpointDirection::Inbound && !confirmed {
            self.fault(&step, "nobody has confirmed that it may go");
        }
    }

    /// What stays inside AWS is kept there before what is above it is forwarded.
    fn forwarding(&mut self, now: &Resolution, pair: &Pair, step: &Step) {
        let held = associations(now);
        let ours = rules(now);
        let Some((_, rule)) = ours.get(pair.rule_id.as_str()) else {
            return self.fault(&step, "the rule is not ours");
        };
        if rule.kind != FORWARD {
            return;
        }
        let wanted = wanted(now);
        for other in now.object.spec.rules.iter().filter(|one| one.targets.is_empty()) {
            let (name, vpc) = (other.name.clone(), pair.vpc_id.clone());
            let holds = held.contains(&(&name, &vpc, "COMPLETE"));
            if is_below(&other.domain, &rule.domain) && !holds && wanted.contains(&(name, vpc)) {
                self.fault(&step, format!("{} is not kept inside AWS yet", other.domain));
            }
        }
    }

    /// And as long as that is forwarded and shall go, too.
    fn leaving(&mut self, now: &Resolution, pair: &Pair, step: &Step) {
        let wanted = wanted(now);
        let ours = rules(now);
        let Some((_, rule)) = ours.get(pair.rule_id.as_str()) else {
            return self.fault(&step, "the rule is not ours");
        };
        for (name, vpc, _) in associations(now) {
            let above = ours.values().find(|(other, _)| *other == name).map(|(_, other)| other);
            let forwards = above.is_some_and(|other| other.kind == FORWARD && is_below(&rule.domain, &other.domain));
            let goes = !wanted.contains(&(name.to_owned(), vpc.to_owned()));
            if rule.kind == SYSTEM && vpc == pair.vpc_id && forwards && goes {
                self.fault(&step, format!("{name} goes, too, and has not gone yet"));
            }
        }
    }

    /// What is no longer shared with an account holds in none of its VPCs.
    fn unshared(&mut self, now: &Resolution, arns: &BTreeSet<String>, step: &Step) {
        let account = rule_share::account_of(&step.part).and_then(|account| now.aws.accounts.get(&account));
        let held = account
            .into_iter()
            .flat_map(|account| account.associations.iter().flatten());
        for one in held.filter(|one| arns.contains(&format!("arn:{}", one.rule_id))) {
            self.fault(&step, format!("{} still holds in {}", one.rule_id, one.vpc_id));
        }
    }
}

/// Protocols and ports that are in use.
fn asked(now: &Resolution) -> BTreeSet<(String, Option<(i32, i32)>)> {
    let mut all = BTreeSet::new();
    let mut add = |plain: bool, port: i32| {
        let words: &[&str] = if plain { &["tcp", "udp"] } else { &["tcp"] };
        all.extend(words.iter().map(|word| ((*word).to_owned(), Some((port, port)))));
    };
    let inbound = own(now).filter(|one| one.direction == Some(EndpointDirection::Inbound));
    for word in inbound.into_iter().flat_map(|one| &one.protocols) {
        if word == "Do53" { add(true, 53) } else { add(false, 443) }
    }
    for target in rules(now).into_values().flat_map(|(_, rule)| &rule.targets) {
        add(target.protocol == DnsProtocol::Do53, i32::from(target.port));
    }
    all
}

/// How many things of ours there are, by role.
fn counted(now: &Resolution) -> BTreeMap<String, usize> {
    let identity = now.identity();
    let aws = &now.aws;
    let endpoints = aws.endpoints.iter().flatten().map(|one| &one.tags);
    let groups = aws.security_groups.iter().flatten().map(|one| &one.tags);
    let rules = aws.rules().iter().flatten().map(|one| &one.tags);
    let logs = aws.query_logs.iter().flatten().map(|one| &one.tags);
    let shares = aws.shares.iter().flatten().map(|one| &one.tags);
    let all = endpoints.chain(groups).chain(rules).chain(logs).chain(shares);
    let mut counted = BTreeMap::new();
    for tags in all.filter(|tags| is_of(tags, &identity)) {
        *counted.entry(role(tags).to_owned()).or_default() += 1;
    }
    counted
}
