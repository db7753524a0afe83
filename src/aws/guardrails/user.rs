//! Users, from the credential report: all of them in two calls. AWS makes a new report every four hours at most. What the
//! root user has is in the account's summary: the report does not tell whether it has a password.

use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{ReportStateType, SummaryKeyType};
use jichitai_plan::guardrails::survey::{Read, User};
use jichitai_plan::observation::{Fault, FaultKind, Listing};

use crate::config::Purpose;
use crate::error::{fault, incomplete};
use crate::session::Session;

/// How often AWS is asked whether the report is there, and how long it is waited for.
const ASK: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 30;

pub(super) async fn users(session: &Session) -> Read<User> {
    let iam = session.iam(Purpose::Read);
    let (root, others) = futures::join!(root(&iam), of(&iam));
    [root.map(|root| vec![root]), others].into_iter().collect()
}

/// The name that the credential report gives to the root user.
const ROOT: &str = "<root_account>";

async fn root(iam: &Client) -> Result<User, Fault> {
    let summary = iam
        .get_account_summary()
        .send()
        .await
        .map_err(fault)?
        .summary_map
        .unwrap_or_default();
    let count = |key: SummaryKeyType| summary.get(&key).copied();
    Ok(User {
        name: ROOT.to_owned(),
        // Accounts of an organization may be without one; whoever does not say so has one.
        password: count(SummaryKeyType::AccountPasswordPresent) != Some(0),
        mfa: count(SummaryKeyType::AccountMfaEnabled) == Some(1),
        access_keys: usize::from(count(SummaryKeyType::AccountAccessKeysPresent) != Some(0)),
    })
}

async fn of(iam: &Client) -> Listing<User> {
    let operation = "iam:GetCredentialReport";
    for _ in 0..ATTEMPTS {
        let state = iam.generate_credential_report().send().await.map_err(fault)?.state;
        if state == Some(ReportStateType::Complete) {
            let report = iam.get_credential_report().send().await.map_err(fault)?;
            let content = report.content.ok_or_else(|| incomplete(operation, "Content"))?;
            return parse(&String::from_utf8_lossy(content.as_ref())).ok_or_else(|| incomplete(operation, "columns"));
        }
        tokio::time::sleep(ASK).await;
    }
    Err(Fault {
        kind: FaultKind::Transient,
        operation: "iam:GenerateCredentialReport".into(),
        code: "Timeout".into(),
        message: "AWS is still making the report".into(),
        request_id: None,
    })
}

/// The users of a report ([its columns](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html)).
/// None where a column is missing. Names of users have no commas and no quotes.
fn parse(report: &str) -> Option<Vec<User>> {
    let mut lines = report.lines();
    let columns: Vec<&str> = lines.next()?.split(',').collect();
    let at = |name: &str| columns.iter().position(|column| *column == name);
    let (name, password, mfa) = (at("user")?, at("password_enabled")?, at("mfa_active")?);
    let keys = [at("access_key_1_active")?, at("access_key_2_active")?];
    let user = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let is = |column: usize| cells.get(column).is_some_and(|cell| cell.eq_ignore_ascii_case("true"));
        let name = cells.get(name)?;
        Some(User {
            password: is(password),
            name: (*name).to_owned(),
            mfa: is(mfa),
            access_keys: keys.iter().filter(|key| is(**key)).count(),
        })
    };
    let others = lines.filter(|line| !line.is_empty() && !line.starts_with(ROOT));
    others.map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_by_the_names_of_columns() {
        let report = "user,arn,password_enabled,mfa_active,access_key_1_active,access_key_2_active\n\
                      <root_account>,arn:aws:iam::111122223333:root,not_supported,false,false,false\n\
                      batch,arn:aws:iam::111122223333:user/batch,false,false,true,true\n";
        let users = parse(report).unwrap();
        let told: Vec<_> = users
            .iter()
            .map(|user| (user.password, user.mfa, user.access_keys))
            .collect();
        assert_eq!(told, [(false, false, 2)]);
        assert_eq!(parse("user,arn\n"), None, "a column is missing");
        assert_eq!(parse(""), None);
    }
}
