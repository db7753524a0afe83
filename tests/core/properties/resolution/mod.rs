//! Resolver endpoints: what others have written into their forwarders and firewalls answers all the while,
//! whatever changes and whenever the operator is killed.

mod drafts;
mod foreign;
mod portrait;
mod rig;
mod witness;

mod absence;
mod addresses;
mod consent;
mod lives;
mod unreadable;
