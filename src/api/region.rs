//! The two AWS Regions of Government Cloud that exist for this operator.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An AWS Region: Tokyo (東京リージョン) or Osaka (大阪リージョン). No other can be expressed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Region {
    /// Where systems run.
    #[serde(rename = "ap-northeast-1")]
    Tokyo,
    /// Where copies for disasters are kept.
    #[serde(rename = "ap-northeast-3")]
    Osaka,
}

impl Region {
    /// Both Regions, Tokyo first.
    pub const ALL: [Self; 2] = [Self::Tokyo, Self::Osaka];

    /// The name that AWS uses, for example `ap-northeast-1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tokyo => "ap-northeast-1",
            Self::Osaka => "ap-northeast-3",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
