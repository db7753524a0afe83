//! Municipality codes (全国地方公共団体コード).

use std::{fmt, str::FromStr};

/// A valid municipality code: six ASCII digits, a prefecture from 01 to 47, and the right check digit.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MunicipalityCode(String);

/// Why a text is no municipality code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CodeError {
    /// It is not six ASCII digits.
    NotSixDigits,
    /// The first two digits are no prefecture (01 to 47).
    NoPrefecture,
    /// The last digit should be this one.
    CheckDigit(u8),
}

impl MunicipalityCode {
    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two digits of the prefecture, `01` to `47`.
    pub fn prefecture(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }
}

/// The check digit that belongs to the first five digits, each from 0 to 9: with the weights 6, 5, 4, 3, 2,
/// `(11 - sum mod 11) mod 10`.
pub fn check_digit(digits: [u8; 5]) -> u8 {
    let sum: u32 = digits
        .iter()
        .zip([6, 5, 4, 3, 2])
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    // At most 10, so it fits.
    ((11 - sum % 11) % 10) as u8
}

impl FromStr for MunicipalityCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bytes: [u8; 6] = text.as_bytes().try_into().map_err(|_| CodeError::NotSixDigits)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(CodeError::NotSixDigits);
        }
        let [a, b, c, d, e, check] = bytes.map(|byte| byte - b'0');
        if !(1..=47).contains(&(a * 10 + b)) {
            return Err(CodeError::NoPrefecture);
        }
        match check_digit([a, b, c, d, e]) {
            right if right == check => Ok(Self(text.to_owned())),
            right => Err(CodeError::CheckDigit(right)),
        }
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSixDigits => f.write_str("団体コードは半角数字6桁です (a municipality code is six ASCII digits)"),
            Self::NoPrefecture => f.write_str("都道府県コードは01から47です (the prefecture is 01 to 47)"),
            Self::CheckDigit(right) => {
                write!(
                    f,
                    "検査数字が合いません (the check digit is wrong): the last digit should be {right}"
                )
            }
        }
    }
}

impl std::error::Error for CodeError {}

#[cfg(test)]
mod tests {
    use super::{CodeError, MunicipalityCode};

    fn parse(text: &str) -> Result<MunicipalityCode, CodeError> {
        text.parse()
    }

    #[test]
    fn real_codes_pass() {
        for code in ["131016", "011002", "271004", "131130", "473821", "010006"] {
            assert_eq!(parse(code).unwrap().as_str(), code);
        }
        assert_eq!(parse("473821").unwrap().prefecture(), "47");
    }

    #[test]
    fn bad_codes_say_why() {
        for (code, right) in [("131017", 6), ("011003", 2), ("271005", 4)] {
            assert_eq!(parse(code), Err(CodeError::CheckDigit(right)), "{code}");
        }
        for code in ["000000", "481009"] {
            assert_eq!(parse(code), Err(CodeError::NoPrefecture), "{code}");
        }
        for code in ["13101", "1310160", "", "１３１０１６", "13101６", "13 016", "-31016"] {
            assert_eq!(parse(code), Err(CodeError::NotSixDigits), "{code}");
        }
    }

    /// Every municipality and ward of the public list, where the list is at hand.
    #[test]
    fn every_municipality_passes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/municipalities.csv");
        let Ok(list) = std::fs::read_to_string(path) else {
            eprintln!("skipped: the list of municipalities is not here");
            return;
        };
        let codes: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert!(codes.len() >= 1741, "only {} codes", codes.len());
        for code in codes {
            assert!(parse(code).is_ok(), "{code}: {:?}", parse(code));
        }
    }
}
