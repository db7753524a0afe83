//! The request to whoever runs the office's DNS: what changes there, old and new values, dates, and the
//! way back. Written in Japanese, for people who know neither Kubernetes nor AWS.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection, ForwardRuleType, ResolverEndpoint};
use jichitai_api::{Municipality, municipality};
use jiff::civil::Date;

use crate::resolver_endpoint::ports::ports;

/// When.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The day of the request.
    pub requested: Date,
    /// The day on which the change is wished.
    pub wished: Option<Date>,
}

/// The addresses of an endpoint, in the spec and in AWS.
struct Addresses {
    /// In the spec, and not in AWS.
    new: BTreeSet<String>,
    /// In both.
    kept: BTreeSet<String>,
    /// In AWS, and no longer in the spec.
    old: BTreeSet<String>,
}

/// The request. `domains` are those that forwarders shall send to an inbound endpoint, besides its private
/// zones'.
#[must_use]
pub fn dns(object: &ResolverEndpoint, municipality: Option<&Municipality>, dates: Dates, domains: &[String]) -> String {
    let addresses = addresses(object);
    let mut text = String::new();
    head(object, municipality, dates, &mut text);
    match object.spec.direction {
        EndpointDirection::Inbound => inbound(object, &addresses, domains, &mut text),
        EndpointDirection::Outbound => outbound(object, &addresses, &mut text),
    }
    schedule(object, &addresses, dates, &mut text);
    report(object, &addresses, &mut text);
    text
}

impl Addresses {
    /// Those of the spec, with a mark at the new ones.
    fn all(&self) -> Vec<String> {
        let mark = |ip: &String| match self.new.contains(ip) {
            true => format!("{ip}(新規)"),
            false => ip.clone(),
        };
        self.new.union(&self.kept).map(mark).collect()
    }
}

fn addresses(object: &ResolverEndpoint) -> Addresses {
    let wanted: BTreeSet<String> = object.spec.ip_addresses.iter().map(|one| one.ip.clone()).collect();
    let status = object.status.iter().flat_map(|status| &status.ip_addresses);
    let have: BTreeSet<String> = status.map(|one| one.ip.clone()).collect();
    Addresses {
        new: &wanted - &have,
        kept: &wanted & &have,
        old: &have - &wanted,
    }
}

fn head(object: &ResolverEndpoint, municipality: Option<&Municipality>, dates: Dates, text: &mut String) {
    let network = municipality.map(|one| &one.spec.network);
    let owner = network.and_then(|network| network.owner.as_ref());
    let to = owner.map_or("庁内DNS運用ご担当", |owner| owner.organization.as_str());
    let contact = owner.and_then(|owner| owner.contact.as_ref());
    let metadata = &object.metadata;
    let name = format!(
        "{}/{}",
        metadata.namespace.as_deref().unwrap_or_default(),
        metadata.name.as_deref().unwrap_or_default()
    );
    let direction = match object.spec.direction {
        EndpointDirection::Inbound => "庁内からAWSへの名前解決(条件付きフォワーダーの転送先)",
        EndpointDirection::Outbound => "AWSから庁内への名前解決(問い合わせ元アドレスの許可)",
    };
    let _ = writeln!(text, "DNS設定変更依頼書\n");
    let _ = writeln!(
        text,
        "宛先: {to} 御中{}",
        contact.map(|one| format!("({one})")).unwrap_or_default()
    );
    let _ = writeln!(text, "依頼日: {}", dates.requested);
    let _ = writeln!(text, "件名: {direction}の変更\n");
    let _ = writeln!(text, "1. 対象");
    if let Some(one) = municipality {
        let (title, code) = (&one.spec.display_name, &one.spec.code);
        let _ = writeln!(
            text,
            "   団体: {title}(団体コード {code})、{}",
            environment(one.spec.environment)
        );
    }
    let id = object.status.as_ref().and_then(|status| status.endpoint_id.as_deref());
    let id = id
        .map(|id| format!("、Resolverエンドポイント {id}"))
        .unwrap_or_default();
    let _ = writeln!(text, "   管理名: {name}{id}\n");
}

fn environment(environment: municipality::Environment) -> &'static str {
    match environment {
        municipality::Environment::Production => "本番環境",
        municipality::Environment::Verification => "検証環境",
        municipality::Environment::Development => "開発環境",
        municipality::Environment::Training => "研修環境",
        municipality::Environment::Migration => "移行環境",
    }
}

fn list(label: &str, items: impl IntoIterator<Item = String>, text: &mut String) {
    let items: Vec<String> = items.into_iter().collect();
    let items = if items.is_empty() {
        "なし".to_owned()
    } else {
        items.join("、")
    };
    let _ = writeln!(text, "   {label}: {items}");
}

