//! Specs of a small space, so that old and new often share something.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jichitai_api::resolver_endpoint::{EndpointIp, ResolverEndpoint, Retire};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// The endpoint's account.
pub const HOME: &str = "111122223333";
/// The account of the municipality that is far away.
pub const FAR: &str = "444455556666";
/// The municipalities: the endpoint's own, one in the same account, one in another.
pub const MUNICIPALITIES: [(&str, &str); 3] = [("chiyoda", HOME), ("minato", HOME), ("shibuya", FAR)];

const SUBNETS: [&str; 3] = ["app-a", "app-c", "app-d"];

/// A rule: its name, its domain, and whether it forwards. A name stands for the same all the time, because
/// AWS changes neither domain nor type; another name for the same domain is another rule.
type Named = (&'static str, &'static str, bool);

const RULES: [[Named; 3]; 3] = [
    [
        ("office", "city.chiyoda.lg.jp", true),
        ("office-2", "city.chiyoda.lg.jp", true),
        ("office-keep", "city.chiyoda.lg.jp", false),
    ],
    [
        ("keep", "aws.city.chiyoda.lg.jp", false),
        ("keep-2", "aws.city.chiyoda.lg.jp", false),
        ("aws", "aws.city.chiyoda.lg.jp", true),
    ],
    [
        ("db", "db.aws.city.chiyoda.lg.jp", true),
        ("db-keep", "db.aws.city.chiyoda.lg.jp", false),
        ("db-2", "db.aws.city.chiyoda.lg.jp", true),
    ],
];

/// An address, by the number of its subnet and that of its host.
pub type Place = (u8, u8);

/// The address in words of the spec.
pub fn ip((subnet, host): Place) -> Ipv4Addr {
    Ipv4Addr::new(10, 20, subnet, host)
}

/// A spec in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whether the VPC asks the office, and not the office the VPC.
    pub outbound: bool,
    /// Its addresses.
    pub addresses: BTreeSet<Place>,
    /// Over HTTPS, too or only.
    pub protocols: &'static [&'static str],
    /// A rule for each of the domains, with its name servers.
    pub rules: [Option<(usize, Vec<u8>)>; 3],
    /// For each municipality the domains whose rules hold in it.
    pub associations: [Option<[bool; 3]>; 3],
    /// Private zones.
    pub zones: Vec<&'static str>,
    /// Where queries are logged.
    pub log: Option<&'static str>,
}

impl Draft {
    /// The rules by name.
    fn named(&self) -> impl Iterator<Item = (usize, Named, &Vec<u8>)> {
        let rules = self.rules.iter().enumerate().filter(|_| self.outbound);
        rules.filter_map(|(domain, rule)| {
            let (choice, targets) = rule.as_ref()?;
            Some((domain, RULES[domain][*choice], targets))
        })
    }

    /// The names of the rules that shall hold in a municipality, by its number.
    pub fn associated(&self, municipality: usize) -> Option<Vec<&'static str>> {
        let domains = self.associations[municipality].filter(|_| self.outbound)?;
        let all: Vec<_> = self.named().collect();
        let chosen = all.iter().filter(|(domain, ..)| domains[*domain]);
        let names: Vec<_> = chosen.map(|(_, (name, ..), _)| *name).collect();
        // An empty list means all.
        Some(match names.is_empty() {
            true => all.iter().map(|(_, (name, ..), _)| *name).collect(),
            false => names,
        })
    }

    /// The object.
    pub fn object(&self) -> ResolverEndpoint {
        let direction = if self.outbound { "Outbound" } else { "Inbound" };
        let addresses = self.addresses.iter().map(|place| address(*place));
        let spoken = self.protocols.last().expect("a protocol");
        let target = |host: &u8| match *spoken {
            "Do53" => json!({"ip": format!("172.16.{host}.53")}),
            _ => {
                let name = format!("dns-{host}.city.chiyoda.lg.jp");
                json!({"ip": format!("172.16.{host}.53"), "port": 443, "protocol": "DoH", "serverName": name})
            }
        };
        let rules = self
            .named()
            .map(|(_, (name, domain, forwards), targets)| match forwards {
                true => {
                    json!({"name": name, "domain": domain, "targets": targets.iter().map(target).collect::<Vec<_>>()})
                }
                false => json!({"name": name, "domain": domain, "type": "System"}),
            });
        let associations = MUNICIPALITIES.iter().enumerate().filter_map(|(number, (name, _))| {
            let rules = self.associated(number)?;
            Some(json!({"municipalityRef": {"namespace": "tenants", "name": name}, "rules": rules}))
        });
        let zones = self.zones.iter().map(|zone| json!({"zoneId": zone}));
        let log = self
            .log
            .map(|log| json!({"destinationArn": format!("arn:aws:s3:::{log}")}));
        serde_json::from_value(json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "ResolverEndpoint",
            "metadata": {"name": "office", "namespace": "tenants"},
            "spec": {
                "placement": {"municipalityRef": {"name": "chiyoda"}, "zone": "mynumber"},
                "direction": direction,
                "ipAddresses": addresses.collect::<Vec<_>>(),
                "protocols": self.protocols,
                "allowedCidrs": ["172.16.0.0/16"],
                "rules": rules.collect::<Vec<_>>(),
                "associations": associations.collect::<Vec<_>>(),
                "privateZones": zones.collect::<Vec<_>>(),
                "queryLog": log,
            },
        }))
        .expect("an endpoint")
    }
}

