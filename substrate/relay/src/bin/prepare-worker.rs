//! The process in which a relay node prepares the code of a parachain.

polkadot_node_core_pvf_common::decl_worker_main!(
    "prepare-worker",
    polkadot_node_core_pvf_prepare_worker::worker_entrypoint,
    polkadot_cli::NODE_VERSION,
    "watchbill",
);
