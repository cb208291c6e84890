/**
 * The new flags of each release of sc-cli, from the fields with `long` in src/params and
 * src/commands/run_cmd.rs of that release's crate, aliases included. None was removed between the first and
 * the last.
 */
export const ADDED: Readonly<Record<number, string>> = {
  2407: `
    alice allow-private-ip allow-private-ipv4 base-path blocks-pruning bob bootnodes chain charlie database dave db db-cache
    detailed-log-output dev disable-log-color discover-local enable-log-reloading enable-offchain-indexing eve execution
    execution-block-construction execution-import-block execution-offchain-worker execution-other execution-syncing ferdie
    force-authoring in-peers in-peers-light ipfs-server kademlia-disjoint-query-paths kademlia-replication-factor
    keep-blocks keystore-path listen-addr log max-blocks-per-request max-parallel-downloads max-runtime-instances mixnet
    mixnet-session-0-kx-secret name network network-backend no-grandpa no-mdns no-private-ip no-private-ipv4 no-prometheus
    no-telemetry node-key node-key-file node-key-type offchain-worker one out-peers output-type password password-filename
    password-interactive pool-kbytes pool-limit port prometheus-external prometheus-port pruning public-addr reserved-nodes
    reserved-only rpc-cors rpc-disable-batch-requests rpc-external rpc-max-batch-request-len rpc-max-connections
    rpc-max-request-size rpc-max-response-size rpc-max-subscriptions-per-connection
    rpc-message-buffer-capacity-per-connection rpc-methods rpc-port rpc-rate-limit rpc-rate-limit-trust-proxy-headers
    rpc-rate-limit-whitelisted-ips rpc_no_batch_requests runtime-cache-size scheme state-pruning sync telemetry-url tmp
    tracing-receiver tracing-targets trie-cache-size two tx-ban-seconds unsafe-force-node-key-generation unsafe-rpc-external
    validator wasm-execution wasm-runtime-overrides wasmtime-instantiation-strategy
  `,
  2409: 'experimental-rpc-endpoint',
  2412: 'pool-type',
  2503: '',
  2506: 'warm-up-trie-cache',
  2507: '',
  2509: '',
  2512: '',
  2603: '',
  2606: 'ipfs-bootnodes',
  2609: 'force-enable-webrtc pool-best-blocks-only',
};
