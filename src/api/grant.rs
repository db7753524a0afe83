//! What every grant to a person or system may carry, and what every exception must.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::schema;

/// On whose behalf and for how long a grant holds (付与の根拠と期間).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantInfo {
    /// Organization that receives the grant (事業者名・団体名).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub organization: Option<String>,
    /// Contract on which the grant rests (契約番号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub contract_ref: Option<String>,
    /// First day of the grant in Japan (開始日), YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date")]
    pub valid_from: Option<String>,
    /// Last day of the grant in Japan (終了日), YYYY-MM-DD; it ends with that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date")]
    pub valid_until: Option<String>,
}

/// The rule that a grant does not end before it begins, for the schema of a type that has [`GrantInfo`] flattened.
pub(crate) fn ordered(schema: &mut Schema) {
    let rule = schema::rule(
        "!has(self.validFrom) || !has(self.validUntil) || self.validFrom <= self.validUntil",
        "終了日は開始日以降にしてください (validUntil must not be before validFrom)",
    );
    schema::add_all(schema, [rule]);
}

/// Why an exception exists, who allowed it, and until when (例外の理由・承認者・期限).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionInfo {
    /// Why it is needed (理由).
    #[schemars(length(min = 1, max = 512))]
    pub reason: String,
    /// Who allowed it (承認者): a post or a document, no personal data.
    #[schemars(length(min = 1, max = 128))]
    pub approved_by: String,
    /// Last day in Japan (期限), YYYY-MM-DD.
    #[schemars(schema_with = "schema::date")]
    pub until: String,
}
