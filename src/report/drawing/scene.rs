//! What is drawn.

use jichitai_api::municipality::Municipality;
use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;

use crate::language::Language;
use crate::names::Named;
use crate::reach::Reach;
use crate::tenant::{name, namespace};
use crate::words;

/// A municipality with what belongs to its network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub municipality: &'a Municipality,
    pub reaches: &'a [Reach<'a>],
    pub policies: &'a [&'a OsakaBackupPolicy],
    pub language: Language,
}

impl Scene<'_> {
    /// `千代田区(131016) 本番環境 — ネットワーク構成`.
    pub fn heading(&self) -> String {
        let spec = &self.municipality.spec;
        let environment = spec.environment.word().say(self.language);
        words::DRAW_HEADING.with(self.language, &[&spec.display_name, &spec.code, environment])
    }

    /// The drawing in one sentence, for those who do not see it.
    pub fn description(&self) -> String {
        let network = &self.municipality.spec.network;
        let counts = [
            network.zones.len(),
            network.zones.iter().map(|zone| zone.peers.len()).sum(),
            network.endpoints.len(),
            self.reaches.len(),
            network.allowed_cross_zone.len(),
        ]
        .map(|count| count.to_string());
        let counts = counts.each_ref().map(String::as_str);
        words::DRAW_DESCRIPTION.with(self.language, &counts)
    }

    /// A prefix for ids that is unique among the drawings of one page.
    pub fn id(&self) -> String {
        let meta = &self.municipality.metadata;
        format!("drawing-{}-{}", namespace(meta), name(meta))
    }
}
