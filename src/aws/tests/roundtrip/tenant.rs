//! A tenant's account, and what tests say in it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::Arc;

use jichitai_api::{Municipality, Region};
use jichitai_aws::Rates;
use jichitai_aws::accounts::{AccountAccess, Accounts};
use jichitai_aws::session::Session;
use jichitai_plan::goal::Observed as _;
use jichitai_plan::identity::{AccountId, Identity, Owner, Part, Role, short_hash};
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::Fault;
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::step::{Action, Created, Creation, Difference, Step};
use jichitai_plan::tags::Tags;

use crate::{HUB, python};

/// Does in an account what the operator does not: other people's work. The script finds `client`
/// and prints what the test wants to know.
pub(crate) fn others(account: &str, script: &str) -> String {
    let prelude = format!(
        "import boto3, json, os, urllib.request\n\
         def client(service, region='ap-northeast-1'):\n\
         \x20   return boto3.client(service, region_name=region, aws_access_key_id='{account}', aws_secret_access_key='x')\n\
         def side(path, body):\n\
         \x20   url = os.environ['AWS_ENDPOINT_URL'] + '/local-aws/' + path\n\
         \x20   urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), method='POST')).read()\n"
    );
    let output = Command::new(python())
        .args(["-c", &(prelude + script)])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A tenant's account that the hub may enter with an external id.
pub(crate) struct Tenant {
    pub(crate) id: &'static str,
    pub(crate) session: Arc<Session>,
    pub(crate) observed: Observed,
}

impl Tenant {
    pub(crate) async fn new(id: &'static str) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .try_init();
        make_role(id);
        let session = Accounts::new().await.session(&access(id)).await.unwrap();
        Self {
            id,
            session,
            observed: Observed::default(),
        }
    }

    /// Executes a step and folds its effect in.
    pub(crate) async fn run(&mut self, region: Region, action: impl Into<Action>) -> Option<Created> {
        self.try_run(region, action).await.unwrap()
    }

    pub(crate) async fn try_run(
        &mut self,
        region: Region,
        action: impl Into<Action>,
    ) -> Result<Option<Created>, Fault> {
        let effect = self.session.execute(&step(region, action)).await?;
        self.observed.absorb(&effect);
        Ok(effect.created)
    }

    pub(crate) async fn create(&mut self, region: Region, action: impl Into<Action>) -> String {
        self.run(region, action).await.unwrap().id
    }

    pub(crate) async fn observe(&self, query: &Query) -> Observed {
        self.session.observe(query).await
    }
}

pub(crate) fn access(account: &str) -> AccountAccess {
    AccountAccess {
        account: AccountId::new(account).unwrap(),
        role_arn: Some(format!("arn:aws:iam::{account}:role/operator")),
        external_id: Some("secret".into()),
        session_name: "jichitai-test".into(),
        rates: Rates::new(),
    }
}

pub(crate) fn make_role(account: &str) {
    others(
        account,
        &format!(
            "policy = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 'sts:AssumeRole',\n\
             \x20 'Principal': {{'AWS': 'arn:aws:iam::{HUB}:root'}}, 'Condition': {{'StringEquals': {{'sts:ExternalId': 'secret'}}}}}}]}}\n\
             client('iam').create_role(RoleName='operator', AssumeRolePolicyDocument=json.dumps(policy))"
        ),
    );
}

/// The same action has the same token.
pub(crate) fn step(region: Region, action: impl Into<Action>) -> Step {
    let action = action.into();
    let creation = Some(Creation::once(short_hash(&format!("{action:?}"), 32)));
    Step {
        creation,
        ..Step::change(&Part::new(region, "test"), action, Difference::new("test", "", ""))
    }
}

pub(crate) fn identity() -> Identity {
    Identity {
        installation: "test".into(),
        owner: Owner::new::<Municipality>("tenants", "chiyoda"),
    }
}

pub(crate) fn tags(role: &str) -> Tags {
    identity().tags(&Role::new(role), &Tags::new())
}

pub(crate) fn query() -> Query {
    Query {
        identity: identity(),
        aliases: BTreeSet::new(),
        ids: BTreeMap::new(),
        network: NetworkQuery::Managed,
        ebs_defaults: false,
        key_usage: false,
        shared_keys: BTreeSet::new(),
    }
}

pub(crate) fn policy(account: &str) -> Document {
    let root = AccountId::new(account).unwrap().root_arn();
    Document::new(vec![Statement::allow("Admin", &[root], &["kms:*"])])
}
