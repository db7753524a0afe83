//! What a bucket holds, counted up to a bound: whether it may be deleted, and whether a first
//! lifecycle or policy takes anything from anybody. No object is ever read.

use crate::plan::Text;

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Versions of objects; in a bucket without versioning, its objects.
    pub versions: usize,
    /// Delete markers; a bucket with one is not empty to S3.
    pub delete_markers: usize,
    /// Multipart uploads that were neither completed nor aborted.
    pub uploads: usize,
    /// Whether there is more than was counted.
    pub more: bool,
}

impl Contents {
    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What it holds, as part of a sentence.
    #[must_use]
    pub fn describe(&self) -> Text {
        let Self {
            versions,
            delete_markers,
            uploads,
            more,
        } = *self;
        let kinds = [
            (versions, "object version", "オブジェクトのバージョン"),
            (delete_markers, "delete marker", "削除マーカー"),
            (uploads, "unfinished upload", "未完了のアップロード"),
        ];
        let there = || kinds.into_iter().filter(|(count, _, _)| *count > 0);
        let english: Vec<String> = there()
            .map(|(count, name, _)| format!("{} {name}{}", grouped(count), if count == 1 { "" } else { "s" }))
            .collect();
        let english = match english.as_slice() {
            [] => "something".to_owned(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        };
        let japanese: Vec<String> = there()
            .map(|(count, _, name)| format!("{name} {} 件", grouped(count)))
            .collect();
        let japanese = japanese.join("、");
        match more {
            true => Text::new(format!("more than {english}"), format!("{japanese}を超える内容")),
            false => Text::new(english, japanese),
        }
    }
}

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_a_sentence() {
        let contents = |versions, delete_markers, uploads, more| Contents {
            versions,
            delete_markers,
            uploads,
            more,
        };
        for (contents, english) in [
            (contents(3, 0, 1, false), "3 object versions and 1 unfinished upload"),
            (
                contents(1, 2, 1, false),
                "1 object version, 2 delete markers and 1 unfinished upload",
            ),
            (contents(1000, 0, 0, true), "more than 1,000 object versions"),
            (contents(0, 1, 0, false), "1 delete marker"),
        ] {
            assert_eq!(contents.describe().en, english);
            assert!(!contents.is_empty());
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert!(Contents::default().is_empty());
    }
}
