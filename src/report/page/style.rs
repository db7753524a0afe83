//! How a page looks: on screen, narrow screens and paper. Colours have a contrast of 4.5 to 1 or more on their ground.

pub(super) const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::STYLE;
    use crate::contrast::{TEXT, contrast};

    /// Grounds on which text stands.
    const GROUNDS: [&str; 3] = ["#ffffff", "#f4f6f8", "#fdf6e7"];

    #[test]
    fn every_colour_of_text_can_be_read() {
        let named = STYLE.split("--").filter_map(|part| part.split_once(":#"));
        let named = named.filter(|(name, _)| name.chars().all(|letter| letter.is_ascii_lowercase()));
        let texts = named.filter(|(name, _)| !matches!(*name, "line" | "soft"));
        let mut count = 0;
        for (name, rest) in texts {
            count += 1;
            let colour = format!("#{}", &rest[..6]);
            for ground in GROUNDS {
                assert!(contrast(&colour, ground) >= TEXT, "{name} {colour} on {ground}");
            }
        }
        assert!(count >= 9, "only {count} colours");
    }
}
