//! How wide a text is, and how it is made to fit.
//!
//! No font is at hand, so widths are by class of character, in hundredths of an em: generous enough for the sans-serif
//! fonts that readers have.

const FULL: i32 = 100;
const HALF: i32 = 55;
/// Capitals, and the broad ones among small letters and signs.
const BROAD: i32 = 74;
/// Bold letters are a little wider; in percent.
const BOLD: i32 = 106;
const ELLIPSIS: char = '…';

fn class(letter: char) -> i32 {
    match letter {
        'A'..='Z' | 'm' | 'w' | '@' | '%' | '&' | '+' | '<' | '>' | '=' | '~' => BROAD,
        ' '..='~' | '\u{ff61}'..='\u{ff9f}' => HALF,
        '\u{80}'..='\u{24f}' => BROAD,
        _ => FULL,
    }
}

/// Width in pixels, rounded up.
pub(crate) fn width(text: &str, size: i32, is_bold: bool) -> i32 {
    let hundredths: i32 = text.chars().map(class).sum();
    let weight = if is_bold { BOLD } else { 100 };
    (hundredths * size * weight + 9_999) / 10_000
}

/// The text, or as much of its beginning as there is room for, with an ellipsis.
pub(crate) fn fit(text: &str, size: i32, is_bold: bool, room: i32) -> String {
    if width(text, size, is_bold) <= room {
        return text.to_owned();
    }
    let mut shown = String::from(ELLIPSIS);
    for letter in text.chars() {
        let end = shown.len() - ELLIPSIS.len_utf8();
        shown.insert(end, letter);
        if width(&shown, size, is_bold) > room {
            shown.remove(end);
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{fit, width};

    #[test]
    fn widths_go_by_class() {
        assert_eq!(width("千代田区", 10, false), 40);
        assert_eq!(width("vpc-0", 10, false), 28);
        assert_eq!(width("VPC", 10, false), 23);
        assert!(width("VPC", 10, true) > width("VPC", 10, false));
    }

    #[test]
    fn what_does_not_fit_is_shortened_and_fits() {
        assert_eq!(fit("千代田区", 10, false, 40), "千代田区");
        let short = fit("マイナンバー利用事務系", 10, false, 60);
        assert!(short.ends_with('…') && width(&short, 10, false) <= 60, "{short}");
        assert_eq!(fit("千代田区", 10, false, 12), "…");
    }
}
