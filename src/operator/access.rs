//! How a command enters a tenant's account: by the credentials of the standard chain, and a role.

use std::sync::Arc;

use jichitai_api::Region;
use jichitai_aws::Rates;
use jichitai_aws::accounts::{AccountAccess, Accounts};
use jichitai_aws::session::Session;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::Fault;

/// The account, and how it is entered.
#[derive(Debug, clap::Args)]
pub struct Access {
    /// The tenant's account.
    #[arg(long, value_parser = account)]
    pub account: AccountId,
    /// A role there to assume; without it, the own identity has to be in the account.
    #[arg(long)]
    role_arn: Option<String>,
    /// The external id that the role asks for.
    #[arg(long, requires = "role_arn")]
    external_id: Option<String>,
    /// The installation.
    #[arg(long, env = "JICHITAI_INSTALLATION")]
    pub installation: String,
}

/// The account cannot be entered.
#[derive(Debug, thiserror::Error)]
#[error("account {0} cannot be entered: {1}")]
pub struct NoEntry(AccountId, Box<Fault>);

/// Reads an account id of a command line.
///
/// # Errors
/// What is expected.
pub fn account(text: &str) -> Result<AccountId, String> {
    AccountId::new(text).ok_or_else(|| "twelve digits are expected".into())
}

impl Access {
    /// The session, opened by the STS of a Region.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn session(&self, sts: Region) -> Result<Arc<Session>, NoEntry> {
        let access = AccountAccess {
            account: self.account.clone(),
            role_arn: self.role_arn.clone(),
            external_id: self.external_id.clone(),
            session_name: format!("jichitai-{}", self.installation),
            rates: Rates::new(),
        };
        let opened = Accounts::with_sts_in(sts).await.session(&access).await;
        opened.map_err(|fault| NoEntry(self.account.clone(), Box::new(fault)))
    }
}
