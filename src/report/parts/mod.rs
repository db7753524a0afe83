//! The parts of one municipality's section, and what each is made of: the same for pages and for Markdown.

mod blocks;
mod month;
mod standing;

pub(crate) use blocks::Block;

use crate::book::Book;
use crate::language::Word;
use crate::leaving;
use crate::reader::Reader;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// A part. Those of a monthly report are in the order in which a municipal officer asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Facts,
    Conditions,
    Guardrails,
    Keys,
    Access,
    Backups,
    Network,
    Names,
    Drift,
    Endings,
    Changes,
    Approvals,
    Repairs,
    MonthOfBackups,
    Rights,
    Exceptions,
    Ledgers,
    Billable,
    Unread,
    Disposal,
}

/// Of a report on how things stand.
const STANDING: [Part; 10] = [
    Part::Facts,
    Part::Conditions,
    Part::Guardrails,
    Part::Keys,
    Part::Access,
    Part::Backups,
    Part::Network,
    Part::Names,
    Part::Drift,
    Part::Endings,
];

/// Of a monthly report.
const MONTHLY: [Part; 14] = [
    Part::Facts,
    Part::Changes,
    Part::Approvals,
    Part::Repairs,
    Part::MonthOfBackups,
    Part::Rights,
    Part::Exceptions,
    Part::Disposal,
    Part::Guardrails,
    Part::Conditions,
    Part::Network,
    Part::Ledgers,
    Part::Billable,
    Part::Unread,
];

impl Part {
    /// The parts of a section. That of endings of contracts is there where something ends.
    pub fn all(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Self> {
        if book.period.is_none() {
            return STANDING.to_vec();
        }
        let ends =
            || !leaving::objects(tenant).is_empty() || !leaving::grants(tenant, book.installation, reader).is_empty();
        let is_there = |part: &Self| *part != Self::Disposal || ends();
        MONTHLY.into_iter().filter(is_there).collect()
    }

    pub fn word(self) -> Word {
        match self {
            Self::Facts => words::PART_FACTS,
            Self::Conditions => words::PART_CONDITIONS,
            Self::Guardrails => words::PART_GUARDRAILS,
            Self::Keys => words::PART_KEYS,
            Self::Access => words::PART_ACCESS,
            Self::Backups | Self::MonthOfBackups => words::PART_BACKUPS,
            Self::Network => words::PART_NETWORK,
            Self::Names => words::PART_NAMES,
            Self::Drift => words::PART_DRIFT,
            Self::Endings => words::PART_ENDINGS,
            Self::Changes => month_words::PART_CHANGES,
            Self::Approvals => month_words::PART_APPROVALS,
            Self::Repairs => month_words::PART_REPAIRS,
            Self::Rights => month_words::PART_RIGHTS,
            Self::Exceptions => month_words::PART_EXCEPTIONS,
            Self::Ledgers => month_words::PART_LEDGERS,
            Self::Billable => month_words::PART_BILLABLE,
            Self::Unread => month_words::PART_UNREAD,
            Self::Disposal => month_words::PART_DISPOSAL,
        }
    }

    /// `3. Drift and its repair`.
    pub fn heading(self, number: usize, reader: Reader) -> String {
        format!("{number}. {}", reader.say(self.word()))
    }

    /// What it is made of.
    pub fn blocks(self, tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
        match self {
            Self::Facts => standing::facts(tenant, reader),
            Self::Conditions => standing::conditions(tenant, reader),
            Self::Guardrails => standing::guardrails(tenant, book, reader),
            Self::Keys => standing::keys(tenant, reader),
            Self::Access => standing::access(tenant, book, reader),
            Self::Backups => standing::backups(tenant, reader),
            Self::Network => standing::network(tenant, reader),
            Self::Names => standing::names(tenant, reader),
            Self::Drift => standing::drift(tenant, book, reader),
            Self::Endings => standing::endings(tenant, reader),
            Self::Changes => month::changes(tenant, book, reader),
            Self::Approvals => month::approvals(tenant, book, reader),
            Self::Repairs => month::repairs(tenant, book, reader),
            Self::MonthOfBackups => month::backups(tenant, book, reader),
            Self::Rights => month::rights(tenant, book, reader),
            Self::Exceptions => month::exceptions(tenant, reader),
            Self::Ledgers => month::ledgers(tenant, book, reader),
            Self::Billable => month::billable(tenant, reader),
            Self::Unread => month::unread(tenant, book, reader),
            Self::Disposal => month::disposal(tenant, book, reader),
        }
    }
}