fn address(place: Place) -> EndpointIp {
    EndpointIp {
        subnet: SUBNETS[usize::from(place.0)].into(),
        ip: ip(place).to_string(),
    }
}

/// Addresses over two subnets at least.
pub fn addresses() -> impl Strategy<Value = BTreeSet<Place>> {
    let all: Vec<Place> = (0..3)
        .flat_map(|subnet| (20..23).map(move |host| (subnet, host)))
        .collect();
    let spread = |some: &Vec<Place>| some.iter().any(|one| one.0 != some[0].0);
    let some = subsequence(all, 2..=6).prop_filter("in two subnets", spread);
    some.prop_map(BTreeSet::from_iter)
}

fn rule() -> impl Strategy<Value = Option<(usize, Vec<u8>)>> {
    proptest::option::weighted(0.75, (0_usize..3, subsequence(vec![0_u8, 1, 2], 1..=2)))
}

/// A spec of this direction.
pub fn draft(outbound: bool) -> impl Strategy<Value = Draft> {
    let protocols: [&[&str]; 4] = [&["Do53"], &["DoH"], &["Do53", "DoH"], &["DoH", "Do53"]];
    let association = || proptest::option::of(any::<[bool; 3]>());
    (
        addresses(),
        select(protocols.to_vec()),
        [rule(), rule(), rule()],
        [association(), association(), association()],
        subsequence(vec!["ZONEONE", "ZONETWO"], 0..=2),
        proptest::option::of(select(vec!["dns-log", "dns-log-2"])),
    )
        .prop_map(move |(addresses, protocols, rules, associations, zones, log)| Draft {
            outbound,
            addresses,
            protocols,
            rules,
            associations,
            zones,
            log,
        })
}

/// A spec of either direction.
pub fn drafts() -> impl Strategy<Value = Draft> {
    any::<bool>().prop_flat_map(draft)
}

/// A spec and what becomes of it.
pub fn changes() -> impl Strategy<Value = (Draft, Draft)> {
    any::<bool>().prop_flat_map(|outbound| (draft(outbound), draft(outbound)))
}

/// Two specs of an outbound endpoint.
pub fn outbound_changes() -> impl Strategy<Value = (Draft, Draft)> {
    (draft(true), draft(true))
}

/// Addresses that may go, and from which day.
pub fn retire() -> impl Strategy<Value = Retirement> {
    let days = vec![
        None,
        Some("2027-03-01"),
        Some("2027-04-01"),
        Some("2027-04-02"),
        Some("2027-05-10"),
    ];
    proptest::collection::btree_map((0_u8..3, 20_u8..23), select(days), 0..7).prop_map(Retirement)
}

/// Addresses that may go, and from which day.
#[derive(Clone, Debug, Default)]
pub struct Retirement(pub BTreeMap<Place, Option<&'static str>>);

impl Retirement {
    /// Those that the spec has not, as it takes them.
    pub fn list(&self, draft: &Draft) -> Vec<Retire> {
        let gone = self.0.iter().filter(|(place, _)| !draft.addresses.contains(place));
        gone.map(|(place, day)| Retire {
            ip: ip(*place).to_string(),
            confirmed_by: "情報システム課".into(),
            ticket: None,
            not_before: day.map(str::to_owned),
        })
        .collect()
    }
}

/// What the neighbours say.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Whether each municipality accepts the endpoint's rules; its own need not be asked.
    pub accepts: [bool; 3],
    /// Whether the accounts are in one organization, and need not accept.
    pub organization: bool,
}

/// What the neighbours say; mostly yes.
pub fn around() -> impl Strategy<Value = Around> {
    let yes = || proptest::bool::weighted(0.75);
    (yes(), yes(), any::<bool>()).prop_map(|(near, far, organization)| Around {
        accepts: [true, near, far],
        organization,
    })
}

/// A municipality, by its number.
pub fn municipality(number: usize, environment: &str, accepts: bool) -> jichitai_api::Municipality {
    let (name, account) = MUNICIPALITIES[number];
    let subnet = |number: usize, name: &str| {
        let zone = format!("ap-northeast-1{}", &name[4..]);
        json!({"name": name, "cidr": format!("10.20.{number}.0/24"), "availabilityZone": zone})
    };
    let subnets: Vec<Value> = SUBNETS.iter().enumerate().map(|(n, name)| subnet(n, name)).collect();
    let from = json!([{"namespace": "tenants", "name": "office"}]);
    let both = |protocol: &str, port: u16| json!({"protocol": protocol, "port": port, "direction": "Both"});
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
        "metadata": {"name": name, "namespace": "tenants"},
        "spec": {
            "code": "131016", "displayName": "千代田区", "environment": environment, "usageModel": "Shared",
            "isolation": "Network", "accountId": account,
            "dns": {"acceptFrom": if accepts { from } else { json!([]) }},
            "network": {
                "vpcCidr": "10.20.0.0/16", "onPremisesCidrs": ["172.16.0.0/16"],
                "zones": [{
                    "name": "mynumber", "type": "MyNumberAffairs", "subnets": subnets,
                    "peers": [{
                        "cidr": "172.16.0.0/16", "kind": "OnPremises",
                        "ports": [both("Udp", 53), both("Tcp", 53), both("Tcp", 443)],
                    }],
                }],
            },
        },
    }))
    .expect("a municipality")
}
