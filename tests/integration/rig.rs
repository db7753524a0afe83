//! The stack, the operator, and a supply of tenants.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jichitai_stack::{Options, Stack};
use kube::Client;
use serde_json::{Value, json};

use crate::aws::Person;
use crate::cases::TOKYO;
use crate::operator::Operator;
use crate::tenant::Tenant;

/// How a case ends.
pub type Outcome<T = ()> = Result<T, Fault>;

/// Why a case failed.
pub type Fault = Box<dyn Error + Send + Sync>;

/// The tenant whose role trusts another external id.
const STRANGER: usize = 0;

/// The tenant whose account other namespaces may use, too.
const MOVER: usize = 1;
/// A namespace to which what is in the mover's may be moved.
pub const MOVED_TO: &str = "moved-to";
/// One to which it may not.
pub const NOT_MOVED_TO: &str = "not-moved-to";

/// Whether the operator is killed after every write, and not only after some: `make crash` asks for it.
pub fn is_full() -> bool {
    std::env::var_os("JICHITAI_CRASH").is_some_and(|value| value == "all")
}

/// Namespaces and accounts that are prepared; each case takes some.
fn tenants() -> usize {
    if is_full() { 1_000 } else { 250 }
}

/// The role by which the operator enters an account.
pub const OPERATOR_ROLE: &str = "jichitai-operator";
/// The role by which recovery points are listed and restored.
pub const RECOVERY_ROLE: &str = "jichitai-recovery";

/// What a command prints for the installation of the tests.
fn printed(command: &[&str], more: &[&str]) -> Outcome<Value> {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"))
        .args(command)
        .args(["--installation", "tests"])
        .args(more)
        .output()?;
    if !printed.status.success() {
        return Err(String::from_utf8_lossy(&printed.stderr).into());
    }
    Ok(serde_json::from_slice(&printed.stdout)?)
}

/// What a recovery needs.
const RECOVERY: [&str; 4] = ["--for", "recovery", "--pass-role", "arn:aws:iam::*:role/stack-maker"];

/// The policies for a recovery.
pub fn recovery_policies() -> Outcome<Value> {
    printed(&["iam-policy"], &RECOVERY)
}

/// A role as `jichitai template account` has it, for the local AWS, with another external id for each account.
struct RoleTemplate {
    name: &'static str,
    template: Value,
}

impl RoleTemplate {
    fn new(name: &'static str, more: &[&str]) -> Outcome<Self> {
        let trusted = format!("arn:aws:iam::{HUB}:root");
        let role = format!("arn:aws:iam::{HUB}:role/jichitai-operator");
        let template = printed(&["template", "account", "--role", name, "--trust", &role], more)?;
        // The operator of the tests works with keys of its account.
        let template = template.to_string().replace(&role, &trusted);
        Ok(Self {
            name,
            template: serde_json::from_str(&template)?,
        })
    }

