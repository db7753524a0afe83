//! Data on its way: certificates that do not run out, listeners that encrypt.

use jiff::{SignedDuration, Timestamp};

use crate::guardrails::survey::{Certificate, InVpc, Listener, Survey};
use crate::guardrails::tenant::{Marks, Tenant};
use crate::guardrails::{Finding, Judgement};

/// How long before its end a certificate has to be replaced; one that AWS renews is renewed 60 days before.
const AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn expiry(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    let is_meant = |one: &Certificate| {
        let marks = Marks {
            tags: Some(&one.tags),
            ..Marks::default()
        };
        tenant.concerns(marks, survey)
    };
    judgement.over(&survey.certificates, is_meant, |one| ending(one, tenant.now));
    judgement
}

fn ending(one: &Certificate, now: Timestamp) -> Option<Finding> {
    let Certificate {
        arn,
        names,
        issuer,
        not_after,
        renews,
        tags: _,
    } = one;
    let last = (*not_after)?;
    let left = last.duration_since(now);
    let names = names.join(", ");
    let about = format!("{names} (issuer: {issuer})");
    match left {
        left if left.is_negative() => Some(Finding::new(
            arn,
            format!("{about}: it ended on {last}"),
            format!("{names}(発行者: {issuer})の有効期限 {last} が切れています"),
        )),
        left if left < AHEAD && !renews => Some(Finding::new(
            arn,
            format!("{about}: it ends on {last}, and nobody renews it"),
            format!("{names}(発行者: {issuer})は {last} に期限が切れ、自動更新されません"),
        )),
        _ => None,
    }
}

pub(super) fn listeners(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    let is_meant = |one: &InVpc<Listener>| {
        let marks = Marks {
            vpc: Some(&one.vpc_id),
            ..Marks::default()
        };
        tenant.concerns(marks, survey)
    };
    judgement.over(&survey.listeners, is_meant, plain);
    judgement
}

/// Names of TLS policies that still take versions before 1.2
/// ([policies](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)).
fn is_old(policy: &str) -> bool {
    let before = [
        "TLS-1-0",
        "FS-1-1",
        "TLS-1-1",
        "TLS13-1-0",
        "TLS13-1-1",
        "-2016-",
        "-2015-",
        "-2014-",
        "-2011-",
    ];
    before.iter().any(|part| policy.contains(part)) || policy == "ELBSecurityPolicy-FS-2018-06"
}

fn plain(one: &InVpc<Listener>) -> Option<Finding> {
    let Listener {
        protocol,
        port,
        policy,
        redirects,
        internet_facing,
    } = &one.what;
    let policy = policy.as_deref().unwrap_or_default();
    let (en, ja) = match protocol.as_str() {
        _ if *internet_facing => (
            format!("port {port} is reachable from the internet"),
            format!("ポート {port} がインターネットから到達できます"),
        ),
        "HTTPS" | "TLS" if is_old(policy) => (
            format!("port {port} takes TLS before 1.2 ({policy})"),
            format!("ポート {port} が TLS 1.2 より前を受け付けます({policy})"),
        ),
        "HTTP" if !redirects => (
            format!("port {port} takes plain HTTP"),
            format!("ポート {port} が平文の HTTP を受け付けます"),
        ),
        // What passes TCP and UDP through is encrypted, or not, by what is behind it.
        _ => return None,
    };
    Some(Finding::new(&one.id, en, ja))
}
