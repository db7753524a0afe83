//! The installation's name on the command line: from a configuration, or given.

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError, Live};

/// Where the name of the installation stands.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct InstallationArgs {
    /// The operator's configuration.
    #[arg(long, env = "JICHITAI_CONFIG")]
    config: Option<PathBuf>,
    /// The installation's name, in the place of a configuration.
    #[arg(long, value_name = "NAME")]
    installation: Option<String>,
}

/// The name cannot be had.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NoInstallation(#[from] ConfigError);

impl InstallationArgs {
    /// The configuration, where one was given.
    #[must_use]
    pub fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The name.
    ///
    /// # Errors
    /// The configuration, or the name, is wrong.
    pub fn name(&self) -> Result<String, NoInstallation> {
        match (&self.config, &self.installation) {
            (Some(path), _) => Ok(Live::open(path)?.get().installation.clone()),
            (None, name) => {
                let name = name.as_deref().unwrap_or_default();
                Ok(Config::parse(&format!("installation: {name:?}"))?.installation)
            }
        }
    }
}