    fn with(&self, external_id: &str) -> Value {
        let resources = &self.template["Resources"];
        let mut trust = resources["Role"]["Properties"]["AssumeRolePolicyDocument"].clone();
        trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!(external_id);
        let resources = resources.as_object().into_iter().flatten();
        let policies = resources.filter(|(_, resource)| resource["Type"] == "AWS::IAM::ManagedPolicy");
        let policies: serde_json::Map<String, Value> = policies
            .map(|(_, resource)| &resource["Properties"])
            .map(|policy| (text(&policy["ManagedPolicyName"]), policy["PolicyDocument"].clone()))
            .collect();
        json!({"name": self.name, "trust": trust, "policies": policies})
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The account of the operator itself.
pub const HUB: &str = "123456789012";
/// The bucket in which evidence is kept.
pub const EVIDENCE: &str = "tests-evidence";
/// The account of the network's operator.
pub const NETWORK: &str = "999900000001";

/// Everything that cases share.
pub struct Rig {
    /// The API server and AWS.
    pub stack: Stack,
    /// The administrator.
    pub client: Client,
    operator: Operator,
    config: PathBuf,
    taken: AtomicUsize,
    shared: tokio::sync::Mutex<Vec<Value>>,
    failing: tokio::sync::Mutex<Vec<Value>>,
}

/// The namespace of a prepared tenant.
pub fn namespace(index: usize) -> String {
    format!("tenant-{index:03}")
}

/// The account of a prepared tenant.
pub fn account(index: usize) -> String {
    format!("30000000{index:04}")
}

fn external_id(index: usize) -> String {
    format!("external-{index:04}")
}

/// The operator's configuration over all prepared tenants, with times that tests can wait for.
pub fn config(installation: &str, extra: &str) -> String {
    let account = |index| {
        let (id, external_id) = (account(index), external_id(index));
        let more = if index == MOVER {
            format!(", {MOVED_TO}, {NOT_MOVED_TO}")
        } else {
            String::new()
        };
        let namespace = namespace(index) + &more;
        format!(
            "  - {{id: \"{id}\", roleArn: \"arn:aws:iam::{id}:role/jichitai-operator\", externalId: {external_id}, namespaces: [{namespace}], environments: [Production, Verification]}}\n"
        )
    };
    let accounts: String = (0..tenants()).map(account).collect();
    let moves = format!("moves: [{{from: {}, to: {MOVED_TO}}}]\n", namespace(MOVER));
    format!(
        "{moves}installation: {installation}\nlanguage: en\nevidence: {{bucket: {EVIDENCE}, accountId: \"{HUB}\"}}\nsettings: {{consistencyWindow: 2s, keyQuarantine: 2s, resync: 10m}}\n{extra}accounts:\n{accounts}"
    )
}

impl Rig {
    /// Starts everything.
    pub async fn start() -> Outcome<Self> {
        let stack = Stack::start(Options::default()).await?;
        stack.apply_crds(&root().join("crds")).await?;
        // The operator may do what it says that it needs, and nothing else.
        let roles = [
            RoleTemplate::new(OPERATOR_ROLE, &[])?,
            RoleTemplate::new(RECOVERY_ROLE, &RECOVERY)?,
        ];
        let trusted = |index| {
            if index == STRANGER {
                "somebody-else".to_owned()
            } else {
                external_id(index)
            }
        };
        let accounts: Vec<_> = (0..tenants())
            .map(|index| {
                let id = trusted(index);
                let roles: Vec<Value> = roles.iter().map(|role| role.with(&id)).collect();
                json!({"id": account(index), "roles": roles})
            })
            .collect();
        stack.aws_post("accounts", &json!({ "accounts": accounts })).await?;
        // Sessions of roles may do what all policies together let them: the operator's own, too.
        stack.aws_post("settings", &json!({ "authorize": true })).await?;
        let more = [MOVED_TO, NOT_MOVED_TO].map(str::to_owned);
        for namespace in (0..tenants()).map(namespace).chain(more) {
            stack.create_namespace(&namespace).await?;
        }
        Person::new(stack.aws_endpoint()?, HUB, TOKYO)
            .make_locked_bucket(EVIDENCE)
            .await?;
        let config_path = stack.folder().join("config.yaml");
        std::fs::write(&config_path, config("tests", ""))?;
        let operator = Operator::start(
            "operator",
            stack.folder(),
            stack.kubeconfig(),
            &config_path,
            &stack.aws_environment()?,
        )?;
        let client = stack.client().await?;
        Ok(Self {
            stack,
            client,
            operator,
            config: config_path,
            taken: AtomicUsize::new(MOVER + 1),
            shared: tokio::sync::Mutex::default(),
            failing: tokio::sync::Mutex::default(),
        })
    }

    /// A tenant that no other case has.
    pub fn tenant(&self) -> Outcome<Tenant<'_>> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        if index >= tenants() {
            return Err("more tenants are asked for than are prepared".into());
        }
        Ok(Tenant::new(self, index))
    }

    /// A tenant whose account other namespaces may use, too.
    pub fn mover(&self) -> Tenant<'_> {
        Tenant::new(self, MOVER)
    }

    /// A tenant whose account does not trust the operator.
    pub fn stranger(&self) -> Tenant<'_> {
        Tenant::new(self, STRANGER)
    }

    /// Adds a fault to the local AWS.
    pub async fn fault(&self, rule: Value) -> Outcome {
        self.stack.aws_post("faults", &json!([rule])).await?;
        Ok(())
    }

    /// Lets copies come to nothing, as a rule says.
    pub async fn copies_fail(&self, rule: Value) -> Outcome {
        let mut failing = self.failing.lock().await;
        failing.push(rule);
        self.stack
            .aws_post("settings", &json!({ "copyErrors": *failing }))
            .await?;
        Ok(())
    }

    /// Shares a transit gateway with accounts.
    pub async fn share(&self, gateway: Value) -> Outcome {
        let mut shared = self.shared.lock().await;
        shared.push(gateway);
        self.stack
            .aws_post("settings", &json!({ "sharedTransitGateways": *shared }))
            .await?;
        Ok(())
    }

    /// Replaces the operator's configuration; it is taken up live. Commands of other cases read it, too, never a half.
    pub fn configure(&self, extra: &str) -> Outcome {
        let new = self.config.with_extension("new");
        std::fs::write(&new, config("tests", extra))?;
        Ok(std::fs::rename(new, &self.config)?)
    }

    /// The operator that all cases share.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The operator's configuration.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The product's command line with the rights of the administrator, and of the operator in AWS.
    pub fn command(&self) -> Outcome<tokio::process::Command> {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
        for inherited in crate::operator::INHERITED {
            command.env_remove(inherited);
        }
        command.env("KUBECONFIG", self.stack.kubeconfig());
        command
            .envs(self.stack.aws_environment()?)
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// What the operator was not happy with lately.
    pub fn operator_log(&self, lines: usize) -> String {
        let text = self.operator.log(20_000);
        let worth: Vec<&str> = text
            .lines()
            .filter(|line| [" WARN ", "ERROR", "panicked"].iter().any(|word| line.contains(word)))
            .collect();
        worth[worth.len().saturating_sub(lines)..].join("\n")
    }

    /// What the operator tells Prometheus.
    pub async fn metrics(&self) -> Outcome<String> {
        self.operator.metrics().await
    }

    /// Whether the operator's log has these words.
    pub fn operator_says(&self, words: &str) -> bool {
        self.operator.log(usize::MAX).contains(words)
    }

    /// Ends everything.
    pub async fn stop(self) -> Outcome {
        drop(self.operator);
        Ok(self.stack.stop().await?)
    }
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
