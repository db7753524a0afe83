//! KMS and the EBS defaults: how they answer to writes.

use jichitai_api::Region;
use jichitai_plan::ec2::ebs_defaults;
use jichitai_plan::kms::alias::{self, Alias};
use jichitai_plan::kms::key::{Action, Key, KeyState};
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::policy::document::{Document, Effect, Scope};
use jichitai_plan::step::Created;
use jichitai_plan::tags;
use jiff::SignedDuration;

use super::{Answer, World, conflict, refusal, unknown};

impl World {
    pub(super) fn kms_key(&mut self, region: Region, action: &Action) -> Answer {
        let now = self.now;
        match action {
            Action::Create {
                description,
                policy,
                tags,
            } => {
                let policy = accepted(policy)?;
                let id = self.mint("cmk-");
                let arn = format!("arn:aws:kms:{region}:{}:key/{id}", self.account);
                self.region(region).keys.push(Key {
                    id: id.clone(),
                    arn: arn.clone(),
                    state: KeyState::Enabled,
                    description: description.clone(),
                    policy: Observation::Present(policy),
                    rotation_days: Observation::Absent,
                    tags: tags.clone(),
                });
                Ok(Some(Created {
                    id,
                    arn: Some(arn),
                    state: None,
                }))
            }
            Action::PutPolicy { id, policy } => {
                let policy = accepted(policy)?;
                self.key(region, id)?.policy = Observation::Present(policy);
                Ok(None)
            }
            Action::Rotate { id, days } => {
                let key = self.key(region, id)?;
                match key.state {
                    KeyState::Enabled => key.rotation_days = Observation::Present(*days),
                    _ => return Err(conflict("DisabledException", &format!("{id} is not enabled"))),
                }
                Ok(None)
            }
            Action::Describe { id, description } => {
                self.live(region, id)?.description.clone_from(description);
                Ok(None)
            }
            Action::Tag { id, tags } => {
                self.live(region, id)?.tags.extend(tags);
                Ok(None)
            }
            Action::Quarantine { id, since } => {
                let tags = &mut self.live(region, id)?.tags;
                tags.insert(tags::QUARANTINED_SINCE, since.to_string());
                Ok(None)
            }
            Action::Untag { id, key } => {
                self.live(region, id)?.tags.remove(key);
                Ok(None)
            }
            Action::Enable { id } => {
                self.live(region, id)?.state = KeyState::Enabled;
                Ok(None)
            }
            Action::Disable { id } => {
                self.live(region, id)?.state = KeyState::Disabled;
                Ok(None)
            }
            Action::CancelDeletion { id } => {
                let key = self.key(region, id)?;
                if !matches!(key.state, KeyState::PendingDeletion { .. }) {
                    return Err(invalid_state(id));
                }
                key.state = KeyState::Disabled;
                Ok(None)
            }
            Action::ScheduleDeletion { id, days } => {
                let window = SignedDuration::from_hours(24 * i64::from(*days));
                let at = now.checked_add(window).ok();
                self.live(region, id)?.state = KeyState::PendingDeletion { at };
                Ok(None)
            }
        }
    }

    pub(super) fn kms_alias(&mut self, region: Region, action: &alias::Action) -> Answer {
        match action {
            alias::Action::Create { name, key_id } => {
                self.live(region, key_id)?;
                let aliases = &mut self.region(region).aliases;
                if aliases.iter().any(|alias| alias.name == *name) {
                    return Err(conflict("AlreadyExistsException", &format!("{name} exists")));
                }
                aliases.push(Alias {
                    name: name.clone(),
                    key_id: key_id.clone(),
                });
            }
            alias::Action::Retarget { name, key_id } => {
                self.live(region, key_id)?;
                let aliases = &mut self.region(region).aliases;
                let alias = aliases
                    .iter_mut()
                    .find(|alias| alias.name == *name)
                    .ok_or_else(|| unknown(name))?;
                alias.key_id.clone_from(key_id);
            }
        }
        Ok(None)
    }

    pub(super) fn ebs_defaults(&mut self, region: Region, action: &ebs_defaults::Action) -> Answer {
        if let ebs_defaults::Action::SetKey { arn } = action {
            let enabled = |key: &Key| key.arn == *arn && key.state == KeyState::Enabled;
            if !self.region(region).keys.iter().any(enabled) {
                return Err(conflict("InvalidKmsKey.InvalidState", &format!("{arn} is not enabled")));
            }
        }
        let Some(defaults) = &mut self.region(region).ebs_defaults else {
            return Ok(None);
        };
        match action {
            ebs_defaults::Action::Enable => defaults.encrypted = true,
            ebs_defaults::Action::SetKey { arn } => defaults.key.clone_from(arn),
            ebs_defaults::Action::ResetKey => "alias/aws/ebs".clone_into(&mut defaults.key),
        }
        Ok(None)
    }

    fn key(&mut self, region: Region, id: &str) -> Result<&mut Key, Fault> {
        let keys = &mut self.region(region).keys;
        keys.iter_mut().find(|key| key.id == id).ok_or_else(|| unknown(id))
    }

    /// A key that is not waiting for its deletion: most calls are refused then.
    fn live(&mut self, region: Region, id: &str) -> Result<&mut Key, Fault> {
        let key = self.key(region, id)?;
        match key.state {
            KeyState::PendingDeletion { .. } => Err(invalid_state(id)),
            KeyState::Enabled | KeyState::Disabled | KeyState::Other(_) => Ok(key),
        }
    }
}

fn invalid_state(id: &str) -> Fault {
    conflict("KMSInvalidStateException", &format!("{id} is in the wrong state"))
}

/// The policy as KMS keeps it: a text, and only when it does not lock everybody out.
fn accepted(policy: &Document) -> Result<Document, Fault> {
    let text = policy.to_json();
    let changeable = policy.statements.iter().any(|statement| {
        let puts = match &statement.actions {
            Scope::Only(actions) => actions.contains("kms:PutKeyPolicy") || actions.contains("kms:*"),
            Scope::Except(_) => false,
        };
        statement.effect == Effect::Allow && puts && statement.conditions.is_empty()
    });
    if !changeable {
        let message = "the new key policy will not allow you to update the key policy in the future";
        return Err(refusal(FaultKind::Invalid, "MalformedPolicyDocumentException", message));
    }
    if text.len() > 32_768 {
        return Err(refusal(
            FaultKind::Limit,
            "LimitExceededException",
            "the policy is too long",
        ));
    }
    let malformed = |error| {
        refusal(
            FaultKind::Invalid,
            "MalformedPolicyDocumentException",
            &format!("{error}"),
        )
    };
    Document::parse(&text).map_err(malformed)
}
