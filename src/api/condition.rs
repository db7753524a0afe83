//! Names of conditions, and the one list of reasons for conditions, Events and metric labels.
//!
//! Names are stable and English: dashboards and runbooks depend on them. The explanation of a reason
//! says what to do; messages in a status add what it is about.

use std::{fmt, str::FromStr};

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($variant:ident: $en:literal, $ja:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $(#[doc = $en] $variant,)+
        }

        impl $name {
            /// All of them, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// What it means and what to do, in English.
            pub fn explain_en(self) -> &'static str {
                match self { $(Self::$variant => $en,)+ }
            }

            /// What it means and what to do, in Japanese.
            pub fn explain_ja(self) -> &'static str {
                match self { $(Self::$variant => $ja,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or(UnknownName)
            }
        }
    };
}

/// The text is the name of no condition or reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no condition or reason has this name")
    }
}

impl std::error::Error for UnknownName {}

named! {
    /// The type of a condition.
    ConditionType {
        Ready: "Everything the spec asks for is so in AWS. Computed from the other conditions.",
            "specのとおりにAWSが構成されている。他の状態から計算される。";
        Reconciling: "Changes are under way or waiting.", "変更を実行中、または待機中である。";
        Stalled: "Nothing will move until a person acts.", "人が対応するまで先へ進まない。";
        SpecValid: "The spec makes sense by itself and together with what it refers to.",
            "specが、それ自体としても参照先との組み合わせとしても正しい。";
        AccountReady: "The account may be used and its role can be assumed.",
            "アカウントの利用が許可され、役割を引き受けられる。";
        PlanApproved: "The plan has the approvals that it needs.", "実行計画に必要な承認がそろっている。";
        DriftFree: "AWS does not differ from the spec.", "AWSとspecの間に逸脱がない。";
        KeysReady: "The keys in both Regions exist with the right policy, rotation and state.",
            "両リージョンの鍵が、正しいポリシー・ローテーション・状態で存在する。";
        NetworkReady: "VPC, zones and endpoints are as the spec asks.",
            "VPC・領域・エンドポイントがspecのとおりである。";
        ConnectionReady: "The office is reachable: the attachment and its routes are in place.",
            "庁内との接続(アタッチメントと経路)が整っている。";
        GuardrailsPassed: "The checks of what the platform enforces pass.", "ガードレールの確認に適合している。";
        BucketReady: "The bucket exists with encryption, versioning and public-access block.",
            "バケットが、暗号化・バージョニング・公開遮断つきで存在する。";
        AccessReady: "Every named role is allowed by bucket policy and key policy.",
            "指定した全ロールがバケットポリシーと鍵ポリシーの両方で許可されている。";
        SftpReady: "The SFTP server and its users are in place.", "SFTPサーバーと利用者が整っている。";
        FederationReady: "Access tokens can be swapped for temporary credentials.",
            "アクセストークンを一時認証情報に交換できる。";
        ReplicationReady: "Objects are replicated to Osaka under the Osaka key.",
            "大阪の鍵でオブジェクトが大阪へ複製されている。";
        CopiesReady: "Copies of the last run are good, or on their way; nothing failed.",
            "直近の実行のコピーが正常、または作成中で、失敗がない。";
        RecoveryPointObjectiveMet: "The newest good copy in Osaka is young enough.",
            "大阪の最新の正常なコピーが目標復旧時点を満たす。";
        RecoveryTimeObjectiveMet: "The last restore drill was fast enough.",
            "直近の復旧訓練が目標復旧時間を満たす。";
        CoverageComplete: "Every database, file system and bucket of the tenant is covered by a source.",
            "団体のすべてのデータがバックアップ対象に含まれている。";
        BackupRunning: "Copies are being made.", "コピーを実行中である。";
        EndpointReady: "The Resolver endpoint and its addresses are in place.",
            "Resolverエンドポイントとそのアドレスが整っている。";
        RulesReady: "The forwarding rules exist.", "転送ルールが存在する。";
        AssociationsReady: "Rules and private zones are associated with the VPCs that accept them.",
            "ルールとプライベートゾーンが、受け入れるVPCに関連付けられている。";
    }
}

