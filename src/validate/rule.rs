//! The rules of a schema (`x-kubernetes-validations`), and their evaluation.

use std::sync::Arc;

use cel::{Context, Env, Program, Value as Cel};
use jichitai_plan::plan::Text;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
use serde_json::Value;

use crate::cel_library;
use crate::finding::{Finding, Path};

/// A rule that the interpreter does not understand.
#[derive(Debug, thiserror::Error)]
#[error("the rule {rule} cannot be used: {cause}")]
pub struct RuleError {
    rule: String,
    cause: String,
}

impl RuleError {
    pub(crate) fn new(rule: Option<&str>, cause: &dyn std::fmt::Display) -> Self {
        Self {
            rule: rule.unwrap_or_default().to_owned(),
            cause: cause.to_string(),
        }
    }
}

/// One rule.
pub(crate) struct Rule {
    holds: Program,
    message: String,
    /// Makes a message that knows the value.
    words: Option<Program>,
}

/// The interpreter with the functions that Kubernetes adds.
pub(crate) struct Engine {
    env: Arc<Env>,
    root: Context<'static, 'static>,
}

impl Engine {
    pub(crate) fn new() -> Result<Self, RuleError> {
        let refused = |error: &dyn std::fmt::Display| RuleError::new(Some("of the library"), error);
        let mut env = Env::stdlib();
        env.add_extension(cel::extensions::strings)
            .map_err(|error| refused(&error))?;
        let env = Arc::new(env);
        let mut root = Context::with_env(Arc::clone(&env));
        cel_library::add(&mut root).map_err(|error| refused(&error))?;
        Ok(Self { env, root })
    }

    /// The rule, unless it compares an object with its former self: a file has none.
    pub(crate) fn rule(&self, rule: &ValidationRule) -> Result<Option<Rule>, RuleError> {
        let compile = |text: &str| {
            let program = self.env.compile(text);
            program.map_err(|error| RuleError::new(Some(text), &error))
        };
        let holds = compile(&rule.rule)?;
        if holds.references().has_variable("oldSelf") {
            return Ok(None);
        }
        Ok(Some(Rule {
            holds,
            message: rule
                .message
                .clone()
                .unwrap_or_else(|| format!("failed rule: {}", rule.rule)),
            words: rule.message_expression.as_deref().map(compile).transpose()?,
        }))
    }

    /// What the rules that do not hold have to say.
    pub(crate) fn broken(&self, rules: &[Rule], value: &Value, path: &Path<'_>) -> Vec<Finding> {
        let mut scope = self.root.new_inner_scope();
        if let Err(error) = scope.add_variable("self", value) {
            return vec![Finding::at(path, error.to_string(), error.to_string())];
        }
        let said = |rule: &Rule| match rule.holds.execute(&scope) {
            Ok(Cel::Bool(true)) => None,
            Ok(Cel::Bool(false)) => Some(match rule.words.as_ref().map(|words| words.execute(&scope)) {
                Some(Ok(Cel::String(words))) => words.to_string(),
                _ => rule.message.clone(),
            }),
            Ok(other) => Some(format!("{}: the rule gave {other:?}", rule.message)),
            Err(error) => Some(format!("{}: {error}", rule.message)),
        };
        let finding = |message: String| Finding {
            path: path.to_string(),
            message: Text::new(message.clone(), message),
        };
        rules.iter().filter_map(said).map(finding).collect()
    }
}
