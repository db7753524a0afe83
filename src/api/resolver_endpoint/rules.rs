//! Rules about several fields of a ResolverEndpoint.

use schemars::Schema;

use crate::schema::{add_all, rule, succession};

pub(super) fn spec(schema: &mut Schema) {
    add_all(schema, succession("ResolverEndpoint"));
    add_all(
        schema,
        [
            rule(
                "self.ipAddresses.exists(a, self.ipAddresses[0].subnet != a.subnet)",
                "アドレスは2つ以上のアベイラビリティゾーンのサブネットに置いてください (put the addresses into subnets of at least two \
                 Availability Zones)",
            ),
            rule(
                "self.ipAddresses.all(a, self.ipAddresses.exists_one(b, a.ip == b.ip))",
                "同じIPアドレスが2回書かれています (the same address is written twice)",
            ),
            rule(
                "!has(self.retire) || self.retire.all(r, !self.ipAddresses.exists(a, a.ip == r.ip))",
                "retireのアドレスをipAddressesから外してください (an address under retire must not be in ipAddresses)",
            ),
            rule(
                "!has(self.placement.shared) || self.ipAddresses.all(a, self.placement.shared.subnets.exists(s, s.name == a.subnet))",
                "ipAddressesのsubnetには、placement.shared.subnetsの名前を書いてください (subnet of ipAddresses must be a name in \
                 placement.shared.subnets)",
            ),
            rule(
                "self.direction == 'Outbound' || ((!has(self.rules) || self.rules.size() == 0) \
                 && (!has(self.associations) || self.associations.size() == 0))",
                "転送ルールと関連付けは direction: Outbound でのみ使えます (rules and associations need direction: Outbound)",
            ),
            rule(
                "self.allowedCidrs.size() > 0",
                "許可するアドレス範囲を1つ以上書いてください (write at least one range under allowedCidrs)",
            ),
            rule(
                "!has(self.rules) || self.rules.all(r, !has(r.targets) || r.targets.all(t, !has(t.protocol) \
                 || t.protocol in self.protocols))",
                "転送先のプロトコルをprotocolsにも書いてください (write the protocol of every target under protocols, too)",
            ),
        ],
    );
}

pub(super) fn placement(schema: &mut Schema) {
    add_all(
        schema,
        [
            rule(
                "has(self.municipalityRef) != has(self.shared)",
                "municipalityRefとsharedのどちらか一方を書いてください (write either municipalityRef or shared)",
            ),
            rule(
                "has(self.municipalityRef) == has(self.zone)",
                "municipalityRefには、領域名zoneも書いてください (municipalityRef needs a zone, and zone needs municipalityRef)",
            ),
        ],
    );
}

pub(super) fn forward_rule(schema: &mut Schema) {
    add_all(
        schema,
        [
            rule(
                "(self.type == 'Forward') == (has(self.targets) && self.targets.size() > 0)",
                "targetsは type: Forward のときだけ、必ず書いてください (targets belong to type: Forward: a Forward rule needs some, a \
                 System rule has none)",
            ),
            rule(
                "self.domain == oldSelf.domain",
                "ルールのドメインは変更できません。別の名前のルールを追加し、古いものを削除してください (the domain of a rule cannot be \
                 changed: add a rule under another name, then remove this one)",
            ),
            rule(
                "self.type == oldSelf.type",
                "ルールの種類は変更できません。別の名前のルールを追加し、古いものを削除してください (the type of a rule cannot be \
                 changed: add a rule under another name, then remove this one)",
            ),
        ],
    );
}

pub(super) fn target(schema: &mut Schema) {
    add_all(
        schema,
        [rule(
            "!has(self.serverName) || (has(self.protocol) && self.protocol == 'DoH')",
            "serverNameは protocol: DoH のときだけ書いてください (serverName belongs to protocol: DoH)",
        )],
    );
}

pub(super) fn association(schema: &mut Schema) {
    add_all(
        schema,
        [rule(
            "has(self.municipalityRef) != has(self.vpcId)",
            "municipalityRefとvpcIdのどちらか一方を書いてください (write either municipalityRef or vpcId)",
        )],
    );
}
