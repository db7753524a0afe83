//! The two languages of a report, and words that exist in both.

use jichitai_plan::plan::Text;

/// In which language a report is read.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Language {
    /// 日本語.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// The tag of BCP 47, for `lang`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The sentence in this language.
    pub(crate) fn of(self, text: &Text) -> &str {
        match self {
            Self::Ja => &text.ja,
            Self::En => &text.en,
        }
    }
}

/// A word or sentence of the report in both languages. `{0}`, `{1}` … stand for what is put in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Word {
    pub en: &'static str,
    pub ja: &'static str,
}

impl Word {
    /// In one language.
    pub fn say(self, language: Language) -> &'static str {
        match language {
            Language::Ja => self.ja,
            Language::En => self.en,
        }
    }

    /// In one language, with something put in.
    pub fn with(self, language: Language, values: &[&str]) -> String {
        let mut text = self.say(language).to_owned();
        for (i, value) in values.iter().enumerate() {
            text = text.replace(&format!("{{{i}}}"), value);
        }
        text
    }
}

/// Constants of [`Word`], and `ALL` of them.
macro_rules! words {
    ($($name:ident: $en:literal, $ja:literal;)+) => {
        $(pub(crate) const $name: crate::language::Word = crate::language::Word { en: $en, ja: $ja };)+

        /// Every word of this table, by name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, crate::language::Word)] = &[$((stringify!($name), $name),)+];
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::Word;
    use crate::{month_words, names, words};

    fn is_japanese(text: &str) -> bool {
        text.chars()
            .any(|letter| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
    }

    fn all() -> impl Iterator<Item = (&'static str, Word)> {
        words::ALL.iter().chain(month_words::ALL).chain(names::ALL).copied()
    }

    /// Names of products and protocols are the same in both.
    #[test]
    fn every_word_is_in_both_languages() {
        for (name, word) in all() {
            assert!(!word.en.is_empty() && !is_japanese(word.en), "{name}: {}", word.en);
            assert!(is_japanese(word.ja) || word.ja.is_ascii(), "{name}: {}", word.ja);
            let is_name = word.en == word.ja || word.ja.chars().count() <= 16;
            assert!(is_japanese(word.ja) || is_name, "{name}: {} is not translated", word.ja);
        }
    }

    #[test]
    fn both_languages_take_the_same_values() {
        for (name, word) in all() {
            for at in 0..6 {
                let place = format!("{{{at}}}");
                assert_eq!(word.en.contains(&place), word.ja.contains(&place), "{name}: {place}");
            }
        }
    }
}
