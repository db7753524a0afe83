//! The account in words, without the ids that AWS made up: two accounts with the same portrait are
//! the same to everybody but AWS.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_plan::identity::Identity;
use jichitai_plan::kms::key::Key;
use jichitai_plan::observation::Observation;
use jichitai_plan::tags::{self, Ownership, Tags, ownership};

use super::World;

impl World {
    /// Everything that an owner has, one line for each thing, sorted.
    pub fn portrait(&self, owner: &Identity) -> Vec<String> {
        let names = self.names();
        let mut lines = Vec::new();
        self.wires_lines(owner, &names, &mut lines);
        self.keys_lines(owner, &names, &mut lines);
        lines.sort();
        lines
    }

    /// What each id is called: owner and role, or what AWS made it for.
    fn names(&self) -> BTreeMap<&str, String> {
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for (id, tags) in self.carriers() {
            let name = match (tags.get(tags::OWNER), tags.get(tags::ROLE)) {
                (Some(owner), Some(role)) => format!("{owner} {role}"),
                _ => format!("nobody's {id}"),
            };
            names.insert(id, name);
        }
        for acl in self.wires.network_acls.iter().filter(|acl| acl.default) {
            names.insert(&acl.id, "default network ACL".into());
        }
        for table in self.wires.route_tables.iter().filter(|table| table.main) {
            names.insert(&table.id, "main route table".into());
        }
        names
    }

    fn wires_lines(&self, owner: &Identity, names: &BTreeMap<&str, String>, lines: &mut Vec<String>) {
        let wires = &self.wires;
        let mut line = |tags: &Tags, text: String| {
            lines.extend(own(tags, owner).map(|role| format!("{role}: {text}, {}", shown(tags))))
        };
        for vpc in &wires.vpcs {
            let more = list(vpc.additional.iter().map(ToString::to_string));
            line(
                &vpc.tags,
                format!(
                    "{} and {more}, DNS {} {}",
                    vpc.cidr,
                    yes(&vpc.dns_support),
                    yes(&vpc.dns_hostnames)
                ),
            );
        }
        for subnet in &wires.subnets {
            let (public, vpc) = (subnet.public_ip_on_launch, called(names, &subnet.vpc_id));
            let routes = wires
                .route_tables
                .iter()
                .find(|table| table.associations.contains_key(&subnet.id));
            let filter = wires
                .network_acls
                .iter()
                .find(|acl| acl.associations.contains_key(&subnet.id));
            let routes = routes.map_or("main".into(), |table| called(names, &table.id));
            let filter = filter.map_or("none".into(), |acl| called(names, &acl.id));
            let (cidr, zone) = (subnet.cidr, &subnet.zone);
            line(
                &subnet.tags,
                format!("{cidr} in {zone} of {vpc}, public {public}, routes {routes}, filter {filter}"),
            );
        }
        for table in &wires.route_tables {
            let routes = table.routes.iter().map(|(to, target)| format!("{to} over {target}"));
            line(
                &table.tags,
                format!("in {}, {}", called(names, &table.vpc_id), list(routes)),
            );
        }
        for acl in &wires.network_acls {
            // Numbers mean nothing among rules that all allow.
            let denies = acl
                .entries
                .iter()
                .filter(|(_, rule)| !rule.allow)
                .map(|((_, number), rule)| format!("{number} {rule}"));
            let rules: BTreeSet<String> = acl.entries.values().map(ToString::to_string).chain(denies).collect();
            line(
                &acl.tags,
                format!("in {}, {}", called(names, &acl.vpc_id), list(rules.into_iter())),
            );
        }
        for group in &wires.security_groups {
            let rules = list(group.rules.iter().map(ToString::to_string));
            line(
                &group.tags,
                format!("{} in {}, {rules}", group.name, called(names, &group.vpc_id)),
            );
        }
        for endpoint in &wires.endpoints {
            let subnets = list(endpoint.subnets.iter().map(|id| called(names, id)));
            let groups = list(endpoint.security_groups.iter().map(|id| called(names, id)));
            let (service, state, private) = (&endpoint.service, &endpoint.state, endpoint.private_dns);
            line(
                &endpoint.tags,
                format!("{service} {state}, private names {private}, in {subnets}, by {groups}"),
            );
        }
        for log in &wires.flow_logs {
            line(
                &log.tags,
                format!("of {} to {}", called(names, &log.resource_id), log.destination),
            );
        }
        for attachment in &wires.attachments {
            let subnets = list(attachment.subnets.iter().map(|id| called(names, id)));
            let (gateway, state) = (&attachment.transit_gateway_id, &attachment.state);
            line(&attachment.tags, format!("to {gateway} {state}, in {subnets}"));
        }
    }

