//! How changes of AWS come to the operator: a queue in the operator's account, and in each tenant's account a rule that
//! puts CloudTrail's management events into it. EventBridge delivers to a queue of another account in the same Region only
//! ([other accounts](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html)).

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A queue, and who fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// The installation.
    pub installation: String,
    /// The account of the queue.
    pub hub: String,
    /// The queue's name.
    pub queue: String,
    /// Accounts whose changes are reported.
    pub accounts: BTreeSet<String>,
}

/// How long a message that was received is kept from others, in seconds: longer than it takes to wake objects.
const VISIBILITY_SECONDS: u32 = 60;
/// How long a message waits to be received, in seconds: after a day the objects were looked at anyway.
const RETENTION_SECONDS: u32 = 86_400;
/// How long a message that nobody understands is kept, in seconds, the most that SQS takes: for people to look at.
const DEAD_LETTER_SECONDS: u32 = 1_209_600;
/// How often a message is received before it counts as one that nobody understands.
const RECEIVES: u32 = 5;
/// More accounts than this are not listed in the queue's policy, which has a limit: their organization is.
const LISTED_ACCOUNTS: usize = 100;
/// Services whose things the operator keeps.
const SOURCES: [&str; 9] = [
    "aws.cloudformation",
    "aws.ec2",
    "aws.kms",
    "aws.ram",
    "aws.rds",
    "aws.route53resolver",
    "aws.s3",
    "aws.secretsmanager",
    "aws.transfer",
];

impl Events {
    /// The name of rule and role in tenants' accounts; roles are global, and the Region tells them apart.
    fn role_name(&self, region: &str) -> String {
        format!("jichitai-events-{}-{region}", self.installation)
    }

    /// The template of the queue, for each Region that has one.
    #[must_use]
    pub fn queue(&self) -> Value {
        let arn = json!({"Fn::GetAtt": ["Queue", "Arn"]});
        let role = self.role_name("*");
        let mut condition = json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:role/{role}")}});
        let mut parameters = json!({});
        if self.accounts.len() <= LISTED_ACCOUNTS {
            condition["StringEquals"] = json!({"aws:PrincipalAccount": self.accounts});
        } else {
            condition["StringEquals"] = json!({"aws:PrincipalOrgID": {"Ref": "OrganizationId"}});
            parameters["OrganizationId"] = json!({
                "Type": "String",
                "AllowedPattern": "o-[a-z0-9]{10,32}",
                "Description": "The organization of the tenants' accounts, which are too many to be listed",
            });
        }
        let dead = json!({"Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": format!("{}-dead-letters", self.queue),
            "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
            "SqsManagedSseEnabled": true,
        }});
        let queue = json!({"Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": self.queue,
            "MessageRetentionPeriod": RETENTION_SECONDS,
            "VisibilityTimeout": VISIBILITY_SECONDS,
            "SqsManagedSseEnabled": true,
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                "maxReceiveCount": RECEIVES,
            },
        }});
        let policy = json!({"Type": "AWS::SQS::QueuePolicy", "Properties": {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {
                    "Sid": "RulesOfTenants",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": condition,
                },
                {
                    "Sid": "OnlyTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ]},
        }});
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("The queue in which jichitai-operator (installation {}) hears of changes", self.installation),
            "Resources": {"Queue": queue, "DeadLetters": dead, "QueuePolicy": policy},
            "Outputs": {"QueueUrl": {
                "Description": "One of events.queueUrls of the operator's configuration",
                "Value": {"Ref": "Queue"},
            }},
        });
        if parameters.get("OrganizationId").is_some() {
            template["Parameters"] = parameters;
        }
        template
    }

    /// The template of the rule, for each account and each Region that has a queue. What the operator itself does is left
    /// out.
    #[must_use]
    pub fn rule(&self) -> Value {
        let name = self.role_name("${AWS::Region}");
        let queue = json!({"Fn::Sub": format!("arn:aws:sqs:${{AWS::Region}}:{}:{}", self.hub, self.queue)});
        let pattern = json!({
            "source": SOURCES,
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {
                "errorCode": [{"exists": false}],
                "userIdentity": {"arn": [{"anything-but": {"suffix": format!("/jichitai-{}", self.installation)}}, {"exists": false}]},
            },
        });
        let role = json!({"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": {"Fn::Sub": name},
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            }]},
            "Policies": [{"PolicyName": "queue", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": queue,
            }]}}],
        }});
        let rule = json!({"Type": "AWS::Events::Rule", "Properties": {
            "Name": {"Fn::Sub": name},
            "Description": format!("Tells jichitai-operator (installation {}) of changes", self.installation),
            "EventPattern": pattern,
            "State": "ENABLED",
            "Targets": [{
                "Id": "queue",
                "Arn": queue,
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            }],
        }});
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("Tells jichitai-operator (installation {}) of changes in this account and Region", self.installation),
            "Resources": {"Role": role, "Rule": rule},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(accounts: usize) -> Events {
        Events {
            installation: "asp-east".into(),
            hub: "123456789012".into(),
            queue: "jichitai-events".into(),
            accounts: (0..accounts).map(|index| format!("{index:012}")).collect(),
        }
    }

    #[test]
    fn many_accounts_fit_into_the_policy() {
        let listed = |accounts| {
            let policy = events(accounts).queue()["Resources"]["QueuePolicy"]["Properties"]["PolicyDocument"].clone();
            // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
            assert!(policy.to_string().len() < 8_192);
            policy["Statement"][0]["Condition"]["StringEquals"]
                .get("aws:PrincipalAccount")
                .is_some()
        };
        assert!(listed(40));
        assert!(!listed(1_741));
    }
}
