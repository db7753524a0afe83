//! The rendered policies, judged by an evaluator that is not ours.
//!
//! [`table`] reads the cases in `cases/*.txt`, a line each: who asks for what over which path, and
//! what AWS answers. [`world`] has the roles and the policies as they are composed, [`judge`] puts
//! identity policy, bucket policy and key policy together as AWS documents it for one account and
//! across accounts, and every case is decided twice: by `iam-rs` and by the product's own evaluator.
//!
//! # Why `iam-rs`
//!
//! [`documented_rules`] tries an evaluator on the rules that AWS documents and that our policies live
//! by. `iam-rs` 0.8 (MIT) keeps them, with four things to mind, all done in [`judge`]:
//! - a role of an account is no match for the account's root as `Principal`: root and role are asked
//!   separately, which the difference between a grant to a role and one to its account needs anyway;
//! - `{"AWS": "*"}` is no match for a service: it is written as `"*"`, which is the same to AWS;
//! - a wildcard as the *caller* matches every principal: an anonymous caller is a user of no account;
//! - a statement without `Resource`, as in a trust policy, matches nothing: there it gets `*`.
//!
//! It takes `ArnEquals` literally where AWS takes patterns; no ARN with a pattern is composed under
//! `ArnEquals`, and [`documented_rules`] says so.
//!
//! `winterbaume-iam-rule-eval` 0.2 (Apache-2.0) fails every rule about conditions (its evaluation of a
//! condition is a constant "satisfied"), those about principals (never looked at), and so the rules
//! about resource policies across accounts.

mod documented_rules;
mod judge;
mod meaning;
mod sizes;
mod table;
mod world;