    fn keys_lines(&self, owner: &Identity, names: &BTreeMap<&str, String>, lines: &mut Vec<String>) {
        for (region, all) in &self.keys {
            for key in &all.keys {
                let Some(role) = own(&key.tags, owner) else { continue };
                let aliases = all.aliases.iter().filter(|alias| alias.key_id == key.id);
                let aliases = list(aliases.map(|alias| alias.name.clone()));
                let default = all
                    .ebs_defaults
                    .as_ref()
                    .is_some_and(|defaults| defaults.key == key.arn);
                lines.push(format!(
                    "{region} {role}: {}, named {aliases}, EBS default {default}",
                    key_line(key)
                ));
            }
            if let Some(defaults) = &all.ebs_defaults {
                let key = all.keys.iter().find(|key| key.arn == defaults.key);
                let key = key.map_or(defaults.key.clone(), |key| called(names, &key.id));
                lines.push(format!(
                    "{region} EBS defaults: encrypted {} with {key}",
                    defaults.encrypted
                ));
            }
        }
    }

    /// The ids of everything that carries no owner's tags and that AWS did not make by itself.
    pub fn untracked(&self) -> Vec<String> {
        let wires = &self.wires;
        let given = wires.network_acls.iter().filter(|acl| acl.default).map(|acl| &acl.id);
        let given = given.chain(
            wires
                .route_tables
                .iter()
                .filter(|table| table.main)
                .map(|table| &table.id),
        );
        let given = given.chain(
            wires
                .security_groups
                .iter()
                .filter(|group| group.name == "default")
                .map(|group| &group.id),
        );
        let given: BTreeSet<&str> = given.map(String::as_str).collect();
        let nobodys = self
            .carriers()
            .filter(|(id, tags)| !tags.contains_key(tags::OWNER) && !given.contains(id));
        nobodys.map(|(id, _)| id.to_owned()).collect()
    }
}

fn own(tags: &Tags, owner: &Identity) -> Option<String> {
    match ownership(tags, owner) {
        Ownership::Ours(role) => Some(role.to_string()),
        Ownership::Other { .. } | Ownership::Stack(_) | Ownership::Nobody => None,
    }
}

fn called(names: &BTreeMap<&str, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

fn list(words: impl Iterator<Item = String>) -> String {
    let sorted: BTreeSet<String> = words.collect();
    format!("[{}]", sorted.into_iter().collect::<Vec<_>>().join("; "))
}

fn yes(value: &Observation<bool>) -> bool {
    *value == Observation::Present(true)
}

fn shown(tags: &Tags) -> String {
    let shown = tags
        .iter()
        .filter(|(key, _)| *key != tags::OWNER && *key != tags::INSTALLATION);
    format!("tags {}", list(shown.map(|(key, value)| format!("{key}={value}"))))
}

fn key_line(key: &Key) -> String {
    let policy = match &key.policy {
        Observation::Present(policy) => {
            let statements: BTreeSet<String> = policy.statements.iter().map(|one| format!("{one:?}")).collect();
            list(statements.into_iter())
        }
        Observation::Absent | Observation::Unreadable(_) => "none".into(),
    };
    let (state, rotation) = (&key.state, key.rotation_days.present());
    format!(
        "{} {state:?}, rotates {rotation:?}, {}, policy {policy}",
        key.description,
        shown(&key.tags)
    )
}
