//! Roles and OIDC providers. IAM is global.

pub(crate) mod oidc_provider;
pub(crate) mod role;

use std::borrow::Cow;

use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::policy::document::Document;
use percent_encoding::percent_decode_str;

pub use oidc_provider::oidc_provider;
pub(crate) use role::{Known, exist_at, given_at, roles_at};
pub use role::{exist, given, roles};

/// Reads a policy as IAM returns it: as a part of a URL, which the SDK leaves as it is.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
fn document(operation: &str, of: &str, text: &str) -> Result<Document, Fault> {
    let unreadable = |message: String| Fault {
        kind: FaultKind::Invalid,
        operation: operation.to_owned(),
        code: "UnreadablePolicy".to_owned(),
        message: format!("{of}: {message}"),
        request_id: None,
    };
    // A brace is never left as it is in a URL: then a percent sign is the policy's own.
    let text = if text.trim_start().starts_with('{') {
        Cow::Borrowed(text)
    } else {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded.map_err(|error| unreadable(error.to_string()))?
    };
    Document::parse(&text).map_err(|error| unreadable(error.to_string()))
}

/// The part of an ARN after its last slash.
fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_parsed() {
        let plain =
            r#"{"Statement":[{"Sid":"A b","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/+%20"}]}"#;
        let encoded = plain
            .replace('%', "%25")
            .replace('"', "%22")
            .replace(' ', "%20")
            .replace('{', "%7B");
        let read = document("iam:GetRole", "role r", &encoded).unwrap();
        assert_eq!(read, Document::parse(plain).unwrap());
        assert!(read.to_json().contains("arn:aws:s3:::b/+%20"));
        assert_eq!(document("iam:GetRole", "role r", plain).unwrap(), read);
    }

    #[test]
    fn a_text_that_is_no_policy_says_whose_it_is() {
        let fault = document("iam:GetRole", "role r", "%7B%7D").unwrap_err();
        assert_eq!(
            (fault.kind, fault.code.as_str()),
            (FaultKind::Invalid, "UnreadablePolicy")
        );
        assert!(fault.message.starts_with("role r: "), "{fault}");
    }
}
