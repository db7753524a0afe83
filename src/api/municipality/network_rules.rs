//! Rules about several fields of a Municipality's network.

use schemars::Schema;

use crate::schema::{add_all, fixed_presence, rule};

/// True when two ranges, named by CEL expressions, share an address.
fn overlap(a: &str, b: &str) -> String {
    format!("(isCIDR({a}) && isCIDR({b}) && (cidr({a}).containsCIDR({b}) || cidr({b}).containsCIDR({a})))")
}

/// `condition` on every subnet `s` of zones and serviceSubnets.
fn every_subnet(condition: &str) -> String {
    format!(
        "(!has(self.serviceSubnets) || self.serviceSubnets.all(s, {condition})) \
         && (!has(self.zones) || self.zones.all(z, z.subnets.all(s, {condition})))"
    )
}

pub(super) fn network(schema: &mut Schema) {
    add_all(
        schema,
        [
            fixed_presence("vpcId"),
            rule(
                "(self.management == 'Existing') == has(self.vpcId)",
                "vpcIdは management: Existing のときだけ、必ず書いてください (vpcId belongs to management: Existing: write both or \
                 neither)",
            ),
            rule(
                &every_subnet("(self.management == 'Existing') == has(s.subnetId)"),
                "subnetIdは management: Existing のときだけ、全サブネットに書いてください (with management: Existing every subnet \
                 needs its subnetId, otherwise none has one)",
            ),
            rule(
                &every_subnet(
                    "!isCIDR(self.vpcCidr) || !isCIDR(s.cidr) || cidr(self.vpcCidr).containsCIDR(s.cidr) \
                     || (has(self.additionalCidrs) && self.additionalCidrs.exists(c, isCIDR(c) && cidr(c).containsCIDR(s.cidr)))",
                ),
                "サブネットはvpcCidrかadditionalCidrsの範囲に収めてください (every subnet must lie within vpcCidr or one of \
                 additionalCidrs)",
            ),
            rule(
                // Each pair is met in both orders, so one direction of containment is enough.
                "!has(self.zones) || !self.zones.all(z, z.subnets.all(s, isCIDR(s.cidr))) \
                 || self.zones.all(a, self.zones.all(b, a.name == b.name \
                 || a.subnets.all(s, b.subnets.all(t, !cidr(s.cidr).containsCIDR(t.cidr)))))",
                "異なる領域のサブネットのアドレス範囲が重複しています (subnets of different zones must not overlap)",
            ),
            rule(
                &format!(
                    "!has(self.serviceSubnets) || self.serviceSubnets.all(s, self.serviceSubnets.all(t, s.name == t.name \
                     || !{}) && (!has(self.zones) || self.zones.all(z, z.subnets.all(t, !{}))))",
                    overlap("s.cidr", "t.cidr"),
                    overlap("s.cidr", "t.cidr")
                ),
                "共通サブネットのアドレス範囲が重複しています (serviceSubnets must not overlap one another or the subnets of zones)",
            ),
            rule(
                "!has(oldSelf.additionalCidrs) || has(self.additionalCidrs)",
                "追加CIDRは削除・変更できません。追加のみできます (additional ranges cannot be removed or changed, only added)",
            ),
            rule(
                &format!(
                    "!has(self.additionalCidrs) || self.additionalCidrs.all(c, !{} && self.additionalCidrs.all(d, c == d || !{}))",
                    overlap("self.vpcCidr", "c"),
                    overlap("c", "d")
                ),
                "追加CIDRがvpcCidrや他の追加CIDRと重複しています (additionalCidrs must not overlap vpcCidr or one another)",
            ),
            rule(
                &format!(
                    "self.overlapResolution != 'None' || !has(self.onPremisesCidrs) \
                     || self.onPremisesCidrs.all(c, !{} && (!has(self.additionalCidrs) || self.additionalCidrs.all(d, !{})))",
                    overlap("self.vpcCidr", "c"),
                    overlap("d", "c")
                ),
                "VPCのアドレス範囲が庁内LANと重複しています。別の範囲にするか、overlapResolutionを宣言してください (the VPC overlaps \
                 onPremisesCidrs: choose another range, or declare overlapResolution)",
            ),
            rule(
                "self.management == 'Existing' || (!has(self.transitGatewayId) && (!has(self.endpoints) \
                 || self.endpoints.size() == 0)) || (has(self.serviceSubnets) && self.serviceSubnets.size() > 0)",
                "エンドポイントとTransit GatewayにはserviceSubnetsが必要です (endpoints and transitGatewayId need serviceSubnets \
                 to live in)",
            ),
            rule(
                "!has(self.allowedCrossZone) || self.allowedCrossZone.all(x, x.from != x.to && has(self.zones) \
                 && self.zones.exists(z, z.name == x.from) && self.zones.exists(z, z.name == x.to))",
                "allowedCrossZoneのfromとtoには、zonesにある異なる2つの名前を書いてください (from and to of allowedCrossZone \
                 must be two different names of zones)",
            ),
        ],
    );
}

pub(super) fn zone(schema: &mut Schema) {
    add_all(
        schema,
        [rule(
            &format!(
                "self.subnets.all(s, self.subnets.all(t, s.name == t.name || !{}))",
                overlap("s.cidr", "t.cidr")
            ),
            "領域内のサブネットのアドレス範囲が重複しています (subnets of a zone must not overlap one another)",
        )],
    );
}

pub(super) fn port(schema: &mut Schema) {
    add_all(
        schema,
        [rule(
            "!has(self.endPort) || self.endPort >= self.port",
            "endPortはport以上にしてください (endPort must not be below port)",
        )],
    );
}
