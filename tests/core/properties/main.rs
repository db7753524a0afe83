//! Properties of the plan over random specs, with AWS in memory: see [`lifecycle`], [`crashes`],
//! [`drift`], [`access`], [`blindness`] and [`documents`]; [`linkage`] and [`resolution`] for the other kinds,
//! [`backup`],
//! [`retention`] and [`queue`] for recovery points.
//!
//! The seed is fixed, so that every run tries the same cases. `PROPERTIES_SEED` tries others, and
//! `PROPERTIES_TIMES` so many times more of them.

mod drafts;
mod rig;

mod access;
mod approvals;
mod backup;
mod blindness;
mod crashes;
mod documents;
mod drift;
mod installation;
mod lifecycle;
mod linkage;
mod queue;
mod resolution;
mod retention;
mod wild;
