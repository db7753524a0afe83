//! That no box overlaps another and every text fits: asked of the layout, for random municipalities.

use jichitai_api::{Municipality, OsakaBackupPolicy, ResolverEndpoint};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::compose::compose;
use super::ink::Look;
use super::node::{Drawing, NAME, Node, Rect, Say};
use super::scene::Scene;
use crate::Language;
use crate::reach::Reach;

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

fn within(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x && inner.right() <= outer.right() && inner.y >= outer.y && inner.bottom() <= outer.bottom()
}

/// Every fault of some boxes within another.
fn faults(outer: Rect, nodes: &[Node]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if !within(node.rect, outer) {
            faults.push(format!("{:?} {:?} leaves {outer:?}", node.look, node.rect));
        }
        let others = nodes[at + 1..].iter().filter(|other| overlap(node.rect, other.rect));
        faults.extend(others.map(|other| {
            format!(
                "{:?} {:?} overlaps {:?} {:?}",
                node.look, node.rect, other.look, other.rect
            )
        }));
        faults.extend(texts(node));
        faults.extend(self::faults(node.rect, &node.children));
    }
    faults
}

/// Every text that leaves its box, is wider than its room, or runs into another line or a box.
fn texts(node: &Node) -> Vec<String> {
    let place = |line: &super::node::Line| Rect {
        x: line.x,
        y: line.y - line.style.size,
        w: line.width(),
        h: line.style.size,
    };
    let mut faults = Vec::new();
    for (at, line) in node.lines.iter().enumerate() {
        let rect = place(line);
        if line.width() > line.room || !within(rect, node.rect) {
            faults.push(format!("{:?} does not fit {:?}", line.shown, node.rect));
        }
        let lines = node.lines[at + 1..].iter().map(place);
        let boxes = node.children.iter().map(|child| child.rect);
        if lines.chain(boxes).any(|other| overlap(rect, other)) {
            faults.push(format!("{:?} runs into something in {:?}", line.shown, node.rect));
        }
    }
    faults
}

fn check(drawing: &Drawing) -> Vec<String> {
    let page = Rect {
        x: 0,
        y: 0,
        w: drawing.width,
        h: drawing.height,
    };
    let mut faults = faults(page, &drawing.nodes);
    for arrow in &drawing.arrows {
        let leaves = |(x, y): &(i32, i32)| *x < 0 || *y < 0 || *x > drawing.width || *y > drawing.height;
        let bent = |pair: &[(i32, i32)]| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1;
        if arrow.points.iter().any(leaves) || arrow.points.windows(2).any(bent) {
            faults.push(format!("arrow {:?} goes astray", arrow.points));
        }
    }
    faults
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,30}",
        "[ァ-ヶ一-龠A-Z]{1,40}",
        Just("MWMWMWMWMWMWMWMWMWMWMWMWMWMWMWMWMWMW".to_owned()),
    ]
}

fn port() -> impl Strategy<Value = Value> {
    let direction = prop_oneof![Just("Inbound"), Just("Outbound"), Just("Both")];
    let protocol = prop_oneof![Just("Tcp"), Just("Udp")];
    (1..65_000u16, direction, protocol)
        .prop_map(|(port, direction, protocol)| json!({"port": port, "direction": direction, "protocol": protocol}))
}

fn subnet() -> impl Strategy<Value = Value> {
    (text(), any::<bool>()).prop_map(|(name, known)| {
        let mut subnet = json!({"name": name, "cidr": "10.20.100.128/25", "availabilityZone": "ap-northeast-1a"});
        if known {
            subnet["subnetId"] = json!("subnet-0123456789abcdef0");
        }
        subnet
    })
}

fn peer() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("OnPremises"), Just("OtherVendorVpc"), Just("Maintenance")];
    (kind, prop::collection::vec(port(), 1..6))
        .prop_map(|(kind, ports)| json!({"cidr": "172.16.100.128/25", "kind": kind, "ports": ports}))
}

fn zone(index: usize) -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("MyNumberAffairs"), Just("LgwanConnected"), Just("Maintenance")];
    let subnets = prop::collection::vec(subnet(), 1..6);
    let peers = prop::collection::vec(peer(), 0..16);
    (text(), kind, subnets, peers).prop_map(move |(name, kind, subnets, peers)| {
        json!({"name": format!("{index}{name}"), "type": kind, "subnets": subnets, "peers": peers})
    })
}

fn zones() -> impl Strategy<Value = Vec<Value>> {
    (0..5usize).prop_flat_map(|count| (0..count).map(zone).collect::<Vec<_>>())
}