named! {
    /// Why a condition is as it is; also the reason of Events and the label of metrics.
    Reason {
        Converged: "AWS is as the spec asks. Nothing to do.", "AWSはspecのとおりです。対応は不要です。";
        Observed: "AWS was read and is as the spec asks; in mode Observe nothing is changed.",
            "AWSを確認し、specのとおりでした。Observeでは変更しません。";
        NotRequested: "The spec does not ask for this part.", "specがこの部分を求めていません。";
        Applying: "Steps are being executed. Wait.", "手順を実行中です。お待ちください。";
        WaitingForAws: "AWS is still working on an accepted call. Wait.",
            "受け付けられた操作をAWSが処理中です。お待ちください。";
        WaitingForDependency: "An input of this part is not known yet. Wait; the message names the part.",
            "この部分の前提がまだそろっていません。お待ちください。どの部分かはメッセージにあります。";
        WaitingForConsistency: "A creation may have happened and AWS's lists may lag. Wait for the consistency window.",
            "作成済みの可能性があり、AWSの一覧への反映を待っています。";
        PartlyFailed: "Some steps failed while the others went on. See the other conditions.",
            "一部の手順が失敗し、他は続行しました。他の状態を確認してください。";

        AwaitingApproval: "The plan needs an approval. Read status.plan and add its hash to spec.approvals.",
            "承認が必要です。status.planを確認し、そのハッシュをspec.approvalsに追加してください。";
        PlanSuperseded: "The approved plan is no longer the one that would run. Read the new plan and approve it.",
            "承認済みの計画は現在の計画と異なります。新しい計画を確認し承認してください。";
        ApprovalExpired: "The approval is past its last day. Approve again.",
            "承認の有効期限が切れました。改めて承認してください。";
        OutsideChangeWindow: "Changes wait for the next change window.", "次の作業時間帯まで変更を待ちます。";
        Frozen: "Changes wait for the end of a freeze.", "変更凍結期間の終了まで変更を待ちます。";
        OnHold: "The platform team holds changes, for example during an incident.",
            "基盤担当が変更を保留しています(障害対応など)。";
        ObserveOnly: "AWS differs, and mode Observe changes nothing. Set the mode to Plan or Enforce.",
            "AWSに差異がありますが、Observeでは変更しません。PlanかEnforceにしてください。";
        Suspended: "The spec suspends the schedule. Set suspend to false.",
            "スケジュールは停止中です。suspendをfalseにしてください。";
        InstallationHeldElsewhere: "Another cluster writes for this installation. Use jichitai take-over if it is gone.",
            "別のクラスターがこの設置を担当しています。失われた場合は jichitai take-over を使ってください。";
        NotMyShard: "Another replica is responsible for this account. Nothing to do.",
            "別のレプリカがこのアカウントを担当しています。対応は不要です。";

        InvalidSpec: "The spec contradicts itself. The message names the field and what to write.",
            "specに矛盾があります。項目と正しい書き方はメッセージにあります。";
        ReferenceNotFound: "An object that the spec refers to does not exist. Create it or mend the name.",
            "参照先のオブジェクトがありません。作成するか、名前を直してください。";
        ReferenceNotReady: "An object that the spec refers to is not ready. See its conditions.",
            "参照先のオブジェクトの準備ができていません。その状態を確認してください。";
        ReferenceNotAccepted: "The other side does not accept this object. Ask it to name this object in its spec.",
            "相手側がこのオブジェクトを受け入れていません。相手のspecへの記載を依頼してください。";
        DuplicateTenant: "Another object has the same code, environment and system. Change one of them.",
            "団体コード・環境・システム名が同じオブジェクトがあります。どちらかを変更してください。";
        CidrOverlap: "Address ranges overlap. Choose another range, or declare overlapResolution.",
            "アドレス範囲が重複しています。別の範囲にするか、overlapResolutionを宣言してください。";
        ImmutableInAws: "AWS cannot change this in place. Create a new object and move over.",
            "AWS上で変更できない項目です。新しいオブジェクトを作成して移行してください。";
        UnknownBusiness: "A business id is not in the configured table. Check it or have the table extended.",
            "業務IDが設定の一覧にありません。確認するか、一覧への追加を依頼してください。";
        CapacityExceeded: "It does not fit into a limit, for example of a policy's size. The message names the limit.",
            "上限(ポリシーの大きさなど)を超えます。どの上限かはメッセージにあります。";
        ConfirmationNeeded: "A confirmation in the spec is missing or not of today.",
            "specの確認欄がないか、本日の日付ではありません。";

        AccountNotGranted: "The platform team has not granted this account to this namespace and environment.",
            "このアカウントは、この名前空間と環境に許可されていません。基盤担当に依頼してください。";
        AssumeRoleFailed: "The role in the account cannot be assumed. Check its trust policy and external id.",
            "アカウントの役割を引き受けられません。信頼ポリシーと外部IDを確認してください。";
        AccessDenied: "AWS refused a call for lack of a permission. The message names the action.",
            "権限不足でAWSが操作を拒否しました。必要なアクションはメッセージにあります。";
        DeniedByGuardrail: "A service control policy refused the call. Only a change by people helps.",
            "サービスコントロールポリシーが操作を拒否しました。人による変更が必要です。";
        Throttled: "AWS limits the rate of calls. The operator slows down and goes on by itself.",
            "AWSの呼び出し制限中です。自動的に続行します。";
        QuotaExceeded: "A service quota of the account is used up. Have it raised.",
            "アカウントのサービスクォータに達しました。引き上げを申請してください。";
        QuotaInsufficient: "The account's quota would not suffice; nothing was begun. Have it raised.",
            "クォータが不足するため着手していません。引き上げを申請してください。";
        InvalidRequest: "AWS refused the call as invalid. The message carries its answer.",
            "AWSが操作を不正として拒否しました。応答はメッセージにあります。";
        AwsUnavailable: "AWS or the way to it fails at the moment. The operator tries again.",
            "AWSまたはAWSへの経路に一時的な障害があります。自動的に再試行します。";
        Unreadable: "A part could not be read, so nothing is planned for it. The message names the call.",
            "読み取れない部分があるため、その部分は計画しません。操作名はメッセージにあります。";

        Conflict: "Another owner has a resource of this name or place. Choose another name, or adopt it.",
            "同じ名前・場所のリソースに別の所有者がいます。名前を変えるか、adoptで引き継いでください。";
        OwnershipLost: "A resource of this object lost its tags. Put them back, or adopt it.",
            "このオブジェクトのリソースから所有タグが失われました。タグを戻すか、adoptで引き継いでください。";
        AdoptionRefused: "The resource to adopt belongs to another object, installation or CloudFormation stack.",
            "引き継ぐリソースは、別のオブジェクト・設置・CloudFormationスタックのものです。";
        ManagedElsewhere: "A CloudFormation stack owns the resource. Change it there.",
            "CloudFormationスタックが管理するリソースです。そちらで変更してください。";
        OrphanGrant: "A grant is left whose owner is not seen. It stays until its owner says otherwise.",
            "所有者の見えない付与が残っています。所有者の指示があるまで残します。";
        DriftDetected: "AWS differs from the spec. status.drift lists where.",
            "AWSがspecから逸脱しています。箇所はstatus.driftにあります。";
        DriftRepaired: "A difference was repaired.", "逸脱を修復しました。";

        AwaitingNetworkOperator: "The network's operator has to act. The message carries the values to hand over.",
            "回線運用管理補助者の作業待ちです。伝達する値はメッセージにあります。";
        PrincipalNotFound: "A role that the spec names does not exist. Create it; the others are not held up.",
            "specのロールが存在しません。作成してください。他の付与は進みます。";
        GrantExpiring: "A grant ends within 30 days. Extend validUntil if it is still needed.",
            "付与の期限まで30日以内です。継続する場合はvalidUntilを延長してください。";
        GrantExpired: "A grant is past its last day and is being withdrawn.", "期限の過ぎた付与を取り消します。";
        ExceptionExpired: "An exception is past its last day. Remove it or have it approved again.",
            "例外の期限が過ぎました。削除するか、改めて承認を得てください。";
        KeyInUse: "The key is still in use and is not deleted. The message lists the uses.",
            "鍵が使用中のため削除しません。使用箇所はメッセージにあります。";
        KeyDisabled: "The key is disabled. Volumes already attached go on until they are attached again.",
            "鍵は無効です。接続済みのボリュームは再接続まで動作します。";
        KeyQuarantined: "The key is disabled before its deletion is scheduled.", "削除予約の前に鍵を無効化しています。";
        KeyPendingDeletion: "AWS deletes the key at the end of its waiting period. Cancel it in time if that is wrong.",
            "鍵は削除待機中です。誤りの場合は期限までに取り消してください。";
        GuardrailFailed: "A check failed. status.guardrails lists which; mend it or record an exemption.",
            "不適合の項目があります。status.guardrailsを確認し、是正するか適用除外を記録してください。";
        GuardrailPassed: "A check that failed does so no longer. Nothing to do.", "不適合だった項目が解消しました。対応は不要です。";
        BucketNotEmpty: "The bucket holds objects and is not deleted. Empty it yourself if they may go.",
            "オブジェクトがあるためバケットを削除しません。不要であれば手動で空にしてください。";
        PolicyLockout: "The policy would lock the operator out, so it was not put.",
            "操作者自身を締め出すポリシーのため適用しませんでした。";
        PublicExposure: "A resource was public and is closed first of all.", "公開状態を検知し、最優先で遮断します。";
        MissingKeyGrant: "The bucket policy allows the role, the key policy does not yet.",
            "バケットポリシーは許可済みですが、鍵ポリシーが未許可です。";
        MissingBucketGrant: "The key policy allows the role, the bucket policy does not yet.",
            "鍵ポリシーは許可済みですが、バケットポリシーが未許可です。";
        ExpiryUnset: "Objects never expire. Set lifecycle.expireAfterDays once the retention is known.",
            "オブジェクトの保存期限が未設定です。確定後にlifecycle.expireAfterDaysを設定してください。";

        BackupSucceeded: "A run ended and every copy is good.", "すべてのコピーが正常に完了しました。";
        BackupFailed: "A copy failed. status.failures says why; it is tried again.",
            "コピーが失敗しました。理由はstatus.failuresにあります。再試行します。";
        RunSkipped: "Runs did not start before the next was due: the operator was away, or a newer run served for them.",
            "前の実行の継続中、またはオペレーターの停止中に、実行の予定時刻が過ぎました。";
        SourceMissed: "A source had no copy made in a run. The next run tries again.",
            "対象のコピーが実行中に作成されませんでした。次回の実行で再度作成します。";
        RecoveryPointTooOld: "The newest good copy is older than the objective.",
            "最新の正常なコピーが目標復旧時点より古くなっています。";
        NoRecoveryPoint: "There is no good copy yet.", "正常なコピーがまだありません。";
        NothingSelected: "No source matches anything. Check the tags.",
            "対象に該当するものがありません。タグを確認してください。";
        Uncovered: "Data of the tenant is in no source. status.uncovered lists it.",
            "対象に含まれないデータがあります。一覧はstatus.uncoveredにあります。";
        RestoreFailed: "Something that was made of a recovery point came to nothing. Delete it, and raise attempt in the order.",
            "復旧ポイントから作成したものが失敗しました。削除し、orderのattemptを増やしてください。";
        DrillSucceeded: "The restore drill succeeded.", "復旧訓練に成功しました。";
        DrillFailed: "The restore drill failed. The message says where.",
            "復旧訓練に失敗しました。箇所はメッセージにあります。";
        DrillTooSlow: "The restore drill took longer than the objective.", "復旧訓練が目標復旧時間を超えました。";
        DrillOverdue: "No restore drill has run in its time.", "復旧訓練が予定どおり実施されていません。";

        Retiring: "An inbound address stays until its forwarders are changed. Add a retire entry to confirm it.",
            "転送元の設定変更を待つため、受信アドレスを残しています。確認後にretireへ追加してください。";

        Deleting: "The object is going. Steps are being executed.", "削除処理を実行中です。";
        Retained: "The object is gone and its resources stay in AWS.", "リソースをAWSに残して管理を終了しました。";
        Released: "The object was released without an AWS call.", "AWSを操作せずに管理を終了しました。";
        DeletionBlocked: "Something keeps the object from going. The message names it.",
            "削除できない理由があります。内容はメッセージにあります。";
        InternalError: "The operator has a fault. Report it with the message.",
            "オペレーターの不具合です。メッセージを添えて報告してください。";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ConditionType, Reason};

    #[test]
    fn names_are_unique_and_parse_back() {
        let names: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        for condition in ConditionType::ALL {
            assert_eq!(condition.to_string().parse(), Ok(*condition));
        }
    }

    #[test]
    fn names_fit_the_api_conventions() {
        for name in Reason::ALL.iter().map(|reason| reason.as_str()) {
            assert!(name.len() <= 64, "{name}");
            assert!(name.starts_with(|first: char| first.is_ascii_uppercase()), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        }
    }

    #[test]
    fn every_reason_is_explained_in_both_languages() {
        for reason in Reason::ALL {
            assert!(reason.explain_en().is_ascii(), "{reason}");
            assert!(!reason.explain_ja().is_ascii(), "{reason}");
        }
    }
}
