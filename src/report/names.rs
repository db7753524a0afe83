//! The API's own words in both languages: every variant that a report shows.

use jichitai_api::common::{DeletionPolicy, DriftAction, Mode, Party};
use jichitai_api::file_link_bucket::{ClientAccess, GrantedAccess, SftpAccess};
use jichitai_api::municipality::{
    Direction, Environment, GuardrailOutcome, Isolation, KeyPurpose, KeyService, KeyStatusState, NetworkConnection,
    NetworkManagement, OverlapResolution, PeerKind, Protocol, UsageModel, ZoneType,
};
use jichitai_api::resolver_endpoint::{EndpointDirection, ForwardRuleType};
use jichitai_api::{ConditionType, Region};
use jichitai_plan::evidence::{Outcome, RecordKind};

use crate::book::Severity;
use crate::language::Word;

/// What has a name for programs and a word for people.
pub(crate) trait Named: Copy {
    /// The name in the API.
    fn key(self) -> &'static str;

    /// The word.
    fn word(self) -> Word;
}

macro_rules! named {
    ($($type:ident { $($variant:ident: $en:literal, $ja:literal;)+ })+) => {
        $(impl Named for $type {
            fn key(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            fn word(self) -> Word {
                match self { $(Self::$variant => Word { en: $en, ja: $ja },)+ }
            }
        })+

        /// Every word of this table.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, Word)] = &[$($((stringify!($variant), Word { en: $en, ja: $ja }),)+)+];
    };
}

named! {
    Environment {
        Production: "Production", "本番環境";
        Verification: "Verification", "検証環境";
        Development: "Development", "開発環境";
        Training: "Training", "研修環境";
        Migration: "Migration", "移行環境";
    }
    UsageModel {
        Shared: "Shared use (the vendor's account)", "共同利用方式";
        Dedicated: "Dedicated use (the municipality's own account)", "単独利用方式";
    }
    Isolation {
        Account: "By account", "アカウント分離";
        Network: "By network", "ネットワーク分離";
        Application: "By application", "アプリケーション分離";
    }
    Mode {
        Enforce: "Enforced", "適用(Enforce)";
        Plan: "Planned, and applied once approved", "計画の承認後に適用(Plan)";
        Observe: "Observed only", "確認のみ(Observe)";
    }
    DriftAction {
        Repair: "Repaired", "修復する";
        Report: "Reported only", "報告のみ";
    }
    Region {
        Tokyo: "Tokyo", "東京";
        Osaka: "Osaka", "大阪";
    }
    KeyPurpose {
        All: "All data", "全データ";
        Ebs: "Volumes and snapshots", "ボリューム・スナップショット";
        S3: "Buckets", "バケット";
        Rds: "Databases", "データベース";
    }
    KeyStatusState {
        Absent: "Not created yet", "未作成";
        Enabled: "Enabled", "有効";
        Disabled: "Disabled", "無効";
        PendingDeletion: "Waiting for deletion", "削除待機中";
        Unknown: "Could not be read", "確認不能";
    }
    KeyService {
        Ebs: "EBS", "EBS";
        S3: "S3", "S3";
        Rds: "RDS", "RDS";
        Efs: "EFS", "EFS";
        Logs: "CloudWatch Logs", "CloudWatch Logs";
        SecretsManager: "Secrets Manager", "Secrets Manager";
    }
    NetworkConnection {
        Direct: "Leased line", "専用線";
        AspDataCenter: "Via the vendor's data centre", "ASPのデータセンター経由";
        PrefecturalWan: "Via the prefecture's network", "都道府県WAN経由";
        Lgwan: "Via LGWAN", "LGWAN経由";
    }
    NetworkManagement {
        Managed: "Managed by the operator", "オペレーターが管理";
        Existing: "Existing, checked only", "既存(確認のみ)";
    }
    OverlapResolution {
        None: "None", "なし";
        PrivateLink: "PrivateLink", "PrivateLink";
        Nat: "Address translation", "アドレス変換(NAT)";
        Tunnel: "Tunnel", "トンネル";
    }
    ZoneType {
        MyNumberAffairs: "My Number affairs", "マイナンバー利用事務系";
        LgwanConnected: "LGWAN-connected", "LGWAN接続系";
        Maintenance: "Maintenance", "運用保守";
    }
    PeerKind {
        OnPremises: "Office LAN", "庁内";
        OtherVendorVpc: "Another vendor's VPC", "他事業者のVPC";
        Maintenance: "Maintenance site", "保守拠点";
    }
    Protocol {
        Tcp: "TCP", "TCP";
        Udp: "UDP", "UDP";
    }
    Direction {
        Inbound: "Opened from outside", "外から";
        Outbound: "Opened by the zone", "領域から";
        Both: "Either way", "双方向";
    }
    EndpointDirection {
        Inbound: "Inbound (the office asks)", "受信(庁内からの問い合わせ)";
        Outbound: "Outbound (AWS asks)", "送信(AWSからの問い合わせ)";
    }
    ForwardRuleType {
        Forward: "Forwarded", "転送";
        System: "Kept inside AWS", "AWS内で解決";
    }
    GrantedAccess {
        Read: "Read", "読み取り";
        Write: "Write", "書き込み";
        ReadWrite: "Read and write", "読み書き";
    }
    SftpAccess {
        Read: "Read", "読み取り";
        Write: "Write", "書き込み";
        ReadWrite: "Read and write", "読み書き";
    }
    ClientAccess {
        Read: "Read", "読み取り";
        Write: "Write", "書き込み";
    }
    GuardrailOutcome {
        Passed: "Passed", "適合";
        Failed: "Failed", "不適合";
        Exempt: "Exempt", "適用除外";
        Unreadable: "Could not be read", "確認不能";
        NotOurs: "Out of scope (ask the network's operator or owner)", "対象外(回線事業者等へ照会)";
    }
    Severity {
        High: "High", "高";
        Medium: "Medium", "中";
        Low: "Low", "低";
    }
    RecordKind {
        Write: "Change of AWS", "AWSの変更";
        Approval: "Approval", "承認";
        Drift: "Drift seen", "逸脱の検知";
        Repair: "Drift repaired", "逸脱の是正";
        Run: "Backup run", "バックアップ実行";
        Drill: "Restore drill", "復旧訓練";
    }
    Outcome {
        Done: "Done", "実施";
        Refused: "Refused by AWS, or not answered", "AWSの拒否・応答なし";
    }
    Party {
        Asp: "Vendor", "ASP事業者";
        Municipality: "Municipality", "地方公共団体";
        NetworkOperator: "Network's operator", "回線運用管理補助者";
    }
    DeletionPolicy {
        Retain: "Everything stays", "すべて残す(Retain)";
        RetainDataRevokeAccess: "Data stays, every access goes", "データを残しアクセスを廃止(RetainDataRevokeAccess)";
        Delete: "What holds no data and has no use is deleted", "データがなく利用のないものを削除(Delete)";
    }
    ConditionType {
        Ready: "Ready", "全体";
        Reconciling: "Changes under way", "変更中";
        Stalled: "Waiting for a person", "対応待ち";
        SpecValid: "Specification", "設定の妥当性";
        AccountReady: "Account", "アカウント";
        PlanApproved: "Approval", "計画の承認";
        DriftFree: "No drift", "逸脱なし";
        KeysReady: "Keys", "暗号鍵";
        NetworkReady: "Network", "ネットワーク";
        ConnectionReady: "Connection to the office", "庁内との接続";
        GuardrailsPassed: "Guardrails", "ガードレール";
        BucketReady: "Bucket", "バケット";
        AccessReady: "Access", "アクセス権";
        SftpReady: "SFTP", "SFTP接続";
        FederationReady: "Federation", "認証連携";
        ReplicationReady: "Replication to Osaka", "大阪への複製";
        CopiesReady: "Copies", "コピー";
        RecoveryPointObjectiveMet: "Recovery point objective", "目標復旧時点";
        RecoveryTimeObjectiveMet: "Recovery time objective", "目標復旧時間";
        CoverageComplete: "Coverage", "網羅性";
        BackupRunning: "Copies being made", "コピー実行中";
        EndpointReady: "Resolver endpoint", "Resolverエンドポイント";
        RulesReady: "Forwarding rules", "転送ルール";
        AssociationsReady: "Associations", "関連付け";
    }
}
