//! Names, dates, times and other short texts.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::{checked, matching, rule, set_of};

/// A date of the calendar, apart from leap years: 29 February passes and is checked with the plan.
const DATE: &str =
    "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))";

pub(crate) fn date(_: &mut SchemaGenerator) -> Schema {
    matching(
        32,
        &format!("^{DATE}$"),
        "日付はYYYY-MM-DDで、引用符で囲んで書いてください (write a date as YYYY-MM-DD, quoted): \"2027-03-31\"",
    )
}

pub(crate) fn confirm_disable(_: &mut SchemaGenerator) -> Schema {
    matching(
        32,
        &format!("^[0-9]{{6}}@{DATE}$"),
        "団体コード@日本の今日の日付 の形で書いてください (write the code, @ and today's date in Japan): 131016@2027-04-01",
    )
}

pub(crate) fn cron(_: &mut SchemaGenerator) -> Schema {
    matching(
        64,
        "^[0-9A-Za-z*,/#-]+( [0-9A-Za-z*,/#-]+){4}$",
        "cronは空白1つで区切った5項目(分 時 日 月 曜日)です (cron has five fields, minute hour day month weekday, one space \
         apart): \"0 5 * * *\"",
    )
}

pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    matching(
        16,
        "^([1-9][0-9]{0,4}h([1-9][0-9]{0,4}m)?|[1-9][0-9]{0,4}m)$",
        "期間は時間hと分mで書いてください (write a duration in hours and minutes): 26h, 1h30m, 45m",
    )
}

pub(crate) fn time_zone(_: &mut SchemaGenerator) -> Schema {
    matching(
        48,
        "^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$",
        "IANAのタイムゾーン名を書いてください (write an IANA time zone): Asia/Tokyo",
    )
}

pub(crate) fn object_name(_: &mut SchemaGenerator) -> Schema {
    matching(
        63,
        "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "オブジェクト名は半角英小文字・数字・ハイフンです (an object name is lower-case letters, digits and hyphens)",
    )
}

/// The name of a part of an object; it becomes part of AWS tags.
pub(crate) fn part_name(_: &mut SchemaGenerator) -> Schema {
    matching(
        32,
        "^[a-z]([a-z0-9-]*[a-z0-9])?$",
        "名前は半角英小文字で始まる英小文字・数字・ハイフンです (a name is lower-case letters, digits and hyphens, and begins \
         with a letter): mynumber, app-a",
    )
}

/// The beginning of object keys, for example `in/`.
pub(crate) fn prefix(_: &mut SchemaGenerator) -> Schema {
    checked(
        256,
        &[rule(
            "!self.startsWith('/') && !self.contains('//') && !self.contains('..')",
            "接頭辞は / で始めず、// と .. を含めないでください (a prefix does not begin with / and has no // and no ..): in/",
        )],
    )
}

pub(crate) fn prefix_template(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^([A-Za-z0-9_.-]|\\\\{(provider|consumer|linkId|date|municipality|business)\\\\})([A-Za-z0-9_./-]|\\\\{(provider|consumer|linkId|date|municipality|business)\\\\})*/$",
        "使える変数は {provider} {consumer} {linkId} {date} {municipality} {business} で、末尾は / です (the variables are \
         {provider} {consumer} {linkId} {date} {municipality} {business}, and it ends with /)",
    )
}

pub(crate) fn sftp_user_name(_: &mut SchemaGenerator) -> Schema {
    matching(
        100,
        "^[A-Za-z0-9_][A-Za-z0-9_@.-]{2,99}$",
        "SFTPの利用者名は3から100文字の半角英数字と _ @ . - です (an SFTP user name is 3 to 100 letters, digits and _ @ . -)",
    )
}

pub(crate) fn public_keys(_: &mut SchemaGenerator) -> Schema {
    let rule = rule(
        "['ssh-ed25519 ', 'ecdsa-sha2-nistp', 'ssh-rsa '].exists(kind, self.startsWith(kind))",
        "SSH公開鍵を1行で書いてください。秘密鍵は書かないでください (write an SSH public key in one line, never a private key): \
         ssh-ed25519 AAAA…",
    );
    let key = json_schema!({
        "type": "string",
        "maxLength": 1024,
        "pattern": "^[ -~]+$",
        "x-kubernetes-validations": [rule],
    });
    set_of(10, key)
}

pub(crate) fn issuer(_: &mut SchemaGenerator) -> Schema {
    matching(
        256,
        "^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$",
        "認可サーバーのissuerをhttps://で書いてください (write the issuer of the authorization server with https://)",
    )
}

pub(crate) fn client_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": 128 })
}

pub(crate) fn stack_names(_: &mut SchemaGenerator) -> Schema {
    let name = matching(
        128,
        "^[A-Za-z][A-Za-z0-9-]*$",
        "CloudFormationのスタック名を書いてください (write the name of a CloudFormation stack)",
    );
    set_of(50, name)
}

pub(crate) fn tag_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 10,
        "additionalProperties": { "type": "string", "maxLength": 256 },
    })
}
