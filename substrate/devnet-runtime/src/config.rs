//! How each pallet is set, in groups.

mod chain;
mod money;
mod proxy;
pub mod validators;
