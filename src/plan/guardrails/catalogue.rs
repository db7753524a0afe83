//! All checks: what has to be so, who asks for it, and what to do when it is not.
//!
//! Sources are the seeds of the design's domain notes: S0 the points on security of the recommended configuration (推奨構成),
//! S1 its edition for ASPs, S2 the overview of Government Cloud, S3 connection and file linkage.
//! Controls: [AWS Config managed rules](https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html),
//! [Security Hub controls](https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html).

use crate::guardrails::{
    Check, Severity, Words, backups, certificates, connection, encryption, exposure, keys, network, orphaned, people,
    places, quotas, services, zones,
};

macro_rules! checks {
    ($($id:literal $severity:ident $source:literal [$($control:literal),*] $judge:path {
        $title_en:literal, $title_ja:literal;
        $remedy_en:literal, $remedy_ja:literal;
    })*) => {
        /// All checks, in the order in which reports show them.
        pub const CHECKS: &[Check] = &[$(Check {
            id: $id,
            title: Words::new($title_en, $title_ja),
            source: $source,
            severity: Severity::$severity,
            remedy: Words::new($remedy_en, $remedy_ja),
            controls: &[$($control),*],
            judge: $judge,
        }),*];
    };
}

checks! {
    "ebs-encrypted" High "S0" ["encrypted-volumes", "EC2.3"] encryption::volumes {
        "EBS volumes are encrypted with a key of the tenant", "EBS ボリュームが団体の鍵で暗号化されている";
        "Make a snapshot, copy it under the tenant's key, and replace the volume.",
        "スナップショットを団体の鍵でコピーし、ボリュームを置き換えてください。";
    }
    "snapshots-encrypted" High "S0" [] encryption::snapshots {
        "Snapshots and images are encrypted with a key of the tenant", "スナップショットと AMI が団体の鍵で暗号化されている";
        "Copy it under the tenant's key, and delete the old one.", "団体の鍵でコピーし、元のものを削除してください。";
    }
    "ebs-default-encryption" Medium "S0" ["ec2-ebs-encryption-by-default", "EC2.7"] encryption::defaults {
        "New EBS volumes are encrypted by default", "新しい EBS ボリュームが既定で暗号化される";
        "Set spec.encryption.ebsDefaultEncryption to true.", "spec.encryption.ebsDefaultEncryption を true にしてください。";
    }
    "databases-encrypted" High "S0"
    ["rds-storage-encrypted", "rds-cluster-encrypted-at-rest", "rds-snapshot-encrypted", "RDS.3", "RDS.4", "RDS.27"]
    encryption::databases {
        "Databases and their snapshots are encrypted with a key of the tenant",
        "データベースとそのスナップショットが団体の鍵で暗号化されている";
        "Copy a snapshot under the tenant's key, and restore the database from it.",
        "スナップショットを団体の鍵でコピーし、そこからデータベースを復元してください。";
    }
    "buckets-encrypted" High "S0" ["s3-default-encryption-kms", "S3.17"] encryption::buckets {
        "Buckets are encrypted with a key of the tenant", "バケットが団体の鍵で暗号化されている";
        "Set SSE-KMS with the tenant's key as default encryption, and copy the objects onto themselves.",
        "既定の暗号化を団体の鍵による SSE-KMS にし、既存のオブジェクトを上書きコピーしてください。";
    }
    "buckets-not-public" High "S0" ["s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited", "S3.2", "S3.3"]
    exposure::buckets {
        "No bucket is public", "公開されたバケットがない";
        "Turn the public-access block on, then mend the policy and the ACL.",
        "パブリックアクセスブロックを有効にし、ポリシーと ACL を修正してください。";
    }
    "buckets-public-access-blocked" High "S0" ["s3-bucket-level-public-access-prohibited", "S3.8"] exposure::blocks {
        "The public-access block of buckets is on", "バケットのパブリックアクセスブロックが有効である";
        "Turn all four settings on.", "4 つの設定をすべて有効にしてください。";
    }
    "buckets-tls-only" High "S0" ["s3-bucket-ssl-requests-only", "S3.5"] exposure::tls {
        "Buckets refuse plain HTTP", "バケットが平文の HTTP を拒否する";
        "Deny all actions where aws:SecureTransport is false.", "aws:SecureTransport が false の操作をすべて拒否してください。";
    }
    "snapshots-not-public" High "S0" ["ebs-snapshot-public-restorable-check", "rds-snapshots-public-prohibited", "EC2.1", "RDS.1"]
    exposure::snapshots {
        "No snapshot is public", "公開されたスナップショットがない";
        "Make it private, and find out who copied it.", "非公開にし、コピーされていないか確認してください。";
    }
    "images-not-public" High "S0" [] exposure::images {
        "No image is public", "公開された AMI がない";
        "Make it private, and find out who used it.", "非公開にし、使用されていないか確認してください。";
    }
    "databases-not-public" High "S0" ["rds-instance-public-access-check", "RDS.2"] exposure::databases {
        "No database is reachable from the internet", "インターネットから到達できるデータベースがない";
        "Set publicly accessible to no.", "パブリックアクセスを無効にしてください。";
    }
    "security-groups-closed" High "S0" ["vpc-sg-open-only-to-authorized-ports", "EC2.18", "EC2.19"] network::groups {
        "No security group is open to the world", "全世界に開いたセキュリティグループがない";
        "Replace the rule by one that names the range that has to come in.", "必要な範囲だけを許可する規則に置き換えてください。";
    }
    "zones-apart-groups" High "S0, S3" [] zones::groups {
        "Security groups keep zones apart", "セキュリティグループが領域を分離している";
        "Take the rule away, or declare the exception in spec.network.allowedCrossZone.",
        "規則を削除するか、例外を spec.network.allowedCrossZone に記載してください。";
    }
    "zones-apart-paths" High "S0, S3" [] zones::paths {
        "Routes and network ACLs keep zones apart", "ルートとネットワーク ACL が領域を分離している";
        "Give each zone its own route table and network ACL, and take away what joins them.",
        "領域ごとに専用のルートテーブルとネットワーク ACL を割り当て、領域をまたぐ規則を削除してください。";
    }
    "no-internet-gateway" High "S3" ["internet-gateway-authorized-vpc-only"] network::gateways {
        "There is no internet gateway and no NAT gateway", "インターネットゲートウェイと NAT ゲートウェイがない";
        "Find out who attached it, then detach and delete it.", "設置者を確認し、切り離して削除してください。";
    }
    "flow-logs" Medium "S2" ["vpc-flow-logs-enabled", "EC2.6"] network::flow_logs {
        "Flow logs record the traffic of the VPC", "VPC フローログが記録されている";
        "Set spec.network.flowLogs.", "spec.network.flowLogs を設定してください。";
    }
    "key-rotation" Medium "S0" ["cmk-backing-key-rotation-enabled", "KMS.4"] keys::rotation {
        "Keys are rotated", "鍵の自動ローテーションが有効である";
        "In mode Enforce the operator turns it on; otherwise turn it on yourself.",
        "Enforce ではオペレーターが有効にします。それ以外では手動で有効にしてください。";
    }
    "key-policy" High "S0" ["kms-key-policy-no-public-access", "KMS.5"] keys::policy {
        "Key policies name who may, and part administration from use", "鍵ポリシーが利用者を限定し、管理と利用を分離している";
        "Name principals, and give administrators no cryptographic action.",
        "プリンシパルを限定し、管理者に暗号操作を許可しないでください。";
    }
    "no-user-access-keys" High "S2" ["iam-root-access-key-check", "IAM.4"] people::access_keys {
        "No user has an access key", "アクセスキーを持つユーザーがいない";
        "Replace it by a role, then delete the key.", "ロールに置き換え、キーを削除してください。";
    }
    "second-factor" High "S2" ["mfa-enabled-for-iam-console-access", "root-account-mfa-enabled", "IAM.5", "IAM.9"]
    people::second_factor {
        "Users who sign in with a password need a second factor", "パスワードでサインインするユーザーに MFA が必要である";
        "Register a device, or take the password away.", "MFA デバイスを登録するか、パスワードを削除してください。";
    }
    "cloudtrail" High "S2" ["multi-region-cloudtrail-enabled", "cloud-trail-log-file-validation-enabled", "CloudTrail.1", "CloudTrail.4"]
    services::cloudtrail {
        "CloudTrail records all Regions, with signed files", "CloudTrail が全リージョンを記録し、整合性を検証できる";
        "Ask the operator of the organization to turn it on.", "組織の管理者に有効化を依頼してください。";
    }
    "config" Medium "S2" ["Config.1"] services::config {
        "AWS Config records in Tokyo and Osaka", "AWS Config が東京と大阪で記録している";
        "Ask the operator of the organization to turn it on.", "組織の管理者に有効化を依頼してください。";
    }
    "guardduty" Medium "S2" ["guardduty-enabled-centralized", "GuardDuty.1"] services::guardduty {
        "GuardDuty is on in Tokyo and Osaka", "GuardDuty が東京と大阪で有効である";
        "Ask the operator of the organization to turn it on.", "組織の管理者に有効化を依頼してください。";
    }
    "security-hub" Medium "S2" ["securityhub-enabled"] services::security_hub {
        "Security Hub is on in Tokyo and Osaka", "Security Hub が東京と大阪で有効である";
        "Ask the operator of the organization to turn it on.", "組織の管理者に有効化を依頼してください。";
    }
    "regions" High "S0, S2" [] places::regions {
        "Only Tokyo and Osaka are in use", "東京と大阪のリージョンだけを使用している";
        "Move it to Tokyo or Osaka, and have a service control policy refuse other Regions (jichitai scp).",
        "東京または大阪へ移し、他のリージョンを拒否する SCP を適用してください(jichitai scp)。";
    }
    "certificates" Medium "S0" ["acm-certificate-expiration-check", "ACM.1"] certificates::expiry {
        "Certificates are valid for 30 more days", "証明書の有効期限まで 30 日以上ある";
        "Have the issuer make a new one, and import it.", "発行者から新しい証明書を取得し、インポートしてください。";
    }
    "listeners-tls" High "S0" ["alb-http-to-https-redirection-check", "elbv2-predefined-security-policy-ssl-check", "ELB.1", "ELB.17"]
    certificates::listeners {
        "Load balancers take TLS 1.2 or later, from inside only", "ロードバランサーが内部からの TLS 1.2 以上だけを受け付ける";
        "Make the listener HTTPS with a current policy, or have it redirect.",
        "最新のポリシーを使う HTTPS リスナーにするか、リダイレクトにしてください。";
    }
    "connection-redundant" Medium "S3" [] connection::redundancy {
        "The way to the office is redundant", "庁内との接続が冗長化されている";
        "Order a second line at another place, and attach a second availability zone.",
        "別拠点の 2 本目の回線と、2 つ目のアベイラビリティゾーンを用意してください。";
    }
    "quota-headroom" Low "S1" [] quotas::headroom {
        "There is room under AWS's quotas", "AWS のクォータに余裕がある";
        "Have the quota raised.", "クォータの引き上げを申請してください。";
    }
    "recovery-point-objective" High "S0" [] backups::objective {
        "The newest copies in Osaka are young enough", "大阪の最新のコピーが目標復旧時点を満たす";
        "See the OsakaBackupPolicy's conditions.", "OsakaBackupPolicy の状態を確認してください。";
    }
    "backup-coverage" High "S0" [] backups::coverage {
        "Backups leave nothing out", "すべてのデータがバックアップされている";
        "See status.uncovered of the OsakaBackupPolicy.", "OsakaBackupPolicy の status.uncovered を確認してください。";
    }
    "nothing-orphaned" Low "S1" [] orphaned::nothing {
        "Everything with the operator's tags has an owner", "オペレーターのタグを持つリソースに所有者がいる";
        "Apply the owner again, or have it delete its resources (jichitai orphans).",
        "所有者を再適用するか、所有者にリソースを削除させてください(jichitai orphans)。";
    }
}