prop_compose! {
    fn municipality()(
        name in text(),
        zones in zones(),
        services in prop::collection::vec(subnet(), 0..4),
        endpoints in prop::collection::vec("[a-z.]{1,24}", 0..12),
        ranges in prop::collection::vec(Just("192.168.100.128/25"), 0..8),
        crossings in prop::collection::vec((0..5usize, 0..5usize, text(), prop::collection::vec(port(), 1..5)), 0..16),
        gateway in any::<bool>(),
        status in status(),
    ) -> Municipality {
        let name_of = |at: usize| zones.get(at % zones.len().max(1)).map_or(json!("none"), |zone| zone["name"].clone());
        let crossings: Vec<Value> = crossings.into_iter().map(|(from, to, reason, ports)| json!({
            "from": name_of(from), "to": name_of(to), "ports": ports,
            "reason": reason, "approvedBy": reason, "until": "2027-03-31",
        })).collect();
        let mut network = json!({
            "vpcCidr": "10.20.0.0/16", "onPremisesCidrs": ranges, "zones": zones, "serviceSubnets": services,
            "endpoints": endpoints.iter().map(|one| json!({"service": one})).collect::<Vec<_>>(),
            "allowedCrossZone": crossings,
        });
        if gateway {
            network["transitGatewayId"] = json!("tgw-0123456789abcdef0");
            network["owner"] = json!({"organization": name});
        }
        let mut object = json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
            "metadata": {"name": "one", "namespace": "one"},
            "spec": {
                "code": "131016", "displayName": name, "environment": "Production", "usageModel": "Shared",
                "isolation": "Network", "accountId": "111122223333", "network": network,
            },
        });
        if let Some(status) = status {
            object["status"] = status;
        }
        serde_json::from_value(object).unwrap()
    }
}

fn status() -> impl Strategy<Value = Option<Value>> {
    let keys = prop::collection::vec(prop_oneof![Just("ap-northeast-1"), Just("ap-northeast-3")], 0..7);
    let attached = any::<bool>();
    prop::option::of((keys, attached).prop_map(|(keys, attached)| {
        let keys: Vec<Value> = keys
            .iter()
            .map(|region| json!({"region": region, "purpose": "Ebs", "state": "PendingDeletion"}))
            .collect();
        let mut network = json!({"vpcId": "vpc-0123456789abcdef0"});
        if attached {
            network["transitGatewayAttachment"] =
                json!({"id": "tgw-attach-0123456789abcdef0", "state": "pendingAcceptance"});
        }
        json!({"keys": keys, "network": network})
    }))
}

fn endpoint() -> impl Strategy<Value = ResolverEndpoint> {
    let rules = prop::collection::vec((text(), 1..6usize), 0..15);
    (text(), any::<bool>(), any::<bool>(), rules, 2..6usize).prop_map(|(name, shared, inbound, rules, ips)| {
        let placement = match shared {
            true => json!({"shared": {"accountId": "999900001111", "vpcId": "vpc-0999", "subnets": []}}),
            false => json!({"municipalityRef": {"name": "one"}, "zone": name}),
        };
        let targets = |count: usize| (0..count).map(|i| json!({"ip": format!("172.16.0.{i}")})).collect::<Vec<_>>();
        let rules: Vec<Value> = rules
            .into_iter()
            .map(|(domain, count)| json!({"name": domain, "domain": format!("{domain}.lg.jp"), "targets": targets(count)}))
            .collect();
        let ips: Vec<Value> = (0..ips).map(|i| json!({"subnet": name, "ip": format!("10.20.0.{i}")})).collect();
        serde_json::from_value(json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "ResolverEndpoint",
            "metadata": {"name": name, "namespace": "one"},
            "spec": {
                "placement": placement, "direction": if inbound { "Inbound" } else { "Outbound" }, "ipAddresses": ips,
                "allowedCidrs": ["172.16.0.0/16"], "rules": rules,
                "associations": [{"municipalityRef": {"namespace": "one", "name": "one"}}],
            },
        }))
        .unwrap()
    })
}

fn policy() -> impl Strategy<Value = OsakaBackupPolicy> {
    text().prop_map(|name| {
        serde_json::from_value(json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
            "metadata": {"name": name, "namespace": "one"},
            "spec": {"municipalityRef": {"name": "one"}, "sources": {}},
        }))
        .unwrap()
    })
}

/// A test that finds nothing has to be able to find something.
#[test]
fn what_overlaps_or_does_not_fit_is_found() {
    let page = Rect {
        x: 0,
        y: 0,
        w: 200,
        h: 200,
    };
    let card = |x: i32, text: &str| Node::card(Look::Card, 80, 0, &[Say(NAME, text.to_owned())]).at(x, 10);
    assert_eq!(faults(page, &[card(10, "a"), card(95, "b")]), Vec::<String>::new());
    assert_eq!(faults(page, &[card(10, "a"), card(89, "b")]).len(), 1);
    assert_eq!(faults(page, &[card(150, "a")]).len(), 1);
    let mut wide = card(10, "a");
    "a text that nobody shortened".clone_into(&mut wide.lines[0].shown);
    assert_eq!(faults(page, &[wide]).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_box_overlaps_and_every_text_fits(
        municipality in municipality(),
        endpoints in prop::collection::vec(endpoint(), 0..4),
        policies in prop::collection::vec(policy(), 0..5),
        is_japanese in any::<bool>(),
    ) {
        let reaches: Vec<Reach<'_>> = endpoints.iter().map(|one| Reach::of(one, &municipality)).collect();
        let policies: Vec<&OsakaBackupPolicy> = policies.iter().collect();
        let language = if is_japanese { Language::Ja } else { Language::En };
        let scene = Scene { municipality: &municipality, reaches: &reaches, policies: &policies, language };
        let drawing = compose(&scene);
        let faults = check(&drawing);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }
}
