//! Contrast of two colours, as the Web Content Accessibility Guidelines define it: for tests of what is shown.

/// What text needs at least.
pub(crate) const TEXT: f64 = 4.5;

/// The ratio of two colours that are written as `#rrggbb`.
pub(crate) fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let part = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn black_on_white_is_the_most() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
}
