//! Properties of the plan over random specs, with AWS in memory: see [`lifecycle`], [`crashes`],
//! [`drift`], [`access`], [`blindness`] and [`documents`]; [`linkage`] and [`resolution`] for the other kinds,
//! [`retention`] for what is kept of copies.
//!
//! The seed is fixed, so that every run tries the same cases. `PROPERTIES_SEED` tries others, and
//! `PROPERTIES_TIMES` so many times more of them.

mod drafts;
mod rig;

mod access;
mod approvals;
mod blindness;
mod crashes;
mod documents;
mod drift;
mod lifecycle;
mod linkage;
mod resolution;
mod retention;
