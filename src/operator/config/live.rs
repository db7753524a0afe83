//! The configuration in force: the file is read again whenever it changes, and a version that cannot be understood is
//! reported, while the last good one stays in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::{Config, ConfigError};
use crate::telemetry;

/// The configuration in force, kept up to date with its file.
#[derive(Debug)]
pub struct Live {
    /// Where it is read again; a fixed one is nowhere.
    path: Option<PathBuf>,
    current: ArcSwap<Config>,
}

impl Live {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`Config::parse`], and when the file cannot be read.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            path: Some(path.to_owned()),
            current: ArcSwap::from_pointee(read(path)?),
        })
    }

    /// One that never changes.
    #[must_use]
    pub fn fixed(config: Config) -> Self {
        Self {
            path: None,
            current: ArcSwap::from_pointee(config),
        }
    }

    /// What is in force now.
    #[must_use]
    pub fn get(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// Reads the file again. Returns whether something changed.
    ///
    /// # Errors
    /// When the new version was refused; the last good one stays.
    pub fn reload(&self) -> Result<bool, ConfigError> {
        let Some(path) = &self.path else { return Ok(false) };
        let new = read(path)?;
        if new.installation != self.get().installation {
            let problem = "the installation is part of the identity of every AWS resource: under another name none of them would be recognised; restart the operator if that is really meant";
            return Err(ConfigError::Invalid {
                path: "installation".into(),
                problem: problem.into(),
            });
        }
        let changed = new != *self.get();
        if changed {
            if new.log_level != self.get().log_level {
                telemetry::set_levels(new.log_level.as_deref());
            }
            self.current.store(Arc::new(new));
        }
        Ok(changed)
    }

    /// Follows the file for ever, and tells `changed` of every new version.
    pub async fn follow(self: Arc<Self>, changed: tokio::sync::watch::Sender<u64>) {
        // A mounted ConfigMap is replaced by a change of symbolic links that file events miss.
        let mut tick = tokio::time::interval(Duration::from_secs(2));
        let mut last_problem = String::new();
        loop {
            tick.tick().await;
            match self.reload() {
                Ok(true) => {
                    tracing::info!("configuration changed");
                    changed.send_modify(|version| *version += 1);
                }
                Ok(false) => last_problem.clear(),
                Err(error) if error.to_string() != last_problem => {
                    tracing::error!(%error, "new configuration refused; the last good one stays in force");
                    last_problem = error.to_string();
                }
                Err(_) => {}
            }
        }
    }
}

fn read(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    Config::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::Live;
    use crate::config::tests::GOOD;

    #[test]
    fn a_running_operator_keeps_its_installation_and_its_last_good_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, GOOD).unwrap();
        let live = Live::open(&path).unwrap();
        for refused in [GOOD.replace("asp-east", "asp-west"), "installation: [".to_owned()] {
            std::fs::write(&path, refused).unwrap();
            assert!(live.reload().is_err());
            assert_eq!(live.get().installation, "asp-east");
        }
        std::fs::write(&path, GOOD.replace("language: en", "language: ja")).unwrap();
        assert!(live.reload().unwrap());
        assert!(!live.reload().unwrap(), "the same again is no change");
    }
}
