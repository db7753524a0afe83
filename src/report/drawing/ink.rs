//! Colours, by what they stand for. Zones differ by pattern too, exceptions by their dashes.

use jichitai_api::municipality::ZoneType;

/// What a box stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// The heading of the drawing.
    Heading,
    /// A region, a VPC, the office: something that holds others.
    Frame,
    /// A VPC.
    Vpc,
    /// The transit gateway.
    Gateway,
    /// A zone.
    Zone(ZoneType),
    /// The stripe along a zone, in its pattern.
    Stripe(ZoneType),
    /// Something plain within.
    Card,
    /// Name resolution.
    Names,
    /// An exception between zones.
    Exception,
    /// A label beside an arrow, without a border.
    Label,
}

/// Colour of lines and letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tone {
    Ink,
    Muted,
    Red,
    Names,
    Zone(ZoneType),
}

impl Tone {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Ink => "#1b2430",
            Self::Muted => "#4a5563",
            Self::Red => "#b3261e",
            Self::Names => "#6b3a8c",
            Self::Zone(ZoneType::MyNumberAffairs) => "#2c4a8c",
            Self::Zone(ZoneType::LgwanConnected) => "#1c6654",
            Self::Zone(ZoneType::Maintenance) => "#855500",
        }
    }
}

impl Look {
    /// Fill and border.
    pub fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Heading | Self::Label => ("none", "none"),
            Self::Frame => ("#f6f7f9", "#9aa4b1"),
            Self::Vpc => ("#ffffff", "#5b6776"),
            Self::Gateway => ("#e9ecf1", "#5b6776"),
            Self::Zone(ZoneType::MyNumberAffairs) => ("#eef2fb", Tone::Zone(ZoneType::MyNumberAffairs).colour()),
            Self::Zone(ZoneType::LgwanConnected) => ("#eaf5f1", Tone::Zone(ZoneType::LgwanConnected).colour()),
            Self::Zone(ZoneType::Maintenance) => ("#fbf4e4", Tone::Zone(ZoneType::Maintenance).colour()),
            Self::Stripe(_) => ("none", "none"),
            Self::Card => ("#ffffff", "#8b95a3"),
            Self::Names => ("#f6f0fa", Tone::Names.colour()),
            Self::Exception => ("#fdf1f0", Tone::Red.colour()),
        }
    }

    pub fn radius(self) -> i32 {
        match self {
            Self::Stripe(_) => 0,
            Self::Frame | Self::Vpc | Self::Gateway => 5,
            _ => 3,
        }
    }
}

/// The name of a zone type's pattern within a drawing.
pub(super) fn pattern(kind: ZoneType) -> &'static str {
    match kind {
        ZoneType::MyNumberAffairs => "mynumber",
        ZoneType::LgwanConnected => "lgwan",
        ZoneType::Maintenance => "maintenance",
    }
}

pub(super) const ZONES: [ZoneType; 3] = [
    ZoneType::MyNumberAffairs,
    ZoneType::LgwanConnected,
    ZoneType::Maintenance,
];

#[cfg(test)]
mod tests {
    use super::{Look, Tone, ZONES};
    use crate::contrast::{TEXT, contrast};

    #[test]
    fn text_can_be_read_on_every_ground() {
        let zones = ZONES.map(Look::Zone);
        let plain = [
            Look::Frame,
            Look::Vpc,
            Look::Gateway,
            Look::Card,
            Look::Names,
            Look::Exception,
        ];
        for look in zones.into_iter().chain(plain) {
            for tone in [Tone::Ink, Tone::Muted, Tone::Red] {
                let ratio = contrast(look.colours().0, tone.colour());
                assert!(ratio >= TEXT, "{look:?} {tone:?}: {ratio}");
            }
        }
    }

    /// Lines and borders need a ratio of 3.
    #[test]
    fn arrows_can_be_seen() {
        let zones = ZONES.map(Tone::Zone);
        for tone in zones.into_iter().chain([Tone::Ink, Tone::Names, Tone::Red]) {
            assert!(contrast("#ffffff", tone.colour()) >= 3.0, "{tone:?}");
        }
    }
}
