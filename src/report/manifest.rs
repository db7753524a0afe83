//! Checksums of sheets, so that whoever is handed a report and its sheets can tell that they belong together.

use csv::ReaderBuilder;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::sheets::Sheet;

/// What one sheet is known by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checksum {
    /// Name of the sheet, without an ending: `recovery-points`.
    pub name: String,
    /// SHA-256 of its bytes, the byte order mark among them, in lower-case hexadecimal digits.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many rows it has below its heading.
    pub rows: u64,
}

/// The checksums of some sheets, in their order. The same sheets have the same.
#[must_use]
pub fn manifest(sheets: &[Sheet]) -> Vec<Checksum> {
    sheets.iter().map(checksum).collect()
}

fn checksum(sheet: &Sheet) -> Checksum {
    let Sheet { name, bytes } = sheet;
    Checksum {
        name: name.clone(),
        sha256: HEXLOWER.encode(&Sha256::digest(bytes)),
        bytes: bytes.len() as u64,
        rows: rows(bytes),
    }
}

/// A cell may hold line breaks, so lines are not rows.
fn rows(bytes: &[u8]) -> u64 {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
    reader.byte_records().filter(Result::is_ok).count() as u64
}

#[cfg(test)]
mod tests {
    use super::{Checksum, manifest};
    use crate::Sheet;

    #[test]
    fn a_sheet_is_known_by_its_bytes() {
        let sheet = Sheet {
            name: "keys".to_owned(),
            bytes: b"a,b\r\n1,\"x\r\ny\"\r\n2,z\r\n".to_vec(),
        };
        let expected = Checksum {
            name: "keys".to_owned(),
            sha256: "f25d6aed01fe39d8f76e309fa2f0289c85a0682e90eb11c34e02940077323211".to_owned(),
            bytes: 20,
            rows: 2,
        };
        assert_eq!(manifest(&[sheet]), [expected]);
    }
}
