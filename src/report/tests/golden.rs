//! Golden drawings: these objects give exactly this picture. `UPDATE_GOLDEN=1` writes them anew: look at them before you
//! commit.

use std::path::Path;
use std::{env, fs};

use jichitai_report::Language;

use crate::samples::{CASES, Sample};

#[test]
fn drawings_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drawings");
    for case in CASES {
        for (tag, language) in [("ja", Language::Ja), ("en", Language::En)] {
            let drawn = draw(case, language);
            let path = folder.join(format!("{case}.{tag}.svg"));
            if env::var_os("UPDATE_GOLDEN").is_some() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &drawn).unwrap();
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                kept == drawn,
                "{} differs: UPDATE_GOLDEN=1 writes it anew",
                path.display()
            );
        }
    }
}

#[test]
fn the_same_objects_give_the_same_drawing() {
    for case in CASES {
        assert_eq!(draw(case, Language::Ja), draw(case, Language::Ja));
    }
}

/// With a line for each shape, so that a difference can be read.
fn draw(case: &str, language: Language) -> String {
    let sample = Sample::read(case);
    let endpoints: Vec<_> = sample.endpoints.iter().collect();
    let policies: Vec<_> = sample.policies.iter().collect();
    let svg = jichitai_report::svg(&sample.municipalities[0], &endpoints, &policies, language);
    svg.replace("><", ">\n<") + "\n"
}
