//! Identifiers: municipality codes, accounts, businesses, names and ARNs of AWS resources.

use kube::core::Rule;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::{add, checked, matching, quoted, rule, rule_computed, set_of};

/// The check digit that belongs to the first five digits of `self`, in CEL; see [`crate::code::check_digit`].
const CHECK_DIGIT: &str = "(11 - (6 * int(self.substring(0, 1)) + 5 * int(self.substring(1, 2)) \
     + 4 * int(self.substring(2, 3)) + 3 * int(self.substring(3, 4)) + 2 * int(self.substring(4, 5))) % 11) % 10";

/// A municipality code that never changes.
pub(crate) fn code(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = code_value(generator);
    add(
        &mut schema,
        &rule(
            "self == oldSelf",
            "団体コードは変更できません。合併の場合は新しいオブジェクトを作成し、predecessorsに旧コードを書いてください (the code \
             cannot be changed: for a merger create a new object and name the old code under predecessors)",
        ),
    );
    schema
}

/// A municipality code.
pub(crate) fn code_value(_: &mut SchemaGenerator) -> Schema {
    quoted(
        24,
        &[
            rule(
                "type(self) == string",
                "団体コードは引用符で囲んでください (quote the code): \"011002\"",
            ),
            rule(
                "type(self) != string || self.matches('^[0-9]{6}$')",
                "団体コードは半角数字6桁です (a municipality code is six ASCII digits): \"131016\"",
            ),
            rule(
                "type(self) != string || !self.matches('^[0-9]{6}$') || self.matches('^(0[1-9]|[1-3][0-9]|4[0-7])')",
                "都道府県コード(先頭2桁)は01から47です (the first two digits are the prefecture, 01 to 47)",
            ),
            rule_computed(
                &format!(
                    "type(self) != string || !self.matches('^[0-9]{{6}}$') || int(self.substring(5, 6)) == {CHECK_DIGIT}"
                ),
                &format!(
                    "'検査数字が合いません (check digit is wrong): the last digit should be ' \
                     + '0123456789'.substring({CHECK_DIGIT}, {CHECK_DIGIT} + 1)"
                ),
            ),
        ],
    )
}

/// A quoted AWS account id.
pub(crate) fn account_id(_: &mut SchemaGenerator) -> Schema {
    quoted(
        24,
        &[
            rule(
                "type(self) == string",
                "アカウントIDは引用符で囲んでください (quote the account id): \"111122223333\"",
            ),
            rule(
                "type(self) != string || self.matches('^[0-9]{12}$')",
                "アカウントIDは半角数字12桁です (an account id is twelve ASCII digits): \"111122223333\"",
            ),
        ],
    )
}

/// A quoted business id. Whether it is known is a condition, because ids get added.
pub(crate) fn business_id(_: &mut SchemaGenerator) -> Schema {
    quoted(
        24,
        &[
            rule(
                "type(self) == string",
                "業務IDは引用符で囲んでください (quote the business id): \"001\"",
            ),
            rule(
                "type(self) != string || self.matches('^[0-9]{3}(-[0-9])?$')",
                "業務IDは半角数字3桁と任意の枝番です (a business id is three ASCII digits and an optional sub-id): \
                 \"001\", \"022-0\"",
            ),
        ],
    )
}

pub(crate) fn business_ids(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 64,
        "items": business_id(generator),
        "x-kubernetes-list-type": "set",
    })
}

pub(crate) fn role_arn(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$",
        "IAMロールのARNを書いてください (write the ARN of an IAM role, not of a user, group or session): \
         arn:aws:iam::111122223333:role/name",
    )
}

fn key_arn(region: &str, name_ja: &str, name_en: &str) -> Schema {
    let pattern = format!("^arn:aws:kms:{region}:[0-9]{{12}}:key/[0-9a-z-]+$");
    let message = format!(
        "{name_ja}のカスタマー管理キーのARNを書いてください。エイリアスは使えません (write the ARN of a customer managed key in \
         {name_en}, not an alias): arn:aws:kms:{region}:111122223333:key/…"
    );
    matching(256, &pattern, &message)
}

pub(crate) fn tokyo_key_arn(_: &mut SchemaGenerator) -> Schema {
    key_arn("ap-northeast-1", "東京リージョン", "Tokyo")
}

/// Empty or a key in Osaka.
pub(crate) fn osaka_key_arn(_: &mut SchemaGenerator) -> Schema {
    checked(
        256,
        &[rule(
            "self == '' || self.matches('^arn:aws:kms:ap-northeast-3:[0-9]{12}:key/[0-9a-z-]+$')",
            "大阪リージョンのカスタマー管理キーのARNを書いてください。空なら団体の大阪の鍵を使います (write the ARN of a customer \
             managed key in Osaka, not an alias; empty takes the municipality's): \
             arn:aws:kms:ap-northeast-3:111122223333:key/…",
        )],
    )
}

pub(crate) fn secret_arn(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^arn:aws:secretsmanager:ap-northeast-1:[0-9]{12}:secret:.+$",
        "東京リージョンのSecrets ManagerのARNを書いてください (write the ARN of a secret in Tokyo): \
         arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:name",
    )
}