fn inbound(object: &ResolverEndpoint, addresses: &Addresses, domains: &[String], text: &mut String) {
    let zones = object.status.iter().flat_map(|status| &status.private_zones);
    let zones = zones.map(|zone| {
        zone.domain
            .clone()
            .unwrap_or_else(|| format!("(ゾーン {})", zone.zone_id))
    });
    let mut domains: Vec<String> = zones.chain(domains.iter().cloned()).collect();
    if domains.is_empty() {
        domains.push("(別途ご連絡するドメイン)".to_owned());
    }
    let _ = writeln!(
        text,
        "2. 変更内容\n   庁内DNSサーバーの条件付きフォワーダーについて、次のドメインの転送先を変更してください。"
    );
    list("対象ドメイン", domains.iter().cloned(), text);
    list("変更後の転送先(すべて)", addresses.all(), text);
    list("廃止する転送先(旧)", addresses.old.iter().cloned(), text);
    list("通信", ports_of(object), text);
    list(
        "問い合わせを許可している範囲",
        object.spec.allowed_cidrs.iter().cloned(),
        text,
    );
    let first = addresses
        .new
        .iter()
        .chain(&addresses.kept)
        .next()
        .cloned()
        .unwrap_or_default();
    let _ = writeln!(text, "\n3. 作業手順");
    let _ = writeln!(
        text,
        "   (1) DNSサーバーから新しい転送先に届くことを確認する: nslookup {} {first}",
        domains[0]
    );
    let _ = writeln!(text, "   (2) 条件付きフォワーダーに新しい転送先を追加する");
    let _ = writeln!(text, "   (3) 名前解決を確認したうえで、旧アドレスを転送先から外す\n");
}

fn outbound(object: &ResolverEndpoint, addresses: &Addresses, text: &mut String) {
    let _ = writeln!(
        text,
        "2. 変更内容\n   次のアドレスからの問い合わせに、下記のDNSサーバーが応答できるようにしてください\n   (ファイアウォールの許可、DNSサーバーの問い合わせ元制限、再帰の可否)。"
    );
    list("問い合わせ元(すべて)", addresses.all(), text);
    list("今後使わない問い合わせ元(旧)", addresses.old.iter().cloned(), text);
    for rule in object
        .spec
        .rules
        .iter()
        .filter(|rule| rule.rule_type == ForwardRuleType::Forward)
    {
        let targets = rule.targets.iter().map(|target| match target.protocol {
            DnsProtocol::Do53 => format!("{}:{}", target.ip, target.port),
            DnsProtocol::DoH => format!("{}:{}(DNS over HTTPS)", target.ip, target.port),
        });
        list(&format!("{} の問い合わせ先", rule.domain), targets, text);
    }
    list("通信", ports_of(object), text);
    let _ = writeln!(text, "\n3. 作業手順");
    let _ = writeln!(
        text,
        "   (1) 新しい問い合わせ元を許可に追加する(旧アドレスの許可は残す)"
    );
    let _ = writeln!(text, "   (2) 当方で切り替え、応答を確認してご連絡する");
    let _ = writeln!(text, "   (3) ご連絡の後、旧アドレスの許可を外す\n");
}

fn ports_of(object: &ResolverEndpoint) -> Vec<String> {
    let ports = ports(&object.spec).into_iter();
    ports
        .map(|(protocol, port)| format!("{} {port}", protocol.to_uppercase()))
        .collect()
}

fn schedule(object: &ResolverEndpoint, addresses: &Addresses, dates: Dates, text: &mut String) {
    let _ = writeln!(text, "4. 日程");
    match dates.wished {
        Some(day) => drop(writeln!(text, "   実施希望日: {day}")),
        None => drop(writeln!(text, "   実施希望日: 別途調整")),
    }
    for retire in object.spec.retire.iter().filter(|one| addresses.old.contains(&one.ip)) {
        if let Some(day) = &retire.not_before {
            let _ = writeln!(text, "   {} の廃止予定日: {day}", retire.ip);
        }
    }
    let stays = match object.spec.direction {
        EndpointDirection::Inbound => {
            "旧アドレスは、完了のご報告をいただくまで応答を続けます。こちらから先に止めることはありません。"
        }
        EndpointDirection::Outbound => {
            "新しい問い合わせ元の許可が確認できるまで、旧アドレスからの問い合わせも続けます。"
        }
    };
    let _ = writeln!(text, "   {stays}\n");
    let _ = writeln!(text, "5. 切り戻し");
    let back = match object.spec.direction {
        EndpointDirection::Inbound => {
            "不具合があれば、転送先を旧アドレスに戻してください。旧アドレスはそのまま応答します。"
        }
        EndpointDirection::Outbound => {
            "不具合があればご連絡ください。旧アドレスの許可が残っていれば、当方で元に戻します。"
        }
    };
    let _ = writeln!(text, "   {back}\n");
}

fn report(object: &ResolverEndpoint, addresses: &Addresses, text: &mut String) {
    let _ = writeln!(
        text,
        "6. 完了のご報告\n   実施日時、実施者(部署・会社名)、申請番号をお知らせください。"
    );
    if object.spec.direction == EndpointDirection::Outbound || addresses.old.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "   ご報告をもとに、当方で次のとおり記録し、旧アドレスを廃止します。"
    );
    let _ = writeln!(text, "     retire:");
    for ip in &addresses.old {
        let known = object.spec.retire.iter().find(|one| one.ip == *ip);
        let day = known
            .and_then(|one| one.not_before.as_deref())
            .unwrap_or("(廃止可能日)");
        let _ = writeln!(
            text,
            "       - {{ip: {ip}, confirmedBy: (確認者), ticket: (申請番号), notBefore: \"{day}\"}}"
        );
    }
}
