//! Words and sentences of monthly reports alone, in both languages.

use crate::language::{Word, words};

/// Who signs a monthly report.
pub(crate) const SIGNERS: [Word; 3] = [SIGN_AUTHOR, SIGN_CHECKER, SIGN_APPROVER];

words! {
    // The head, and who signs
    MONTH_TITLE: "{0} ({1}): monthly report, {2}", "{0}({1})月次報告書 {2}";
    MONTH_TITLE_OF_ALL: "Monthly report on tenant environments, {0}", "団体環境 月次報告書 {0}";
    HEAD_MONTH: "Month", "対象月";
    SIGNATURES: "Signatures", "確認欄";
    SIGN_ROLE: "Role", "区分";
    SIGN_NAME: "Post and name", "所属・氏名";
    SIGN_DAY: "Day", "日付";
    SIGN_SEAL: "Seal or signature", "押印・署名";
    SIGN_AUTHOR: "Made by", "作成者";
    SIGN_CHECKER: "Checked by", "確認者";
    SIGN_APPROVER: "Approved by", "承認者";

    // What a part is about
    AS_OF: "As of {0}.", "{0} 時点の状態です。";
    OF_MONTH: "Of {0}, from its first day to its last in Japan.", "{0}の1日から末日まで(日本時間)の記録です。";
    OF_MONTH_SO_FAR: "Of {0}, until {1}: the month was not over when the report was made.",
        "{0}の、{1} までの記録です(作成時点で月が終わっていません)。";
    NO_RECORDS: "The evidence store has no record of this environment for this month.",
        "この月の証跡には、この環境の記録がありません。";
    NO_RECORDS_MEAN: "Whether nothing happened, or nothing was recorded, cannot be told from that.",
        "何も起きなかったのか、記録されなかったのかは、このことからは判断できません。";

    // Parts
    PART_CHANGES: "Changes", "変更";
    PART_APPROVALS: "Approvals", "承認";
    PART_REPAIRS: "Drift and its repair", "逸脱と是正";
    PART_RIGHTS: "Who may read and write what", "権限";
    PART_EXCEPTIONS: "Exceptions and grants, with their ends", "例外措置・付与とその期限";
    PART_LEDGERS: "Ledgers", "台帳";
    PART_BILLABLE: "What AWS charges for", "課金対象の数量";
    PART_UNREAD: "What could not be confirmed", "確認できなかったもの";
    PART_DISPOSAL: "End of contract", "契約終了・廃止";
    PART_SHEETS: "Appendix: sheets and their checksums", "付録: 原データの一覧とチェックサム";

    // Numbers of the month
    TILE_CHANGES: "changes carried out", "実施した変更";
    TILE_REFUSED: "changes refused or not answered", "拒否された変更";
    TILE_APPROVALS: "plans approved", "承認された計画";
    TILE_REPAIRS: "differences repaired", "是正した逸脱";
    TILE_LONGEST: "until the last was repaired, at the longest", "是正までの最長時間";
    TILE_RUNS: "backup runs that succeeded, of those due", "成功したバックアップ / 予定";
    TILE_DRILLS: "drills within their objective", "目標内に復旧した訓練";

    // Captions
    TABLE_CHANGES: "Changes, by approved plan", "変更の一覧(承認された計画ごと)";
    TABLE_APPROVALS: "Approvals of plans", "計画の承認";
    TABLE_REPAIRS: "Differences that were repaired or left", "是正した逸脱・残した逸脱";
    TABLE_REPAIR_FIGURES: "Time until repair", "是正までの時間";
    TABLE_BACKUP_MONTH: "Backups against their objectives", "目標に対するバックアップの実績";
    TABLE_RUNS: "Runs of backups", "バックアップの実行";
    TABLE_DRILLS: "Restore drills", "復旧訓練";
    TABLE_PERMISSION_CHANGES: "What changed in rights", "権限の変更";
    TABLE_CERTIFICATES: "Certificates that need attention", "注意を要する証明書";
    TABLE_SFTP_USERS: "SFTP users and their public keys", "SFTP利用者と公開鍵";
    TABLE_RANGES: "Ranges of addresses", "アドレス範囲(CIDR)";
    TABLE_BILLABLE: "Counts, with the tags for cost allocation", "数量とコスト配分タグ";
    TABLE_UNREAD: "What could not be read, or was refused", "読み取れなかったもの・拒否されたもの";
    TABLE_DISPOSAL: "What was revoked, and what stays", "廃止したもの・残したもの";
    TABLE_SHEETS: "Sheets", "原データ(CSV)";

    // In place of an empty table
    NONE_CHANGES: "No change was recorded in this month.", "この月に記録された変更はありません。";
    NONE_APPROVALS: "No approval was recorded in this month.", "この月に記録された承認はありません。";
    NONE_REPAIRS: "No difference was recorded in this month.", "この月に記録された逸脱はありません。";
    NONE_RUNS: "No run was recorded in this month.", "この月に記録されたバックアップの実行はありません。";
    NONE_DRILLS: "No drill was recorded in this month.", "この月に記録された復旧訓練はありません。";
    NONE_PERMISSION_CHANGES: "No change of rights was recorded in this month.", "この月に記録された権限の変更はありません。";
    NONE_CERTIFICATES: "No certificate was found to need attention.", "注意を要する証明書は見つかっていません。";
    NO_FINDING_KNOWN: "No finding is known.", "把握している指摘はありません。";
    NONE_SFTP_USERS: "There are no SFTP users.", "SFTP利用者はいません。";
    NONE_RANGES: "The specification names no range.", "設定されたアドレス範囲はありません。";
    NONE_BILLABLE: "Nothing that AWS charges for was reported.", "報告された課金対象はありません。";
    NONE_UNREAD: "Everything could be read, and nothing was refused.", "読み取れなかったもの・拒否されたものはありません。";
    NONE_DISPOSAL: "Nothing ended.", "終了したものはありません。";
    NONE_SHEETS: "There are no sheets.", "原データはありません。";

    // Columns
    COLUMN_PLAN_GROUP: "Plan", "計画";
    COLUMN_PLAN_HASH: "Plan", "計画ハッシュ";
    COLUMN_DONE: "Carried out", "実施";
    COLUMN_REFUSED: "Refused", "拒否";
    COLUMN_SEEN: "Known since", "検知";
    COLUMN_REPAIRED: "Repaired at", "是正";
    COLUMN_REPAIRS: "Repaired", "是正した件数";
    COLUMN_TIMED: "With a known time", "時間の分かる件数";
    COLUMN_LONGEST: "Longest", "最長";
    COLUMN_MEDIAN: "Median", "中央値";
    COLUMN_LEFT: "Seen and left", "残した件数";
    COLUMN_OPEN: "Open now", "現在も残る件数";
    COLUMN_EXPECTED: "Due by schedule", "予定回数";
    COLUMN_RECORDED: "Recorded", "記録回数";
    COLUMN_GOOD: "Succeeded", "成功";
    COLUMN_FAILED: "Failed", "失敗";
    COLUMN_NOT_RECORDED: "Due without a record", "記録のない予定";
    COLUMN_GAP: "Longest time without a new point", "新しい復旧ポイントのなかった最長時間";
    COLUMN_DRILLS: "Drills", "訓練";
    COLUMN_SLOWEST: "Slowest restore", "最も遅い復旧";
    COLUMN_RUN: "Run", "実行名";
    COLUMN_BEGAN: "Began, or was due", "開始・予定時刻";
    COLUMN_ENDED: "Ended", "終了";
    COLUMN_RUNS_OF_MONTH: "Runs, due and recorded", "実行(予定と記録)";
    COLUMN_LASTED: "Took", "所要時間";
    COLUMN_MEASURED: "Restore time, measured", "復旧時間の実測";
    COLUMN_CHANGED: "What was changed", "変更の対象";
    COLUMN_IN_MONTH: "In this month", "この月";
    COLUMN_USER: "User", "利用者";
    COLUMN_DIRECTORY: "Directory", "ディレクトリ";
    COLUMN_PUBLIC_KEYS: "Public keys", "公開鍵";
    COLUMN_KEY_AGE: "Age of the keys", "公開鍵の経過日数";
    COLUMN_CREATED: "Created", "作成日";
    COLUMN_OF: "Of", "所属";
    COLUMN_WHEN: "When, or last day", "日時・最終日";
    COLUMN_ITEM: "Item", "品目";
    COLUMN_COUNT: "Count", "数量";
    COLUMN_TAGS: "Tags", "コスト配分タグ";
    COLUMN_COUNTED_BY: "Counted by", "数量の根拠";
    COLUMN_SHEET: "Sheet", "シート";
    COLUMN_ROWS: "Rows", "行数";
    COLUMN_BYTES: "Bytes", "バイト数";
    COLUMN_SHA256: "SHA-256", "SHA-256(ハッシュ値)";

    // Sentences in cells
    GROUP_PLAN: "Approved plan", "承認された計画";
    GROUP_ROUTINE: "Without an approved plan: what the specification asks for without one", "承認された計画によらない変更(設定にもとづく定常の処理)";
    COUNTED: "{0}: {1}", "{0}: {1}";
    APPROVAL_LINE: "{0}: {1}", "{0}: {1}";
    APPROVAL_TICKET: "{0}: {1}, {2}", "{0}: {1}({2})";
    APPROVALS_WITHHELD: "Who approved is left out: the object serves other municipalities too.",
        "他の団体も利用するオブジェクトのため、承認者の表示を省略しています。";
    DESTRUCTIVE: "Destructive", "破壊的";
    REPAIRED: "Repaired", "是正済み";
    LEFT_AND_GONE: "Was left; does not differ now", "残した後、現在は解消";
    STILL_OPEN: "Still differs", "現在も逸脱";
    SAME_PASS: "found and repaired at once", "検知と同時に是正";
    RUN_DONE: "Succeeded", "成功";
    RUN_FAILED: "Failed", "失敗";
    RUN_UNKNOWN: "Ending not recorded", "結果の記録なし";
    WITHIN_OBJECTIVE: "Within the objective", "目標内";
    OVER_OBJECTIVE: "Over the objective", "目標超過";
    TOO_LITTLE_KNOWN: "Too little is known", "判断できる記録なし";
    CHANGED_BUCKET_POLICY: "Bucket policy", "バケットポリシー";
    CHANGED_KEY_POLICY: "Key policy", "鍵ポリシー";
    CHANGED_ROLE: "Role", "IAMロール";
    CHANGED_SFTP_USER: "SFTP user", "SFTP利用者";
    CHANGED_PROVIDER: "Identity provider", "認証連携のプロバイダー";
    FROM_DAY: "from {0}", "{0} から";
    BEGAN: "Began in this month", "この月に開始";
    ENDED: "Ended in this month", "この月に終了";
    BEGAN_AND_ENDED: "Began and ended in this month", "この月に開始し終了";
    ENDS_IN_MONTH: "Ends in this month", "この月に終了予定";
    KEY_ADDED: "added on {0}", "{0} に登録";
    AGE_NOT_TOLD: "not told by anything that was read", "読み取った情報からは不明";
    NO_PUBLIC_KEY: "none", "なし";
    CREATION_NOT_TOLD: "not recorded in this month", "この月の記録になし";
    RANGE_VPC: "VPC", "VPC";
    RANGE_ADDITIONAL: "VPC, additional", "VPC(追加)";
    RANGE_OFFICE: "Office LAN", "庁内";
    RANGE_SUBNET: "Subnet", "サブネット";
    RANGE_SFTP: "May reach SFTP", "SFTPの接続元";
    RANGE_RESOLVER: "May ask the Resolver endpoint", "Resolverへの問い合わせ元";
    ITEM_KEY: "Customer managed keys, {0}", "カスタマー管理キー({0})";
    ITEM_ENDPOINT: "Interface endpoints × zones", "インターフェイスエンドポイント × AZ";
    ITEM_ATTACHMENT: "Transit gateway attachments", "Transit Gatewayアタッチメント";
    ITEM_BUCKET: "Buckets", "バケット";
    ITEM_TRANSFER: "Transfer servers", "Transfer Familyサーバー";
    ITEM_RESOLVER: "Resolver endpoint addresses", "Resolverエンドポイントのアドレス";
    ITEM_IMAGES: "Recovery points: images", "復旧ポイント: AMI";
    ITEM_SNAPSHOTS: "Recovery points: snapshots", "復旧ポイント: スナップショット";
    ITEM_DATABASES: "Recovery points: database snapshots", "復旧ポイント: データベースのスナップショット";
    ITEM_TEMPLATES: "Recovery points: templates", "復旧ポイント: テンプレート";
    BY_STATUS: "Reported", "報告された状態";
    BY_STATUS_ZONES: "{0} endpoints reported, in {1} Availability Zones of the service subnets", "報告されたエンドポイント {0}、共通サブネットのAZ {1}";
    BY_NEWEST_POINT: "Newest recovery point alone; older ones that are kept are not counted in status", "最新の復旧ポイントのみ(保存中の過去分の数は報告されていません)";
    BY_SHARED: "Shared with other municipalities: {0}", "他{0}団体等と共用";
    ZONES_UNKNOWN: "The zones are not known: management is another's", "AZ数は不明(他者が管理するネットワーク)";
    UNREAD_CHECK: "Check that could not be read", "読み取れなかった点検項目";
    UNREAD_CONDITION: "Condition that is not known", "確認できない状態";
    UNREAD_SILENT: "Object without a report", "報告のないオブジェクト";
    UNREAD_KEY: "Key that could not be read", "読み取れなかった鍵";
    UNREAD_REFUSED: "Write that was refused or not answered", "拒否された変更";
    UNREAD_EVIDENCE: "Evidence", "証跡";
    UNREAD_WITHHELD: "Records of shared objects", "共用オブジェクトの記録";
    UNREAD_UNPLACED: "Records of other objects", "所属を確認できない記録";
    WITHHELD_RECORDS: "{0} are not told: their objects serve other municipalities too.",
        "{0}件は、他の団体も利用するオブジェクトの記録のため表示していません。";
    UNPLACED_RECORDS: "{0} in the namespace are not told: their objects were deleted, or are another municipality's.",
        "名前空間内の{0}件は、削除済み、または他の団体のオブジェクトの記録のため表示していません。";
    DISPOSAL_DELETING: "Being deleted", "削除中";
    DISPOSAL_GRANT: "Grant is over", "期限切れの付与";
    DISPOSAL_REVOKED: "Revoked or removed", "廃止・削除済み";
    DISPOSAL_STAYS: "Stays in AWS", "AWSに残存";
    STILL_LET_IN: "AWS still lets it in", "AWSではまだ許可";
    LET_IN_NO_MORE: "AWS lets it in no more", "AWSで許可なし";
    NOT_TOLD_IF_LET_IN: "Whether AWS still lets it in is not reported", "AWSでの許可の有無は未報告";
    SHEETS_ABOUT: "These sheets in CSV hold what this report tells, row by row. A sheet whose checksum is another is not the one that this report was made with.",
        "この報告書の内容は、次のCSVシートに1行ずつ収録されています。チェックサムが一致しないシートは、この報告書と同時に作成されたものではありません。";
    ABOUT_GRANTS_BEGAN: "An exception has no first day in the specification, so only grants can be marked as begun.",
        "例外措置には開始日の項目がないため、「開始」の表示は開始日のある付与に限られます。";
    ABOUT_CERTIFICATES: "Certificates that are well are counted and not listed: {0} were looked at.",
        "問題のない証明書は一覧にせず、件数のみ示します: {0}件を確認。";
    ABOUT_CERTIFICATES_UNKNOWN: "How many certificates were looked at is not known: the account was not read for this report, or has no such check.",
        "確認した証明書の数は不明です(この報告のためのアカウントの読み取り、または該当する点検がありません)。";
    ABOUT_PUBLIC_KEYS: "Nothing tells when a public key was made. Where the month's evidence has its admission, that day is told; else the age is not known.",
        "公開鍵の作成日を示す情報はありません。この月の証跡に登録の記録があるものはその日を示し、それ以外の経過日数は不明です。";
    ABOUT_BILLABLE: "Counts as they are known at the time of the report, without prices, hours and traffic.",
        "作成時点で把握している数量です。単価・稼働時間・通信量は含みません。";
    ABOUT_EXPECTED: "Due: times of the schedules within the month, until the report was made. One run may serve several times that passed together.",
        "予定回数は、月内(作成時点まで)のスケジュールの時刻の数です。時刻が重なった場合は1回の実行が複数の予定を兼ねます。";
    ABOUT_KEY_CREATION: "A key's creation is told where it was recorded in this month.", "鍵の作成日は、この月に記録がある場合のみ示します。";
}