pub(crate) fn flow_log_destination_arn(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^arn:aws:s3:::[a-z0-9][a-z0-9./_-]+$",
        "フローログの出力先はS3バケットのARNです (flow logs go to a bucket; write its ARN): arn:aws:s3:::name",
    )
}

pub(crate) fn log_destination_arn(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^arn:aws:(s3:::[a-z0-9][a-z0-9./_-]+|(logs|firehose):ap-northeast-1:[0-9]{12}:.+)$",
        "出力先はS3バケット、または東京リージョンのロググループかFirehoseのARNです (the destination is the ARN of a bucket, or of \
         a log group or Firehose stream in Tokyo): arn:aws:s3:::name",
    )
}

fn aws_id(prefix: &str, example: &str) -> Schema {
    matching(
        32,
        &format!("^{prefix}-[0-9a-f]+$"),
        &format!("AWSのIDを書いてください (write the id as AWS shows it): {example}"),
    )
}

pub(crate) fn vpc_id(_: &mut SchemaGenerator) -> Schema {
    aws_id("vpc", "vpc-0123456789abcdef0")
}

pub(crate) fn subnet_id(_: &mut SchemaGenerator) -> Schema {
    aws_id("subnet", "subnet-0123456789abcdef0")
}

pub(crate) fn transit_gateway_id(_: &mut SchemaGenerator) -> Schema {
    aws_id("tgw", "tgw-0123456789abcdef0")
}

pub(crate) fn vpc_endpoint_ids(_: &mut SchemaGenerator) -> Schema {
    set_of(10, aws_id("vpce", "vpce-0123456789abcdef0"))
}

pub(crate) fn hosted_zone_id(_: &mut SchemaGenerator) -> Schema {
    matching(
        32,
        "^Z[0-9A-Z]+$",
        "プライベートホストゾーンのIDを書いてください (write the id of a private hosted zone): Z0123456789ABCDEFGHIJ",
    )
}

const BUCKET_PATTERN: &str = "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$";

pub(crate) fn bucket_name(_: &mut SchemaGenerator) -> Schema {
    matching(
        63,
        BUCKET_PATTERN,
        "バケット名は3から63文字の半角英小文字・数字・ハイフンです (a bucket name is 3 to 63 lower-case letters, digits and \
         hyphens)",
    )
}

/// Empty or the name of a bucket.
pub(crate) fn optional_bucket_name(_: &mut SchemaGenerator) -> Schema {
    checked(
        63,
        &[rule(
            &format!("self == '' || self.matches('{BUCKET_PATTERN}')"),
            "バケット名は3から63文字の半角英小文字・数字・ハイフンです。空なら自動で決まります (a bucket name is 3 to 63 \
             lower-case letters, digits and hyphens; empty lets the operator choose)",
        )],
    )
}

pub(crate) fn template_bucket_name(_: &mut SchemaGenerator) -> Schema {
    checked(
        63,
        &[rule(
            "self == '' || self.matches('^jichitai-templates-[a-z0-9-]{0,43}[a-z0-9]$')",
            "バケット名はjichitai-templates-で始まる半角英小文字・数字・ハイフンです。空なら自動で決まります (a bucket name that begins with jichitai-templates-, of lower-case letters, digits and hyphens; empty lets the operator choose)",
        )],
    )
}

pub(crate) fn endpoint_service(_: &mut SchemaGenerator) -> Schema {
    matching(
        64,
        "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "リージョンを除いたサービス名を書いてください (write the service without the Region): s3, kms, ecr.api",
    )
}

pub(crate) fn plan_hash(_: &mut SchemaGenerator) -> Schema {
    matching(
        64,
        "^[0-9a-f]{8,64}$",
        "status.plan.hashの値をそのまま書いてください (copy the value of status.plan.hash)",
    )
}

pub(crate) fn adopt_from(_: &mut SchemaGenerator) -> Schema {
    matching(
        160,
        "^(Municipality|FileLinkBucket|OsakaBackupPolicy|ResolverEndpoint)/[a-z0-9-]+/[a-z0-9.-]+$",
        "種類/名前空間/名前 の形で書いてください (write Kind/namespace/name): Municipality/chiyoda/old-name",
    )
}

pub(crate) fn adopt(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 100,
        "additionalProperties": { "type": "string", "minLength": 1, "maxLength": 256 },
    })
}

pub(crate) fn tags(_: &mut SchemaGenerator) -> Schema {
    let rules: &[Rule] = &[
        rule(
            "self.all(key, !key.startsWith('aws:') && !key.startsWith('jichitai:'))",
            "タグの接頭辞 aws: と jichitai: は予約されています。別の名前にしてください (the tag prefixes aws: and jichitai: \
             are reserved: choose another name)",
        ),
        rule(
            "self.all(key, key.size() > 0 && key.size() <= 128)",
            "タグのキーは1から128文字です (a tag key is 1 to 128 characters)",
        ),
    ];
    json_schema!({
        "type": "object",
        "maxProperties": 30,
        "additionalProperties": { "type": "string", "maxLength": 256 },
        "x-kubernetes-validations": rules,
    })
}
