//! Addresses, zones and domains.

use kube::core::Rule;
use schemars::{Schema, SchemaGenerator};

use super::{add, checked, matching, rule, set_of};

/// The longest IPv4 range, `255.255.255.255/32`, and a little more, so that a typing error meets the rule and not the
/// limit. The cost of comparing ranges grows with it.
const CIDR_LENGTH: u32 = 20;

fn cidr_rules() -> Vec<Rule> {
    vec![
        rule(
            "isCIDR(self) && cidr(self).ip().family() == 4",
            "IPv4のアドレス範囲を書いてください (write an IPv4 address range): 172.16.0.0/16",
        ),
        rule(
            "!isCIDR(self) || cidr(self).masked() == cidr(self)",
            "ホスト部を0にして、ネットワークアドレスで書いてください (write the network address, with zeros in the host part): \
             10.20.0.0/16, not 10.20.3.4/16",
        ),
        rule(
            "!isCIDR(self) || cidr(self).prefixLength() >= 8",
            "範囲が広すぎます。/8以上の長さで書いてください。0.0.0.0/0は使えません (the range is too wide: write /8 or longer, \
             never 0.0.0.0/0)",
        ),
    ]
}

fn vpc_size() -> Rule {
    rule(
        "!isCIDR(self) || (cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 28)",
        "AWSで使えるのは/16から/28です (AWS takes /16 to /28)",
    )
}

fn private() -> Rule {
    rule(
        "!isCIDR(self) || ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']\
         .exists(range, cidr(range).containsCIDR(self))",
        "プライベートアドレスの範囲を書いてください (write a private address range, of 10.0.0.0/8, 172.16.0.0/12, \
         192.168.0.0/16 or 100.64.0.0/10)",
    )
}

/// A canonical IPv4 range.
pub(crate) fn cidr(_: &mut SchemaGenerator) -> Schema {
    checked(CIDR_LENGTH, &cidr_rules())
}

/// A canonical, private IPv4 range of a size that AWS takes.
pub(crate) fn vpc_cidr(_: &mut SchemaGenerator) -> Schema {
    let mut rules = cidr_rules();
    rules.extend([vpc_size(), private()]);
    checked(CIDR_LENGTH, &rules)
}

/// A canonical IPv4 range of a size that AWS takes. That it lies in the VPC is checked where both are known.
pub(crate) fn subnet_cidr(_: &mut SchemaGenerator) -> Schema {
    let mut rules = cidr_rules();
    rules.push(vpc_size());
    let mut schema = checked(CIDR_LENGTH, &rules);
    add(&mut schema, &subnet_fixed());
    schema
}

fn subnet_fixed() -> Rule {
    rule(
        "self == oldSelf",
        "サブネットは変更できません。別の名前で追加し、移行後に古いものを削除してください (a subnet cannot be changed: add one \
         under another name, move over, then remove this one)",
    )
}

pub(crate) fn cidrs(generator: &mut SchemaGenerator) -> Schema {
    set_of(50, cidr(generator))
}

/// Ranges from which connections are accepted.
pub(crate) fn allowed_cidrs(generator: &mut SchemaGenerator) -> Schema {
    set_of(30, cidr(generator))
}

/// Further ranges of a VPC: they can be added, never removed.
pub(crate) fn additional_cidrs(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = set_of(4, vpc_cidr(generator));
    add(
        &mut schema,
        &rule(
            "oldSelf.all(range, range in self)",
            "追加CIDRは削除・変更できません。追加のみできます (additional ranges cannot be removed or changed, only added)",
        ),
    );
    schema
}

/// An IPv4 address.
pub(crate) fn ip(_: &mut SchemaGenerator) -> Schema {
    checked(
        40,
        &[rule(
            "isIP(self) && ip(self).family() == 4",
            "IPv4アドレスを書いてください (write an IPv4 address): 10.20.0.10",
        )],
    )
}

/// An Availability Zone of Tokyo.
pub(crate) fn availability_zone(_: &mut SchemaGenerator) -> Schema {
    let mut schema = matching(
        32,
        "^ap-northeast-1[abcd]$",
        "東京リージョンのアベイラビリティゾーンを書いてください (only Availability Zones of Tokyo): ap-northeast-1a, \
         ap-northeast-1c, ap-northeast-1d",
    );
    add(&mut schema, &subnet_fixed());
    schema
}

/// The only Region that a spec can name.
pub(crate) fn tokyo(_: &mut SchemaGenerator) -> Schema {
    checked(
        32,
        &[rule(
            "self == 'ap-northeast-1'",
            "東京リージョン ap-northeast-1 のみ使えます。大阪へのコピーはオペレーターが行います (only ap-northeast-1, Tokyo, can \
             be used; leave the field out. Copies in Osaka are made by the operator itself)",
        )],
    )
}

/// A domain name without the final dot.
pub(crate) fn domain(_: &mut SchemaGenerator) -> Schema {
    matching(
        253,
        "^(_?[a-z0-9]([a-z0-9-]*[a-z0-9])?\\\\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        "ドメイン名を半角小文字で、末尾の点なしで書いてください (write a domain in lower case without the final dot): \
         city.chiyoda.lg.jp",
    )
}
