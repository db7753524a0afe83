//! Backups: young enough, and of everything. Taken from what the tenant's policies say of themselves.

use crate::guardrails::survey::Survey;
use crate::guardrails::tenant::{Backup, Tenant};
use crate::guardrails::{Finding, Judgement};
use crate::observation::{Fault, FaultKind};

pub(super) fn objective(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    told(
        tenant,
        |backup| backup.objective_met,
        (
            "its newest copies in Osaka are too old",
            "大阪の最新のコピーが目標復旧時点を満たしません",
        ),
    )
}

pub(super) fn coverage(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    told(
        tenant,
        |backup| backup.complete,
        ("data is left out", "対象に含まれないデータがあります"),
    )
}

fn told(tenant: &Tenant<'_>, answer: impl Fn(&Backup) -> Option<bool>, (en, ja): (&str, &str)) -> Judgement {
    let mut judgement = Judgement {
        looked_at: tenant.backups.len(),
        ..Judgement::default()
    };
    if tenant.backups.is_empty() {
        judgement.failing.push(Finding::new(
            &tenant.spec.code,
            "no OsakaBackupPolicy copies anything of it",
            "OsakaBackupPolicy がありません",
        ));
    }
    for backup in &tenant.backups {
        match answer(backup) {
            Some(true) => {}
            Some(false) => judgement.failing.push(Finding::new(&backup.name, en, ja)),
            None => judgement.unreadable.push(unknown(&backup.name)),
        }
    }
    judgement
}

fn unknown(name: &str) -> Fault {
    Fault {
        kind: FaultKind::Transient,
        operation: format!("OsakaBackupPolicy/{name}"),
        code: "Unknown".into(),
        message: "its conditions do not tell yet".into(),
        request_id: None,
    }
}
