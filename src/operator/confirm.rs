//! A question to the person at the terminal.

use std::io::{BufRead, IsTerminal};

/// Whether a person says yes; without a terminal nobody does.
#[must_use]
pub fn confirmed(question: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
