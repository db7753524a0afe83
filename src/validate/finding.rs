//! What is found wrong, and where.

use std::fmt;

use jichitai_plan::plan::Text;

/// One thing that is wrong in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path in the object, for example `spec.network.zones[0].name`.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: Text,
}

impl Finding {
    pub(crate) fn at(path: &Path<'_>, en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            message: Text::new(en, ja),
        }
    }
}

/// Where a walk is; written only when something is found.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    before: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    pub(crate) fn root() -> Path<'static> {
        Path {
            before: None,
            step: Step::Root,
        }
    }

    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        self.then(Step::Field(name))
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// The value of a map under a key that people chose.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        self.then(Step::Key(key))
    }

    fn then(&'a self, step: Step<'a>) -> Self {
        Self {
            before: Some(self),
            step,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.before.filter(|before| !matches!(before.step, Step::Root));
        if let Some(before) = before {
            before.fmt(out)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if before.is_none() => out.write_str(name),
            Step::Field(name) => write!(out, ".{name}"),
            Step::Index(index) => write!(out, "[{index}]"),
            Step::Key(key) => write!(out, "[{key}]"),
        }
    }
}
