/**
 * Flags of a node in a drill: no peers, and it listens for none, since an address of udp is none that it can
 * listen on.
 */
export const ALONE: readonly string[] = [
  '--rpc-methods=safe',
  '--no-prometheus',
  '--no-telemetry',
  '--no-mdns',
  '--listen-addr=/ip4/127.0.0.1/udp/0',
  '--reserved-only',
  '--in-peers=0',
  '--out-peers=0',
];
