//! Who authors a block, and what follows from it: the session keys, the end of a session, the pallet's own genesis.

#[cfg(all(feature = "babe", feature = "aura"))]
compile_error!("name one of the features `babe` and `aura`; `aura` needs --no-default-features");
#[cfg(not(any(feature = "babe", feature = "aura")))]
compile_error!("name one of the features `babe` and `aura`");

#[cfg(feature = "babe")]
mod babe;
#[cfg(feature = "babe")]
pub use babe::*;

#[cfg(not(feature = "babe"))]
mod aura;
#[cfg(not(feature = "babe"))]
pub use aura::*;
