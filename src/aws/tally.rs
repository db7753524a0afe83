//! How much of something there is in each account.

use std::collections::HashMap;

/// Numbers by account. An account of which there is nothing takes no memory.
#[derive(Debug, Default)]
pub struct Tally(HashMap<Box<str>, usize>);

impl Tally {
    /// One more in an account.
    pub fn add(&mut self, account: &str) {
        match self.0.get_mut(account) {
            Some(number) => *number += 1,
            None => drop(self.0.insert(account.into(), 1)),
        }
    }

    /// One less in an account: one that was added.
    pub fn take(&mut self, account: &str) {
        if let Some(number) = self.0.get_mut(account) {
            *number -= 1;
            if *number == 0 {
                self.0.remove(account);
            }
        }
    }

    /// How many there are in an account.
    pub fn of(&self, account: &str) -> usize {
        self.0.get(account).copied().unwrap_or_default()
    }
}

#[cfg(test)]
impl Tally {
    /// How many there are in all accounts.
    pub fn all(&self) -> usize {
        self.0.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_counted_by_themselves_and_leave_nothing_behind() {
        let mut tally = Tally::default();
        for account in ["a", "b", "a"] {
            tally.add(account);
        }
        assert_eq!((tally.of("a"), tally.of("b"), tally.of("c"), tally.all()), (2, 1, 0, 3));
        tally.take("a");
        tally.take("c");
        assert_eq!((tally.of("a"), tally.all()), (1, 2));
        tally.take("a");
        tally.take("b");
        assert!(tally.0.is_empty());
    }
}
