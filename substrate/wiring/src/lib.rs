//! What every node with a gate wires beside it. The gate itself is `watchbill-gate`.
//!
//! [`replace_round_state`] replaces the RPC method `grandpa_roundState`. The stock method waits for the lock of the
//! GRANDPA voter on a worker of the RPC runtime, and a vote that waits for its permission holds that lock for up to 30
//! seconds. As many calls as the machine has cores then stop every RPC method of the node.
//!
//! ```
//! # use jsonrpsee::{core::RegisterMethodError, RpcModule};
//! # fn methods(grandpa: RpcModule<()>) -> Result<RpcModule<()>, RegisterMethodError> {
//! let mut module = RpcModule::new(());
//! module.merge(grandpa)?;
//! watchbill_wiring::replace_round_state(&mut module)?;
//! # Ok(module)
//! # }
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod round_state;

pub use round_state::replace_round_state;
