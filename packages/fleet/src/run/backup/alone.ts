/**
 * Flags of a node in a drill: it has no peers and listens for none, because it cannot listen on a UDP
 * address.
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
