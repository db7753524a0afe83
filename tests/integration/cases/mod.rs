//! The cases, by what they are about.

mod converge;

use std::pin::Pin;

use crate::rig::{Outcome, Rig};

/// One case.
pub type Case = for<'a> fn(&'a Rig) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Names the async functions of a module as cases.
macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        vec![$((concat!(stringify!($module), "::", stringify!($name)), (|rig| Box::pin($module::$name(rig))) as Case)),*]
    };
}

/// All cases.
pub fn all() -> Vec<(&'static str, Case)> {
    cases![
        converge::a_managed_network_with_its_keys,
        converge::a_settled_object_costs_no_write,
    ]
}
