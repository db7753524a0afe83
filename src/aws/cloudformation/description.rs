//! What there is to know of a stack besides its template: kept beside it as JSON, to make the stack anew by, and for
//! whoever reads it without us.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::{Capability, Parameter, Stack};
use jichitai_plan::tags::Tags;
use serde::{Deserialize, Serialize};

use super::tags;

/// What CloudFormation shows in place of the value of a parameter with `NoEcho`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
const HIDDEN: &str = "****";

/// The description.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Description {
    /// The stack's name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) id: String,
    /// Its state at that time.
    pub(crate) status: String,
    /// Its parameters, but for the hidden ones.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Parameters whose values AWS tells nobody.
    pub(crate) hidden_parameters: BTreeSet<String>,
    /// What was acknowledged for it.
    pub(crate) capabilities: BTreeSet<String>,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Its outputs.
    pub(crate) outputs: BTreeMap<String, String>,
    /// The role that CloudFormation takes for it, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role_arn: Option<String>,
}

impl Description {
    /// Of a stack that is there.
    pub(crate) fn of(stack: Stack) -> Self {
        let all = stack.parameters.unwrap_or_default().into_iter();
        let (hidden, shown): (Vec<Parameter>, Vec<Parameter>) =
            all.partition(|one| one.parameter_value.as_deref() == Some(HIDDEN));
        let value = |one: Parameter| Some((one.parameter_key?, one.parameter_value.unwrap_or_default()));
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let acknowledged = stack.capabilities.unwrap_or_default();
        Self {
            name: stack.stack_name.unwrap_or_default(),
            id: stack.stack_id.unwrap_or_default(),
            status: stack.stack_status.map(|status| status.to_string()).unwrap_or_default(),
            parameters: shown.into_iter().filter_map(value).collect(),
            hidden_parameters: hidden.into_iter().filter_map(|one| one.parameter_key).collect(),
            capabilities: acknowledged.iter().map(ToString::to_string).collect(),
            tags: tags(stack.tags),
            outputs: outputs
                .filter_map(|one| Some((one.output_key?, one.output_value.unwrap_or_default())))
                .collect(),
            role_arn: stack.role_arn,
        }
    }

    /// The parameters of a stack that is made anew.
    pub(crate) fn parameters(&self, given: &BTreeMap<String, String>) -> Vec<Parameter> {
        let mut all = self.parameters.clone();
        all.extend(given.clone());
        let one = |(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build();
        all.into_iter().map(one).collect()
    }

    /// What is acknowledged for a stack that is made anew.
    pub(crate) fn capabilities(&self, given: &BTreeSet<String>) -> Vec<Capability> {
        let all = if given.is_empty() { &self.capabilities } else { given };
        all.iter().map(|one| Capability::from(one.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::{Parameter, Stack};

    use super::Description;

    #[test]
    fn what_aws_hides_is_not_taken_for_a_value() {
        let parameter = |key: &str, value: &str| Parameter::builder().parameter_key(key).parameter_value(value).build();
        let stack = Stack::builder()
            .parameters(parameter("Cidr", "10.0.0.0/16"))
            .parameters(parameter("Password", "****"))
            .build();
        let description = Description::of(stack);
        let text = serde_json::to_string(&description).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Description>(&text).expect("a description"),
            description
        );
        assert_eq!(description.hidden_parameters, ["Password".to_owned()].into());
        assert_eq!(description.parameters(&[].into()), [parameter("Cidr", "10.0.0.0/16")]);
        let given = [("Password".to_owned(), "p".to_owned())].into();
        assert_eq!(
            description.parameters(&given),
            [parameter("Cidr", "10.0.0.0/16"), parameter("Password", "p")]
        );
    }
}
