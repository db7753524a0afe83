//! Every word and sentence that a report shows, in both languages. Words of the API are in [`crate::names`].
//!
//! `{0}`, `{1}` … stand for what is put in.

use crate::language::words;

words! {
    // The head of a page
    TITLE: "Report on tenant environments", "団体環境 状況報告書";
    TITLE_OF_ONE: "{0} ({1}): environment report", "{0}({1})環境 状況報告書";
    KICKER: "Government Cloud (AWS)", "ガバメントクラウド(AWS)";
    HEAD_INSTALLATION: "Installation", "導入名";
    HEAD_MADE_AT: "As of", "作成時点";
    HEAD_FISCAL_YEAR: "Fiscal year", "年度";
    HEAD_MUNICIPALITIES: "Municipalities", "対象の団体環境";
    HEAD_VERSION: "Program version", "プログラムの版";
    SKIP: "Skip to the report", "本文へ移動";
    FOOTER: "Made by jichitai {1} for the installation {0}, from the objects of the cluster and what is named as its source.",
        "導入「{0}」について、jichitai {1} がクラスターのオブジェクトと記載の出典から作成しました。";

    CONTENTS: "Contents", "目次";

    // The summary
    HEADING_SUMMARY: "Summary", "総括";
    HEADING_FAILED: "Checks that failed or could not be read", "不適合・確認不能の点検項目";
    HEADING_ENDINGS: "Exceptions, and grants that end soon", "例外措置と、期限の近い付与";
    HEADING_STRAYS: "Objects without a municipality", "団体に属さないオブジェクト";
    TILE_GOOD: "environments as specified", "設定どおりの団体環境";
    TILE_BAD: "environments that wait for a person", "対応が必要な団体環境";
    TILE_FAILED: "checks failed", "不適合の点検項目";
    TILE_PASSED: "of the judged checks passed", "適合した点検項目";
    TILE_DRIFT: "differences from the specification", "設定からの逸脱";
    TILE_POINTS: "backup policies within their objective", "目標復旧時点を満たすバックアップ";
    TILE_SOON: "grants and exceptions end within 30 days", "30日以内に期限を迎える付与・例外";
    TILE_OVER: "grants and exceptions are over", "期限を過ぎた付与・例外";
    KEY: "Signs:", "記号:";
    STANDING_GOOD: "Good", "良好";
    STANDING_BAD: "Needs action", "要対応";
    STANDING_MOVING: "Under way", "進行・待機中";
    STANDING_UNKNOWN: "Not known", "確認不能";
    STANDING_EXCUSED: "Excepted", "例外あり";
    STANDING_ABSENT: "Nothing there", "対象なし";
    AREA_WHOLE: "Overall", "全体";
    AREA_KEYS: "Keys", "暗号鍵";
    AREA_NETWORK: "Network", "ネットワーク";
    AREA_GUARDRAILS: "Guardrails", "ガードレール";
    AREA_FILES: "File linkage", "ファイル連携";
    AREA_BACKUPS: "Backups", "バックアップ";
    AREA_NAMES: "Name resolution", "名前解決";
    AREA_DRIFT: "Drift", "逸脱";

    // Parts of a municipality's section
    PART_FACTS: "What it is", "環境の概要";
    PART_CONDITIONS: "Conditions", "構成の状態";
    PART_GUARDRAILS: "Guardrails", "ガードレールの点検結果";
    PART_KEYS: "Keys", "暗号鍵と利用者";
    PART_ACCESS: "Who may read and write files", "ファイル連携のアクセス権";
    PART_BACKUPS: "Backups in Osaka", "大阪への遠隔地バックアップ";
    PART_NETWORK: "Network", "ネットワーク構成";
    PART_NAMES: "Name resolution", "名前解決";
    PART_DRIFT: "Drift and history", "逸脱と履歴";

    PART_ENDINGS: "Exceptions and grants by their last day", "例外措置・付与の期限一覧";

    // Facts
    FACT_USAGE: "Usage", "利用方式";
    FACT_ISOLATION: "Isolation", "分離方式";
    FACT_ACCOUNT: "AWS account", "AWSアカウント";
    FACT_SYSTEM: "System", "システム名";
    FACT_BUSINESSES: "Business ids", "業務ID";
    FACT_PREDECESSORS: "Merged municipalities", "合併前の団体";
    FACT_MODE: "Changes are", "動作モード";
    FACT_DRIFT_ACTION: "Drift is", "逸脱時の動作";
    FACT_CONNECTION: "Connection to the office", "庁内との接続";
    FACT_OVERLAP: "Overlapping addresses", "アドレス重複の解消方法";
    FACT_NETWORK_OWNER: "The network's operator", "回線運用管理補助者";

    // Captions
    TABLE_MATRIX: "How each environment stands, by area", "団体環境ごと・領域ごとの状況";
    TABLE_FAILED: "The gravest first", "重要度の高い順";
    TABLE_STRAYS: "Objects without a municipality", "団体に属さないオブジェクト";
    TABLE_CONDITIONS: "Conditions of all objects", "全オブジェクトの状態";
    TABLE_GUARDRAILS: "Checks and what they rest on", "点検項目ごとの結果と根拠";
    TABLE_KEYS: "Customer managed keys", "カスタマー管理キー(CMK)";
    TABLE_KEY_ACCESS: "Who administers and who uses the keys, as specified", "鍵の管理者と利用者(設定上)";
    TABLE_ACCESS: "Rights to buckets, by organization", "事業者ごとのバケットへのアクセス権";
    TABLE_RECOVERY_POINTS: "Recovery points, runs and drills", "復旧ポイント・実行・復旧訓練";
    TABLE_LOSSES: "Failed copies, and data without a copy", "失敗したコピーと対象外のデータ";
    TABLE_NETWORKS: "Subnets and what keeps zones apart", "サブネットと領域の分離";
    TABLE_PEERS: "Permitted connections", "許可している通信";
    TABLE_ENDPOINTS: "Interface endpoints", "インターフェイスエンドポイント";
    TABLE_NAMES: "Resolver endpoints and addresses", "Resolverエンドポイントとアドレス";
    TABLE_RULES: "Forwarding rules", "転送ルール";
    TABLE_ASSOCIATIONS: "Associations of rules", "転送ルールの関連付け";
    TABLE_DRIFT: "Differences now", "現在の逸脱";
    TABLE_EVIDENCE: "What happened", "これまでの記録";
    TABLE_ENDINGS: "In the order of the last days", "期限の早い順";

    // In place of an empty table
    NONE_MUNICIPALITIES: "There is no municipality in this report.", "この報告の対象となる団体はありません。";
    NONE_STRAYS: "Every object belongs to a municipality of this report.", "すべてのオブジェクトがこの報告の団体に属します。";
    NONE_CONDITIONS: "No condition was reported.", "報告された状態はありません。";
    NONE_GUARDRAILS: "No check was made yet.", "点検はまだ行われていません。";
    NONE_FAILED: "No check failed, and all could be read.", "不適合・確認不能の項目はありません。";
    NONE_KEYS: "No key was reported.", "報告された鍵はありません。";
    NONE_KEY_ACCESS: "The specification names no administrator and no user of the keys.", "鍵の管理者・利用者は設定されていません。";
    NONE_ACCESS: "There is no file linkage, so nobody has access.", "ファイル連携の設定がなく、アクセス権を持つ者はいません。";
    NONE_RECOVERY_POINTS: "There is no backup policy for this environment.", "この環境のバックアップ設定はありません。";
    NONE_LOSSES: "No copy failed, and all data has a copy.", "失敗したコピーも対象外のデータもありません。";
    NONE_NETWORKS: "The specification names no subnet.", "設定されたサブネットはありません。";
    NONE_PEERS: "No connection is permitted.", "許可している通信はありません。";
    NONE_ENDPOINTS: "There is no interface endpoint.", "インターフェイスエンドポイントはありません。";
    NONE_NAMES: "No Resolver endpoint serves this environment.", "この環境で使うResolverエンドポイントはありません。";
    NONE_RULES: "No forwarding rule holds here.", "適用される転送ルールはありません。";
    NONE_ASSOCIATIONS: "There is no association.", "関連付けはありません。";
    NONE_DRIFT: "AWS does not differ from the specification.", "設定からの逸脱はありません。";
    NONE_EVIDENCE: "The evidence store has no record of this environment.", "この環境の証跡の記録はありません。";
    NONE_ENDINGS: "Nothing has a last day.", "期限のある例外措置・付与はありません。";

    // Columns
    COLUMN_MUNICIPALITY: "Municipality", "団体";
    COLUMN_NAMESPACE: "Namespace", "名前空間";
    COLUMN_OBJECT_NAME: "Object name", "オブジェクト名";
    COLUMN_CODE: "Code", "団体コード";
    COLUMN_ENVIRONMENT: "Environment", "環境";
    COLUMN_KIND: "Kind", "種類";
    COLUMN_NAME: "Name", "名前";
    COLUMN_OBJECT: "Object", "オブジェクト";
    COLUMN_CONDITION: "Condition", "項目";
    COLUMN_STATUS: "Status", "状態";
    COLUMN_STATE: "State", "状態";
    COLUMN_REASON: "Reason", "理由";
    COLUMN_MESSAGE: "Message", "詳細";
    COLUMN_SINCE: "Since", "いつから";
    COLUMN_CHECK: "Check", "点検項目";
    COLUMN_TITLE: "Title", "内容";
    COLUMN_OUTCOME: "Outcome", "結果";
    COLUMN_SEVERITY: "Severity", "重要度";
    COLUMN_EVIDENCE: "Evidence", "確認した内容";
    COLUMN_LOOKED_AT: "Looked at", "確認数";
    COLUMN_FINDINGS: "Findings", "指摘";
    COLUMN_READ_AT: "Read at", "確認時刻";
    COLUMN_BASIS: "Source", "根拠";
    COLUMN_SOURCE: "Statement", "出典";
    COLUMN_CONTROLS: "Controls", "対応するコントロール";
    COLUMN_REMEDIATION: "Remediation or exemption", "是正方法・適用除外";
    COLUMN_EXEMPTION_REASON: "Reason of the exemption", "適用除外の理由";
    COLUMN_APPROVED_BY: "Approved by", "承認者";
    COLUMN_UNTIL: "Until", "期限";
    COLUMN_FROM: "From", "開始日";
    COLUMN_REGION: "Region", "リージョン";
    COLUMN_PURPOSE: "Purpose", "用途";
    COLUMN_ARN: "ARN", "鍵のARN";
    COLUMN_ROTATION: "Rotation", "ローテーション";
    COLUMN_IN_USE: "In use", "利用中";
    COLUMN_DELETION: "Deletion", "削除予定";
    COLUMN_RIGHT: "Right", "権限";
    COLUMN_ROLE: "Role", "ロール";
    COLUMN_SERVICES: "Services", "利用サービス";
    COLUMN_ORGANIZATION: "Organization", "事業者・団体";
    COLUMN_CONTRACT: "Contract", "契約番号";
    COLUMN_BUCKET: "Bucket", "バケット";
    COLUMN_BUCKET_NAME: "Bucket name", "バケット名";
    COLUMN_PROVIDES: "Business that provides", "提供側の業務ID";
    COLUMN_WHO: "Who", "誰が";
    COLUMN_CAPACITY: "As", "立場";
    COLUMN_BUSINESS: "Business id", "業務ID";
    COLUMN_WAYS: "VPC endpoints", "経路";
    COLUMN_EFFECTIVE: "In effect", "有効性";
    COLUMN_BUCKET_POLICY: "Bucket policy", "バケットポリシー";
    COLUMN_KEY_POLICY: "Key policy", "鍵ポリシー";
    COLUMN_EXCEPTION: "Exception", "例外";
    COLUMN_POLICY: "Policy", "バックアップ設定";
    COLUMN_OBJECTIVE_MET: "Objective", "目標の達成";
    COLUMN_NEWEST: "Newest point", "最新の復旧ポイント";
    COLUMN_AGE: "Age", "経過時間";
    COLUMN_RPO: "Recovery point objective", "目標復旧時点";
    COLUMN_HOLDS: "Holds", "内容";
    COLUMN_IMAGES: "Images", "AMI";
    COLUMN_SNAPSHOTS: "Snapshots", "スナップショット";
    COLUMN_DATABASES: "Databases", "データベース";
    COLUMN_TEMPLATES: "Templates", "テンプレート";
    COLUMN_RUNS: "Runs", "実行";
    COLUMN_LAST_RUN: "Last run", "直近の実行";
    COLUMN_LAST_SUCCESS: "Last success", "直近の成功";
    COLUMN_NEXT_RUN: "Next run", "次回の実行";
    COLUMN_RESTORE: "Restore, measured", "復旧時間の実測";
    COLUMN_RTO: "Recovery time objective", "目標復旧時間";
    COLUMN_FAILURES: "Failures", "失敗";
    COLUMN_UNCOVERED: "Without a copy", "対象外";
    COLUMN_WHAT: "What", "区分";
    COLUMN_RESOURCE: "Resource", "リソース";
    COLUMN_COPY: "Copy", "コピー";
    COLUMN_VPC: "VPC", "対象のVPC";
    COLUMN_ZONE: "Zone", "領域";
    COLUMN_ZONE_TYPE: "Kind of zone", "領域の種別";
    COLUMN_SUBNET: "Subnet", "サブネット";
    COLUMN_CIDR: "Range", "アドレス範囲";
    COLUMN_AZ: "Availability Zone", "アベイラビリティゾーン";
    COLUMN_SUBNET_ID: "Subnet id", "サブネットID";
    COLUMN_ROUTE_TABLE: "Route table", "経路表";
    COLUMN_NETWORK_ACL: "Network ACL", "ネットワークACL";
    COLUMN_SECURITY_GROUP: "Security group", "セキュリティグループ";
    COLUMN_PEER: "Peer", "通信先";
    COLUMN_DIRECTION: "Direction", "方向";
    COLUMN_PORTS: "Ports", "ポート";
    COLUMN_SERVICE: "Service", "サービス";
    COLUMN_ID: "Id", "識別子";
    COLUMN_ENDPOINT: "Endpoint", "エンドポイント";
    COLUMN_PLACE: "Place", "設置場所";
    COLUMN_ADDRESS: "Address", "アドレス";
    COLUMN_RULE: "Rule", "ルール";
    COLUMN_RULES: "Rules", "適用するルール";
    COLUMN_DOMAIN: "Domain", "ドメイン";
    COLUMN_TYPE: "Type", "種別";
    COLUMN_TARGETS: "Targets", "転送先";
    COLUMN_ACCEPTED: "Accepted", "受け入れ";
    COLUMN_ESTABLISHED: "Rules in effect", "有効なルール数";
    COLUMN_OTHERS: "Others", "他の関連付け";
    COLUMN_PART: "Part", "部分";
    COLUMN_PATH: "Property", "項目";
    COLUMN_WANT: "Specified", "設定";
    COLUMN_HAVE: "In AWS", "AWSの値";
    COLUMN_TIME: "Time", "時刻";
    COLUMN_EVENT: "Event", "出来事";
    COLUMN_SUMMARY: "Summary", "内容";
    COLUMN_APPROVER: "Approved by", "承認者・申請番号";
    COLUMN_PARTY: "In which capacity", "承認主体";
    COLUMN_DESTRUCTIVE: "Destructive", "破壊的変更";
    COLUMN_DETAIL: "Detail", "補足";
    COLUMN_ACCOUNT: "Account", "アカウント";
    COLUMN_TICKET: "Ticket", "申請番号";
    COLUMN_PLAN: "Plan and request", "計画・要求の識別子";
    COLUMN_REQUEST: "Request id", "AWS要求ID";
    COLUMN_REPAIRED_AFTER: "Repaired after", "是正までの時間";
    COLUMN_STANDING: "Standing", "状況";
    COLUMN_DAYS_LEFT: "Days left", "残り日数";
    COLUMN_SUBJECT: "Of whom or what", "対象";
    COLUMN_ENDING_BASIS: "Approved by, or contract", "承認者・契約番号";

    // Sentences in cells
    YES: "Yes", "はい";
    NO: "No", "いいえ";
    NOT_REPORTED: "Not reported yet", "未報告";
    NOT_CREATED: "not created yet", "未作成";
    NOT_RECORDED: "existing, id not recorded", "既存(IDの記録なし)";
    WITHHELD: "Left out: the object serves other municipalities too, and the sentence may name them.",
        "他の団体も利用するオブジェクトのため、文面の表示を省略しています。";
    WITHHELD_COUNT: "{0} not shown: the object serves other municipalities too.",
        "{0}件は、他の団体も利用するオブジェクトのため表示を省略しています。";
    NO_RESULT: "No result", "結果なし";
    LOOKED_AT: "{0} looked at", "{0}件を確認";
    READ_AT: "read {0}", "{0} 確認";
    APPROVED_BY: "approved by {0}", "承認: {0}";
    APPROVED_UNTIL: "approved by {0}, until {1}", "承認: {0}、期限: {1}";
    UNTIL: "{0} (until {1})", "{0}({1}まで)";
    LAST_PUBLISHED: "The account was not read for this report: these are the results that the operator published last, with the checks that did not pass one by one.",
        "この報告のためのアカウントの読み取りは行っていません。オペレーターが最後に公表した結果であり、適合しなかった項目だけを個別に示します。";
    LAST_PUBLISHED_OF: "Environments whose account was not read for this report: {0}. For these the operator's last published results are shown.",
        "この報告のためのアカウントの読み取りを行っていない団体環境: {0}。これらはオペレーターが最後に公表した結果です。";
    QUARANTINED: "disabled before deletion until {0}", "{0} まで削除前の無効化期間";
    EVERY_DAYS: "every {0} days", "{0}日ごと";
    ROTATION_OFF: "Off", "停止中";
    RIGHT_ADMINISTER: "Key administrator", "鍵の管理者";
    RIGHT_USE: "Key user", "鍵の利用者";
    RIGHT_READ: "Read", "読み取り";
    RIGHT_WRITE: "Write", "書き込み";
    CAPACITY_PROVIDER: "Provider", "提供側";
    CAPACITY_CONSUMER: "Consumer", "利用側";
    CAPACITY_SFTP: "SFTP user", "SFTP利用者";
    CAPACITY_CLIENT: "Client of the federation", "認証連携のクライアント";
    FOR_BUSINESS: "business {0}", "業務 {0}";
    BY_ENDPOINTS: "by {0}", "経路 {0}";
    LET_IN: "In effect", "有効";
    NOT_LET_IN: "Not in effect", "無効";
    KEY_POLICY_MISSING: "Key policy missing", "鍵ポリシー未許可";
    BUCKET_POLICY_MISSING: "Bucket policy missing", "バケットポリシー未許可";
    CROSS_ZONE: "of the zone {0}, until {1}", "領域 {0} のロール、{1}まで";
    CROSS_MUNICIPALITY: "of the municipality {0}, until {1}", "団体 {0} のロール、{1}まで";
    CROSS_ENVIRONMENT: "of another environment ({0}), until {1}", "{0}のロール、{1}まで";
    WITHOUT_END: "no last day", "期限なし";
    END_UNREADABLE: "No date", "日付でない";
    HOLDS: "Holds", "有効";
    ENDS_SOON: "Ends within 30 days", "30日以内に終了";
    IS_OVER: "Is over", "期限切れ";
    DAYS_LEFT: "days left: {0}", "残り{0}日";
    ALSO_SERVES: "other municipalities served: {0}", "他{0}団体と共用";
    SUSPENDED: "suspended", "一時停止中";
    NO_POINT: "no recovery point yet", "復旧ポイントなし";
    AGE_AGAINST: "age {0}, objective {1}", "経過 {0} / 目標 {1}";
    AGAINST_RTO: "objective {0}", "目標 {0}";
    NOT_MEASURED: "not measured", "未実測";
    RUN_GOES_ON: "Run goes on", "実行中";
    COPY_FAILED: "Copy failed", "コピー失敗";
    NOT_COVERED: "Without a copy", "対象外";
    SERVICE_SUBNETS: "Service subnets", "共通サブネット";
    EXCEPTION_BETWEEN_ZONES: "Exception between zones", "領域間通信の例外";
    SHARED_VPC: "Shared VPC", "共用VPC";
    RETIRING: "retiring", "廃止待ち";
    ALL_RULES: "all", "すべて";
    NO_OWN_ASSOCIATION: "none of this environment's own", "この環境の関連付けなし";
    OTHERS: "others: {0}", "他{0}件";
    EVIDENCE_MISSING: "This report holds no history of changes, approvals, drift and drills.",
        "変更・承認・逸脱・訓練の履歴は、この報告に含まれません。";
    EVIDENCE_SINCE: "What happened is told since {0}, with that month; what was before is not in this report.",
        "これまでの記録は {0} 以降のものです。それより前の記録は、この報告に含まれません。";
    END_APPROVAL: "Approval of a plan", "計画の承認";
    END_PREDECESSOR: "Access to a merged municipality's data", "合併前の団体のデータの参照";
    END_EXEMPTION: "Exemption from a check", "点検の適用除外";
    END_CROSS_ZONE: "Access from another zone", "領域をまたぐアクセス";
    END_CROSS_MUNICIPALITY: "Access from another municipality", "団体をまたぐアクセス";
    END_CROSS_ENVIRONMENT: "Access from another environment", "環境をまたぐアクセス";
    END_COVERAGE: "Data without a copy", "コピー対象外の例外";
    END_HOLD: "Hold of copies", "コピーの削除保留";
    DAYS: "{0} d", "{0}日";
    HOURS: "{0} h", "{0}時間";
    MINUTES: "{0} min", "{0}分";
    UNDER_A_MINUTE: "under 1 min", "1分未満";
    FOLDED: "{0}: {1} rows", "{0}({1}件)";
    FOLDED_BAD: "need action: {0}", "要対応 {0}件";

    // The chart
    CHART: "Age of the newest recovery points against their objectives", "最新の復旧ポイントの経過時間と目標復旧時点";
    CHART_CAPTION: "Bar: age of the newest recovery point; hatched where it is too old or not known. Upright line: the objective.",
        "棒: 最新の復旧ポイントの経過時間(斜線は目標超過または確認不能)。縦線: 目標復旧時点。";

    // The drawing
    DRAWING: "Drawing of the network", "ネットワーク構成図";
    DRAWING_CAPTION: "As specified; what AWS does not have yet is drawn in outline. The tables below tell the same in words.",
        "設定にもとづく構成図です。AWSに未作成のものは破線で示します。同じ内容を下の表にも記載しています。";
    DRAW_HEADING: "{0} ({1}), {2}: network", "{0}({1}){2} ネットワーク構成図";
    DRAW_DESCRIPTION: "The office on the left, the transit gateway in the middle, the VPC in Tokyo and the copies in Osaka on the right: zones: {0}, peers: {1}, interface endpoints: {2}, Resolver endpoints: {3}, exceptions between zones: {4}.",
        "左に庁内、中央にTransit Gateway、右に東京のVPCと大阪のコピーを示す。領域 {0}、通信先 {1}、インターフェイスエンドポイント {2}、Resolverエンドポイント {3}、領域間通信の例外 {4}。";
    DRAW_OFFICE: "Office and peers", "庁内LAN・通信先";
    DRAW_GATEWAY: "Transit gateway", "Transit Gateway";
    DRAW_NO_GATEWAY: "none specified", "指定なし";
    DRAW_NOT_ATTACHED: "not attached yet", "アタッチメント未作成";
    DRAW_NO_ATTACHMENT: "no attachment", "アタッチメントなし";
    DRAW_ATTACHMENT: "Attachment to the transit gateway", "Transit Gatewayアタッチメント";
    DRAW_TOKYO: "Tokyo Region (ap-northeast-1)", "東京リージョン(ap-northeast-1)";
    DRAW_OSAKA: "Osaka Region (ap-northeast-3)", "大阪リージョン(ap-northeast-3)";
    DRAW_ACCOUNT: "account {0}", "アカウント {0}";
    DRAW_CLOSED: "No internet gateway, no NAT gateway: a closed network", "インターネットゲートウェイなし・NATゲートウェイなし(閉域網)";
    DRAW_OPEN: "A way to the internet was found: see the checks", "インターネットへの出口あり(点検結果を参照)";
    DRAW_CLOSED_EXISTING: "No internet gateway may be attached: required, see the checks", "インターネットゲートウェイなし(要件。点検結果を参照)";
    DRAW_ROUTE_TABLE: "Routes", "経路表";
    DRAW_NETWORK_ACL: "ACL", "ACL";
    DRAW_SECURITY_GROUP: "Group", "SG";
    DRAW_ONLY_443: "all zones, port 443 only", "全領域から443番のみ";
    DRAW_RESOLVER: "Resolver endpoint", "Resolverエンドポイント";
    DRAW_IN_ZONE: "zone {0}", "領域 {0}";
    DRAW_KEPT: "inside AWS: {0}", "AWS内で解決: {0}";
    DRAW_OFFICE_DNS: "Name servers of the office", "庁内DNS";
    DRAW_FORWARDERS: "Name servers asked", "転送先DNS";
    DRAW_ASSOCIATION: "rules that hold in the VPC: {0}; other associations: {1}", "転送ルール{0}件をVPCに適用(他の関連付け {1}件)";
    DRAW_EXCEPTION: "until {1}, approved by {0}", "期限: {1}、承認: {0}";
    DRAW_MORE: "and {0} more", "ほか{0}件";
    DRAW_TOKYO_KEYS: "Keys in Tokyo", "東京の暗号鍵";
    DRAW_KEY: "Key (CMK):", "鍵(CMK)";
    DRAW_COPIES: "Copies:", "コピー";
    DRAW_POINT: "newest point {0}", "最新の復旧ポイント {0}";
    DRAW_RPO: "objective {0}", "目標復旧時点 {0}";
    DRAW_NO_POLICY: "no backup policy", "バックアップ設定なし";
    DRAW_COPYING: "copies, encrypted anew under the key in Osaka", "大阪の鍵で暗号化し直したコピー";
    DRAW_LEGEND: "Legend", "凡例";
    DRAW_OUTLINE: "not created yet", "未作成";
    DRAW_EXCEPTION_ARROW: "exception between zones (dashed arrow)", "領域間通信の例外(破線の矢印)";
    DRAW_ARROW: "arrow: who opens the connection", "矢印: 通信を開始する向き";
}
